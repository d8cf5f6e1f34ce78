#pragma once

// Starts global transactions at sagad (or any server of DTM's protocol) over gRPC.
//
// A saga:
//   Client client("127.0.0.1:36790");
//   SagaBuilder saga(GidFor("order_paid", order_code));
//   saga.Step("10.0.0.7:58082/product.v1.Product/Deduct",
//   "10.0.0.7:58082/product.v1.Product/Restore", change); StartResult result = client.Submit(saga);
//
// A TCC:
//   Tcc tcc(client, GidFor("reserve_stock", order_code));
//   if (tcc.Prepare().kind != StartKind::kStarted) ...
//   Outcome tried = tcc.Try({.try_target = ..., .confirm = ..., .cancel = ..., .payload = ...});
//   tried.ok() ? tcc.Submit() : tcc.Abort(tried.reason());
//
// XA:
//   Xa xa(client, gid);
//   if (xa.Prepare().kind != StartKind::kStarted) ...
//   const bool all = xa.Call(from, "...").ok() && xa.Call(to, "...").ok();
//   all ? xa.Submit() : xa.Abort("...");
//
// The gid comes from the business key, so that a repeat finds the first transaction instead of
// starting a second one.
//
// Thread safety: Client is thread-safe and its calls block. SagaBuilder is a value; a Tcc and an Xa
// belong to one thread.

#include <google/protobuf/message_lite.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "participants/sdk/branch_context.h"
#include "participants/sdk/outcome.h"

namespace saga::participants::sdk {

// "order_paid-A1" for the definition order_paid and the business key A1.
std::string GidFor(absl::string_view definition, absl::string_view business_key);

enum class StartKind {
  kStarted,         // stored: it will reach an end. With wait_result: it has not reached it yet
  kSucceeded,       // ended well (wait_result only)
  kFailed,          // ended and undone; the reason says why (wait_result only)
  kAlreadyDecided,  // this gid was decided earlier; `status` says how it stands
  kRefused,         // not accepted and nothing stored: the request is wrong, or the server is full
  kUnknown,  // no answer, or one that says nothing: it may be stored. Repeat with the same gid
};

absl::string_view Name(StartKind kind);

struct [[nodiscard]] StartResult {
  StartKind kind = StartKind::kUnknown;
  std::string reason;  // of kFailed, kRefused, kUnknown
  std::string status;  // of kAlreadyDecided: submitted, aborting, succeed or failed
};

// Zero and empty mean the server's settings. Whole seconds; fractions are rounded up.
struct GlobalOptions {
  bool wait_result = false;        // answer only when it ended or came to rest
  absl::Duration timeout_to_fail;  // undo it when it has not succeeded by then
  absl::Duration retry_interval;   // before a branch is called again
  absl::Duration request_timeout;  // of one branch call
  int64_t retry_limit = 0;         // saga: repeats of a failing action before it is undone
  std::map<std::string, std::string> branch_headers;  // sent along with every branch call
};

class SagaBuilder {
 public:
  explicit SagaBuilder(std::string gid) : gid_(std::move(gid)) {}

  // Steps run in the order they are added and are undone in the opposite order. An empty compensate
  // means there is nothing to undo. The payload goes to both, as it is: a serialized message for
  // gRPC targets, JSON for http:// ones.
  SagaBuilder& Step(std::string action, std::string compensate, std::string payload);
  SagaBuilder& Step(std::string action, std::string compensate,
                    const google::protobuf::MessageLite& payload);

  // All steps at the same time instead of one after the other.
  SagaBuilder& Concurrent();
  // With Concurrent: step `step` waits for the steps `earlier`. Counted from 0.
  SagaBuilder& RunAfter(int step, std::vector<int> earlier);

  SagaBuilder& Options(GlobalOptions options);

  const std::string& gid() const { return gid_; }

 private:
  friend class Client;

  struct StepData {
    std::string action;
    std::string compensate;
    std::string payload;
  };

  std::string gid_;
  std::vector<StepData> steps_;
  bool concurrent_ = false;
  std::map<int, std::vector<int>> orders_;
  GlobalOptions options_;
};

struct ClientOptions {
  absl::Duration timeout = absl::Seconds(5);        // for an answer
  absl::Duration wait_timeout = absl::Seconds(60);  // for an answer to wait_result
};

class Client {
 public:
  // `address` is sagad's gRPC address. Nothing is dialled before the first call.
  explicit Client(std::string address, const ClientOptions& options = {});
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  StartResult Submit(const SagaBuilder& saga);

  // For a participant: registers the branch of an action of XA, which is called back at
  // `phase2_url`. Waits 2 s for a server that is not there. ABORTED: its transaction is over.
  absl::Status RegisterXaBranch(const BranchContext& branch, const std::string& phase2_url);

 private:
  friend class Tcc;
  friend class Xa;
  class Impl;
  std::unique_ptr<Impl> impl_;
};

struct TccBranch {
  std::string try_target;  // called by Try itself
  std::string confirm;     // called by sagad after Submit
  std::string cancel;      // called by sagad after Abort, or when the transaction timed out
  std::string payload;     // goes to all three
};

class Tcc {
 public:
  // `client` must outlive this object.
  Tcc(Client& client, std::string gid, GlobalOptions options = {});

  // Announces the transaction. kStarted: go on. kAlreadyDecided: this gid was submitted or aborted
  // earlier.
  StartResult Prepare();

  // Registers the branch, so that sagad can cancel it whatever happens, then calls its try.
  // Anything but done means: abort. Branches are numbered 01, 02... in the order of the calls; at
  // most 99.
  Outcome Try(const TccBranch& branch);

  // Every try went well: confirm. With wait_result: kSucceeded once every confirm is done.
  StartResult Submit();
  // Cancel every registered branch. The answer is kStarted: the cancels are owed and will be made;
  // with wait_result kSucceeded means that all of them are done.
  StartResult Abort(const std::string& reason);

  const std::string& gid() const { return gid_; }

 private:
  Client& client_;
  std::string gid_;
  GlobalOptions options_;
  int branches_ = 0;
};

class Xa {
 public:
  // `client` must outlive this object.
  Xa(Client& client, std::string gid, GlobalOptions options = {});

  // Announces the transaction; as Tcc::Prepare.
  StartResult Prepare();

  // Calls a branch: its participant makes the change, registers the branch, and answers when the
  // change is prepared. Anything but done means: abort. sagad calls `target` again to commit or
  // roll back. Branches are numbered 01, 02... in the order of the calls; at most 99.
  Outcome Call(const std::string& target, const std::string& payload);

  // Commit every branch; as Tcc::Submit.
  StartResult Submit();
  // Roll back every registered branch; as Tcc::Abort.
  StartResult Abort(const std::string& reason);

  const std::string& gid() const { return gid_; }

 private:
  Client& client_;
  std::string gid_;
  GlobalOptions options_;
  int branches_ = 0;
};

}  // namespace saga::participants::sdk
