// DTM's HTTP calls against the real engine: what is called, and what is answered with which status
// and body (protocol 1.2 to 1.4).

#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/integration/http_door/http_door.h"

namespace saga::integration {
namespace {

using core::Outcome;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kJson[] = "application/json; charset=utf-8";

void ExpectSuccess(const Reply& reply) {
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, R"({"dtm_result":"SUCCESS"})");
  EXPECT_EQ(reply.content_type, kJson);
}

void ExpectResult(const Reply& reply, int status, const std::string& result,
                  const std::string& message) {
  EXPECT_EQ(reply.status, status);
  EXPECT_EQ(reply.Json(), (nlohmann::json{{"dtm_result", result}, {"message", message}}))
      << reply.body;
  EXPECT_EQ(reply.content_type, kJson);
}

void ExpectMessage(const Reply& reply, int status, const std::string& message) {
  EXPECT_EQ(reply.status, status);
  EXPECT_EQ(reply.Json(), (nlohmann::json{{"message", message}})) << reply.body;
  EXPECT_EQ(reply.content_type, kJson);
}

class HttpDoorTest : public ::testing::Test {
 protected:
  void PrepareTcc(const std::string& gid, bool wait = true) {
    ExpectSuccess(door_.Call("prepare", Request(gid, "tcc", 0, wait)));
    ExpectSuccess(door_.Call("registerBranch", Branch(gid, "01")));
    ExpectSuccess(door_.Call("registerBranch", Branch(gid, "02")));
  }

  HttpDoor door_;
};

TEST_F(HttpDoorTest, NewGid) {
  const Reply reply = door_.Get("/api/dtmsvr/newGid");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.content_type, kJson);
  const nlohmann::json first = reply.Json();
  EXPECT_EQ(first["dtm_result"], "SUCCESS");
  EXPECT_EQ(first["gid"].get<std::string>().size(), 22u);
  EXPECT_EQ(first.size(), 2u);
  EXPECT_NE(first["gid"], door_.Get("/api/dtmsvr/newGid").Json()["gid"]);
}

TEST_F(HttpDoorTest, VersionPingAndProbes) {
  EXPECT_EQ(door_.Get("/api/dtmsvr/version").body, R"({"version":"1.2.3"})");
  EXPECT_EQ(door_.Get("/api/ping").body, R"({"msg":"pong"})");
  EXPECT_EQ(door_.Post("/api/ping", "{}").body, R"({"msg":"pong"})");
  EXPECT_EQ(door_.Get("/healthz").status, 200);
  EXPECT_EQ(door_.Get("/ready").status, 200);
  door_.SetReady(absl::UnavailableError("recovering: 12 transactions to take up"));
  ExpectMessage(door_.Get("/ready"), 503, "recovering: 12 transactions to take up");
  EXPECT_EQ(door_.Get("/healthz").status, 200) << "alive is not ready";
}

TEST_F(HttpDoorTest, SagaThatSucceeds) {
  auto request = Request("g", "saga", 2);
  request["branch_headers"] = {{"test_header", "yes"}};
  request["request_timeout"] = 6;
  ExpectSuccess(door_.Call("submit", request));
  EXPECT_THAT(door_.caller().Calls(), ElementsAre("action http://b/act1", "action http://b/act2"));
  const port::BranchCall call = door_.caller().FullCalls()[1];
  EXPECT_EQ(call.gid, "g");
  EXPECT_EQ(call.mode, core::Mode::kSaga);
  EXPECT_EQ(call.branch_id, "02");
  EXPECT_EQ(call.protocol, core::Protocol::kHttp);
  EXPECT_EQ(base::Value(call.payload), "p2");
  EXPECT_EQ(call.headers.at("test_header"), "yes");
  EXPECT_EQ(call.timeout, base::Seconds(6));
}

TEST_F(HttpDoorTest, SubmitWithoutWaitingIsAnsweredWhenItIsStored) {
  door_.caller().Hold("http://b/act1");
  ExpectSuccess(door_.Call("submit", Request("g", "saga", 2, /*wait=*/false)));
  ASSERT_TRUE(door_.caller().WaitForCalls(1));
  door_.caller().Release("http://b/act1");
  EXPECT_TRUE(door_.Reaches("g", "succeed"));
}

TEST_F(HttpDoorTest, SagaThatIsUndone) {
  door_.caller().Script("http://b/act2", {{Outcome::kFailure, "no stock FAILURE"}});
  ExpectResult(door_.Call("submit", Request("g", "saga", 2)), 409, "FAILURE",
               "url:http://b/act2 return failed: no stock FAILURE");
  EXPECT_THAT(door_.caller().Calls(),
              ElementsAre("action http://b/act1", "action http://b/act2",
                          "compensate http://b/undo2", "compensate http://b/undo1"));
}

TEST_F(HttpDoorTest, SagaThatIsStillGoingOn) {
  door_.caller().Script("http://b/act1", {{Outcome::kOngoing, "ONGOING"}});
  ExpectResult(door_.Call("submit", Request("g", "saga", 2)), 409, "FAILURE",
               "wait result not return success: FAILURE");
  ExpectSuccess(door_.Call("submit", Request("g", "saga", 2, /*wait=*/false)));
}

TEST_F(HttpDoorTest, SubmitAndPrepareOfAFinishedOne) {
  ExpectSuccess(door_.Call("submit", Request("g", "saga", 1)));
  ExpectResult(door_.Call("submit", Request("g", "saga", 1)), 409, "FAILURE",
               "current status 'succeed', cannot sumbmit. FAILURE");
  ExpectResult(door_.Call("prepare", Request("g", "saga", 1)), 409, "FAILURE",
               "current status 'succeed', cannot prepare. FAILURE");
}

TEST_F(HttpDoorTest, AGidOfOtherContentIsToldAsSuch) {
  ExpectSuccess(door_.Call("submit", Request("g", "saga", 1)));
  for (const auto& [call, request] :
       {std::pair{"submit", Request("g", "saga", 2)}, std::pair{"submit", Request("g", "msg", 1)},
        std::pair{"prepare", Request("g", "msg", 1)}}) {
    const Reply reply = door_.Call(call, request);
    EXPECT_EQ(reply.status, 409);
    EXPECT_THAT(reply.body, HasSubstr("this gid is that of another transaction (trans_type saga"));
  }
}

TEST_F(HttpDoorTest, FiftySubmitsOfOneGidCallEachBranchOnce) {
  std::vector<std::thread> clients;
  for (int i = 0; i < 50; ++i) {
    clients.emplace_back([this] {
      const Reply reply = door_.Call("submit", Request("order-1", "saga", 2, /*wait=*/false));
      // Those that come when it has ended are told so.
      EXPECT_TRUE(reply.status == 200 || reply.status == 409) << reply.body;
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_TRUE(door_.Reaches("order-1", "succeed"));
  ExpectSuccess(door_.Call("submit", Request("order-10", "saga", 1)));
  EXPECT_THAT(door_.caller().Calls(),
              ElementsAre("action http://b/act1", "action http://b/act2", "action http://b/act1"));
}

TEST_F(HttpDoorTest, TccConfirmed) {
  PrepareTcc("g");
  ExpectSuccess(door_.Call("submit", {{"gid", "g"}, {"trans_type", "tcc"}}));
  EXPECT_TRUE(door_.Reaches("g", "succeed"));
  EXPECT_THAT(door_.caller().Calls(),
              ElementsAre("confirm http://b/confirm02", "confirm http://b/confirm01"));
  EXPECT_EQ(base::Value(door_.caller().FullCalls()[0].payload), "payload02");
}

TEST_F(HttpDoorTest, TccCancelled) {
  PrepareTcc("g");
  ExpectSuccess(
      door_.Call("abort", {{"gid", "g"}, {"trans_type", "tcc"}, {"rollback_reason", "no money"}}));
  EXPECT_TRUE(door_.Reaches("g", "failed"));
  EXPECT_EQ(door_.Query("g")["transaction"]["rollback_reason"], "no money");
  EXPECT_THAT(door_.caller().Calls(),
              ElementsAre("cancel http://b/cancel02", "cancel http://b/cancel01"));
}

TEST_F(HttpDoorTest, OngoingConfirmIsA425) {
  door_.caller().Script("http://b/confirm02", {{Outcome::kOngoing, "ONGOING"}});
  PrepareTcc("g");
  ExpectResult(door_.Call("submit", Request("g", "tcc", 0)), 425, "ONGOING", "ONGOING");
}

TEST_F(HttpDoorTest, UnknownConfirmIsA500) {
  door_.caller().Script("http://b/confirm02", {{Outcome::kUnknown, "boom"}});
  PrepareTcc("g");
  ExpectMessage(door_.Call("submit", Request("g", "tcc", 0)), 500,
                "your http/grpc result should be specified as "
                "in:\nhttp://d.dtm.pub/practice/arch.html#proto\n"
                "unkown result will be retried: boom");
}

TEST_F(HttpDoorTest, OldNamesOfRegisterBranch) {
  ExpectSuccess(door_.Call("prepare", Request("g", "tcc", 0)));
  ExpectSuccess(door_.Call("registerXaBranch", Branch("g", "01")));
  nlohmann::json node = Branch("g", "02");
  node["try"] = "http://b/try";
  node["status"] = "prepared";
  ExpectSuccess(door_.Call("registerTccBranch", node));
  // The base address of a C# client ends in '/'.
  ExpectSuccess(door_.Post("/api/dtmsvr//registerBranch", Branch("g", "0201").dump()));
  EXPECT_EQ(door_.Query("g")["branches"].size(), 6u);
}

TEST_F(HttpDoorTest, RegisterBranchRefusals) {
  const auto none = [](const std::string& gid) {
    return "no trans with gid: " + gid + " status: prepared found FAILURE";
  };
  ExpectResult(door_.Call("registerBranch", Branch("nobody", "01")), 409, "FAILURE",
               none("nobody"));
  ExpectSuccess(door_.Call("submit", Request("g", "saga", 1)));
  ExpectResult(door_.Call("registerBranch", Branch("g", "01")), 409, "FAILURE", none("g"));
  nlohmann::json branch = Branch("g", "01");
  branch["trans_type"] = "barter";
  ExpectMessage(door_.Call("registerBranch", branch), 500, "unknow trans type: barter");
  ExpectSuccess(door_.Call("prepare", Request("t", "tcc", 0)));
  ExpectSuccess(door_.Call("registerBranch", Branch("t", "01")));
  branch = Branch("t", "01");
  branch["confirm"] = "http://b/elsewhere";
  ExpectMessage(door_.Call("registerBranch", branch), 500, "storage: UniqueKeyConflict");
}

TEST_F(HttpDoorTest, AbortRefusals) {
  ExpectMessage(door_.Call("abort", {{"gid", "nobody"}, {"trans_type", "tcc"}}), 500,
                "no TransGlobal with gid: nobody found");
  ExpectSuccess(door_.Call("submit", Request("g", "saga", 1)));
  ExpectResult(door_.Call("abort", {{"gid", "g"}, {"trans_type", "saga"}}), 409, "FAILURE",
               "trans type: 'saga' current status 'succeed', cannot abort. FAILURE");
}

TEST_F(HttpDoorTest, MessagePreparedThenSubmitted) {
  auto request = Request("g", "msg", 2);
  request["query_prepared"] = "http://b/query";
  ExpectSuccess(door_.Call("prepare", request));
  ExpectSuccess(door_.Call("prepare", request));
  EXPECT_THAT(door_.caller().Calls(), IsEmpty());
  ExpectSuccess(door_.Call("submit", request));
  EXPECT_THAT(door_.caller().Calls(), ElementsAre("action http://b/act1", "action http://b/act2"));
}

TEST_F(HttpDoorTest, BodiesOfOtherClients) {
  // Python: everything, mostly null. C#: indented. Java: keys twice. PHP: its whole context.
  ExpectSuccess(
      door_.Post("/api/dtmsvr/submit", R"({"gid":"py","trans_type":"saga","custom_data":null,
      "query_prepared":null,"protocol":null,"passthrough_headers":[],"branch_headers":{},
      "request_timeout":8,
      "wait_result":true,"payloads":["{}"],
      "steps":[{"action":"http://b/a","compensate":"http://b/c"}],
      "timeout_to_fail":null,"retry_interval":null,"retry_limit":0})"));
  ExpectSuccess(door_.Post(
      "/api/dtmsvr/submit",
      "{\r\n  \"gid\": \"cs\",\r\n  \"trans_type\": \"saga\",\r\n  "
      "\"wait_result\": true,\r\n \"steps\": [\r\n {\r\n \"action\": \"http://b/a\",\r\n "
      "\"compensate\": \"\"\r\n}\r\n],\r\n  \"payloads\": [ \"{}\" ]\r\n}"));
  ExpectSuccess(door_.Post("/api/dtmsvr/prepare",
                           R"({"subType":"tcc","gid":"java","trans_type":"tcc","subType":null})"));
  ExpectSuccess(door_.Post("/api/dtmsvr/prepare",
                           R"({"gid":"php","trans_type":"tcc","branch_id":"","sub_branch_id":0,
      "op":"","barrier_id":0,"phase2_url":null,"dtm":"","bin_payloads":[],"payloads":[],
      "steps":[]})"));
}

TEST_F(HttpDoorTest, StoreThatFailsIsA503) {
  door_.store().FailCommits("disk full");
  const Reply reply = door_.Call("submit", Request("g", "saga", 1));
  EXPECT_EQ(reply.status, 503);
  EXPECT_THAT(reply.body, HasSubstr("disk full"));
  door_.store().Heal();
}

TEST_F(HttpDoorTest, StoppingIsA503) {
  door_.engine().StopIntake();
  const Reply reply = door_.Call("submit", Request("g", "saga", 1));
  EXPECT_EQ(reply.status, 503);
  EXPECT_THAT(reply.body, HasSubstr("stopping"));
}

TEST_F(HttpDoorTest, MetricsTellWhatHappened) {
  door_.caller().Script("http://b/act2", {{Outcome::kFailure, "no FAILURE"}});
  EXPECT_EQ(door_.Call("submit", Request("g1", "saga", 1)).status, 200);
  EXPECT_EQ(door_.Call("submit", Request("g2", "saga", 2)).status, 409);
  door_.caller().Hold("http://b/act1");
  EXPECT_EQ(door_.Call("submit", Request("g3", "saga", 1, /*wait=*/false)).status, 200);
  ASSERT_TRUE(door_.caller().WaitForCalls(6));
  const Reply reply = door_.Get("/api/metrics");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.content_type, "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_THAT(reply.body,
              HasSubstr("saga_transactions_total{mode=\"saga\",status=\"succeed\"} 1\n"));
  EXPECT_THAT(reply.body,
              HasSubstr("saga_transactions_total{mode=\"saga\",status=\"failed\"} 1\n"));
  EXPECT_THAT(reply.body,
              HasSubstr("saga_branch_calls_total{op=\"action\",outcome=\"failure\"} 1\n"));
  EXPECT_THAT(reply.body,
              HasSubstr("saga_branch_calls_total{op=\"compensate\",outcome=\"success\"} 2\n"));
  EXPECT_THAT(reply.body, HasSubstr("saga_open_transactions 1\n"));
  EXPECT_THAT(reply.body, HasSubstr("saga_lane_in_flight{destination=\"b:80\"} 1\n"));
  EXPECT_THAT(reply.body,
              HasSubstr("saga_http_requests_total{code=\"409\",route=\"/api/dtmsvr/submit\"} 1\n"));
  EXPECT_THAT(reply.body, ::testing::Not(HasSubstr("g1")));
  door_.caller().Release("http://b/act1");
}

TEST_F(HttpDoorTest, DtmsOwnSeriesAreThere) {
  // Protocol 9.2; the api label has no query string (11.1 #27).
  door_.caller().Script("http://b/act2", {{Outcome::kFailure, "no FAILURE"}});
  EXPECT_EQ(door_.Call("submit", Request("g1", "saga", 1)).status, 200);
  EXPECT_EQ(door_.Call("submit", Request("g2", "saga", 2)).status, 409);
  EXPECT_EQ(door_.Get("/api/dtmsvr/query?gid=g1").status, 200);
  EXPECT_EQ(door_.Get("/api/ping").status, 200);
  const std::string text = door_.Get("/api/metrics").body;
  for (const char* line : {
           R"(dtm_server_info{gin_version="none",grpc_version="9.8"} 1)",
           R"(dtm_server_process_total{api="submit",status="ok",type="http"} 1)",
           R"(dtm_server_process_total{api="submit",status="fail",type="http"} 1)",
           R"(dtm_server_process_total{api="query",status="ok",type="http"} 1)",
           R"(dtm_server_response_duration_count{api="submit",type="http"} 2)",
           R"(dtm_transaction_process_total{model="saga",status="ok"} 1)",
           R"(dtm_transaction_process_total{model="saga",status="fail"} 1)",
           R"(dtm_transaction_handled_duration_count{model="saga"} 2)",
           R"(01",branchtype="action",model="saga",status="ok"} 2)",
           R"(02",branchtype="action",model="saga",status="fail"} 1)",
           R"(01",branchtype="compensate",model="saga",status="ok"} 1)",
       }) {
    EXPECT_THAT(text, HasSubstr(std::string(line) + "\n"));
  }
  EXPECT_THAT(text, HasSubstr(R"(dtm_branch_process_total{branchid="01")"));
  EXPECT_THAT(text, ::testing::Not(HasSubstr(R"(api="ping")")));
  EXPECT_THAT(text, ::testing::Not(HasSubstr("gid=")));
}

TEST_F(HttpDoorTest, SuccessBodiesNeverSayFailure) {
  // Clients search the text of answers for it (protocol 4.5).
  for (const Reply& reply :
       {door_.Get("/api/dtmsvr/newGid"), door_.Call("prepare", Request("FAILURE", "tcc", 0)),
        door_.Call("registerBranch", Branch("FAILURE", "01")), door_.Get("/api/dtmsvr/version")}) {
    EXPECT_EQ(reply.status, 200);
    EXPECT_THAT(reply.body, ::testing::Not(HasSubstr("FAILURE")));
  }
}

}  // namespace
}  // namespace saga::integration
