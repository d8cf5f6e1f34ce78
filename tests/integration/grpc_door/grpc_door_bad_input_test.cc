// Whatever is sent, the answer is an error that says what to do, and the next good request is
// served.

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "orchestrator/core/limits.h"
#include "tests/integration/grpc_door/door.h"
#include "tests/integration/grpc_door/raw_call.h"

namespace saga::integration {
namespace {

using grpc::StatusCode;
using testing::HasSubstr;
using testing::IsEmpty;

class GrpcDoorBadInputTest : public testing::Test {
 protected:
  void TearDown() override {
    EXPECT_THAT(door_.caller().Calls(), IsEmpty());
    EXPECT_TRUE(door_.Submit(Request("good", "saga", 2)).ok());
  }

  void ExpectRefused(const grpc::Status& status, const std::string& text) {
    EXPECT_EQ(status.error_code(), StatusCode::INTERNAL);
    EXPECT_THAT(status.error_message(), HasSubstr(text));
  }

  Door door_;
};

TEST_F(GrpcDoorBadInputTest, TransTypes) {
  ExpectRefused(door_.Submit(Request("g", "", 1)), "unknown trans_type ''");
  ExpectRefused(door_.Prepare(Request("g", "nonsense", 1)), "unknown trans_type 'nonsense'");
  ExpectRefused(door_.Submit(Request("g", "workflow", 0)), "req_extra.status of a workflow is ''");
}

TEST_F(GrpcDoorBadInputTest, Gids) {
  ExpectRefused(door_.Submit(Request("", "saga", 1)), "gid is empty");
  ExpectRefused(door_.Submit(Request(std::string(129, 'g'), "saga", 1)), "kMaxGidLength");
  ExpectRefused(door_.Abort(Request("", "tcc", 0)), "gid is empty");
  ExpectRefused(door_.Submit(Request("\xE8\xAE\xA2", "saga", 1)), "printable ASCII");
}

TEST_F(GrpcDoorBadInputTest, Steps) {
  for (const char* steps : {"garbage", "{}", "[1]", R"([{"action":{"deep":[]}}])", "[{]"}) {
    auto request = Request("g", "saga", 1);
    request.set_steps(steps);
    ExpectRefused(door_.Submit(request), "Steps must be a JSON list");
  }
  auto deep = Request("g", "saga", 1);
  deep.set_steps(std::string(1'000'000, '['));
  ExpectRefused(door_.Submit(deep), "Steps must be a JSON list");
}

TEST_F(GrpcDoorBadInputTest, TenThousandBranches) {
  ExpectRefused(door_.Submit(Request("g", "saga", 10'000)),
                "10000 steps given, at most 1000 allowed (limit.steps)");
}

TEST_F(GrpcDoorBadInputTest, FewerPayloadsThanSteps) {
  auto request = Request("g", "saga", 2);
  request.mutable_binpayloads()->RemoveLast();
  ExpectRefused(door_.Submit(request), "1 payloads given for 2 steps");
}

TEST_F(GrpcDoorBadInputTest, Topics) {
  auto request = Request("g", "msg", 1);
  request.set_steps(R"([{"action":"topic://orders"}])");
  ExpectRefused(door_.Submit(request), "topic not found");
}

TEST_F(GrpcDoorBadInputTest, CustomData) {
  auto request = Request("g", "saga", 2);
  request.set_customeddata("not json");
  ExpectRefused(door_.Submit(request), "custom_data is not JSON");
  request.set_customeddata(R"({"concurrent":true,"orders":{"0":[1],"1":[0]}})");
  ExpectRefused(door_.Submit(request), "cycle");
  request.set_customeddata(std::string(100'000, '['));
  ExpectRefused(door_.Submit(request), "kMaxJsonDepth");
}

TEST_F(GrpcDoorBadInputTest, Options) {
  auto request = Request("g", "saga", 1);
  request.mutable_transoptions()->set_retryinterval(-1);
  ExpectRefused(door_.Submit(request), "retry_interval is -1");
  request = Request("g", "saga", 1);
  (*request.mutable_transoptions()->mutable_branchheaders())["bad name"] = "v";
  ExpectRefused(door_.Submit(request), "branch_headers");
}

TEST_F(GrpcDoorBadInputTest, LargePayload) {
  auto request = Request("g", "saga", 1);
  request.set_binpayloads(0, std::string(core::kMaxPayloadSize + 1, 'p'));
  ExpectRefused(door_.Submit(request), "limit.payload_bytes");
}

TEST_F(GrpcDoorBadInputTest, HugeRequestIsNotEvenRead) {
  auto request = Request("g", "saga", 1);
  request.set_binpayloads(0, std::string(core::kMaxRequestSize + core::kGrpcMessageSlack + 1, 'p'));
  EXPECT_EQ(door_.Submit(request).error_code(), StatusCode::RESOURCE_EXHAUSTED);
}

TEST_F(GrpcDoorBadInputTest, GarbageBytes) {
  for (const char* bytes : {"\xff\xff\xff\xff", "\x0a\x7fshort", "\x0a\x02\xc3\x28", "garbage"}) {
    std::string reply;
    for (const char* method : {"Submit", "Prepare", "Abort"}) {
      ExpectRefused(RawCall(door_.channel(), std::string("/dtmgimp.Dtm/") + method, bytes, &reply),
                    "the bytes of the request are not a dtmgimp.DtmRequest");
    }
    ExpectRefused(RawCall(door_.channel(), "/dtmgimp.Dtm/RegisterBranch", bytes, &reply),
                  "the bytes of the request are not a dtmgimp.DtmBranchRequest");
  }
}

TEST_F(GrpcDoorBadInputTest, MethodsThatAreNotServed) {
  std::string reply;
  for (const char* method : {"/dtmgimp.Dtm/Query", "/no.such.Service/Submit"}) {
    EXPECT_EQ(RawCall(door_.channel(), method, "", &reply).error_code(), StatusCode::UNIMPLEMENTED)
        << method;
  }
}

TEST_F(GrpcDoorBadInputTest, Registrations) {
  ExpectRefused(door_.RegisterBranch(Branch("", "01")), "gid is empty");
  ExpectRefused(door_.RegisterBranch(Branch("g", "")), "branch_id is empty");
  auto request = Branch("g", "01");
  request.set_transtype("nonsense");
  const grpc::Status status = door_.RegisterBranch(request);
  EXPECT_EQ(status.error_code(), StatusCode::UNKNOWN);
  EXPECT_EQ(status.error_message(), "unknow trans type: nonsense");
}

}  // namespace
}  // namespace saga::integration
