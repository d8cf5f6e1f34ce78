#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "cli/command/command.h"
#include "cli/command/destination_act.h"
#include "cli/printer/terminal.h"

namespace saga::cli {

namespace {

void AddOptions(cxxopts::OptionAdder& add) {
  AddText(add, "in-flight", "calls out at the same time, from 1", "N");
  AddText(add, "rate", "calls per second, above 0", "N");
  add("reset", "both as the configuration has them");
  AddHistoryReason(add);
}

// False: complained what is wrong.
bool ReadOptions(const Call& call, v1::LimitDestinationRequest* request) {
  const bool named = call.Has("in-flight") || call.Has("rate");
  if (named == call.Has("reset")) {
    Complain("dest limit needs --in-flight or --rate or both, or else --reset");
    return false;
  }
  if (call.Has("in-flight")) {
    uint32_t in_flight = 0;
    if (!absl::SimpleAtoi(call.Text("in-flight"), &in_flight) || in_flight == 0) {
      Complain(
          absl::StrCat("--in-flight is a number from 1, not \"", call.Text("in-flight"), "\""));
      return false;
    }
    request->set_in_flight_limit(in_flight);
  }
  if (call.Has("rate")) {
    double rate = 0;
    if (!absl::SimpleAtod(call.Text("rate"), &rate) || !(rate > 0) || rate > 1e9) {
      Complain(absl::StrCat("--rate is a number above 0, not \"", call.Text("rate"), "\""));
      return false;
    }
    request->set_rate_limit(rate);
  }
  return true;
}

ExitCode Run(Call& call) {
  v1::LimitDestinationRequest request;
  if (!ReadOptions(call, &request)) return ExitCode::kUsage;
  if (!HasReason(call, "dest limit needs --reason: a limit outlives the memory of why"))
    return ExitCode::kUsage;
  const std::string& name = call.arguments().front();
  request.set_destination(name);
  *request.mutable_actor() = Connection::Actor(call.Text("reason"));
  v1::Destination destination;
  // The call sets both; a limit that an operator set before and that is not named now stays.
  if (!call.Has("reset")) {
    const grpc::Status status = call.destinations().Get(name, &destination);
    if (!status.ok() && FromStatus(status) != ExitCode::kNotFound) return Failed(status, name);
    const bool set = status.ok() && destination.limits_set();
    if (set && !call.Has("in-flight")) request.set_in_flight_limit(destination.in_flight_limit());
    if (set && !call.Has("rate")) request.set_rate_limit(destination.rate_limit());
  }
  const grpc::Status status = call.destinations().Limit(request, &destination);
  return status.ok() ? Shown(call, destination) : Failed(status, name);
}

}  // namespace

Command DestLimitCommand() {
  return {"dest limit",
          "DESTINATION",
          "set how many calls go there at once, and how many a second",
          "Survives a restart of sagad, until --reset. What is above the limit waits in the lane.",
          1,
          1,
          false,
          AddOptions,
          Run};
}

}  // namespace saga::cli
