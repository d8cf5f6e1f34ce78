#include "orchestrator/adapter/mysql/commit_batch.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "orchestrator/adapter/mysql/multi_row.h"
#include "orchestrator/adapter/mysql/outbox_rows.h"
#include "orchestrator/base/check.h"
#include "orchestrator/core/limits.h"
#include "orchestrator/record/record.h"

namespace saga::adapter::mysql {

namespace {

using port::Write;
using port::WriteResult;
using saga::mysql::Statement;

// What a row costs in a packet beside its texts.
constexpr size_t kRowOverhead = 256;

int64_t CountRows(const core::GlobalTransaction& transaction) {
  return std::count_if(transaction.branches.begin(), transaction.branches.end(), HasRow);
}

bool HasDeadLetter(const core::GlobalTransaction& transaction) {
  return std::any_of(
      transaction.branches.begin(), transaction.branches.end(),
      [](const core::Branch& branch) { return branch.dead != core::DeadReason::kNone; });
}

}  // namespace

CommitBatch::CommitBatch(const Parts& parts, const std::vector<Write>& batch, const HeldMap& held,
                         std::vector<WriteResult>* results)
    : parts_(parts), items_(batch.size()) {
  for (size_t i = 0; i < batch.size(); ++i) {
    Item& item = items_[i];
    item.write = &batch[i];
    item.result = &(*results)[i];
    if (item.Insert()) continue;
    const auto found = held.find(batch[i].transaction->gid);
    if (found == held.end()) {
      careful_ = true;
    } else {
      item.start = found->second;
    }
  }
}

bool CommitBatch::AnyOpen() const {
  return std::any_of(items_.begin(), items_.end(), [](const Item& item) { return item.Open(); });
}

CommitBatch::End CommitBatch::EndOf(const absl::Status& status) const {
  return absl::IsAborted(status) ? End::kAgain : End::kFailed;
}

CommitBatch::End CommitBatch::Try(absl::Status* status) {
  const End end = TryOnce(status);
  if (end != End::kFailed || careful_ || absl::IsUnavailable(*status)) return end;
  careful_ = true;
  return End::kAgain;
}

CommitBatch::End CommitBatch::TryOnce(absl::Status* status) {
  *status = Prepare();
  if (!status->ok()) return EndOf(*status);
  const base::Time sent = NodeLease::Now();
  const absl::StatusOr<bool> alive = parts_.lease->Renew(*parts_.session);
  *status = alive.status();
  if (!status->ok()) return EndOf(*status);
  if (!*alive) return End::kGone;
  if (careful_) *status = LockAndCheck();
  if (!status->ok()) return EndOf(*status);
  if (!AnyOpen()) {
    *status = parts_.session->Run("ROLLBACK");
    return status->ok() ? End::kDone : EndOf(*status);
  }
  *status = WriteAll();
  if (!status->ok()) return EndOf(*status);
  if (*parts_.before_commit) (*parts_.before_commit)();
  *status = parts_.session->Run("COMMIT");
  // Deadlocks and conflicts are found out before anything is stored; whatever else a COMMIT is
  // answered may have come after it.
  if (absl::IsAborted(*status)) return End::kAgain;
  if (!status->ok()) return End::kUnknown;
  parts_.lease->Renewed(sent);
  return End::kDone;
}

// What needs no lock: ids, and where the rows are of those that this node does not hold.
absl::Status CommitBatch::Prepare() {
  int64_t inserts = 0;
  int64_t branches = 0;
  int64_t last_branch = 0;
  for (Item& item : items_) {
    item.remembered.reset();
    item.owner = parts_.lease->id();
    if (!item.Open()) continue;
    if (item.Insert()) {
      ++inserts;
      item.held = {.next_history = 0, .dead_rows = false};
    } else if (item.start.has_value()) {
      item.held = *item.start;
    } else {
      if (absl::Status found = LookUp(item); !found.ok()) return found;
      if (!item.Open()) continue;
    }
    if (!item.held.branch_ids.empty())
      last_branch = std::max(last_branch, item.held.branch_ids.back());
    branches +=
        CountRows(*item.write->transaction) - static_cast<int64_t>(item.held.branch_ids.size());
  }
  if (inserts > 0) {
    if (absl::Status taken = parts_.reserve(*parts_.transaction_ids, inserts, 0); !taken.ok())
      return taken;
  }
  // Rows are read in the order of their ids.
  return branches > 0 ? parts_.reserve(*parts_.branch_ids, branches, last_branch)
                      : absl::OkStatus();
}

absl::Status CommitBatch::LookUp(Item& item) {
  absl::StatusOr<StoredRecord> record =
      parts_.reader->ByGid(*parts_.session, item.write->transaction->gid);
  if (absl::IsNotFound(record.status())) {
    item.result->kind = WriteResult::Kind::kConflict;
    return absl::OkStatus();
  }
  if (!record.ok()) return record.status();
  item.held = {.id = record->id, .branch_ids = std::move(record->branch_ids)};
  if (record->adopted) return absl::OkStatus();
  const auto adopt = parts_.session->Prepared(
      "INSERT IGNORE INTO sagad_transaction (id, owner, free_wake, next_wake, version, detail) "
      "VALUES (?, 0, 0, 0, 1, '')");
  return adopt.ok() ? (*adopt)->Bind(record->id).Run() : adopt.status();
}

absl::Status CommitBatch::LockAndCheck() {
  const std::vector<Item*> updates = ItemsOf(Rows::kKnown);
  absl::flat_hash_map<int64_t, Item*> missing;
  for (Item* item : updates) missing.emplace(item->held.id, item);
  const absl::Status locked = ReadRows(
      *parts_.session, "SELECT id, owner, version FROM sagad_transaction WHERE id IN ",
      " ORDER BY id FOR UPDATE", updates.size(),
      [&](Statement& statement, size_t i) { statement.Bind(updates[i]->held.id); },
      [&](const Statement& row) {
        const auto found = missing.find(row.Number(0));
        if (found == missing.end()) return;
        Item& item = *found->second;
        const bool free = row.IsNull(1) || row.Number(1) == 0;
        const bool mine = !free && row.Number(1) == parts_.lease->id();
        const auto version = static_cast<uint64_t>(row.Number(2));
        if (!mine) item.owner = 0;
        if ((free || mine) && version + 1 == item.write->transaction->version) missing.erase(found);
      });
  if (!locked.ok()) return locked;
  for (const auto& [id, item] : missing) item->result->kind = WriteResult::Kind::kConflict;
  return absl::OkStatus();
}

absl::Status CommitBatch::WriteAll() {
  for (Item& item : items_) {
    if (!item.Open()) continue;
    const core::GlobalTransaction& transaction = *item.write->transaction;
    if (item.Insert()) item.held.id = parts_.transaction_ids->Take();
    if (core::IsFinal(transaction.status)) item.owner.reset();
    item.row = MakeTransactionRow(transaction, item.held.id, item.write->next_wake, item.owner,
                                  parts_.reader->form());
  }
  absl::Status status = careful_ ? WriteCarefully() : WriteQuickly();
  if (status.ok()) status = WritePayloads();
  if (status.ok()) status = WriteHistory();
  if (status.ok()) status = WriteDeadLetters();
  if (status.ok()) status = WriteOutbox();
  if (!status.ok()) return status;
  for (Item& item : items_) {
    if (item.Open() && item.owner == parts_.lease->id()) item.remembered = item.held;
  }
  return absl::OkStatus();
}

absl::Status CommitBatch::WriteQuickly() {
  absl::Status status = WriteSides(Rows::kBoth);
  if (status.ok()) status = WriteGlobals(Rows::kBoth);
  return status.ok() ? WriteBranches(Rows::kBoth) : status;
}

absl::Status CommitBatch::WriteCarefully() {
  absl::Status status = WriteGlobals(Rows::kNew);
  if (absl::IsAlreadyExists(status)) {
    bool any = false;
    const absl::Status found = FindExisting(&any);
    if (!found.ok()) return found;
    // Two of this batch that the column takes for one: each for itself, then.
    return any ? absl::AbortedError("a gid is taken") : status;
  }
  if (status.ok()) status = WriteSides(Rows::kNew);
  if (status.ok()) status = WriteGlobals(Rows::kKnown);
  if (status.ok()) status = WriteSides(Rows::kKnown);
  if (status.ok()) status = WriteBranches(Rows::kKnown);
  return status.ok() ? WriteBranches(Rows::kNew) : status;
}

// In the order of their ids, as every node takes them: no two can wait for each other.
std::vector<CommitBatch::Item*> CommitBatch::ItemsOf(Rows rows) {
  std::vector<Item*> items;
  for (Item& item : items_) {
    if (item.Open() && (rows == Rows::kBoth || item.Insert() == (rows == Rows::kNew)))
      items.push_back(&item);
  }
  std::sort(items.begin(), items.end(),
            [](const Item* a, const Item* b) { return a->held.id < b->held.id; });
  return items;
}

absl::Status CommitBatch::WriteGlobals(Rows rows) {
  const std::vector<Item*> items = ItemsOf(rows);
  const auto size_of = [&](size_t i) {
    const TransactionRow& row = items[i]->row;
    return kRowOverhead + row.custom_data.size() + row.query_prepared.size() + row.result.size() +
           row.rollback_reason.size() + row.options.size();
  };
  return WriteRows(*parts_.session, kGlobalColumns, rows == Rows::kNew ? "" : kGlobalUpdates,
                   kGlobalValues, items.size(), {.packet = parts_.packet, .of = size_of},
                   [&](Statement& statement, size_t i) { BindGlobal(statement, items[i]->row); });
}

absl::Status CommitBatch::WriteSides(Rows rows) {
  const std::vector<Item*> items = ItemsOf(rows);
  std::string updates;
  if (rows == Rows::kKnown) updates = kSideUpdates;
  if (rows == Rows::kBoth) updates = SideUpdatesOf(parts_.lease->id());
  uint64_t affected = 0;
  const absl::Status status = WriteRows(
      *parts_.session, kSideColumns, updates, kSideValues, items.size(),
      {.packet = parts_.packet,
       .of = [&](size_t i) { return kRowOverhead + items[i]->row.detail.size(); }},
      [&](Statement& statement, size_t i) { BindSide(statement, items[i]->row); }, &affected);
  if (!status.ok() || rows != Rows::kBoth) return status;
  uint64_t expected = 0;
  for (const Item* const item : items) expected += item->Insert() ? 1 : 2;
  return affected == expected ? status : absl::FailedPreconditionError("not held as remembered");
}

absl::Status CommitBatch::WriteBranches(Rows rows) {
  std::vector<BranchRow> made;
  for (Item& item : items_) {
    if (!item.Open()) continue;
    const std::vector<core::Branch>& branches = item.write->transaction->branches;
    const std::vector<uint32_t>* const changed = item.write->changed_rows;
    size_t place = 0;
    for (uint32_t row = 0; row < branches.size(); ++row) {
      if (!HasRow(branches[row])) continue;
      const bool is_new = place >= item.held.branch_ids.size();
      if (is_new && rows != Rows::kKnown) item.held.branch_ids.push_back(parts_.branch_ids->Take());
      const bool written = is_new ? rows != Rows::kKnown
                                  : rows != Rows::kNew && changed != nullptr &&
                                        std::binary_search(changed->begin(), changed->end(), row);
      if (written) {
        made.push_back(MakeBranchRow(branches[row], item.held.branch_ids[place], item.row,
                                     parts_.reader->form()));
        made.back().is_new = is_new;
      }
      ++place;
    }
  }
  const auto size_of = [&](size_t i) {
    return kRowOverhead + made[i].target.size() + (made[i].is_new ? made[i].payload.size() : 0);
  };
  return WriteRows(*parts_.session, kBranchColumns, rows == Rows::kNew ? "" : kBranchUpdates,
                   kBranchValues, made.size(), {.packet = parts_.packet, .of = size_of},
                   [&](Statement& statement, size_t i) { BindBranch(statement, made[i]); });
}

// Rare: an operator edited the payload of a dead letter.
absl::Status CommitBatch::WritePayloads() {
  for (Item& item : items_) {
    if (!item.Open() || item.Insert() || !item.write->payloads_changed ||
        item.write->changed_rows == nullptr) {
      continue;
    }
    const std::vector<core::Branch>& branches = item.write->transaction->branches;
    size_t place = 0;
    for (uint32_t row = 0; row < branches.size(); ++row) {
      if (!HasRow(branches[row])) continue;
      const int64_t id = item.held.branch_ids[place++];
      const std::vector<uint32_t>& changed = *item.write->changed_rows;
      if (!std::binary_search(changed.begin(), changed.end(), row)) continue;
      const BranchRow made = MakeBranchRow(branches[row], id, item.row, parts_.reader->form());
      const auto update =
          parts_.session->Prepared("UPDATE trans_branch_op SET bin_data = ? WHERE id = ?");
      if (!update.ok()) return update.status();
      if (absl::Status run = (*update)->Bind(made.payload).Bind(id).Run(); !run.ok()) return run;
    }
  }
  return absl::OkStatus();
}

absl::Status CommitBatch::NumberHistory() {
  std::vector<Item*> unknown;
  absl::flat_hash_map<int64_t, Item*> by_id;
  for (Item& item : items_) {
    const bool any = item.write->history != nullptr && !item.write->history->empty();
    if (!item.Open() || !any || item.held.next_history >= 0) continue;
    item.held.next_history = 0;
    unknown.push_back(&item);
    by_id.emplace(item.held.id, &item);
  }
  return ReadRows(
      *parts_.session,
      "SELECT transaction_id, MAX(number) + 1 FROM sagad_history WHERE transaction_id IN ",
      " GROUP BY transaction_id", unknown.size(),
      [&](Statement& statement, size_t i) { statement.Bind(unknown[i]->held.id); },
      [&](const Statement& row) { by_id[row.Number(0)]->held.next_history = row.Number(1); });
}

absl::Status CommitBatch::WriteHistory() {
  if (absl::Status numbered = NumberHistory(); !numbered.ok()) return numbered;
  struct Entry {
    int64_t id;
    int64_t number;
    std::string text;
  };
  std::vector<Entry> entries;
  std::vector<std::pair<int64_t, int64_t>> trims;
  for (Item& item : items_) {
    if (!item.Open() || item.write->history == nullptr || item.write->history->empty()) continue;
    for (const core::HistoryEntry& entry : *item.write->history)
      entries.push_back({item.held.id, item.held.next_history++, record::EncodeHistory(entry)});
    const int64_t kept_from = item.held.next_history - static_cast<int64_t>(core::kMaxHistory);
    if (kept_from > 0) trims.emplace_back(item.held.id, kept_from);
  }
  absl::Status status = WriteRows(
      *parts_.session, "INSERT INTO sagad_history (transaction_id, number, entry) VALUES ", "", 3,
      entries.size(),
      {.packet = parts_.packet,
       .of = [&](size_t i) { return kRowOverhead + entries[i].text.size(); }},
      [&](Statement& statement, size_t i) {
        statement.Bind(entries[i].id)
            .Bind(entries[i].number)
            .Bind(absl::string_view(entries[i].text));
      });
  for (const auto& [id, kept_from] : trims) {
    if (!status.ok()) return status;
    const auto trim = parts_.session->Prepared(
        "DELETE FROM sagad_history WHERE transaction_id = ? AND number < ?");
    status = trim.ok() ? (*trim)->Bind(id).Bind(kept_from).Run() : trim.status();
  }
  return status;
}

absl::Status CommitBatch::WriteDeadLetters() {
  std::vector<Item*> stale;
  struct Dead {
    int64_t id;
    uint32_t row;
    const core::Branch* branch;
  };
  std::vector<Dead> dead;
  for (Item& item : items_) {
    if (!item.Open()) continue;
    const core::GlobalTransaction& transaction = *item.write->transaction;
    const bool any = !core::IsFinal(transaction.status) && HasDeadLetter(transaction);
    if (item.held.dead_rows) stale.push_back(&item);
    item.held.dead_rows = any;
    for (uint32_t row = 0; any && row < transaction.branches.size(); ++row) {
      if (transaction.branches[row].dead != core::DeadReason::kNone)
        dead.push_back({item.held.id, row, &transaction.branches[row]});
    }
  }
  const absl::Status cleared = ReadRows(
      *parts_.session, "DELETE FROM sagad_dead_letter WHERE transaction_id IN ", "", stale.size(),
      [&](Statement& statement, size_t i) { statement.Bind(stale[i]->held.id); },
      [](const Statement&) {});
  if (!cleared.ok()) return cleared;
  return WriteRows(
      *parts_.session,
      "INSERT INTO sagad_dead_letter (transaction_id, branch_row, op, target, dead_time) VALUES ",
      "", 5, dead.size(),
      {.packet = parts_.packet,
       .of = [&](size_t i) { return kRowOverhead + dead[i].branch->target.size(); }},
      [&](Statement& statement, size_t i) {
        statement.Bind(dead[i].id)
            .Bind(dead[i].row)
            .Bind(static_cast<int64_t>(dead[i].branch->op))
            .Bind(absl::string_view(dead[i].branch->target))
            .Bind(dead[i].branch->dead_time.micros);
      });
}

absl::Status CommitBatch::WriteOutbox() {
  std::vector<OutboxRow> rows;
  for (const Item& item : items_) {
    if (!item.Open() || item.write->outbox == nullptr) continue;
    for (const base::Message& message : *item.write->outbox)
      rows.push_back({&message, item.write->transaction->update_time});
  }
  return rows.empty() ? absl::OkStatus() : InsertOutbox(*parts_.session, parts_.lease->id(), rows);
}

absl::Status CommitBatch::FindExisting(bool* any) {
  // The statements so far are of no use, and their locks would only be in the way.
  if (absl::Status back = parts_.session->Run("ROLLBACK"); !back.ok()) return back;
  const auto select = parts_.session->Prepared("SELECT gid FROM trans_global WHERE gid = ?");
  if (!select.ok()) return select.status();
  for (Item& item : items_) {
    if (!item.Open() || !item.Insert()) continue;
    const std::string& gid = item.write->transaction->gid;
    if (absl::Status run = (*select)->Bind(absl::string_view(gid)).Run(); !run.ok()) return run;
    if (!(*select)->Next()) continue;
    *any = true;
    absl::StatusOr<StoredRecord> existing = parts_.reader->ByGid(*parts_.session, gid);
    if (existing.ok()) {
      item.result->kind = WriteResult::Kind::kAlreadyThere;
      item.result->existing = std::move(existing->transaction);
    } else if (absl::IsNotFound(existing.status())) {
      item.result->kind = WriteResult::Kind::kFailed;
      item.result->error = absl::StrCat(
          "the column trans_global.gid takes \"", gid,
          "\" for a gid that is there and differs in case or in blanks at its end: use another "
          "gid, or give the column a binary collation (sagad migrate --widen)");
    } else {
      return existing.status();
    }
  }
  return absl::OkStatus();
}

}  // namespace saga::adapter::mysql
