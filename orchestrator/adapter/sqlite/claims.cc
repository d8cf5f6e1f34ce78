#include "orchestrator/adapter/sqlite/claims.h"

#include <utility>

#include "orchestrator/adapter/sqlite/failure.h"

namespace saga::adapter::sqlite {
namespace {

// The index is named so that no statistics ever lead the planner to the table.
constexpr char kScan[] =
    "SELECT next_wake, id FROM global_transaction INDEXED BY open_transaction "
    "WHERE status < 4 AND next_wake >= ?1 AND next_wake <= ?2 ORDER BY next_wake";
constexpr char kFind[] =
    "SELECT id, next_wake FROM global_transaction WHERE gid = ?1 AND status < 4";

}  // namespace

int Claims::Prepare(const Connection* connection, std::string path,
                    std::shared_ptr<std::atomic<uint64_t>> queries) {
  connection_ = connection;
  path_ = std::move(path);
  queries_ = std::move(queries);
  const int code = scan_.Prepare(*connection, kScan);
  return code == SQLITE_OK ? find_.Prepare(*connection, kFind) : code;
}

Held* Claims::Find(const std::string& gid) {
  const auto found = held_.find(gid);
  return found == held_.end() ? nullptr : &found->second;
}

void Claims::Hold(const std::string& gid, const Held& held) {
  held_[gid] = held;
  ids_.insert(held.id);
  if (held.next_wake == floor_ && floor_ != base::kNever) floor_is_exact_ = false;
}

void Claims::Forget(const std::string& gid) {
  const auto found = held_.find(gid);
  if (found == held_.end()) return;
  ids_.erase(found->second.id);
  held_.erase(found);
}

void Claims::Release(const std::string& gid) {
  const Held* const held = Find(gid);
  if (held != nullptr) {
    LowerFloor(held->next_wake, true);
    Forget(gid);
  } else if (std::erase(unsure_, gid) != 0) {
    LowerFloor(base::Time{INT64_MIN}, false);
  }
}

void Claims::HoldUnsure(const std::string& gid) { unsure_.push_back(gid); }

void Claims::NoteFreeWrite(base::Time next_wake) { LowerFloor(next_wake, false); }

void Claims::LowerFloor(base::Time next_wake, bool exact) {
  if (next_wake <= floor_) {
    floor_ = next_wake;
    floor_is_exact_ = exact;
  } else if (!exact) {
    floor_is_exact_ = false;
  }
}

absl::StatusOr<std::vector<int64_t>> Claims::Due(base::Time now, size_t limit) {
  std::vector<int64_t> due;
  if (absl::Status status = Settle(); !status.ok()) return status;
  if (floor_ > now || limit == 0) return due;
  ++*queries_;
  const StatementScope scope(&scan_);
  scan_.Bind(1, floor_.micros);
  scan_.Bind(2, now.micros);
  int code = SQLITE_ROW;
  base::Time first = base::kNever;
  while (due.size() < limit && (code = scan_.Step()) == SQLITE_ROW) {
    const int64_t id = scan_.Number(1);
    if (ids_.contains(id)) continue;
    if (due.empty()) first = base::Time{scan_.Number(0)};
    due.push_back(id);
  }
  if (code != SQLITE_ROW && code != SQLITE_DONE) return FailureOf(code, path_, *connection_);
  // Everything that was passed on the way to the first is held; without one, everything up to now
  // is.
  floor_ = due.empty() ? now + base::Micros(1) : first;
  floor_is_exact_ = !due.empty();
  return due;
}

absl::StatusOr<base::Time> Claims::NextDue() {
  if (absl::Status status = Settle(); !status.ok()) return status;
  if (floor_is_exact_) return floor_;
  ++*queries_;
  const StatementScope scope(&scan_);
  scan_.Bind(1, floor_.micros);
  scan_.Bind(2, INT64_MAX);
  int code = SQLITE_ROW;
  while ((code = scan_.Step()) == SQLITE_ROW) {
    if (!ids_.contains(scan_.Number(1))) break;
  }
  if (code != SQLITE_ROW && code != SQLITE_DONE) return FailureOf(code, path_, *connection_);
  floor_ = code == SQLITE_ROW ? base::Time{scan_.Number(0)} : base::kNever;
  floor_is_exact_ = true;
  return floor_;
}

bool Claims::HoldOpen(const std::string& gid) { return LookUp(gid).ok() && Find(gid) != nullptr; }

absl::Status Claims::LookUp(const std::string& gid) {
  ++*queries_;
  const StatementScope scope(&find_);
  find_.BindText(1, gid);
  const int code = find_.Step();
  if (code != SQLITE_ROW && code != SQLITE_DONE) return FailureOf(code, path_, *connection_);
  if (code == SQLITE_ROW && Find(gid) == nullptr) {
    const base::Time next_wake = find_.IsNull(1) ? base::kNever : base::Time{find_.Number(1)};
    Hold(gid, {.id = find_.Number(0), .next_wake = next_wake, .next_history = kUnknownHistory});
  }
  return absl::OkStatus();
}

absl::Status Claims::Settle() {
  while (!unsure_.empty()) {
    if (absl::Status status = LookUp(unsure_.back()); !status.ok()) return status;
    unsure_.pop_back();
  }
  return absl::OkStatus();
}

}  // namespace saga::adapter::sqlite
