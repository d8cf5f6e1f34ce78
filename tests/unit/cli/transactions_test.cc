#include "cli/printer/transactions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace saga::cli {
namespace {

using testing::ElementsAre;

constexpr int64_t kSecond = 1'000'000;
constexpr int64_t kNow = 1'795'255'200 * kSecond;  // 2026-11-21T10:00:00Z
const absl::Time now = absl::FromUnixMicros(kNow);

v1::Transaction Waiting() {
  v1::Transaction t;
  t.set_gid("order-1");
  t.set_mode("saga");
  t.set_status("submitted");
  t.set_protocol("grpc");
  t.set_health("retrying");
  t.set_waits_for("action of branch 01 at 127.0.0.1:1 to be called again");
  t.set_create_time_us(kNow - 90 * kSecond);
  t.set_next_wake_us(kNow + 8 * kSecond);
  t.set_version(2);
  t.set_definition("order_paid");
  t.set_definition_version(1);
  t.set_timeout_to_fail_s(60);
  v1::Branch& branch = *t.add_branches();
  branch.set_branch_id("01");
  branch.set_op("action");
  branch.set_status("prepared");
  branch.set_target("127.0.0.1:1/a.B/C");
  branch.set_attempts(2);
  branch.set_last_outcome("unknown");
  branch.set_last_error("refused\nby 東京");
  branch.set_next_attempt_us(kNow + 8 * kSecond);
  return t;
}

v1::Transaction Ended() {
  v1::Transaction t;
  t.set_gid("注文-2");
  t.set_mode("tcc");
  t.set_status("failed");
  t.set_protocol("http");
  t.set_health("ended");
  t.set_reason("out of\nstock");
  t.set_create_time_us(kNow - 3 * kSecond);
  t.set_finish_time_us(kNow - kSecond);
  return t;
}

TEST(TransactionTable, OneLineEachInColumns) {
  EXPECT_EQ(TransactionTable({Waiting(), Ended()}, false, TimeStyle::kRelative, now),
            "GID      MODE  STATUS     HEALTH    CREATED  ENDED   REASON\n"
            "order-1  saga  submitted  retrying  1m ago   -       -\n"
            "注文-2   tcc   failed     ended     3s ago   1s ago  out of stock\n");
}

TEST(TransactionTable, WideTellsMore) {
  EXPECT_EQ(
      TransactionTable({Waiting()}, true, TimeStyle::kRelative, now),
      "GID      MODE  STATUS     HEALTH    CREATED  ENDED  REASON  PROTOCOL  NEXT WAKE  VERSION  "
      "DEFINITION  WAITS FOR\n"
      "order-1  saga  submitted  retrying  1m ago   -      -       grpc      in 8s      2        "
      "order_paid  action of branch 01 at 127.0.0.1:1 to be called again\n");
  EXPECT_EQ(TransactionTable({Ended()}, true, TimeStyle::kRelative, now).find("WAITS FOR"),
            std::string::npos)
      << "no column for what is not known";
}

TEST(Description, OfOneThatWaits) {
  EXPECT_EQ(
      Description(Waiting(), TimeStyle::kIso, now),
      "gid          order-1\n"
      "mode         saga, over grpc\n"
      "status       submitted\n"
      "health       retrying\n"
      "waits for    action of branch 01 at 127.0.0.1:1 to be called again\n"
      "definition   order_paid version 1\n"
      "created      2026-11-21T09:58:30.000000Z\n"
      "next wake    2026-11-21T10:00:08.000000Z\n"
      "timeout      60s\n"
      "retry        the server's default\n"
      "\n"
      "BRANCH  OP      STATUS    ATTEMPTS  LAST     NEXT                         TARGET"
      "             ERROR\n"
      "01      action  prepared  2         unknown  2026-11-21T10:00:08.000000Z  127.0.0.1:1/a.B/C"
      "  refused by 東京\n"
      "\n"
      "next:\n"
      "  sagactl retry-now order-1    # do not wait any longer\n"
      "  sagactl abort --reason '...' order-1    # undo it\n"
      "  sagactl wait order-1\n"
      "  sagactl history order-1\n");
}

TEST(Description, OfOneThatEnded) {
  EXPECT_EQ(Description(Ended(), TimeStyle::kRelative, now),
            "gid          注文-2\n"
            "mode         tcc, over http\n"
            "status       failed\n"
            "health       ended\n"
            "reason       out of stock\n"
            "created      3s ago\n"
            "ended        1s ago\n"
            "timeout      the server's default\n"
            "retry        the server's default\n"
            "\n"
            "next:\n"
            "  sagactl history '注文-2'\n");
}

TEST(Description, ActionsAreNotCalledAgainOnceItIsUndone) {
  v1::Transaction t = Waiting();
  t.set_status("aborting");
  v1::Branch& undo = *t.add_branches();
  undo.set_branch_id("01");
  undo.set_op("compensate");
  undo.set_next_attempt_us(kNow + 20 * kSecond);
  const std::string text = Description(t, TimeStyle::kRelative, now);
  EXPECT_EQ(text.find("in 8s  127.0.0.1"), std::string::npos) << text;
  EXPECT_NE(text.find("in 20s"), std::string::npos) << text;
}

TEST(Description, SaysHowItIsRetried) {
  v1::Transaction t = Waiting();
  t.set_timeout_to_fail_s(0);
  t.set_retry_interval_s(5);
  t.set_retry_limit(3);
  const std::string text = Description(t, TimeStyle::kIso, now);
  EXPECT_NE(text.find("timeout      never\n"), std::string::npos) << text;
  EXPECT_NE(text.find("retry        after 5s, then doubling, at most 3 times\n"), std::string::npos)
      << text;
}

TEST(Description, EscapeSequencesOfOthersDoNotReachTheTerminal) {
  v1::Transaction t = Ended();
  t.set_reason("\x1b[2Jgone");
  EXPECT_EQ(Description(t, TimeStyle::kIso, now).find('\x1b'), std::string::npos);
}

TEST(HistoryTable, SaysWhoDidWhat) {
  v1::HistoryReply history;
  v1::HistoryEntry& first = *history.add_entries();
  first.set_time_us(kNow - 3 * kSecond);
  first.set_kind("answered");
  first.set_branch_id("01");
  first.set_op("action");
  first.set_attempt(2);
  first.set_outcome("unknown");
  first.set_text("line one\nline two");
  v1::HistoryEntry& second = *history.add_entries();
  second.set_time_us(kNow - kSecond);
  second.set_kind("retry_now");
  second.set_actor("ann@desk");
  EXPECT_EQ(HistoryTable(history, TimeStyle::kRelative, now),
            "TIME    WHAT       BRANCH  OP      ATTEMPT  OUTCOME  BY        TEXT\n"
            "3s ago  answered   01      action  2        unknown  sagad     line one line two\n"
            "1s ago  retry_now  -       -       -        -        ann@desk  -\n");
}

TEST(ShellQuoted, OnlyWhatNeedsIt) {
  EXPECT_EQ(ShellQuoted("order_1-a.b:c/d"), "order_1-a.b:c/d");
  EXPECT_EQ(ShellQuoted(""), "''");
  EXPECT_EQ(ShellQuoted("a b"), "'a b'");
  EXPECT_EQ(ShellQuoted("it's $HOME"), "'it'\\''s $HOME'");
  EXPECT_EQ(GidArgument("-x"), "-- -x");
}

std::vector<std::string> NextOf(const char* mode, const char* status, const char* health) {
  v1::Transaction t;
  t.set_gid("g");
  t.set_mode(mode);
  t.set_status(status);
  t.set_health(health);
  std::vector<std::string> verbs;
  for (const std::string& command : NextCommands(t)) {
    const size_t begin = command.find(' ') + 1;
    verbs.push_back(command.substr(begin, command.find(' ', begin) - begin));
  }
  return verbs;
}

TEST(NextCommands, OnlyWhatTheStateAllows) {
  EXPECT_THAT(NextOf("saga", "submitted", "running"), ElementsAre("abort", "wait", "history"));
  EXPECT_THAT(NextOf("saga", "submitted", "retrying"),
              ElementsAre("retry-now", "abort", "wait", "history"));
  EXPECT_THAT(NextOf("saga", "aborting", "retrying"),
              ElementsAre("retry-now", "force-stop", "wait", "history"));
  EXPECT_THAT(NextOf("workflow", "prepared", "running"), ElementsAre("wait", "history"));
  EXPECT_THAT(NextOf("tcc", "submitted", "retrying"), ElementsAre("retry-now", "wait", "history"));
  EXPECT_THAT(NextOf("tcc", "prepared", "running"), ElementsAre("abort", "wait", "history"));
  EXPECT_THAT(NextOf("msg", "submitted", "waiting"), ElementsAre("retry-now", "wait", "history"));
  EXPECT_THAT(NextOf("saga", "succeed", "ended"), ElementsAre("history"));
  EXPECT_THAT(NextOf("tcc", "failed", "ended"), ElementsAre("history"));
}

}  // namespace
}  // namespace saga::cli
