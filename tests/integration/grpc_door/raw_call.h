#pragma once

// Calls that say exactly the bytes given, for what no generated stub would send.

#include <memory>
#include <string>

#include <grpcpp/grpcpp.h>

namespace saga::integration {

// One request, one reply, within 20 s. `method` is "/package.Service/Method".
grpc::Status RawCall(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
                     const std::string& request, std::string* reply);

// One request on a stream in both directions; `reply` is the first message that comes back.
grpc::Status RawStreamCall(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
                           const std::string& request, std::string* reply);

}  // namespace saga::integration
