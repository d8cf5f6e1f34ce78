// The intake while its broker, its topics or its own process go away.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "orchestrator/envelope/command.h"
#include "orchestrator/envelope/header.h"
#include "participants/sdk/kafka_intake.h"
#include "tests/fixture/kafka_broker.h"
#include "tests/fixture/process.h"
#include "tests/integration/kafka_intake/workshop.h"
#include "tests/integration/participants/shop.h"

namespace saga::participants::sdk {
namespace {

using envelope::Reply;
using fixture::WaitUntil;
using ::testing::Each;
using ::testing::Field;
using ::testing::SizeIs;

constexpr absl::Duration kSoon = absl::Seconds(90);

TEST(KafkaIntakeOutage, ABrokerThatIsKilledLosesNothingAndDoublesNothing) {
  fixture::KafkaBroker broker;
  ASSERT_TRUE(broker.WaitReady()) << broker.process().Stderr();
  Workshop shop(broker.address());
  const std::unique_ptr<KafkaIntake> intake = shop.Open();
  std::vector<base::Message> commands;
  for (int i = 0; i < 300; ++i) commands.push_back(shop.Command(absl::StrCat("g", i), "01"));
  shop.Hold("g150");
  shop.kafka().Send(commands);
  ASSERT_TRUE(WaitUntil(kSoon, [&] { return shop.Order().size() >= 150 && shop.Held() == 1; }));
  broker.Kill();
  // Done while there is no broker: its reply waits for one.
  shop.Release();
  ASSERT_TRUE(WaitUntil(kSoon, [&] { return shop.Done().contains("g150/01"); }));
  broker.Restart();
  ASSERT_TRUE(broker.WaitReady()) << broker.process().Stderr();
  ASSERT_TRUE(WaitUntil(kSoon, [&] { return shop.Order().size() == 300; }));
  for (const auto& [work, times] : shop.Done()) EXPECT_EQ(times, 1) << work;
  EXPECT_TRUE(WaitUntil(kSoon, [&] {
    return shop.kafka().Committed(shop.Options().participant, shop.topic()) == 300;
  }));
  std::set<std::string> answered;
  for (const Reply& reply : shop.kafka().Replies(shop.replies(), 300)) answered.insert(reply.gid);
  EXPECT_THAT(answered, SizeIs(300));
}

TEST(KafkaIntakeOutage, StartsAndStopsWithoutABroker) {
  const std::string nobody = absl::StrCat("127.0.0.1:", fixture::FreePort());
  absl::StatusOr<std::unique_ptr<KafkaIntake>> intake = KafkaIntake::Start(
      {},
      {.brokers = nobody, .participant = "x", .group = "", .topic = "", .dead_letter_topic = ""});
  ASSERT_TRUE(intake.ok()) << intake.status();
  (*intake)->Stop(absl::ZeroDuration());
}

TEST(KafkaIntakeOutage, TheOtherDoorsDoNotNotice) {
  const std::string nobody = absl::StrCat("127.0.0.1:", fixture::FreePort());
  fixture::TempDir dir;
  Participant product("product", dir.path(), {"--kafka", nobody});
  EXPECT_TRUE(product.process().WaitForStderr("kafka is away, waiting for it", kSoon));
  for (int stock = 1; stock <= 50; ++stock) {
    EXPECT_EQ(product.Post("SetStock", {{"product_id", 7}, {"size_id", 1}, {"stock", stock}})
                  .value("stock", ""),
              absl::StrCat(stock));
  }
  product.process().Terminate();
  EXPECT_EQ(product.process().WaitForExit(absl::Seconds(30)), 0);
  const std::string log = product.process().Stderr();
  EXPECT_EQ(log.find("kafka is away"), log.rfind("kafka is away")) << "told once";
  EXPECT_EQ(log.find("\"level\":\"error\""), std::string::npos) << log;
}

// The product program: its stock is what must not be taken twice.
class ProductCrash : public ::testing::Test {
 protected:
  ProductCrash()
      : kafka_(fixture::SharedKafka()),
        product_("product", dir_.path(),
                 {"--kafka", fixture::SharedKafka(), "--kafka-group", topic_, "--command-topic",
                  topic_}) {
    kafka_.MakeTopic(topic_);
  }

  base::Message Deduct(int order) {
    return envelope::Encode(
        envelope::Command{
            .gid = absl::StrCat("order_paid-", order),
            .mode = "saga",
            .branch_id = "02",
            .op = "action",
            .attempt = 1,
            .protocol = "http",
            .method = "/product.v1.Product/Deduct",
            .deadline = base::Time{absl::ToUnixMicros(absl::Now())} + base::Seconds(300),
            .reply_topic = replies_,
            .headers = {},
            .trace_parent = "",
            .payload = base::MakeBytes(
                absl::StrCat(R"({"order_id":)", order,
                             R"(,"items":[{"product_id":7,"size_id":1,"quantity":1}]})"))},
        topic_);
  }

  std::string Stock() {
    return product_.Post("GetStock", {{"product_id", 7}, {"size_id", 1}}).value("stock", "");
  }

  const std::string topic_ = fixture::UniqueName("product-commands");
  const std::string replies_ = fixture::UniqueName("product-replies");
  fixture::TempDir dir_;
  KafkaSide kafka_;
  Participant product_;
};

TEST_F(ProductCrash, BetweenTheLocalCommitAndTheOffsetsCommit) {
  product_.Post("SetStock", {{"product_id", 7}, {"size_id", 1}, {"stock", 100}});
  std::vector<base::Message> commands;
  for (int order = 1; order <= 30; ++order) commands.push_back(Deduct(order));
  // Nowhere to reply to: everything is done, and nothing may be committed.
  kafka_.Send(commands);
  ASSERT_TRUE(WaitUntil(kSoon, [&] { return Stock() == "70"; })) << Stock();
  EXPECT_EQ(kafka_.Committed(topic_, topic_), -1);
  product_.process().Kill();

  kafka_.MakeTopic(replies_);
  ASSERT_TRUE(product_.Start());
  const std::vector<Reply> replies = kafka_.Replies(replies_, 30);
  EXPECT_THAT(replies, SizeIs(30));
  EXPECT_THAT(replies, Each(Field(&Reply::outcome, "success")));
  EXPECT_EQ(Stock(), "70") << "nothing was deducted twice";
  EXPECT_TRUE(WaitUntil(kSoon, [&] { return kafka_.Committed(topic_, topic_) == 30; }));
  for (int order = 1; order <= 30; ++order)
    EXPECT_EQ(JournalOf(dir_.File("product.db"), order), "deduct") << order;
  product_.process().Terminate();
  EXPECT_EQ(product_.process().WaitForExit(absl::Seconds(30)), 0);
}

}  // namespace
}  // namespace saga::participants::sdk
