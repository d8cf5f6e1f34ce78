#include "participants/sdk/offset_ledger.h"

#include <algorithm>

#include "orchestrator/base/check.h"

namespace saga::participants::sdk {

void OffsetLedger::Assign(int32_t partition) {
  Revoke(partition);
  partitions_[partition].assignment = ++assignments_;
}

void OffsetLedger::Revoke(int32_t partition) {
  const auto found = partitions_.find(partition);
  if (found == partitions_.end()) return;
  unfinished_ -= static_cast<size_t>(
      std::count_if(found->second.finished.begin(), found->second.finished.end(),
                    [](const auto& entry) { return !entry.second; }));
  partitions_.erase(found);
}

OffsetTicket OffsetLedger::Take(int32_t partition, int64_t offset) {
  const auto found = partitions_.find(partition);
  if (found == partitions_.end() || offset <= found->second.last) Assign(partition);
  Partition& taken = partitions_[partition];
  taken.finished.emplace(offset, false);
  taken.last = offset;
  ++unfinished_;
  return {.partition = partition, .offset = offset, .assignment = taken.assignment};
}

bool OffsetLedger::Holds(const OffsetTicket& ticket) const {
  const auto found = partitions_.find(ticket.partition);
  return found != partitions_.end() && found->second.assignment == ticket.assignment;
}

void OffsetLedger::Finish(const OffsetTicket& ticket) {
  if (!Holds(ticket)) return;
  Partition& partition = partitions_[ticket.partition];
  const auto entry = partition.finished.find(ticket.offset);
  SAGA_CHECK(entry != partition.finished.end() && !entry->second);
  entry->second = true;
  --unfinished_;
  while (!partition.finished.empty() && partition.finished.begin()->second) {
    partition.next = partition.finished.begin()->first + 1;
    partition.moved = true;
    partition.finished.erase(partition.finished.begin());
  }
}

std::vector<CommitPosition> OffsetLedger::TakePositions() {
  std::vector<CommitPosition> positions;
  for (auto& [number, partition] : partitions_) {
    if (!partition.moved) continue;
    partition.moved = false;
    positions.push_back({.partition = number, .next = partition.next});
  }
  return positions;
}

}  // namespace saga::participants::sdk
