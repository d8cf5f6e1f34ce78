// Several nodes on one real MariaDB. A node of this process keeps its lease only when it is asked
// something, so that a test can freeze one by asking it nothing.

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "orchestrator/adapter/mysql/mysql_store.h"
#include "orchestrator/base/check.h"
#include "tests/contract/shared_store_suite.h"
#include "tests/fixture/mariadb.h"

namespace saga::contract {
namespace {

class MysqlNodesUnderTest final : public SharedStoreUnderTest {
 public:
  SharedNode Join(const std::string& name, const std::string& address) override {
    auto opened = adapter::OpenMysqlStore({.database = *saga::mysql::ParseUrl(database_.url()),
                                           .node_name = name,
                                           .node_address = address,
                                           .lease = Lease(),
                                           .keep_lease = false});
    SAGA_CHECK(opened.ok());
    nodes_.push_back(std::make_unique<adapter::MysqlStore>(*std::move(opened)));
    adapter::MysqlStore& node = *nodes_.back();
    return {.store = node.store.get(),
            .query = node.query.get(),
            .kv = node.kv.get(),
            .outbox = node.outbox.get(),
            .jobs = node.jobs.get(),
            .nodes = node.nodes.get()};
  }
  void Kill(const SharedNode& node) override {
    std::erase_if(nodes_, [&](const auto& each) { return each->store.get() == node.store; });
  }
  base::Duration Lease() const override { return base::Seconds(1); }
  base::Time Now() override { return base::Time{absl::ToUnixMicros(absl::Now())}; }
  void SleepUntil(base::Time when) override {
    const absl::Duration rest = absl::FromUnixMicros(when.micros) - absl::Now();
    absl::SleepFor(rest);  // a lease's time has to pass
  }

 private:
  fixture::Database database_;
  std::vector<std::unique_ptr<adapter::MysqlStore>> nodes_;
};

}  // namespace

std::vector<SharedStoreKind> SharedStoresUnderTest() {
  return {{"Mysql", [] { return std::make_unique<MysqlNodesUnderTest>(); }}};
}

INSTANTIATE_TEST_SUITE_P(Stores, SharedStoreContract, ::testing::ValuesIn(SharedStoresUnderTest()),
                         [](const auto& info) { return info.param.name; });

}  // namespace saga::contract
