#include "participants/sdk/xa_resource.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "orchestrator/mysql/failure.h"
#include "participants/sdk/barrier_rows.h"
#include "participants/sdk/client.h"
#include "participants/sdk/http_client.h"
#include "participants/sdk/mysql_database.h"

namespace saga::participants::sdk {
namespace {

constexpr size_t kMaxXidBytes = 64;  // of the database
constexpr int kAttempts = 10;        // of an action that is deadlocked again and again
constexpr absl::Duration kPause = absl::Milliseconds(5);
constexpr int kLockSeconds = 5;
constexpr absl::Duration kRegisterTimeout = absl::Seconds(2);
// After the connection that prepared a branch has begun to close, see End.
constexpr absl::Duration kClosing = absl::Milliseconds(50);

constexpr unsigned kNoSuchBranch = 1397;  // XAER_NOTA
constexpr unsigned kBranchExists = 1440;  // XAER_DUPID
constexpr unsigned kRolledBack = 1402;    // XA_RBROLLBACK
constexpr unsigned kTimedOut = 1613;      // XA_RBTIMEOUT
constexpr unsigned kDeadlocked = 1614;    // XA_RBDEADLOCK

std::string XidOf(const BranchContext& branch) {
  return absl::StrCat(branch.gid, "-", branch.branch_id);
}

// As a hexadecimal literal, which needs no quoting.
std::string XaStatement(absl::string_view verb, const BranchContext& branch) {
  return absl::StrCat("XA ", verb, " X'", absl::BytesToHexString(XidOf(branch)), "'");
}

// One connection at a time has a branch. A connection gives its named locks up with its prepared
// branch.
std::string LockStatement(const BranchContext& branch) {
  return absl::StrCat("SELECT GET_LOCK(CONVERT(X'", absl::BytesToHexString(XidOf(branch)),
                      "' USING utf8mb4), ", kLockSeconds, ")");
}

absl::Status RegisterOverHttp(const XaContext& context) {
  absl::string_view base = context.orchestrator;
  while (absl::ConsumeSuffix(&base, "/")) continue;  // C#'s client leaves one
  const nlohmann::json body = {{"gid", context.branch.gid},
                               {"trans_type", "xa"},
                               {"branch_id", context.branch.branch_id},
                               {"url", context.phase2_url}};
  const absl::StatusOr<HttpResponse> answer =
      CallHttp(absl::StrCat(base, "/registerBranch"), body.dump(),
               {{"Content-Type", "application/json"}}, kRegisterTimeout);
  if (!answer.ok()) return answer.status();
  return ToGrpcStatus(FromHttpAnswer(answer->status, answer->body));
}

class GrpcRegistrars {
 public:
  absl::Status Register(const XaContext& context) ABSL_LOCKS_EXCLUDED(mutex_) {
    return At(context.orchestrator).RegisterXaBranch(context.branch, context.phase2_url);
  }

 private:
  Client& At(const std::string& address) {
    const absl::MutexLock lock(&mutex_);
    std::unique_ptr<Client>& client = clients_[address];
    if (client == nullptr) client = std::make_unique<Client>(address);
    return *client;
  }

  absl::Mutex mutex_;
  // One per orchestrator that ever called, which are few.
  absl::flat_hash_map<std::string, std::unique_ptr<Client>> clients_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

XaRegistrar RegisterAtOrchestrator() {
  return [grpc = std::make_shared<GrpcRegistrars>()](const XaContext& context) {
    return absl::StartsWith(context.orchestrator, "http://") ? RegisterOverHttp(context)
                                                             : grpc->Register(context);
  };
}

XaResource::XaResource(MysqlDatabase& database, XaRegistrar registrar, absl::Duration hold)
    : database_(database), registrar_(std::move(registrar)), hold_(hold) {}

absl::StatusOr<std::unique_ptr<XaResource>> XaResource::Create(Database& database,
                                                               XaRegistrar registrar,
                                                               absl::Duration hold) {
  auto* const mysql = dynamic_cast<MysqlDatabase*>(&database);
  if (mysql == nullptr) {
    return absl::FailedPreconditionError(
        "XA needs a database with two-phase commit: --database mysql://...");
  }
  return std::unique_ptr<XaResource>(new XaResource(*mysql, std::move(registrar), hold));
}

Outcome XaResource::Serve(const XaContext& context, absl::FunctionRef<Outcome(Transaction&)> work) {
  switch (context.branch.op) {
    case Op::kAction:
      return Act(context, work);
    case Op::kCommit:
      return Commit(context.branch);
    case Op::kRollback:
      return Rollback(context.branch);
    case Op::kCompensate:
    case Op::kTry:
    case Op::kConfirm:
    case Op::kCancel:
    case Op::kCheckBack:
      break;
  }
  return Outcome::Unknown(absl::StrCat("XA has no ", WireName(context.branch.op)));
}

Outcome XaResource::Act(const XaContext& context, absl::FunctionRef<Outcome(Transaction&)> work) {
  if (XidOf(context.branch).size() > kMaxXidBytes) {
    return Outcome::FailedForGood(absl::StrCat("'", XidOf(context.branch), "' is longer than the ",
                                               kMaxXidBytes, " bytes that a database allows"));
  }
  for (int attempt = 1;; ++attempt) {
    Attempt made = ActOnce(context, work);
    if (!made.again || attempt == kAttempts) return std::move(made.outcome);
    absl::SleepFor(kPause * attempt);
  }
}

absl::StatusOr<MysqlDatabase::Lent> XaResource::Enter(const BranchContext& branch) {
  // The server itself gives up a connection that is silent for so long: of an instance that was to
  // have the second phase too and did not get it, or whose machine is gone.
  absl::StatusOr<MysqlDatabase::Lent> lent = database_.Lend(absl::StrCat(
      "SET SESSION wait_timeout = ", std::max<int64_t>(1, absl::ToInt64Seconds(hold_))));
  if (!lent.ok()) return lent.status();
  const absl::StatusOr<std::optional<std::string>> locked =
      (*lent)->connection().QueryOne(LockStatement(branch));
  if (!locked.ok()) return locked.status();
  if (*locked != "1") {
    return absl::UnavailableError(
        absl::StrCat(XidOf(branch), " is under way in another connection"));
  }
  return lent;
}

XaResource::Attempt XaResource::ActOnce(const XaContext& context,
                                        absl::FunctionRef<Outcome(Transaction&)> work) {
  const BranchContext& branch = context.branch;
  if (Holds(branch)) return {Outcome::Done()};  // prepared earlier
  absl::StatusOr<MysqlDatabase::Lent> lent = Enter(branch);
  if (!lent.ok()) return {Outcome::From(ForService(lent.status()))};
  MysqlSession& session = **lent;
  const absl::Status started = session.Run(XaStatement("START", branch));
  if (mysql::ErrorNumber(started) == kBranchExists) return {Outcome::Done()};  // prepared earlier
  if (!started.ok()) return {Outcome::From(ForService(started))};
  Transaction tx(session, Dialect::kMysql);
  bool nothing_to_do = false;
  Outcome outcome = WorkAndRegister(context, tx, work, &nothing_to_do);
  // Whatever is not prepared goes with the connection, also when `work` throws.
  if (const absl::Status& broken = session.Broken(); !broken.ok())
    return {Outcome::From(ForService(broken)), MysqlDatabase::MayTryAgain(broken)};
  if (!outcome.ok() || nothing_to_do) return {std::move(outcome)};
  if (const absl::Status ended = session.Run(XaStatement("END", branch)); !ended.ok())
    return {Outcome::From(ForService(ended))};
  const absl::Status prepared = session.Run(XaStatement("PREPARE", branch));
  if (!prepared.ok()) return {Outcome::Unknown(std::string(prepared.message()))};
  Hold(branch, *std::move(lent));
  return {Outcome::Done()};
}

void XaResource::Hold(const BranchContext& branch, MysqlDatabase::Lent lent) {
  const absl::Time now = absl::Now();
  const absl::MutexLock lock(&mutex_);
  absl::erase_if(held_, [&](const auto& held) { return now - held.second.since > hold_; });
  if (static_cast<int>(held_.size()) < database_.max_connections() / 2)
    held_.emplace(XidOf(branch), Held{std::move(lent), now});
}

bool XaResource::Holds(const BranchContext& branch) {
  const absl::MutexLock lock(&mutex_);
  const auto held = held_.find(XidOf(branch));
  return held != held_.end() && absl::Now() - held->second.since < hold_;
}

std::optional<MysqlDatabase::Lent> XaResource::TakeHeld(const BranchContext& branch) {
  const absl::MutexLock lock(&mutex_);
  const auto held = held_.find(XidOf(branch));
  if (held == held_.end()) return std::nullopt;
  MysqlDatabase::Lent lent = std::move(held->second.lent);
  held_.erase(held);
  return lent;
}

Outcome XaResource::WorkAndRegister(const XaContext& context, Transaction& tx,
                                    absl::FunctionRef<Outcome(Transaction&)> work,
                                    bool* nothing_to_do) {
  BarrierRows rows(tx, database_.barrier_table(), context.branch, kFirstBarrierId);
  const absl::StatusOr<bool> inserted = rows.Insert(Op::kAction, WireName(Op::kAction));
  if (!inserted.ok()) return Outcome::From(inserted.status());
  if (!*inserted) {
    const absl::StatusOr<std::string> reason = rows.ReadReason(Op::kAction);
    if (!reason.ok()) return Outcome::From(reason.status());
    if (*reason == kRollbackReason) {
      return Outcome::FailedForGood(
          absl::StrCat(XidOf(context.branch), " was rolled back before it came"));
    }
    *nothing_to_do = true;  // it is committed already
    return Outcome::Done();
  }
  Outcome worked = work(tx);
  if (!worked.ok()) return worked;
  // Before it is prepared, never after: nobody would end a branch that sagad does not know.
  const absl::Status registered = registrar_(context);
  return registered.ok() ? Outcome::Done() : FromGrpcStatus(registered);
}

absl::StatusOr<bool> XaResource::IsPrepared(const BranchContext& branch) {
  absl::StatusOr<MysqlDatabase::Lent> lent = database_.Lend("SELECT 1");
  if (!lent.ok()) return lent.status();
  // formatID, lengths of the two parts of a name, the name. All that is prepared: it is little.
  const absl::StatusOr<std::vector<mysql::Row>> rows = (*lent)->connection().Query("XA RECOVER");
  if (!rows.ok()) return rows.status();
  lent->Keep();
  const std::string xid = XidOf(branch);
  for (const mysql::Row& row : *rows) {
    if (row.size() == 4 && row[2] == "0" && row[3] == xid) return true;
  }
  return false;
}

absl::StatusOr<XaResource::Trace> XaResource::TraceOf(const BranchContext& branch) {
  // Before the barrier's row: what is neither prepared now nor committed after that is nowhere.
  const absl::StatusOr<bool> prepared = IsPrepared(branch);
  if (!prepared.ok()) return prepared.status();
  Trace trace = *prepared ? Trace::kPrepared : Trace::kNone;
  const absl::Status read = database_.Read([&](Transaction& tx) -> absl::Status {
    BarrierRows rows(tx, database_.barrier_table(), branch, kFirstBarrierId);
    const absl::StatusOr<std::string> reason = rows.ReadReason(Op::kAction);
    if (absl::IsNotFound(reason.status())) return absl::OkStatus();
    if (!reason.ok()) return reason.status();
    trace = *reason == kRollbackReason ? Trace::kRolledBack : Trace::kCommitted;
    return absl::OkStatus();
  });
  if (!read.ok()) return read;
  return trace;
}

Outcome XaResource::Commit(const BranchContext& branch) {
  bool sure = false;
  const absl::Status committed = End("COMMIT", branch, &sure);
  if (committed.ok() && sure) return Outcome::Done();
  if (!committed.ok() && mysql::ErrorNumber(committed) != kNoSuchBranch)
    return Outcome::From(ForService(committed));
  const absl::StatusOr<Trace> trace = TraceOf(branch);
  if (!trace.ok()) return Outcome::From(ForService(trace.status()));
  switch (*trace) {
    case Trace::kCommitted:
      return Outcome::Done();
    case Trace::kRolledBack:
      return Outcome::Unknown(absl::StrCat(XidOf(branch), " was rolled back earlier"));
    case Trace::kPrepared:
      return Outcome::TryLater(absl::StrCat(XidOf(branch), " is held by another connection"));
    case Trace::kNone:
      break;
  }
  return Outcome::Unknown(absl::StrCat(
      XidOf(branch),
      " is not committed and cannot be: was it rolled back by hand? If not, look for it "
      "with XA RECOVER after the next start of the database"));
}

Outcome XaResource::Rollback(const BranchContext& branch) {
  bool sure = false;  // what stays locks the row of the fence
  const absl::Status rolled_back = End("ROLLBACK", branch, &sure);
  switch (mysql::ErrorNumber(rolled_back)) {
    case kRolledBack:
    case kTimedOut:
    case kDeadlocked:
      return Fence(branch);
    case kNoSuchBranch:
      break;
    default:  // the database's numbers are plain numbers
      return rolled_back.ok() ? Fence(branch) : Outcome::From(ForService(rolled_back));
  }
  const absl::StatusOr<bool> prepared = IsPrepared(branch);
  if (!prepared.ok()) return Outcome::From(ForService(prepared.status()));
  if (*prepared)
    return Outcome::TryLater(absl::StrCat(XidOf(branch), " is held by another connection"));
  return Fence(branch);
}

absl::Status XaResource::End(absl::string_view verb, const BranchContext& branch, bool* sure) {
  if (std::optional<MysqlDatabase::Lent> own = TakeHeld(branch); own.has_value()) {
    const absl::Status ended = (*own)->Run(XaStatement(verb, branch));
    *sure = true;
    if (ended.ok()) return ended;
  }
  *sure = false;
  absl::StatusOr<MysqlDatabase::Lent> lent = Enter(branch);
  if (!lent.ok()) return lent.status();
  // A connection that closes lets go of its prepared branch, then of its lock, and only then tells
  // InnoDB. In between MariaDB 10.11 answers that the branch is committed and InnoDB, asked for a
  // branch without a connection, has done nothing: it stays, locks and all, until the server starts
  // again. So it gets time, and what it answers is looked at.
  absl::SleepFor(kClosing);
  return (*lent)->Run(XaStatement(verb, branch));
}

// Against an action that comes late. Waits for one that is under way, and is busy when that gets
// prepared meanwhile.
Outcome XaResource::Fence(const BranchContext& branch) {
  std::string reason;
  const absl::Status fenced = database_.Write([&](Transaction& tx) -> absl::Status {
    BarrierRows rows(tx, database_.barrier_table(), branch, kFirstBarrierId);
    const absl::StatusOr<bool> inserted = rows.Insert(Op::kAction, kRollbackReason);
    if (!inserted.ok()) return inserted.status();
    absl::StatusOr<std::string> stored = rows.ReadReason(Op::kAction);
    if (!stored.ok()) return stored.status();
    reason = *std::move(stored);
    return absl::OkStatus();
  });
  if (!fenced.ok()) return Outcome::From(fenced);
  if (reason == kRollbackReason) return Outcome::Done();
  return Outcome::Unknown(absl::StrCat(XidOf(branch), " was committed earlier"));
}

}  // namespace saga::participants::sdk
