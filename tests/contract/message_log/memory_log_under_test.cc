#include "orchestrator/adapter/memory/memory_log.h"
#include "tests/contract/message_log/log_under_test.h"

namespace saga::contract {
namespace {

class Memory final : public LogUnderTest {
 public:
  port::MessagePublisher& publisher() override { return log_.publisher(); }
  const std::string& topic() const override { return topic_; }
  std::unique_ptr<port::MessageSource> NewSource(const std::string& group,
                                                 size_t max_unacked) override {
    return log_.NewSource({topic_}, group, max_unacked);
  }
  bool Until(absl::FunctionRef<bool()> condition) override {
    // A different choice each time: what holds must hold in every order.
    for (size_t choice = 0; !condition(); ++choice) {
      if (!log_.Step(choice)) return condition();
    }
    return true;
  }

 private:
  const std::string topic_ = "topic";
  adapter::MemoryLog log_{{.partitions = kPartitions, .topics = {topic_}}};
};

}  // namespace

std::vector<LogKind> LogKinds() {
  return {{"memory", [] { return std::make_unique<Memory>(); }}};
}

}  // namespace saga::contract
