// What a node that is gone leaves behind, beside its transactions: messages, jobs, jobs that were
// never made to their end.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "orchestrator/adapter/mysql/job_rows.h"
#include "orchestrator/adapter/mysql/mysql_jobs.h"
#include "orchestrator/adapter/mysql/mysql_outbox.h"
#include "orchestrator/adapter/mysql/mysql_store.h"
#include "orchestrator/adapter/mysql/outbox_rows.h"
#include "tests/contract/random_record.h"
#include "tests/fixture/mariadb.h"

namespace saga::adapter::mysql {
namespace {

using saga::mysql::Connection;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr base::Time kNow{1'700'000'000'000'000};

class MysqlHeirs : public ::testing::Test {
 protected:
  void SetUp() override {
    // Makes the tables.
    auto opened = OpenMysqlStore({.database = options_, .node_name = "first"});
    ASSERT_TRUE(opened.ok()) << opened.status();
    opened->store->Leave();
    for (const int64_t node : {kGone, kLive, kOther}) {
      database_.Run(
          absl::StrCat("INSERT INTO sagad_node (id, name, address, version, state, start_time, "
                       "lease_until, beat) VALUES (",
                       node, ", 'n', '', '', ", node == kGone ? 3 : 1, ", 0, 0, 0)"));
    }
  }
  std::unique_ptr<port::OutboxStore> OutboxOf(int64_t node) {
    return MakeOutbox(pool_, [node] { return node; });
  }
  std::unique_ptr<port::JobStore> JobsOf(int64_t node) {
    return MakeJobs(pool_, [node] { return node; });
  }
  // Messages with keys from 0 on.
  void PutMessages(int64_t node, int count) {
    Random random(61);
    std::vector<base::Message> messages;
    std::vector<OutboxRow> rows;
    for (int i = 0; i < count; ++i) {
      // Some are large: where they are copied by the dozen, they come out in another order.
      messages.push_back({.topic = "t", .key = absl::StrCat(i)});
      messages.back().value = base::MakeBytes(std::string(i % 3 == 0 ? 9000 : 10, 'v'));
    }
    for (const base::Message& message : messages) rows.push_back({&message, kNow});
    const absl::Status put = pool_->WithTransaction(
        [&](Connection& session) { return InsertOutbox(session, node, rows); });
    ASSERT_TRUE(put.ok()) << put;
  }
  std::vector<int> KeysOf(int64_t node) {
    const auto records = OutboxOf(node)->ReadOutbox(0, 100'000);
    EXPECT_TRUE(records.ok()) << records.status();
    std::vector<int> keys;
    for (const port::OutboxRecord& record : *records) keys.push_back(std::stoi(record.message.key));
    return keys;
  }
  // As an heir does it: until there is nothing more.
  absl::Status MoveAll(int64_t to, size_t limit) {
    bool more = true;
    while (more) {
      const absl::Status moved = pool_->WithTransaction([&](Connection& session) -> absl::Status {
        const auto count = MoveOutbox(session, kGone, to, limit);
        more = count.ok() && *count == limit;
        return count.status();
      });
      if (!moved.ok()) return moved;
    }
    return absl::OkStatus();
  }
  int64_t Count(const std::string& table) {
    return std::stoll(database_.Run("SELECT COUNT(*) FROM " + table));
  }

  using Random = contract::Random;
  static constexpr int64_t kGone = 1001;
  static constexpr int64_t kLive = 1002;
  static constexpr int64_t kOther = 1003;

  fixture::Database database_;
  const saga::mysql::Options options_ = *saga::mysql::ParseUrl(database_.url());
  const std::shared_ptr<SessionPool> pool_ = std::make_shared<SessionPool>(options_);
};

TEST_F(MysqlHeirs, MessagesKeepTheirOrderAndComeBehindThoseThatWereThere) {
  PutMessages(kGone, 200);
  PutMessages(kLive, 1);
  const auto before = OutboxOf(kLive)->ReadOutbox(0, 10);
  ASSERT_TRUE(before.ok() && before->size() == 1);
  ASSERT_TRUE(MoveAll(kLive, 64).ok());
  const auto moved = OutboxOf(kLive)->ReadOutbox(before->front().id, 1000);
  ASSERT_TRUE(moved.ok()) << moved.status();
  ASSERT_THAT(*moved, SizeIs(200));
  for (size_t i = 0; i < moved->size(); ++i) {
    EXPECT_EQ((*moved)[i].message.key, absl::StrCat(i));
    EXPECT_EQ((*moved)[i].create_time, kNow);
  }
  EXPECT_THAT(KeysOf(kGone), IsEmpty());
}

TEST_F(MysqlHeirs, TwoHeirsAtOnceGetEachMessageOnce) {
  constexpr int kMessages = 600;
  PutMessages(kGone, kMessages);
  std::thread other([&] { EXPECT_TRUE(MoveAll(kOther, 10).ok()); });
  EXPECT_TRUE(MoveAll(kLive, 10).ok());
  other.join();
  const std::vector<int> of_live = KeysOf(kLive);
  const std::vector<int> of_other = KeysOf(kOther);
  EXPECT_TRUE(std::is_sorted(of_live.begin(), of_live.end()));
  EXPECT_TRUE(std::is_sorted(of_other.begin(), of_other.end()));
  EXPECT_EQ(of_live.size() + of_other.size(), static_cast<size_t>(kMessages));
  std::set<int> all(of_live.begin(), of_live.end());
  all.insert(of_other.begin(), of_other.end());
  EXPECT_THAT(all, SizeIs(kMessages));
}

TEST_F(MysqlHeirs, AGoneNodeParksNothing) {
  const port::ParkedMessage parked{
      .park_time = kNow, .reason = "no header", .message = {.topic = "t", .key = "k"}};
  const base::Message copy{.topic = "copies", .key = "7"};
  EXPECT_TRUE(absl::IsUnavailable(OutboxOf(kGone)->Park(parked, copy)));
  EXPECT_EQ(Count("sagad_parked_message"), 0);
  EXPECT_EQ(Count("sagad_outbox"), 0);
  EXPECT_TRUE(OutboxOf(kLive)->Park(parked, copy).ok());
  EXPECT_THAT(KeysOf(kLive), ElementsAre(7));
}

TEST_F(MysqlHeirs, AJobThatWasNeverMadeGoesWithItsMaker) {
  const std::vector<port::JobItem> items(700, {.gid = "order-1", .branch_id = "01"});
  for (const int64_t node : {kGone, kLive, kOther}) {
    const port::Job job{.token = absl::StrCat("of ", node), .create_time = kNow};
    const absl::Status made = pool_->WithTransaction([&](Connection& session) -> absl::Status {
      const auto id = InsertJob(session, job, node, true);
      if (!id.ok()) return id.status();
      std::vector<port::JobItem> numbered = items;
      for (size_t i = 0; i < numbered.size(); ++i) numbered[i].number = static_cast<uint32_t>(i);
      return InsertItems(session, *id, numbered.data(), numbered.size());
    });
    ASSERT_TRUE(made.ok()) << made;
  }
  const auto jobs = JobsOf(kLive);
  EXPECT_THAT(*jobs->ListJobs(10), IsEmpty());
  // Of the three one is under way elsewhere; who asks makes none now, so his is a broken one too.
  ASSERT_TRUE(jobs->ExpireJobs({}, {}).ok());
  EXPECT_EQ(Count("sagad_job"), 1);
  EXPECT_EQ(Count("sagad_job_item"), 700);
  EXPECT_EQ(Count(absl::StrCat("sagad_job WHERE owner = ", kOther)), 1);
}

TEST_F(MysqlHeirs, AJobUnderWayIsTakenByOneHeir) {
  port::Job job{.token = "job", .create_time = kNow};
  ASSERT_TRUE(JobsOf(kLive)->CreateJob(job, {{.gid = "order-1", .branch_id = "01"}}).ok());
  job.state = port::JobState::kRunning;
  ASSERT_TRUE(JobsOf(kLive)->UpdateJob(job).ok());
  EXPECT_THAT(*JobsOf(kOther)->ClaimJobs(), IsEmpty());
  database_.Run(absl::StrCat("UPDATE sagad_node SET state = 3 WHERE id = ", kLive));
  // One that is gone itself takes nothing, not even what it had.
  EXPECT_THAT(*JobsOf(kLive)->ClaimJobs(), IsEmpty());
  EXPECT_THAT(*JobsOf(kGone)->ClaimJobs(), IsEmpty());
  EXPECT_THAT(*JobsOf(kOther)->ClaimJobs(), ElementsAre(job));
  EXPECT_TRUE(absl::IsAborted(JobsOf(kLive)->UpdateJob(job)));
}

}  // namespace
}  // namespace saga::adapter::mysql
