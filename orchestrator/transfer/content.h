#pragma once

// What a store holds, told in few words: counts, and a digest that is the same for two stores with
// the same content.

#include <cstdint>
#include <string>

#include "orchestrator/port/store_transfer.h"
#include "orchestrator/transfer/sha256.h"

namespace saga::transfer {

struct Counts {
  uint64_t transactions = 0;
  uint64_t kv = 0;
  uint64_t outbox = 0;
  uint64_t parked = 0;
  uint64_t jobs = 0;
  uint64_t items = 0;

  void Add(const port::TransferRecord& record);
  bool operator==(const Counts&) const = default;
};

// "12 transactions, 3 records, 0 messages, 0 parked messages, 1 job with 40 items"
std::string TextOf(const Counts& counts);

// Thread safety: none.
class Content {
 public:
  // In the order of StoreReader::ReadAll. Ids count as order only, and the times of records not at
  // all: a store may keep those in local time.
  void Add(const port::TransferRecord& record);

  const Counts& counts() const { return counts_; }
  // In hex. Once.
  std::string Digest();

 private:
  Counts counts_;
  Sha256 digest_;
};

}  // namespace saga::transfer
