#include "orchestrator/adapter/mysql/record_rows.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "orchestrator/adapter/mysql/dtm_record.h"
#include "orchestrator/core/words.h"
#include "orchestrator/record/record.h"

namespace saga::adapter::mysql {

namespace {

absl::string_view WordText(std::string_view word) { return {word.data(), word.size()}; }

void BindTime(saga::mysql::Statement& statement, const std::string& datetime) {
  if (datetime.empty()) {
    statement.BindNull();
  } else {
    statement.Bind(absl::string_view(datetime));
  }
}

// Whether DTM's columns give the branch's fixed part back as it is.
bool BranchFits(const core::Branch& branch, const ColumnForm& form) {
  return Fits(branch.branch_id, form.Width("trans_branch_op.branch_id")) &&
         Fits(branch.target, form.Width("trans_branch_op.url")) &&
         base::Value(branch.payload).size() <= form.Width("trans_branch_op.bin_data");
}

record::Split SplitOf(const core::GlobalTransaction& transaction, const ColumnForm& form) {
  // A text that DTM gets and the client never sent stays out of the record.
  const bool own_custom_data = DtmCustomData(transaction) == transaction.custom_data;
  record::Split split{
      .custom_data =
          own_custom_data && Fits(transaction.custom_data, form.Width("trans_global.custom_data")),
      .query_prepared = Fits(transaction.query_prepared, form.Width("trans_global.query_prepared")),
      .result = Fits(transaction.result, form.Width("trans_global.result")),
      .rollback_reason =
          Fits(transaction.rollback_reason, form.Width("trans_global.rollback_reason"))};
  split.branches.reserve(transaction.branches.size());
  for (const core::Branch& branch : transaction.branches) {
    split.branches.push_back(!HasRow(branch)            ? record::Place::kHere
                             : BranchFits(branch, form) ? record::Place::kInRow
                                                        : record::Place::kAndInRow);
  }
  return split;
}

int64_t IntervalOf(const core::GlobalTransaction& transaction) {
  constexpr int64_t kDtmDefault = 10;  // protocol 9, RetryInterval
  const int64_t asked = transaction.options.retry_interval_s;
  return asked > 0 && asked <= INT32_MAX ? asked : kDtmDefault;
}

}  // namespace

bool HasRow(const core::Branch& branch) { return !core::IsAskBack(branch.op); }

TransactionRow MakeTransactionRow(const core::GlobalTransaction& transaction, int64_t id,
                                  base::Time next_wake, std::optional<int64_t> owner,
                                  const ColumnForm& form) {
  TransactionRow row{.id = id, .transaction = &transaction, .owner = owner, .next_wake = next_wake};
  const record::Split split = SplitOf(transaction, form);
  row.detail = record::EncodeRest(transaction, split);
  row.custom_data = Shortened(DtmCustomData(transaction), form.Width("trans_global.custom_data"));
  row.query_prepared =
      Shortened(transaction.query_prepared, form.Width("trans_global.query_prepared"));
  row.result = Shortened(transaction.result, form.Width("trans_global.result"));
  row.rollback_reason =
      Shortened(transaction.rollback_reason, form.Width("trans_global.rollback_reason"));
  row.options = Shortened(DtmOptions(transaction), form.Width("trans_global.options"));
  row.create_time = DateTimeOf(transaction.create_time, form.zone);
  row.update_time = DateTimeOf(transaction.update_time, form.zone);
  row.finish_time = DateTimeOf(transaction.finish_time, form.zone);
  // DTM looks at nothing without a time. What is due at once, or waits for no time because somebody
  // works on it right now, is due for DTM when it is started on this database.
  if (!core::IsFinal(transaction.status)) {
    row.next_cron_time = DateTimeOf(next_wake, form.zone);
    if (row.next_cron_time.empty()) row.next_cron_time = row.update_time;
  }
  row.next_cron_interval = IntervalOf(transaction);
  if (owner == 0) row.free_wake = next_wake;
  return row;
}

const char kGlobalColumns[] =
    "INSERT INTO trans_global (id, gid, trans_type, status, query_prepared, protocol, create_time, "
    "update_time, finish_time, rollback_time, options, custom_data, next_cron_interval, "
    "next_cron_time, result, rollback_reason) VALUES ";
// The gid is what rows are told apart by, and never NULL: met by its gid alone, a row refuses that.
const char kGlobalUpdates[] =
    " ON DUPLICATE KEY UPDATE gid = IF(id = VALUES(id), gid, NULL), trans_type = "
    "VALUES(trans_type), status = VALUES(status), "
    "query_prepared = VALUES(query_prepared), protocol = VALUES(protocol), "
    "create_time = VALUES(create_time), update_time = VALUES(update_time), "
    "finish_time = VALUES(finish_time), rollback_time = VALUES(rollback_time), "
    "options = VALUES(options), custom_data = VALUES(custom_data), "
    "next_cron_interval = VALUES(next_cron_interval), next_cron_time = VALUES(next_cron_time), "
    "result = VALUES(result), rollback_reason = VALUES(rollback_reason)";

void BindGlobal(saga::mysql::Statement& statement, const TransactionRow& row) {
  const core::GlobalTransaction& transaction = *row.transaction;
  statement.Bind(row.id)
      .Bind(absl::string_view(transaction.gid))
      .Bind(WordText(core::WordOf(transaction.mode)))
      .Bind(WordText(core::WordOf(transaction.status)))
      .Bind(absl::string_view(row.query_prepared))
      .Bind(WordText(core::WordOf(transaction.protocol)));
  BindTime(statement, row.create_time);
  BindTime(statement, row.update_time);
  // DTM notes when one failed elsewhere than when one succeeded (protocol 5.1).
  static const std::string none;
  const bool failed = transaction.status == core::Status::kFailed;
  BindTime(statement, failed ? none : row.finish_time);
  BindTime(statement, failed ? row.finish_time : none);
  statement.Bind(absl::string_view(row.options))
      .Bind(absl::string_view(row.custom_data))
      .Bind(row.next_cron_interval);
  BindTime(statement, row.next_cron_time);
  statement.Bind(absl::string_view(row.result)).Bind(absl::string_view(row.rollback_reason));
}

const char kSideColumns[] =
    "INSERT INTO sagad_transaction (id, owner, free_wake, next_wake, version, detail) VALUES ";
const char kSideUpdates[] =
    " ON DUPLICATE KEY UPDATE owner = VALUES(owner), free_wake = VALUES(free_wake), "
    "next_wake = VALUES(next_wake), version = VALUES(version), detail = VALUES(detail)";

std::string SideUpdatesOf(int64_t owner) {
  const std::string held = absl::StrCat("owner = ", owner, " AND version + 1 = VALUES(version)");
  std::string updates = " ON DUPLICATE KEY UPDATE ";
  for (const char* column : {"free_wake", "next_wake", "detail", "version"})
    absl::StrAppend(&updates, column, " = IF(", held, ", VALUES(", column, "), ", column, "), ");
  // An assignment sees those before it, so the owner comes last, and meets the new version.
  absl::StrAppend(&updates, "owner = IF(owner = ", owner,
                  " AND version = VALUES(version), VALUES(owner), owner)");
  return updates;
}

void BindSide(saga::mysql::Statement& statement, const TransactionRow& row) {
  statement.Bind(row.id);
  if (row.owner.has_value()) {
    statement.Bind(*row.owner);
  } else {
    statement.BindNull();
  }
  const auto bind_wake = [&](bool set, base::Time wake) {
    if (set && wake != base::kNever) {
      statement.Bind(wake.micros);
    } else {
      statement.BindNull();
    }
  };
  bind_wake(row.owner == 0, row.free_wake);
  bind_wake(true, row.next_wake);
  statement.Bind(row.transaction->version).Bind(absl::string_view(row.detail));
}

BranchRow MakeBranchRow(const core::Branch& branch, int64_t id, const TransactionRow& of,
                        const ColumnForm& form) {
  BranchRow row{.id = id, .branch = &branch, .of = &of};
  row.branch_id = Shortened(branch.branch_id, form.Width("trans_branch_op.branch_id"));
  row.target = Shortened(branch.target, form.Width("trans_branch_op.url"));
  row.finish_time = DateTimeOf(branch.finish_time, form.zone);
  row.payload = absl::string_view(base::Value(branch.payload))
                    .substr(0, form.Width("trans_branch_op.bin_data"));
  return row;
}

const char kBranchColumns[] =
    "INSERT INTO trans_branch_op (id, gid, url, bin_data, branch_id, op, status, finish_time, "
    "rollback_time, create_time, update_time) VALUES ";
const char kBranchUpdates[] =
    " ON DUPLICATE KEY UPDATE gid = IF(id = VALUES(id), gid, NULL), status = VALUES(status), "
    "finish_time = VALUES(finish_time), "
    "update_time = VALUES(update_time)";

void BindBranch(saga::mysql::Statement& statement, const BranchRow& row) {
  statement.Bind(row.id)
      .Bind(absl::string_view(row.of->transaction->gid))
      .Bind(absl::string_view(row.target));
  if (row.is_new) {
    statement.Bind(row.payload);
  } else {
    statement.BindNull();
  }
  statement.Bind(absl::string_view(row.branch_id))
      .Bind(WordText(core::WordOf(row.branch->op)))
      .Bind(WordText(core::WordOf(row.branch->status)));
  BindTime(statement, row.finish_time);
  statement.BindNull();
  BindTime(statement, row.of->create_time);
  BindTime(statement, row.of->update_time);
}

}  // namespace saga::adapter::mysql
