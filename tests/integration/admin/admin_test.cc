// Every call of saga.v1.Admin but what is special about TCC definitions (admin_tcc_test.cc).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "absl/synchronization/notification.h"
#include "tests/integration/admin/operator_door.h"

namespace saga::integration {
namespace {

using core::Outcome;
using grpc::StatusCode;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

constexpr char kOneAction[] = "http://p:1/one/action";
constexpr char kTwoAction[] = "http://p:1/two/action";

class AdminTest : public ::testing::Test {
 protected:
  // One line per entry: "kind branch op attempt outcome text actor".
  std::vector<std::string> HistoryLines(const std::string& gid) {
    std::vector<std::string> lines;
    int64_t last = 0;
    const v1::HistoryReply history = door_.History(gid);
    for (const v1::HistoryEntry& entry : history.entries()) {
      EXPECT_GE(entry.time_us(), last);
      last = entry.time_us();
      std::string line = entry.kind();
      for (const std::string& part :
           {entry.branch_id(), entry.op(), entry.outcome(), entry.text(), entry.actor()}) {
        if (!part.empty()) line += " | " + part;
      }
      lines.push_back(line);
    }
    return lines;
  }

  grpc::Status Abort(const std::string& gid, v1::Transaction* reply,
                     const std::string& reason = "wrong order") {
    v1::AbortRequest request;
    request.set_gid(gid);
    *request.mutable_actor() = OperatorDoor::Actor(reason);
    return door_.Call(&v1::Admin::Stub::Abort, request, reply);
  }
  grpc::Status RetryNow(const std::string& gid, v1::Transaction* reply) {
    v1::RetryNowRequest request;
    request.set_gid(gid);
    *request.mutable_actor() = OperatorDoor::Actor("it is up again");
    return door_.Call(&v1::Admin::Stub::RetryNow, request, reply);
  }
  grpc::Status List(const v1::ListRequest& request, v1::ListReply* reply) {
    return door_.Call(&v1::Admin::Stub::List, request, reply);
  }
  v1::Transaction Submitted(const std::string& id, bool wait = true) {
    v1::SubmitReply reply;
    const grpc::Status status = door_.Submit("pay", "{\"id\":\"" + id + "\"}", wait, &reply);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return reply.transaction();
  }
  void ExpectRefused(const grpc::Status& status, StatusCode code, const std::string& text) {
    EXPECT_EQ(status.error_code(), code) << status.error_message();
    EXPECT_THAT(status.error_message(), HasSubstr(text));
  }

  OperatorDoor door_;
};

TEST_F(AdminTest, ADefinitionBecomesATransaction) {
  v1::SubmitReply reply;
  ASSERT_TRUE(door_.Submit("pay", R"({"id":"A-1"})", true, &reply).ok());
  EXPECT_FALSE(reply.already_known());
  const v1::Transaction& transaction = reply.transaction();
  EXPECT_EQ(transaction.gid(), "pay-A-1");
  EXPECT_EQ(transaction.status(), "succeed");
  EXPECT_EQ(transaction.mode(), "saga");
  EXPECT_EQ(transaction.protocol(), "http");
  EXPECT_EQ(transaction.definition(), "pay");
  EXPECT_EQ(transaction.definition_version(), 4u);
  EXPECT_EQ(transaction.health(), "ended");
  EXPECT_EQ(transaction.waits_for(), "");
  EXPECT_EQ(transaction.next_wake_us(), 0);
  EXPECT_EQ(transaction.retry_interval_s(), 1000);
  ASSERT_EQ(transaction.branches_size(), 4);
  EXPECT_EQ(transaction.branches(1).op(), "action");
  EXPECT_EQ(transaction.branches(1).payload(), R"({"id":"A-1"})");
  EXPECT_EQ(transaction.branches(2).target(), "");

  EXPECT_THAT(door_.caller().Calls(), ElementsAre(std::string("action ") + kOneAction,
                                                  std::string("action ") + kTwoAction));
  const port::BranchCall call = door_.caller().FullCalls()[0];
  EXPECT_EQ(call.headers.at("x-shop"), "s");
  EXPECT_EQ(call.timeout, base::Seconds(7));
  EXPECT_THAT(HistoryLines("pay-A-1"),
              ElementsAre("submitted | definition pay version 4 | ann@desk test 1.0: because",
                          "answered | 01 | action | success", "answered | 02 | action | success",
                          "ended | succeed"));
}

TEST_F(AdminTest, ARepeatedSubmitFindsTheFirst) {
  door_.caller().Hold(kTwoAction);
  EXPECT_EQ(Submitted("A-1", /*wait=*/false).status(), "submitted");
  v1::SubmitReply open;
  ASSERT_TRUE(door_.Submit("pay", R"({"id":"A-1"})", false, &open).ok());
  EXPECT_TRUE(open.already_known());
  EXPECT_EQ(open.transaction().status(), "submitted");
  ASSERT_TRUE(door_.caller().WaitForCalls(2));
  door_.caller().Release(kTwoAction);
  EXPECT_EQ(door_.Wait("pay-A-1").status(), "succeed");
  v1::SubmitReply ended;
  ASSERT_TRUE(door_.Submit("pay", R"({"id":"A-1"})", true, &ended).ok());
  EXPECT_TRUE(ended.already_known());
  EXPECT_EQ(ended.transaction().status(), "succeed");
  EXPECT_EQ(door_.caller().Calls().size(), 2u);
}

TEST_F(AdminTest, ARepeatedSubmitMayWaitForTheFirst) {
  door_.caller().Hold(kTwoAction);
  Submitted("A-1", /*wait=*/false);
  ASSERT_TRUE(door_.caller().WaitForCalls(2));
  v1::SubmitReply reply;
  std::thread client(
      [&] { EXPECT_TRUE(door_.Submit("pay", R"({"id":"A-1"})", true, &reply).ok()); });
  door_.caller().Release(kTwoAction);
  client.join();
  EXPECT_TRUE(reply.already_known());
  EXPECT_EQ(reply.transaction().status(), "succeed");
}

TEST_F(AdminTest, FiftyCallbacksMakeOneTransaction) {
  door_.caller().Hold(kOneAction);
  std::atomic<int> first = 0;
  std::atomic<int> known = 0;
  std::vector<std::thread> clients;
  for (int i = 0; i < 50; ++i) {
    clients.emplace_back([&, i] {
      v1::SubmitReply reply;
      const grpc::Status status = door_.Submit("pay", R"({"id":"A-1"})", false, &reply);
      EXPECT_TRUE(status.ok()) << status.error_message();
      EXPECT_EQ(reply.transaction().gid(), "pay-A-1") << i;
      ++(reply.already_known() ? known : first);
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(first, 1);
  EXPECT_EQ(known, 49);
  ASSERT_TRUE(door_.caller().WaitForCalls(1));
  door_.caller().Release(kOneAction);
  EXPECT_EQ(door_.Wait("pay-A-1").status(), "succeed");
  EXPECT_EQ(door_.caller().Calls().size(), 2u);
}

TEST_F(AdminTest, AGidBelongsToOneDefinition) {
  Submitted("A-1");
  v1::SubmitReply reply;
  ExpectRefused(door_.Submit("pay_again", R"({"id":"A-1"})", false, &reply),
                StatusCode::FAILED_PRECONDITION,
                "gid 'pay-A-1' belongs to a transaction of 'pay' already");
  ExpectRefused(door_.Submit("reserve", R"({"id":"A-1"})", false, &reply, "pay-A-1"),
                StatusCode::FAILED_PRECONDITION, "belongs to a transaction of 'pay'");
}

TEST_F(AdminTest, ATransactionOfDtmsDoorIsFoundToo) {
  core::GlobalTransaction draft;
  draft.gid = "pay-D";
  door_.engine().Submit({draft}, engine::WaitFor::kEnd, [](engine::Answer) {});
  EXPECT_EQ(door_.Wait("pay-D").status(), "succeed");
  v1::SubmitReply reply;
  ASSERT_TRUE(door_.Submit("pay", R"({"id":"D"})", false, &reply).ok());
  EXPECT_TRUE(reply.already_known());
  ExpectRefused(door_.Submit("reserve", R"({"id":"D"})", false, &reply, "pay-D"),
                StatusCode::FAILED_PRECONDITION, "belongs to a saga already");
}

TEST_F(AdminTest, BadSubmits) {
  v1::SubmitReply reply;
  ExpectRefused(door_.Submit("pya", "{}", false, &reply), StatusCode::NOT_FOUND,
                "there is no definition 'pya'; loaded are: nokey, pay, pay_again, reserve");
  ExpectRefused(door_.Submit("pay", "nonsense", false, &reply), StatusCode::INVALID_ARGUMENT,
                "not JSON");
  ExpectRefused(door_.Submit("pay", "{}", false, &reply), StatusCode::INVALID_ARGUMENT,
                "key: the input has no");
  ExpectRefused(door_.Submit("pay", "{}", false, &reply, "g"), StatusCode::INVALID_ARGUMENT,
                "step 'one': payload.id: the input has no $input.id");
  ExpectRefused(door_.Submit("nokey", "{}", false, &reply), StatusCode::INVALID_ARGUMENT,
                "name a gid");
  ExpectRefused(door_.Submit("nokey", "{}", false, &reply, std::string(200, 'g')),
                StatusCode::INVALID_ARGUMENT, "gid");
  EXPECT_THAT(door_.caller().Calls(), IsEmpty());
}

TEST_F(AdminTest, GetShowsWhatIsOutRightNow) {
  door_.caller().Hold(kOneAction);
  Submitted("A-1", /*wait=*/false);
  ASSERT_TRUE(door_.caller().WaitForCalls(1));
  const v1::Transaction transaction = door_.Get("pay-A-1");
  EXPECT_EQ(transaction.status(), "submitted");
  EXPECT_EQ(transaction.health(), "running");
  EXPECT_EQ(
      transaction.waits_for(),
      "the answer of action of branch 01 at p:1, attempt 1; repeated until it succeeds or refuses");
  EXPECT_EQ(transaction.next_wake_us(), 0);
  ASSERT_EQ(transaction.branches_size(), 4);
  EXPECT_TRUE(transaction.branches(1).in_flight());
  EXPECT_EQ(transaction.branches(1).attempts(), 1u);
  EXPECT_EQ(transaction.branches(1).last_outcome(), "");
  EXPECT_FALSE(transaction.branches(3).in_flight());
  door_.caller().Release(kOneAction);
}

TEST_F(AdminTest, GetShowsTheOrderGraph) {
  v1::SubmitReply reply;
  ASSERT_TRUE(door_.Submit("nokey", "{}", true, &reply, "g").ok());
  const v1::Transaction transaction = door_.Get("g");
  EXPECT_TRUE(transaction.concurrent());
  ASSERT_EQ(transaction.branches_size(), 4);
  EXPECT_THAT(transaction.branches(1).after(), IsEmpty());
  EXPECT_THAT(transaction.branches(3).after(), ElementsAre(1u));
}

TEST_F(AdminTest, UnknownGids) {
  v1::Transaction transaction;
  v1::GetRequest get;
  get.set_gid("x");
  ExpectRefused(door_.Call(&v1::Admin::Stub::Get, get, &transaction), StatusCode::NOT_FOUND,
                "no transaction 'x'");
  v1::WaitRequest wait;
  wait.set_gid("x");
  ExpectRefused(door_.Call(&v1::Admin::Stub::Wait, wait, &transaction), StatusCode::NOT_FOUND,
                "no transaction 'x'");
  v1::HistoryRequest history;
  history.set_gid("x");
  v1::HistoryReply entries;
  ExpectRefused(door_.Call(&v1::Admin::Stub::History, history, &entries), StatusCode::NOT_FOUND,
                "'x'");
  ExpectRefused(Abort("x", &transaction), StatusCode::NOT_FOUND, "no transaction 'x'");
  ExpectRefused(RetryNow("x", &transaction), StatusCode::NOT_FOUND, "no transaction 'x'");
}

TEST_F(AdminTest, WaitEndsAtTheCallersDeadlineAndTheTransactionGoesOn) {
  door_.caller().Hold(kOneAction);
  Submitted("A-1", /*wait=*/false);
  v1::WaitRequest request;
  request.set_gid("pay-A-1");
  v1::Transaction reply;
  EXPECT_EQ(door_.Call(&v1::Admin::Stub::Wait, request, &reply, std::chrono::milliseconds(100))
                .error_code(),
            StatusCode::DEADLINE_EXCEEDED);
  ASSERT_TRUE(door_.caller().WaitForCalls(1));
  door_.caller().Release(kOneAction);
  EXPECT_EQ(door_.Wait("pay-A-1").status(), "succeed");
}

TEST_F(AdminTest, AWaitThatIsCancelledFreesItsPlace) {
  door_.caller().Hold(kOneAction);
  Submitted("A-1", /*wait=*/false);
  v1::WaitRequest request;
  request.set_gid("pay-A-1");
  // One more than may wait for a gid at once, one after the other.
  for (size_t i = 0; i < core::kMaxWaitersPerGid + 1; ++i) {
    grpc::ClientContext context;
    v1::Transaction reply;
    absl::Notification done;
    StatusCode code = StatusCode::OK;
    door_.stub().async()->Wait(&context, &request, &reply, [&](const grpc::Status& status) {
      code = status.error_code();
      done.Notify();
    });
    context.TryCancel();
    done.WaitForNotification();
    ASSERT_EQ(code, StatusCode::CANCELLED);
  }
  std::thread waiter([&] { EXPECT_EQ(door_.Wait("pay-A-1").status(), "succeed"); });
  door_.caller().Release(kOneAction);
  waiter.join();
}

TEST_F(AdminTest, AnOperatorAbortsARunningSaga) {
  door_.caller().Hold(kTwoAction);
  Submitted("A-1", /*wait=*/false);
  ASSERT_TRUE(door_.caller().WaitForCalls(2));
  v1::Transaction aborting;
  ASSERT_TRUE(Abort("pay-A-1", &aborting).ok());
  EXPECT_EQ(aborting.status(), "aborting");
  EXPECT_EQ(aborting.reason(), "wrong order");
  const v1::Transaction ended = door_.Wait("pay-A-1");
  EXPECT_EQ(ended.status(), "failed");
  EXPECT_THAT(HistoryLines("pay-A-1"),
              ElementsAre(StartsWith("submitted"), "answered | 01 | action | success",
                          "abort_requested | wrong order | ann@desk test 1.0: wrong order",
                          "aborting | wrong order", "answered | 01 | compensate | success",
                          "ended | failed"));
  v1::Transaction again;
  ExpectRefused(Abort("pay-A-1", &again), StatusCode::FAILED_PRECONDITION,
                "is failed and cannot be aborted");
  door_.caller().Release(kTwoAction);
}

TEST_F(AdminTest, AnAbortWithoutAReasonNamesWhoAsked) {
  door_.caller().Hold(kOneAction);
  Submitted("A-1", /*wait=*/false);
  v1::Transaction aborting;
  ASSERT_TRUE(Abort("pay-A-1", &aborting, "").ok());
  EXPECT_EQ(aborting.reason(), "aborted by ann@desk test 1.0");
  door_.caller().Release(kOneAction);
}

TEST_F(AdminTest, RetryNowDoesNotWaitForTheInterval) {
  door_.caller().Script(kOneAction,
                        {{Outcome::kUnknown, "connection refused"}, {Outcome::kSuccess, ""}});
  const v1::Transaction waiting = Submitted("A-1");  // comes to rest
  EXPECT_EQ(waiting.status(), "submitted");
  EXPECT_EQ(waiting.health(), "retrying");
  EXPECT_THAT(waiting.waits_for(),
              StartsWith("action of branch 01 at p:1 to be called again at 2"));
  EXPECT_THAT(waiting.waits_for(),
              HasSubstr(" after 1 attempt; last answer: unknown: connection refused; repeated"));
  EXPECT_GT(waiting.next_wake_us(), waiting.update_time_us() + 900'000'000);
  EXPECT_EQ(waiting.branches(1).next_attempt_us(), waiting.next_wake_us());
  EXPECT_EQ(waiting.branches(1).last_outcome(), "unknown");

  v1::Transaction reply;
  ASSERT_TRUE(RetryNow("pay-A-1", &reply).ok());
  EXPECT_EQ(door_.Wait("pay-A-1").status(), "succeed");
  EXPECT_THAT(
      HistoryLines("pay-A-1"),
      ElementsAre(StartsWith("submitted"), "answered | 01 | action | unknown | connection refused",
                  "retry_now | ann@desk test 1.0: it is up again",
                  "answered | 01 | action | success", "answered | 02 | action | success",
                  "ended | succeed"));
  ExpectRefused(RetryNow("pay-A-1", &reply), StatusCode::FAILED_PRECONDITION,
                "is succeed and waits for no retry");
}

TEST_F(AdminTest, ListFiltersAndPages) {
  for (int i = 0; i < 5; ++i) Submitted("A-" + std::to_string(i));
  door_.caller().Hold(kOneAction);
  Submitted("B-1", /*wait=*/false);
  ASSERT_TRUE(door_.caller().WaitForCalls(11));
  v1::ListRequest request;
  request.set_gid_prefix("pay-A-");
  request.set_limit(2);
  std::vector<std::string> gids;
  size_t pages = 0;
  do {
    v1::ListReply reply;
    ASSERT_TRUE(List(request, &reply).ok());
    for (const v1::Transaction& transaction : reply.transactions()) {
      gids.push_back(transaction.gid());
      EXPECT_EQ(transaction.health(), "ended");
      EXPECT_EQ(transaction.branches_size(), 0);
    }
    request.set_position(reply.next_position());
    ++pages;
  } while (!request.position().empty());
  EXPECT_THAT(gids, ElementsAre("pay-A-4", "pay-A-3", "pay-A-2", "pay-A-1", "pay-A-0"));
  EXPECT_EQ(pages, 3u);

  v1::ListRequest open;
  open.set_open_only(true);
  v1::ListReply reply;
  ASSERT_TRUE(List(open, &reply).ok());
  ASSERT_EQ(reply.transactions_size(), 1);
  EXPECT_EQ(reply.transactions(0).gid(), "pay-B-1");
  EXPECT_EQ(reply.transactions(0).health(), "running");
  EXPECT_EQ(reply.next_position(), "");

  v1::ListRequest since;
  since.set_created_after_us(reply.transactions(0).create_time_us());
  v1::ListReply newest;
  ASSERT_TRUE(List(since, &newest).ok());
  EXPECT_EQ(newest.transactions_size(), 1);
  door_.caller().Release(kOneAction);
}

TEST_F(AdminTest, BadLists) {
  v1::ListReply reply;
  const auto refused = [&](auto change, const std::string& text) {
    v1::ListRequest request;
    change(request);
    ExpectRefused(List(request, &reply), StatusCode::INVALID_ARGUMENT, text);
  };
  refused([](auto& request) { request.set_status("done"); },
          "status: 'done' is none; prepared, submitted");
  refused([](auto& request) { request.set_mode("xyz"); },
          "mode: 'xyz' is none; saga, tcc, msg, xa, workflow are");
  refused([](auto& request) { request.set_limit(1001); }, "limit: at most 1000");
  refused([](auto& request) { request.set_position("next"); }, "position:");
  refused([](auto& request) { request.set_created_after_us(-1); }, "microseconds since the epoch");
  refused([](auto& request) { request.set_gid_prefix(std::string(129, 'g')); },
          "gid_prefix: at most 128");
  refused(
      [](auto& request) {
        request.set_open_only(true);
        request.set_status("failed");
      },
      "open_only: nothing is open");
}

TEST_F(AdminTest, StatsCount) {
  Submitted("A-1");
  door_.caller().Hold(kOneAction);
  const v1::Transaction open = Submitted("A-2", /*wait=*/false);
  ASSERT_TRUE(door_.caller().WaitForCalls(3));
  v1::StatsReply stats;
  ASSERT_TRUE(door_.Call(&v1::Admin::Stub::Stats, v1::StatsRequest(), &stats).ok());
  EXPECT_GT(stats.start_time_us(), 0);
  EXPECT_LE(stats.start_time_us(), open.create_time_us());
  EXPECT_EQ(stats.open_by_status().at("submitted"), 1u);
  EXPECT_EQ(stats.ended_by_status().at("succeed"), 1u);
  EXPECT_EQ(stats.ended_by_status().at("failed"), 0u);
  EXPECT_EQ(stats.oldest_open_us(), open.create_time_us());
  EXPECT_GE(stats.commits(), 3u);
  EXPECT_EQ(stats.branch_calls(), 3u);
  EXPECT_TRUE(stats.store_ok());
  EXPECT_GT(stats.store_queries(), 0u);
  ASSERT_EQ(stats.lanes_size(), 1);
  EXPECT_EQ(stats.lanes(0).destination(), "p:1");
  EXPECT_EQ(stats.lanes(0).in_flight(), 1u);
  door_.caller().Release(kOneAction);
}

TEST_F(AdminTest, DefinitionsAndVersion) {
  v1::ListDefinitionsReply definitions;
  ASSERT_TRUE(
      door_.Call(&v1::Admin::Stub::ListDefinitions, v1::ListDefinitionsRequest(), &definitions)
          .ok());
  ASSERT_EQ(definitions.definitions_size(), 4);
  EXPECT_EQ(definitions.definitions(1).name(), "pay");
  EXPECT_EQ(definitions.definitions(1).version(), 4u);
  EXPECT_EQ(definitions.definitions(1).mode(), "saga");
  EXPECT_EQ(definitions.definitions(1).description(), "Pays.");
  EXPECT_EQ(definitions.definitions(1).steps(), 2u);
  v1::VersionReply version;
  ASSERT_TRUE(door_.Call(&v1::Admin::Stub::Version, v1::VersionRequest(), &version).ok());
  EXPECT_EQ(version.version(), "1.2.3");
  EXPECT_EQ(version.commit(), "abc");
  EXPECT_EQ(version.store(), "memory");
}

TEST_F(AdminTest, AStoppingServerSaysSo) {
  door_.engine().StopIntake();
  v1::SubmitReply reply;
  ExpectRefused(door_.Submit("pay", R"({"id":1})", false, &reply), StatusCode::UNAVAILABLE,
                "stopping");
  v1::Transaction transaction;
  ExpectRefused(Abort("x", &transaction), StatusCode::UNAVAILABLE, "stopping");
}

}  // namespace
}  // namespace saga::integration
