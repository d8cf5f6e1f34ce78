// Old and new versions side by side, and what is said about a message that cannot be taken.

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/envelope/sample.h"

namespace saga::envelope {
namespace {

using testing::HasSubstr;

struct Kind {
  std::string name;
  std::function<base::Message()> encode;
  std::function<absl::Status(const base::Message&)> decode;
  std::function<bool(const base::Message&)> reads_plain;
  std::vector<std::string> required;
};

template <typename Envelope>
Kind KindOf(std::string name, Envelope plain,
            absl::StatusOr<Envelope> (*decode)(const base::Message&),
            std::vector<std::string> required) {
  return {std::move(name), [plain] { return Encode(plain, "t"); },
          [decode](const base::Message& message) { return decode(message).status(); },
          [decode, plain](const base::Message& message) {
            const absl::StatusOr<Envelope> out = decode(message);
            return out.ok() && *out == plain;
          },
          std::move(required)};
}

std::vector<Kind> Kinds() {
  return {
      KindOf("command", PlainCommand(), DecodeCommand,
             {"saga-schema", "saga-kind", "saga-gid", "saga-mode", "saga-branch", "saga-op",
              "saga-attempt", "saga-protocol", "saga-method", "saga-deadline", "saga-reply-topic"}),
      KindOf("reply", PlainReply(), DecodeReply,
             {"saga-schema", "saga-kind", "saga-gid", "saga-branch", "saga-op", "saga-attempt",
              "saga-outcome"}),
      KindOf("event", PlainEvent(), DecodeEvent, {"saga-schema", "saga-kind", "ce_source"}),
      KindOf("dead-letter", PlainDeadLetter(), DecodeDeadLetter,
             {"saga-schema", "saga-kind", "saga-mode", "saga-branch", "saga-op", "saga-attempt",
              "saga-reason", "saga-replay-token", "kafka_dlt-original-partition",
              "kafka_dlt-original-offset", "kafka_dlt-original-timestamp", "ce_source"})};
}

class SchemaTest : public testing::TestWithParam<Kind> {};

INSTANTIATE_TEST_SUITE_P(Kinds, SchemaTest, testing::ValuesIn(Kinds()), [](const auto& info) {
  return absl::StrReplaceAll(info.param.name, {{"-", "_"}});
});

TEST_P(SchemaTest, HeadersThatAreNotKnownAreLeftAlone) {
  const base::Message message =
      With(With(GetParam().encode(), "saga-colour", "green"), "b3", std::string("\0\xff", 2));
  EXPECT_TRUE(GetParam().reads_plain(message)) << GetParam().decode(message);
}

TEST_P(SchemaTest, ANewerVersionIsRefusedByItsNumber) {
  const absl::Status status = GetParam().decode(With(GetParam().encode(), "saga-schema", "2"));
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr("saga-schema is 2, and the newest"));
  EXPECT_THAT(status.message(), HasSubstr("is 1"));
}

// A newer one may have changed anything: its version is what is to be known about it.
TEST_P(SchemaTest, TheVersionIsToldBeforeAnythingElse) {
  const absl::Status status = GetParam().decode(
      With(Without(Without(GetParam().encode(), "saga-gid"), "saga-kind"), "saga-schema", "12"));
  EXPECT_THAT(status.message(), HasSubstr("saga-schema is 12"));
}

TEST_P(SchemaTest, AVersionThatIsNoneIsRefused) {
  for (const char* text : {"", "0", "-1", "one", "1.0", "99999999999999999999"}) {
    const absl::Status status = GetParam().decode(With(GetParam().encode(), "saga-schema", text));
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_THAT(status.message(), HasSubstr("saga-schema"));
  }
}

TEST_P(SchemaTest, EachRequiredHeaderIsNamedWhenItIsMissing) {
  for (const std::string& name : GetParam().required) {
    const absl::Status missing = GetParam().decode(Without(GetParam().encode(), name));
    EXPECT_EQ(missing.code(), absl::StatusCode::kInvalidArgument) << name;
    EXPECT_THAT(missing.message(), HasSubstr(name + " is missing"));
    const absl::Status empty = GetParam().decode(With(GetParam().encode(), name, ""));
    EXPECT_EQ(empty.code(), absl::StatusCode::kInvalidArgument) << name;
    EXPECT_THAT(empty.message(), HasSubstr(name));
  }
}

TEST_P(SchemaTest, AnotherKindIsRefused) {
  for (const Kind& other : Kinds()) {
    if (other.name == GetParam().name) continue;
    const absl::Status status = GetParam().decode(other.encode());
    EXPECT_THAT(status.message(), HasSubstr("not a " + GetParam().name));
    EXPECT_THAT(status.message(), HasSubstr("\"" + other.name + "\""));
  }
}

TEST_P(SchemaTest, AMessageOfSomebodyElseIsRefused) {
  const base::Message message{.topic = "t", .value = base::MakeBytes("hello")};
  EXPECT_THAT(GetParam().decode(message).message(), HasSubstr("saga-schema is missing"));
}

TEST_P(SchemaTest, OfARepeatedHeaderTheLastCounts) {
  base::Message message = GetParam().encode();
  message.headers.insert(message.headers.begin(), {"saga-kind", "nonsense"});
  EXPECT_TRUE(GetParam().reads_plain(message)) << GetParam().decode(message);
}

TEST(SchemaTextTest, NumbersTimesAndWordsThatAreNone) {
  const base::Message command = Encode(PlainCommand(), "t");
  for (const char* text : {"-1", "x", "4294967296", "3.5"}) {
    EXPECT_THAT(DecodeCommand(With(command, "saga-attempt", text)).status().message(),
                HasSubstr("saga-attempt is no number"));
  }
  for (const char* text : {"tomorrow", "9223372036854775807"}) {
    EXPECT_THAT(DecodeCommand(With(command, "saga-deadline", text)).status().message(),
                HasSubstr("saga-deadline is no time"));
  }
  EXPECT_THAT(DecodeCommand(With(command, "saga-protocol", "soap")).status().message(),
              HasSubstr("saga-protocol is \"soap\""));
  const base::Message reply = Encode(PlainReply(), "t");
  EXPECT_THAT(DecodeReply(With(reply, "saga-outcome", "maybe")).status().message(),
              HasSubstr("saga-outcome is \"maybe\""));
  EXPECT_THAT(DecodeReply(With(reply, "saga-outcome", "success")).status().message(),
              HasSubstr("saga-hopeless comes with"));
}

TEST(SchemaTextTest, AnEventWhoseValueIsNone) {
  base::Message message = Encode(PlainEvent(), "t");
  for (const char* value : {"", "[]", "{", "{}", R"({"gid":7})",
                            R"({"gid":"g","create_time":"x","finish_time":"y"})"}) {
    message.value = base::MakeBytes(value);
    EXPECT_EQ(DecodeEvent(message).status().code(), absl::StatusCode::kInvalidArgument) << value;
  }
}

TEST(SchemaTextTest, RandomBytesAreNeverTakenForAMessage) {
  Random random(7);
  int refused = 0;
  for (int i = 0; i < 2000; ++i) {
    base::Message message = Encode(RandomCommand(random), "t");
    auto& header = message.headers[random() % message.headers.size()];
    const std::string before = header.second;
    header.second = RandomBytes(random, 12);
    const absl::StatusOr<Command> out = DecodeCommand(message);
    if (!out.ok()) {
      ++refused;
      EXPECT_EQ(out.status().code(), absl::StatusCode::kInvalidArgument);
    } else {
      EXPECT_TRUE(*DecodeCommand(Encode(*out, "t")) == *out);
    }
  }
  EXPECT_GT(refused, 100);
}

}  // namespace
}  // namespace saga::envelope
