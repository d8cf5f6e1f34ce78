#include "orchestrator/app/shared_look.h"

#include <utility>

#include "orchestrator/core/limits.h"

namespace saga::app {

SharedLook::SharedLook(port::Executor& executor, port::Clock& clock, std::vector<Look> looks)
    : clock_(clock), looks_(std::move(looks)) {
  strand_ = executor.NewStrand("shared", [this] { Body(); });
  strand_->Notify();
}

SharedLook::~SharedLook() { strand_->Stop(); }

void SharedLook::Body() {
  for (const Look& look : looks_) look();
  strand_->WakeAt(clock_.Now() + core::kSharedLook);
}

}  // namespace saga::app
