// Several sagads on one MariaDB: any node takes any request, a killed or stopped one's work is
// taken over, one that leaves hands over at once, and what is set at one counts at all.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <future>
#include <map>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "saga/v1/admin.grpc.pb.h"
#include "tests/e2e/dtm_client.h"
#include "tests/e2e/participant.h"
#include "tests/fixture/http_get.h"
#include "tests/fixture/mariadb.h"
#include "tests/fixture/process.h"
#include "tests/fixture/sagad.h"
#include "tests/fixture/temp_dir.h"

namespace saga::e2e {
namespace {

using fixture::Sagad;
using ::testing::HasSubstr;

class Nodes : public ::testing::Test {
 protected:
  void SetUp() override {
    Add("a");
    if (!HasFatalFailure()) Add("b");
  }

  void Add(const std::string& name) {
    Node& node = nodes_[name];
    node.sagad = std::make_unique<Sagad>(
        fixture::SagadOptions{.data_dir = node.dir.path(),
                              .args = {"--store", database_.url(), "--node-name", name,
                                       "--node-lease", "2s", "--engine-retry-interval", "4s"}});
    ASSERT_TRUE(node.sagad->WaitReady()) << node.sagad->process().Stderr();
  }
  Sagad& At(const std::string& name) { return *nodes_.at(name).sagad; }

  int Post(const std::string& name, const std::string& call, const std::string& body) {
    const auto answer =
        fixture::HttpPost(At(name).http_address(), absl::StrCat("/api/dtmsvr/", call), body);
    last_body_ = answer.body;
    return answer.status;
  }
  std::string Tcc(const std::string& gid) {
    return absl::StrCat(R"({"gid":")", gid, R"(","trans_type":"tcc"})");
  }
  std::string TccBranch(const std::string& gid, const std::string& id) {
    return absl::StrCat(R"({"gid":")", gid, R"(","trans_type":"tcc","branch_id":")", id,
                        R"(","confirm":"http://)", At("a").http_address(),
                        R"(/healthz","cancel":"http://)", At("a").http_address(), R"(/healthz"})");
  }
  // One step at the participant.
  grpc::Status Saga(const std::string& name, const std::string& gid, bool wait) {
    return DtmClient(At(name).grpc_address()).SubmitSaga(gid, participant_, 1, wait);
  }
  std::map<std::string, v1::Node> List(const std::string& name) {
    auto stub = v1::Admin::NewStub(
        grpc::CreateChannel(At(name).grpc_address(), grpc::InsecureChannelCredentials()));
    grpc::ClientContext context;
    v1::ListNodesReply reply;
    EXPECT_TRUE(stub->ListNodes(&context, {}, &reply).ok());
    std::map<std::string, v1::Node> nodes;
    for (const v1::Node& node : reply.nodes()) nodes[node.name()] = node;
    return nodes;
  }
  bool Ends(const std::string& name, const std::string& gid, const std::string& status) {
    return fixture::WaitUntil(absl::Seconds(60),
                              [&] { return StatusOf(At(name).http_address(), gid) == status; });
  }

  struct Node {
    fixture::TempDir dir;
    std::unique_ptr<Sagad> sagad;
  };

  fixture::Database database_;
  Participant participant_;
  std::map<std::string, Node> nodes_;
  std::string last_body_;
};

TEST_F(Nodes, AnyNodeTakesAnyRequest) {
  EXPECT_EQ(Post("a", "prepare", Tcc("tcc")), 200) << last_body_;
  EXPECT_EQ(Post("b", "registerBranch", TccBranch("tcc", "01")), 200) << last_body_;
  EXPECT_EQ(Post("a", "registerBranch", TccBranch("tcc", "02")), 200) << last_body_;
  EXPECT_EQ(List("b")["a"].held(), 1u);
  EXPECT_EQ(Post("b", "submit", Tcc("tcc")), 200) << last_body_;
  EXPECT_TRUE(Ends("b", "tcc", "succeed"));

  EXPECT_EQ(Post("b", "prepare", Tcc("undone")), 200) << last_body_;
  EXPECT_EQ(Post("a", "abort", Tcc("undone")), 200) << last_body_;
  EXPECT_TRUE(Ends("b", "undone", "failed"));

  participant_.Hold();
  EXPECT_TRUE(Saga("a", "saga", false).ok());
  // The same words at another node, and waiting for the result there.
  std::future<bool> waits =
      std::async(std::launch::async, [&] { return Saga("b", "saga", true).ok(); });
  EXPECT_EQ(waits.wait_for(std::chrono::milliseconds(300)), std::future_status::timeout);
  participant_.Release();
  EXPECT_TRUE(waits.get());
  EXPECT_EQ(StatusOf(At("b").http_address(), "saga"), "succeed");
  EXPECT_EQ(participant_.CallsOf("saga"), (std::map<std::string, int>{{"01 action", 1}}));
}

TEST_F(Nodes, AKilledNodesWorkIsTakenOver) {
  participant_.Hold();
  ASSERT_TRUE(Saga("a", "saga", false).ok());
  ASSERT_EQ(Post("a", "prepare", Tcc("tcc")), 200) << last_body_;
  ASSERT_TRUE(fixture::WaitUntil(absl::Seconds(10), [&] { return participant_.Held() == 1; }));
  At("a").Kill();
  participant_.Release();
  // Answered when somebody has taken over, by whoever that is.
  EXPECT_EQ(Post("b", "submit", Tcc("tcc")), 200) << last_body_;
  EXPECT_TRUE(Ends("b", "saga", "succeed"));
  EXPECT_TRUE(Ends("b", "tcc", "succeed"));
  EXPECT_EQ(List("b")["a"].state(), "gone");
  At("a").Start();
  ASSERT_TRUE(At("a").WaitReady());
  EXPECT_EQ(List("b")["a"].state(), "live");
}

TEST_F(Nodes, AStoppedNodeWakesUpAndHarmsNothing) {
  participant_.Hold();
  ASSERT_TRUE(Saga("a", "saga", false).ok());
  ASSERT_EQ(Post("a", "prepare", Tcc("tcc")), 200) << last_body_;
  ASSERT_TRUE(fixture::WaitUntil(absl::Seconds(10), [&] { return participant_.Held() == 1; }));
  kill(At("a").process().pid(), SIGSTOP);
  participant_.Release();
  EXPECT_EQ(Post("b", "submit", Tcc("tcc")), 200) << last_body_;
  EXPECT_TRUE(Ends("b", "saga", "succeed"));
  EXPECT_TRUE(Ends("b", "tcc", "succeed"));
  const std::string record = database_.Run(
      "SELECT gid, version FROM trans_global JOIN "
      "sagad_transaction USING (id) ORDER BY gid");
  kill(At("a").process().pid(), SIGCONT);
  // It joins anew and works like any other.
  EXPECT_TRUE(Saga("a", "after", true).ok());
  EXPECT_EQ(StatusOf(At("a").http_address(), "saga"), "succeed");
  EXPECT_EQ(database_.Run("SELECT gid, version FROM trans_global JOIN sagad_transaction USING (id) "
                          "WHERE gid <> 'after' ORDER BY gid"),
            record);
}

TEST_F(Nodes, ALeavingNodeHandsOverAtOnce) {
  ASSERT_EQ(Post("a", "prepare", Tcc("tcc")), 200) << last_body_;
  EXPECT_EQ(At("a").Stop(), 0);
  EXPECT_NE(List("b")["a"].state(), "live");
  EXPECT_EQ(database_.Run("SELECT COUNT(*) FROM sagad_transaction WHERE owner > 0"), "0\n");
  EXPECT_EQ(Post("b", "submit", Tcc("tcc")), 200) << last_body_;
  EXPECT_TRUE(Ends("b", "tcc", "succeed"));
}

TEST_F(Nodes, ATopicSubscribedAtOneIsKnownAtTheOther) {
  ASSERT_EQ(fixture::HttpGet(At("a").http_address(),
                             absl::StrCat("/api/dtmsvr/subscribe?topic=paid&url=http://",
                                          At("a").http_address(), "/healthz"))
                .status,
            200);
  const std::string message =
      R"(","trans_type":"msg","steps":[{"action":"topic://paid"}],"payloads":["{}"]})";
  int number = 0;
  EXPECT_TRUE(fixture::WaitUntil(absl::Seconds(30), [&] {
    return Post("b", "submit", absl::StrCat(R"({"gid":"m)", ++number, message)) == 200;
  })) << last_body_;
}

}  // namespace
}  // namespace saga::e2e
