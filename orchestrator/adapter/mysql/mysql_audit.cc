#include "orchestrator/adapter/mysql/mysql_audit.h"

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "orchestrator/adapter/mysql/job_rows.h"
#include "orchestrator/adapter/mysql/preparation.h"
#include "orchestrator/adapter/mysql/record_reader.h"
#include "orchestrator/adapter/store_common/record_text.h"
#include "orchestrator/core/limits.h"
#include "orchestrator/record/record.h"

namespace saga::adapter {

namespace {

using mysql::StoredRecord;
using saga::mysql::Connection;
using saga::mysql::Statement;

constexpr int kPage = 64;
// Owners told of one kind of stray rows.
constexpr char kStrayLimit[] = " LIMIT 1000";

using OnFinding = absl::FunctionRef<void(const port::Finding&)>;

// A side row, as far as DTM's row lets it be checked.
struct Side {
  std::string gid;
  bool there = false;
  bool owned = false;  // the owner is not NULL
  int64_t owner = 0;
  bool free_wake_set = false;
  int64_t free_wake = 0;
  bool next_wake_set = false;
  int64_t next_wake = 0;
};

struct Past {
  std::vector<core::HistoryEntry> entries;
  int64_t first = 0;
  int64_t next = 0;
  bool readable = true;
};

class Walker {
 public:
  Walker(Connection& session, const mysql::RecordReader& records,
         const port::StoreAudit::Listener& listener)
      : session_(session), records_(records), listener_(listener) {}

  absl::Status Run() {
    absl::Status status = Transactions();
    if (status.ok()) status = Strays();
    if (status.ok()) status = Kv();
    if (status.ok()) status = Messages("outbox", "sagad_outbox");
    if (status.ok()) status = Messages("parked_message", "sagad_parked_message");
    return status.ok() ? Jobs() : status;
  }

 private:
  template <typename... Words>
  void Find(absl::string_view name, std::string subject, const Words&... words) {
    listener_.on_finding(
        {.name = std::string(name), .subject = std::move(subject), .text = absl::StrCat(words...)});
  }

  // Runs a statement and calls `row` with each of its rows.
  absl::Status ForEach(const std::string& sql, absl::FunctionRef<void(Statement&)> bind,
                       absl::FunctionRef<void(const Statement&)> row) {
    const auto statement = session_.Prepared(sql);
    if (!statement.ok()) return statement.status();
    bind(**statement);
    if (absl::Status run = (*statement)->Run(); !run.ok()) return run;
    while ((*statement)->Next()) row(**statement);
    return absl::OkStatus();
  }

  absl::Status Transactions() {
    uint64_t all = 0;
    absl::Status status = ForEach(
        "SELECT COUNT(*) FROM trans_global", [](Statement&) {},
        [&](const Statement& row) { all = static_cast<uint64_t>(row.Number(0)); });
    uint64_t done = 0;
    for (int64_t after = INT64_MIN; status.ok();) {
      std::map<int64_t, Side> page;
      status = ReadSides(after, &page);
      if (!status.ok() || page.empty()) return status;
      after = page.rbegin()->first;
      status = CheckPage(page);
      done += page.size();
      listener_.on_progress(done, all);
    }
    return status;
  }

  absl::Status ReadSides(int64_t after, std::map<int64_t, Side>* page) {
    return ForEach(
        "SELECT g.id, g.gid, s.id, s.owner, s.free_wake, s.next_wake FROM trans_global AS g LEFT "
        "JOIN sagad_transaction AS s ON s.id = g.id WHERE g.id > ? ORDER BY g.id LIMIT ?",
        [&](Statement& statement) { statement.Bind(after).Bind(kPage); },
        [&](const Statement& row) {
          (*page)[row.Number(0)] = {.gid = std::string(row.Text(1)),
                                    .there = !row.IsNull(2),
                                    .owned = !row.IsNull(3),
                                    .owner = row.Number(3),
                                    .free_wake_set = !row.IsNull(4),
                                    .free_wake = row.Number(4),
                                    .next_wake_set = !row.IsNull(5),
                                    .next_wake = row.Number(5)};
        });
  }

  absl::Status CheckPage(const std::map<int64_t, Side>& page) {
    std::vector<int64_t> ids;
    for (const auto& [id, side] : page) ids.push_back(id);
    std::vector<int64_t> damaged;
    auto records = records_.ByIds(session_, ids, &damaged);
    if (!records.ok()) return records.status();
    std::map<int64_t, Past> pasts;
    std::map<int64_t, std::set<int64_t>> dead;
    absl::Status status = ReadHistory(ids.front(), ids.back(), page, &pasts);
    if (status.ok()) status = ReadDead(ids.front(), ids.back(), &dead);
    if (!status.ok()) return status;
    for (const int64_t id : damaged) {
      const std::string& gid = page.at(id).gid;
      Find("unreadable_record", gid, records_.ByGid(session_, gid).status().message());
    }
    for (StoredRecord& record : *records) {
      CheckSide(page.at(record.id), record);
      CheckDead(dead[record.id], record);
      Past& past = pasts[record.id];
      if (record.from_dtm || !past.readable) continue;
      // What DTM did before a takeover is in no history.
      listener_.on_transaction({.id = static_cast<uint64_t>(record.id),
                                .transaction = std::move(record.transaction),
                                .next_wake = record.next_wake,
                                .history = std::move(past.entries),
                                .whole_history = false});
    }
    return absl::OkStatus();
  }

  absl::Status ReadHistory(int64_t first, int64_t last, const std::map<int64_t, Side>& page,
                           std::map<int64_t, Past>* pasts) {
    absl::Status status = ForEach(
        "SELECT transaction_id, number, entry FROM sagad_history WHERE transaction_id BETWEEN ? "
        "AND ? ORDER BY transaction_id, number",
        [&](Statement& statement) { statement.Bind(first).Bind(last); },
        [&](const Statement& row) {
          const auto side = page.find(row.Number(0));
          if (side == page.end()) return;
          Past& past = (*pasts)[side->first];
          const int64_t number = row.Number(1);
          if (past.entries.empty()) past.first = past.next = number;
          if (number != past.next) {
            Find("history_gap", side->second.gid, "entry ", past.next, " is missing before entry ",
                 number);
          }
          past.next = number + 1;
          absl::StatusOr<core::HistoryEntry> entry = record::DecodeHistory(row.Text(2));
          if (!entry.ok()) {
            Find("unreadable_history", side->second.gid, "entry ", number, ": ",
                 entry.status().message());
            past.readable = false;
          }
          past.entries.push_back(entry.ok() ? *std::move(entry) : core::HistoryEntry{});
        });
    for (const auto& [id, past] : *pasts) {
      // Only what is full was cut.
      if (past.first == 0 || past.entries.size() >= core::kMaxHistory) continue;
      Find("history_without_beginning", page.at(id).gid, "the first of ", past.entries.size(),
           " entries is ", past.first);
    }
    return status;
  }

  absl::Status ReadDead(int64_t first, int64_t last, std::map<int64_t, std::set<int64_t>>* dead) {
    return ForEach(
        "SELECT transaction_id, branch_row FROM sagad_dead_letter WHERE transaction_id BETWEEN ? "
        "AND ?",
        [&](Statement& statement) { statement.Bind(first).Bind(last); },
        [&](const Statement& row) { (*dead)[row.Number(0)].insert(row.Number(1)); });
  }

  void CheckSide(const Side& side, const StoredRecord& record) {
    if (!side.there) return;
    const std::string& gid = side.gid;
    const bool ended = core::IsFinal(record.transaction.status);
    // What DTM ended still looks open here, until a node looks at it.
    if (!ended && !side.owned)
      Find("open_without_owner", gid, "it is open, and no node would ever take it");
    if (!side.owned) return;
    if (side.owner == 0 && (side.free_wake_set != side.next_wake_set ||
                            (side.free_wake_set && side.free_wake != side.next_wake)))
      Find("free_wake", gid, "it is nobody's, and is not offered when it is due");
    if (side.owner != 0 && side.free_wake_set)
      Find("free_wake", gid, "node ", side.owner, " holds it, and it is offered to others");
  }

  void CheckDead(const std::set<int64_t>& listed, const StoredRecord& record) {
    std::set<int64_t> dead;
    const core::GlobalTransaction& transaction = record.transaction;
    for (size_t row = 0; row < transaction.branches.size(); ++row) {
      if (transaction.branches[row].dead != core::DeadReason::kNone)
        dead.insert(static_cast<int64_t>(row));
    }
    if (dead == listed || core::IsFinal(transaction.status)) return;
    Find("dead_letter_list", transaction.gid, dead.size(), " rows are dead letters, ",
         listed.size(), " are listed as such");
  }

  absl::Status Strays() {
    static const std::pair<const char*, std::string> queries[] = {
        {"branch_of_no_transaction",
         "SELECT b.gid, COUNT(*) FROM trans_branch_op AS b LEFT JOIN trans_global AS g ON g.gid = "
         "b.gid WHERE g.id IS NULL GROUP BY b.gid"},
        {"side_row_of_no_transaction",
         "SELECT CONCAT('transaction id ', s.id), 1 FROM sagad_transaction AS s LEFT JOIN "
         "trans_global AS g ON g.id = s.id WHERE g.id IS NULL"},
        {"history_of_no_transaction",
         "SELECT CONCAT('transaction id ', h.transaction_id), COUNT(*) FROM sagad_history AS h "
         "LEFT JOIN trans_global AS g ON g.id = h.transaction_id WHERE g.id IS NULL GROUP BY "
         "h.transaction_id"},
        {"dead_letter_of_no_transaction",
         "SELECT CONCAT('transaction id ', d.transaction_id), COUNT(*) FROM sagad_dead_letter AS d "
         "LEFT JOIN trans_global AS g ON g.id = d.transaction_id WHERE g.id IS NULL GROUP BY "
         "d.transaction_id"},
        {"item_of_no_job",
         "SELECT CONCAT('job id ', i.job_id), COUNT(*) FROM sagad_job_item AS i LEFT JOIN "
         "sagad_job AS j ON j.id = i.job_id WHERE j.id IS NULL GROUP BY i.job_id"}};
    for (const auto& [name, sql] : queries) {
      absl::Status status = ForEach(
          sql + kStrayLimit, [](Statement&) {},
          [&, name = name](const Statement& row) {
            Find(name, std::string(row.Text(0)), row.Number(1), " rows of what is not there");
          });
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  }

  absl::Status Kv() {
    return ForEach(
        "SELECT cat, k, version FROM kv WHERE version < 1 OR version IS NULL OR cat = "
        "'' OR k = ''",
        [](Statement&) {},
        [&](const Statement& row) {
          const std::string subject = absl::StrCat("kv ", row.Text(0), "/", row.Text(1));
          if (row.Number(2) < 1)
            Find("version_below_one", subject, "the version is ", row.Number(2));
          if (row.Text(0).empty() || row.Text(1).empty())
            Find("record_without_name", subject, "it has no category or no key");
        });
  }

  absl::Status Messages(absl::string_view what, absl::string_view table) {
    return ForEach(
        absl::StrCat("SELECT id, topic, headers FROM ", table, " ORDER BY id"), [](Statement&) {},
        [&](const Statement& row) {
          const std::string subject = absl::StrCat(what, " ", row.Number(0));
          if (row.Text(1).empty()) Find("message_without_topic", subject, "it cannot be published");
          if (const auto headers = DecodeHeaders(row.Text(2)); !headers.ok())
            Find("unreadable_headers", subject, headers.status().message());
        });
  }

  absl::Status Jobs() {
    auto jobs = mysql::ReadJobs(session_, "state <> 0", SIZE_MAX);
    if (!jobs.ok()) return jobs.status();
    for (mysql::StoredJob& stored : *jobs) {
      port::AuditedJob audited{.job = std::move(stored.job)};
      const bool known = audited.job.state >= port::JobState::kSelected &&
                         audited.job.state <= port::JobState::kStopped;
      const std::string subject = absl::StrCat("job ", audited.job.token);
      if (!known) Find("unknown_value", subject, "state is ", static_cast<int>(audited.job.state));
      absl::Status status = CountItems(stored.id, subject, &audited.counts);
      if (!status.ok()) return status;
      if (known) listener_.on_job(audited);
    }
    return absl::OkStatus();
  }

  absl::Status CountItems(int64_t job, const std::string& subject, port::JobCounts* counts) {
    bool told = false;
    return ForEach(
        "SELECT state, COUNT(*), MIN(number), MAX(number), (SELECT COUNT(*) FROM sagad_job_item "
        "WHERE job_id = ?), (SELECT MAX(number) FROM sagad_job_item WHERE job_id = ?) FROM "
        "sagad_job_item WHERE job_id = ? GROUP BY state ORDER BY state",
        [&](Statement& statement) { statement.Bind(job).Bind(job).Bind(job); },
        [&](const Statement& row) {
          const int64_t state = row.Number(0);
          if (state < 1 || state > 5) {
            Find("unknown_value", subject, "state of an item is ", state);
          } else {
            counts->Of(static_cast<port::ItemState>(state)) = static_cast<uint64_t>(row.Number(1));
          }
          if (row.Number(4) != row.Number(5) + 1 && !std::exchange(told, true)) {
            Find("job_item_missing", subject, row.Number(4), " items, numbered up to ",
                 row.Number(5));
          }
        });
  }

  Connection& session_;
  const mysql::RecordReader& records_;
  const port::StoreAudit::Listener& listener_;
};

class MysqlAudit final : public port::StoreAudit {
 public:
  MysqlAudit(saga::mysql::Options database, mysql::ColumnForm form)
      : database_(std::move(database)), records_(std::move(form)) {}

  absl::Status Walk(const Listener& listener) override {
    Connection session;
    absl::Status status = session.Open(database_);
    // One moment for everything.
    if (status.ok()) status = session.Run("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ");
    if (status.ok()) status = session.Run("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY");
    if (status.ok()) status = Walker(session, records_, listener).Run();
    return status;
  }

 private:
  const saga::mysql::Options database_;
  const mysql::RecordReader records_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<port::StoreAudit>> OpenMysqlAudit(const MysqlOptions& options) {
  MysqlOptions look = options;
  look.migrate = false;
  mysql::SessionPool pool(options.database, 1);
  absl::StatusOr<mysql::ServerFacts> facts = mysql::PrepareDatabase(pool, look);
  if (!facts.ok()) return facts.status();
  return std::make_unique<MysqlAudit>(options.database, std::move(facts->form));
}

}  // namespace saga::adapter
