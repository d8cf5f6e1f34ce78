// What the published clients send that the Go client does not (protocol 11.3), as they send it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_replace.h"
#include "tests/conformance/stage/differences.h"
#include "tests/conformance/wire/door_test.h"

namespace saga::conformance {
namespace {

using testing::HasSubstr;

class Clients : public DoorTest {
 protected:
  // A request of the text, in which GID, OK and FAIL stand for a gid and for two targets.
  HttpAnswer Send(const std::string& route, const std::string& text) {
    return Post(route, absl::StrReplaceAll(
                           text, {{"GID", gid_}, {"OK", Url("/ok")}, {"FAIL", Url("/fail")}}));
  }

  const std::string gid_ = NewGid("client");
};

TEST_F(Clients, GoSaga) {
  EXPECT_THAT(Send("submit", R"({"gid":"GID","trans_type":"saga","concurrent":false,"protocol":"",)"
                             R"("steps":[{"action":"OK","compensate":"OK"}],)"
                             R"("payloads":["{\"amount\":30}"],"wait_result":true})"),
              IsSuccess());
  EXPECT_EQ(StatusOf(gid_), "succeed");
}

TEST_F(Clients, PythonSaga) {
  EXPECT_THAT(Send("submit", R"({"gid": "GID", "trans_type": "saga", "custom_data": null, "steps":
        [{"action": "OK", "compensate": "OK"}], "payloads": ["{\"amount\": 30}"],
        "query_prepared": null, "protocol": null, "wait_result": true, "timeout_to_fail": 0,
        "retry_interval": 0, "request_timeout": 8, "passthrough_headers": [],
        "branch_headers": {}})"),
              IsSuccess());
  EXPECT_EQ(StatusOf(gid_), "succeed");
}

TEST_F(Clients, PythonTcc) {
  ASSERT_THAT(Send("prepare", R"({"gid": "GID", "trans_type": "tcc"})"), IsSuccess());
  ASSERT_THAT(Send("registerBranch", R"({"branch_id": "01", "trans_type": "tcc", "gid": "GID",
    "data": "{\"amount\": 30}", "confirm": "OK", "cancel": "FAIL", "status": "prepared"})"),
              IsSuccess());
  ASSERT_THAT(Send("submit", R"({"gid": "GID", "trans_type": "tcc"})"), IsSuccess());
  EXPECT_TRUE(WaitForStatus(gid_, "succeed"));
}

TEST_F(Clients, NodeTcc) {
  ASSERT_THAT(Send("prepare", R"({"gid":"GID","trans_type":"tcc"})"), IsSuccess());
  ASSERT_THAT(
      Send("registerTccBranch", R"({"gid":"GID","branch_id":"01","trans_type":"tcc",)"
                                R"("status":"prepared","data":"{\"amount\":30}","try":"OK",)"
                                R"("confirm":"OK","cancel":"FAIL"})"),
      IsSuccess());
  const nlohmann::json branches = Query(gid_)["branches"];
  ASSERT_EQ(branches.size(), 2U);
  EXPECT_EQ(branches[0]["op"], "cancel");
  EXPECT_EQ(branches[0]["url"], Url("/fail"));
  EXPECT_EQ(branches[1]["op"], "confirm");
  EXPECT_EQ(branches[1]["url"], Url("/ok"));
  ASSERT_THAT(Send("submit", R"({"gid":"GID","trans_type":"tcc"})"), IsSuccess());
  EXPECT_TRUE(WaitForStatus(gid_, "succeed"));
}

TEST_F(Clients, NodeSagaHasNoOptions) {
  EXPECT_THAT(Send("submit", R"({"gid":"GID","trans_type":"saga","steps":[{"action":"OK",)"
                             R"("compensate":"OK"}],"payloads":["{}"],"custom_data":)"
                             R"("{\"concurrent\":true,\"orders\":{}}"})"),
              IsSuccess());
  EXPECT_TRUE(WaitForStatus(gid_, "succeed"));
}

// The type tag and a property of the same name: the key comes twice, the second time null.
TEST_F(Clients, JavaHasKeysTwice) {
  ASSERT_THAT(Send("prepare", R"({"subType":"OperatorParam","gid":"GID","trans_type":"tcc",)"
                              R"("subType":null})"),
              IsSuccess());
  ASSERT_THAT(Send("registerBranch",
                   R"({"subType":"tcc","gid":"GID","trans_type":"tcc","branch_id":"01",)"
                   R"("op":"try","status":"prepared","data":"{}","confirm":"OK","cancel":"OK",)"
                   R"("subType":"tcc"})"),
              IsSuccess());
  ASSERT_THAT(Send("submit", R"({"subType":"OperatorParam","gid":"GID","trans_type":"tcc",)"
                             R"("subType":null})"),
              IsSuccess());
  EXPECT_TRUE(WaitForStatus(gid_, "succeed"));
}

TEST_F(Clients, JavaSaga) {
  EXPECT_THAT(
      Send("submit", R"({"subType":"saga","gid":"GID","trans_type":"saga","wait_result":true,
    "timeout_to_fail":0,"retry_interval":0,"passthrough_headers":[],"branch_headers":{},
    "custom_data":null,"payloads":["{}"],"steps":[{"action":"OK","compensate":"OK"}],
    "subType":"saga"})"),
      IsSuccess());
  EXPECT_EQ(StatusOf(gid_), "succeed");
}

TEST_F(Clients, CSharpIsIndented) {
  ASSERT_THAT(Send("prepare", R"({
  "gid": "GID",
  "trans_type": "tcc",
  "dtm": null,
  "custom_data": null,
  "wait_result": false,
  "timeout_to_fail": 0,
  "request_timeout": 0,
  "retry_interval": 0,
  "branch_headers": null,
  "query_prepared": null,
  "protocol": null,
  "rollback_reason": null,
  "steps": null,
  "payloads": null
})"),
              IsSuccess());
  ASSERT_THAT(Send("registerBranch", R"({
  "gid": "GID",
  "trans_type": "tcc",
  "branch_id": "01",
  "data": "{\r\n  \u0022amount\u0022: 30\r\n}",
  "confirm": "FAIL",
  "cancel": "OK"
})"),
              IsSuccess());
  const std::string reason(1023, 'r');
  ASSERT_THAT(Send("abort",
                   "{\n  \"gid\": \"GID\",\n  \"trans_type\": \"tcc\",\n"
                   "  \"rollback_reason\": \"" +
                       reason + "\"\n}"),
              IsSuccess());
  EXPECT_TRUE(WaitForStatus(gid_, "failed"));
  EXPECT_EQ(Query(gid_)["transaction"]["rollback_reason"], reason);
  EXPECT_EQ(recorder().CallsOf(gid_)[0].body, "{\r\n  \"amount\": 30\r\n}");
}

// Its base address ends in a slash, and it puts that into the `dtm` it hands to branches.
TEST_F(Clients, CSharpDoublesASlash) {
  ASSERT_THAT(Post("prepare", Bare("tcc", gid_)), IsSuccess());
  const HttpAnswer answer = Http(server().http(), "POST", "/api/dtmsvr//registerBranch",
                                 Branch("tcc", gid_, "01", "/ok").dump());
  if (Differs("doubled-slash", server())) {
    EXPECT_EQ(answer.status, 404);
  } else {
    EXPECT_THAT(answer, IsSuccess());
  }
}

// It sends its whole context, which has the same names as the protocol for other things.
TEST_F(Clients, PhpSendsItsContext) {
  ASSERT_THAT(
      Send("prepare", R"({"gid":"GID","trans_type":"tcc","dtm":"http://127.0.0.1:1/api/dtmsvr",)"
                      R"("op":"try","branch_id":"","sub_branch_id":0,"barrier_id":0,)"
                      R"("phase2_url":"","bin_payloads":[],"query_prepared":"","custom_data":"",)"
                      R"("payloads":[],"steps":[],"protocol":"","wait_result":false})"),
      IsSuccess());
  ASSERT_THAT(
      Send("registerBranch", R"({"gid":"GID","trans_type":"tcc","branch_id":"01","op":"try",)"
                             R"("data":"[]","confirm":"OK","cancel":"OK"})"),
      IsSuccess());
  ASSERT_THAT(Send("abort", R"({"gid":"GID","trans_type":"tcc"})"), IsSuccess());
  EXPECT_TRUE(WaitForStatus(gid_, "failed"));
}

// The targets that Java and registries hand out need a driver that looks them up.
TEST_F(Clients, TargetsOfARegistry) {
  for (const char* target :
       {"nacos://service/path?groupName=DEFAULT_GROUP", "etcd://localhost:2379/svc/pkg.Svc/Method",
        "discovery:///svc/pkg.Svc/Method", "polaris://svc/pkg.Svc/Method?namespace=N"}) {
    nlohmann::json body = Saga(NewGid("registry"), "/ok");
    body["steps"][0]["action"] = target;
    body["wait_result"] = true;
    body["retry_interval"] = 100;
    const HttpAnswer answer = Post("submit", body);
    if (Differs("registry-targets", server())) {
      EXPECT_THAT(answer, IsFailure("wait result not return success: FAILURE")) << target;
    } else {
      const std::string scheme(target, std::string(target).find("://"));
      EXPECT_THAT(answer, IsError(HasSubstr(scheme))) << target;
      EXPECT_EQ(StatusOf(body["gid"]), "");
    }
  }
}

}  // namespace
}  // namespace saga::conformance
