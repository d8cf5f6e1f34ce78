// prepareWorkflow over HTTP (protocol 1.2, 2.4, 5.7): the one answer that clients decode as a
// whole. door_grpc_test.cc has the same over gRPC.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/conformance/wire/door_test.h"

namespace saga::conformance {
namespace {

class WorkflowDoor : public DoorTest {
 protected:
  // The answer; Go and C# go wrong when either part is missing or null.
  static nlohmann::json Prepare(const nlohmann::json& body) {
    const HttpAnswer answer = Post("prepareWorkflow", body);
    EXPECT_EQ(answer.status, 200) << answer.body;
    EXPECT_TRUE(HasJsonType(answer));
    nlohmann::json parts = answer.json();
    EXPECT_EQ(parts.size(), 2U) << answer.body;
    EXPECT_TRUE(parts["transaction"].is_object()) << answer.body;
    EXPECT_TRUE(parts["progresses"].is_array()) << answer.body;
    return parts;
  }
};

TEST_F(WorkflowDoor, BeginsOne) {
  const std::string gid = NewGid("flow");
  nlohmann::json parts = Prepare(Bare("workflow", gid));
  EXPECT_TRUE(parts["progresses"].empty());
  nlohmann::json global = parts["transaction"];
  EXPECT_EQ(global["gid"], gid);
  EXPECT_EQ(global["trans_type"], "workflow");
  EXPECT_EQ(global["status"], "prepared");
  EXPECT_EQ(global["query_prepared"], Url("/ok"));
  EXPECT_EQ(global["custom_data"], R"({"name":"flow","data":"aGk="})");
  EXPECT_FALSE(global.contains("result"));
  nlohmann::json stored = Query(gid)["transaction"];
  // When it is looked at next is not what a client runs a workflow by.
  for (nlohmann::json* object : {&global, &stored}) {
    object->erase("next_cron_time");
    object->erase("next_cron_interval");
  }
  EXPECT_EQ(global, stored);
}

TEST_F(WorkflowDoor, TellsHowFarAnotherRunCame) {
  const std::string gid = Open("workflow", "prepared");
  ASSERT_THAT(Post("registerBranch", Branch("workflow", gid, "01", "/ok")), IsSuccess());
  nlohmann::json failed = Branch("workflow", gid, "02", "/ok");
  failed.update({{"status", "failed"}, {"data", "no seats"}});
  ASSERT_THAT(Post("registerBranch", failed), IsSuccess());
  nlohmann::json parts = Prepare(Bare("workflow", gid));
  ASSERT_EQ(parts["progresses"].size(), 2U);
  nlohmann::json first = parts["progresses"][0];
  EXPECT_EQ(first["gid"], gid);
  EXPECT_EQ(first["branch_id"], "01");
  EXPECT_EQ(first["op"], "action");
  EXPECT_EQ(first["status"], "succeed");
  EXPECT_EQ(first["bin_data"], "eyJyZXBseSI6MX0=");
  EXPECT_EQ(parts["progresses"][1]["branch_id"], "02");
  EXPECT_EQ(parts["progresses"][1]["status"], "failed");
  EXPECT_EQ(parts["progresses"][1]["bin_data"], "bm8gc2VhdHM=");
  EXPECT_EQ(parts["progresses"], Query(gid)["branches"]);
}

TEST_F(WorkflowDoor, TellsTheEnd) {
  for (const char* status : {"succeed", "failed"}) {
    const std::string gid = Open("workflow", "prepared");
    nlohmann::json end = {{"gid", gid}, {"trans_type", "workflow"}};
    end["req_extra"] = {
        {"status", status}, {"rollback_reason", "no seats left"}, {"result", "cmVzdWx0"}};
    ASSERT_THAT(Post("submit", end), IsSuccess());
    nlohmann::json global = Prepare(Bare("workflow", gid))["transaction"];
    EXPECT_EQ(global["status"], status);
    EXPECT_EQ(global["result"], "cmVzdWx0");
    EXPECT_EQ(global["rollback_reason"], "no seats left");
  }
}

// What C# sends: every key, most of them null.
TEST_F(WorkflowDoor, NullsEverywhere) {
  const std::string gid = NewGid("flow");
  nlohmann::json body = Bare("workflow", gid);
  for (const char* key : {"steps", "payloads", "protocol", "branch_headers", "rollback_reason",
                          "wait_result", "timeout_to_fail", "req_extra", "dtm"}) {
    body[key] = nullptr;
  }
  EXPECT_EQ(Prepare(body)["transaction"]["status"], "prepared");
  nlohmann::json end = {{"gid", gid}, {"trans_type", "workflow"}, {"custom_data", nullptr}};
  end["req_extra"] = {{"status", "succeed"}, {"rollback_reason", nullptr}, {"result", nullptr}};
  ASSERT_THAT(Post("submit", end), IsSuccess());
  nlohmann::json global = Prepare(body)["transaction"];
  EXPECT_EQ(global["status"], "succeed");
  EXPECT_FALSE(global.contains("result"));
  EXPECT_FALSE(global.contains("rollback_reason"));
}

}  // namespace
}  // namespace saga::conformance
