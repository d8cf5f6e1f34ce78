// Who is registered, who of them is called, and what a restart keeps.

#include "orchestrator/api/participants.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/unit/registry/manual_clock.h"
#include "tests/unit/topics/switchable_kv.h"

namespace saga::api {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;
using testing::SizeIs;
using Broken = SwitchableKv::Broken;

constexpr char kTarget[] = "participant://product/Deduct";
constexpr char kA[] = "a:1";
constexpr char kB[] = "b:1";

Registration Of(const std::string& instance, const std::string& participant = "product") {
  Registration registration;
  registration.participant = participant;
  registration.instance = instance;
  registration.operations = {{"Deduct", "product.v1.Product/Deduct", "action", true},
                             {"Restore", "product.v1.Product/Restore", "compensate", true}};
  registration.command_topic = "saga.cmd." + participant;
  registration.lease_s = 10;
  registration.attempt_limit = 5;
  registration.capacity = 4;
  return registration;
}

class ParticipantsTest : public testing::Test {
 protected:
  ParticipantsTest() { Restart(); }

  void Restart() {
    participants_ = std::make_unique<Participants>(store_, clock_);
    ASSERT_TRUE(participants_->Load().ok());
  }

  void Register(const Registration& registration) {
    const auto lease = participants_->Register(registration);
    ASSERT_TRUE(lease.ok()) << lease.status();
    EXPECT_EQ(*lease, registration.lease_s);
  }

  bool Beat(const std::string& instance, bool serving = true) {
    return participants_->Heartbeat("product", instance, serving).ok();
  }

  port::Pick Pick(const std::string& target = kTarget) {
    const auto pick = participants_->PickInstance(target);
    EXPECT_TRUE(pick.ok()) << pick.status();
    return pick.ok() ? *pick : port::Pick();
  }
  std::string PickedAddress(const std::string& target = kTarget) {
    const std::string called = Pick(target).target;
    return called.substr(0, called.find('/'));
  }
  // Picks and finishes at once.
  std::string Visit(bool reached = true) {
    const port::Pick pick = Pick();
    participants_->Finish(pick, reached);
    return pick.target.substr(0, pick.target.find('/'));
  }
  absl::Status Refusal(const std::string& target = kTarget) {
    return participants_->PickInstance(target).status();
  }
  InstanceState State(const std::string& address) {
    for (const ParticipantView& view : participants_->List("product")) {
      for (const InstanceView& instance : view.instances) {
        if (instance.said.address == address) return instance.state;
      }
    }
    ADD_FAILURE() << address << " is not listed";
    return InstanceState::kExpired;
  }

  SwitchableKv store_;
  ManualClock clock_;
  std::unique_ptr<Participants> participants_;
};

TEST_F(ParticipantsTest, NobodyIsKnownAtFirst) {
  EXPECT_EQ(participants_->Facts(kTarget), std::nullopt);
  EXPECT_EQ(participants_->Facts("a:1/x.Y/Z"), std::nullopt);
  EXPECT_TRUE(absl::IsNotFound(Refusal()));
  EXPECT_THAT(std::string(Refusal().message()), HasSubstr("no participant 'product'"));
  EXPECT_THAT(participants_->List(""), SizeIs(0));
}

TEST_F(ParticipantsTest, TheCallGoesToTheInstanceInItsOwnWay) {
  Register(Of(kA));
  const port::Pick pick = Pick();
  EXPECT_EQ(pick.target, "a:1/product.v1.Product/Deduct");
  EXPECT_EQ(pick.protocol, core::Protocol::kGrpc);
  Registration http = Of("w:80", "web");
  http.protocol = core::Protocol::kHttp;
  http.operations = {{"Go", "/go/there", "", false}};
  Register(http);
  const port::Pick web = Pick("participant://web/Go");
  EXPECT_EQ(web.target, "http://w:80/go/there");
  EXPECT_EQ(web.protocol, core::Protocol::kHttp);
}

TEST_F(ParticipantsTest, EqualInstancesTakeTurns) {
  Register(Of(kA));
  Register(Of(kB));
  Register(Of("c:1"));
  std::map<std::string, int> visits;
  for (int i = 0; i < 30; ++i) ++visits[Visit()];
  EXPECT_THAT(visits, ElementsAre(Pair(kA, 10), Pair(kB, 10), Pair("c:1", 10)));
}

TEST_F(ParticipantsTest, TheOneWithTheFewestCallsIsNext) {
  Register(Of(kA));
  Register(Of(kB));
  const port::Pick first = Pick();
  const port::Pick second = Pick();
  EXPECT_NE(first.target, second.target);
  participants_->Finish(second, true);
  for (int i = 0; i < 5; ++i) {
    const port::Pick next = Pick();
    EXPECT_EQ(next.target, second.target);
    participants_->Finish(next, true);
  }
}

TEST_F(ParticipantsTest, AnInstanceThatIsFullIsTheLastChoice) {
  Registration small = Of(kA);
  small.capacity = 1;
  Registration large = Of(kB);
  large.capacity = 100;
  Register(small);
  Register(large);
  std::map<std::string, int> calls;
  for (int i = 0; i < 20; ++i) ++calls[PickedAddress()];
  EXPECT_THAT(calls, ElementsAre(Pair(kA, 1), Pair(kB, 19)));
}

TEST_F(ParticipantsTest, ALeaseEndsWithoutHeartbeats) {
  Register(Of(kA));
  Register(Of(kB));
  clock_.Advance(base::Seconds(9));
  EXPECT_TRUE(Beat(kB));
  clock_.Advance(base::Seconds(1));
  EXPECT_EQ(State(kA), InstanceState::kExpired);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(Visit(), kB);
  clock_.Advance(base::Seconds(9));
  EXPECT_TRUE(absl::IsUnavailable(Refusal()));
  EXPECT_THAT(std::string(Refusal().message()), HasSubstr("2 without a heartbeat, 0 not serving"));
  EXPECT_TRUE(Beat(kA)) << "a late heartbeat counts";
  EXPECT_EQ(Visit(), kA);
}

TEST_F(ParticipantsTest, WhoDoesNotServeIsNotCalled) {
  Register(Of(kA));
  Register(Of(kB));
  EXPECT_TRUE(Beat(kA, false));
  EXPECT_EQ(State(kA), InstanceState::kNotServing);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(Visit(), kB);
  EXPECT_TRUE(Beat(kB, false));
  EXPECT_THAT(std::string(Refusal().message()), HasSubstr("0 without a heartbeat, 2 not serving"));
  EXPECT_TRUE(Beat(kA, true));
  EXPECT_EQ(Visit(), kA);
}

TEST_F(ParticipantsTest, WhoCannotBeReachedIsPassedOverWhileThereAreOthers) {
  Register(Of(kA));
  Register(Of(kB));
  int missed = 0;
  while (missed < 3) {
    const port::Pick pick = Pick();
    const bool is_a = pick.target.starts_with(kA);
    missed += is_a ? 1 : 0;
    participants_->Finish(pick, !is_a);
  }
  EXPECT_EQ(State(kA), InstanceState::kUnreachable);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(Visit(), kB);
  clock_.Advance(core::kUnreachablePause);
  std::map<std::string, int> visits;
  for (int i = 0; i < 10; ++i) ++visits[Visit()];
  EXPECT_THAT(visits, ElementsAre(Pair(kA, 5), Pair(kB, 5)));
}

TEST_F(ParticipantsTest, OneMissAfterThePauseIsEnoughForTheNextPause) {
  Register(Of(kA));
  for (int i = 0; i < 3; ++i) Visit(false);
  clock_.Advance(core::kUnreachablePause);
  EXPECT_EQ(State(kA), InstanceState::kLive);
  Visit(false);
  EXPECT_EQ(State(kA), InstanceState::kUnreachable);
  EXPECT_EQ(Visit(true), kA) << "it is the only one";
  EXPECT_EQ(State(kA), InstanceState::kLive);
}

TEST_F(ParticipantsTest, OnlyInstancesThatHaveTheOperationAreAsked) {
  Register(Of(kA));
  Registration newer = Of(kB);
  newer.operations.push_back({"Freeze", "product.v1.Product/Freeze", "try", true});
  Register(newer);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(PickedAddress("participant://product/Freeze"), kB);
  EXPECT_EQ(participants_->Facts("participant://product/Freeze")->method,
            "product.v1.Product/Freeze");
  EXPECT_TRUE(participants_->Deregister("product", kB).ok());
  const absl::Status away = Refusal("participant://product/Freeze");
  EXPECT_TRUE(absl::IsUnavailable(away)) << away;
  const absl::Status unknown = Refusal("participant://product/Freez");
  EXPECT_TRUE(absl::IsUnimplemented(unknown)) << unknown;
  EXPECT_THAT(std::string(unknown.message()),
              HasSubstr("no operation 'Freez': it has Deduct, Restore"));
}

TEST_F(ParticipantsTest, FactsAreWhatTheLaneNeeds) {
  Register(Of(kA));
  Register(Of("B:1"));
  const auto facts = participants_->Facts(kTarget);
  ASSERT_TRUE(facts.has_value());
  EXPECT_EQ(facts->name, "product");
  EXPECT_EQ(facts->command_topic, "saga.cmd.product");
  EXPECT_EQ(facts->method, "product.v1.Product/Deduct");
  EXPECT_EQ(facts->attempt_limit, 5u);
  EXPECT_EQ(facts->capacity, 8u);
  Beat(kA, false);
  EXPECT_EQ(participants_->Facts(kTarget)->capacity, 4u);
  Registration open = Of("B:1");
  open.capacity = 0;
  Register(open);
  EXPECT_EQ(participants_->Facts(kTarget)->capacity, 0u) << "one that does not say";
}

TEST_F(ParticipantsTest, PlainTargetsOfAnInstanceHaveFactsAsWell) {
  Register(Of("B:1"));
  const auto facts = participants_->Facts("b:1/product.v1.Product/Restore");
  ASSERT_TRUE(facts.has_value());
  EXPECT_EQ(facts->name, "product");
  EXPECT_EQ(facts->command_topic, "saga.cmd.product");
  EXPECT_EQ(facts->method, "product.v1.Product/Restore");
  EXPECT_EQ(facts->capacity, 4u);
  EXPECT_EQ(participants_->Facts("b:2/product.v1.Product/Restore"), std::nullopt);
  Registration web = Of("w:80", "web");
  web.protocol = core::Protocol::kHttp;
  web.operations = {{"Go", "/go", "", false}};
  Register(web);
  EXPECT_EQ(participants_->Facts("http://W/go?x=/y")->method, "/go");
  // They stay recognized when the instance is gone: then they are needed.
  EXPECT_TRUE(participants_->Deregister("product", "B:1").ok());
  clock_.Advance(base::Seconds(60));
  EXPECT_TRUE(participants_->Facts("b:1/product.v1.Product/Restore").has_value());
}

TEST_F(ParticipantsTest, OfTwoAtOneAddressTheOneWithTheMethodIsMeant) {
  Register(Of(kA));
  Registration other = Of(kA, "aaa");
  other.operations = {{"Go", "x.Y/Go", "", false}};
  Register(other);
  EXPECT_EQ(participants_->Facts("a:1/product.v1.Product/Deduct")->name, "product");
  EXPECT_EQ(participants_->Facts("a:1/x.Y/Go")->name, "aaa");
}

TEST_F(ParticipantsTest, WhoLeavesGetsNoMoreCallsAndIsToldWhatIsOut) {
  Register(Of(kA));
  const port::Pick out = Pick();
  const auto calls_out = participants_->Deregister("product", kA);
  ASSERT_TRUE(calls_out.ok());
  EXPECT_EQ(*calls_out, 1u);
  EXPECT_TRUE(absl::IsUnavailable(Refusal()));
  EXPECT_FALSE(Beat(kA));
  EXPECT_THAT(participants_->List("product").at(0).instances, SizeIs(0));
  EXPECT_TRUE(participants_->Facts(kTarget).has_value()) << "the participant is still known";
  EXPECT_TRUE(absl::IsNotFound(participants_->Deregister("product", kA).status()));
  // Back before its last call is over.
  Register(Of(kA));
  participants_->Finish(out, true);
  EXPECT_EQ(participants_->List("product").at(0).instances.at(0).in_flight, 0u);
  EXPECT_EQ(Visit(), kA);
}

TEST_F(ParticipantsTest, ARestartKeepsRegistrationsAndBeginsOneLease) {
  Register(Of(kA));
  Register(Of(kB));
  EXPECT_TRUE(participants_->Deregister("product", kB).ok());
  const std::vector<ParticipantView> before = participants_->List("");
  clock_.Advance(base::Seconds(1000));
  Restart();
  const std::vector<ParticipantView> after = participants_->List("");
  ASSERT_EQ(after.size(), 1u);
  EXPECT_EQ(after[0].operations, before[0].operations);
  EXPECT_EQ(after[0].command_topic, before[0].command_topic);
  EXPECT_EQ(after[0].attempt_limit, before[0].attempt_limit);
  ASSERT_EQ(after[0].instances.size(), 1u);
  EXPECT_EQ(after[0].instances[0].said, before[0].instances[0].said);
  EXPECT_EQ(Visit(), kA);
  clock_.Advance(base::Seconds(10));
  EXPECT_EQ(State(kA), InstanceState::kExpired);
  EXPECT_TRUE(Beat(kA));
  EXPECT_TRUE(participants_->Facts("a:1/product.v1.Product/Deduct").has_value());
}

TEST_F(ParticipantsTest, HeartbeatsAndRepeatsWriteNothing) {
  Register(Of(kA));
  const auto version = store_.records().FindKv("participant", "product")->version;
  EXPECT_TRUE(Beat(kA));
  clock_.Advance(base::Seconds(1));
  Register(Of(kA));
  EXPECT_EQ(store_.records().FindKv("participant", "product")->version, version);
  Registration changed = Of(kA);
  changed.version = "2";
  Register(changed);
  EXPECT_EQ(store_.records().FindKv("participant", "product")->version, version + 1);
}

TEST_F(ParticipantsTest, AStoreThatFailsIsTold) {
  store_.Break(Broken::kAll);
  EXPECT_TRUE(absl::IsUnavailable(participants_->Register(Of(kA)).status()));
  EXPECT_EQ(participants_->Facts(kTarget), std::nullopt);
  store_.Break(Broken::kNot);
  Register(Of(kA));
  store_.Break(Broken::kAll);
  EXPECT_TRUE(absl::IsUnavailable(participants_->Deregister("product", kA).status()));
  EXPECT_TRUE(absl::IsUnavailable(Refusal())) << "it gets no calls whatever the store does";
  store_.Break(Broken::kNot);
  EXPECT_TRUE(participants_->Deregister("product", kA).ok());
  Restart();
  EXPECT_THAT(participants_->List("product").at(0).instances, SizeIs(0));
}

TEST_F(ParticipantsTest, WhatCannotBeReadIsReplaced) {
  ASSERT_TRUE(store_.CreateKv("participant", "product", "no json", clock_.Now()).ok());
  Restart();
  EXPECT_EQ(participants_->Facts(kTarget), std::nullopt);
  Register(Of(kA));
  Restart();
  EXPECT_EQ(Visit(), kA);
}

TEST_F(ParticipantsTest, LongGoneInstancesAreForgotten) {
  Register(Of("old:1"));
  clock_.Advance(core::kInstanceLife + base::Seconds(10));
  EXPECT_THAT(participants_->List("product").at(0).instances, SizeIs(0));
  EXPECT_FALSE(Beat("old:1"));
  Register(Of(kA));
  EXPECT_EQ(participants_->Facts("old:1/product.v1.Product/Deduct"), std::nullopt);
  Restart();
  EXPECT_THAT(participants_->List("product").at(0).instances, SizeIs(1));
}

TEST_F(ParticipantsTest, AllInstancesSpeakOneProtocol) {
  Register(Of(kA));
  Registration http = Of(kB);
  http.protocol = core::Protocol::kHttp;
  http.operations = {{"Deduct", "/deduct", "", false}};
  const absl::Status refused = participants_->Register(http).status();
  EXPECT_TRUE(absl::IsInvalidArgument(refused));
  EXPECT_THAT(std::string(refused.message()), HasSubstr("not that of instance 'a:1'"));
  EXPECT_TRUE(participants_->Deregister("product", kA).ok());
  Register(http);
}

TEST_F(ParticipantsTest, NumbersAreBounded) {
  for (size_t i = 0; i < core::kMaxInstances; ++i) Register(Of(absl::StrCat("h", i, ":1")));
  EXPECT_TRUE(absl::IsResourceExhausted(participants_->Register(Of("one-more:1")).status()));
  EXPECT_TRUE(participants_->Deregister("product", "h0:1").ok());
  Register(Of("one-more:1"));

  for (size_t i = 1; i < core::kMaxParticipants; ++i) Register(Of("p:1", absl::StrCat("p", i)));
  EXPECT_TRUE(absl::IsResourceExhausted(participants_->Register(Of(kA, "too-many")).status()));
  EXPECT_TRUE(participants_->Deregister("p7", "p:1").ok());
  Register(Of(kA, "too-many"));
  EXPECT_EQ(participants_->Facts("participant://p7/Deduct"), std::nullopt) << "it made room";
  EXPECT_THAT(participants_->List(""), SizeIs(core::kMaxParticipants));
}

}  // namespace
}  // namespace saga::api
