#include "tests/integration/kafka_intake/workshop.h"

#include <google/protobuf/empty.pb.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "orchestrator/base/check.h"
#include "orchestrator/envelope/command.h"
#include "orchestrator/envelope/header.h"
#include "participants/sdk/barrier.h"
#include "tests/fixture/kafka_broker.h"

namespace saga::participants::sdk {
namespace {

constexpr char kMethod[] = "workshop.v1.Workshop/Do";

}  // namespace

Workshop::Workshop(const std::string& brokers, int partitions)
    : brokers_(brokers),
      name_(fixture::UniqueName("workshop")),
      topic_(absl::StrCat(envelope::kCommandTopicPrefix, name_)),
      replies_(absl::StrCat(name_, "-replies")),
      kafka_(brokers) {
  absl::StatusOr<std::unique_ptr<Database>> database =
      Database::Open(absl::StrCat(dir_.path(), "/workshop.db"), {});
  SAGA_CHECK(database.ok());
  database_ = *std::move(database);
  SAGA_CHECK(database_
                 ->Script("CREATE TABLE work (id INTEGER PRIMARY KEY, gid TEXT NOT NULL, "
                          "branch TEXT NOT NULL)")
                 .ok());
  SAGA_CHECK(CreateBarrierTable(*database_).ok());
  kafka_.MakeTopic(topic_, partitions);
  kafka_.MakeTopic(replies_);
  kafka_.MakeTopic(envelope::kDeadLetterTopic);
}

KafkaIntakeOptions Workshop::Options() const {
  return {
      .brokers = brokers_, .participant = name_, .group = "", .topic = "", .dead_letter_topic = ""};
}

CommandRoutes Workshop::Routes() {
  CommandRoutes routes;
  routes.Add<google::protobuf::Empty>(
      kMethod,
      [this](const BranchContext& branch, const google::protobuf::Empty&) { return Do(branch); });
  return routes;
}

std::unique_ptr<KafkaIntake> Workshop::Open() { return Open(Options()); }

std::unique_ptr<KafkaIntake> Workshop::Open(const KafkaIntakeOptions& options) {
  absl::StatusOr<std::unique_ptr<KafkaIntake>> intake = KafkaIntake::Start(Routes(), options);
  EXPECT_TRUE(intake.ok()) << intake.status();
  return *std::move(intake);
}

base::Message Workshop::Command(const std::string& gid, const std::string& branch_id,
                                const std::string& op) const {
  return envelope::Encode(
      envelope::Command{
          .gid = gid,
          .mode = "saga",
          .branch_id = branch_id,
          .op = op,
          .attempt = 1,
          .protocol = "grpc",
          .method = kMethod,
          .deadline = base::Time{absl::ToUnixMicros(absl::Now())} + base::Seconds(120),
          .reply_topic = replies_,
          .headers = {},
          .trace_parent = "",
          .payload = nullptr},
      topic_);
}

void Workshop::Hold(const std::string& gid) {
  absl::MutexLock lock(&mutex_);
  held_gid_ = gid;
}

void Workshop::Release() {
  absl::MutexLock lock(&mutex_);
  held_gid_.clear();
}

int Workshop::Held() {
  absl::MutexLock lock(&mutex_);
  return held_;
}

int Workshop::calls() {
  absl::MutexLock lock(&mutex_);
  return calls_;
}

Outcome Workshop::Do(const BranchContext& branch) {
  {
    absl::MutexLock lock(&mutex_);
    ++calls_;
    ++held_;
    const auto free = [&]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return held_gid_ != branch.gid; };
    mutex_.Await(absl::Condition(&free));
    --held_;
  }
  return Barrier(branch)
      .Call(*database_,
            [&](Transaction& tx) {
              return Outcome::From(tx.Execute("INSERT INTO work (gid, branch) VALUES (?, ?)",
                                              branch.gid, branch.branch_id)
                                       .status());
            })
      .outcome;
}

std::vector<std::string> Workshop::Order() {
  std::vector<std::string> order;
  const absl::Status read = database_->Read([&](Transaction& tx) -> absl::Status {
    absl::StatusOr<Rows> rows = tx.Query("SELECT gid, branch FROM work ORDER BY id");
    if (!rows.ok()) return rows.status();
    while (true) {
      const absl::StatusOr<bool> more = rows->Next();
      if (!more.ok()) return more.status();
      if (!*more) return absl::OkStatus();
      order.push_back(absl::StrCat(rows->Text(0), "/", rows->Text(1)));
    }
  });
  EXPECT_TRUE(read.ok()) << read;
  return order;
}

std::map<std::string, int> Workshop::Done() {
  std::map<std::string, int> done;
  for (const std::string& work : Order()) ++done[work];
  return done;
}

}  // namespace saga::participants::sdk
