#include "orchestrator/adapter/mysql/mysql_retention.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "orchestrator/adapter/mysql/multi_row.h"
#include "orchestrator/core/status.h"

namespace saga::adapter::mysql {

namespace {

using saga::mysql::Connection;
using saga::mysql::Statement;

// Rows deleted until a commit ends; transactions deleted by one statement.
constexpr uint64_t kRowsAtOnce = 2000;
constexpr size_t kTransactionsAtOnce = 16;
// Transactions looked at in one call, and such as are too young, one after another, until the rest
// is taken to be so as well. (One is too young behind which others are old when the clock jumped.)
constexpr int kLookAt = 2000;
constexpr int kYoungInARow = 1000;

struct Ended {
  int64_t id = 0;
  std::string gid;
};

class MysqlRetention final : public port::Retention {
 public:
  MysqlRetention(std::shared_ptr<SessionPool> pool, ColumnForm form, NodeId self)
      : pool_(std::move(pool)), form_(std::move(form)), self_(std::move(self)) {}

  absl::StatusOr<port::Forgotten> DeleteFinished(base::Time before, size_t limit) override {
    absl::MutexLock lock(&mutex_);
    absl::StatusOr<bool> oldest =
        pool_->With([&](Connection& session) { return IsOldest(session); });
    if (!oldest.ok()) return oldest.status();
    if (!*oldest) return port::Forgotten{};
    const Pass begin = pass_;
    Pass next;
    std::vector<Ended> found;
    bool complete = false;
    absl::Status status = pool_->With([&](Connection& session) {
      next = begin;
      found.clear();
      return Look(session, before, limit, &next, &found, &complete);
    });
    size_t deleted = 0;
    if (status.ok() && !found.empty()) {
      status = pool_->WithTransaction(
          [&](Connection& session) { return Delete(session, found, &deleted); });
    }
    if (!status.ok()) return status;
    if (deleted < found.size()) {
      // The rest had too many rows: they are found again.
      next = {.last_id = found[deleted - 1].id};
      complete = false;
    }
    pass_ = complete ? Pass{} : next;
    return port::Forgotten{.transactions = deleted, .complete = complete};
  }

 private:
  // How far it has come since it began with the oldest.
  struct Pass {
    int64_t last_id = INT64_MIN;
    int young = 0;  // the last ones in a row
  };

  absl::StatusOr<bool> IsOldest(Connection& session) const {
    const auto oldest = session.Prepared("SELECT MIN(id) FROM sagad_node WHERE state < 3");
    if (!oldest.ok()) return oldest.status();
    if (absl::Status run = (*oldest)->Run(); !run.ok()) return run;
    bool is = false;
    while ((*oldest)->Next()) is = (*oldest)->Number(0) == self_();
    return is;
  }

  absl::Status Look(Connection& session, base::Time before, size_t limit, Pass* pass,
                    std::vector<Ended>* found, bool* complete) const {
    const auto list = session.Prepared(
        "SELECT id, gid, status, create_time, COALESCE(finish_time, rollback_time) FROM "
        "trans_global WHERE id > ? ORDER BY id LIMIT ?");
    if (!list.ok()) return list.status();
    const Statement& row = **list;
    if (absl::Status run = (*list)->Bind(pass->last_id).Bind(kLookAt).Run(); !run.ok()) return run;
    int seen = 0;
    *complete = false;
    while (found->size() < limit && (*list)->Next()) {
      ++seen;
      pass->last_id = row.Number(0);
      core::Status status = core::Status::kPrepared;
      const base::Time end = TimeOf(row.Text(4), form_.zone);
      const bool ended = ReadWord(row.Text(2), &status) && core::IsFinal(status) && end.IsSet();
      if (ended && end + base::Seconds(1) <= before)
        found->push_back({.id = pass->last_id, .gid = std::string(row.Text(1))});
      pass->young = TimeOf(row.Text(3), form_.zone) < before ? 0 : pass->young + 1;
      if (pass->young >= kYoungInARow) *complete = true;
    }
    if (found->size() < limit && seen < kLookAt) *complete = true;
    (*list)->Reset();
    return absl::OkStatus();
  }

  // How many of them, from the first on.
  static absl::Status Delete(Connection& session, const std::vector<Ended>& found,
                             size_t* deleted) {
    *deleted = 0;
    for (uint64_t rows = 0; *deleted < found.size() && rows < kRowsAtOnce;) {
      const size_t count = std::min(found.size() - *deleted, kTransactionsAtOnce);
      if (absl::Status some = DeleteSome(session, found.data() + *deleted, count, &rows);
          !some.ok())
        return some;
      *deleted += count;
    }
    return absl::OkStatus();
  }

  static absl::Status DeleteSome(Connection& session, const Ended* found, size_t count,
                                 uint64_t* rows) {
    static const std::string marks = absl::StrCat(" IN (", Marks(kTransactionsAtOnce), ")");
    for (const char* owner : {"trans_branch_op WHERE gid", "sagad_history WHERE transaction_id",
                              "sagad_dead_letter WHERE transaction_id",
                              "sagad_transaction WHERE id", "trans_global WHERE id"}) {
      const auto remove = session.Prepared(absl::StrCat("DELETE FROM ", owner, marks));
      if (!remove.ok()) return remove.status();
      const bool by_gid = absl::EndsWith(owner, "gid");
      // A statement that is not full repeats its last one.
      for (size_t i = 0; i < kTransactionsAtOnce; ++i) {
        const Ended& one = found[std::min(i, count - 1)];
        by_gid ? (*remove)->Bind(one.gid) : (*remove)->Bind(one.id);
      }
      if (absl::Status run = (*remove)->Run(); !run.ok()) return run;
      *rows += (*remove)->Affected();
    }
    return absl::OkStatus();
  }

  const std::shared_ptr<SessionPool> pool_;
  const ColumnForm form_;
  const NodeId self_;
  absl::Mutex mutex_;
  Pass pass_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

std::unique_ptr<port::Retention> MakeRetention(std::shared_ptr<SessionPool> pool, ColumnForm form,
                                               NodeId self) {
  return std::make_unique<MysqlRetention>(std::move(pool), std::move(form), std::move(self));
}

}  // namespace saga::adapter::mysql
