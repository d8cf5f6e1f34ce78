// A branch of XA on a real database, with the orchestrator's part played by the test.

#include "participants/sdk/xa_resource.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "participants/sdk/barrier.h"
#include "participants/sdk/xa_skin.h"
#include "tests/unit/sdk/database_under_test.h"

namespace saga::participants::sdk {
namespace {

using ::testing::HasSubstr;

class XaResourceTest : public ::testing::Test {
 protected:
  XaResourceTest() {
    EXPECT_TRUE(CreateBarrierTable(*database_).ok());
    place_.server().Run(
        "CREATE TABLE money (id INT PRIMARY KEY, n INT NOT NULL);"
        "INSERT INTO money VALUES (1, 100), (2, 100)");
  }

  std::unique_ptr<XaResource> NewResource() {
    const auto registrar = [this](const XaContext& context) {
      registered_ += absl::StrCat(context.branch.branch_id, ">", context.phase2_url, " ");
      return register_answer_;
    };
    return XaResource::Create(*database_, registrar, /*hold=*/absl::Seconds(1)).value();
  }

  XaContext Context(Op op, const std::string& branch = "01") const {
    return {.branch = {gid_, Mode::kXa, branch, op},
            .phase2_url = "http://me/add",
            .orchestrator = "http://sagad"};
  }
  static Outcome Take(Transaction& tx) {
    return Outcome::From(tx.Execute("UPDATE money SET n = n - 30 WHERE id = 1").status());
  }
  Outcome Action(const std::string& branch = "01") {
    return xa_->Serve(Context(Op::kAction, branch), Take);
  }
  Outcome Commit(const std::string& branch = "01") {
    return xa_->Serve(Context(Op::kCommit, branch), Take);
  }
  Outcome Rollback(const std::string& branch = "01") {
    return xa_->Serve(Context(Op::kRollback, branch), Take);
  }

  // What is prepared belongs to no connection any more.
  void LetGo() {
    xa_.reset();
    EXPECT_TRUE(fixture::WaitUntil(absl::Seconds(10), [&] {
      return place_.server().Run(absl::StrCat("SELECT IS_FREE_LOCK('", gid_, "-01')")) == "1\n";
    }));
    xa_ = NewResource();
  }

  std::string Money() { return place_.server().Run("SELECT n FROM money WHERE id = 1"); }
  // The branches of this test that are prepared, one a line; other tests may have theirs.
  std::string Prepared() {
    std::string mine;
    const std::string all = place_.server().Run("XA RECOVER");
    for (size_t begin = 0, end; (end = all.find('\n', begin)) != std::string::npos;
         begin = end + 1) {
      const std::string line = all.substr(begin, end - begin);
      if (const size_t at = line.find(gid_); at != std::string::npos)
        mine += line.substr(at + gid_.size()) + "\n";
    }
    return mine;
  }

  DatabaseUnderTest place_{Dialect::kMysql};
  const std::string gid_ = place_.server().name();
  std::unique_ptr<Database> database_ = place_.Open();
  absl::Status register_answer_;
  std::string registered_;
  std::unique_ptr<XaResource> xa_ = NewResource();
};

TEST_F(XaResourceTest, IsPreparedThenCommittedOnce) {
  EXPECT_EQ(Action(), Outcome::Done());
  EXPECT_EQ(registered_, "01>http://me/add ");
  EXPECT_EQ(Money(), "100\n") << "not before the commit";
  EXPECT_EQ(Prepared(), "-01\n");
  EXPECT_EQ(Commit(), Outcome::Done());
  EXPECT_EQ(Commit(), Outcome::Done()) << "a repeat";
  EXPECT_EQ(Money(), "70\n");
  EXPECT_EQ(Prepared(), "");
}

TEST_F(XaResourceTest, IsRolledBackAndALateActionIsRefused) {
  EXPECT_EQ(Action(), Outcome::Done());
  EXPECT_EQ(Rollback(), Outcome::Done());
  EXPECT_EQ(Rollback(), Outcome::Done()) << "a repeat";
  EXPECT_EQ(Action().kind(), OutcomeKind::kFailedForGood);
  EXPECT_EQ(Rollback("02"), Outcome::Done()) << "nothing came";
  EXPECT_EQ(Action("02").kind(), OutcomeKind::kFailedForGood);
  EXPECT_EQ(Commit().kind(), OutcomeKind::kUnknown) << "it can not be committed any more";
  EXPECT_EQ(Money(), "100\n");
  EXPECT_EQ(Prepared(), "");
}

TEST_F(XaResourceTest, ARepeatedActionDoesNothing) {
  EXPECT_EQ(Action(), Outcome::Done());
  EXPECT_EQ(Action(), Outcome::Done()) << "while it is prepared";
  EXPECT_EQ(Commit(), Outcome::Done());
  EXPECT_EQ(Action(), Outcome::Done()) << "after it was committed";
  EXPECT_EQ(registered_, "01>http://me/add ");
  EXPECT_EQ(Money(), "70\n");
  EXPECT_EQ(Prepared(), "");
}

TEST_F(XaResourceTest, WhatIsNotDoneOrNotRegisteredIsNotPrepared) {
  EXPECT_EQ(xa_->Serve(Context(Op::kAction),
                       [](Transaction& tx) {
                         EXPECT_TRUE(Take(tx).ok());
                         return Outcome::FailedForGood("no");
                       }),
            Outcome::FailedForGood("no"));
  EXPECT_EQ(registered_, "");
  register_answer_ = absl::AbortedError("current status 'aborting'");
  EXPECT_EQ(Action().kind(), OutcomeKind::kFailedForGood);
  register_answer_ = absl::UnavailableError("nobody there");
  EXPECT_EQ(Action().kind(), OutcomeKind::kUnknown);
  EXPECT_EQ(Prepared(), "");
  EXPECT_EQ(Money(), "100\n");
  register_answer_ = absl::OkStatus();
  EXPECT_EQ(Action(), Outcome::Done()) << "nothing of it stayed";
  EXPECT_EQ(Commit(), Outcome::Done());
}

TEST_F(XaResourceTest, AnExceptionLeavesNothing) {
  EXPECT_THROW(static_cast<void>(xa_->Serve(Context(Op::kAction),
                                            [](Transaction& tx) -> Outcome {
                                              EXPECT_TRUE(Take(tx).ok());
                                              throw std::runtime_error("a bug");
                                            })),
               std::runtime_error);
  EXPECT_EQ(Action(), Outcome::Done());
  EXPECT_EQ(Rollback(), Outcome::Done());
  EXPECT_EQ(Money(), "100\n");
}

// DTM's test TestXaDuplicate: it counts as done.
TEST_F(XaResourceTest, ACommitByHandCounts) {
  EXPECT_EQ(Action(), Outcome::Done());
  LetGo();
  place_.server().Run(absl::StrCat("XA COMMIT '", gid_, "-01'"));
  EXPECT_EQ(Commit(), Outcome::Done());
  EXPECT_EQ(Money(), "70\n");
}

TEST_F(XaResourceTest, ARollbackByHandIsNotCalledACommit) {
  EXPECT_EQ(Action(), Outcome::Done());
  LetGo();
  place_.server().Run(absl::StrCat("XA ROLLBACK '", gid_, "-01'"));
  const Outcome lost = Commit();
  EXPECT_EQ(lost.kind(), OutcomeKind::kUnknown);
  EXPECT_THAT(lost.reason(), HasSubstr("by hand"));
  EXPECT_EQ(Rollback(), Outcome::Done());
}

TEST_F(XaResourceTest, AnotherInstanceEndsIt) {
  EXPECT_EQ(Action("01"), Outcome::Done());
  EXPECT_EQ(xa_->Serve(Context(Op::kAction, "02"),
                       [](Transaction& tx) {
                         return Outcome::From(
                             tx.Execute("UPDATE money SET n = n + 30 WHERE id = 2").status());
                       }),
            Outcome::Done());
  xa_.reset();
  database_ = place_.Open();
  xa_ = NewResource();
  EXPECT_EQ(Commit("01"), Outcome::Done());
  EXPECT_EQ(Commit("02"), Outcome::Done());
  EXPECT_EQ(place_.server().Run("SELECT n FROM money ORDER BY id"), "70\n130\n");
}

// While the one that prepared it keeps it for itself, and afterwards.
TEST_F(XaResourceTest, AnotherInstanceWaitsForTheOneThatHoldsIt) {
  const std::unique_ptr<XaResource> other = NewResource();
  EXPECT_EQ(Action("01"), Outcome::Done());
  EXPECT_EQ(other->Serve(Context(Op::kAction, "01"), Take), Outcome::Done()) << "a repeat";
  EXPECT_EQ(other->Serve(Context(Op::kCommit, "01"), Take), Outcome::Done());
  EXPECT_EQ(Commit("01"), Outcome::Done());
  EXPECT_EQ(Money(), "70\n");
}

TEST_F(XaResourceTest, MoreThanItsShareOfThePoolIsNotHeld) {
  xa_.reset();
  database_ = place_.Open({.max_connections = 4});
  xa_ = NewResource();
  const auto touch = [](Transaction& tx) {
    return Outcome::From(tx.Execute("INSERT INTO seen VALUES (1)").status());
  };
  place_.server().Run("CREATE TABLE seen (n INT)");
  for (int i = 1; i <= 6; ++i)
    EXPECT_EQ(xa_->Serve(Context(Op::kAction, absl::StrCat(i)), touch), Outcome::Done());
  for (int i = 1; i <= 6; ++i) EXPECT_EQ(Commit(absl::StrCat(i)), Outcome::Done());
  EXPECT_EQ(place_.server().Run("SELECT COUNT(*) FROM seen"), "6\n");
}

// The second phase right behind the first, again and again.
TEST_F(XaResourceTest, TheSecondPhaseMayFollowAtOnce) {
  for (int i = 1; i <= 100; ++i) {
    const std::string branch = absl::StrCat(i);
    const bool commit = i % 2 == 0;
    ASSERT_EQ(xa_->Serve(Context(Op::kAction, branch),
                         [](Transaction& tx) {
                           return Outcome::From(
                               tx.Execute("UPDATE money SET n = n + 1 WHERE id = 2").status());
                         }),
              Outcome::Done());
    ASSERT_EQ(commit ? Commit(branch) : Rollback(branch), Outcome::Done());
  }
  EXPECT_EQ(place_.server().Run("SELECT n FROM money WHERE id = 2"), "150\n");
  EXPECT_EQ(Prepared(), "");
}

// The client gave up and sagad rolls back while the action is still under way.
TEST_F(XaResourceTest, ARollbackWaitsForAnActionThatIsUnderWay) {
  absl::Notification acting;
  std::thread action([&] {
    const Outcome acted = xa_->Serve(Context(Op::kAction), [&](Transaction& tx) {
      acting.Notify();
      EXPECT_TRUE(fixture::WaitUntil(absl::Seconds(20), [&] {
        return place_.server().Run(absl::StrCat(
                   "SELECT COUNT(*) FROM information_schema.processlist WHERE state = 'User lock' "
                   "AND info LIKE '%",
                   absl::BytesToHexString(gid_), "%'")) == "1\n";
      }));
      EXPECT_TRUE(Take(tx).ok());
      return Outcome::FailedForGood("no");
    });
    EXPECT_EQ(acted, Outcome::FailedForGood("no"));
  });
  acting.WaitForNotification();
  EXPECT_EQ(Rollback(), Outcome::Done());
  action.join();
  EXPECT_EQ(Action().kind(), OutcomeKind::kFailedForGood);
  EXPECT_EQ(Money(), "100\n");
  EXPECT_EQ(Prepared(), "");
}

TEST_F(XaResourceTest, ADeadlockedActionRunsAgain) {
  std::atomic<int> runs = 0;
  std::atomic<int> holding = 0;
  absl::Notification both;
  std::atomic<int> done = 0;
  const auto act = [&](const std::string& branch, int64_t first, int64_t second) {
    const Outcome acted = xa_->Serve(Context(Op::kAction, branch), [&](Transaction& tx) {
      ++runs;
      const auto add = [&](int64_t id) {
        return Outcome::From(tx.Execute("UPDATE money SET n = n + 1 WHERE id = ?", id).status());
      };
      const Outcome added = add(first);
      if (!added.ok()) return added;
      if (++holding == 2) both.Notify();
      both.WaitForNotification();
      return add(second);
    });
    // The one that was first holds both rows until its second phase.
    EXPECT_EQ(acted, Outcome::Done()) << acted.reason();
    if (acted.ok()) ++done;
    EXPECT_EQ(Commit(branch), Outcome::Done());
  };
  std::thread other([&] { act("01", 1, 2); });
  act("02", 2, 1);
  other.join();
  EXPECT_EQ(done, 2);
  EXPECT_GT(runs, 2) << "there was no deadlock";
  EXPECT_EQ(place_.server().Run("SELECT n FROM money ORDER BY id"), "102\n102\n");
}

TEST_F(XaResourceTest, ANameThatTheDatabaseCannotHoldIsRefused) {
  XaContext context = Context(Op::kAction);
  context.branch.gid = std::string(62, 'g');
  EXPECT_EQ(xa_->Serve(context, Take).kind(), OutcomeKind::kFailedForGood);
  context.branch.gid = gid_ + "-'  '";  // DTM's TestXaCoverGidError: a gid with quotes and blanks
  EXPECT_EQ(xa_->Serve(context, Take), Outcome::Done());
  context.branch.op = Op::kCommit;
  EXPECT_EQ(xa_->Serve(context, Take), Outcome::Done());
  EXPECT_EQ(Money(), "70\n");
}

TEST_F(XaResourceTest, TheHttpDoorReadsTheContext) {
  HttpRequest http{.method = "POST", .path = "/add", .body = "{}"};
  const auto serve = [&] {
    return ServeXa(http, *xa_, [](Transaction& tx, absl::string_view) { return Take(tx); }).status;
  };
  EXPECT_EQ(serve(), 400);
  http.query = {{"gid", gid_}, {"trans_type", "xa"}, {"branch_id", "01"}, {"op", "action"}};
  EXPECT_EQ(serve(), 400) << "nowhere to register";
  http.query["phase2_url"] = "http://me/add";
  http.query["dtm"] = "http://sagad/api/dtmsvr";
  EXPECT_EQ(serve(), 200);
  http.query["op"] = "compensate";
  EXPECT_EQ(serve(), 400);
  http.query["op"] = "rollback";
  EXPECT_EQ(serve(), 200);
  EXPECT_EQ(Money(), "100\n");
}

TEST(XaResource, SqliteHasNoTwoPhaseCommit) {
  const DatabaseUnderTest place(Dialect::kSqlite);
  const std::unique_ptr<Database> database = place.Open();
  EXPECT_EQ(XaResource::Create(*database).status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST(XaResource, AnOrdinaryBarrierTakesNoBranchOfXa) {
  const DatabaseUnderTest place(Dialect::kSqlite);
  const std::unique_ptr<Database> database = place.Open();
  ASSERT_TRUE(CreateBarrierTable(*database).ok());
  bool ran = false;
  const BarrierResult result =
      Barrier({"g", Mode::kXa, "01", Op::kAction}).Call(*database, [&](Transaction&) {
        ran = true;
        return Outcome::Done();
      });
  EXPECT_FALSE(ran);
  EXPECT_EQ(result.outcome.kind(), OutcomeKind::kUnknown);
}

}  // namespace
}  // namespace saga::participants::sdk
