#include "cli/printer/jobs.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cli/printer/dead_letters.h"
#include "cli/printer/facts.h"
#include "cli/printer/table.h"
#include "cli/printer/terminal.h"
#include "cli/printer/text.h"
#include "cli/printer/transactions.h"

namespace saga::cli {

namespace {

std::string LimitsText(const v1::JobLimits& limits) {
  return absl::StrCat(
      limits.rate(), " items/s, at most ", limits.max_in_flight(), " at once, ",
      limits.canary() > 0 ? absl::StrCat(limits.canary(), " first one by one") : "none first", ", ",
      limits.stop_after_errors() > 0
          ? absl::StrCat("stops after ", limits.stop_after_errors(), " errors")
          : "stops at no error");
}

std::string ItemsText(const v1::Job& job) {
  return absl::StrCat(job.total(), " = ", job.pending(), " pending + ", job.running(),
                      " running + ", job.done(), " done + ", job.failed(), " failed + ",
                      job.skipped(), " skipped");
}

}  // namespace

bool Ended(const v1::Job& job) { return job.state() == "done" || job.state() == "stopped"; }

std::string JobTable(const std::vector<v1::Job>& jobs, bool wide, TimeStyle style, absl::Time now) {
  std::vector<std::string> header = {"TOKEN", "STATE",  "TOTAL",   "PENDING", "RUNNING",
                                     "DONE",  "FAILED", "SKIPPED", "MADE",    "FILTER"};
  if (wide) header.insert(header.end(), {"STARTED", "ENDED", "BY", "REASON", "STOPPED BECAUSE"});
  Table table(header);
  for (const v1::Job& job : jobs) {
    std::vector<std::string> row = {job.token(),
                                    Paint(job.state(), ColourOf(job.state())),
                                    absl::StrCat(job.total()),
                                    absl::StrCat(job.pending()),
                                    absl::StrCat(job.running()),
                                    absl::StrCat(job.done()),
                                    absl::StrCat(job.failed()),
                                    absl::StrCat(job.skipped()),
                                    ShowTime(job.create_us(), style, now),
                                    Cell(job.filter())};
    if (wide) {
      row.insert(row.end(),
                 {ShowTime(job.start_us(), style, now), ShowTime(job.end_us(), style, now),
                  Cell(job.actor()), Cell(job.reason()), Cell(job.stop_reason())});
    }
    table.Add(std::move(row));
  }
  return table.Text();
}

std::string Description(const v1::Job& job, TimeStyle style, absl::Time now) {
  Facts facts;
  facts.Add("token", job.token());
  facts.Add("state", Paint(job.state(), ColourOf(job.state())));
  facts.Add("because", OneLine(job.stop_reason()));
  facts.Add("items", ItemsText(job));
  facts.Add("filter", OneLine(job.filter()));
  facts.Add("by", OneLine(job.actor()));
  facts.Add("reason", OneLine(job.reason()));
  if (job.state() != "selected") facts.Add("limits", LimitsText(job.limits()));
  facts.Add("selected", ShowTime(job.create_us(), style, now));
  if (job.start_us() != 0) facts.Add("started", ShowTime(job.start_us(), style, now));
  if (job.end_us() != 0) facts.Add("ended", ShowTime(job.end_us(), style, now));
  return facts.Text();
}

std::string Progress(const v1::Job& job, double rate) {
  const uint64_t ended = job.done() + job.failed() + job.skipped();
  std::string text = absl::StrCat(ended, " of ", job.total(), ": ", job.done(), " done");
  if (job.failed() > 0) absl::StrAppend(&text, ", ", job.failed(), " failed");
  if (job.skipped() > 0) absl::StrAppend(&text, ", ", job.skipped(), " skipped");
  if (job.running() > 0) absl::StrAppend(&text, ", ", job.running(), " running");
  if (rate >= 0) absl::StrAppendFormat(&text, "; %.1f/s", rate);
  return text;
}

std::string ItemTable(const v1::Job& job) {
  Table table({"NAME", "DEATH", "STATE", "TEXT"});
  for (const v1::JobItem& item : job.items()) {
    table.Add({OneLine(NameText(item.name())), absl::StrCat(item.death()),
               Paint(item.state(), ColourOf(item.state())), Cell(item.text())});
  }
  return table.Text();
}

std::vector<std::string> NextCommands(const v1::Job& job) {
  std::vector<std::string> commands;
  if (job.state() == "selected") {
    commands.push_back(ExecuteCommand(job.token(), {}));
  } else if (!Ended(job)) {
    commands.push_back(absl::StrCat("sagactl job watch ", job.token()));
    if (job.state() == "running")
      commands.push_back(absl::StrCat("sagactl job stop ", job.token(), " --reason '...'"));
  }
  if (job.failed() > 0)
    commands.push_back(absl::StrCat("sagactl job describe ", job.token(), " --items failed"));
  if (job.state() == "stopped" && job.pending() > 0 && !job.filter().empty()) {
    commands.push_back(absl::StrCat("sagactl dlq replay ", ShellQuoted(job.filter()),
                                    "    # selects what is still dead"));
  }
  return commands;
}

std::string ExecuteCommand(const std::string& token, const v1::JobLimits& limits) {
  std::string command = absl::StrCat("sagactl dlq replay --execute ", token);
  if (limits.rate() != 0) absl::StrAppend(&command, " --rate ", limits.rate());
  if (limits.max_in_flight() != 0)
    absl::StrAppend(&command, " --max-in-flight ", limits.max_in_flight());
  if (limits.canary() != 0) absl::StrAppend(&command, " --canary ", std::max(limits.canary(), 0));
  if (limits.stop_after_errors() != 0)
    absl::StrAppend(&command, " --stop-after-errors ", std::max(limits.stop_after_errors(), 0));
  return absl::StrCat(command, " --reason '...'");
}

}  // namespace saga::cli
