#include "orchestrator/adapter/memory/memory_log.h"

#include <utility>

#include "orchestrator/adapter/memory/memory_log_state.h"
#include "orchestrator/base/check.h"

namespace saga::adapter {
namespace {

class Publisher final : public port::MessagePublisher {
 public:
  explicit Publisher(std::shared_ptr<MemoryLogState> state) : state_(std::move(state)) {}

  bool Publish(const base::Message& message, Done done) override {
    return state_->Publish(message, std::move(done));
  }
  bool Reachable() const override { return state_->Reachable(); }

 private:
  const std::shared_ptr<MemoryLogState> state_;
};

class Source final : public port::MessageSource {
 public:
  Source(std::shared_ptr<MemoryLogState> state, std::vector<std::string> topics, std::string group,
         size_t max_unacked)
      : state_(std::move(state)),
        topics_(std::move(topics)),
        group_(std::move(group)),
        max_unacked_(max_unacked) {}
  ~Source() override { Source::Stop(); }

  void Start(Handler handler) override {
    SAGA_CHECK(member_ == 0);
    member_ = state_->Join(topics_, group_, max_unacked_, std::move(handler));
  }
  void Stop() override { state_->Leave(member_); }

 private:
  const std::shared_ptr<MemoryLogState> state_;
  const std::vector<std::string> topics_;
  const std::string group_;
  const size_t max_unacked_;
  uint64_t member_ = 0;
};

}  // namespace

MemoryLog::MemoryLog(MemoryLogOptions options)
    : state_(std::make_shared<MemoryLogState>(std::move(options))),
      publisher_(std::make_unique<Publisher>(state_)) {}

MemoryLog::~MemoryLog() { state_->Close(); }

std::unique_ptr<port::MessageSource> MemoryLog::NewSource(std::vector<std::string> topics,
                                                          std::string group, size_t max_unacked) {
  return std::make_unique<Source>(state_, std::move(topics), std::move(group), max_unacked);
}

size_t MemoryLog::Choices() const { return state_->Choices(); }
bool MemoryLog::Step(size_t choice) { return state_->Step(choice); }

size_t MemoryLog::RunUntilIdle() {
  size_t steps = 0;
  while (state_->Step(0)) ++steps;
  return steps;
}

void MemoryLog::SetReachable(bool reachable) { state_->SetReachable(reachable); }
void MemoryLog::Rewind(const std::string& group) { state_->Rewind(group); }

std::vector<base::Message> MemoryLog::Messages(const std::string& topic) const {
  return state_->Messages(topic);
}

}  // namespace saga::adapter
