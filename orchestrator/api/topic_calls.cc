#include "orchestrator/api/topic_calls.h"

#include <memory>
#include <utility>

#include "orchestrator/core/limits.h"

namespace saga::api {

TopicCalls::TopicCalls(Topics& topics)
    : topics_(topics), writer_(/*threads=*/1, core::kTopicQueue) {}

void TopicCalls::Subscribe(std::string topic, std::string url, std::string remark, Done done) {
  Run([this, topic = std::move(topic), url = std::move(url),
       remark = std::move(remark)] { return topics_.Subscribe(topic, url, remark); },
      std::move(done));
}

void TopicCalls::Unsubscribe(std::string topic, std::string url, Done done) {
  Run([this, topic = std::move(topic),
       url = std::move(url)] { return topics_.Unsubscribe(topic, url); },
      std::move(done));
}

void TopicCalls::Delete(std::string topic, Done done) {
  Run([this, topic = std::move(topic)] { return topics_.Delete(topic); }, std::move(done));
}

void TopicCalls::Run(absl::AnyInvocable<absl::Status()> change, Done done) {
  // Kept here until the pool has taken the work: it cannot be had back from a closure.
  auto kept = std::make_shared<Done>(std::move(done));
  const bool taken = writer_.Run([kept, change = std::move(change)]() mutable {
    const absl::Status changed = change();
    (*kept)(changed.ok() ? WireAnswer() : ToWire(changed));
  });
  if (taken) return;
  (*kept)({WireAnswer::Kind::kOverloaded,
           "too many changes of topics at once, try again (kTopicQueue)"});
}

}  // namespace saga::api
