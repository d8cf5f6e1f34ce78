#include "orchestrator/adapter/mysql/mysql_transfer.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "orchestrator/adapter/mysql/job_rows.h"
#include "orchestrator/adapter/mysql/outbox_rows.h"
#include "orchestrator/adapter/mysql/preparation.h"
#include "orchestrator/adapter/mysql/transaction_store.h"
#include "orchestrator/adapter/mysql/transfer_reader.h"
#include "orchestrator/adapter/store_common/record_text.h"

namespace saga::adapter {

namespace {

using mysql::ColumnForm;
using mysql::ServerFacts;
using mysql::SessionPool;
using saga::mysql::Connection;
using saga::mysql::Statement;

// Transactions of one commit, and bytes of payload.
constexpr size_t kWritesAtOnce = 128;
constexpr size_t kBytesAtOnce = 8 << 20;
constexpr int kDeleteAtOnce = 5000;

// All that an import fills.
constexpr const char* kFilled[] = {"trans_global",      "trans_branch_op",      "kv",
                                   "sagad_transaction", "sagad_history",        "sagad_dead_letter",
                                   "sagad_outbox",      "sagad_parked_message", "sagad_job",
                                   "sagad_job_item"};

constexpr char kInsertKv[] =
    "INSERT INTO kv (cat, k, v, version, create_time, update_time) VALUES (?, ?, ?, ?, ?, ?)";
constexpr char kInsertParked[] =
    "INSERT INTO sagad_parked_message (park_time, topic_partition, partition_offset, reason, "
    "topic, message_key, headers, value) VALUES (?, ?, ?, ?, ?, ?, ?, ?)";

absl::Status Empty(Connection& session) {
  for (const std::string table : kFilled) {
    const std::string sql = absl::StrCat("DELETE FROM ", table, " LIMIT ", kDeleteAtOnce);
    do {
      if (absl::Status run = session.Run(sql); !run.ok()) return run;
    } while (session.Affected() == kDeleteAtOnce);
  }
  return absl::OkStatus();
}

absl::Status RequireEmpty(Connection& session) {
  for (const std::string table : kFilled) {
    const auto row = session.QueryOne(absl::StrCat("SELECT 1 FROM ", table, " LIMIT 1"));
    if (!row.ok()) return row.status();
    if (!row->has_value()) continue;
    return absl::FailedPreconditionError(
        absl::StrCat("the database is not empty: there are rows in ", table,
                     ". An import needs an empty store: choose another database."));
  }
  return absl::OkStatus();
}

void BindTime(Statement* statement, const std::string& datetime) {
  datetime.empty() ? statement->BindNull() : statement->Bind(datetime);
}

size_t SizeOf(const core::GlobalTransaction& transaction) {
  size_t bytes = transaction.custom_data.size() + transaction.result.size();
  for (const core::Branch& branch : transaction.branches)
    bytes += base::Value(branch.payload).size();
  return bytes;
}

class Writer final : public port::StoreWriter {
 public:
  explicit Writer(MysqlOptions options)
      : options_(std::move(options)), pool_(std::make_shared<SessionPool>(options_.database, 1)) {}

  ~Writer() override {
    if (!marked_) return;
    store_.store->Leave();
    store_ = {};
    // When it cannot be done now the mark stays, and keeps everybody away.
    (void)pool_->With([](Connection& session) {
      absl::Status status = Empty(session);
      return status.ok() ? mysql::RemoveImportMark(session) : status;
    });
  }

  absl::Status Open() {
    absl::StatusOr<ServerFacts> facts = mysql::PrepareDatabase(*pool_, options_);
    if (!facts.ok()) return facts.status();
    form_ = std::move(facts->form);
    absl::Status status =
        pool_->With([](Connection& session) { return MakeSureItIsFree(session); });
    if (!status.ok()) return status;
    absl::StatusOr<MysqlStore> opened = OpenMysqlStore(options_);
    if (!opened.ok()) return opened.status();
    store_ = *std::move(opened);
    status = pool_->With([this](Connection& session) -> absl::Status {
      const auto self = session.QueryOne("SELECT MAX(id) FROM sagad_node WHERE state < 3");
      if (!self.ok()) return self.status();
      self_ = std::stoll(self->value_or("0"));
      return mysql::SetImportMark(session);
    });
    marked_ = status.ok();
    return status;
  }

  absl::Status Put(port::TransferRecord record) override {
    if (auto* const transaction = std::get_if<port::TransferTransaction>(&record);
        transaction != nullptr) {
      bytes_ += SizeOf(transaction->stored.transaction);
      waiting_.push_back(std::move(*transaction));
      const bool full = waiting_.size() >= kWritesAtOnce || bytes_ >= kBytesAtOnce;
      return full ? CommitWaiting() : absl::OkStatus();
    }
    if (absl::Status status = CommitWaiting(); !status.ok()) return status;
    return pool_->WithTransaction([&](Connection& session) {
      return std::visit([&](const auto& held) { return PutOne(session, held); }, record);
    });
  }

  absl::Status Flush() override { return CommitWaiting(); }

  port::StoreReader& reader() override {
    if (reader_ == nullptr) reader_ = std::make_unique<mysql::TransferReader>(pool_, form_);
    return *reader_;
  }

  absl::Status Publish() override {
    // What is open is anybody's, before anybody can come.
    store_.store->Leave();
    absl::Status status =
        pool_->With([](Connection& session) { return mysql::RemoveImportMark(session); });
    if (status.ok()) marked_ = false;
    return status;
  }

 private:
  static absl::Status MakeSureItIsFree(Connection& session) {
    if (absl::Status status = mysql::RequireNoNodes(session); !status.ok()) return status;
    const absl::StatusOr<bool> mark = mysql::HasImportMark(session);
    if (!mark.ok()) return mark.status();
    if (!*mark) return RequireEmpty(session);
    absl::Status status = Empty(session);
    return status.ok() ? mysql::RemoveImportMark(session) : status;
  }

  absl::Status CommitWaiting() {
    std::vector<port::Write> batch;
    for (const port::TransferTransaction& one : waiting_) {
      batch.push_back({.kind = port::Write::Kind::kInsert,
                       .transaction = &one.stored.transaction,
                       .history = &one.history,
                       .next_wake = one.stored.next_wake});
    }
    if (!batch.empty()) {
      const std::vector<port::WriteResult> results = store_.store->Commit(batch);
      for (size_t i = 0; i < results.size(); ++i) {
        if (results[i].kind == port::WriteResult::Kind::kDone) continue;
        return absl::FailedPreconditionError(
            absl::StrCat("transaction ", waiting_[i].stored.transaction.gid,
                         " cannot be stored in this database: ",
                         results[i].kind == port::WriteResult::Kind::kAlreadyThere
                             ? "its gid is that of another one to it"
                             : results[i].error));
      }
    }
    waiting_.clear();
    bytes_ = 0;
    return absl::OkStatus();
  }

  // Never: they wait.
  absl::Status PutOne(Connection&, const port::TransferTransaction&) {
    return absl::InternalError("a transaction out of turn");
  }

  absl::Status PutOne(Connection& session, const port::KvRecord& record) {
    const std::string created = mysql::DateTimeOf(record.create_time, form_.zone, true);
    const std::string updated = mysql::DateTimeOf(record.update_time, form_.zone, true);
    const auto insert = session.Prepared(kInsertKv);
    if (!insert.ok()) return insert.status();
    (*insert)->Bind(record.category).Bind(record.key).Bind(record.value).Bind(record.version);
    BindTime(*insert, created);
    BindTime(*insert, updated);
    return (*insert)->Run();
  }

  absl::Status PutOne(Connection& session, const port::OutboxRecord& record) {
    return mysql::InsertOutbox(session, self_,
                               {{.message = &record.message, .create_time = record.create_time}});
  }

  absl::Status PutOne(Connection& session, const port::ParkedMessage& record) {
    const std::string headers = EncodeHeaders(record.message.headers);
    const auto insert = session.Prepared(kInsertParked);
    if (!insert.ok()) return insert.status();
    (*insert)->Bind(record.park_time.micros).Bind(record.partition).Bind(record.offset);
    (*insert)->Bind(record.reason).Bind(record.message.topic).Bind(record.message.key);
    (*insert)->Bind(headers).Bind(base::Value(record.message.value));
    return (*insert)->Run();
  }

  absl::Status PutOne(Connection& session, const port::Job& job) {
    // One that runs is taken up by a node that finds its owner gone.
    const bool runs =
        job.state == port::JobState::kRunning || job.state == port::JobState::kStopping;
    const absl::StatusOr<int64_t> id = mysql::InsertJob(session, job, runs ? self_ : 0, false);
    if (id.ok()) job_ = *id;
    return id.status();
  }

  absl::Status PutOne(Connection& session, const port::TransferItems& some) {
    return mysql::InsertItems(session, job_, some.items.data(), some.items.size());
  }

  const MysqlOptions options_;
  const std::shared_ptr<SessionPool> pool_;
  ColumnForm form_;
  MysqlStore store_;
  bool marked_ = false;
  int64_t self_ = 0;  // this node
  int64_t job_ = 0;   // the last one
  std::vector<port::TransferTransaction> waiting_;
  size_t bytes_ = 0;
  std::unique_ptr<mysql::TransferReader> reader_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<port::StoreReader>> OpenMysqlReader(const MysqlOptions& options) {
  auto pool = std::make_shared<SessionPool>(options.database, 1);
  absl::StatusOr<ServerFacts> facts = mysql::PrepareDatabase(*pool, options);
  if (!facts.ok()) return facts.status();
  absl::Status status = pool->With([](Connection& session) {
    absl::Status free = mysql::RequireNoImport(session);
    return free.ok() ? mysql::RequireNoNodes(session) : free;
  });
  if (!status.ok()) return status;
  if (const auto adopted = mysql::AdoptOpen(*pool); !adopted.ok()) return adopted.status();
  return std::make_unique<mysql::TransferReader>(std::move(pool), std::move(facts->form));
}

absl::StatusOr<std::unique_ptr<port::StoreWriter>> OpenMysqlWriter(const MysqlOptions& options) {
  auto writer = std::make_unique<Writer>(options);
  if (absl::Status status = writer->Open(); !status.ok()) return status;
  return writer;
}

}  // namespace saga::adapter
