#include <iostream>

#include "absl/strings/str_cat.h"
#include "cli/command/command.h"
#include "cli/printer/json.h"
#include "cli/printer/table.h"
#include "cli/printer/terminal.h"

namespace saga::cli {

namespace {

uint64_t Of(const google::protobuf::Map<std::string, uint64_t>& counts, const char* status) {
  const auto found = counts.find(status);
  return found == counts.end() ? 0 : found->second;
}

std::string Text(const v1::StatsReply& stats, const Call& call) {
  Table facts({"WHAT", "VALUE"});
  const auto row = [&](const char* what, const std::string& value) { facts.Add({what, value}); };
  row("started", ShowTime(stats.start_time_us(), call.time_style(), call.now()));
  row("store",
      stats.store_ok() ? Paint("ok", Colour::kGood) : Paint("does not answer", Colour::kBad));
  row("open", absl::StrCat(Of(stats.open_by_status(), "prepared"), " prepared, ",
                           Of(stats.open_by_status(), "submitted"), " submitted, ",
                           Of(stats.open_by_status(), "aborting"), " aborting"));
  row("oldest open", ShowTime(stats.oldest_open_us(), call.time_style(), call.now()));
  row("ended since start", absl::StrCat(Of(stats.ended_by_status(), "succeed"), " succeed, ",
                                        Of(stats.ended_by_status(), "failed"), " failed"));
  row("in memory", absl::StrCat(stats.live()));
  row("commits", absl::StrCat(stats.commits(), " with ", stats.commit_writes(), " writes"));
  row("branch calls", absl::StrCat(stats.branch_calls()));
  row("refused", absl::StrCat(stats.refused()));
  std::string text = facts.Text();
  if (stats.lanes_size() == 0) return text;
  Table lanes({"DESTINATION", "IN FLIGHT", "LIMIT", "QUEUED", "CALLS", "UNKNOWN"});
  for (const v1::Lane& lane : stats.lanes()) {
    lanes.Add({lane.destination(), absl::StrCat(lane.in_flight()),
               absl::StrCat(lane.in_flight_limit()), absl::StrCat(lane.queued()),
               absl::StrCat(lane.calls()), absl::StrCat(lane.unknown())});
  }
  return text + "\n" + lanes.Text();
}

ExitCode Run(Call& call) {
  v1::StatsReply stats;
  if (const grpc::Status status = call.client().Stats(&stats); !status.ok()) return Failed(status);
  std::cout << (call.Machine() ? Dump(ToJson(stats), call.output() == Output::kJsonl)
                               : Text(stats, call));
  return ExitCode::kOk;
}

}  // namespace

Command StatsCommand() {
  return {"stats",
          "",
          "counters of the server, and its lanes",
          "A lane is one destination that branches are called at.",
          0,
          0,
          false,
          NoOptions,
          Run};
}

}  // namespace saga::cli
