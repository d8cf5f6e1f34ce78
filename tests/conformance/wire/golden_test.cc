// The traces of protocol 12, byte for byte: what clients send, what they are answered, what
// participants are sent. golden/ holds them as DTM has them. To write them anew:
//   SAGA_CONFORMANCE_RECORD=1 tests/conformance/run --server dtm --suite wire --only golden

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "tests/conformance/wire/golden_transcript.h"
#include "tests/conformance/wire/mode_stage.h"

namespace saga::conformance {
namespace {

constexpr char kRoute[] = "/api/dtmsvr/";

// Where sagad's bytes are others than DTM's. The ids are in stage/differences.h.
struct OtherBytes {
  const char* id;
  const char* dtm;
  const char* sagad;
};
constexpr OtherBytes kOtherBytes[] = {
    {"http-client-headers", "accept-encoding: gzip\n", ""},
    {"http-client-headers", "user-agent: go-resty/2.7.0 (https://github.com/go-resty/resty)\n",
     "user-agent: sagad\n"},
};

class GoldenTrace : public ModeTest {
 public:
  // Not ModeTest's: the same requests go to both servers.
  static void SetUpTestSuite() { StartWith({}); }

 protected:
  Transcript Start() { return Transcript(server(), recorder(), gid()); }

  // Compares it with what DTM did, or notes what DTM does.
  static void Finish(const Transcript& transcript, const std::string& name) {
    if (Recording()) {
      ASSERT_TRUE(server().IsDtm()) << "only what DTM does is recorded";
      Record(name, transcript.text());
    }
    std::string expected = Golden(name);
    ASSERT_FALSE(expected.empty()) << "no golden/" << name << ".txt";
    for (const OtherBytes& other : kOtherBytes) {
      if (!Differs(other.id, server()))
        expected = absl::StrReplaceAll(expected, {{other.dtm, other.sagad}});
    }
    EXPECT_EQ(transcript.text(), expected);
  }

  // As Go's client sends it.
  Json GoSaga(bool wait) const {
    Json body = Saga({{"concurrent", false}, {"protocol", ""}});
    body.erase("retry_interval");
    if (wait) body["wait_result"] = true;
    return body;
  }

  void PlaySaga(bool wait, const std::string& name) {
    Answers("in", {Failure(R"({"error":"x"})")});
    Transcript transcript = Start();
    transcript.Post(absl::StrCat(kRoute, "submit"), GoSaga(wait));
    transcript.Calls(4);
    transcript.Stands("failed");
    Finish(transcript, name);
  }

  void PlayCheckBack(const std::string& answered, std::vector<Reply> replies, size_t calls,
                     const std::string& end) {
    Answers("ask", std::move(replies));
    Transcript transcript = Start();
    transcript.Post(absl::StrCat(kRoute, "prepare"), Msg());
    transcript.Calls(calls);
    transcript.Stands(end);
    Finish(transcript, "msg_check_back_" + answered);
  }

  Json Workflow() const {
    return {{"gid", gid()},
            {"trans_type", "workflow"},
            {"custom_data", R"({"data":"aGk=","name":"wf1"})"},
            {"query_prepared", Url("resume")},
            {"protocol", "http"},
            {"concurrent", false},
            {"retry_interval", 1}};
  }
};

TEST_F(GoldenTrace, SagaHttp) { PlaySaga(false, "saga_http"); }

TEST_F(GoldenTrace, SagaHttpWaiting) { PlaySaga(true, "saga_http_waiting"); }

TEST_F(GoldenTrace, SagaGrpc) {
  Answers("in", {GrpcReply(10, "x")});
  dtmgimp::DtmRequest request = GrpcSaga();
  (*request.mutable_transoptions()->mutable_branchheaders())["Test_Header"] = "test";
  request.set_binpayloads(0, std::string("\x0a\x02\x00\xff", 4));
  Transcript transcript = Start();
  transcript.Rpc("Submit", request);
  transcript.Calls(4);
  transcript.Stands("failed");
  Finish(transcript, "saga_grpc");
}

TEST_F(GoldenTrace, TccHttp) {
  const Json body = {{"gid", gid()}, {"trans_type", "tcc"}, {"concurrent", false}};
  Transcript transcript = Start();
  transcript.Post(absl::StrCat(kRoute, "prepare"), body);
  transcript.Post(absl::StrCat(kRoute, "registerBranch"), TccBranch("01"));
  transcript.Post(absl::StrCat(kRoute, "registerBranch"), TccBranch("02"));
  transcript.Stands("prepared");
  transcript.Post(absl::StrCat(kRoute, "submit"), body);
  transcript.Calls(2);
  transcript.Stands("succeed");
  transcript.Post(absl::StrCat(kRoute, "abort"), body);
  Finish(transcript, "tcc_http");
}

TEST_F(GoldenTrace, TccGrpc) {
  Transcript transcript = Start();
  transcript.Rpc("Prepare", GrpcBody("tcc"));
  transcript.Rpc("RegisterBranch", GrpcTccBranch("01"));
  dtmgimp::DtmRequest abort = GrpcBody("tcc");
  abort.set_rollbackreason("no money");
  transcript.Rpc("Abort", abort);
  transcript.Calls(1);
  transcript.Stands("failed");
  transcript.Rpc("Submit", GrpcBody("tcc"));
  Finish(transcript, "tcc_grpc");
}

TEST_F(GoldenTrace, XaHttp) {
  const Json body = {{"gid", gid()}, {"trans_type", "xa"}, {"concurrent", false}};
  Transcript transcript = Start();
  transcript.Post(absl::StrCat(kRoute, "prepare"), body);
  for (const char* const id : {"01", "02"}) {
    transcript.Post(absl::StrCat(kRoute, "registerBranch"),
                    {{"gid", gid()}, {"trans_type", "xa"}, {"branch_id", id}, {"url", Url("xa")}});
  }
  transcript.Post(absl::StrCat(kRoute, "submit"), body);
  transcript.Calls(2);
  transcript.Stands("succeed");
  Finish(transcript, "xa_http");
}

TEST_F(GoldenTrace, MsgCheckBackSubmits) { PlayCheckBack("yes", {{}}, 3, "succeed"); }

TEST_F(GoldenTrace, MsgCheckBackFails) { PlayCheckBack("no", {Failure("x")}, 1, "failed"); }

TEST_F(GoldenTrace, MsgCheckBackIsAskedAgain) {
  PlayCheckBack("later", {Ongoing(), {}}, 4, "succeed");
}

TEST_F(GoldenTrace, WorkflowHttp) {
  Transcript transcript = Start();
  transcript.Post(absl::StrCat(kRoute, "prepareWorkflow"), Workflow());
  transcript.Post(absl::StrCat(kRoute, "registerBranch"), {{"gid", gid()},
                                                           {"trans_type", "workflow"},
                                                           {"branch_id", "01"},
                                                           {"op", "action"},
                                                           {"status", "succeed"},
                                                           {"data", "reply"}});
  transcript.Calls(1);
  transcript.Post(absl::StrCat(kRoute, "prepareWorkflow"), Workflow());
  Json end = Workflow();
  end["req_extra"] = {{"status", "succeed"}, {"rollback_reason", ""}, {"result", "aGk="}};
  transcript.Post(absl::StrCat(kRoute, "submit"), end);
  transcript.Stands("succeed");
  Finish(transcript, "workflow_http");
}

TEST_F(GoldenTrace, WorkflowGrpc) {
  dtmgimp::DtmRequest request = GrpcBody("workflow");
  request.set_customeddata(R"({"data":"aGk=","name":"wf1"})");
  request.set_queryprepared(recorder().grpc_address() + "/workflow.Workflow/Execute");
  dtmgimp::DtmProgressesReply reply;
  Transcript transcript = Start();
  transcript.Rpc("PrepareWorkflow", request, &reply);
  dtmgimp::DtmBranchRequest branch;
  branch.set_gid(gid());
  branch.set_transtype("workflow");
  branch.set_branchid("01");
  branch.set_busipayload(std::string("\x0a\x01\x00", 3));
  (*branch.mutable_data())["op"] = "action";
  (*branch.mutable_data())["status"] = "succeed";
  transcript.Rpc("RegisterBranch", branch);
  transcript.Calls(1);
  transcript.Rpc("PrepareWorkflow", request, &reply);
  (*request.mutable_reqextra())["status"] = "succeed";
  transcript.Rpc("Submit", request);
  transcript.Stands("succeed");
  Finish(transcript, "workflow_grpc");
}

TEST_F(GoldenTrace, JsonRpc) {
  const Json params = {{"gid", gid()},
                       {"trans_type", "msg"},
                       {"protocol", "json-rpc"},
                       {"steps", Json::array({{{"action", Url("rpc") + "?method=TransIn"}}})},
                       {"payloads", Json::array({R"({"amount":30})"})},
                       {"concurrent", false}};
  const auto call = [&](const std::string& method) {
    return Json{{"jsonrpc", "2.0"}, {"id", "no-use"}, {"method", method}, {"params", params}};
  };
  Transcript transcript = Start();
  transcript.Post("/api/json-rpc", call("submit"));
  transcript.Calls(1);
  transcript.Stands("succeed");
  transcript.Post("/api/json-rpc", call("submit"));
  transcript.Post("/api/json-rpc", call("nothing"));
  Finish(transcript, "json_rpc");
}

}  // namespace
}  // namespace saga::conformance
