#include "orchestrator/adapter/sqlite/audit_tables.h"

#include <map>
#include <utility>

#include "orchestrator/adapter/sqlite/schema.h"
#include "orchestrator/adapter/store_common/record_text.h"

namespace saga::adapter::sqlite {
namespace {

constexpr char kStore[] = "the store";
// Statistics are the planner's own.
constexpr char kObjects[] =
    "SELECT type || ' ' || name, coalesce(sql, '') FROM sqlite_schema WHERE name NOT LIKE "
    "'sqlite_stat%' ORDER BY 1";
constexpr char kJobs[] =
    "SELECT id, state, create_time, start_time, end_time, rate, max_in_flight, canary, "
    "stop_after_errors, token FROM job ORDER BY id";
constexpr char kItems[] =
    "SELECT job_id, number, state, op, death, gid, branch_id FROM job_item ORDER BY job_id, number";

using Objects = std::map<std::string, std::string>;

int ReadObjects(const Connection& connection, Objects* objects) {
  Cursor cursor;
  int code = cursor.Open(connection, kObjects);
  for (; code == SQLITE_OK && cursor.AtRow(); code = cursor.Next())
    objects->emplace(cursor.row().Text(0), cursor.row().Text(1));
  return code;
}

// As a new store has them.
int MakeObjects(Objects* objects) {
  Connection fresh;
  int code = fresh.Open(":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, "");
  for (const Migration& migration : Migrations()) {
    if (code == SQLITE_OK) code = fresh.Exec(migration.sql);
  }
  return code == SQLITE_OK ? ReadObjects(fresh, objects) : code;
}

// Ids of these tables are never used again: the counter stands at the largest or above.
int AuditSequence(const Connection& connection, const std::string& table, OnFinding on_finding) {
  int64_t largest = 0;
  int64_t counter = 0;
  int code = connection.ReadNumber(absl::StrCat("SELECT max(id) FROM ", table).c_str(), &largest);
  if (code == SQLITE_OK) {
    code = connection.ReadNumber(
        absl::StrCat("SELECT seq FROM sqlite_sequence WHERE name = '", table, "'").c_str(),
        &counter);
  }
  if (code == SQLITE_OK && largest > counter) {
    RowFindings(kStore, on_finding)
        .Add("sequence_behind", "ids of ", table, " go up to ", largest, ", the next one would be ",
             counter + 1);
  }
  return code;
}

int AuditKv(const Connection& connection, OnFinding on_finding) {
  static const std::vector<ColumnRule> rules = {{.column = 4, .name = "create_time"},
                                                {.column = 5, .name = "update_time"}};
  Cursor cursor;
  int code = cursor.Open(
      connection,
      "SELECT id, category, key, version, create_time, update_time FROM kv ORDER BY id");
  for (; code == SQLITE_OK && cursor.AtRow(); code = cursor.Next()) {
    const Statement& row = cursor.row();
    RowFindings findings(absl::StrCat("kv ", row.Text(1), "/", row.Text(2)), on_finding);
    findings.Check(row, rules, "");
    if (row.Type(3) != SQLITE_INTEGER || row.Number(3) < 1)
      findings.Add("version_below_one", "the version is ", row.Number(3));
    if (row.Text(1).empty() || row.Text(2).empty())
      findings.Add("record_without_name", "kv ", row.Number(0), " has no category or no key");
  }
  return code;
}

// Columns id, time, topic, headers.
int AuditTopics(const Connection& connection, absl::string_view table, absl::string_view time,
                OnFinding on_finding) {
  const std::vector<ColumnRule> rules = {{.column = 1, .name = time}};
  Cursor cursor;
  int code = cursor.Open(connection, absl::StrCat("SELECT id, ", time, ", topic, headers FROM ",
                                                  table, " ORDER BY id"));
  for (; code == SQLITE_OK && cursor.AtRow(); code = cursor.Next()) {
    const Statement& row = cursor.row();
    RowFindings findings(absl::StrCat(table, " ", row.Number(0)), on_finding);
    findings.Check(row, rules, "");
    if (row.Text(2).empty()) findings.Add("message_without_topic", "it cannot be published");
    if (const auto headers = DecodeHeaders(row.Text(3)); !headers.ok())
      findings.Add("unreadable_headers", headers.status().message());
  }
  return code;
}

class JobWalk {
 public:
  JobWalk(const Connection& connection, const port::StoreAudit::Listener& listener)
      : connection_(connection), listener_(listener) {}

  int Run() {
    int code = jobs_.Open(connection_, kJobs);
    if (code == SQLITE_OK) code = items_.Open(connection_, kItems);
    while (code == SQLITE_OK && jobs_.AtRow()) {
      code = Strays(jobs_.row().Number(0));
      if (code == SQLITE_OK) code = OneJob();
      if (code == SQLITE_OK) code = jobs_.Next();
    }
    return code == SQLITE_OK ? Strays(INT64_MAX) : code;
  }

 private:
  int OneJob() {
    static const std::vector<ColumnRule> rules = {
        {.column = 1, .name = "state", .min = 0, .max = 5, .is_enum = true},
        {.column = 2, .name = "create_time"},
        {.column = 3, .name = "start_time"},
        {.column = 4, .name = "end_time"},
        {.column = 6, .name = "max_in_flight", .min = 0, .max = UINT32_MAX},
        {.column = 7, .name = "canary", .min = 0, .max = UINT32_MAX},
        {.column = 8, .name = "stop_after_errors", .min = 0, .max = UINT32_MAX}};
    const Statement& row = jobs_.row();
    RowFindings findings(absl::StrCat("job ", row.Text(9)), listener_.on_finding);
    findings.Check(row, rules, "");
    if (!(row.Real(5) > 0)) findings.Add("value_out_of_range", "rate is ", row.Real(5));
    // Its items are being written or deleted: nobody sees it.
    const bool seen = row.Number(1) != 0;
    port::AuditedJob audited;
    audited.job = {.token = std::string(row.Text(9)),
                   .state = static_cast<port::JobState>(row.Number(1)),
                   .create_time = base::Time{row.Number(2)},
                   .start_time = base::Time{row.Number(3)},
                   .end_time = base::Time{row.Number(4)}};
    const int code = CountItems(row.Number(0), seen, &audited.counts, &findings);
    if (code == SQLITE_OK && seen && findings.count() == 0) listener_.on_job(audited);
    return code;
  }

  int CountItems(int64_t job, bool seen, port::JobCounts* counts, RowFindings* findings) {
    static const std::vector<ColumnRule> rules = {
        {.column = 2, .name = "state", .min = 1, .max = 5, .is_enum = true},
        {.column = 3, .name = "op", .min = 1, .max = 10, .is_enum = true},
        {.column = 4, .name = "death", .min = 0, .max = UINT32_MAX}};
    int code = SQLITE_OK;
    int64_t expected = 0;
    for (; code == SQLITE_OK && items_.AtRow(); code = items_.Next()) {
      const Statement& row = items_.row();
      if (row.Number(0) != job) break;
      const int64_t number = row.Number(1);
      if (seen && number != expected)
        findings->Add("job_item_missing", "item ", expected, " is missing before ", number);
      expected = number + 1;
      if (findings->Check(row, rules, absl::StrCat(" of item ", number)))
        ++counts->Of(static_cast<port::ItemState>(row.Number(2)));
    }
    return code;
  }

  int Strays(int64_t job) {
    int code = SQLITE_OK;
    while (code == SQLITE_OK && items_.AtRow() && items_.row().Number(0) < job) {
      const int64_t owner = items_.row().Number(0);
      uint64_t rows = 0;
      for (; code == SQLITE_OK && items_.AtRow() && items_.row().Number(0) == owner;
           code = items_.Next())
        ++rows;
      RowFindings(absl::StrCat("job id ", owner), listener_.on_finding)
          .Add("item_of_no_job", rows, " items of a job that is not there");
    }
    return code;
  }

  const Connection& connection_;
  const port::StoreAudit::Listener& listener_;
  Cursor jobs_;
  Cursor items_;
};

}  // namespace

int AuditFile(const Connection& connection, OnFinding on_finding) {
  Cursor cursor;
  int code = cursor.Open(connection, "PRAGMA integrity_check(100)");
  for (; code == SQLITE_OK && cursor.AtRow(); code = cursor.Next()) {
    if (cursor.row().Text(0) != "ok")
      RowFindings(kStore, on_finding).Add("file_damaged", cursor.row().Text(0));
  }
  return code;
}

int AuditSchema(const Connection& connection, OnFinding on_finding) {
  Objects there;
  Objects wanted;
  int code = ReadObjects(connection, &there);
  if (code == SQLITE_OK) code = MakeObjects(&wanted);
  if (code != SQLITE_OK) return code;
  RowFindings findings(kStore, on_finding);
  for (const auto& [name, sql] : wanted) {
    const auto found = there.find(name);
    if (found == there.end()) {
      findings.Add("schema_object", name, " is missing");
    } else if (found->second != sql) {
      findings.Add("schema_object", name, " is not as it was made");
    }
  }
  for (const auto& [name, sql] : there) {
    if (!wanted.contains(name)) findings.Add("schema_object", name, " is not ours");
  }
  return SQLITE_OK;
}

int AuditMessages(const Connection& connection, OnFinding on_finding) {
  int code = AuditKv(connection, on_finding);
  if (code == SQLITE_OK) code = AuditTopics(connection, "outbox", "create_time", on_finding);
  if (code == SQLITE_OK) code = AuditTopics(connection, "parked_message", "park_time", on_finding);
  for (const char* table : {"kv", "outbox", "parked_message", "job"}) {
    if (code == SQLITE_OK) code = AuditSequence(connection, table, on_finding);
  }
  return code;
}

int AuditJobs(const Connection& connection, const port::StoreAudit::Listener& listener) {
  return JobWalk(connection, listener).Run();
}

}  // namespace saga::adapter::sqlite
