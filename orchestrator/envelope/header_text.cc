#include "orchestrator/envelope/header_text.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "orchestrator/envelope/header.h"

namespace saga::envelope {
namespace {

constexpr int64_t kMicrosPerMilli = 1000;

bool ReadTime(const std::string& text, base::Time* time) {
  int64_t millis = 0;
  if (!absl::SimpleAtoi(text, &millis)) return false;
  if (millis > INT64_MAX / kMicrosPerMilli || millis < INT64_MIN / kMicrosPerMilli) return false;
  *time = base::Time{millis * kMicrosPerMilli};
  return true;
}

}  // namespace

base::Message NewMessage(const std::string& topic, const std::string& key, absl::string_view kind) {
  base::Message message{.topic = topic, .key = key};
  AddNumber(message, kSchema, kSchemaVersion);
  AddText(message, kKind, kind);
  return message;
}

void AddText(base::Message& message, absl::string_view name, absl::string_view value) {
  message.headers.emplace_back(std::string(name), std::string(value));
}

void AddTextIfAny(base::Message& message, absl::string_view name, absl::string_view value) {
  if (!value.empty()) AddText(message, name, value);
}

void AddNumber(base::Message& message, absl::string_view name, int64_t value) {
  AddText(message, name, absl::StrCat(value));
}

void AddTime(base::Message& message, absl::string_view name, base::Time time) {
  AddNumber(message, name, time.micros / kMicrosPerMilli);
}

std::string TimeText(base::Time time) {
  return absl::FormatTime("%E4Y-%m-%dT%H:%M:%E*SZ", absl::FromUnixMicros(time.micros),
                          absl::UTCTimeZone());
}

std::optional<base::Time> TimeOfText(absl::string_view text) {
  absl::Time time;
  std::string error;
  if (!absl::ParseTime(absl::RFC3339_full, text, &time, &error)) return std::nullopt;
  return base::Time{absl::ToUnixMicros(time)};
}

HeaderReader::HeaderReader(const base::Message& message, absl::string_view kind)
    : message_(message), kind_(kind) {
  const std::string* schema = Find(kSchema);
  int64_t version = 0;
  if (schema == nullptr) {
    Fail(absl::StrCat("the header ", kSchema, " is missing"));
  } else if (!absl::SimpleAtoi(*schema, &version) || version < 1) {
    Fail(absl::StrCat(kSchema, " is no version: \"", *schema, "\""));
  } else if (version > kSchemaVersion) {
    Fail(absl::StrCat(kSchema, " is ", version, ", and the newest that is understood here is ",
                      kSchemaVersion));
  }
  const std::string actual = Text(kKind);
  if (actual != kind_) Fail(absl::StrCat(kKind, " is \"", actual, "\""));
}

const std::string* HeaderReader::Find(absl::string_view name) const {
  for (auto header = message_.headers.rbegin(); header != message_.headers.rend(); ++header) {
    if (header->first == name) return &header->second;
  }
  return nullptr;
}

void HeaderReader::Fail(absl::string_view what) {
  if (!status_.ok()) return;
  status_ = absl::InvalidArgumentError(absl::StrCat("not a ", kind_, " of ours: ", what));
}

bool HeaderReader::Has(absl::string_view name) const { return Find(name) != nullptr; }

std::string HeaderReader::Text(absl::string_view name) {
  const std::string* value = Find(name);
  if (value == nullptr) {
    Fail(absl::StrCat("the header ", name, " is missing"));
    return "";
  }
  if (value->empty()) Fail(absl::StrCat("the header ", name, " is empty"));
  return *value;
}

std::string HeaderReader::OptionalText(absl::string_view name) const {
  const std::string* value = Find(name);
  return value == nullptr ? "" : *value;
}

uint32_t HeaderReader::Number(absl::string_view name) {
  const std::string text = Text(name);
  uint32_t number = 0;
  if (!absl::SimpleAtoi(text, &number)) Fail(absl::StrCat(name, " is no number: \"", text, "\""));
  return number;
}

base::Time HeaderReader::Time(absl::string_view name) {
  const std::string text = Text(name);
  base::Time time;
  if (!ReadTime(text, &time)) Fail(absl::StrCat(name, " is no time: \"", text, "\""));
  return time;
}

base::Time HeaderReader::OptionalTime(absl::string_view name) {
  return Has(name) ? Time(name) : base::Time{};
}

base::Time HeaderReader::OptionalTimeText(absl::string_view name) {
  if (!Has(name)) return {};
  const std::string text = Text(name);
  const std::optional<base::Time> time = TimeOfText(text);
  if (!time.has_value()) Fail(absl::StrCat(name, " is no time: \"", text, "\""));
  return time.value_or(base::Time{});
}

}  // namespace saga::envelope
