#include "orchestrator/adapter/decorator/directory_caller.h"

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "orchestrator/core/target.h"

namespace saga::adapter {
namespace {

port::BranchReply CannotCall(const absl::Status& status) {
  port::BranchReply reply;
  reply.outcome = core::Outcome::kUnknown;
  reply.text = std::string(status.message());
  if (absl::IsUnimplemented(status)) {
    reply.hopeless = core::DeadReason::kUnknownMethod;
  } else {
    reply.reach = port::Reach::kUnreachable;
  }
  return reply;
}

}  // namespace

void DirectoryCaller::Call(port::BranchCall call, Done done) {
  if (!core::NamesParticipant(call.target)) return caller_.Call(std::move(call), std::move(done));
  absl::StatusOr<port::Pick> pick = directory_.PickInstance(call.target);
  if (!pick.ok()) return done(CannotCall(pick.status()));
  call.target = pick->target;
  call.protocol = pick->protocol;
  caller_.Call(std::move(call), [&directory = directory_, pick = *std::move(pick),
                                 done = std::move(done)](port::BranchReply reply) mutable {
    directory.Finish(pick, reply.reach == port::Reach::kAnswered);
    done(std::move(reply));
  });
}

}  // namespace saga::adapter
