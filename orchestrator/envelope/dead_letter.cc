#include "orchestrator/envelope/dead_letter.h"

#include <optional>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "orchestrator/base/utf8.h"
#include "orchestrator/envelope/cloud_event.h"
#include "orchestrator/envelope/header.h"
#include "orchestrator/envelope/header_text.h"
#include "orchestrator/envelope/spring.h"

namespace saga::envelope {
namespace {

constexpr int64_t kNoTimestamp = -1;  // Kafka's
constexpr char kErrorClassPrefix[] = "saga.";

// What identifies a branch op for ever; with the death, this time that it died.
std::string OpName(const DeadLetter& letter) {
  return absl::StrCat(letter.gid, "/", letter.branch_id, "/", letter.op);
}

CloudEvent CloudEventOf(const DeadLetter& letter) {
  CloudEvent event{.source = letter.source, .subject = letter.gid, .time = letter.died};
  if (letter.gid.empty()) {
    event.id = absl::StrCat(letter.original_topic, "/", letter.original_partition, "/",
                            letter.original_offset);
    event.type = "saga.message.parked";
  } else {
    event.id = absl::StrCat(OpName(letter), "/", letter.death);
    event.type = "saga.branch.dead";
  }
  return event;
}

void AddOurs(base::Message& message, const DeadLetter& letter) {
  if (!letter.gid.empty()) {
    AddText(message, kGid, letter.gid);
    AddText(message, kMode, letter.mode);
    AddText(message, kBranch, letter.branch_id);
    AddText(message, kOp, letter.op);
    AddNumber(message, kAttempt, letter.attempt);
    AddText(message, kReplayToken, absl::StrCat(OpName(letter), "/", letter.death));
  }
  AddText(message, kReason, letter.reason);
  AddTextIfAny(message, kDestination, letter.destination);
  AddTextIfAny(message, kTarget, letter.target);
  if (letter.first_failed.IsSet()) AddTime(message, kFirstFailedAt, letter.first_failed);
  if (letter.last_failed.IsSet()) AddTime(message, kLastFailedAt, letter.last_failed);
  AddTextIfAny(message, kTraceParent, letter.trace_parent);
}

void AddSprings(base::Message& message, const DeadLetter& letter) {
  std::string error = letter.error;
  base::CutTo(error, kMaxHeaderText);
  const bool timed = letter.original_time.IsSet();
  AddTextIfAny(message, kSpringTopic, letter.original_topic);
  AddText(message, kSpringPartition, BigEndian(letter.original_partition));
  AddText(message, kSpringOffset, BigEndian(letter.original_offset));
  AddText(message, kSpringTime,
          BigEndian(timed ? letter.original_time.micros / 1000 : kNoTimestamp));
  AddText(message, kSpringTimeType, timed ? "CreateTime" : "NoTimestampType");
  AddTextIfAny(message, kSpringGroup, letter.consumer_group);
  AddText(message, kSpringErrorClass, absl::StrCat(kErrorClassPrefix, letter.reason));
  AddTextIfAny(message, kSpringErrorText, error);
}

void ReadBranch(HeaderReader& reader, DeadLetter& letter) {
  letter.gid = reader.Text(kGid);
  letter.mode = reader.Text(kMode);
  letter.branch_id = reader.Text(kBranch);
  letter.op = reader.Text(kOp);
  letter.attempt = reader.Number(kAttempt);
  const std::string token = reader.Text(kReplayToken);
  absl::string_view death = token;
  // A gid may have slashes in it, so that the token is compared and not split.
  if (!absl::ConsumePrefix(&death, absl::StrCat(OpName(letter), "/")) ||
      !absl::SimpleAtoi(death, &letter.death)) {
    reader.Fail(absl::StrCat(kReplayToken, " is no token of this branch op: \"", token, "\""));
  }
}

void ReadOrigin(HeaderReader& reader, DeadLetter& letter) {
  letter.original_topic = reader.OptionalText(kSpringTopic);
  letter.consumer_group = reader.OptionalText(kSpringGroup);
  const std::optional<int32_t> partition = Int32OfBigEndian(reader.Text(kSpringPartition));
  const std::optional<int64_t> offset = Int64OfBigEndian(reader.Text(kSpringOffset));
  const std::optional<int64_t> time = Int64OfBigEndian(reader.Text(kSpringTime));
  if (!partition.has_value()) reader.Fail(absl::StrCat(kSpringPartition, " is no int32"));
  if (!offset.has_value()) reader.Fail(absl::StrCat(kSpringOffset, " is no int64"));
  if (!time.has_value()) reader.Fail(absl::StrCat(kSpringTime, " is no int64"));
  if (!reader.status().ok()) return;
  letter.original_partition = *partition;
  letter.original_offset = *offset;
  if (*time > INT64_MAX / 1000 || *time < kNoTimestamp) {
    reader.Fail(absl::StrCat(kSpringTime, " is no time"));
  } else if (*time != kNoTimestamp) {
    letter.original_time = base::Time{*time * 1000};
  }
}

}  // namespace

bool DeadLetter::operator==(const DeadLetter& other) const {
  return gid == other.gid && mode == other.mode && branch_id == other.branch_id && op == other.op &&
         attempt == other.attempt && death == other.death && reason == other.reason &&
         error == other.error && destination == other.destination && target == other.target &&
         first_failed == other.first_failed && last_failed == other.last_failed &&
         died == other.died && original_topic == other.original_topic &&
         original_partition == other.original_partition &&
         original_offset == other.original_offset && original_time == other.original_time &&
         original_key == other.original_key && consumer_group == other.consumer_group &&
         source == other.source && trace_parent == other.trace_parent &&
         base::Value(payload) == base::Value(other.payload);
}

base::Message Encode(const DeadLetter& letter, const std::string& topic) {
  const std::string& key = letter.gid.empty() ? letter.original_key : letter.gid;
  base::Message message = NewMessage(topic, key, kDeadLetterKind);
  AddOurs(message, letter);
  AddSprings(message, letter);
  AddCloudEvent(message, CloudEventOf(letter));
  message.value = letter.payload;
  return message;
}

absl::StatusOr<DeadLetter> DecodeDeadLetter(const base::Message& message) {
  HeaderReader reader(message, kDeadLetterKind);
  DeadLetter letter;
  if (reader.Has(kGid)) {
    ReadBranch(reader, letter);
  } else {
    letter.original_key = message.key;
  }
  letter.reason = reader.Text(kReason);
  letter.error = reader.OptionalText(kSpringErrorText);
  letter.destination = reader.OptionalText(kDestination);
  letter.target = reader.OptionalText(kTarget);
  letter.first_failed = reader.OptionalTime(kFirstFailedAt);
  letter.last_failed = reader.OptionalTime(kLastFailedAt);
  letter.died = reader.OptionalTimeText(kCloudTime);
  ReadOrigin(reader, letter);
  letter.source = reader.Text(kCloudSource);
  letter.trace_parent = reader.OptionalText(kTraceParent);
  letter.payload = message.value;
  if (!reader.status().ok()) return reader.status();
  return letter;
}

}  // namespace saga::envelope
