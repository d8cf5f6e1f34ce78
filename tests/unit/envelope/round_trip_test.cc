// What goes in comes out, whatever it is.

#include <set>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "orchestrator/envelope/header.h"
#include "tests/unit/envelope/sample.h"

namespace saga::envelope {
namespace {

constexpr int kSamples = 2000;

template <typename Envelope, typename Make, typename Decode>
void ComesBack(Make make, Decode decode) {
  Random random(20240605);
  std::set<std::string> gids;
  for (int i = 0; i < kSamples; ++i) {
    const Envelope in = make(random);
    const base::Message message = Encode(in, "some.topic");
    ASSERT_EQ(message.topic, "some.topic");
    const absl::StatusOr<Envelope> out = decode(message);
    ASSERT_TRUE(out.ok()) << out.status();
    ASSERT_TRUE(*out == in) << "sample " << i;
    ASSERT_EQ(Encode(*out, "some.topic"), message) << "sample " << i;
    gids.insert(in.gid);
  }
  EXPECT_GT(gids.size(), 100u) << "the samples are all alike";
}

TEST(RoundTripTest, Commands) { ComesBack<Command>(RandomCommand, DecodeCommand); }
TEST(RoundTripTest, Replies) { ComesBack<Reply>(RandomReply, DecodeReply); }
TEST(RoundTripTest, Events) { ComesBack<Event>(RandomEvent, DecodeEvent); }
TEST(RoundTripTest, DeadLetters) { ComesBack<DeadLetter>(RandomDeadLetter, DecodeDeadLetter); }

TEST(RoundTripTest, PlainOnesWithEveryFieldSet) {
  EXPECT_TRUE(*DecodeCommand(Encode(PlainCommand(), "t")) == PlainCommand());
  EXPECT_TRUE(*DecodeReply(Encode(PlainReply(), "t")) == PlainReply());
  EXPECT_TRUE(*DecodeEvent(Encode(PlainEvent(), "t")) == PlainEvent());
  EXPECT_TRUE(*DecodeDeadLetter(Encode(PlainDeadLetter(), "t")) == PlainDeadLetter());
}

TEST(RoundTripTest, OneTransactionHasOneKey) {
  EXPECT_EQ(Encode(PlainCommand(), "t").key, "g1");
  EXPECT_EQ(Encode(PlainReply(), "t").key, "g1");
  EXPECT_EQ(Encode(PlainEvent(), "t").key, "g1");
  EXPECT_EQ(Encode(PlainDeadLetter(), "t").key, "g1");
}

TEST(RoundTripTest, ACommandAsItIsOnTheWire) {
  const base::Message message = Encode(PlainCommand(), "saga.cmd.product");
  const std::vector<std::pair<std::string, std::string>> expected = {
      {"saga-schema", "1"},
      {"saga-kind", "command"},
      {"saga-gid", "g1"},
      {"saga-mode", "saga"},
      {"saga-branch", "01"},
      {"saga-op", "action"},
      {"saga-attempt", "3"},
      {"saga-protocol", "grpc"},
      {"saga-method", "product.v1.Product/Deduct"},
      {"saga-deadline", "1700000000123"},
      {"saga-reply-topic", "saga.reply"},
      {"content-type", "application/protobuf"},
      {"traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"},
      {"saga-header-tenant", "blue"}};
  EXPECT_EQ(message.headers, expected);
  EXPECT_EQ(base::Value(message.value), std::string("\x0a\x00\x01", 3));
}

TEST(RoundTripTest, AnEventIsACloudEventInBinaryMode) {
  const base::Message message = Encode(PlainEvent(), "saga.events");
  EXPECT_EQ(HeaderOf(message, "ce_specversion"), "1.0");
  EXPECT_EQ(HeaderOf(message, "ce_id"), "g1/7");
  EXPECT_EQ(HeaderOf(message, "ce_source"), "/sagad/a");
  EXPECT_EQ(HeaderOf(message, "ce_type"), "saga.transaction.failed");
  EXPECT_EQ(HeaderOf(message, "ce_subject"), "g1");
  EXPECT_EQ(HeaderOf(message, "ce_time"), "2023-11-14T22:13:21.5Z");
  EXPECT_EQ(HeaderOf(message, "content-type"), "application/json");
  EXPECT_EQ(base::Value(message.value),
            R"({"gid":"g1","mode":"saga","status":"failed","version":7,)"
            R"("create_time":"2023-11-14T22:13:20.000001Z","finish_time":"2023-11-14T22:13:21.5Z",)"
            R"("reason":"sold out","definition":"purchase","definition_version":2})");
}

TEST(RoundTripTest, AReasonThatIsNoTextDoesNotStopTheEvent) {
  Event event = PlainEvent();
  event.reason = "broken \xff";
  const absl::StatusOr<Event> out = DecodeEvent(Encode(event, "t"));
  ASSERT_TRUE(out.ok()) << out.status();
  EXPECT_EQ(out->reason, "broken \xef\xbf\xbd");
}

}  // namespace
}  // namespace saga::envelope
