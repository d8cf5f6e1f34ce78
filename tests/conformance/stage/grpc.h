#pragma once

#include <google/protobuf/message_lite.h>

#include <ostream>
#include <string>

#include "absl/time/time.h"

namespace saga::conformance {

struct GrpcAnswer {
  int code = 0;  // grpc::StatusCode
  std::string message;
  std::string body;  // the serialized reply
};
// How GoogleTest shows one.
void PrintTo(const GrpcAnswer& answer, std::ostream* out);

// One unary call on a connection of its own. `method` is "/dtmgimp.Dtm/Submit", `request` the
// serialized message, which need not be a valid one. Thread-safe.
GrpcAnswer Grpc(const std::string& address, const std::string& method, const std::string& request,
                absl::Duration timeout = absl::Seconds(30));
GrpcAnswer Grpc(const std::string& address, const std::string& method,
                const google::protobuf::MessageLite& request,
                absl::Duration timeout = absl::Seconds(30));

}  // namespace saga::conformance
