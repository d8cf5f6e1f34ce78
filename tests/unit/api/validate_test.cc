#include "orchestrator/api/validate.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "orchestrator/core/limits.h"

namespace saga::api {
namespace {

using testing::AllOf;
using testing::HasSubstr;

DtmRequest Good(const std::string& trans_type = "saga") {
  DtmRequest request;
  request.gid = "order-1";
  request.trans_type = trans_type;
  request.steps = {{"http://b/act", "http://b/undo", ""}};
  request.payloads = {base::MakeBytes("one")};
  return request;
}

DtmRegistration GoodBranch() {
  DtmRegistration registration;
  registration.gid = "order-1";
  registration.trans_type = "tcc";
  registration.branch_id = "01";
  registration.confirm = "http://b/confirm";
  registration.cancel = "http://b/cancel";
  registration.payload = base::MakeBytes("data");
  return registration;
}

std::string Refusal(const absl::Status& status) {
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  return std::string(status.message());
}

std::string Refusal(const DtmRequest& request) {
  return Refusal(Validate(RequestKind::kSubmit, request));
}

TEST(ValidateTest, GoodRequestsPass) {
  for (const char* mode : {"saga", "tcc", "msg"}) {
    EXPECT_TRUE(Validate(RequestKind::kSubmit, Good(mode)).ok()) << mode;
    EXPECT_TRUE(Validate(RequestKind::kPrepare, Good(mode)).ok()) << mode;
  }
  EXPECT_TRUE(Validate(GoodBranch()).ok());
}

TEST(ValidateTest, OddGidsPass) {
  for (const char* gid : {"order-'  '", "a\"b", "\xE8\xAE\xA2\xE5\x8D\x95-1", "../..", "%00"}) {
    DtmRequest request = Good();
    request.gid = gid;
    EXPECT_TRUE(Validate(RequestKind::kSubmit, request).ok()) << gid;
  }
}

TEST(ValidateTest, Gid) {
  DtmRequest request = Good();
  request.gid = "";
  EXPECT_THAT(Refusal(request), HasSubstr("gid is empty: "));
  request.gid = std::string(core::kMaxGidLength + 1, 'g');
  EXPECT_EQ(Refusal(request),
            "gid has 129 bytes, at most 128 are allowed (kMaxGidLength): choose a shorter one");
  request.gid = std::string(core::kMaxGidLength, 'g');
  EXPECT_TRUE(Validate(RequestKind::kSubmit, request).ok());
  request.gid = std::string("a\0b", 3);
  EXPECT_THAT(Refusal(request), HasSubstr("control character"));
  request.gid = "a\nb";
  EXPECT_THAT(Refusal(request), HasSubstr("control character"));
}

TEST(ValidateTest, GidThatGrpcCannotCarry) {
  DtmRequest request = Good();
  request.gid = "\xC3\xA9";
  request.protocol = "grpc";
  EXPECT_THAT(Refusal(request), HasSubstr("printable ASCII"));
}

TEST(ValidateTest, AbortReadsTheGidOnly) {
  DtmRequest request;
  request.gid = "order-1";
  request.trans_type = "nonsense";
  request.options.retry_limit = -1;
  request.rollback_reason = std::string(100'000, 'r');
  EXPECT_TRUE(Validate(RequestKind::kAbort, request).ok());
  request.gid.clear();
  EXPECT_THAT(Refusal(Validate(RequestKind::kAbort, request)), HasSubstr("gid is empty"));
}

TEST(ValidateTest, TransType) {
  DtmRequest request = Good();
  for (const char* word : {"", "Saga", "nonsense"}) {
    request.trans_type = word;
    EXPECT_EQ(Refusal(request),
              std::string("unknown trans_type '") + word + "': use saga, tcc, msg, xa or workflow");
  }
  EXPECT_EQ(Refusal(Validate(RequestKind::kPrepareWorkflow, Good("tcc"))),
            "prepareWorkflow takes trans_type workflow, not tcc");
}

TEST(ValidateTest, TheEndOfAWorkflow) {
  DtmRequest request;
  request.gid = "order-1";
  request.trans_type = "workflow";
  EXPECT_TRUE(Validate(RequestKind::kPrepareWorkflow, request).ok());
  EXPECT_EQ(Refusal(request), "req_extra.status of a workflow is '' and must be succeed or failed");
  request.req_extra["status"] = "succeed";
  EXPECT_TRUE(Validate(RequestKind::kSubmit, request).ok());
  request.req_extra["result"] = std::string(core::kMaxResultLength + 1, 'a');
  EXPECT_THAT(Refusal(request), HasSubstr("limit.result_bytes"));
}

TEST(ValidateTest, AWorkflowsStep) {
  DtmRegistration step = GoodBranch();
  step.trans_type = "workflow";
  step.op = "action";
  step.status = "succeed";
  EXPECT_TRUE(Validate(step).ok());
  step.status = "prepared";
  EXPECT_THAT(Refusal(Validate(step)), HasSubstr("must be succeed or failed"));
  step.status = "failed";
  for (const char* op : {"", "dance", "msg", "callback"}) {
    step.op = op;
    EXPECT_THAT(Refusal(Validate(step)), HasSubstr(std::string("unknown op '") + op + "'"));
  }
}

TEST(ValidateTest, Protocol) {
  DtmRequest request = Good();
  for (const char* word : {"", "http", "json-rpc"}) {
    request.protocol = word;
    EXPECT_TRUE(Validate(RequestKind::kSubmit, request).ok()) << word;
  }
  request.protocol = "smoke";
  EXPECT_THAT(Refusal(request), HasSubstr("unknown protocol 'smoke'"));
}

TEST(ValidateTest, Steps) {
  DtmRequest request = Good();
  request.steps.resize(10'000);
  EXPECT_EQ(
      Refusal(request),
      "10000 steps given, at most 1000 allowed (limit.steps): split it into several transactions");
  request.steps.resize(2);
  EXPECT_EQ(
      Refusal(request),
      "1 payloads given for 2 steps: send one for each step, an empty one where none is needed");
  request.steps.clear();
  EXPECT_TRUE(Validate(RequestKind::kSubmit, request).ok());
}

TEST(ValidateTest, Targets) {
  DtmRequest request = Good();
  request.steps[0].action = std::string(core::kMaxTargetLength + 1, 'a');
  EXPECT_THAT(Refusal(request),
              HasSubstr("the action of step 0 has 1025 bytes, at most 1024 are allowed"));
  request.steps[0] = {"http://a", std::string(core::kMaxTargetLength + 1, 'a'), ""};
  EXPECT_THAT(Refusal(request), HasSubstr("the compensate of step 0"));
  request.steps[0] = {"http://b/x\r\nHost: evil", "", ""};
  EXPECT_THAT(Refusal(request), HasSubstr("control character"));
  request.steps[0] = {"", "", ""};
  EXPECT_TRUE(Validate(RequestKind::kSubmit, request).ok());
  request.query_prepared = std::string(core::kMaxTargetLength + 1, 'a');
  EXPECT_THAT(Refusal(request), HasSubstr("query_prepared"));
}

TEST(ValidateTest, OnlyMessagesNameTopics) {
  DtmRequest request = Good("msg");
  request.steps[0].action = "topic://orders";
  EXPECT_TRUE(Validate(RequestKind::kSubmit, request).ok());
  request = Good("saga");
  request.steps[0].action = "topic://orders";
  EXPECT_THAT(Refusal(request), HasSubstr("the action of step 0 names a topic"));
}

TEST(ValidateTest, Sizes) {
  DtmRequest request = Good();
  request.payloads[0] = base::MakeBytes(std::string(core::kMaxPayloadSize, 'p'));
  EXPECT_TRUE(Validate(RequestKind::kSubmit, request).ok());
  request.payloads[0] = base::MakeBytes(std::string(core::kMaxPayloadSize + 1, 'p'));
  EXPECT_THAT(Refusal(request),
              HasSubstr("the payload of step 0 has 1048577 bytes, at most 1048576 are allowed"));
  request.payloads.assign(5, base::MakeBytes(std::string(core::kMaxPayloadSize, 'p')));
  EXPECT_THAT(Refusal(request), HasSubstr("limit.request_bytes"));
  request = Good();
  request.custom_data = std::string(core::kMaxCustomDataLength + 1, ' ');
  EXPECT_THAT(Refusal(request), HasSubstr("limit.custom_data_bytes"));
}

TEST(ValidateTest, Seconds) {
  const auto with = [](int64_t core::Options::*field, int64_t value) {
    DtmRequest request = Good("tcc");
    request.options.*field = value;
    return request;
  };
  for (const auto field : {&core::Options::timeout_to_fail_s, &core::Options::retry_interval_s,
                           &core::Options::request_timeout_s}) {
    EXPECT_THAT(Refusal(with(field, -1)), HasSubstr("is -1 and must be from 0 to"));
    EXPECT_THAT(Refusal(with(field, INT64_MAX)), HasSubstr("kMaxOptionSeconds"));
    EXPECT_TRUE(Validate(RequestKind::kSubmit, with(field, core::kMaxOptionSeconds)).ok());
  }
  EXPECT_THAT(Refusal(with(&core::Options::retry_limit, -1)), HasSubstr("retry_limit is -1"));
}

TEST(ValidateTest, Headers) {
  DtmRequest request = Good();
  request.options.branch_headers = {{"test_header", "yes 1"}, {"X-Trace.id", ""}};
  EXPECT_TRUE(Validate(RequestKind::kSubmit, request).ok());
  for (const char* name : {"", "a b", "a:b", "a\nb", ":path", "\xC3\xA9"}) {
    request.options.branch_headers = {{name, "v"}};
    EXPECT_THAT(Refusal(request), HasSubstr("a name in branch_headers")) << name;
  }
  for (const char* value : {"a\r\nX: y", "\xC3\xA9", "\t"}) {
    request.options.branch_headers = {{"k", value}};
    EXPECT_THAT(Refusal(request), HasSubstr("printable ASCII")) << value;
  }
  request.options.branch_headers.clear();
  for (size_t i = 0; i <= core::kMaxBranchHeaders; ++i)
    request.options.branch_headers["k" + std::to_string(i)] = "";
  EXPECT_THAT(Refusal(request),
              HasSubstr("65 branch_headers given, at most 64 allowed (kMaxBranchHeaders)"));
  request.options.branch_headers = {{"k", std::string(core::kMaxHeaderBytes, 'v')}};
  EXPECT_THAT(Refusal(request), HasSubstr("kMaxHeaderBytes"));
}

TEST(ValidateTest, Registration) {
  DtmRegistration registration = GoodBranch();
  registration.trans_type = "nonsense";
  registration.gid = "";  // the type is told first, as DTM does
  const absl::Status unknown = Validate(registration);
  EXPECT_EQ(unknown.code(), absl::StatusCode::kUnknown);
  EXPECT_EQ(unknown.message(), "unknow trans type: nonsense");

  registration = GoodBranch();
  registration.gid = "";
  EXPECT_THAT(Refusal(Validate(registration)), HasSubstr("gid is empty"));
  registration = GoodBranch();
  registration.branch_id = "";
  EXPECT_THAT(Refusal(Validate(registration)), HasSubstr("branch_id is empty"));
  registration.branch_id = std::string(core::kMaxBranchIdLength + 1, '1');
  EXPECT_THAT(Refusal(Validate(registration)), HasSubstr("kMaxBranchIdLength"));
  registration.branch_id = "0\n1";
  EXPECT_THAT(Refusal(Validate(registration)), HasSubstr("printable ASCII"));
  registration = GoodBranch();
  registration.confirm = std::string(core::kMaxTargetLength + 1, 'c');
  EXPECT_THAT(Refusal(Validate(registration)), HasSubstr("confirm has 1025 bytes"));
  registration = GoodBranch();
  registration.cancel = std::string(core::kMaxTargetLength + 1, 'c');
  EXPECT_THAT(Refusal(Validate(registration)), HasSubstr("cancel has 1025 bytes"));
  registration = GoodBranch();
  registration.payload = base::MakeBytes(std::string(core::kMaxPayloadSize + 1, 'p'));
  EXPECT_THAT(Refusal(Validate(registration)), HasSubstr("limit.payload_bytes"));
}

TEST(ValidateTest, TargetsThatNobodyCanCall) {
  DtmRequest request = Good("msg");
  request.steps[0].action = "nacos://svc/path?groupName=DEFAULT_GROUP";
  EXPECT_THAT(Refusal(request), AllOf(HasSubstr("the action of step 0 begins with 'nacos://'"),
                                      HasSubstr("http://host:port/path")));
  request = Good();
  request.steps[0].compensate = "host:1/pkg.Svc/M";
  EXPECT_THAT(Refusal(request), HasSubstr("the compensate of step 0 is 'host:1/pkg.Svc/M' and"));
  request.protocol = "grpc";
  EXPECT_TRUE(Validate(RequestKind::kSubmit, request).ok());
  request.steps[0].compensate = "host:1";
  EXPECT_THAT(Refusal(request), HasSubstr("the compensate of step 0 cannot be called: "));
  for (const char* mode : {"msg", "workflow"}) {
    request = Good(mode);
    request.req_extra["status"] = "succeed";
    request.query_prepared = "etcd://h:2379/svc";
    EXPECT_THAT(Refusal(request), HasSubstr("query_prepared begins with 'etcd://'")) << mode;
  }
  // Nobody calls it back.
  request = Good("saga");
  request.query_prepared = "etcd://h:2379/svc";
  EXPECT_TRUE(Validate(RequestKind::kSubmit, request).ok());
}

TEST(ValidateTest, TargetsThatNobodyCanCallAreNotRegistered) {
  for (const auto field :
       {&DtmRegistration::confirm, &DtmRegistration::cancel, &DtmRegistration::url}) {
    DtmRegistration registration = GoodBranch();
    registration.*field = "not_exists://abc";
    EXPECT_THAT(Refusal(Validate(registration)), HasSubstr("begins with 'not_exists://'"));
    // The transaction may be one of HTTP or of gRPC.
    for (const char* target : {"", "host:1/pkg.Svc/M", "https://b/x", "anything"}) {
      registration.*field = target;
      EXPECT_TRUE(Validate(registration).ok()) << target;
    }
  }
}

}  // namespace
}  // namespace saga::api
