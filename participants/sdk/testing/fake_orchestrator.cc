#include "participants/sdk/testing/fake_orchestrator.h"

#include <grpcpp/grpcpp.h>

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "dtmgimp/dtm.grpc.pb.h"
#include "orchestrator/base/check.h"
#include "participants/sdk/grpc_skin.h"

namespace saga::participants::sdk::testing {
namespace {

constexpr absl::Duration kPauseBetweenAttempts = absl::Milliseconds(2);

struct TccEntry {
  std::string branch_id;
  std::string confirm;
  std::string cancel;
  std::string payload;
};

struct Global {
  std::string mode;
  std::string status;
  std::string reason;
  bool running = false;
  std::vector<SagaStep> steps;
  std::vector<TccEntry> branches;
};

bool Ended(const std::string& status) { return status == "succeed" || status == "failed"; }

grpc::Status Refuse(const std::string& text) {
  return grpc::Status(grpc::StatusCode::ABORTED, text + " FAILURE");
}

}  // namespace

// Serves dtmgimp.Dtm and runs what was submitted.
class FakeOrchestrator::Service : public dtmgimp::Dtm::Service {
 public:
  explicit Service(FakeOrchestrator& owner) : owner_(owner) {
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
    SAGA_CHECK(server_ != nullptr && port != 0);
    address_ = absl::StrCat("127.0.0.1:", port);
  }

  ~Service() override {
    Release();
    server_->Shutdown(absl::ToChronoTime(absl::Now()));
    server_->Wait();
    std::vector<std::thread> runs;
    {
      const absl::MutexLock lock(&mutex_);
      runs.swap(runs_);
    }
    for (std::thread& run : runs) run.join();
  }

  grpc::Status NewGid(grpc::ServerContext*, const google::protobuf::Empty*,
                      dtmgimp::DtmGidReply* reply) override {
    const absl::MutexLock lock(&mutex_);
    reply->set_gid(absl::StrCat("fake-", ++gids_));
    return grpc::Status::OK;
  }

  grpc::Status Prepare(grpc::ServerContext*, const dtmgimp::DtmRequest* request,
                       google::protobuf::Empty*) override {
    return Serve([&] {
      const absl::MutexLock lock(&mutex_);
      const auto [global, is_new] = globals_.try_emplace(request->gid());
      if (is_new) global->second = {.mode = request->transtype(), .status = "prepared"};
      if (global->second.status == "prepared") return grpc::Status::OK;
      return Refuse(absl::StrCat("current status '", global->second.status, "', cannot prepare."));
    });
  }

  grpc::Status RegisterBranch(grpc::ServerContext*, const dtmgimp::DtmBranchRequest* request,
                              google::protobuf::Empty*) override {
    return Serve([&] {
      const absl::MutexLock lock(&mutex_);
      const auto global = globals_.find(request->gid());
      if (global == globals_.end() || global->second.status != "prepared") {
        return Refuse(
            absl::StrCat("no trans with gid: ", request->gid(), " status: prepared found"));
      }
      for (const TccEntry& known : global->second.branches) {
        if (known.branch_id == request->branchid()) return grpc::Status::OK;
      }
      const auto& data = request->data();
      global->second.branches.push_back(
          {request->branchid(), data.at("confirm"), data.at("cancel"), request->busipayload()});
      return grpc::Status::OK;
    });
  }

  grpc::Status Submit(grpc::ServerContext*, const dtmgimp::DtmRequest* request,
                      google::protobuf::Empty*) override {
    return Serve([&] {
      const std::string gid = request->gid();
      {
        const absl::MutexLock lock(&mutex_);
        const auto [global, is_new] = globals_.try_emplace(gid);
        if (is_new) global->second = {.mode = request->transtype(), .steps = StepsOf(*request)};
        const std::string& status = global->second.status;
        if (!is_new && status != "prepared" && status != "submitted") {
          return Refuse(absl::StrCat("current status '", status, "', cannot sumbmit."));
        }
        global->second.status = "submitted";
        StartRun(gid, global->second);
      }
      return request->transoptions().waitresult() ? WaitForEnd(gid) : grpc::Status::OK;
    });
  }

  grpc::Status Abort(grpc::ServerContext*, const dtmgimp::DtmRequest* request,
                     google::protobuf::Empty*) override {
    return Serve([&] {
      const std::string gid = request->gid();
      {
        const absl::MutexLock lock(&mutex_);
        const auto global = globals_.find(gid);
        if (global == globals_.end())
          return grpc::Status(grpc::StatusCode::INTERNAL, "no such gid");
        if (global->second.status != "prepared" && global->second.status != "aborting") {
          return Refuse(
              absl::StrCat("current status '", global->second.status, "', cannot abort."));
        }
        global->second.status = "aborting";
        global->second.reason = request->rollbackreason();
        StartRun(gid, global->second);
      }
      if (request->transoptions().waitresult()) WaitForEnd(gid);
      return grpc::Status::OK;
    });
  }

  void AnswerNext(absl::Status status) {
    const absl::MutexLock lock(&mutex_);
    next_answer_ = std::move(status);
  }
  void LoseNextAnswer() {
    const absl::MutexLock lock(&mutex_);
    lose_next_ = true;
  }
  void Hold() {
    const absl::MutexLock lock(&mutex_);
    held_ = true;
  }
  void Release() {
    const absl::MutexLock lock(&mutex_);
    held_ = false;
  }

  std::string StatusOf(const std::string& gid) const {
    const absl::MutexLock lock(&mutex_);
    const auto global = globals_.find(gid);
    return global == globals_.end() ? "" : global->second.status;
  }

  bool WaitForStatus(const std::string& gid, const std::string& status,
                     absl::Duration timeout) const {
    const absl::MutexLock lock(&mutex_);
    const auto reached = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      const auto global = globals_.find(gid);
      return global != globals_.end() && global->second.status == status;
    };
    return mutex_.AwaitWithTimeout(absl::Condition(&reached), timeout);
  }

  std::vector<std::string> Gids() const {
    const absl::MutexLock lock(&mutex_);
    std::vector<std::string> gids;
    for (const auto& [gid, global] : globals_) gids.push_back(gid);
    return gids;
  }

  void Record(const BranchCall& call, const Outcome& outcome) {
    const absl::MutexLock lock(&mutex_);
    calls_.push_back({call, outcome});
  }
  std::vector<RecordedCall> calls() const {
    const absl::MutexLock lock(&mutex_);
    return calls_;
  }
  const std::string& address() const { return address_; }

 private:
  static std::vector<SagaStep> StepsOf(const dtmgimp::DtmRequest& request) {
    std::vector<SagaStep> steps;
    const nlohmann::json listed =
        nlohmann::json::parse(request.steps(), nullptr, /*allow_exceptions=*/false);
    if (!listed.is_array()) return steps;
    for (size_t i = 0; i < listed.size(); ++i) {
      const int index = static_cast<int>(i);
      steps.push_back({listed[i].value("action", ""), listed[i].value("compensate", ""),
                       index < request.binpayloads_size() ? request.binpayloads(index) : ""});
    }
    return steps;
  }

  // Applies what the test asked for to one request.
  template <typename Handle>
  grpc::Status Serve(Handle handle) {
    {
      const absl::MutexLock lock(&mutex_);
      if (next_answer_.has_value()) return ToGrpc(*std::exchange(next_answer_, std::nullopt));
    }
    const grpc::Status answer = handle();
    const absl::MutexLock lock(&mutex_);
    if (std::exchange(lose_next_, false))
      return grpc::Status(grpc::StatusCode::UNAVAILABLE, "the answer was lost");
    return answer;
  }

  void StartRun(const std::string& gid, Global& global) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (std::exchange(global.running, true)) return;
    runs_.emplace_back([this, gid] { Run(gid); });
  }

  void Run(const std::string& gid) {
    Global global;
    {
      const absl::MutexLock lock(&mutex_);
      const auto released = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return !held_; };
      mutex_.Await(absl::Condition(&released));
      global = globals_[gid];
    }
    const SagaEnd end =
        global.mode == "tcc" ? RunTcc(gid, global) : owner_.RunSaga(gid, global.steps);
    const absl::MutexLock lock(&mutex_);
    Global& stored = globals_[gid];
    stored.status = end.status;
    if (!end.reason.empty()) stored.reason = end.reason;
    stored.running = false;
  }

  SagaEnd RunTcc(const std::string& gid, const Global& global) {
    const bool confirm = global.status == "submitted";
    // The branch registered last goes first (protocol 5.4).
    for (auto branch = global.branches.rbegin(); branch != global.branches.rend(); ++branch) {
      const BranchCall call{
          .target = confirm ? branch->confirm : branch->cancel,
          .context = {gid, Mode::kTcc, branch->branch_id, confirm ? Op::kConfirm : Op::kCancel},
          .payload = branch->payload};
      if (!owner_.CallUntilDone(call).ok()) return {global.status, ""};
    }
    return {confirm ? "succeed" : "failed", ""};
  }

  grpc::Status WaitForEnd(const std::string& gid) {
    const absl::MutexLock lock(&mutex_);
    const auto rests = [&]()
                           ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return !globals_[gid].running; };
    mutex_.Await(absl::Condition(&rests));
    const Global& global = globals_[gid];
    if (global.status == "succeed") return grpc::Status::OK;
    if (Ended(global.status) && !global.reason.empty()) return Refuse(global.reason);
    return Refuse("wait result not return success:");
  }

  FakeOrchestrator& owner_;
  std::unique_ptr<grpc::Server> server_;
  std::string address_;

  mutable absl::Mutex mutex_;
  std::map<std::string, Global> globals_ ABSL_GUARDED_BY(mutex_);
  std::vector<RecordedCall> calls_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::thread> runs_ ABSL_GUARDED_BY(mutex_);
  std::optional<absl::Status> next_answer_ ABSL_GUARDED_BY(mutex_);
  bool lose_next_ ABSL_GUARDED_BY(mutex_) = false;
  bool held_ ABSL_GUARDED_BY(mutex_) = false;
  int64_t gids_ ABSL_GUARDED_BY(mutex_) = 0;
};

FakeOrchestrator::FakeOrchestrator() : service_(std::make_unique<Service>(*this)) {}

FakeOrchestrator::~FakeOrchestrator() = default;

Outcome FakeOrchestrator::Call(const BranchCall& call) {
  Outcome outcome = branches_.Call(call);
  service_->Record(call, outcome);
  return outcome;
}

Outcome FakeOrchestrator::CallUntilDone(const BranchCall& call) {
  Outcome outcome = Call(call);
  for (int attempt = 1; !outcome.ok() && attempt < kMaxAttempts; ++attempt) {
    absl::SleepFor(kPauseBetweenAttempts);
    outcome = Call(call);
  }
  return outcome;
}

SagaEnd FakeOrchestrator::RunSaga(const std::string& gid, const std::vector<SagaStep>& steps) {
  const auto call = [&](size_t step, Op op) {
    return BranchCall{.target = op == Op::kAction ? steps[step].action : steps[step].compensate,
                      .context = {gid, Mode::kSaga, absl::StrFormat("%02d", step + 1), op},
                      .payload = steps[step].payload};
  };
  for (size_t step = 0; step < steps.size(); ++step) {
    Outcome outcome = Call(call(step, Op::kAction));
    for (int attempt = 1; attempt < kMaxAttempts; ++attempt) {
      if (outcome.ok() || outcome.kind() == OutcomeKind::kFailedForGood) break;
      absl::SleepFor(kPauseBetweenAttempts);
      outcome = Call(call(step, Op::kAction));
    }
    if (outcome.ok()) continue;
    if (outcome.kind() != OutcomeKind::kFailedForGood) return {"submitted", outcome.reason()};
    for (size_t undo = step + 1; undo-- > 0;) {
      if (!CallUntilDone(call(undo, Op::kCompensate)).ok()) return {"aborting", outcome.reason()};
    }
    return {"failed", outcome.reason()};
  }
  return {"succeed", ""};
}

std::vector<RecordedCall> FakeOrchestrator::calls() const { return service_->calls(); }

const std::string& FakeOrchestrator::address() const { return service_->address(); }

void FakeOrchestrator::AnswerNext(absl::Status status) { service_->AnswerNext(std::move(status)); }
void FakeOrchestrator::LoseNextAnswer() { service_->LoseNextAnswer(); }
void FakeOrchestrator::Hold() { service_->Hold(); }
void FakeOrchestrator::Release() { service_->Release(); }

std::string FakeOrchestrator::StatusOf(const std::string& gid) const {
  return service_->StatusOf(gid);
}

bool FakeOrchestrator::WaitForStatus(const std::string& gid, const std::string& status,
                                     absl::Duration timeout) const {
  return service_->WaitForStatus(gid, status, timeout);
}

std::vector<std::string> FakeOrchestrator::Gids() const { return service_->Gids(); }

}  // namespace saga::participants::sdk::testing
