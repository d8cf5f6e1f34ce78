#include "cli/printer/dead_letters.h"

#include "absl/strings/str_cat.h"
#include "cli/printer/facts.h"
#include "cli/printer/payload.h"
#include "cli/printer/table.h"
#include "cli/printer/terminal.h"
#include "cli/printer/text.h"
#include "cli/printer/transactions.h"

namespace saga::cli {

std::string NameText(const v1::DeadLetterName& name) {
  return absl::StrCat(name.gid(), "/", name.branch_id(), "/", name.op());
}

std::string DeadLetterTable(const std::vector<v1::DeadLetter>& letters, bool wide, TimeStyle style,
                            absl::Time now) {
  std::vector<std::string> header = {"NAME", "DESTINATION", "REASON", "ATTEMPTS", "DIED", "ERROR"};
  if (wide) {
    header.insert(header.end(), {"FINGERPRINT", "DEATH", "MODE", "STATUS", "DEFINITION",
                                 "FIRST FAILURE", "TARGET"});
  }
  Table table(header);
  for (const v1::DeadLetter& letter : letters) {
    std::vector<std::string> row = {
        OneLine(NameText(letter.name())),       Cell(letter.destination()),
        Paint(letter.reason(), Colour::kBad),   absl::StrCat(letter.attempts()),
        ShowTime(letter.dead_us(), style, now), Cell(letter.error())};
    if (wide) {
      row.insert(row.end(),
                 {Cell(letter.fingerprint()), absl::StrCat(letter.death()), Cell(letter.mode()),
                  Cell(letter.status()), Cell(letter.definition()),
                  ShowTime(letter.first_failure_us(), style, now), Cell(letter.target())});
    }
    table.Add(std::move(row));
  }
  return table.Text();
}

std::string Description(const v1::DeadLetter& letter, TimeStyle style, absl::Time now) {
  const std::string name = NameText(letter.name());
  Facts facts;
  facts.Add("name", OneLine(name));
  facts.Add("reason", Paint(letter.reason(), Colour::kBad));
  facts.Add("error", OneLine(letter.error()));
  facts.Add("fingerprint", letter.fingerprint());
  facts.Add("destination", OneLine(letter.destination()));
  facts.Add("target", OneLine(letter.target()));
  facts.Add("attempts", absl::StrCat(letter.attempts()));
  facts.Add("failed first", ShowTime(letter.first_failure_us(), style, now));
  facts.Add("failed last", ShowTime(letter.last_failure_us(), style, now));
  facts.Add("died", ShowTime(letter.dead_us(), style, now));
  if (letter.death() > 1) facts.Add("deaths", absl::StrCat(letter.death()));
  facts.Add("transaction",
            absl::StrCat(letter.mode(), ", ", letter.status(),
                         letter.definition().empty() ? "" : ", born from ", letter.definition()));
  std::string text = facts.Text();
  if (!letter.payload().empty()) {
    absl::StrAppend(&text, "\npayload, ", letter.payload().size(), " bytes:\n",
                    ShowPayload(letter.payload()));
  }
  const std::string argument = GidArgument(name);
  const std::string gid = GidArgument(letter.name().gid());
  const std::string filter = absl::StrCat("gid=", FilterText(letter.name().gid()),
                                          " and branch=", FilterText(letter.name().branch_id()),
                                          " and op=", letter.name().op());
  absl::StrAppend(&text, "\nnext:\n  sagactl dlq replay ", ShellQuoted(filter),
                  "    # call it again: selects, nothing is done yet\n");
  absl::StrAppend(&text, "  sagactl dlq edit --set PATH=VALUE ", argument,
                  "    # another payload: shows the difference\n");
  absl::StrAppend(&text, "  sagactl dlq resolve --as done --reason '...' ", argument,
                  "    # it was done by hand\n");
  absl::StrAppend(&text, "  sagactl history ", gid, "\n");
  return text;
}

std::string FilterOf(const v1::DeadLetterGroup& group) {
  return absl::StrCat("dest=", FilterText(group.destination()), " and op=", group.op(),
                      " and fingerprint=", group.fingerprint());
}

std::string GroupTable(const v1::GroupDeadLettersReply& groups, TimeStyle style, absl::Time now) {
  Table table({"COUNT", "DESTINATION", "OP", "FINGERPRINT", "OLDEST", "NEWEST", "ERROR OF ONE"});
  for (const v1::DeadLetterGroup& group : groups.groups()) {
    table.Add({absl::StrCat(group.count()), Cell(group.destination()), group.op(),
               group.fingerprint(), ShowTime(group.oldest_us(), style, now),
               ShowTime(group.newest_us(), style, now), Cell(group.sample())});
  }
  return table.Text();
}

std::string ParkedTable(const v1::ListParkedMessagesReply& messages, bool wide, TimeStyle style,
                        absl::Time now) {
  std::vector<std::string> header = {"ID", "PARKED", "TOPIC", "PARTITION", "OFFSET", "REASON"};
  if (wide) header.insert(header.end(), {"KEY", "BYTES", "HEADERS"});
  Table table(header);
  for (const v1::ParkedMessage& message : messages.messages()) {
    std::vector<std::string> row = {
        absl::StrCat(message.id()),     ShowTime(message.park_us(), style, now),
        Cell(message.topic()),          absl::StrCat(message.partition()),
        absl::StrCat(message.offset()), Cell(message.reason())};
    if (wide) {
      row.insert(row.end(), {Cell(message.key()), absl::StrCat(message.value().size()),
                             absl::StrCat(message.headers_size())});
    }
    table.Add(std::move(row));
  }
  return table.Text();
}

}  // namespace saga::cli
