#include "cli/printer/transactions.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "cli/printer/facts.h"
#include "cli/printer/table.h"
#include "cli/printer/terminal.h"
#include "cli/printer/text.h"

namespace saga::cli {

namespace {

// One command for each dead branch, but no page of them.
constexpr size_t kMostDeadShown = 3;

std::string Painted(const std::string& word) { return Paint(word, ColourOf(word)); }
std::string OrDash(const std::string& text) { return text.empty() ? "-" : text; }

bool Open(const v1::Transaction& transaction) {
  return transaction.status() != "succeed" && transaction.status() != "failed";
}

// When it gives up by itself. A saga without a timeout never does; the others have the server's.
std::string TimeoutText(const v1::Transaction& t) {
  if (t.timeout_to_fail_s() > 0) return absl::StrCat(t.timeout_to_fail_s(), "s");
  return t.mode() == "saga" ? "never" : "the server's default";
}

std::string RetryText(const v1::Transaction& t) {
  const std::string limit =
      t.retry_limit() > 0 ? absl::StrCat(", at most ", t.retry_limit(), " times") : "";
  if (t.retry_interval_s() == 0) return absl::StrCat("the server's default", limit);
  return absl::StrCat("after ", t.retry_interval_s(), "s, then doubling", limit);
}

std::string FactsOf(const v1::Transaction& t, TimeStyle style, absl::Time now) {
  Facts facts;
  facts.Add("gid", OneLine(t.gid()));
  facts.Add("mode",
            absl::StrCat(t.mode(), t.concurrent() ? ", concurrent" : "", ", over ", t.protocol()));
  facts.Add("status", Painted(t.status()));
  facts.Add("health", Painted(t.health()));
  facts.Add("reason", OneLine(t.reason()));
  facts.Add("waits for", OneLine(t.waits_for()));
  if (t.node_id() != 0)
    facts.Add("held by", absl::StrCat("node ", t.node_id(), " (", OneLine(t.node()), ")"));
  if (!t.definition().empty())
    facts.Add("definition", absl::StrCat(t.definition(), " version ", t.definition_version()));
  facts.Add("created", ShowTime(t.create_time_us(), style, now));
  if (Open(t)) facts.Add("next wake", ShowTime(t.next_wake_us(), style, now));
  if (!Open(t)) facts.Add("ended", ShowTime(t.finish_time_us(), style, now));
  facts.Add("timeout", TimeoutText(t));
  facts.Add("retry", RetryText(t));
  facts.Add("check-back", OneLine(t.query_prepared()));
  return facts.Text();
}

// When the branch is called again. What was to be repeated before the decision to undo is not.
std::string NextText(const v1::Transaction& t, const v1::Branch& branch, TimeStyle style,
                     absl::Time now) {
  if (branch.in_flight()) return "in flight";
  if (!branch.dead().empty()) return Paint(absl::StrCat("dead: ", branch.dead()), Colour::kBad);
  const bool given_up = !Open(t) || (t.status() == "aborting" && branch.op() == "action");
  if (given_up) return "-";
  const std::string time = ShowTime(branch.next_attempt_us(), style, now);
  return branch.on_fallback() ? absl::StrCat("reply by Kafka, until ", time) : time;
}

std::string Branches(const v1::Transaction& t, TimeStyle style, absl::Time now) {
  Table table({"BRANCH", "OP", "STATUS", "ATTEMPTS", "LAST", "NEXT", "TARGET", "ERROR"});
  for (const v1::Branch& branch : t.branches()) {
    table.Add({OneLine(branch.branch_id()), branch.op(), Painted(branch.status()),
               absl::StrCat(branch.attempts()), Painted(OrDash(branch.last_outcome())),
               NextText(t, branch, style, now), Cell(branch.target()), Cell(branch.last_error())});
  }
  return table.Text();
}

}  // namespace

std::string ShellQuoted(const std::string& text) {
  const bool plain = !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_' || c == '.' ||
           c == ':' || c == '/';
  });
  return plain ? text : absl::StrCat("'", absl::StrReplaceAll(text, {{"'", "'\\''"}}), "'");
}

std::string FilterText(const std::string& text) {
  return absl::StrCat("\"", absl::StrReplaceAll(text, {{"\\", "\\\\"}, {"\"", "\\\""}}), "\"");
}

std::string GidArgument(const std::string& gid) {
  const bool like_option = !gid.empty() && gid[0] == '-';
  return absl::StrCat(like_option ? "-- " : "", ShellQuoted(gid));
}

std::string TransactionTable(const std::vector<v1::Transaction>& transactions, bool wide,
                             TimeStyle style, absl::Time now) {
  std::vector<std::string> header = {"GID",     "MODE",  "STATUS", "HEALTH",
                                     "CREATED", "ENDED", "REASON"};
  if (wide) header.insert(header.end(), {"PROTOCOL", "NEXT WAKE", "VERSION", "DEFINITION"});
  // Lists do not tell it, and a column of dashes tells nothing.
  const bool waits =
      wide && std::any_of(transactions.begin(), transactions.end(),
                          [](const v1::Transaction& t) { return !t.waits_for().empty(); });
  if (waits) header.push_back("WAITS FOR");
  Table table(header);
  for (const v1::Transaction& t : transactions) {
    std::vector<std::string> row = {OneLine(t.gid()),
                                    t.mode(),
                                    Painted(t.status()),
                                    Painted(OrDash(t.health())),
                                    ShowTime(t.create_time_us(), style, now),
                                    ShowTime(t.finish_time_us(), style, now),
                                    Cell(t.reason())};
    if (wide) {
      row.insert(row.end(), {t.protocol(), ShowTime(t.next_wake_us(), style, now),
                             absl::StrCat(t.version()), Cell(t.definition())});
    }
    if (waits) row.push_back(Cell(t.waits_for()));
    table.Add(std::move(row));
  }
  return table.Text();
}

std::vector<std::string> NextCommands(const v1::Transaction& transaction) {
  const std::string gid = GidArgument(transaction.gid());
  std::vector<std::string> commands;
  if (!Open(transaction)) {
    commands.push_back(absl::StrCat("sagactl history ", gid));
    return commands;
  }
  if (transaction.health() == "retrying" || transaction.health() == "waiting") {
    commands.push_back(absl::StrCat("sagactl retry-now ", gid, "    # do not wait any longer"));
  }
  for (const v1::Branch& branch : transaction.branches()) {
    if (branch.dead().empty()) continue;
    commands.push_back(absl::StrCat(
        "sagactl dlq show ",
        GidArgument(absl::StrCat(transaction.gid(), "/", branch.branch_id(), "/", branch.op())),
        "    # why it is not called any more"));
    if (commands.size() >= kMostDeadShown) break;
  }
  const bool saga = transaction.mode() == "saga" && transaction.status() == "submitted";
  const bool prepared = transaction.status() == "prepared" && transaction.mode() != "workflow";
  if (saga || prepared) {
    commands.push_back(absl::StrCat("sagactl abort --reason '...' ", gid, "    # undo it"));
  }
  if (transaction.status() == "aborting" && transaction.health() == "retrying") {
    commands.push_back(
        absl::StrCat("sagactl force-stop --reason '...' ", gid, "    # give it up half undone"));
  }
  commands.push_back(absl::StrCat("sagactl wait ", gid));
  commands.push_back(absl::StrCat("sagactl history ", gid));
  return commands;
}

std::string Description(const v1::Transaction& transaction, TimeStyle style, absl::Time now) {
  std::string text = FactsOf(transaction, style, now);
  if (transaction.branches_size() > 0) text += "\n" + Branches(transaction, style, now);
  text += "\nnext:\n";
  for (const std::string& command : NextCommands(transaction)) text += "  " + command + "\n";
  return text;
}

std::string HistoryTable(const v1::HistoryReply& history, TimeStyle style, absl::Time now) {
  Table table({"TIME", "WHAT", "BRANCH", "OP", "ATTEMPT", "OUTCOME", "BY", "TEXT"});
  for (const v1::HistoryEntry& entry : history.entries()) {
    table.Add({ShowTime(entry.time_us(), style, now), entry.kind(), Cell(entry.branch_id()),
               OrDash(entry.op()), entry.attempt() == 0 ? "-" : absl::StrCat(entry.attempt()),
               Painted(OrDash(entry.outcome())),
               entry.actor().empty() ? "sagad" : OneLine(entry.actor()), Cell(entry.text())});
  }
  return table.Text();
}

}  // namespace saga::cli
