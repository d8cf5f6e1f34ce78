// Messages on their way out: only with their cause, in order, each id once; and messages that meant
// nothing.

#include <atomic>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/contract/store_suite.h"

namespace saga::contract {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr base::Time At(int64_t seconds) {
  return base::Time{1'700'000'000'000'000} + base::Seconds(seconds);
}

base::Message Named(const std::string& key) {
  return {.topic = "saga.events",
          .key = key,
          .headers = {{"ce_id", key}, {"ce_id", "twice"}, {"", ""}},
          .value = base::MakeBytes("value of " + key)};
}

class OutboxContract : public StoreContract {
 protected:
  std::vector<port::OutboxRecord> Read(uint64_t after_id = 0, size_t limit = 1000) {
    auto records = outbox().ReadOutbox(after_id, limit);
    EXPECT_TRUE(records.ok()) << records.status();
    return records.ok() ? *std::move(records) : std::vector<port::OutboxRecord>();
  }
  std::vector<std::string> Keys() {
    std::vector<std::string> keys;
    for (const port::OutboxRecord& record : Read()) keys.push_back(record.message.key);
    return keys;
  }
  // Inserts `gid` with messages of these keys.
  Result InsertWith(const std::string& gid, const std::vector<std::string>& keys,
                    base::Time now = At(1)) {
    core::GlobalTransaction transaction = SmallSaga(gid);
    transaction.update_time = now;
    std::vector<base::Message> messages;
    for (const std::string& key : keys) messages.push_back(Named(key));
    port::Write write = InsertOf(transaction, base::kNever);
    write.outbox = &messages;
    return Put(write);
  }
  static port::ParkedMessage Parked(int64_t offset, const std::string& reason,
                                    int32_t partition = 1) {
    return {.park_time = At(offset),
            .reason = reason,
            .partition = partition,
            .offset = offset,
            .message = Named(absl::StrCat("offset ", offset))};
  }
  std::vector<std::string> ParkedReasons(uint64_t before_id = 0, size_t limit = 1000) {
    const auto listed = outbox().ListParked(before_id, limit);
    EXPECT_TRUE(listed.ok()) << listed.status();
    std::vector<std::string> reasons;
    for (const port::ParkedMessage& parked : *listed) reasons.push_back(parked.reason);
    return reasons;
  }
};

TEST_P(OutboxContract, MessagesComeWithTheirCauseInOrder) {
  EXPECT_THAT(Read(), IsEmpty());
  ASSERT_EQ(InsertWith("order-1", {"a", "b"}, At(5)), Result::kDone);
  ASSERT_EQ(InsertWith("order-2", {}), Result::kDone);
  core::GlobalTransaction changed = SmallSaga("order-1");
  changed.version = 2;
  changed.update_time = At(6);
  const std::vector<base::Message> messages = {Named("c")};
  port::Write write = UpdateOf(changed, base::kNever);
  write.outbox = &messages;
  ASSERT_EQ(Put(write), Result::kDone);

  const std::vector<port::OutboxRecord> records = Read();
  ASSERT_EQ(records.size(), 3u);
  for (size_t i = 0; i < records.size(); ++i) {
    EXPECT_EQ(records[i].message, Named(std::string(1, static_cast<char>('a' + i))));
    EXPECT_EQ(records[i].create_time, i < 2 ? At(5) : At(6));
    EXPECT_TRUE(i == 0 || records[i].id > records[i - 1].id);
  }
}

TEST_P(OutboxContract, AWriteThatIsNotDoneLeavesNoMessage) {
  ASSERT_EQ(InsertWith("order-1", {"first"}), Result::kDone);
  EXPECT_EQ(InsertWith("order-1", {"second insert"}), Result::kAlreadyThere);
  const std::vector<base::Message> messages = {Named("no such version")};
  core::GlobalTransaction stale = SmallSaga("order-1");
  stale.version = 7;
  port::Write conflict = UpdateOf(stale, base::kNever);
  conflict.outbox = &messages;
  const std::vector<base::Message> good = {Named("good")};
  const core::GlobalTransaction fresh = SmallSaga("order-2");
  port::Write done = InsertOf(fresh, base::kNever);
  done.outbox = &good;
  const auto results = store().Commit({conflict, done});
  EXPECT_EQ(results[0].kind, Result::kConflict);
  EXPECT_EQ(results[1].kind, Result::kDone);
  EXPECT_THAT(Keys(), ElementsAre("first", "good"));
}

TEST_P(OutboxContract, AnyMessageSurvives) {
  Random random(31);
  std::vector<base::Message> messages;
  for (int i = 0; i < 200; ++i) messages.push_back(RandomMessage(random));
  const core::GlobalTransaction transaction = SmallSaga("order-1");
  port::Write write = InsertOf(transaction, base::kNever);
  write.outbox = &messages;
  ASSERT_EQ(Put(write), Result::kDone) << last_error_;
  Reopen();
  const std::vector<port::OutboxRecord> records = Read();
  ASSERT_EQ(records.size(), messages.size());
  for (size_t i = 0; i < records.size(); ++i) ASSERT_EQ(records[i].message, messages[i]) << i;
}

TEST_P(OutboxContract, PagesGoOnBehindAnId) {
  ASSERT_EQ(InsertWith("order-1", {"a", "b", "c", "d", "e"}), Result::kDone);
  std::vector<std::string> keys;
  uint64_t after = 0;
  for (;;) {
    const std::vector<port::OutboxRecord> page = Read(after, 2);
    if (page.empty()) break;
    EXPECT_LE(page.size(), 2u);
    for (const port::OutboxRecord& record : page) keys.push_back(record.message.key);
    after = page.back().id;
  }
  EXPECT_THAT(keys, ElementsAre("a", "b", "c", "d", "e"));
  EXPECT_THAT(Read(0, 0), IsEmpty());
}

TEST_P(OutboxContract, RemovedOnesAreGoneAndTheOthersStay) {
  ASSERT_EQ(InsertWith("order-1", {"a", "b", "c", "d", "e", "f"}), Result::kDone);
  const std::vector<port::OutboxRecord> records = Read();
  ASSERT_EQ(records.size(), 6u);
  // In no order, one twice, some unknown.
  EXPECT_TRUE(outbox()
                  .RemoveOutbox({records[4].id, records[1].id, records[0].id, records[1].id,
                                 records[5].id + 1000, 0})
                  .ok());
  EXPECT_TRUE(outbox().RemoveOutbox({}).ok());
  EXPECT_THAT(Keys(), ElementsAre("c", "d", "f"));
  Reopen();
  EXPECT_THAT(Keys(), ElementsAre("c", "d", "f"));
}

TEST_P(OutboxContract, IdsAreNeverUsedAgain) {
  uint64_t last = 0;
  for (int round = 0; round < 3; ++round) {
    ASSERT_EQ(InsertWith(absl::StrCat("order-", round), {"a", "b"}), Result::kDone);
    std::vector<uint64_t> ids;
    for (const port::OutboxRecord& record : Read()) {
      EXPECT_GT(record.id, last);
      ids.push_back(last = record.id);
    }
    ASSERT_EQ(ids.size(), 2u);
    ASSERT_TRUE(outbox().RemoveOutbox(ids).ok());
    Reopen();
  }
}

TEST_P(OutboxContract, Counts) {
  auto counts = outbox().CountOutbox();
  ASSERT_TRUE(counts.ok());
  EXPECT_EQ(counts->waiting, 0u);
  EXPECT_FALSE(counts->oldest.IsSet());
  ASSERT_EQ(InsertWith("order-1", {"a"}, At(5)), Result::kDone);
  ASSERT_EQ(InsertWith("order-2", {"b", "c"}, At(7)), Result::kDone);
  counts = outbox().CountOutbox();
  ASSERT_TRUE(counts.ok());
  EXPECT_EQ(counts->waiting, 3u);
  EXPECT_EQ(counts->oldest, At(5));
  ASSERT_TRUE(outbox().RemoveOutbox({Read().front().id}).ok());
  counts = outbox().CountOutbox();
  ASSERT_TRUE(counts.ok());
  EXPECT_EQ(counts->waiting, 2u);
  EXPECT_EQ(counts->oldest, At(7));
}

TEST_P(OutboxContract, AParkedMessageIsKeptOnceWithItsCopy) {
  ASSERT_TRUE(outbox().Park(Parked(7, "no header"), Named("copy")).ok());
  ASSERT_TRUE(outbox().Park(Parked(7, "again"), Named("copy again")).ok());
  ASSERT_TRUE(outbox().Park(Parked(8, "version 9"), {}).ok());
  ASSERT_TRUE(outbox().Park(Parked(7, "other partition", 2), Named("third")).ok());
  port::ParkedMessage other_topic = Parked(7, "other topic");
  other_topic.message.topic = "saga.reply";
  ASSERT_TRUE(outbox().Park(other_topic, Named("fourth")).ok());
  Reopen();
  EXPECT_THAT(ParkedReasons(),
              ElementsAre("other topic", "other partition", "version 9", "no header"));
  EXPECT_THAT(Keys(), ElementsAre("copy", "third", "fourth"));
  EXPECT_EQ(Read().front().create_time, At(7));

  const auto listed = outbox().ListParked(0, 2);
  ASSERT_TRUE(listed.ok());
  ASSERT_EQ(listed->size(), 2u);
  port::ParkedMessage expected = other_topic;
  expected.id = listed->front().id;
  EXPECT_EQ(listed->front(), expected);
  EXPECT_THAT(ParkedReasons(listed->back().id), ElementsAre("version 9", "no header"));
}

TEST_P(OutboxContract, SomebodyHasLookedAtIt) {
  ASSERT_TRUE(outbox().Park(Parked(1, "first"), {}).ok());
  ASSERT_TRUE(outbox().Park(Parked(2, "second"), {}).ok());
  const auto listed = outbox().ListParked(0, 10);
  ASSERT_TRUE(listed.ok());
  const uint64_t id = listed->front().id;
  EXPECT_TRUE(outbox().DeleteParked(id).ok());
  EXPECT_TRUE(absl::IsNotFound(outbox().DeleteParked(id)));
  EXPECT_THAT(ParkedReasons(), ElementsAre("first"));
  Reopen();
  ASSERT_TRUE(outbox().Park(Parked(3, "third"), {}).ok());
  EXPECT_GT(outbox().ListParked(0, 1)->front().id, id);
}

// The relay reads and removes while commits put more in: each message is seen once, in order.
TEST_P(OutboxContract, MessagesGoInAndOutAtTheSameTime) {
  constexpr int kCommits = 60;
  std::atomic<bool> done{false};
  std::vector<std::string> seen;
  std::thread relay([&] {
    uint64_t after = 0;
    for (bool last = false;;) {
      const std::vector<port::OutboxRecord> page = Read(after, 7);
      if (page.empty() && std::exchange(last, done.load()) && done) break;
      std::vector<uint64_t> ids;
      for (const port::OutboxRecord& record : page) {
        seen.push_back(record.message.key);
        ids.push_back(after = record.id);
      }
      EXPECT_TRUE(outbox().RemoveOutbox(ids).ok());
      if (HasFailure()) break;
    }
  });
  std::vector<std::string> expected;
  for (int i = 0; i < kCommits; ++i) {
    expected.push_back(absl::StrCat("a", i));
    expected.push_back(absl::StrCat("b", i));
    EXPECT_EQ(
        InsertWith(absl::StrCat("order-", i), {expected[expected.size() - 2], expected.back()}),
        Result::kDone);
  }
  done = true;
  relay.join();
  EXPECT_EQ(seen, expected);
  EXPECT_EQ(outbox().CountOutbox()->waiting, 0u);
}

INSTANTIATE_TEST_SUITE_P(Stores, OutboxContract, ::testing::ValuesIn(StoresUnderTest()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace saga::contract
