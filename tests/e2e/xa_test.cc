// Transfers by XA between two databases, through the real sagad and two processes of the SDK's
// example (participants/sdk/example/account.h), which are killed at every point: the money adds up,
// and nothing stays prepared.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "participants/sdk/client.h"
#include "participants/sdk/http_client.h"
#include "tests/e2e/dtm_client.h"
#include "tests/fixture/lasting_port.h"
#include "tests/fixture/mariadb.h"
#include "tests/fixture/sagad.h"

namespace saga::e2e {
namespace {

namespace sdk = participants::sdk;
using nlohmann::json;
using sdk::Outcome;
using sdk::OutcomeKind;
using sdk::StartKind;

constexpr absl::Duration kSoon = absl::Seconds(30);
constexpr int64_t kOpening = 1000;

// One account, in a database of its own, behind a process of its own at a lasting address.
class Account {
 public:
  explicit Account(std::string data_dir)
      : data_dir_(std::move(data_dir)),
        address_(absl::StrCat("127.0.0.1:", fixture::LastingPort())) {
    Start();
    Post("Open", {{"account", "a"}, {"cents", kOpening}});
  }

  void Start() {
    process_ = std::make_unique<fixture::Process>(fixture::Process::Start(
        {.program = "account",
         .args = {"--data-dir", data_dir_, "--http-listen", address_, "--grpc-listen",
                  "127.0.0.1:0", "--database", database_.url()}}));
    EXPECT_TRUE(process_->WaitForStderr("\"msg\":\"ready\"", absl::Seconds(20)))
        << process_->Stderr();
  }
  void Kill() { process_->Kill(); }
  void Restart() {
    Kill();
    Start();
  }

  std::string Target() const { return absl::StrCat("http://", address_, "/account/Add"); }
  static std::string Change(int64_t cents) {
    return json({{"account", "a"}, {"cents", cents}}).dump();
  }
  int64_t Cents() { return Post("Get", {{"account", "a"}}).value("cents", int64_t{-1}); }

  json Post(const std::string& method, const json& body) {
    const absl::StatusOr<sdk::HttpResponse> answer = sdk::CallHttp(
        absl::StrCat("http://", address_, "/account/", method), body.dump(), {}, kSoon);
    EXPECT_TRUE(answer.ok()) << answer.status();
    EXPECT_EQ(answer->status, 200) << answer->body;
    return json::parse(answer->body);
  }

  fixture::Database& database() { return database_; }

 private:
  const std::string data_dir_;
  const std::string address_;
  fixture::Database database_;
  std::unique_ptr<fixture::Process> process_;
};

class XaTest : public ::testing::Test {
 protected:
  XaTest() { EXPECT_TRUE(sagad_.WaitReady()) << sagad_.process().Stderr(); }

  void RestartSagad() {
    sagad_.Start();
    EXPECT_TRUE(sagad_.WaitReady()) << sagad_.process().Stderr();
  }

  // Short, and nobody else's on this server.
  std::string NewGid() { return absl::StrCat(from_.database().name().substr(5, 12), "-", ++gids_); }

  sdk::Xa NewXa(sdk::GlobalOptions options = {}) { return sdk::Xa(client_, NewGid(), options); }

  // Both branches of a transfer: prepared.
  void CallBoth(sdk::Xa& xa, int64_t cents) {
    StartKind told = StartKind::kUnknown;
    EXPECT_TRUE(fixture::WaitUntil(
        kSoon, [&] { return (told = xa.Prepare().kind) != StartKind::kUnknown; }));
    ASSERT_EQ(told, StartKind::kStarted);
    const Outcome taken = xa.Call(from_.Target(), Account::Change(-cents));
    ASSERT_TRUE(taken.ok()) << taken.reason();
    const Outcome given = xa.Call(to_.Target(), Account::Change(cents));
    ASSERT_TRUE(given.ok()) << given.reason();
  }

  // As a client does it: repeated until there is an answer.
  void Decide(sdk::Xa& xa, bool commit) {
    StartKind told = StartKind::kUnknown;
    EXPECT_TRUE(fixture::WaitUntil(kSoon, [&] {
      told = (commit ? xa.Submit() : xa.Abort("no")).kind;
      return told != StartKind::kUnknown;
    }));
    EXPECT_TRUE(told == StartKind::kStarted || told == StartKind::kAlreadyDecided)
        << sdk::Name(told);
  }

  bool ComesTo(const std::string& gid, const std::string& status) {
    return fixture::WaitUntil(kSoon,
                              [&] { return StatusOf(sagad_.http_address(), gid) == status; });
  }

  // Our branches that are prepared, in either database: they are on one server.
  std::vector<std::string> Prepared() {
    std::vector<std::string> mine;
    const std::string all = from_.database().Run("XA RECOVER");
    for (const absl::string_view line : absl::StrSplit(all, '\n', absl::SkipEmpty())) {
      const std::vector<std::string> row = absl::StrSplit(line, '\t');
      if (absl::StartsWith(row.back(), NewGidPrefix())) mine.push_back(row.back());
    }
    return mine;
  }
  std::string NewGidPrefix() { return from_.database().name().substr(5, 12) + "-"; }

  void ExpectMoved(int64_t cents) {
    EXPECT_EQ(from_.Cents(), kOpening - cents);
    EXPECT_EQ(to_.Cents(), kOpening + cents);
    EXPECT_THAT(Prepared(), ::testing::IsEmpty());
  }

  fixture::TempDir dir_;
  fixture::Sagad sagad_{
      {.data_dir = dir_.File("sagad"),
       .args = {"--engine-retry-interval", "2s", "--engine-request-timeout", "1s"},
       .grpc_listen = absl::StrCat("127.0.0.1:", fixture::LastingPort())}};
  Account from_{dir_.File("from")};
  Account to_{dir_.File("to")};
  sdk::Client client_{sagad_.options().grpc_listen};
  int gids_ = 0;
};

TEST_F(XaTest, MovesMoneyBetweenTwoDatabases) {
  sdk::Xa xa = NewXa({.wait_result = true});
  CallBoth(xa, 300);
  ASSERT_FALSE(HasFatalFailure());
  EXPECT_EQ(from_.Cents(), kOpening) << "nobody sees it half done";
  EXPECT_EQ(Prepared().size(), 2u);
  EXPECT_EQ(xa.Submit().kind, StartKind::kSucceeded);
  ExpectMoved(300);
}

TEST_F(XaTest, ARefusalRollsBackWhatIsPrepared) {
  sdk::Xa xa = NewXa({.wait_result = true});
  ASSERT_EQ(xa.Prepare().kind, StartKind::kStarted);
  ASSERT_EQ(xa.Call(to_.Target(), Account::Change(kOpening + 1)), Outcome::Done());
  const Outcome refused = xa.Call(from_.Target(), Account::Change(-kOpening - 1));
  EXPECT_EQ(refused.kind(), OutcomeKind::kFailedForGood);
  EXPECT_THAT(refused.reason(), ::testing::HasSubstr("not enough in it"));
  static_cast<void>(xa.Abort(refused.reason()));
  EXPECT_TRUE(ComesTo(xa.gid(), "failed"));
  ExpectMoved(0);
}

// As a client of DTM's over HTTP does it.
TEST_F(XaTest, WorksFromTheHttpDoor) {
  const std::string api = absl::StrCat("http://", sagad_.http_address(), "/api/dtmsvr");
  const std::string gid = NewGid();
  const auto tell = [&](const std::string& what) {
    const json body = {{"gid", gid}, {"trans_type", "xa"}, {"wait_result", true}};
    return sdk::CallHttp(absl::StrCat(api, "/", what), body.dump(), {}, kSoon).value().status;
  };
  ASSERT_EQ(tell("prepare"), 200);
  int branch = 0;
  for (const auto& [account, cents] : {std::pair(&from_, -200), std::pair(&to_, 200)}) {
    const std::string target = account->Target();
    const std::string url =
        absl::StrCat(target, "?gid=", gid, "&trans_type=xa&op=action&branch_id=0", ++branch,
                     "&dtm=", api, "/&phase2_url=", target);
    EXPECT_EQ(sdk::CallHttp(url, Account::Change(cents), {}, kSoon).value().status, 200);
  }
  EXPECT_EQ(tell("submit"), 200);
  EXPECT_TRUE(ComesTo(gid, "succeed"));
  ExpectMoved(200);
}

TEST_F(XaTest, AClientThatNeverDecidesIsRolledBackAtTheTimeout) {
  sdk::Xa xa = NewXa({.timeout_to_fail = absl::Seconds(2)});
  CallBoth(xa, 300);
  ASSERT_FALSE(HasFatalFailure());
  EXPECT_TRUE(ComesTo(xa.gid(), "failed"));
  ExpectMoved(0);
}

TEST_F(XaTest, AParticipantThatDiesBetweenThePhasesCommitsAfterwards) {
  sdk::Xa xa = NewXa();
  CallBoth(xa, 300);
  ASSERT_FALSE(HasFatalFailure());
  to_.Kill();
  EXPECT_EQ(xa.Submit().kind, StartKind::kStarted);
  ASSERT_TRUE(fixture::WaitUntil(kSoon, [&] { return from_.Cents() == kOpening - 300; }));
  EXPECT_EQ(Prepared().size(), 1u) << "it waits for its participant";
  to_.Start();
  EXPECT_TRUE(ComesTo(xa.gid(), "succeed"));
  ExpectMoved(300);
}

TEST_F(XaTest, AParticipantThatDiesBetweenThePhasesRollsBackAfterwards) {
  sdk::Xa xa = NewXa();
  CallBoth(xa, 300);
  ASSERT_FALSE(HasFatalFailure());
  from_.Kill();
  to_.Kill();
  static_cast<void>(xa.Abort("changed my mind"));
  from_.Start();
  to_.Start();
  EXPECT_TRUE(ComesTo(xa.gid(), "failed"));
  ExpectMoved(0);
}

// Whoever dies, and whenever.
TEST_F(XaTest, KillsAtEveryPointLoseNoMoney) {
  int64_t moved = 0;
  for (int round = 0; round < 10; ++round) {
    sdk::Xa xa = NewXa({.timeout_to_fail = absl::Seconds(20)});
    CallBoth(xa, 10);
    ASSERT_FALSE(HasFatalFailure()) << round;
    if (round % 5 == 1) from_.Restart();
    if (round % 5 == 2) {
      sagad_.Kill();
      RestartSagad();
    }
    const bool commit = round % 2 == 0;
    Decide(xa, commit);
    if (round % 5 == 3) {
      sagad_.Kill();
      RestartSagad();
    }
    if (round % 5 == 4) {
      to_.Kill();
      sagad_.Kill();
      RestartSagad();
      to_.Start();
    }
    EXPECT_TRUE(ComesTo(xa.gid(), commit ? "succeed" : "failed")) << round;
    if (commit) moved += 10;
  }
  ExpectMoved(moved);
}

}  // namespace
}  // namespace saga::e2e
