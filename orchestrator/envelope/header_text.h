#pragma once

// Writing and reading the headers that header.h names.

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "orchestrator/base/message.h"
#include "orchestrator/base/time.h"

namespace saga::envelope {

// A message with the two headers that every one of ours begins with.
base::Message NewMessage(const std::string& topic, const std::string& key, absl::string_view kind);

void AddText(base::Message& message, absl::string_view name, absl::string_view value);
// Writes nothing when `value` is empty.
void AddTextIfAny(base::Message& message, absl::string_view name, absl::string_view value);
void AddNumber(base::Message& message, absl::string_view name, int64_t value);
// Milliseconds since the epoch: what is finer is cut off.
void AddTime(base::Message& message, absl::string_view name, base::Time time);

// RFC 3339 in UTC, as CloudEvents has it; to the microsecond.
std::string TimeText(base::Time time);
// Nothing when the text is no such time.
std::optional<base::Time> TimeOfText(absl::string_view text);

// Reads a message and remembers the first thing that is wrong with it; what is wrong reads as empty
// or zero. Of a header that is there more than once the last counts, as for Kafka's own clients.
// Headers that it does not know it leaves alone: that is how a schema grows.
class HeaderReader {
 public:
  // Checks the schema version, then the kind. `message` must outlive this.
  HeaderReader(const base::Message& message, absl::string_view kind);

  bool Has(absl::string_view name) const;
  // Must be there and not empty.
  std::string Text(absl::string_view name);
  // Empty when it is not there.
  std::string OptionalText(absl::string_view name) const;
  uint32_t Number(absl::string_view name);
  base::Time Time(absl::string_view name);
  // "no time" when it is not there.
  base::Time OptionalTime(absl::string_view name);
  // RFC 3339; "no time" when it is not there.
  base::Time OptionalTimeText(absl::string_view name);

  // Only the first is kept.
  void Fail(absl::string_view what);
  // OK, or InvalidArgument that says what is wrong.
  const absl::Status& status() const { return status_; }

 private:
  const std::string* Find(absl::string_view name) const;

  const base::Message& message_;
  absl::string_view kind_;
  absl::Status status_;
};

}  // namespace saga::envelope
