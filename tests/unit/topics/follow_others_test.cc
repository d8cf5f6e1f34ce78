// Topics, and what is set for destinations, where another process writes to the same store.

#include <map>
#include <string>

#include <gtest/gtest.h>

#include "orchestrator/adapter/memory/memory_kv.h"
#include "orchestrator/adapter/system/system_clock.h"
#include "orchestrator/api/destination_settings.h"
#include "orchestrator/api/topics.h"
#include "tests/unit/topics/switchable_kv.h"

namespace saga::api {
namespace {

TEST(FollowOthers, TopicsOfAnotherNode) {
  adapter::SystemClock clock;
  SwitchableKv store;
  Topics a(store, clock);
  Topics b(store, clock);
  ASSERT_TRUE(a.Load().ok() && b.Load().ok());
  ASSERT_TRUE(a.Subscribe("paid", "http://one", "").ok());
  EXPECT_FALSE(b.Receivers("paid").ok());
  ASSERT_TRUE(b.FollowOthers().ok());
  EXPECT_EQ((*b.Receivers("paid"))->size(), 1u);

  ASSERT_TRUE(a.Subscribe("paid", "http://two", "").ok());
  store.Break(SwitchableKv::Broken::kReads);
  EXPECT_FALSE(b.FollowOthers().ok());
  EXPECT_EQ((*b.Receivers("paid"))->size(), 1u) << "what was known is known";
  store.Break(SwitchableKv::Broken::kNot);
  ASSERT_TRUE(b.FollowOthers().ok());
  EXPECT_EQ((*b.Receivers("paid"))->size(), 2u);
  ASSERT_TRUE(b.Unsubscribe("paid", "http://one").ok());
  ASSERT_TRUE(a.Delete("paid").ok());
  ASSERT_TRUE(b.FollowOthers().ok());
  EXPECT_FALSE(b.Receivers("paid").ok());
}

TEST(FollowOthers, DestinationsThatAnotherNodeSet) {
  adapter::SystemClock clock;
  SwitchableKv store;
  std::map<std::string, engine::DestinationSettings> of_b;
  int applied = 0;
  DestinationBook a(store, clock, [](const std::string&, const engine::DestinationSettings&) {});
  DestinationBook b(store, clock,
                    [&](const std::string& name, const engine::DestinationSettings& settings) {
                      of_b[name] = settings;
                      ++applied;
                    });
  ASSERT_TRUE(a.Load().ok() && b.Load().ok());
  ASSERT_TRUE(a.Pause("p:1", "ann").ok());
  ASSERT_TRUE(b.FollowOthers().ok());
  EXPECT_TRUE(of_b["p:1"].paused);
  // Set at another node before it has heard of the pause: both hold.
  ASSERT_TRUE(a.Limit("p:2", 3, 0, "ann").ok());
  ASSERT_TRUE(b.Pause("p:2", "bob").ok());
  EXPECT_TRUE(b.Find("p:2")->settings.paused);
  EXPECT_EQ(b.Find("p:2")->settings.in_flight, 3u);
  ASSERT_TRUE(b.FollowOthers().ok());
  const int before = applied;
  ASSERT_TRUE(b.FollowOthers().ok());
  EXPECT_EQ(applied, before) << "nothing has changed";
  ASSERT_TRUE(a.Resume("p:1").ok());
  ASSERT_TRUE(b.FollowOthers().ok());
  EXPECT_FALSE(of_b["p:1"].paused);
  EXPECT_FALSE(b.Find("p:1").has_value());
}

}  // namespace
}  // namespace saga::api
