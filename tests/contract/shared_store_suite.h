#pragma once

// The contract of the ports for stores that several processes share: each is a node of the store.
// The suite runs on every store named in shared_stores_under_test.cc; what such a store promises to
// one process alone is in store_suite.h.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "orchestrator/port/job_store.h"
#include "orchestrator/port/kv_store.h"
#include "orchestrator/port/node_list.h"
#include "orchestrator/port/outbox_store.h"
#include "orchestrator/port/transaction_query.h"
#include "orchestrator/port/transaction_store.h"
#include "tests/contract/random_record.h"

namespace saga::contract {

// One process, as far as the store knows.
struct SharedNode {
  port::TransactionStore* store = nullptr;
  port::TransactionQuery* query = nullptr;
  port::KvStore* kv = nullptr;
  port::OutboxStore* outbox = nullptr;
  port::JobStore* jobs = nullptr;
  port::NodeList* nodes = nullptr;
};

// One store, empty at first, and the nodes that join it. A live node calls NextDue now and then, as
// an engine does, and that keeps its lease; one that calls nothing is a frozen process.
class SharedStoreUnderTest {
 public:
  virtual ~SharedStoreUnderTest() = default;

  // Valid until it is killed, at most until the end.
  virtual SharedNode Join(const std::string& name, const std::string& address) = 0;
  // Its process is stopped; the next call of it is what it does when it goes on. For a store that
  // does something by itself.
  virtual void Freeze(const SharedNode&) {}
  // Its process is gone, without a word to anybody.
  virtual void Kill(const SharedNode& node) = 0;

  virtual base::Duration Lease() const = 0;
  // The clock that the nodes were given.
  virtual base::Time Now() = 0;
  virtual void SleepUntil(base::Time when) = 0;
};

struct SharedStoreKind {
  std::string name;
  std::function<std::unique_ptr<SharedStoreUnderTest>()> make;

  friend void PrintTo(const SharedStoreKind& kind, std::ostream* out) { *out << kind.name; }
};

// Every store that can be shared. None: the suite does not run, and says so.
std::vector<SharedStoreKind> SharedStoresUnderTest();

class SharedStoreContract : public ::testing::TestWithParam<SharedStoreKind> {
 protected:
  using Result = port::WriteResult::Kind;
  using Whose = port::Holding::Kind;

  SharedNode Join(const std::string& name) {
    return under_test_->Join(name, name + ".example:36790");
  }
  base::Time Now() { return under_test_->Now(); }

  Result Insert(const SharedNode& node, const core::GlobalTransaction& transaction,
                base::Time next_wake, const std::vector<base::Message>* outbox = nullptr) {
    port::Write write = InsertOf(transaction, next_wake);
    write.outbox = outbox;
    return Put(node, write);
  }
  Result Update(const SharedNode& node, const core::GlobalTransaction& transaction,
                base::Time next_wake, const std::vector<base::Message>* outbox = nullptr) {
    port::Write write = UpdateOf(transaction, next_wake);
    write.outbox = outbox;
    return Put(node, write);
  }
  Result Put(const SharedNode& node, const port::Write& write) {
    std::vector<port::WriteResult> results = node.store->Commit({write});
    EXPECT_EQ(results.size(), 1u);
    last_ = std::move(results[0]);
    return last_.kind;
  }

  // And what an engine does next. A store may give back many at once then.
  void Release(const SharedNode& node, const std::string& gid) {
    node.store->Release(gid);
    EXPECT_TRUE(node.store->NextDue().ok());
  }

  std::vector<std::string> ClaimDue(const SharedNode& node, size_t limit = 100) {
    const auto claimed = node.store->ClaimDue(Now(), limit);
    EXPECT_TRUE(claimed.ok()) << claimed.status();
    std::vector<std::string> gids;
    if (!claimed.ok()) return gids;
    for (const core::GlobalTransaction& transaction : *claimed) gids.push_back(transaction.gid);
    return gids;
  }
  std::vector<std::string> OutboxKeys(const SharedNode& node) {
    const auto records = node.outbox->ReadOutbox(0, 1000);
    EXPECT_TRUE(records.ok()) << records.status();
    std::vector<std::string> keys;
    if (!records.ok()) return keys;
    for (const port::OutboxRecord& record : *records) keys.push_back(record.message.key);
    return keys;
  }
  std::vector<std::string> JobsOf(const SharedNode& node) {
    const auto jobs = node.jobs->ClaimJobs();
    EXPECT_TRUE(jobs.ok()) << jobs.status();
    std::vector<std::string> tokens;
    if (!jobs.ok()) return tokens;
    for (const port::Job& job : *jobs) tokens.push_back(job.token);
    return tokens;
  }
  // Of the node with that name, the newest of them; NodeState::kGone when it is not listed.
  port::NodeView Node(const SharedNode& asked, const std::string& name) {
    const auto nodes = asked.nodes->ListNodes();
    EXPECT_TRUE(nodes.ok()) << nodes.status();
    port::NodeView found{.state = port::NodeState::kGone};
    if (!nodes.ok()) return found;
    for (const port::NodeView& node : *nodes) {
      if (node.name == name) found = node;
    }
    return found;
  }

  // Time passes, in which `live` live, until `so` holds: at most many leases.
  bool Within(const std::vector<SharedNode>& live, const std::function<bool()>& so) {
    const base::Duration lease = under_test_->Lease();
    const base::Time end = Now() + base::Micros(lease.micros * 40);
    for (;;) {
      for (const SharedNode& node : live) EXPECT_TRUE(node.store->NextDue().ok());
      if (so()) return true;
      if (Now() > end) return false;
      under_test_->SleepUntil(Now() + base::Micros(lease.micros / 5));
    }
  }
  // More than a lease passes for those that are not among `live`.
  void PassLease(const std::vector<SharedNode>& live) {
    const base::Time end = Now() + base::Micros(under_test_->Lease().micros * 2);
    Within(live, [&] { return Now() >= end; });
  }

  port::WriteResult last_;
  std::unique_ptr<SharedStoreUnderTest> under_test_ = GetParam().make();
};

}  // namespace saga::contract
