#include "tests/conformance/wire/mode_stage.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

namespace saga::conformance {
namespace {

constexpr absl::Duration kPatience = absl::Minutes(1);

void Add(const nlohmann::json& more, nlohmann::json& body) {
  for (const auto& [key, value] : more.items()) body[key] = value;
}

}  // namespace

const char* const kUnknownResult =
    "your http/grpc result should be specified as in:\n"
    "http://d.dtm.pub/practice/arch.html#proto\nunkown result will be retried: ";

Reply Ongoing() { return {.status = 425, .body = R"({"dtm_result":"ONGOING"})"}; }
Reply Failure(const std::string& text) { return {.status = 409, .body = text}; }
Reply Broken(const std::string& text) { return {.status = 500, .body = text}; }
Reply GrpcReply(int code, const std::string& message) {
  return {.grpc_code = code, .grpc_message = message};
}
Reply Hang() { return {.hang = true}; }

bool ModeTest::fast_ = false;

void ModeTest::SetUpTestSuite() {
  // A call must time out before it is repeated, but here no request leaves its timeout to the
  // server.
  StartWith({"--engine-retry-interval", "200ms", "--engine-request-timeout", "199ms"});
  fast_ = !server().IsDtm();
}

void ModeTest::SetUp() { gid_ = AnotherGid(); }

void ModeTest::TearDown() {
  for (const std::string& gid : gids_) {
    const std::string status = StatusOf(gid);
    if (status == "prepared" || status == "submitted" || status == "aborting")
      Post("forceStop", Json{{"gid", gid}});
  }
}

std::string ModeTest::AnotherGid() {
  const auto* info = testing::UnitTest::GetInstance()->current_test_info();
  // None may be the beginning of another: DTM's embedded store takes the branches of one for the
  // other's then (there is a test of that).
  gids_.push_back(NewGid(absl::StrCat(info->test_suite_name(), "-", info->name())) + "-g");
  return gids_.back();
}

std::string ModeTest::Url(const std::string& name) const {
  return recorder().HttpUrl(absl::StrCat("/", gid_, "/", name));
}

std::string ModeTest::Target(const std::string& name) const {
  return recorder().GrpcTarget(absl::StrCat(gid_, "-", name));
}

void ModeTest::Answers(const std::string& name, std::vector<Reply> replies) {
  recorder().Answer(absl::StrCat("/", gid_, "/", name), replies);
  recorder().Answer(absl::StrCat(gid_, "-", name), std::move(replies));
}

ModeTest::Json ModeTest::Body(const std::string& trans_type, const Json& more) const {
  Json body = {{"gid", gid_}, {"trans_type", trans_type}};
  body[fast_ ? "request_timeout" : "retry_interval"] = fast_ ? 3 : 1;
  Add(more, body);
  return body;
}

ModeTest::Json ModeTest::Saga(const Json& more) const {
  Json body = Body("saga");
  body["steps"] = {{{"action", Url("out")}, {"compensate", Url("out-undo")}},
                   {{"action", Url("in")}, {"compensate", Url("in-undo")}}};
  body["payloads"] = {kPayload, kPayload};
  Add(more, body);
  return body;
}

ModeTest::Json ModeTest::Msg(const Json& more) const {
  Json body = Body("msg");
  body["steps"] = {{{"action", Url("first")}}, {{"action", Url("second")}}};
  body["payloads"] = {kPayload, kPayload};
  body["query_prepared"] = Url("ask");
  body["timeout_to_fail"] = 1;
  Add(more, body);
  return body;
}

ModeTest::Json ModeTest::TccBranch(const std::string& branch_id) const {
  return {{"gid", gid_},
          {"trans_type", "tcc"},
          {"branch_id", branch_id},
          {"data", kPayload},
          {"confirm", Url("confirm-" + branch_id)},
          {"cancel", Url("cancel-" + branch_id)}};
}

dtmgimp::DtmRequest ModeTest::GrpcBody(const std::string& trans_type) const {
  dtmgimp::DtmRequest request;
  request.set_gid(gid_);
  request.set_transtype(trans_type);
  if (fast_) {
    request.mutable_transoptions()->set_requesttimeout(3);
  } else {
    request.mutable_transoptions()->set_retryinterval(1);
  }
  return request;
}

dtmgimp::DtmRequest ModeTest::GrpcSaga() const {
  dtmgimp::DtmRequest request = GrpcBody("saga");
  request.set_steps(Json{{{"action", Target("out")}, {"compensate", Target("out-undo")}},
                         {{"action", Target("in")}, {"compensate", Target("in-undo")}}}
                        .dump());
  request.add_binpayloads(kPayload);
  request.add_binpayloads(kPayload);
  return request;
}

dtmgimp::DtmRequest ModeTest::GrpcMsg() const {
  dtmgimp::DtmRequest request = GrpcBody("msg");
  request.set_steps(Json{{{"action", Target("first")}}, {{"action", Target("second")}}}.dump());
  request.add_binpayloads(kPayload);
  request.add_binpayloads(kPayload);
  request.set_queryprepared(Target("ask"));
  request.mutable_transoptions()->set_timeouttofail(1);
  return request;
}

dtmgimp::DtmBranchRequest ModeTest::GrpcTccBranch(const std::string& branch_id) const {
  dtmgimp::DtmBranchRequest request;
  request.set_gid(gid_);
  request.set_transtype("tcc");
  request.set_branchid(branch_id);
  request.set_busipayload(kPayload);
  (*request.mutable_data())["confirm"] = Target("confirm-" + branch_id);
  (*request.mutable_data())["cancel"] = Target("cancel-" + branch_id);
  return request;
}

GrpcAnswer ModeTest::Rpc(const std::string& name, const google::protobuf::MessageLite& request) {
  return Grpc(server().grpc(), "/dtmgimp.Dtm/" + name, request);
}

std::string ModeTest::RowsOf(const std::string& gid) {
  std::string rows;
  const Json answer = Query(gid);
  for (const Json& branch : answer["branches"])
    rows += absl::ascii_toupper(branch["status"].get<std::string>().at(0));
  return rows;
}

std::vector<std::string> ModeTest::RowNames() const {
  std::vector<std::string> names;
  const Json answer = Query(gid_);
  for (const Json& branch : answer["branches"]) {
    names.push_back(
        absl::StrCat(branch["branch_id"].get<std::string>(), " ", branch["op"].get<std::string>()));
  }
  return names;
}

std::string ModeTest::Reason() const {
  return Query(gid_)["transaction"].value("rollback_reason", "");
}

testing::AssertionResult ModeTest::Ends(const std::string& status) const {
  return EndsAs(gid_, status);
}

testing::AssertionResult ModeTest::EndsAs(const std::string& gid, const std::string& status) {
  if (WaitForStatus(gid, status)) return testing::AssertionSuccess();
  return testing::AssertionFailure() << "not " << status << ": " << Query(gid).dump(1);
}

testing::AssertionResult ModeTest::Called(size_t count) const {
  if (recorder().WaitForCalls(gid_, count, kPatience)) return testing::AssertionSuccess();
  return testing::AssertionFailure()
         << "only " << Calls().size() << " calls; " << Query(gid_).dump(1);
}

std::vector<std::string> ModeTest::CallNames() const {
  std::vector<std::string> names;
  for (const Call& call : Calls()) names.push_back(absl::StrCat(call.branch_id, " ", call.op));
  return names;
}

std::vector<std::string> ModeTest::Course() const {
  std::vector<std::string> names = CallNames();
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

size_t ModeTest::CountCalls(const std::string& name) const {
  const std::vector<std::string> names = CallNames();
  return static_cast<size_t>(std::count(names.begin(), names.end(), name));
}

testing::AssertionResult IsSuccess(const HttpAnswer& answer) {
  if (answer.status == 200 && answer.json() == nlohmann::json{{"dtm_result", "SUCCESS"}})
    return testing::AssertionSuccess();
  return testing::AssertionFailure() << answer.status << " " << answer.body;
}

testing::AssertionResult IsFailure(const HttpAnswer& answer, const std::string& message) {
  const nlohmann::json expected = {{"dtm_result", "FAILURE"}, {"message", message}};
  if (answer.status == 409 && answer.json() == expected) return testing::AssertionSuccess();
  return testing::AssertionFailure() << answer.status << " " << answer.body;
}

}  // namespace saga::conformance
