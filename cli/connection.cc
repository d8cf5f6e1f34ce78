#include "cli/connection.h"

#include <pwd.h>
#include <unistd.h>

#include <cstdlib>
#include <utility>

#include <grpcpp/create_channel.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "cli/version.h"

namespace saga::cli {

namespace {

constexpr int kMostAttempts = 3;
constexpr absl::Duration kBetweenAttempts = absl::Milliseconds(150);

std::shared_ptr<grpc::Channel> Dial(const std::string& server) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(64 << 20);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  return grpc::CreateCustomChannel(server, grpc::InsecureChannelCredentials(), arguments);
}

std::string UserName() {
  const passwd* const entry = getpwuid(getuid());
  return entry != nullptr ? entry->pw_name : std::to_string(getuid());
}

std::string HostName() {
  char name[256] = {};
  return gethostname(name, sizeof(name) - 1) == 0 ? name : "";
}

// UNAVAILABLE is also what sagad says while it stops or its store fails. That no connection came
// about is told in the text only.
bool NobodyThere(const std::string& message) {
  return absl::StrContains(message, "failed to connect") ||
         absl::StrContains(message, "DNS resolution failed");
}

}  // namespace

Connection::Connection(std::string server, absl::Duration timeout)
    : server_(std::move(server)), timeout_(timeout), channel_(Dial(server_)) {}

grpc::Status Connection::Explain(const grpc::Status& status) const {
  const std::string& message = status.error_message();
  const auto told = [&](const std::string& text) {
    return grpc::Status(status.error_code(), text);
  };
  if (status.error_code() == grpc::StatusCode::UNAVAILABLE) {
    if (!NobodyThere(message)) return told(absl::StrCat("sagad at ", server_, ": ", message));
    return told(
        absl::StrCat(kNobodyAnswers, " at ", server_, " (", message,
                     "). Is it running? --server or SAGACTL_SERVER names another address."));
  }
  if (status.error_code() == grpc::StatusCode::UNIMPLEMENTED)
    return told(absl::StrCat("what answers at ", server_, " is not sagad, or an older one"));
  if (status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED) {
    return told(absl::StrCat("no answer from ", server_, " within ", absl::FormatDuration(timeout_),
                             "; --timeout gives it longer"));
  }
  return status;
}

grpc::Status Connection::Ask(
    Repeat repeat, absl::FunctionRef<grpc::Status(grpc::ClientContext* context)> call) const {
  // A connection that fails may be one that failed in passing.
  for (int attempt = 1;; ++attempt) {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + timeout_));
    const grpc::Status status = call(&context);
    const bool again = status.error_code() == grpc::StatusCode::UNAVAILABLE &&
                       (repeat == Repeat::kAlways || NobodyThere(status.error_message()));
    if (!again || attempt == kMostAttempts) return Explain(status);
    absl::SleepFor(kBetweenAttempts);
  }
}

v1::Actor Connection::Actor(const std::string& reason) {
  v1::Actor actor;
  actor.set_user(UserName());
  actor.set_host(HostName());
  actor.set_tool(absl::StrCat("sagactl ", kVersion));
  actor.set_reason(reason);
  return actor;
}

}  // namespace saga::cli
