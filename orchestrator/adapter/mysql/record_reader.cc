#include "orchestrator/adapter/mysql/record_reader.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "orchestrator/adapter/mysql/dtm_record.h"
#include "orchestrator/adapter/mysql/multi_row.h"
#include "orchestrator/record/record.h"

namespace saga::adapter::mysql {

namespace {

// In place of kRecordTables where only DTM's are there.
constexpr char kDtmTables[] =
    "trans_global AS g LEFT JOIN (SELECT 0 AS id, 0 AS owner, 0 AS next_wake, 0 AS version, '' AS "
    "detail FROM trans_global WHERE 1 = 0) AS s ON s.id = g.id";

constexpr char kBranchesOf[] =
    "SELECT gid, id, url, bin_data, branch_id, op, status, finish_time FROM trans_branch_op WHERE "
    "gid IN ";

// A row of trans_branch_op.
struct RowOfBranch {
  int64_t id = 0;
  core::Branch branch;
  bool readable = true;
};

// What the columns of trans_global say.
absl::Status TakeColumns(const saga::mysql::Statement& row, const ColumnForm& form,
                         StoredRecord* record) {
  core::GlobalTransaction& transaction = record->transaction;
  record->id = row.Number(0);
  transaction.gid = std::string(row.Text(1));
  if (!ReadWord(row.Text(2), &transaction.mode) || !ReadWord(row.Text(3), &transaction.status) ||
      !ReadWord(row.Text(5).empty() ? "http" : row.Text(5), &transaction.protocol)) {
    return absl::DataLossError(absl::StrCat("global transaction \"", transaction.gid,
                                            "\": trans_type, status or ",
                                            "protocol in trans_global is none"));
  }
  transaction.query_prepared = std::string(row.Text(4));
  transaction.create_time = TimeOf(row.Text(6), form.zone);
  transaction.update_time = TimeOf(row.Text(7), form.zone);
  transaction.finish_time = TimeOf(row.IsNull(8) ? row.Text(9) : row.Text(8), form.zone);
  if (!core::IsFinal(transaction.status)) transaction.finish_time = {};
  transaction.custom_data = std::string(row.Text(11));
  transaction.result = std::string(row.Text(13));
  transaction.rollback_reason = std::string(row.Text(14));
  if (!row.IsNull(12)) record->next_wake = TimeOf(row.Text(12), form.zone);
  return absl::OkStatus();
}

// `kept` is exact; `told`, to the second, counts only where DTM has written since.
base::Time Exact(base::Time kept, base::Time told, const ColumnForm& form) {
  const std::string column = DateTimeOf(kept, form.zone);
  const bool same = column == DateTimeOf(told, form.zone) || TimeOf(column, form.zone) == told;
  return same ? kept : told;
}

// Puts what the side table keeps together with what DTM's columns say.
void Join(core::GlobalTransaction rest, const record::Split& split, const ColumnForm& form,
          core::GlobalTransaction* transaction) {
  core::GlobalTransaction& said = *transaction;
  rest.gid = std::move(said.gid);
  rest.mode = said.mode;
  rest.protocol = said.protocol;
  if (split.custom_data) rest.custom_data = std::move(said.custom_data);
  if (split.query_prepared) rest.query_prepared = std::move(said.query_prepared);
  if (split.result) rest.result = std::move(said.result);
  if (split.rollback_reason) rest.rollback_reason = std::move(said.rollback_reason);
  rest.create_time = Exact(rest.create_time, said.create_time, form);
  rest.update_time = Exact(rest.update_time, said.update_time, form);
  // DTM has ended it; an end of ours stands in both.
  if (rest.status != said.status && core::IsFinal(said.status)) rest.finish_time = said.finish_time;
  rest.status = said.status;
  said = std::move(rest);
}

absl::Status Damaged(const core::GlobalTransaction& transaction, absl::string_view what) {
  return absl::DataLossError(absl::StrCat("global transaction \"", transaction.gid, "\" ", what));
}

RowOfBranch ReadBranchRow(const saga::mysql::Statement& row, const ColumnForm& form) {
  RowOfBranch read{.id = row.Number(1)};
  core::Branch& branch = read.branch;
  branch.target = std::string(row.Text(2));
  branch.payload = base::MakeBytes(std::string(row.Text(3)));
  branch.branch_id = std::string(row.Text(4));
  read.readable = ReadWord(row.Text(5), &branch.op) && ReadWord(row.Text(6), &branch.status);
  branch.finish_time = TimeOf(row.Text(7), form.zone);
  return read;
}

// The branches as the side table has them, filled up from the rows and corrected by them.
absl::Status MergeRows(const std::vector<record::Place>& places, std::vector<RowOfBranch> rows,
                       core::GlobalTransaction* transaction) {
  size_t next = 0;
  for (size_t i = 0; i < transaction->branches.size(); ++i) {
    if (places[i] == record::Place::kHere) continue;
    if (next == rows.size()) return Damaged(*transaction, "lacks a row in trans_branch_op");
    core::Branch& branch = transaction->branches[i];
    core::Branch& row = rows[next++].branch;
    if (places[i] == record::Place::kInRow) {
      branch.branch_id = std::move(row.branch_id);
      branch.op = row.op;
      branch.target = std::move(row.target);
      branch.payload = std::move(row.payload);
    }
    if (branch.status == row.status) continue;
    branch.status = row.status;
    branch.finish_time = row.finish_time;
    AssumeBranch(*transaction, &branch);
  }
  for (; next < rows.size(); ++next) {
    AssumeBranch(*transaction, &rows[next].branch);
    transaction->branches.push_back(std::move(rows[next].branch));
  }
  return absl::OkStatus();
}

}  // namespace

const char kRecordColumns[] =
    "g.id, g.gid, g.trans_type, g.status, g.query_prepared, g.protocol, g.create_time, "
    "g.update_time, g.finish_time, g.rollback_time, g.options, g.custom_data, g.next_cron_time, "
    "g.result, g.rollback_reason, s.owner, s.next_wake, s.version, s.detail";
const char kRecordTables[] = "trans_global AS g LEFT JOIN sagad_transaction AS s ON s.id = g.id";

absl::StatusOr<StoredRecord> StoredRecordOf(const saga::mysql::Statement& row,
                                            const ColumnForm& form) {
  StoredRecord record;
  if (absl::Status taken = TakeColumns(row, form, &record); !taken.ok()) return taken;
  core::GlobalTransaction& transaction = record.transaction;
  record.adopted = !row.IsNull(17);
  if (!row.IsNull(15)) record.owner = row.Number(15);
  const absl::string_view detail = row.Text(18);
  bool ended_by_dtm = core::IsFinal(transaction.status);
  if (detail.empty()) {
    if (absl::Status taken = TakeDtmTexts(row.Text(10), &transaction); !taken.ok())
      return Damaged(transaction, taken.message());
  } else {
    absl::StatusOr<core::GlobalTransaction> rest = record::DecodeRest(detail, &record.split);
    if (!rest.ok()) return Damaged(transaction, rest.status().message());
    ended_by_dtm = ended_by_dtm && !core::IsFinal(rest->status);
    Join(*std::move(rest), record.split, form, &transaction);
    record.next_wake = row.IsNull(16) ? base::kNever : base::Time{row.Number(16)};
  }
  // DTM has ended what sagad, or itself, meant to look at again.
  if (ended_by_dtm) record.next_wake = base::kNever;
  transaction.version = record.adopted ? static_cast<uint64_t>(row.Number(17)) : 1;
  record.from_dtm = detail.empty();
  return record;
}

RecordReader::RecordReader(ColumnForm form, bool side_tables)
    : form_(std::move(form)),
      select_(absl::StrCat("SELECT ", kRecordColumns, " FROM ",
                           side_tables ? kRecordTables : kDtmTables)) {}

absl::StatusOr<StoredRecord> RecordReader::ByGid(saga::mysql::Connection& session,
                                                 absl::string_view gid) const {
  const auto statement = session.Prepared(absl::StrCat(select_, " WHERE g.gid = ?"));
  if (!statement.ok()) return statement.status();
  if (absl::Status run = (*statement)->Bind(gid).Run(); !run.ok()) return run;
  std::vector<StoredRecord> records;
  while ((*statement)->Next()) {
    // A collation may take another gid for this one.
    if ((*statement)->Text(1) != gid) continue;
    absl::StatusOr<StoredRecord> record = StoredRecordOf(**statement, form_);
    if (!record.ok()) return record.status();
    records.push_back(*std::move(record));
  }
  if (records.empty()) return absl::NotFoundError("no such global transaction");
  std::vector<int64_t> damaged;
  if (absl::Status added = AddBranches(session, &records, &damaged); !added.ok()) return added;
  if (!damaged.empty()) {
    return absl::DataLossError(absl::StrCat("global transaction \"", gid,
                                            "\" lacks rows in trans_branch_op, or has rows that "
                                            "make no sense"));
  }
  return std::move(records.front());
}

absl::StatusOr<std::vector<StoredRecord>> RecordReader::ByIds(saga::mysql::Connection& session,
                                                              const std::vector<int64_t>& ids,
                                                              std::vector<int64_t>* damaged) const {
  std::vector<StoredRecord> records;
  const absl::Status read = ReadRows(
      session, absl::StrCat(select_, " WHERE g.id IN "), " ORDER BY g.id", ids.size(),
      [&](saga::mysql::Statement& statement, size_t i) { statement.Bind(ids[i]); },
      [&](const saga::mysql::Statement& row) {
        absl::StatusOr<StoredRecord> record = StoredRecordOf(row, form_);
        if (record.ok()) {
          records.push_back(*std::move(record));
        } else {
          damaged->push_back(row.Number(0));
        }
      });
  if (!read.ok()) return read;
  if (absl::Status added = AddBranches(session, &records, damaged); !added.ok()) return added;
  return records;
}

absl::Status RecordReader::AddBranches(saga::mysql::Connection& session,
                                       std::vector<StoredRecord>* records,
                                       std::vector<int64_t>* damaged) const {
  absl::flat_hash_map<std::string, std::vector<RowOfBranch>> rows;
  const absl::Status read = ReadRows(
      session, kBranchesOf, " ORDER BY id", records->size(),
      [&](saga::mysql::Statement& statement, size_t i) {
        statement.Bind(absl::string_view((*records)[i].transaction.gid));
      },
      [&](const saga::mysql::Statement& row) {
        rows[row.Text(0)].push_back(ReadBranchRow(row, form_));
      });
  if (!read.ok()) return read;
  std::erase_if(*records, [&](StoredRecord& record) {
    std::vector<RowOfBranch> mine = std::move(rows[record.transaction.gid]);
    bool readable = true;
    for (const RowOfBranch& row : mine) {
      readable = readable && row.readable;
      record.branch_ids.push_back(row.id);
    }
    absl::Status merged = absl::OkStatus();
    if (record.from_dtm) {
      for (RowOfBranch& row : mine) record.transaction.branches.push_back(std::move(row.branch));
      AssumeProgress(&record.transaction);
    } else {
      merged = MergeRows(record.split.branches, std::move(mine), &record.transaction);
    }
    if (readable && merged.ok()) return false;
    damaged->push_back(record.id);
    return true;
  });
  return absl::OkStatus();
}

}  // namespace saga::adapter::mysql
