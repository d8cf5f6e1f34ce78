#include "orchestrator/adapter/mysql/mysql_query.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "orchestrator/adapter/mysql/read_at_once.h"
#include "orchestrator/adapter/mysql/record_reader.h"
#include "orchestrator/adapter/mysql/transaction_id.h"
#include "orchestrator/adapter/mysql/transaction_list.h"
#include "orchestrator/record/record.h"

namespace saga::adapter::mysql {

namespace {

using saga::mysql::Connection;
using saga::mysql::Statement;

class MysqlQuery final : public port::TransactionQuery {
 public:
  MysqlQuery(std::shared_ptr<SessionPool> pool, ColumnForm form)
      : pool_(std::move(pool)), reader_(std::move(form)) {}

  absl::StatusOr<port::StoredTransaction> Find(const std::string& gid) override {
    return ReadAtOnce(*pool_, [&](Connection& session) -> absl::StatusOr<port::StoredTransaction> {
      absl::StatusOr<StoredRecord> record = reader_.ByGid(session, gid);
      if (!record.ok()) return record.status();
      return StoredTransactionOf(*std::move(record));
    });
  }

  absl::StatusOr<std::vector<port::StoredTransaction>> List(
      const port::ListFilter& filter) override {
    return TransactionList(*pool_, reader_, filter).Read();
  }

  absl::StatusOr<std::vector<core::HistoryEntry>> History(const std::string& gid) override {
    return pool_->With([&](Connection& session) -> absl::StatusOr<std::vector<core::HistoryEntry>> {
      std::vector<core::HistoryEntry> entries;
      const absl::StatusOr<std::optional<int64_t>> id = IdOf(session, gid);
      if (!id.ok()) return id.status();
      if (!id->has_value()) return entries;
      const auto list = session.Prepared(
          "SELECT entry, number FROM sagad_history WHERE transaction_id = ? ORDER BY number");
      if (!list.ok()) return list.status();
      if (absl::Status run = (*list)->Bind(**id).Run(); !run.ok()) return run;
      while ((*list)->Next()) {
        absl::StatusOr<core::HistoryEntry> entry = record::DecodeHistory((*list)->Text(0));
        if (!entry.ok()) {
          return absl::DataLossError(absl::StrCat("sagad_history ", **id, ", ", (*list)->Number(1),
                                                  ": ", entry.status().message()));
        }
        entries.push_back(*std::move(entry));
      }
      return entries;
    });
  }

  absl::StatusOr<port::StoreCounts> Count() override {
    return pool_->With([&](Connection& session) -> absl::StatusOr<port::StoreCounts> {
      const auto count = session.Prepared(
          "SELECT status, COUNT(*), MIN(create_time) FROM trans_global "
          "WHERE status IN ('prepared', 'submitted', 'aborting') GROUP BY status");
      if (!count.ok()) return count.status();
      if (absl::Status run = (*count)->Run(); !run.ok()) return run;
      port::StoreCounts counts;
      while ((*count)->Next()) {
        core::Status status = core::Status::kPrepared;
        if (!ReadWord((*count)->Text(0), &status)) continue;
        counts.open[status] = static_cast<uint64_t>((*count)->Number(1));
        const base::Time oldest = TimeOf((*count)->Text(2), reader_.form().zone);
        if (oldest.IsSet() && (!counts.oldest_open.IsSet() || oldest < counts.oldest_open))
          counts.oldest_open = oldest;
      }
      return counts;
    });
  }

  uint64_t QueryCount() const override { return pool_->Queries(); }

 private:
  const std::shared_ptr<SessionPool> pool_;
  const RecordReader reader_;
};

}  // namespace

std::unique_ptr<port::TransactionQuery> MakeQuery(std::shared_ptr<SessionPool> pool,
                                                  ColumnForm form) {
  return std::make_unique<MysqlQuery>(std::move(pool), std::move(form));
}

}  // namespace saga::adapter::mysql
