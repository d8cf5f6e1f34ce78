#pragma once

// The store for many nodes: a database that speaks MySQL's protocol, on DTM's own tables and ours
// beside them (schema/001.sql, orchestrator/doc/stores.md).

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "orchestrator/base/time.h"
#include "orchestrator/core/limits.h"
#include "orchestrator/mysql/options.h"
#include "orchestrator/port/dead_letter_query.h"
#include "orchestrator/port/job_store.h"
#include "orchestrator/port/kv_store.h"
#include "orchestrator/port/node_list.h"
#include "orchestrator/port/outbox_store.h"
#include "orchestrator/port/retention.h"
#include "orchestrator/port/transaction_query.h"
#include "orchestrator/port/transaction_store.h"

namespace saga::adapter {

struct MysqlOptions {
  saga::mysql::Options database;
  // Of the times in DTM's tables: that of the machine DTM runs on, as "Europe/Berlin"; empty: this
  // machine's.
  std::string time_zone;
  // This node, for the others.
  std::string node_name;
  std::string node_address;  // where its gRPC port is; may be told later (MysqlStore::announce)
  std::string version;
  base::Duration lease = base::Seconds(5);
  // Tables that are missing are made when the store is opened; false: a database without them is
  // refused.
  bool migrate = true;
  // What the largest request may have (limit.request_bytes): the database's packets have to take
  // it.
  size_t largest_request = core::kMaxRequestSize;
  // Runs in every Commit that changes something, before COMMIT: where a test stops the process.
  std::function<void()> before_commit;
  // A thread keeps the lease. False, for tests that freeze a node: only ClaimDue and NextDue do.
  bool keep_lease = true;
};

struct MysqlStore {
  std::unique_ptr<port::TransactionStore> store;
  std::unique_ptr<port::TransactionQuery> query;
  std::unique_ptr<port::KvStore> kv;
  std::unique_ptr<port::OutboxStore> outbox;
  std::unique_ptr<port::JobStore> jobs;
  std::unique_ptr<port::DeadLetterQuery> dead_letters;
  std::unique_ptr<port::Retention> retention;
  std::unique_ptr<port::NodeList> nodes;
  // Tells the other nodes where this one listens, which it does by then: a node of the same name at
  // the same address was the process before, and is gone. Before the engine starts.
  std::function<absl::Status(const std::string& address)> announce;
  // Open transactions that were DTM's and are ours now.
  uint64_t adopted = 0;
  // What DTM's columns hold; a request that is larger has to be refused.
  core::RequestLimits largest;
  // What deserves a word in the log: columns that are narrow, a collation that takes two gids for
  // one.
  std::vector<std::string> warnings;
};

// Joins the database as a new node. Errors have texts for people, with what to do: FailureOf
// (mysql/failure.h) for what the database says; FailedPrecondition for a database, or settings of
// it, that this store cannot keep its promises on; InvalidArgument for a time zone that is none.
absl::StatusOr<MysqlStore> OpenMysqlStore(const MysqlOptions& options);

}  // namespace saga::adapter
