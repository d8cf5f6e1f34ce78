#pragma once

// port::TransactionStore on a MySQL-protocol database. See mysql_store.h.

#include <functional>
#include <memory>

#include "orchestrator/adapter/mysql/node_lease.h"
#include "orchestrator/adapter/mysql/record_reader.h"
#include "orchestrator/adapter/mysql/session_pool.h"
#include "orchestrator/mysql/options.h"
#include "orchestrator/port/transaction_store.h"

namespace saga::adapter::mysql {

struct StoreParts {
  saga::mysql::Options database;
  std::shared_ptr<SessionPool> pool;  // for what other threads ask
  std::shared_ptr<NodeLease> lease;   // joined
  ColumnForm form;
  size_t packet = 0;  // bytes that a statement may have
  std::function<void()> before_commit;
  // The lease is kept by a thread of its own, whatever the caller does; false: only by NextDue and
  // ClaimDue, for tests that freeze a node.
  bool keep_lease = true;
};

std::unique_ptr<port::TransactionStore> MakeTransactionStore(StoreParts parts);

// Makes open transactions that DTM left known as nobody's; how many there were.
absl::StatusOr<uint64_t> AdoptOpen(SessionPool& pool);

}  // namespace saga::adapter::mysql
