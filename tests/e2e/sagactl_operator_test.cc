// sagactl's dead letters, jobs and destinations against a real sagad that gives a branch op up
// after one useless call. The order service is not there, so the first step of order_paid dies.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/e2e/sagactl_stage.h"

namespace saga::e2e {
namespace {

using fixture::Finished;
using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr absl::Duration kSoon = absl::Seconds(20);

class Operator : public testing::Test {
 protected:
  Operator() : stage({"--dead-letter-attempts", "1"}) {}

  // The names of what is dead, once there are so many.
  json WhenDead(size_t count, const std::string& filter) {
    json dead;
    EXPECT_TRUE(fixture::WaitUntil(kSoon, [&] {
      dead = stage.Json({"dlq", "list", filter});
      return dead.size() == count;
    })) << dead;
    return dead;
  }

  // An order_paid whose first step has died; its gid.
  std::string Dead(const std::string& order_code) {
    std::string gid = stage.SubmitWaiting(order_code);
    WhenDead(1, "gid=" + gid);
    return gid;
  }

  SagactlStage stage;
};

TEST_F(Operator, WhatDiedIsFoundAndExplained) {
  const std::string gid = Dead("A-1");
  EXPECT_EQ(stage.Json({"list", "dead=yes and attempts=1 and dest~127.0.0.1"}).size(), 1U);
  EXPECT_EQ(stage.Json({"list", "not dead=yes"}).size(), 0U);
  EXPECT_EQ(stage.Json({"get", gid})["health"], "dead");
  EXPECT_THAT(
      stage.Ctl({"describe", gid}).out,
      AllOf(HasSubstr("sagactl dlq show " + gid + "/01/action"), HasSubstr("dead: attempts_used")));
  EXPECT_THAT(stage.Ctl({"dlq", "show", gid}).out,
              AllOf(HasSubstr(gid + "/01/action"), HasSubstr(stage.order_address),
                    HasSubstr("attempts_used")));
  const json groups = stage.Json({"dlq", "group"});
  ASSERT_EQ(groups.size(), 1U);
  const std::string fingerprint = groups[0]["fingerprint"];
  EXPECT_EQ(stage.Json({"dlq", "list", "fingerprint=" + fingerprint}).size(), 1U);
  EXPECT_THAT(stage.Ctl({"top"}).out, AllOf(HasSubstr("1 dead letters"), HasSubstr(fingerprint)));
}

TEST_F(Operator, AReplayThatDiesAgainIsToldAndTheOldExportIsRefused) {
  const std::string gid = Dead("R-1");
  const std::string file = stage.dir.File("export.jsonl");
  fixture::WriteFile(file, stage.Ctl({"dlq", "export"}).out);

  const json selected = stage.Json({"dlq", "replay", "op=action"});
  EXPECT_EQ(selected["total"], 1);
  EXPECT_EQ(selected["state"], "selected");
  const std::string token = selected["token"];
  const Finished replayed =
      stage.Ctl({"dlq", "replay", "--execute", token, "--reason", "order is back, they say"});
  EXPECT_EQ(replayed.exit_code, 5) << replayed.err;
  EXPECT_THAT(replayed.err, HasSubstr("failed: " + gid + "/01/action"));
  EXPECT_THAT(stage.Ctl({"history", gid}).out, HasSubstr("order is back, they say"));
  EXPECT_EQ(WhenDead(1, "gid=" + gid)[0]["death"], 2);

  const Finished again = stage.Ctl({"dlq", "replay", "--execute", token, "--reason", "r"});
  EXPECT_EQ(again.exit_code, 4);
  EXPECT_THAT(again.err, HasSubstr("executed once"));
  const Finished imported = stage.Ctl({"dlq", "import", file});
  EXPECT_EQ(imported.exit_code, 5);
  EXPECT_THAT(imported.out, HasSubstr("it has died again: the file is about death 1, now it is 2"));
}

TEST_F(Operator, AFreshExportIsImportedWithItsNewPayload) {
  const std::string gid = Dead("I-1");
  const Finished exported = stage.Ctl({"dlq", "export", "gid=" + gid});
  json record = json::parse(exported.out);
  record["payload_base64"] = "CAE=";
  const std::string file = stage.dir.File("edited.jsonl");
  fixture::WriteFile(file, record.dump());
  const Finished done =
      stage.Ctl({"dlq", "import", file, "--execute", "--reason", "by hand", "-o", "json"});
  EXPECT_EQ(done.exit_code, 5) << "order is still not there: " << done.err;
  EXPECT_EQ(json::parse(done.out).value("total", 0), 1);
  EXPECT_EQ(stage.Json({"dlq", "show", gid})["payload"], "base64:CAE=");
  EXPECT_THAT(stage.Ctl({"history", gid}).out, AllOf(HasSubstr("edited"), HasSubstr("by hand")));
}

TEST_F(Operator, ResolvedAsCompensatedEndsIt) {
  const std::string gid = Dead("C-1");
  const Finished done = stage.Ctl(
      {"dlq", "resolve", gid + "/01/action", "--as", "compensated", "--reason", "paid back"});
  EXPECT_EQ(done.exit_code, 0) << done.err;
  EXPECT_EQ(stage.Ctl({"wait", gid}).exit_code, 10);
  EXPECT_THAT(stage.Ctl({"history", gid}).out, HasSubstr("paid back"));
  EXPECT_EQ(stage.Ctl({"dlq", "show", gid + "/01/action"}).exit_code, 4);
}

TEST_F(Operator, APausedDestinationIsNotCalledUntilItIsResumed) {
  stage.SetStock(10);
  const std::string gid = Dead("P-1");
  const std::string& product = stage.product.grpc();
  EXPECT_EQ(stage.Json({"dest", "pause", product, "--reason", "stocktaking"})["paused"], true);
  EXPECT_EQ(stage.Ctl({"dlq", "resolve", gid, "--as", "done", "--reason", "booked"}).exit_code, 0);
  const json paused = stage.Json({"dest", "list", "state=paused"});
  ASSERT_EQ(paused.size(), 1U);
  EXPECT_EQ(paused[0]["calls"], 0);
  EXPECT_EQ(stage.Json({"get", gid})["status"], "submitted");
  EXPECT_EQ(stage.Stock(), 10);
  EXPECT_THAT(stage.Ctl({"dest", "describe", product}).out, HasSubstr("stocktaking"));
  EXPECT_EQ(stage.Json({"dest", "limit", product, "--rate", "100", "--reason", "r"})["rate_limit"],
            100);
  EXPECT_EQ(stage.Ctl({"dest", "resume", product, "--reason", "counted"}).exit_code, 0);
  EXPECT_TRUE(fixture::WaitUntil(kSoon, [&] { return stage.Stock() == 9; }));
  EXPECT_EQ(stage.Json({"dest", "list", "state=paused"}).size(), 0U);
  WhenDead(1, "gid=" + gid + " and branch=03");
}

TEST_F(Operator, WhatIsNotThereIsSaid) {
  EXPECT_EQ(stage.Json({"participants", "list"}).size(), 0U);
  EXPECT_EQ(stage.Json({"outbox"})["kafka"], false);
  EXPECT_EQ(stage.Json({"job", "list"}).size(), 0U);
  EXPECT_EQ(stage.Json({"dlq", "parked"}).size(), 0U);
  struct Mistake {
    std::vector<std::string> args;
    int exit_code;
    std::string told;
  };
  const std::vector<Mistake> mistakes = {
      {{"dlq", "show", "nosuch"}, 3, "no dead letter"},
      {{"dlq", "replay", "dest=nosuch"}, 3, "no dead letter matches"},
      {{"dlq", "replay", "--execute", "nosuch", "--reason", "r"}, 3, "nosuch"},
      {{"dlq", "list", "state=done"}, 2, "character 7"},
      {{"dlq", "list", "age>10m or"}, 2, "a condition belongs here"},
      {{"list", "dest~"}, 2, "a value belongs here"},
      {{"dest", "list", "gid=a"}, 2, "fields: dest, state"},
      {{"dest", "describe", "nosuch:1"}, 3, "nosuch:1"},
      {{"job", "stop", "nosuch", "--reason", "r"}, 3, "nosuch"},
      {{"dlq", "parked", "--discard", "1", "--reason", "r"}, 3, "1"},
  };
  for (const Mistake& mistake : mistakes) {
    const Finished done = stage.Ctl(mistake.args);
    EXPECT_EQ(done.exit_code, mistake.exit_code) << mistake.told << ": " << done.err;
    EXPECT_THAT(done.err, AllOf(HasSubstr("sagactl: "), HasSubstr(mistake.told)));
    EXPECT_THAT(done.out, IsEmpty());
  }
}

}  // namespace
}  // namespace saga::e2e
