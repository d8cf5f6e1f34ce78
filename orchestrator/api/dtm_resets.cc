#include "orchestrator/api/dtm_resets.h"

#include <atomic>
#include <memory>
#include <utility>

#include "orchestrator/core/event.h"

namespace saga::api {

namespace {

// Counts the answers of one reset.
struct Counting {
  std::atomic<size_t> waiting{0};
  std::atomic<size_t> succeeded{0};
  bool remaining = false;
  absl::AnyInvocable<void(absl::StatusOr<Reset>)> done;

  void Answered() {
    if (--waiting == 0) done(Reset{succeeded, remaining});
  }
};

}  // namespace

void ResetRetries(engine::Engine& engine, port::TransactionQuery& query, port::Clock& clock,
                  base::Duration timeout, size_t limit,
                  absl::AnyInvocable<void(absl::StatusOr<Reset>)> done) {
  port::ListFilter filter;
  filter.wakes_after = clock.Now() + timeout;
  filter.limit = limit + 1;  // one more tells whether there are more
  auto found = query.List(filter);
  if (!found.ok()) return done(found.status());

  auto counting = std::make_shared<Counting>();
  counting->remaining = found->size() > limit;
  if (counting->remaining) found->resize(limit);
  counting->done = std::move(done);
  counting->waiting = found->size() + 1;
  for (const port::StoredTransaction& stored : *found) {
    engine.RetryNow(stored.transaction.gid, {}, [counting](engine::Answer answer) {
      if (answer.kind == engine::Answer::Kind::kVerdict &&
          answer.verdict == core::Verdict::kAccepted) {
        ++counting->succeeded;
      }
      counting->Answered();
    });
  }
  counting->Answered();
}

}  // namespace saga::api
