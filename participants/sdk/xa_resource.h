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
//     of the database. It is not bound to the connection any more, so that any instance can end it.
//   - A row in the barrier's table belongs to the change. So a repeated action does nothing, one
//     that comes after its rollback is refused, and a repeated commit is known by what it left.
//   - A commit is answered `done` only when the change is committed. That the database knows no
//   such
//     branch (XAER_NOTA) is not enough: it also says so while the connection that prepared it is
//     closing, and after somebody rolled it back by hand. The first is waited for; the second is
//     `unknown`, again and again, until a person looks.
//   - An action that meets a deadlock runs again.
//
// To see what is prepared: XA RECOVER; a MySQL 8 server lets only users with XA_RECOVER_ADMIN ask,
// which this class needs too. After a crash of the orchestrator's client, sagad rolls back at the
// transaction's timeout.
//
// Thread safety: thread-safe.

#include <functional>
#include <memory>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "participants/sdk/branch_context.h"
#include "participants/sdk/database.h"
#include "participants/sdk/outcome.h"

namespace saga::participants::sdk {

class MysqlDatabase;

// Tells the orchestrator of a branch, before it is prepared. Called from several threads.
using XaRegistrar = std::function<absl::Status(const XaContext&)>;

// Over HTTP or gRPC, as the context's `orchestrator` says.
XaRegistrar RegisterAtOrchestrator();

class XaResource {
 public:
  // `database` must outlive it and have the barrier's table (CreateBarrierTable).
  // FAILED_PRECONDITION: it is in SQLite, which has no two-phase commit.
  static absl::StatusOr<std::unique_ptr<XaResource>> Create(
      Database& database, XaRegistrar registrar = RegisterAtOrchestrator());

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

  XaResource(MysqlDatabase& database, XaRegistrar registrar);

  Outcome Act(const XaContext& context, absl::FunctionRef<Outcome(Transaction&)> work);
  Attempt ActOnce(const XaContext& context, absl::FunctionRef<Outcome(Transaction&)> work);
  Outcome WorkAndRegister(const XaContext& context, Transaction& tx,
                          absl::FunctionRef<Outcome(Transaction&)> work, bool* nothing_to_do);
  Outcome Commit(const BranchContext& branch);
  Outcome Rollback(const BranchContext& branch);
  Outcome Fence(const BranchContext& branch);
  absl::StatusOr<Trace> TraceOf(const BranchContext& branch);
  absl::StatusOr<bool> IsPrepared(const BranchContext& branch);

  MysqlDatabase& database_;
  const XaRegistrar registrar_;
};

}  // namespace saga::participants::sdk
