#pragma once

// One batch of writes as one transaction of the database: half a dozen statements about all of them
// together, whatever their number.
//
// The quick way first: transactions that begin and transactions that go on in the same statements,
// which themselves look whether this node still holds what it changes, and in which version. When
// anything is not as this node remembers it, or it does not remember it, the careful way: rows are
// locked and looked at first, and who is at fault gets its own result while the others are stored.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "orchestrator/adapter/mysql/id_block.h"
#include "orchestrator/adapter/mysql/node_lease.h"
#include "orchestrator/adapter/mysql/record_reader.h"
#include "orchestrator/adapter/mysql/record_rows.h"
#include "orchestrator/mysql/connection.h"
#include "orchestrator/port/transaction_store.h"

namespace saga::adapter::mysql {

// What is remembered of a transaction that this node holds, so that writing it needs no look-up.
struct Held {
  int64_t id = 0;
  std::vector<int64_t> branch_ids;  // of its rows in trans_branch_op
  int64_t next_history = -1;        // number of the next entry; -1: ask the table
  bool dead_rows = true;            // it may have rows in sagad_dead_letter
};
using HeldMap = absl::flat_hash_map<std::string, Held>;

// Thread safety: none.
class CommitBatch {
 public:
  struct Parts {
    saga::mysql::Connection* session = nullptr;  // without autocommit
    NodeLease* lease = nullptr;
    const RecordReader* reader = nullptr;
    IdBlock* transaction_ids = nullptr;
    IdBlock* branch_ids = nullptr;
    // IdBlock::Reserve, on another session: what is reserved stays so when the batch is taken back.
    std::function<absl::Status(IdBlock& block, int64_t count, int64_t above)> reserve;
    size_t packet = 0;  // bytes a statement may have
    const std::function<void()>* before_commit = nullptr;
  };

  // How a try ended.
  enum class End : uint8_t {
    kDone,     // the results say what became of each write
    kAgain,    // nothing was stored, and the same again will do
    kGone,     // nothing was stored: this node has lost its lease
    kFailed,   // nothing was stored; `status` says why
    kUnknown,  // the commit may have happened
  };

  // `results` are all kDone at first; those that are not any more are left out by later tries.
  CommitBatch(const Parts& parts, const std::vector<port::Write>& batch, const HeldMap& held,
              std::vector<port::WriteResult>* results);

  End Try(absl::Status* status);

  // After kDone: what is to be remembered of write `i`; nullopt: nothing, it is not held.
  const std::optional<Held>& Remembered(size_t i) const { return items_[i].remembered; }

 private:
  struct Item {
    const port::Write* write = nullptr;
    port::WriteResult* result = nullptr;
    std::optional<Held> start;  // as this node remembered it
    Held held;                  // and as a try makes it
    std::optional<int64_t> owner;
    TransactionRow row;
    std::optional<Held> remembered;

    bool Open() const { return result->kind == port::WriteResult::Kind::kDone; }
    bool Insert() const { return write->kind == port::Write::Kind::kInsert; }
  };

  // Which rows a statement is about.
  enum class Rows : uint8_t { kNew, kKnown, kBoth };

  bool AnyOpen() const;
  End TryOnce(absl::Status* status);
  absl::Status Prepare();
  absl::Status LookUp(Item& item);
  absl::Status LockAndCheck();
  absl::Status WriteAll();
  absl::Status WriteQuickly();
  absl::Status WriteCarefully();
  std::vector<Item*> ItemsOf(Rows rows);
  absl::Status WriteGlobals(Rows rows);
  absl::Status WriteSides(Rows rows);
  absl::Status WriteBranches(Rows rows);
  absl::Status WritePayloads();
  absl::Status WriteHistory();
  absl::Status NumberHistory();
  absl::Status WriteDeadLetters();
  absl::Status WriteOutbox();
  // After the database refused an insert: who was there before; `*any` when somebody was.
  absl::Status FindExisting(bool* any);
  End EndOf(const absl::Status& status) const;

  const Parts parts_;
  std::vector<Item> items_;
  bool careful_ = false;
};

}  // namespace saga::adapter::mysql
