#include "orchestrator/api/definition_tcc.h"

#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "orchestrator/core/limits.h"
#include "orchestrator/core/retry.h"
#include "orchestrator/core/words.h"

namespace saga::api {

namespace {

// Better than leaving it to the timeout: what was reserved is given back as soon as there is
// somebody to do it.
constexpr char kStopped[] = "the server was stopped before every step was tried";

}  // namespace

struct TccDriver::Shared {
  Shared(engine::Engine& engine, port::BranchCaller& caller, const core::Settings& settings)
      : engine(engine), caller(caller), settings(settings) {}

  engine::Engine& engine;
  port::BranchCaller& caller;
  const core::Settings settings;

  absl::Mutex mutex;
  bool stopping ABSL_GUARDED_BY(mutex) = false;
  size_t running ABSL_GUARDED_BY(mutex) = 0;  // drives that may still use engine and caller
};

// One transaction on its way to submit or abort. Every step hands a callback to the engine or the
// caller that keeps the drive alive and goes on with the next.
class TccDriver::Drive : public std::enable_shared_from_this<Drive> {
 public:
  Drive(std::shared_ptr<Shared> shared, const core::SagaDefinition& definition,
        std::vector<base::Bytes> payloads, engine::WaitFor wait, Done done)
      : shared_(std::move(shared)),
        definition_(definition),
        payloads_(std::move(payloads)),
        wait_(wait),
        done_(std::move(done)) {}

  void Begin(core::GlobalTransaction draft) {
    gid_ = draft.gid;
    options_ = draft.options;
    shared_->engine.Prepare(std::move(draft), [self = shared_from_this()](engine::Answer answer) {
      const bool accepted = self->Accepted(answer);
      // Somebody else's transaction, or none: nothing of it is ours to try.
      if (!accepted || answer.verdict == core::Verdict::kAlready)
        return self->NotOurs(std::move(answer));
      self->Register(0);
    });
  }

 private:
  static bool Accepted(const engine::Answer& answer) {
    return answer.kind == engine::Answer::Kind::kVerdict &&
           (answer.verdict == core::Verdict::kAccepted ||
            answer.verdict == core::Verdict::kAlready);
  }

  bool Stopping() {
    absl::MutexLock lock(&shared_->mutex);
    return shared_->stopping;
  }

  void Register(size_t step) {
    if (Stopping()) return Abort(kStopped);
    if (step == definition_.steps.size()) return Submit();
    shared_->engine.RegisterBranch(
        gid_, core::TccBranch(definition_, step, payloads_[step]),
        [self = shared_from_this(), step](engine::Answer answer) {
          if (Accepted(answer)) return self->Try(step);
          self->Abort(absl::StrCat("step '", self->definition_.steps[step].name,
                                   "' could not be registered"));
        });
  }

  void Try(size_t step) {
    if (Stopping()) return Abort(kStopped);
    port::BranchCall call;
    call.gid = gid_;
    call.mode = core::Mode::kTcc;
    call.branch_id = core::StepBranchId(step);
    call.op = core::Op::kTry;
    call.protocol = definition_.protocol;
    call.target = definition_.steps[step].action;
    call.payload = payloads_[step];
    call.headers = options_.branch_headers;
    call.timeout = core::RequestTimeout(options_, shared_->settings);
    shared_->caller.Call(
        std::move(call), [self = shared_from_this(), step](port::BranchReply reply) {
          if (reply.outcome == core::Outcome::kSuccess) return self->Register(step + 1);
          const core::StepDefinition& tried = self->definition_.steps[step];
          self->Abort(absl::StrCat("try of step '", tried.name, "' at ", tried.action, ": ",
                                   std::string(core::WordOf(reply.outcome)), ": ", reply.text));
        });
  }

  // The last word: from here on it is a transaction like any other and its answer does not come
  // back here.
  void Submit() {
    core::GlobalTransaction draft;
    draft.gid = gid_;
    draft.mode = core::Mode::kTcc;
    draft.protocol = definition_.protocol;
    shared_->engine.Submit({std::move(draft)}, wait_, HandOver());
    Release();
  }

  void Abort(std::string reason) {
    core::AbortRequested request;
    request.reason = std::move(reason);
    shared_->engine.Abort(gid_, std::move(request), wait_, HandOver());
    Release();
  }

  engine::Reply HandOver() {
    return
        [done = std::move(done_)](engine::Answer answer) mutable { done(true, std::move(answer)); };
  }

  void NotOurs(engine::Answer answer) {
    done_(false, std::move(answer));
    Release();
  }

  void Release() {
    absl::MutexLock lock(&shared_->mutex);
    --shared_->running;
  }

  const std::shared_ptr<Shared> shared_;
  const core::SagaDefinition& definition_;
  const std::vector<base::Bytes> payloads_;
  const engine::WaitFor wait_;
  Done done_;
  std::string gid_;
  core::Options options_;
};

TccDriver::TccDriver(engine::Engine& engine, port::BranchCaller& caller,
                     const core::Settings& settings)
    : shared_(std::make_shared<Shared>(engine, caller, settings)) {}

TccDriver::~TccDriver() { Stop(); }

void TccDriver::Start(const core::SagaDefinition& definition, core::GlobalTransaction draft,
                      std::vector<base::Bytes> payloads, engine::WaitFor wait, Done done) {
  engine::Answer refusal;
  {
    absl::MutexLock lock(&shared_->mutex);
    if (shared_->stopping) {
      refusal.kind = engine::Answer::Kind::kStopping;
    } else if (shared_->running >= core::kMaxTccDrives) {
      refusal = {.kind = engine::Answer::Kind::kOverloaded, .error = "tcc_drives"};
    } else {
      ++shared_->running;
    }
  }
  if (refusal.kind != engine::Answer::Kind::kVerdict) return done(false, std::move(refusal));
  std::make_shared<Drive>(shared_, definition, std::move(payloads), wait, std::move(done))
      ->Begin(std::move(draft));
}

void TccDriver::Stop() {
  absl::MutexLock lock(&shared_->mutex);
  shared_->stopping = true;
  const auto idle = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(shared_->mutex) {
    return shared_->running == 0;
  };
  shared_->mutex.Await(absl::Condition(&idle));
}

}  // namespace saga::api
