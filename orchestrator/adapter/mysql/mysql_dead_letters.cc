#include "orchestrator/adapter/mysql/mysql_dead_letters.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "orchestrator/adapter/mysql/read_at_once.h"
#include "orchestrator/adapter/mysql/record_reader.h"
#include "orchestrator/adapter/mysql/transaction_id.h"
#include "orchestrator/adapter/store_common/dead_letter_groups.h"
#include "orchestrator/adapter/store_common/filter_bounds.h"
#include "orchestrator/core/limits.h"

namespace saga::adapter::mysql {

namespace {

using saga::mysql::Connection;
using saga::mysql::Statement;

// A position is transaction id * kRowsPerTransaction + row.
constexpr int64_t kRowsPerTransaction = 4096;
static_assert(kRowsPerTransaction > 2 * core::kLargestSteps, "two rows a step and a check-back");
constexpr size_t kPage = 256;

constexpr char kRows[] =
    "SELECT transaction_id, branch_row FROM sagad_dead_letter WHERE transaction_id >= ? AND "
    "transaction_id <= ? AND (transaction_id > ? OR branch_row > ?) "
    "ORDER BY transaction_id, branch_row LIMIT ?";
// Few dead letters, each looked up among the transactions; never the other way round.
constexpr char kCount[] =
    "SELECT d.target, d.op, COUNT(*), MIN(d.dead_time) FROM sagad_dead_letter AS d STRAIGHT_JOIN "
    "trans_global AS g ON g.id = d.transaction_id WHERE g.status IN ('prepared', 'submitted', "
    "'aborting') GROUP BY d.target, d.op";

struct Place {
  int64_t transaction_id = 0;
  int64_t row = 0;

  int64_t Position() const { return transaction_id * kRowsPerTransaction + row; }
};

Place PlaceOf(uint64_t position) {
  const auto number = static_cast<int64_t>(std::min<uint64_t>(position, INT64_MAX));
  return {.transaction_id = number / kRowsPerTransaction, .row = number % kRowsPerTransaction};
}

class MysqlDeadLetters final : public port::DeadLetterQuery {
 public:
  MysqlDeadLetters(std::shared_ptr<SessionPool> pool, ColumnForm form)
      : pool_(std::move(pool)), reader_(std::move(form)) {}

  absl::StatusOr<std::vector<port::DeadLetter>> ListDead(const core::Filter& filter, base::Time now,
                                                         uint64_t after, size_t limit) override {
    std::vector<port::DeadLetter> letters;
    const Visit visit = {.filter = filter, .now = now, .limit = limit};
    const absl::Status seen =
        ForEach(visit, PlaceOf(after), [&](Place place, const core::GlobalTransaction& its) {
          port::DeadLetter& letter = letters.emplace_back();
          letter.position = static_cast<uint64_t>(place.Position());
          letter.transaction = its;
          letter.transaction.branches.clear();
          letter.branch = its.branches[static_cast<size_t>(place.row)];
        });
    if (!seen.ok()) return seen;
    return letters;
  }

  absl::StatusOr<std::vector<port::DeadLetterGroup>> GroupDead(const core::Filter& filter,
                                                               base::Time now) override {
    DeadLetterGroups groups;
    const Visit visit = {.filter = filter, .now = now, .limit = SIZE_MAX};
    const absl::Status seen =
        ForEach(visit, {}, [&](Place place, const core::GlobalTransaction& its) {
          const core::Branch& branch = its.branches[static_cast<size_t>(place.row)];
          groups.Add(branch.target, branch.op, branch.last_error, branch.dead_time);
        });
    if (!seen.ok()) return seen;
    return groups.Take();
  }

  absl::StatusOr<std::vector<port::DeadLetterCount>> CountDead() override {
    return pool_->With(
        [](Connection& session) -> absl::StatusOr<std::vector<port::DeadLetterCount>> {
          const auto count = session.Prepared(kCount);
          if (!count.ok()) return count.status();
          if (absl::Status run = (*count)->Run(); !run.ok()) return run;
          DeadLetterCounts counts;
          while ((*count)->Next()) {
            counts.Add((*count)->Text(0), static_cast<core::Op>((*count)->Number(1)),
                       base::Time{(*count)->Number(3)}, static_cast<uint64_t>((*count)->Number(2)));
          }
          return counts.Take();
        });
  }

 private:
  struct Visit {
    const core::Filter& filter;
    base::Time now;
    size_t limit = 0;
  };
  struct Page {
    std::vector<Place> places;
    std::vector<StoredRecord> records;  // by ascending id
  };
  using Take = absl::FunctionRef<void(Place, const core::GlobalTransaction&)>;

  // Calls `take` for the dead letters behind `after` that match, in their order.
  absl::Status ForEach(const Visit& visit, Place after, Take take) const {
    int64_t last_id = INT64_MAX;
    if (const std::optional<std::string> gid = GidIn(visit.filter); gid.has_value()) {
      const auto id = pool_->With([&](Connection& session) { return IdOf(session, *gid); });
      if (!id.ok()) return id.status();
      if (!id->has_value()) return absl::OkStatus();
      last_id = **id;
      if (after.transaction_id < last_id) after = {.transaction_id = last_id, .row = -1};
    }
    for (size_t taken = 0; taken < visit.limit;) {
      const bool all = visit.filter.kind == core::Filter::Kind::kAll;
      const size_t rows = all ? std::min(visit.limit - taken, kPage) : kPage;
      const absl::StatusOr<Page> page = ReadAtOnce(
          *pool_, [&](Connection& session) { return Read(session, after, last_id, rows); });
      if (!page.ok()) return page.status();
      if (page->places.empty()) break;
      after = page->places.back();
      taken += TakeFrom(*page, visit, visit.limit - taken, take);
    }
    return absl::OkStatus();
  }

  absl::StatusOr<Page> Read(Connection& session, Place after, int64_t last_id, size_t rows) const {
    Page page;
    const auto list = session.Prepared(kRows);
    if (!list.ok()) return list.status();
    (*list)->Bind(after.transaction_id).Bind(last_id).Bind(after.transaction_id).Bind(after.row);
    (*list)->Bind(static_cast<int64_t>(rows));
    if (absl::Status run = (*list)->Run(); !run.ok()) return run;
    std::vector<int64_t> ids;
    while ((*list)->Next()) {
      page.places.push_back({.transaction_id = (*list)->Number(0), .row = (*list)->Number(1)});
      const int64_t id = page.places.back().transaction_id;
      if (ids.empty() || ids.back() != id) ids.push_back(id);
    }
    std::vector<int64_t> damaged;
    absl::StatusOr<std::vector<StoredRecord>> records = reader_.ByIds(session, ids, &damaged);
    if (!records.ok()) return records.status();
    if (!damaged.empty()) {
      return absl::DataLossError(absl::StrCat("trans_global has rows that make no sense, ids ",
                                              absl::StrJoin(damaged, ", ")));
    }
    page.records = *std::move(records);
    return page;
  }

  // At most `limit`; how many.
  static size_t TakeFrom(const Page& page, const Visit& visit, size_t limit, Take take) {
    size_t taken = 0;
    auto record = page.records.begin();
    for (const Place& place : page.places) {
      while (record != page.records.end() && record->id < place.transaction_id) ++record;
      if (record == page.records.end() || taken == limit) break;
      const core::GlobalTransaction& its = record->transaction;
      const auto row = static_cast<size_t>(place.row);
      // DTM, where it has been at work, knows of no dead letters.
      if (record->id != place.transaction_id || core::IsFinal(its.status) ||
          row >= its.branches.size() || its.branches[row].dead == core::DeadReason::kNone ||
          !core::MatchesDeadLetter(visit.filter, its, static_cast<uint32_t>(row), visit.now))
        continue;
      take(place, its);
      ++taken;
    }
    return taken;
  }

  const std::shared_ptr<SessionPool> pool_;
  const RecordReader reader_;
};

}  // namespace

std::unique_ptr<port::DeadLetterQuery> MakeDeadLetters(std::shared_ptr<SessionPool> pool,
                                                       ColumnForm form) {
  return std::make_unique<MysqlDeadLetters>(std::move(pool), std::move(form));
}

}  // namespace saga::adapter::mysql
