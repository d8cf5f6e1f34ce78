#include "orchestrator/app/readiness.h"

#include "absl/strings/str_cat.h"

namespace saga::app {
namespace {

constexpr base::Duration kAnswerKept = base::Seconds(1);

}  // namespace

void Readiness::SetServing() {
  absl::MutexLock lock(&mutex_);
  if (state_ == State::kStarting) state_ = State::kServing;
}

void Readiness::SetDraining() {
  absl::MutexLock lock(&mutex_);
  state_ = State::kDraining;
}

absl::Status Readiness::Check() {
  absl::MutexLock lock(&mutex_);
  switch (state_) {
    case State::kStarting:
      return absl::UnavailableError("starting");
    case State::kDraining:
      return absl::UnavailableError("stopping");
    case State::kServing:
      break;
  }
  const base::Time now = clock_.Now();
  const bool fresh = asked_.IsSet() && now >= asked_ && now < asked_ + kAnswerKept;
  if (!fresh) {
    const absl::Status ping = ping_();
    asked_ = now;
    answer_ =
        ping.ok()
            ? ping
            : absl::UnavailableError(absl::StrCat("the store does not answer: ", ping.message()));
  }
  return answer_;
}

}  // namespace saga::app
