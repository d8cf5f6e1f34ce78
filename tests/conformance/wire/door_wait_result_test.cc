// What a client that waits for the result is told (rows "wait_result" of protocol 1.4), over HTTP
// and over gRPC.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "tests/conformance/stage/differences.h"
#include "tests/conformance/wire/door_test.h"

namespace saga::conformance {
namespace {

constexpr char kStillRunning[] = "wait result not return success: FAILURE";
constexpr char kUnclear[] =
    "your http/grpc result should be specified as in:\nhttp://d.dtm.pub/practice/"
    "arch.html#proto\nunkown result will be retried: ";

class WaitResult : public DoorTest {
 protected:
  static HttpAnswer Submit(nlohmann::json body) {
    body["wait_result"] = true;
    return Post("submit", body);
  }

  // A prepared TCC or XA with one branch; submitted or aborted it calls `path`.
  static std::string Prepared(const std::string& mode, const std::string& path) {
    const std::string gid = NewGid("wait-" + mode);
    nlohmann::json body = Bare(mode, gid);
    body["wait_result"] = true;
    EXPECT_THAT(Post("prepare", body), IsSuccess());
    EXPECT_THAT(Post("registerBranch", Branch(mode, gid, "01", path)), IsSuccess());
    return gid;
  }

  static GrpcAnswer SubmitGrpc(const std::string& mode, const std::string& method) {
    const std::string gid = NewGid("wait-grpc-" + mode);
    dtmgimp::DtmRequest request = Request(mode, gid);
    request.mutable_transoptions()->set_waitresult(true);
    request.set_steps(nlohmann::json({{{"action", recorder().GrpcTarget(method)},
                                       {"compensate", recorder().GrpcTarget("Undo")}}})
                          .dump());
    request.add_binpayloads("x");
    return Rpc("Submit", request);
  }
};

TEST_F(WaitResult, SucceededSagaIsDoneOnReturn) {
  const std::string gid = NewGid("wait-saga");
  EXPECT_THAT(Submit(Saga(gid, "/ok")), IsSuccess());
  EXPECT_EQ(StatusOf(gid), "succeed");
  EXPECT_THAT(SubmitGrpc("saga", "Ok"), IsGrpc(0, ""));
}

TEST_F(WaitResult, FailedSagaSaysWhy) {
  const std::string gid = NewGid("wait-saga");
  const std::string reason =
      absl::StrCat("url:", Url("/fail"), " return failed: {\"error\":\"no funds\"} FAILURE");
  EXPECT_THAT(Submit(Saga(gid, "/fail")), IsFailure(reason));
  EXPECT_EQ(StatusOf(gid), "failed");
  EXPECT_EQ(Query(gid)["transaction"]["rollback_reason"], reason);
  EXPECT_THAT(SubmitGrpc("saga", "Fail"),
              IsGrpc(10, absl::StrCat("url:", recorder().GrpcTarget("Fail"),
                                      " return failed: no funds FAILURE")));
}

TEST_F(WaitResult, SagaThatIsStillRunning) {
  for (const char* path : {"/ongoing", "/error"}) {
    const std::string gid = NewGid("wait-saga");
    EXPECT_THAT(Submit(Saga(gid, path)), IsFailure(kStillRunning)) << path;
    EXPECT_EQ(StatusOf(gid), "submitted");
  }
  EXPECT_THAT(SubmitGrpc("saga", "Ongoing"), IsGrpc(10, kStillRunning));
  EXPECT_THAT(SubmitGrpc("saga", "Error"), IsGrpc(10, kStillRunning));
}

TEST_F(WaitResult, SagaThatIsStillUndone) {
  const std::string gid = NewGid("wait-saga");
  EXPECT_THAT(Submit(Saga(gid, "/fail", "/ongoing")),
              IsFailure(absl::StrCat("url:", Url("/fail"),
                                     " return failed: {\"error\":\"no funds\"} FAILURE")));
  EXPECT_EQ(StatusOf(gid), "aborting");
}

TEST_F(WaitResult, Message) {
  EXPECT_THAT(Submit(Message(NewGid("wait-msg"), "/ok")), IsSuccess());
  EXPECT_THAT(Submit(Message(NewGid("wait-msg"), "/ongoing")), IsFailure(kStillRunning));
  EXPECT_THAT(Submit(Message(NewGid("wait-msg"), "/error")),
              IsError(absl::StrCat(kUnclear, "boom")));
  EXPECT_THAT(Submit(Message(NewGid("wait-msg"), "/fail")),
              IsFailure(absl::StrCat(kUnclear, "{\"error\":\"no funds\"} FAILURE")));
  EXPECT_THAT(SubmitGrpc("msg", "Ok"), IsGrpc(0, ""));
  EXPECT_THAT(SubmitGrpc("msg", "Ongoing"), IsGrpc(10, kStillRunning));
  EXPECT_THAT(SubmitGrpc("msg", "Fail"), IsGrpc(10, absl::StrCat(kUnclear, "no funds FAILURE")));
}

TEST_F(WaitResult, DelayedMessage) {
  nlohmann::json body = Message(NewGid("wait-delay"), "/ok");
  body["custom_data"] = R"({"delay":600})";
  EXPECT_THAT(Submit(body), IsFailure(kStillRunning));
  EXPECT_EQ(StatusOf(body["gid"]), "submitted");
}

TEST_F(WaitResult, TccAndXa) {
  for (const char* mode : {"tcc", "xa"}) {
    EXPECT_THAT(Submit(Bare(mode, Prepared(mode, "/ok"))), IsSuccess()) << mode;
    EXPECT_THAT(Submit(Bare(mode, Prepared(mode, "/ongoing"))), IsOngoing("ONGOING")) << mode;
    EXPECT_THAT(Submit(Bare(mode, Prepared(mode, "/error"))),
                IsError(absl::StrCat(kUnclear, "boom")))
        << mode;
    EXPECT_THAT(Submit(Bare(mode, Prepared(mode, "/fail"))),
                IsFailure(absl::StrCat(kUnclear, "{\"error\":\"no funds\"} FAILURE")))
        << mode;
  }
}

// An abort waits when the prepare said so.
TEST_F(WaitResult, Abort) {
  for (const char* mode : {"tcc", "xa"}) {
    const std::string done = Prepared(mode, "/ok");
    EXPECT_THAT(Post("abort", Bare(mode, done)), IsSuccess()) << mode;
    EXPECT_EQ(StatusOf(done), "failed");
    EXPECT_THAT(Post("abort", Bare(mode, Prepared(mode, "/ongoing"))), IsOngoing("ONGOING"))
        << mode;
    EXPECT_THAT(Post("abort", Bare(mode, Prepared(mode, "/error"))),
                IsError(absl::StrCat(kUnclear, "boom")))
        << mode;
  }
}

TEST_F(WaitResult, TccOverGrpc) {
  const auto submit = [&](const std::string& mode, const std::string& path) {
    dtmgimp::DtmRequest request = Request(mode, Prepared(mode, path));
    request.mutable_transoptions()->set_waitresult(true);
    return Rpc("Submit", request);
  };
  for (const char* mode : {"tcc", "xa"}) {
    EXPECT_THAT(submit(mode, "/ok"), IsGrpc(0, "")) << mode;
    EXPECT_THAT(submit(mode, "/ongoing"), IsGrpc(9, "ONGOING")) << mode;
    EXPECT_THAT(submit(mode, "/error"), IsGrpc(2, absl::StrCat(kUnclear, "boom"))) << mode;
    EXPECT_THAT(submit(mode, "/fail"),
                IsGrpc(10, absl::StrCat(kUnclear, "{\"error\":\"no funds\"} FAILURE")))
        << mode;
  }
}

// Without it the answer comes before anything was called (protocol 5.8).
TEST_F(WaitResult, NotWaitedFor) {
  recorder().Answer("/never", {{.hang = true}});
  const std::string gid = NewGid("no-wait");
  EXPECT_THAT(Post("submit", Saga(gid, "/never")), IsSuccess());
  EXPECT_EQ(StatusOf(gid), "submitted");
}

}  // namespace
}  // namespace saga::conformance
