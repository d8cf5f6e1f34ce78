// What a request may carry: the defaults refuse by the key's name, raised limits let it through the
// whole way, submit, store, branch call and query; and order that is finer than a second.

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "dtmgimp/dtm.grpc.pb.h"
#include "orchestrator/core/limits.h"
#include "tests/contract/branch_caller/participant.h"
#include "tests/e2e/dtm_client.h"
#include "tests/fixture/http_get.h"
#include "tests/fixture/process.h"
#include "tests/fixture/sagad.h"
#include "tests/fixture/temp_dir.h"

namespace saga::e2e {
namespace {

using nlohmann::json;
using testing::ElementsAreArray;
using testing::HasSubstr;
using testing::SizeIs;
using testing::StartsWith;
using tests::Answer;
using tests::SeenCall;

constexpr size_t kMega = 1 << 20;

const std::vector<std::string>& Raised() {
  static const std::vector<std::string> args = {"--limit-payload-bytes",
                                                absl::StrCat(12 * kMega),
                                                "--limit-request-bytes",
                                                absl::StrCat(32 * kMega),
                                                "--limit-custom-data-bytes",
                                                absl::StrCat(2 * kMega),
                                                "--limit-result-bytes",
                                                absl::StrCat(4 * kMega),
                                                "--limit-reason-bytes",
                                                absl::StrCat(64 << 10),
                                                "--limit-error-bytes",
                                                absl::StrCat(32 << 10),
                                                "--limit-steps",
                                                "1500"};
  return args;
}

// Text that repeats only after a prime number of bytes, so that a piece in the wrong place shows.
std::string Text(size_t size) {
  std::string text(size, ' ');
  for (size_t i = 0; i < size; ++i) text[i] = static_cast<char>('0' + i % 61);
  return text;
}

class LimitsTest : public testing::Test {
 protected:
  LimitsTest() {
    http_ = tests::StartHttpParticipant([](const SeenCall& call) {
      if (call.target.find("/refuse") == std::string::npos) return Answer{.code = 200};
      return Answer{.code = 409, .text = Text(100'000)};
    });
    grpc_ = tests::StartGrpcParticipant([](const SeenCall&) { return Answer{}; });
  }

  void Start(std::vector<std::string> args) {
    sagad_ = std::make_unique<fixture::Sagad>(
        fixture::SagadOptions{.data_dir = dir_.path(), .args = std::move(args)});
    ASSERT_TRUE(sagad_->WaitReady()) << sagad_->process().Stderr();
  }

  std::string HttpTarget(const std::string& path) {
    return absl::StrCat("http://127.0.0.1:", http_->port(), path);
  }
  std::string GrpcTarget() { return absl::StrCat("127.0.0.1:", grpc_->port(), "/test.P/Do"); }

  json Saga(const std::string& gid, size_t steps, const std::string& path = "/do") {
    json request = {{"gid", gid}, {"trans_type", "saga"}, {"wait_result", true}};
    for (size_t i = 0; i < steps; ++i) {
      request["steps"].push_back(
          {{"action", HttpTarget(path)}, {"compensate", HttpTarget("/undo")}});
      request["payloads"].push_back("");
    }
    return request;
  }

  fixture::HttpAnswer Call(const std::string& name, const json& body) {
    return fixture::HttpPost(sagad_->http_address(), "/api/dtmsvr/" + name, body.dump());
  }

  void ExpectRefused(const std::string& name, const json& body, const std::string& key,
                     int status = 500) {
    const fixture::HttpAnswer answer = Call(name, body);
    EXPECT_EQ(answer.status, status) << key;
    EXPECT_THAT(answer.body, HasSubstr(key));
  }

  json Query(const std::string& gid) {
    const std::string path = "/api/dtmsvr/query?gid=" + gid;
    return json::parse(fixture::HttpGet(sagad_->http_address(), path).body, nullptr, false);
  }

  // Calls of one op, in the order they came.
  static std::vector<SeenCall> CallsOf(const tests::Participant& participant,
                                       const std::string& op) {
    std::vector<SeenCall> calls;
    for (const SeenCall& call : participant.seen()) {
      const auto header = call.headers.find("dtm-op");
      if (call.target.find("op=" + op) != std::string::npos ||
          (header != call.headers.end() && header->second == op)) {
        calls.push_back(call);
      }
    }
    return calls;
  }

  fixture::TempDir dir_;
  std::unique_ptr<tests::Participant> http_;
  std::unique_ptr<tests::Participant> grpc_;
  std::unique_ptr<fixture::Sagad> sagad_;
};

TEST_F(LimitsTest, DefaultsRefuseByTheKeysName) {
  Start({});
  json request = Saga("g", 1);
  request["payloads"][0] = std::string(core::kMaxPayloadSize + 1, 'p');
  ExpectRefused("submit", request, "limit.payload_bytes");
  request["payloads"][0] = std::string(core::kMaxRequestSize, 'p');
  ExpectRefused("submit", request, "limit.request_bytes", 413);
  request = Saga("g", 1);
  request["custom_data"] = absl::StrCat("\"", std::string(core::kMaxCustomDataLength, 'c'), "\"");
  ExpectRefused("submit", request, "limit.custom_data_bytes");
  ExpectRefused("submit", Saga("g", core::kMaxSteps + 1), "limit.steps");
  const json end = {
      {"gid", "g"},
      {"trans_type", "workflow"},
      {"req_extra",
       {{"status", "succeed"}, {"result", std::string(core::kMaxResultLength + 1, 'r')}}}};
  ExpectRefused("submit", end, "limit.result_bytes");
  const json branch = {{"gid", "g"},
                       {"trans_type", "tcc"},
                       {"branch_id", "01"},
                       {"data", std::string(core::kMaxPayloadSize + 1, 'p')}};
  ExpectRefused("registerBranch", branch, "limit.payload_bytes");
  EXPECT_THAT(http_->seen(), SizeIs(0));
}

TEST_F(LimitsTest, TenMegabytesGoTheWholeWayOverHttp) {
  Start(Raised());
  const std::string payload = Text(10 * kMega);
  json request = Saga("big", 1);
  request["payloads"][0] = payload;
  ASSERT_EQ(Call("submit", request).status, 200);
  const std::vector<SeenCall> calls = CallsOf(*http_, "action");
  ASSERT_THAT(calls, SizeIs(1));
  EXPECT_TRUE(calls[0].body == payload);
  for (const bool restarted : {false, true}) {
    const json shown = Query("big");
    ASSERT_TRUE(shown.is_object());
    EXPECT_EQ(shown["transaction"]["status"], "succeed");
    std::string stored;
    ASSERT_TRUE(absl::Base64Unescape(shown["branches"][1]["bin_data"].get<std::string>(), &stored));
    EXPECT_TRUE(stored == payload);
    if (restarted) break;
    sagad_->Kill();
    sagad_->Start();
    ASSERT_TRUE(sagad_->WaitReady()) << sagad_->process().Stderr();
  }
}

TEST_F(LimitsTest, TenMegabytesGoTheWholeWayOverGrpc) {
  Start(Raised());
  const std::string payload = Text(10 * kMega);
  dtmgimp::DtmRequest request;
  request.set_gid("big");
  request.set_transtype("saga");
  request.mutable_transoptions()->set_waitresult(true);
  request.set_steps(json({{{"action", GrpcTarget()}}, {{"action", HttpTarget("/do")}}}).dump());
  request.add_binpayloads(payload);
  request.add_binpayloads(payload);
  const auto channel =
      grpc::CreateChannel(sagad_->grpc_address(), grpc::InsecureChannelCredentials());
  const auto stub = dtmgimp::Dtm::NewStub(channel);
  const auto submit = [&] {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
    google::protobuf::Empty reply;
    return stub->Submit(&context, request, &reply);
  };
  const grpc::Status status = submit();
  ASSERT_TRUE(status.ok()) << status.error_message();
  for (const auto* participant : {grpc_.get(), http_.get()}) {
    const std::vector<SeenCall> calls = CallsOf(*participant, "action");
    ASSERT_THAT(calls, SizeIs(1));
    EXPECT_TRUE(calls[0].body == payload);
  }
  request.set_gid("too big");
  request.set_binpayloads(0, Text(13 * kMega));
  EXPECT_THAT(submit().error_message(), HasSubstr("limit.payload_bytes"));
}

TEST_F(LimitsTest, AMegabyteOfCustomData) {
  Start(Raised());
  json request = Saga("g", 2);
  request["custom_data"] =
      json({{"concurrent", true}, {"orders", {{"1", {0}}}}, {"note", Text(kMega)}}).dump();
  ASSERT_EQ(Call("submit", request).status, 200);
  EXPECT_TRUE(Query("g")["transaction"]["custom_data"] == request["custom_data"]);
}

TEST_F(LimitsTest, AReasonOf64Kilobytes) {
  Start(Raised());
  const std::string reason = Text(64 << 10);
  ASSERT_EQ(Call("prepare", {{"gid", "tcc"}, {"trans_type", "tcc"}}).status, 200);
  const json abort = {
      {"gid", "tcc"}, {"trans_type", "tcc"}, {"rollback_reason", reason + "beyond"}};
  ASSERT_EQ(Call("abort", abort).status, 200);
  EXPECT_EQ(Query("tcc")["transaction"]["rollback_reason"], reason) << "and longer ones are cut";

  // A participant's own words, 100 KB of them.
  EXPECT_EQ(Call("submit", Saga("saga", 1, "/refuse")).status, 409);
  const std::string told = Query("saga")["transaction"]["rollback_reason"];
  EXPECT_EQ(told.size(), 64u << 10);
  EXPECT_THAT(told, StartsWith(absl::StrCat("url:", HttpTarget("/refuse"), " return failed: 01")));
}

TEST_F(LimitsTest, AnAnswerOverGrpcIsCutToWhatClientsTake) {
  Start(Raised());
  dtmgimp::DtmRequest request;
  request.set_gid("g");
  request.set_transtype("saga");
  request.mutable_transoptions()->set_waitresult(true);
  request.set_steps(json({{{"action", HttpTarget("/refuse")}}}).dump());
  request.add_binpayloads("p");
  const auto stub = dtmgimp::Dtm::NewStub(
      grpc::CreateChannel(sagad_->grpc_address(), grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
  google::protobuf::Empty reply;
  const grpc::Status status = stub->Submit(&context, request, &reply);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::ABORTED) << status.error_message();
  EXPECT_THAT(status.error_message(), HasSubstr("0123456789"));
}

TEST_F(LimitsTest, AMegabyteAndAHalfOfResult) {
  Start(Raised());
  const json workflow = {{"gid", "w"}, {"trans_type", "workflow"}};
  ASSERT_EQ(Call("prepareWorkflow", workflow).status, 200);
  std::string result;
  absl::Base64Escape(Text(3 * kMega / 2), &result);
  json end = workflow;
  end["req_extra"] = {{"status", "succeed"}, {"result", result}};
  ASSERT_EQ(Call("submit", end).status, 200);
  const json again = json::parse(Call("prepareWorkflow", workflow).body, nullptr, false);
  ASSERT_TRUE(again.is_object());
  EXPECT_TRUE(again["transaction"]["result"] == result);
}

TEST_F(LimitsTest, FiveHundredStepsByDefaultAndMoreWhenAllowed) {
  Start({});
  json request = Saga("g500", 500);
  ASSERT_EQ(Call("submit", request).status, 200);
  std::vector<std::string> ids;
  for (const SeenCall& call : CallsOf(*http_, "action")) {
    const size_t at = call.target.find("branch_id=") + 10;
    ids.push_back(call.target.substr(at, call.target.find('&', at) - at));
  }
  std::vector<std::string> in_order;
  for (int i = 1; i <= 500; ++i) in_order.push_back(absl::StrCat(i < 10 ? "0" : "", i));
  EXPECT_THAT(ids, ElementsAreArray(in_order));
  EXPECT_THAT(Query("g500")["branches"], SizeIs(1000));

  ASSERT_EQ(sagad_->Stop(), 0);
  Start(Raised());
  request = Saga("g1400", 1400);
  request["custom_data"] = R"({"concurrent":true})";
  ASSERT_EQ(Call("submit", request).status, 200);
  EXPECT_THAT(CallsOf(*http_, "action"), SizeIs(1900));
  ExpectRefused("submit", Saga("more", 1501),
                "1501 steps given, at most 1500 allowed (limit.steps)");
}

class OrderTest : public LimitsTest, public testing::WithParamInterface<const char*> {};

// DTM's lists have the order of whole seconds.
TEST_P(OrderTest, ListsAreInTheOrderOfCreationWithinASecond) {
  Start({"--store", GetParam()});
  std::vector<std::string> newest_first;
  for (int i = 0; i < 20; ++i) {
    // Names that no order of names puts right.
    const std::string gid = absl::StrCat((i * 7) % 20, "-order");
    ASSERT_EQ(Call("prepare", {{"gid", gid}, {"trans_type", "tcc"}}).status, 200);
    newest_first.insert(newest_first.begin(), gid);
  }
  std::vector<std::string> listed;
  std::string position;
  while (true) {
    const std::string path = "/api/dtmsvr/all?limit=7&position=" + position;
    const json page =
        json::parse(fixture::HttpGet(sagad_->http_address(), path).body, nullptr, false);
    ASSERT_TRUE(page.is_object());
    for (const json& transaction : page["transactions"]) listed.push_back(transaction["gid"]);
    position = page["next_position"];
    if (position.empty()) break;
  }
  EXPECT_EQ(listed, newest_first);
}

INSTANTIATE_TEST_SUITE_P(Stores, OrderTest, testing::Values("sqlite", "memory"),
                         [](const auto& test) { return std::string(test.param); });

}  // namespace
}  // namespace saga::e2e
