// Outcomes as events on a real broker: exactly what the store says, each at least once, told apart
// by ce_id.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "orchestrator/envelope/event.h"
#include "orchestrator/envelope/header.h"
#include "tests/e2e/kafka_reader.h"
#include "tests/e2e/kafka_shop.h"
#include "tests/fixture/http_get.h"
#include "tests/fixture/kafka_broker.h"

namespace saga::e2e {
namespace {

using nlohmann::json;

constexpr int64_t kSoldOut = 8;

// gid -> status, as the store says.
std::map<std::string, std::string> StoredOutcomes(KafkaShop& kafka) {
  std::map<std::string, std::string> outcomes;
  const json all = json::parse(
      fixture::HttpGet(kafka.shop.sagad.http_address(), "/api/dtmsvr/all?limit=1000").body);
  for (const json& each : all.at("transactions"))
    outcomes[each.at("gid").get<std::string>()] = each.at("status").get<std::string>();
  return outcomes;
}

// gid -> status, as the events say; each ce_id counts once.
std::map<std::string, std::string> ToldOutcomes(const std::vector<base::Message>& messages) {
  std::map<std::string, std::string> outcomes;
  std::map<std::string, std::string> by_id;
  for (const base::Message& message : messages) {
    const absl::StatusOr<envelope::Event> event = envelope::DecodeEvent(message);
    EXPECT_TRUE(event.ok()) << event.status();
    if (!event.ok()) continue;
    EXPECT_EQ(message.key, event->gid);
    const auto id = std::find_if(message.headers.begin(), message.headers.end(),
                                 [](const auto& header) { return header.first == "ce_id"; });
    EXPECT_NE(id, message.headers.end());
    if (id == message.headers.end()) continue;
    const auto [place, first] = by_id.emplace(id->second, event->status);
    EXPECT_EQ(place->second, event->status) << "one ce_id, two contents";
    if (!first) continue;
    EXPECT_TRUE(outcomes.emplace(event->gid, event->status).second)
        << event->gid << " was told twice, with two ids";
  }
  return outcomes;
}

// Orders of what there is none of: their sagas fail.
void BuyInVain(KafkaShop& kafka, const std::string& prefix, int count) {
  for (int i = 0; i < count; ++i) {
    const std::string code = absl::StrCat(prefix, "-", i);
    kafka.shop.CreateOrder(code, kSoldOut, 1);
    EXPECT_NE(kafka.shop.NotifyUntilTaken(code, false), nullptr) << code;
  }
}

TEST(KafkaEvents, AreWhatTheStoreSaysWhateverTheBrokerSuffers) {
  fixture::KafkaBroker broker;
  ASSERT_TRUE(broker.WaitReady()) << broker.process().Stderr();
  KafkaShop kafka({.broker = broker.address(), .events = true});
  kafka.shop.SetStock(kSoldOut, 0);
  for (int round = 0; round < 3; ++round) {
    kafka.Buy(absl::StrCat("A", round), 10);
    broker.Kill();
    BuyInVain(kafka, absl::StrCat("B", round), 5);
    broker.Restart();
    ASSERT_TRUE(broker.WaitReady()) << broker.process().Stderr();
    if (round == 1) {
      kafka.shop.sagad.Kill();
      kafka.shop.RestartSagad("");
    }
  }
  std::map<std::string, std::string> stored;
  ASSERT_TRUE(fixture::WaitUntil(absl::Seconds(60), [&] {
    stored = StoredOutcomes(kafka);
    return stored.size() == 45 && std::all_of(stored.begin(), stored.end(), [](const auto& each) {
             return each.second == "succeed" || each.second == "failed";
           });
  }));
  const std::vector<base::Message> messages =
      ReadTopic(broker.address(), kafka.event_topic, [&](const std::vector<base::Message>& so_far) {
        std::set<std::string> gids;
        for (const base::Message& message : so_far) gids.insert(message.key);
        return gids.size() >= stored.size();
      });
  EXPECT_EQ(ToldOutcomes(messages), stored);
}

// Every command once more, in another order: each is answered again, and nothing more happens.
TEST(KafkaFallback, DoubledAndReorderedCommandsHaveNoSecondEffect) {
  constexpr size_t kCount = 20;
  const std::string broker = fixture::SharedKafka();
  KafkaShop kafka({.broker = broker});
  kafka.gate.Close();
  kafka.Buy("A", kCount);
  ASSERT_TRUE(kafka.AllSucceed(kCount));
  std::vector<base::Message> commands =
      ReadTopic(broker, kafka.command_topic,
                [](const std::vector<base::Message>& so_far) { return so_far.size() >= kCount; });
  // Those of the participants whose time is over are dropped unanswered: here they have time.
  const std::string late = absl::StrCat(absl::ToUnixMillis(absl::Now() + absl::Hours(1)));
  for (base::Message& command : commands) {
    for (auto& [name, value] : command.headers) {
      if (name == envelope::kDeadline) value = late;
    }
  }
  std::shuffle(commands.begin(), commands.end(), std::mt19937(7));
  PublishAll(broker, commands);
  ReadTopic(broker, kafka.reply_topic, [&](const std::vector<base::Message>& so_far) {
    return so_far.size() >= 2 * commands.size();
  });
  EXPECT_TRUE(kafka.AllSucceed(kCount));
  EXPECT_EQ(kafka.shop.Imbalance(7, 100'000), "");
  EXPECT_EQ(kafka.shop.Stock(7), "99980/0");
}

}  // namespace
}  // namespace saga::e2e
