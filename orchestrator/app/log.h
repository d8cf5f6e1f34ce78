#pragma once

// What sagad says about itself, to standard error: one JSON object a line, or text for people.
// Written at once, not by a background thread, so that the last words before a crash are there.
//
//   log.Write(LogLevel::kWarn, "branch call failed", {{"gid", gid}, {"branch", "01"}, {"attempt",
//   3}});
//
// Field names are those of the project's vocabulary: gid, branch, op, attempt, destination, reason,
// error, ...

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "absl/strings/string_view.h"
#include "orchestrator/base/time.h"

namespace saga::app {

enum class LogLevel : uint8_t { kDebug, kInfo, kWarn, kError };
enum class LogFormat : uint8_t { kJson, kText };

struct LogField {
  LogField(const char* name, absl::string_view text) : key(name), value(text) {}
  LogField(const char* name, std::string_view text)
      : key(name), value(absl::string_view(text.data(), text.size())) {}
  LogField(const char* name, const std::string& text) : key(name), value(absl::string_view(text)) {}
  LogField(const char* name, const char* text) : key(name), value(absl::string_view(text)) {}
  LogField(const char* name, int64_t number) : key(name), value(number) {}
  LogField(const char* name, int number) : key(name), value(int64_t{number}) {}
  LogField(const char* name, uint32_t number) : key(name), value(int64_t{number}) {}
  LogField(const char* name, uint64_t number) : key(name), value(static_cast<int64_t>(number)) {}
  LogField(const char* name, bool yes) : key(name), value(yes) {}

  const char* key;
  std::variant<absl::string_view, int64_t, bool> value;
};

using LogFields = std::initializer_list<LogField>;

// One line without its end, in the given format. Text of any content stays one line and, in JSON,
// valid: control characters are escaped and bytes that are not UTF-8 replaced. Text fields that are
// empty are left out.
std::string FormatLogLine(LogFormat format, base::Time time, LogLevel level,
                          absl::string_view message, const LogField* fields, size_t count);

// "debug", "info", "warn", "error"; the names of log.level.
const char* LogLevelName(LogLevel level);
// From the words of the configuration, which has checked them.
LogLevel LogLevelOf(absl::string_view name);
LogFormat LogFormatOf(absl::string_view name);

// Thread-safe.
class Log {
 public:
  // To standard error.
  Log(LogLevel level, LogFormat format);
  // To `write`, for tests: called with each line, one at a time.
  Log(LogLevel level, LogFormat format, std::function<void(const std::string&)> write);
  ~Log();

  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  bool Enabled(LogLevel level) const;
  void Write(LogLevel level, absl::string_view message, LogFields fields = {});
  // As above, with the number of earlier messages of this kind that were left out; 0 is not shown.
  void WriteAfterSuppressed(LogLevel level, absl::string_view message, uint64_t suppressed,
                            LogFields fields);

  void Debug(absl::string_view message, LogFields fields = {}) {
    Write(LogLevel::kDebug, message, fields);
  }
  void Info(absl::string_view message, LogFields fields = {}) {
    Write(LogLevel::kInfo, message, fields);
  }
  void Warn(absl::string_view message, LogFields fields = {}) {
    Write(LogLevel::kWarn, message, fields);
  }
  void Error(absl::string_view message, LogFields fields = {}) {
    Write(LogLevel::kError, message, fields);
  }

 private:
  struct Sink;
  LogLevel level_;
  LogFormat format_;
  std::unique_ptr<Sink> sink_;
};

}  // namespace saga::app
