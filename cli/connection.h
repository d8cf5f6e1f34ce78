#pragma once

// The connection to sagad that the clients of its services share. Not thread-safe.

#include <memory>
#include <string>

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include "absl/functional/function_ref.h"
#include "absl/time/time.h"
#include "saga/v1/admin.pb.h"

namespace saga::cli {

// How the text of a status begins when no connection came about, so that nothing can have been
// done.
inline constexpr char kNobodyAnswers[] = "no sagad answers";

// Whether a call that got no answer may be made once more.
enum class Repeat {
  kAlways,     // it asks for something that is named: twice is once
  kUnreached,  // only when it cannot have arrived
};

class Connection {
 public:
  // `server` is host:port. Nothing is dialled yet. `timeout` bounds every call.
  Connection(std::string server, absl::Duration timeout);

  // Makes the call, a few times when nobody answers. The status says what was dialled and what to
  // do about it, where the plain one does not.
  grpc::Status Ask(Repeat repeat,
                   absl::FunctionRef<grpc::Status(grpc::ClientContext* context)> call) const;

  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }

  // Who is asking, for the history of what is changed.
  static v1::Actor Actor(const std::string& reason);

 private:
  grpc::Status Explain(const grpc::Status& status) const;

  const std::string server_;
  const absl::Duration timeout_;
  const std::shared_ptr<grpc::Channel> channel_;
};

}  // namespace saga::cli
