#pragma once

// Everything a store holds, on its way to another: `sagad export` and `sagad import`.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "orchestrator/core/decision.h"
#include "orchestrator/port/job_store.h"
#include "orchestrator/port/kv_store.h"
#include "orchestrator/port/outbox_store.h"
#include "orchestrator/port/transaction_query.h"

namespace saga::port {

struct TransferTransaction {
  StoredTransaction stored;
  std::vector<core::HistoryEntry> history;  // oldest first
};

// Some of a job's items, by number; the first come directly behind the job.
struct TransferItems {
  std::string token;
  std::vector<JobItem> items;
};
inline constexpr size_t kTransferItems = 1000;  // of one record; fewer only in a job's last one

// Ids tell the order only: another store gives other ids, in the same order.
using TransferRecord =
    std::variant<TransferTransaction, KvRecord, OutboxRecord, ParkedMessage, Job, TransferItems>;

// Reads a store that nobody changes meanwhile. Thread safety: none.
class StoreReader {
 public:
  using Sink = absl::FunctionRef<absl::Status(TransferRecord record)>;

  virtual ~StoreReader() = default;

  // How many transactions there are, for people who wait.
  virtual absl::StatusOr<uint64_t> CountTransactions() = 0;
  // Everything, in the order of the alternatives of TransferRecord, and each by id; a job and then
  // its items. Ends with the first error, its own or the sink's. Keeps a bounded part in memory.
  virtual absl::Status ReadAll(Sink sink) = 0;
};

// Fills an empty store that nobody uses meanwhile. Thread safety: none.
class StoreWriter {
 public:
  // One that was not published leaves the store as StoreWriter's maker says.
  virtual ~StoreWriter() = default;

  // In the order of StoreReader::ReadAll. May keep some back until Flush.
  virtual absl::Status Put(TransferRecord record) = 0;
  // Everything put can be read back with `reader`.
  virtual absl::Status Flush() = 0;
  // Reads what was put, before anybody else can. After Flush.
  virtual StoreReader& reader() = 0;
  // Makes what was put the store's content, durably.
  virtual absl::Status Publish() = 0;
};

}  // namespace saga::port
