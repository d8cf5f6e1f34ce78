#include "orchestrator/adapter/mysql/transaction_list.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "orchestrator/adapter/mysql/multi_row.h"
#include "orchestrator/adapter/mysql/read_at_once.h"
#include "orchestrator/adapter/mysql/transaction_id.h"
#include "orchestrator/adapter/store_common/filter_bounds.h"
#include "orchestrator/base/utf8.h"
#include "orchestrator/core/words.h"

namespace saga::adapter::mysql {

namespace {

using saga::mysql::Statement;

// Records of a page; and of so many transactions the first columns are looked at for it, where
// these often tell enough.
constexpr size_t kPage = 256;
constexpr size_t kLongestGlance = 4096;
// So many ids are looked up by an index and sorted; of more than these one is met soon enough when
// walking from the newest down.
constexpr size_t kFew = 20000;
constexpr size_t kStatuses = 5;
constexpr size_t kModes = core::kModes.size();
// DTM's times are local ones and in whole seconds: so far from the exact time they can lie.
constexpr base::Duration kTimeSlack = base::Seconds(24 * 3600);
constexpr char kFirstTime[] = "1000-01-01 00:00:00";
constexpr char kLastTime[] = "9999-12-31 23:59:59";

// `wanted` as far as it is in `bounds`; empty is any.
template <typename Enum>
std::vector<Enum> Narrowed(std::vector<Enum> bounds, const std::vector<Enum>& wanted) {
  if (wanted.empty()) return bounds;
  std::erase_if(bounds, [&](Enum value) {
    return std::find(wanted.begin(), wanted.end(), value) == wanted.end();
  });
  return bounds;
}

template <typename Enum>
bool IsOneOf(Enum value, const std::vector<Enum>& values) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

// All question marks of a list get a value, whatever its length.
template <typename Enum>
void BindWords(Statement* statement, const std::vector<Enum>& values, size_t marks) {
  for (size_t i = 0; i < marks; ++i) {
    const std::string_view word = core::WordOf(values[std::min(i, values.size() - 1)]);
    statement->Bind(absl::string_view(word.data(), word.size()));
  }
}

// Matches at least what begins with `prefix`; of bytes that are no text, what comes before them.
std::string PatternOf(const std::string& prefix) {
  std::string pattern;
  for (size_t i = 0; i < prefix.size();) {
    const size_t length = base::Utf8Length(prefix, i);
    if (length == 0) break;
    if (prefix[i] == '%' || prefix[i] == '_' || prefix[i] == '|') pattern += '|';
    pattern.append(prefix, i, length);
    i += length;
  }
  return pattern.empty() ? "" : pattern + "%";
}

// Runs a statement whose rows are ids.
absl::StatusOr<std::vector<int64_t>> RunForIds(Statement* statement) {
  if (absl::Status run = statement->Run(); !run.ok()) return run;
  std::vector<int64_t> ids;
  while (statement->Next()) ids.push_back(statement->Number(0));
  return ids;
}

}  // namespace

port::StoredTransaction StoredTransactionOf(StoredRecord record) {
  return {.id = static_cast<uint64_t>(record.id),
          .transaction = std::move(record.transaction),
          .next_wake = record.next_wake};
}

TransactionList::TransactionList(SessionPool& pool, const RecordReader& reader,
                                 const port::ListFilter& filter)
    : pool_(pool),
      reader_(reader),
      filter_(filter),
      statuses_(Narrowed(StatusesIn(filter.filter), filter.statuses)),
      modes_(Narrowed(ModesIn(filter.filter), filter.modes)),
      prefix_(PatternOf(filter.gid_prefix)),
      with_branches_(AsksAboutBranches(filter.filter)),
      glance_(kPage) {
  if (filter.wakes_after.IsSet()) std::erase_if(statuses_, core::IsFinal);
  if (filter.before_id != 0 && filter.before_id < static_cast<uint64_t>(INT64_MAX))
    before_ = static_cast<int64_t>(filter.before_id);
}

absl::StatusOr<std::vector<port::StoredTransaction>> TransactionList::Read() {
  if (statuses_.empty() || modes_.empty() || filter_.limit == 0) return std::move(found_);
  auto few = pool_.With([&](Connection& session) { return FewIds(session); });
  if (!few.ok()) return few.status();
  few_ = *std::move(few);
  while (found_.size() < filter_.limit) {
    absl::StatusOr<Page> page =
        ReadAtOnce(pool_, [&](Connection& session) { return NextPage(session); });
    if (!page.ok()) return page.status();
    for (StoredRecord& record : page->records) {
      if (found_.size() == filter_.limit || !Wanted(record)) continue;
      found_.push_back(StoredTransactionOf(std::move(record)));
      found_.back().transaction.branches.clear();
    }
    if (page->last == 0) break;
    before_ = page->last;
    glance_ = page->ids.size() < kPage / 2 ? std::min(2 * glance_, kLongestGlance) : kPage;
  }
  return std::move(found_);
}

absl::StatusOr<std::optional<std::vector<int64_t>>> TransactionList::FewIds(
    Connection& session) const {
  if (const std::optional<std::string> gid = GidIn(filter_.filter); gid.has_value()) {
    const absl::StatusOr<std::optional<int64_t>> id = IdOf(session, *gid);
    if (!id.ok()) return id.status();
    std::vector<int64_t> one;
    if (id->has_value()) one.push_back(**id);
    return one;
  }
  for (const bool by_prefix : {true, false}) {
    if (by_prefix ? prefix_.empty() : statuses_.size() == kStatuses) continue;
    Ids ids = by_prefix ? IdsByPrefix(session) : IdsByStatus(session);
    if (!ids.ok()) return ids.status();
    if (ids->size() > kFew) continue;
    std::sort(ids->begin(), ids->end(), std::greater<>());
    return *std::move(ids);
  }
  return std::nullopt;
}

TransactionList::Ids TransactionList::IdsByPrefix(Connection& session) const {
  const auto list =
      session.Prepared("SELECT id FROM trans_global WHERE gid LIKE ? ESCAPE '|' LIMIT ?");
  if (!list.ok()) return list.status();
  (*list)->Bind(prefix_).Bind(static_cast<int64_t>(kFew + 1));
  return RunForIds(*list);
}

TransactionList::Ids TransactionList::IdsByStatus(Connection& session) const {
  const auto list = session.Prepared(
      absl::StrCat("SELECT id FROM trans_global WHERE status IN (", Marks(kStatuses), ") LIMIT ?"));
  if (!list.ok()) return list.status();
  BindWords(*list, statuses_, kStatuses);
  (*list)->Bind(static_cast<int64_t>(kFew + 1));
  return RunForIds(*list);
}

absl::StatusOr<TransactionList::Page> TransactionList::NextPage(Connection& session) const {
  absl::StatusOr<Page> page = few_.has_value() ? NextOfFew() : NextOfAll(session);
  if (!page.ok()) return page;
  if (absl::Status read = ReadRecords(session, &*page); !read.ok()) return read;
  return page;
}

TransactionList::Page TransactionList::NextOfFew() const {
  const auto first =
      std::find_if(few_->begin(), few_->end(), [this](int64_t id) { return id < before_; });
  const auto count = std::min<std::ptrdiff_t>(kPage, few_->end() - first);
  Page page{.ids = std::vector<int64_t>(first, first + count), .records = {}};
  if (!page.ids.empty()) page.last = page.ids.back();
  return page;
}

absl::StatusOr<TransactionList::Page> TransactionList::NextOfAll(Connection& session) const {
  // The index that walks: the optimizer may think of others, and sort millions.
  std::string sql =
      "SELECT g.id, g.gid, g.trans_type, g.status FROM trans_global AS g FORCE INDEX (PRIMARY) "
      "WHERE g.id < ?";
  const bool times = filter_.created_from.IsSet() || filter_.created_to.IsSet();
  if (statuses_.size() < kStatuses)
    absl::StrAppend(&sql, " AND g.status IN (", Marks(kStatuses), ")");
  if (modes_.size() < kModes) absl::StrAppend(&sql, " AND g.trans_type IN (", Marks(kModes), ")");
  if (!prefix_.empty()) absl::StrAppend(&sql, " AND g.gid LIKE ? ESCAPE '|'");
  if (times) absl::StrAppend(&sql, " AND (g.create_time IS NULL OR g.create_time BETWEEN ? AND ?)");
  const auto list = session.Prepared(absl::StrCat(sql, " ORDER BY g.id DESC LIMIT ?"));
  if (!list.ok()) return list.status();
  (*list)->Bind(before_);
  if (statuses_.size() < kStatuses) BindWords(*list, statuses_, kStatuses);
  if (modes_.size() < kModes) BindWords(*list, modes_, kModes);
  if (!prefix_.empty()) (*list)->Bind(prefix_);
  const absl::TimeZone& zone = reader_.form().zone;
  std::string from, to;
  if (filter_.created_from.IsSet()) from = DateTimeOf(filter_.created_from - kTimeSlack, zone);
  if (filter_.created_to.IsSet()) to = DateTimeOf(filter_.created_to + kTimeSlack, zone);
  if (from.empty()) from = kFirstTime;
  if (to.empty()) to = kLastTime;
  if (times) (*list)->Bind(from).Bind(to);
  const bool by_sql =
      filter_.filter.kind == core::Filter::Kind::kAll && !filter_.wakes_after.IsSet();
  const size_t rows = by_sql ? std::min(filter_.limit - found_.size(), kPage) : glance_;
  (*list)->Bind(static_cast<int64_t>(rows));
  if (absl::Status run = (*list)->Run(); !run.ok()) return run;
  return PageOf(**list, rows);
}

// Of the rows that came, `asked` at the most, those that may match.
TransactionList::Page TransactionList::PageOf(Statement& row, size_t asked) const {
  Page page;
  core::GlobalTransaction known;
  size_t rows = 0;
  for (; page.ids.size() < kPage && row.Next(); ++rows) {
    page.last = row.Number(0);
    known.gid = std::string(row.Text(1));
    // What has no such word is not left out here: ReadRecords tells that it makes no sense.
    const bool readable =
        ReadWord(row.Text(2), &known.mode) && ReadWord(row.Text(3), &known.status);
    if (!readable || MayMatch(filter_.filter, known)) page.ids.push_back(page.last);
  }
  if (rows < asked && page.ids.size() < kPage) page.last = 0;
  return page;
}

absl::Status TransactionList::ReadRecords(Connection& session, Page* page) const {
  std::vector<int64_t> damaged;
  std::vector<int64_t> ids(page->ids.rbegin(), page->ids.rend());
  if (with_branches_) {
    absl::StatusOr<std::vector<StoredRecord>> records = reader_.ByIds(session, ids, &damaged);
    if (!records.ok()) return records.status();
    page->records = *std::move(records);
  } else {
    const absl::Status read = ReadRows(
        session,
        absl::StrCat("SELECT ", kRecordColumns, " FROM ", kRecordTables, " WHERE g.id IN "),
        " ORDER BY g.id", ids.size(), [&](Statement& select, size_t i) { select.Bind(ids[i]); },
        [&](const Statement& row) {
          absl::StatusOr<StoredRecord> record = StoredRecordOf(row, reader_.form());
          if (record.ok()) {
            page->records.push_back(*std::move(record));
          } else {
            damaged.push_back(row.Number(0));
          }
        });
    if (!read.ok()) return read;
  }
  if (!damaged.empty()) {
    return absl::DataLossError(absl::StrCat("trans_global has rows that make no sense, ids ",
                                            absl::StrJoin(damaged, ", ")));
  }
  std::reverse(page->records.begin(), page->records.end());
  return absl::OkStatus();
}

bool TransactionList::Wanted(const StoredRecord& record) const {
  const core::GlobalTransaction& transaction = record.transaction;
  if (filter_.wakes_after.IsSet() &&
      (record.next_wake == base::kNever || record.next_wake <= filter_.wakes_after))
    return false;
  return IsOneOf(transaction.status, statuses_) && IsOneOf(transaction.mode, modes_) &&
         transaction.gid.starts_with(filter_.gid_prefix) &&
         (!filter_.created_from.IsSet() || transaction.create_time >= filter_.created_from) &&
         (!filter_.created_to.IsSet() || transaction.create_time <= filter_.created_to) &&
         core::Matches(filter_.filter, transaction, filter_.now);
}

}  // namespace saga::adapter::mysql
