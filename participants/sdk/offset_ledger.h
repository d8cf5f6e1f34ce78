#pragma once

// Which messages of a Kafka topic are finished, so that a restart neither misses one nor repeats
// more than it must. Messages are finished in any order; what may be committed of a partition is
// the stretch from its start without a gap.
//
// Pure bookkeeping. Thread safety: none.

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

namespace saga::participants::sdk {

// One message taken under one assignment of its partition.
struct OffsetTicket {
  int32_t partition = 0;
  int64_t offset = 0;
  uint64_t assignment = 0;
};

struct CommitPosition {
  int32_t partition = 0;
  int64_t next = 0;  // the offset to go on with after a restart

  bool operator==(const CommitPosition&) const = default;
};

class OffsetLedger {
 public:
  // The partition is ours, from now on or again: nothing of an earlier assignment counts any more.
  void Assign(int32_t partition);
  void Revoke(int32_t partition);

  // A message of an assigned partition is being worked on. Offsets ascend, with gaps where the log
  // has them; one that does not says that the partition is read anew from there, as after Assign.
  OffsetTicket Take(int32_t partition, int64_t offset);
  // Nothing happens when the assignment has ended meanwhile: the message will come again, to
  // whoever has the partition now.
  void Finish(const OffsetTicket& ticket);
  // Whether its assignment still holds.
  bool Holds(const OffsetTicket& ticket) const;

  // Taken and not finished, over all partitions.
  size_t unfinished() const { return unfinished_; }
  // The partitions whose position moved since the last call.
  std::vector<CommitPosition> TakePositions();

 private:
  struct Partition {
    uint64_t assignment = 0;
    std::map<int64_t, bool> finished;  // by offset; only what does not belong to the stretch yet
    int64_t next = -1;                 // end of the stretch; -1: nothing finished
    int64_t last = -1;                 // taken
    bool moved = false;
  };

  std::map<int32_t, Partition> partitions_;
  uint64_t assignments_ = 0;
  size_t unfinished_ = 0;
};

}  // namespace saga::participants::sdk
