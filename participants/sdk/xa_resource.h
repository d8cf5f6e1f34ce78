#pragma once

// A branch of XA in a MySQL-protocol database: the change is made and prepared when the client
// calls, and committed or rolled back when sagad calls, by the database's own XA START, XA PREPARE,
// XA COMMIT, XA ROLLBACK (protocol 5.6, 7.3). For what must not be seen half-done, at the price of
// row locks that are held until the second phase: keep such transactions short and rare, or use a
// saga or TCC.
//
//   auto xa = XaResource::Create(*database);
//   server.Route("/account/Add", [&](const HttpRequest& http) {
//     return ServeXa<Payload>(http, **xa, [](Transaction& tx, const Payload& payload) -> Outcome {
//       ...the change...
//     });
//   });
//
// One URL takes all three calls. The branch's name in the database is "<gid>-<branch_id>", which
// may have 64 bytes, as with DTM's clients.
//
// What holds:
//   - Whoever answers `done` to an action has prepared it: it survives a crash of this process and
//     of the database.
//   - The instance that prepared it keeps its connection for the second phase, for `hold`; then the
//     server closes it, and any instance can end the branch.
//   - A row in the barrier's table belongs to the change. So a repeated action does nothing, one
//     that comes after its rollback is refused, and a repeated commit is known by what it left.
//   - A commit is answered `done` only when the change is committed. That the database knows no
//     such branch (XAER_NOTA) is not enough: it also says so while another connection has it, and
//     after somebody rolled it back by hand. The first is `try later`; the second is `unknown`,
//     again and again, until a person looks.
//   - The calls of one branch follow each other, by a lock of the branch's name (GET_LOCK),
//     whichever instances they reach. A call that waits longer than 5 s for it is `try later`.
//   - An action that meets a deadlock runs again.
//
// To see what is prepared: XA RECOVER; a MySQL 8 server lets only users with XA_RECOVER_ADMIN ask,
// which this class needs too. After a crash of the orchestrator's client, sagad rolls back at the
// transaction's timeout.
//
// Thread safety: thread-safe.

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "participants/sdk/branch_context.h"
#include "participants/sdk/database.h"
#include "participants/sdk/mysql_database.h"
#include "participants/sdk/outcome.h"

namespace saga::participants::sdk {

// Tells the orchestrator of a branch, before it is prepared. Called from several threads.
using XaRegistrar = std::function<absl::Status(const XaContext&)>;

// Over HTTP or gRPC, as the context's `orchestrator` says.
XaRegistrar RegisterAtOrchestrator();

class XaResource {
 public:
  // `database` must outlive it and have the barrier's table (CreateBarrierTable).
  // FAILED_PRECONDITION: it is in SQLite, which has no two-phase commit.
  // `hold` is in whole seconds. At most half of the database's connections are kept for second
  // phases; what is more is closed when it is prepared.
  static absl::StatusOr<std::unique_ptr<XaResource>> Create(
      Database& database, XaRegistrar registrar = RegisterAtOrchestrator(),
      absl::Duration hold = absl::Seconds(3));

  // What `context` asks for: an action, which runs `work`, a commit or a rollback.
  Outcome Serve(const XaContext& context, absl::FunctionRef<Outcome(Transaction&)> work);

 private:
  // How one try went; `again`: nothing happened, and the same may go well now.
  struct Attempt {
    Outcome outcome;
    bool again = false;
  };
  // What the database knows of a branch that it will not commit or roll back.
  enum class Trace { kCommitted, kRolledBack, kPrepared, kNone };

  // A connection with a branch that it has prepared.
  struct Held {
    MysqlDatabase::Lent lent;
    absl::Time since;
  };

  XaResource(MysqlDatabase& database, XaRegistrar registrar, absl::Duration hold);

  Outcome Act(const XaContext& context, absl::FunctionRef<Outcome(Transaction&)> work);
  Attempt ActOnce(const XaContext& context, absl::FunctionRef<Outcome(Transaction&)> work);
  Outcome WorkAndRegister(const XaContext& context, Transaction& tx,
                          absl::FunctionRef<Outcome(Transaction&)> work, bool* nothing_to_do);
  // A connection that alone has the branch; closed when it goes.
  absl::StatusOr<MysqlDatabase::Lent> Enter(const BranchContext& branch);
  void Hold(const BranchContext& branch, MysqlDatabase::Lent lent) ABSL_LOCKS_EXCLUDED(mutex_);
  bool Holds(const BranchContext& branch) ABSL_LOCKS_EXCLUDED(mutex_);
  std::optional<MysqlDatabase::Lent> TakeHeld(const BranchContext& branch)
      ABSL_LOCKS_EXCLUDED(mutex_);
  // `sure`: the server did it, and not only said so.
  absl::Status End(absl::string_view verb, const BranchContext& branch, bool* sure);
  Outcome Commit(const BranchContext& branch);
  Outcome Rollback(const BranchContext& branch);
  Outcome Fence(const BranchContext& branch);
  absl::StatusOr<Trace> TraceOf(const BranchContext& branch);
  absl::StatusOr<bool> IsPrepared(const BranchContext& branch);

  MysqlDatabase& database_;
  const XaRegistrar registrar_;
  const absl::Duration hold_;
  absl::Mutex mutex_;
  absl::flat_hash_map<std::string, Held> held_ ABSL_GUARDED_BY(mutex_);  // by the branch's name
};

}  // namespace saga::participants::sdk
