#include "orchestrator/adapter/mysql/mysql_store.h"

#include <algorithm>
#include <utility>

#include "orchestrator/adapter/mysql/mysql_dead_letters.h"
#include "orchestrator/adapter/mysql/mysql_jobs.h"
#include "orchestrator/adapter/mysql/mysql_kv.h"
#include "orchestrator/adapter/mysql/mysql_nodes.h"
#include "orchestrator/adapter/mysql/mysql_outbox.h"
#include "orchestrator/adapter/mysql/mysql_query.h"
#include "orchestrator/adapter/mysql/mysql_retention.h"
#include "orchestrator/adapter/mysql/node_lease.h"
#include "orchestrator/adapter/mysql/preparation.h"
#include "orchestrator/adapter/mysql/schema.h"
#include "orchestrator/adapter/mysql/session_pool.h"
#include "orchestrator/adapter/mysql/transaction_store.h"

namespace saga::adapter {

namespace {

using mysql::ServerFacts;
using mysql::SessionPool;

// A statement takes no more of the database's packet than half, nor more than this at once.
constexpr size_t kLargestStatement = 4 << 20;

}  // namespace

absl::StatusOr<MysqlStore> OpenMysqlStore(const MysqlOptions& options) {
  const auto pool = std::make_shared<SessionPool>(options.database);
  absl::StatusOr<ServerFacts> prepared = mysql::PrepareDatabase(*pool, options);
  if (!prepared.ok()) return prepared.status();
  ServerFacts& facts = *prepared;
  absl::Status status =
      pool->With([](saga::mysql::Connection& session) { return mysql::RequireNoImport(session); });
  if (!status.ok()) return status;
  const absl::StatusOr<uint64_t> adopted = mysql::AdoptOpen(*pool);
  if (!adopted.ok()) return adopted.status();
  const auto lease = std::make_shared<mysql::NodeLease>(
      mysql::NodeLease::Options{.name = options.node_name,
                                .address = options.node_address,
                                .version = options.version,
                                .lease = options.lease},
      // Of its own: the lease waits for no long list that somebody reads.
      std::make_shared<SessionPool>(options.database, 2));
  if (status = lease->Join(); !status.ok()) return status;

  const auto self = [lease] { return lease->id(); };
  MysqlStore opened;
  opened.store =
      mysql::MakeTransactionStore({.database = options.database,
                                   .pool = pool,
                                   .lease = lease,
                                   .form = facts.form,
                                   .packet = std::min(facts.max_packet / 2, kLargestStatement),
                                   .before_commit = options.before_commit,
                                   .keep_lease = options.keep_lease});
  opened.query = mysql::MakeQuery(pool, facts.form);
  opened.kv = mysql::MakeKv(pool, facts.form);
  opened.outbox = mysql::MakeOutbox(pool, self);
  opened.jobs = mysql::MakeJobs(pool, self);
  opened.dead_letters = mysql::MakeDeadLetters(pool, facts.form);
  opened.retention = mysql::MakeRetention(pool, facts.form, self);
  opened.nodes = mysql::MakeNodes(pool, lease);
  opened.announce = [lease](const std::string& address) { return lease->Announce(address); };
  opened.adopted = *adopted;
  opened.largest = mysql::LimitsOf(facts.form);
  opened.warnings = std::move(facts.warnings);
  return opened;
}

}  // namespace saga::adapter
