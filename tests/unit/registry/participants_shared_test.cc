// Participants that register at one node of a shared store and are called by all.

#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "orchestrator/api/participants.h"
#include "tests/simulation/shared_store.h"
#include "tests/unit/registry/manual_clock.h"

namespace saga::api {
namespace {

constexpr char kTarget[] = "participant://product/Deduct";

class ParticipantsShared : public testing::Test {
 protected:
  struct Node {
    Node(ParticipantsShared* test, const std::string& name)
        : store(test->shared_.Join(name, name)), participants(test->shared_.kv(), test->clock_) {
      participants.ShareWith(*store);
      EXPECT_TRUE(participants.Load().ok());
      Follow();
    }
    void Follow() {
      EXPECT_TRUE(store->NextDue().ok());  // keeps its lease
      EXPECT_TRUE(participants.FollowOthers().ok());
    }
    bool Beat(bool serving = true) {
      return participants.Heartbeat("product", "p:1", serving).ok();
    }
    bool CanCall() {
      const auto pick = participants.PickInstance(kTarget);
      if (pick.ok()) participants.Finish(*pick, true);
      return pick.ok();
    }
    std::unique_ptr<simulation::SharedStore::Node> store;
    Participants participants;
  };

  Registration Of(const std::string& instance) {
    Registration registration;
    registration.participant = "product";
    registration.instance = instance;
    registration.operations = {{"Deduct", "product.v1.Product/Deduct", "action", true}};
    registration.lease_s = 10;
    return registration;
  }
  uint64_t Version() { return shared_.kv().FindKv(kParticipantCategory, "product")->version; }

  ManualClock clock_;
  simulation::SharedStore shared_{&clock_, base::Seconds(5)};
};

TEST_F(ParticipantsShared, AreCalledByAllNodesAndWriteNothingPerHeartbeat) {
  Node a(this, "a");
  Node b(this, "b");
  ASSERT_TRUE(a.participants.Register(Of("p:1")).ok());
  EXPECT_FALSE(b.CanCall());
  b.Follow();
  EXPECT_TRUE(b.CanCall());
  const uint64_t version = Version();
  for (int second = 0; second < 60; ++second) {
    clock_.Advance(base::Seconds(1));
    if (second % 3 == 0) {
      EXPECT_TRUE(a.Beat());
    }
    a.Follow();
    b.Follow();
    EXPECT_TRUE(a.CanCall() && b.CanCall()) << second;
  }
  EXPECT_EQ(Version(), version);
}

TEST_F(ParticipantsShared, TheHomeTellsWhenHeartbeatsStopAndReturn) {
  Node a(this, "a");
  Node b(this, "b");
  ASSERT_TRUE(a.participants.Register(Of("p:1")).ok());
  b.Follow();
  const auto pass = [&](int seconds, bool beats, bool serving = true) {
    for (; seconds > 0; --seconds) {
      clock_.Advance(base::Seconds(1));
      if (beats) a.Beat(serving);
      a.Follow();
      b.Follow();
    }
  };
  pass(12, false);
  EXPECT_FALSE(a.CanCall());
  EXPECT_FALSE(b.CanCall());
  pass(2, true);
  EXPECT_TRUE(a.CanCall());
  EXPECT_TRUE(b.CanCall());
  pass(2, true, false);
  EXPECT_FALSE(a.CanCall());
  EXPECT_FALSE(b.CanCall());
}

TEST_F(ParticipantsShared, AnotherNodeBecomesTheHomeOfWhomItHears) {
  auto a = std::make_unique<Node>(this, "a");
  Node b(this, "b");
  ASSERT_TRUE(a->participants.Register(Of("p:1")).ok());
  b.Follow();
  a.reset();  // killed
  for (int second = 0; second < 30; ++second) {
    clock_.Advance(base::Seconds(1));
    EXPECT_TRUE(b.Beat());
    b.Follow();
    EXPECT_TRUE(b.CanCall()) << second;
  }
  Node c(this, "c");
  EXPECT_TRUE(c.CanCall());
  for (int second = 0; second < 30; ++second) {
    clock_.Advance(base::Seconds(1));
    EXPECT_TRUE(b.Beat());
    b.Follow();
    c.Follow();
  }
  EXPECT_TRUE(c.CanCall());
}

TEST_F(ParticipantsShared, WhoseHomeIsGoneExpires) {
  auto a = std::make_unique<Node>(this, "a");
  Node b(this, "b");
  ASSERT_TRUE(a->participants.Register(Of("p:1")).ok());
  b.Follow();
  a.reset();
  for (int second = 0; second < 20; ++second) {
    clock_.Advance(base::Seconds(1));
    b.Follow();
  }
  EXPECT_FALSE(b.CanCall());
}

TEST_F(ParticipantsShared, RegistrationsAtTwoNodesAreBothKept) {
  Node a(this, "a");
  Node b(this, "b");
  ASSERT_TRUE(a.participants.Register(Of("p:1")).ok());
  ASSERT_TRUE(b.participants.Register(Of("p:2")).ok()) << "b has not heard of p:1";
  a.Follow();
  b.Follow();
  EXPECT_EQ(a.participants.List("product")[0].instances.size(), 2u);
  EXPECT_EQ(b.participants.List("product")[0].instances.size(), 2u);

  ASSERT_TRUE(b.participants.Deregister("product", "p:1").ok()) << "it may leave anywhere";
  a.Follow();
  b.Follow();
  EXPECT_EQ(a.participants.List("product")[0].instances.size(), 1u);
  clock_.Advance(base::Millis(1));
  ASSERT_TRUE(a.participants.Register(Of("p:1")).ok());
  b.Follow();
  EXPECT_EQ(b.participants.List("product")[0].instances.size(), 2u);
}

}  // namespace
}  // namespace saga::api
