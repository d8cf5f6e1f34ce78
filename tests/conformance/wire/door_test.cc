#include "tests/conformance/wire/door_test.h"

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "orchestrator/base/check.h"
#include "tests/fixture/process.h"

namespace saga::conformance {
namespace {

constexpr int kAborted = 10;
constexpr int kFailedPrecondition = 9;
constexpr int kUnknown = 2;

}  // namespace

void DoorTest::SetUpTestSuite() {
  StageTest::SetUpTestSuite();
  recorder().Answer("/fail", {{.status = 409, .body = R"({"error":"no funds"})"}});
  recorder().Answer("/ongoing", {{.status = 425, .body = ""}});
  recorder().Answer("/error", {{.status = 500, .body = "boom"}});
  recorder().Answer("Fail", {{.grpc_code = kAborted, .grpc_message = "no funds"}});
  recorder().Answer("Ongoing", {{.grpc_code = kFailedPrecondition, .grpc_message = "not yet"}});
  recorder().Answer("Error", {{.grpc_code = kUnknown, .grpc_message = "boom"}});
}

nlohmann::json DoorTest::Saga(const std::string& gid, const std::string& action,
                              const std::string& compensate) {
  nlohmann::json body = Bare("saga", gid);
  body["steps"] = {{{"action", Url(action)}, {"compensate", Url(compensate)}}};
  body["payloads"] = {R"({"amount":30})"};
  return body;
}

nlohmann::json DoorTest::Message(const std::string& gid, const std::string& action) {
  nlohmann::json body = Bare("msg", gid);
  body["steps"] = {{{"action", Url(action)}}};
  body["payloads"] = {R"({"amount":30})"};
  body["query_prepared"] = Url("/ongoing");
  return body;
}

nlohmann::json DoorTest::Bare(const std::string& mode, const std::string& gid) {
  nlohmann::json body = {{"gid", gid}, {"trans_type", mode}};
  if (mode == "workflow") {
    body["query_prepared"] = Url("/ok");
    body["custom_data"] = R"({"name":"flow","data":"aGk="})";
  }
  return body;
}

nlohmann::json DoorTest::Branch(const std::string& mode, const std::string& gid,
                                const std::string& branch_id, const std::string& path) {
  nlohmann::json body = {{"gid", gid}, {"trans_type", mode}, {"branch_id", branch_id}};
  if (mode == "tcc") {
    body.update({{"confirm", Url(path)}, {"cancel", Url(path)}, {"data", R"({"amount":30})"}});
  } else if (mode == "xa") {
    body["url"] = Url(path);
  } else {
    body.update({{"op", "action"}, {"status", "succeed"}, {"data", R"({"reply":1})"}});
  }
  return body;
}

void DoorTest::Announce(const std::string& mode, const std::string& gid,
                        const std::string& status) {
  if (mode == "workflow") {
    SAGA_CHECK(Post("prepareWorkflow", Bare(mode, gid)).status == 200);
  } else if (mode == "saga") {
    const bool undone = status == "aborting" || status == "failed";
    const std::string action = undone ? "/fail" : status == "submitted" ? "/ongoing" : "/ok";
    const std::string compensate = status == "aborting" ? "/ongoing" : "/ok";
    SAGA_CHECK(Post("prepare", Saga(gid, action, compensate)).status == 200);
  } else if (mode == "msg") {
    const std::string action = status == "submitted" ? "/ongoing" : "/ok";
    SAGA_CHECK(Post("prepare", Message(gid, action)).status == 200);
  } else {
    const bool rests = status == "submitted" || status == "aborting";
    const nlohmann::json branch = Branch(mode, gid, "01", rests ? "/ongoing" : "/ok");
    SAGA_CHECK(Post("prepare", Bare(mode, gid)).status == 200);
    SAGA_CHECK(Post("registerBranch", branch).status == 200);
  }
}

void DoorTest::Decide(const std::string& mode, const std::string& gid, const std::string& status) {
  const bool undone = status == "aborting" || status == "failed";
  const bool aborts = undone && (mode == "tcc" || mode == "xa" || mode == "msg");
  nlohmann::json body = Bare(mode, gid);
  if (mode == "workflow") {
    body = {{"gid", gid}, {"trans_type", mode}};
    body["req_extra"] = {{"status", status}, {"rollback_reason", ""}, {"result", "aGk="}};
  }
  SAGA_CHECK(Post(aborts ? "abort" : "submit", body).status == 200);
}

// The status alone does not say that a call's answer has been noted; the next time of a look does.
std::string DoorTest::Open(const std::string& mode, const std::string& status) {
  const std::string gid = NewGid(absl::StrCat(mode, "-", status));
  const auto next_look = [&gid] { return Query(gid)["transaction"].value("next_cron_time", ""); };
  Announce(mode, gid, status);
  if (status == "prepared") return gid;
  const std::string before = next_look();
  Decide(mode, gid, status);
  SAGA_CHECK(WaitForStatus(gid, status));
  if (status == "submitted" || status == "aborting") {
    SAGA_CHECK(fixture::WaitUntil(absl::Seconds(30), [&] { return next_look() != before; }));
  }
  return gid;
}

GrpcAnswer DoorTest::Rpc(const std::string& name, const google::protobuf::MessageLite& request) {
  return Grpc(server().grpc(), "/dtmgimp.Dtm/" + name, request);
}

dtmgimp::DtmRequest DoorTest::Request(const std::string& mode, const std::string& gid) {
  dtmgimp::DtmRequest request;
  request.set_gid(gid);
  request.set_transtype(mode);
  return request;
}

bool IsReachable(const std::string& mode, const std::string& status) {
  if (mode == "msg") return status != "aborting";
  if (mode == "workflow") return status != "aborting" && status != "submitted";
  return true;
}

}  // namespace saga::conformance
