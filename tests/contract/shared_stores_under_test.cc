#include "tests/contract/shared_store_suite.h"
#include "tests/simulation/shared_store.h"

namespace saga::contract {
namespace {

class SimulatedUnderTest final : public SharedStoreUnderTest {
 public:
  SharedNode Join(const std::string& name, const std::string& address) override {
    nodes_.push_back(store_.Join(name, address));
    simulation::SharedStore::Node& node = *nodes_.back();
    return {.store = &node,
            .query = &store_.disk(),
            .kv = &store_.kv(),
            .outbox = &node.outbox(),
            .jobs = &node.jobs(),
            .nodes = &node};
  }
  void Kill(const SharedNode& node) override {
    std::erase_if(nodes_, [&](const auto& each) { return each.get() == node.store; });
  }
  base::Duration Lease() const override { return base::Seconds(5); }
  base::Time Now() override { return clock_.Now(); }
  void SleepUntil(base::Time when) override { clock_.now = std::max(clock_.now, when); }

 private:
  struct Clock : port::Clock {
    base::Time Now() override { return now; }
    base::Time now{1'800'000'000'000'000};
  };

  Clock clock_;
  simulation::SharedStore store_{&clock_, Lease()};
  std::vector<std::unique_ptr<simulation::SharedStore::Node>> nodes_;
};

}  // namespace

std::vector<SharedStoreKind> SharedStoresUnderTest() {
  return {{"Simulated", [] { return std::make_unique<SimulatedUnderTest>(); }}};
}

INSTANTIATE_TEST_SUITE_P(Stores, SharedStoreContract, ::testing::ValuesIn(SharedStoresUnderTest()),
                         [](const auto& info) { return info.param.name; });

}  // namespace saga::contract
