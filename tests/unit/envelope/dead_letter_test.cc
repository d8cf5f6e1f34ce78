// The three families of headers, byte for byte.

#include "orchestrator/envelope/dead_letter.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "orchestrator/envelope/spring.h"
#include "tests/unit/envelope/sample.h"

namespace saga::envelope {
namespace {

using testing::HasSubstr;

constexpr char kEuro[] = "\xe2\x82\xac";

TEST(DeadLetterTest, OurHeaders) {
  const base::Message message = Encode(PlainDeadLetter(), "saga.dlq");
  EXPECT_EQ(message.topic, "saga.dlq");
  EXPECT_EQ(message.key, "g1");
  EXPECT_EQ(HeaderOf(message, "saga-schema"), "1");
  EXPECT_EQ(HeaderOf(message, "saga-kind"), "dead-letter");
  EXPECT_EQ(HeaderOf(message, "saga-gid"), "g1");
  EXPECT_EQ(HeaderOf(message, "saga-mode"), "saga");
  EXPECT_EQ(HeaderOf(message, "saga-branch"), "02");
  EXPECT_EQ(HeaderOf(message, "saga-op"), "compensate");
  EXPECT_EQ(HeaderOf(message, "saga-attempt"), "5");
  EXPECT_EQ(HeaderOf(message, "saga-reason"), "attempts_used");
  EXPECT_EQ(HeaderOf(message, "saga-destination"), "product");
  EXPECT_EQ(HeaderOf(message, "saga-target"), "participant://product/Restore");
  EXPECT_EQ(HeaderOf(message, "saga-first-failed-at"), "1700000000001");
  EXPECT_EQ(HeaderOf(message, "saga-last-failed-at"), "1700000009002");
  EXPECT_EQ(HeaderOf(message, "saga-replay-token"), "g1/02/compensate/1");
  EXPECT_EQ(HeaderOf(message, "traceparent"),
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
  EXPECT_EQ(base::Value(message.value), std::string("\x0a\x00\x01", 3));
}

TEST(DeadLetterTest, SpringsHeadersInTheirBinaryForm) {
  const base::Message message = Encode(PlainDeadLetter(), "saga.dlq");
  EXPECT_EQ(HeaderOf(message, "kafka_dlt-original-topic"), "saga.cmd.product");
  EXPECT_EQ(HeaderOf(message, "kafka_dlt-original-partition"), std::string("\x00\x00\x01\x02", 4));
  EXPECT_EQ(HeaderOf(message, "kafka_dlt-original-offset"),
            std::string("\x01\x02\x03\x04\x05\x06\x07\x08", 8));
  EXPECT_EQ(HeaderOf(message, "kafka_dlt-original-timestamp"),
            std::string("\x00\x00\x01\x8b\xcf\xe5\x68\x00", 8));
  EXPECT_EQ(HeaderOf(message, "kafka_dlt-original-timestamp-type"), "CreateTime");
  EXPECT_EQ(HeaderOf(message, "kafka_dlt-exception-fqcn"), "saga.attempts_used");
  EXPECT_EQ(HeaderOf(message, "kafka_dlt-exception-message"), "connection refused");
  EXPECT_EQ(HeaderOf(message, "kafka_dlt-original-consumer-group"), "(none)");
}

TEST(DeadLetterTest, SpringsHeadersOfWhatCameFromNoTopic) {
  DeadLetter letter = PlainDeadLetter();
  letter.original_topic.clear();
  letter.original_partition = -1;
  letter.original_offset = -1;
  letter.original_time = {};
  const base::Message message = Encode(letter, "saga.dlq");
  EXPECT_EQ(HeaderOf(message, "kafka_dlt-original-topic"), "(none)");
  EXPECT_EQ(HeaderOf(message, "kafka_dlt-original-partition"), std::string(4, '\xff'));
  EXPECT_EQ(HeaderOf(message, "kafka_dlt-original-offset"), std::string(8, '\xff'));
  EXPECT_EQ(HeaderOf(message, "kafka_dlt-original-timestamp"), std::string(8, '\xff'));
  EXPECT_EQ(HeaderOf(message, "kafka_dlt-original-timestamp-type"), "NoTimestampType");
}

TEST(DeadLetterTest, CloudEventHeaders) {
  const base::Message message = Encode(PlainDeadLetter(), "saga.dlq");
  EXPECT_EQ(HeaderOf(message, "ce_specversion"), "1.0");
  EXPECT_EQ(HeaderOf(message, "ce_id"), "g1/02/compensate/1");
  EXPECT_EQ(HeaderOf(message, "ce_source"), "/sagad/a");
  EXPECT_EQ(HeaderOf(message, "ce_type"), "saga.branch.dead");
  EXPECT_EQ(HeaderOf(message, "ce_subject"), "g1");
  EXPECT_EQ(HeaderOf(message, "ce_time"), "2023-11-14T22:13:29.003004Z");
}

TEST(DeadLetterTest, AMessageThatNobodyUnderstood) {
  const DeadLetter letter{.reason = "undecodable",
                          .error = "saga-schema is 2",
                          .died = base::Time{1'700'000'009'003'004},
                          .original_topic = "saga.reply",
                          .original_partition = 2,
                          .original_offset = 77,
                          .original_time = base::Time{1'700'000'000'000'000},
                          .original_key = "some key",
                          .consumer_group = "sagad",
                          .source = "/sagad/a",
                          .payload = base::MakeBytes("??")};
  const base::Message message = Encode(letter, "saga.dlq");
  EXPECT_EQ(message.key, "some key");
  EXPECT_EQ(HeaderOf(message, "ce_type"), "saga.message.parked");
  EXPECT_EQ(HeaderOf(message, "ce_id"), "saga.reply/2/77");
  EXPECT_EQ(HeaderOf(message, "kafka_dlt-original-consumer-group"), "sagad");
  EXPECT_EQ(HeaderOf(message, "saga-replay-token"), "(none)");
  EXPECT_EQ(HeaderOf(message, "saga-gid"), "(none)");
  const absl::StatusOr<DeadLetter> out = DecodeDeadLetter(message);
  ASSERT_TRUE(out.ok()) << out.status();
  EXPECT_TRUE(*out == letter);
}

TEST(DeadLetterTest, ALongErrorIsCutBetweenCharacters) {
  DeadLetter letter = PlainDeadLetter();
  letter.error = std::string(kMaxHeaderText, 'x');
  EXPECT_EQ(HeaderOf(Encode(letter, "t"), "kafka_dlt-exception-message").size(), 4096u);
  letter.error += 'y';
  EXPECT_EQ(HeaderOf(Encode(letter, "t"), "kafka_dlt-exception-message"), std::string(4096, 'x'));
  for (size_t over = 1; over <= 3; ++over) {  // the last character ends 0 to 2 bytes too far
    letter.error = std::string(kMaxHeaderText - over, 'x') + kEuro + kEuro;
    const std::string expected = std::string(kMaxHeaderText - over, 'x') + (over == 3 ? kEuro : "");
    EXPECT_EQ(HeaderOf(Encode(letter, "t"), "kafka_dlt-exception-message"), expected);
  }
}

TEST(DeadLetterTest, ATokenOfSomethingElseIsRefused) {
  const base::Message message = Encode(PlainDeadLetter(), "t");
  for (const char* token : {"g1/02/compensate", "g1/02/compensate/", "g2/02/compensate/1", "1"}) {
    EXPECT_THAT(DecodeDeadLetter(With(message, "saga-replay-token", token)).status().message(),
                HasSubstr("saga-replay-token is no token"));
  }
}

TEST(DeadLetterTest, NumbersOfTheWrongLengthAreRefused) {
  const base::Message message = Encode(PlainDeadLetter(), "t");
  EXPECT_THAT(
      DecodeDeadLetter(With(message, "kafka_dlt-original-partition", "258")).status().message(),
      HasSubstr("kafka_dlt-original-partition is no int32"));
  EXPECT_THAT(
      DecodeDeadLetter(With(message, "kafka_dlt-original-offset", "1234567")).status().message(),
      HasSubstr("kafka_dlt-original-offset is no int64"));
}

TEST(BigEndianTest, TheEndsOfTheRange) {
  for (const int32_t value : {0, 1, -1, INT32_MIN, INT32_MAX}) {
    EXPECT_EQ(Int32OfBigEndian(BigEndian(value)), value);
  }
  for (const int64_t value : {int64_t{0}, int64_t{-1}, INT64_MIN, INT64_MAX}) {
    EXPECT_EQ(Int64OfBigEndian(BigEndian(value)), value);
  }
  EXPECT_EQ(BigEndian(INT32_MIN), std::string("\x80\0\0\0", 4));
  EXPECT_EQ(BigEndian(int32_t{-2}), std::string("\xff\xff\xff\xfe", 4));
}

}  // namespace
}  // namespace saga::envelope
