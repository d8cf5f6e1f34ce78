// The sender of a two-phase message dies between its local commit and the submit, or before the
// commit: the check-back finds out which (business.md, test 4).

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "participants/sdk/barrier.h"
#include "participants/sdk/database.h"
#include "participants/sdk/server.h"
#include "tests/conformance/stage/http.h"
#include "tests/fixture/process.h"
#include "tests/fixture/sagad.h"
#include "tests/fixture/temp_dir.h"

namespace saga::e2e {
namespace {

namespace sdk = participants::sdk;
using nlohmann::json;

class MessageCrash : public testing::Test {
 protected:
  MessageCrash() : sagad_({.data_dir = dir_.File("sagad")}) {
    auto database = sdk::Database::Open(dir_.File("sender.db"), {});
    EXPECT_TRUE(database.ok()) << database.status();
    database_ = *std::move(database);
    EXPECT_TRUE(sdk::CreateBarrierTable(*database_).ok());
    EXPECT_TRUE(database_->Script("CREATE TABLE sale (gid TEXT)").ok());
    server_.Route("/asked", [this](const sdk::HttpRequest& request) {
      const sdk::HttpAnswer answer =
          sdk::ToHttpAnswer(SenderOf(request.Query("gid").value_or("")).QueryPrepared(*database_));
      return sdk::HttpResponse{answer.status, answer.body};
    });
    server_.Route("/deliver", [this](const sdk::HttpRequest&) {
      ++delivered_;
      return sdk::HttpResponse{200, R"({"dtm_result":"SUCCESS"})"};
    });
    EXPECT_TRUE(server_.Start().ok());
    EXPECT_TRUE(sagad_.WaitReady()) << sagad_.process().Stderr();
  }

  static sdk::Barrier SenderOf(const std::string& gid) {
    return sdk::Barrier(sdk::MessageSenderContext(gid));
  }

  sdk::Outcome Commit(const std::string& gid) {
    return SenderOf(gid)
        .Call(*database_,
              [&](sdk::Transaction& tx) {
                return sdk::Outcome::From(
                    tx.Execute("INSERT INTO sale (gid) VALUES (?)", gid).status());
              })
        .outcome;
  }

  void Prepare(const std::string& gid) {
    const std::string own = absl::StrCat("http://", server_.http_address());
    const json request = {{"gid", gid},
                          {"trans_type", "msg"},
                          {"steps", {{{"action", own + "/deliver"}}}},
                          {"payloads", {"{}"}},
                          {"query_prepared", own + "/asked"},
                          {"timeout_to_fail", 1}};
    EXPECT_EQ(
        conformance::Http(sagad_.http_address(), "POST", "/api/dtmsvr/prepare", request.dump())
            .status,
        200);
  }

  bool Becomes(const std::string& gid, const std::string& status) {
    return fixture::WaitUntil(absl::Seconds(30), [&] {
      const json answer =
          conformance::Http(sagad_.http_address(), "GET", "/api/dtmsvr/query?gid=" + gid).json();
      return answer.is_object() && answer["transaction"].value("status", "") == status;
    });
  }

  fixture::TempDir dir_;
  std::unique_ptr<sdk::Database> database_;
  std::atomic<int> delivered_{0};
  sdk::ParticipantServer server_{sdk::ServerOptions{}};
  fixture::Sagad sagad_;
};

TEST_F(MessageCrash, AfterTheLocalCommitTheMessageIsDelivered) {
  Prepare("sold");
  EXPECT_EQ(Commit("sold"), sdk::Outcome::Done());
  // Here the sender dies: nobody ever submits.
  EXPECT_TRUE(Becomes("sold", "succeed")) << sagad_.process().Stderr();
  EXPECT_EQ(delivered_, 1);
}

TEST_F(MessageCrash, BeforeTheLocalCommitNothingIsAndTheCommitCannotComeLate) {
  Prepare("unsold");
  EXPECT_TRUE(Becomes("unsold", "failed")) << sagad_.process().Stderr();
  EXPECT_EQ(delivered_, 0);
  EXPECT_EQ(Commit("unsold").kind(), sdk::OutcomeKind::kFailedForGood);
}

}  // namespace
}  // namespace saga::e2e
