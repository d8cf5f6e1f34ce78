#include "cli/printer/dashboard.h"

#include <algorithm>
#include <map>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "cli/printer/dead_letter_json.h"
#include "cli/printer/destination_json.h"
#include "cli/printer/destinations.h"
#include "cli/printer/facts.h"
#include "cli/printer/jobs.h"
#include "cli/printer/json.h"
#include "cli/printer/table.h"
#include "cli/printer/terminal.h"
#include "cli/printer/text.h"

namespace saga::cli {

namespace {

// The busiest ones and the largest ones; the lists have them all.
constexpr size_t kMostDestinations = 15;
constexpr size_t kMostGroups = 10;

uint64_t Of(const google::protobuf::Map<std::string, uint64_t>& counts, const char* status) {
  const auto found = counts.find(status);
  return found == counts.end() ? 0 : found->second;
}

// Changes per second, "-" when there is nothing to compare with, or sagad started anew.
class Rates {
 public:
  Rates(const Snapshot& now, const Snapshot* before) {
    if (before == nullptr || !before->problem.empty()) return;
    if (before->stats.start_time_us() != now.stats.start_time_us()) return;
    seconds_ = absl::ToDoubleSeconds(now.time - before->time);
  }

  std::string operator()(uint64_t now, uint64_t before) const {
    if (seconds_ <= 0 || now < before) return "-";
    return absl::StrFormat("%.1f", static_cast<double>(now - before) / seconds_);
  }

 private:
  double seconds_ = 0;
};

std::string Summary(const Snapshot& now, const Snapshot& before, const Rates& rate,
                    TimeStyle style) {
  const v1::StatsReply& stats = now.stats;
  Facts facts;
  facts.Add("started", absl::StrCat(ShowTime(stats.start_time_us(), style, now.time), ", store ",
                                    stats.store_ok() ? Paint("ok", Colour::kGood)
                                                     : Paint("does not answer", Colour::kBad)));
  facts.Add("open", absl::StrCat(Of(stats.open_by_status(), "prepared"), " prepared, ",
                                 Of(stats.open_by_status(), "submitted"), " submitted, ",
                                 Of(stats.open_by_status(), "aborting"), " aborting; oldest ",
                                 ShowTime(stats.oldest_open_us(), style, now.time)));
  const auto ended = [&](const char* status) {
    return rate(Of(stats.ended_by_status(), status), Of(before.stats.ended_by_status(), status));
  };
  facts.Add("per second",
            absl::StrCat(ended("succeed"), " succeed, ", ended("failed"), " failed, ",
                         rate(stats.branch_calls(), before.stats.branch_calls()), " calls, ",
                         rate(stats.commits(), before.stats.commits()), " commits, ",
                         rate(stats.refused(), before.stats.refused()), " refused"));
  if (now.outbox.kafka()) {
    facts.Add("kafka", absl::StrCat(now.outbox.reachable() ? Paint("reachable", Colour::kGood)
                                                           : Paint("not reachable", Colour::kBad),
                                    ", ", now.outbox.waiting(), " waiting, ",
                                    rate(now.outbox.published(), before.outbox.published()),
                                    " published/s"));
  }
  for (const v1::Job& job : now.jobs.jobs()) {
    if (job.state() == "running" || job.state() == "stopping")
      facts.Add(absl::StrCat("job ", job.state()),
                absl::StrCat(job.token(), ": ", Progress(job, -1)));
  }
  return facts.Text();
}

std::string Destinations(const Snapshot& now, const Snapshot& before, const Rates& rate) {
  std::map<std::string, v1::Destination> earlier;
  for (const v1::Destination& each : before.destinations.destinations())
    earlier[each.destination()] = each;
  std::vector<v1::Destination> busiest(now.destinations.destinations().begin(),
                                       now.destinations.destinations().end());
  std::stable_sort(busiest.begin(), busiest.end(),
                   [](const v1::Destination& a, const v1::Destination& b) {
                     return a.in_flight() + a.queued() > b.in_flight() + b.queued();
                   });
  if (busiest.size() > kMostDestinations) busiest.resize(kMostDestinations);
  if (busiest.empty()) return "";
  Table table({"DESTINATION", "STATE", "IN FLIGHT", "LIMIT", "QUEUED", "CALLS/S", "UNKNOWN/S",
               "KAFKA/S", "FAILING", "P50", "P99"});
  const auto millis = [](int64_t micros) {
    return absl::StrFormat("%.1fms", static_cast<double>(micros) / 1000);
  };
  for (const v1::Destination& each : busiest) {
    const v1::Destination& was = earlier[each.destination()];
    table.Add({OneLine(each.destination()), Paint(StateOf(each), ColourOf(StateOf(each))),
               absl::StrCat(each.in_flight()), absl::StrCat(each.in_flight_limit()),
               absl::StrCat(each.queued()), rate(each.calls(), was.calls()),
               rate(each.unknown(), was.unknown()), rate(each.by_fallback(), was.by_fallback()),
               absl::StrCat(each.failure_percent(), "%"), millis(each.p50_us()),
               millis(each.p99_us())});
  }
  return absl::StrCat("\n", table.Text());
}

std::string Dead(const Snapshot& now, TimeStyle style) {
  if (now.groups.groups().empty()) return "\nno dead letters\n";
  uint64_t all = 0;
  for (const v1::DeadLetterGroup& group : now.groups.groups()) all += group.count();
  Table table({"DEAD", "DESTINATION", "OP", "FINGERPRINT", "OLDEST", "ERROR OF ONE"});
  for (int i = 0; i < now.groups.groups_size() && i < static_cast<int>(kMostGroups); ++i) {
    const v1::DeadLetterGroup& group = now.groups.groups(i);
    table.Add({absl::StrCat(group.count()), Cell(group.destination()), group.op(),
               group.fingerprint(), ShowTime(group.oldest_us(), style, now.time),
               Cell(group.sample())});
  }
  return absl::StrCat("\n", Paint(absl::StrCat(all, " dead letters"), Colour::kBad), "\n",
                      table.Text());
}

}  // namespace

std::string Dashboard(const Snapshot& now, const Snapshot* before, TimeStyle style) {
  if (!now.problem.empty()) return absl::StrCat(Paint(OneLine(now.problem), Colour::kBad), "\n");
  const Rates rate(now, before);
  const Snapshot& earlier = before == nullptr ? now : *before;
  return absl::StrCat(Summary(now, earlier, rate, style), Destinations(now, earlier, rate),
                      Dead(now, style));
}

nlohmann::ordered_json ToJson(const Snapshot& snapshot) {
  nlohmann::ordered_json json = {{"time", JsonTime(absl::ToUnixMicros(snapshot.time))},
                                 {"stats", ToJson(snapshot.stats)},
                                 {"destinations", nlohmann::ordered_json::array()},
                                 {"dead_letter_groups", nlohmann::ordered_json::array()},
                                 {"outbox", ToJson(snapshot.outbox)},
                                 {"jobs", nlohmann::ordered_json::array()}};
  for (const v1::Destination& each : snapshot.destinations.destinations())
    json["destinations"].push_back(ToJson(each));
  for (const v1::DeadLetterGroup& group : snapshot.groups.groups())
    json["dead_letter_groups"].push_back(ToJson(group));
  for (const v1::Job& job : snapshot.jobs.jobs()) json["jobs"].push_back(ToJson(job));
  return json;
}

std::string FitToScreen(const std::string& text, const std::string& footer, size_t columns,
                        size_t rows) {
  std::vector<std::string> lines = absl::StrSplit(text, '\n');
  if (!lines.empty() && lines.back().empty()) lines.pop_back();
  if (rows > 0 && lines.size() + 1 > rows) lines.resize(rows - 1);
  std::string fitting;
  for (const std::string& line : lines)
    absl::StrAppend(&fitting, FirstColumns(line, columns), "\n");
  return fitting + FirstColumns(footer, columns);
}

}  // namespace saga::cli
