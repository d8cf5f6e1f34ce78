#include "orchestrator/app/log.h"

#include <spdlog/details/null_mutex.h>
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "orchestrator/base/check.h"

namespace saga::app {
namespace {

class FunctionSink : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  explicit FunctionSink(std::function<void(const std::string&)> write) : write_(std::move(write)) {}

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    absl::MutexLock lock(&mutex_);
    write_(std::string(message.payload.data(), message.payload.size()));
  }
  void flush_() override {}

 private:
  absl::Mutex mutex_;
  const std::function<void(const std::string&)> write_ ABSL_GUARDED_BY(mutex_);
};

std::string Quoted(absl::string_view text) {
  return nlohmann::json(std::string(text))
      .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

// In text lines a value stands bare when nobody can take it for something else.
std::string BareOrQuoted(absl::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= ' ' || byte == '"' || byte == '=' || byte == '\\' || byte >= 0x7f)
      return Quoted(text);
  }
  return std::string(text);
}

std::string ValueText(LogFormat format, const LogField& field) {
  if (const auto* text = std::get_if<absl::string_view>(&field.value)) {
    return format == LogFormat::kJson ? Quoted(*text) : BareOrQuoted(*text);
  }
  if (const auto* number = std::get_if<int64_t>(&field.value)) return absl::StrCat(*number);
  return std::get<bool>(field.value) ? "true" : "false";
}

bool IsEmptyText(const LogField& field) {
  const auto* text = std::get_if<absl::string_view>(&field.value);
  return text != nullptr && text->empty();
}

std::string TimeText(base::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E6SZ", absl::FromUnixMicros(time.micros),
                          absl::UTCTimeZone());
}

}  // namespace

struct Log::Sink {
  explicit Sink(spdlog::sink_ptr sink) : logger("sagad", std::move(sink)) {
    logger.set_pattern("%v");
    logger.set_level(spdlog::level::trace);
    logger.flush_on(spdlog::level::trace);
  }

  spdlog::logger logger;
};

const char* LogLevelName(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarn:
      return "warn";
    case LogLevel::kError:
      return "error";
  }
  SAGA_CHECK(false);
}

LogLevel LogLevelOf(absl::string_view name) {
  for (const LogLevel level :
       {LogLevel::kDebug, LogLevel::kInfo, LogLevel::kWarn, LogLevel::kError}) {
    if (name == LogLevelName(level)) return level;
  }
  SAGA_CHECK(false);
}

LogFormat LogFormatOf(absl::string_view name) {
  return name == "text" ? LogFormat::kText : LogFormat::kJson;
}

std::string FormatLogLine(LogFormat format, base::Time time, LogLevel level,
                          absl::string_view message, const LogField* fields, size_t count) {
  std::string line;
  if (format == LogFormat::kJson) {
    line = absl::StrCat("{\"time\":\"", TimeText(time), "\",\"level\":\"", LogLevelName(level),
                        "\",\"msg\":", Quoted(message));
  } else {
    std::string printable = Quoted(message);
    line = absl::StrCat(TimeText(time), " ", absl::StrCat(LogLevelName(level), " ").substr(0, 5),
                        " ", printable.substr(1, printable.size() - 2));
  }
  for (size_t i = 0; i < count; ++i) {
    const LogField& field = fields[i];
    if (IsEmptyText(field)) continue;
    if (format == LogFormat::kJson) {
      absl::StrAppend(&line, ",\"", field.key, "\":", ValueText(format, field));
    } else {
      absl::StrAppend(&line, " ", field.key, "=", ValueText(format, field));
    }
  }
  if (format == LogFormat::kJson) line += "}";
  return line;
}

Log::Log(LogLevel level, LogFormat format)
    : level_(level),
      format_(format),
      sink_(std::make_unique<Sink>(std::make_shared<spdlog::sinks::stderr_sink_mt>())) {}

Log::Log(LogLevel level, LogFormat format, std::function<void(const std::string&)> write)
    : level_(level),
      format_(format),
      sink_(std::make_unique<Sink>(std::make_shared<FunctionSink>(std::move(write)))) {}

Log::~Log() = default;

bool Log::Enabled(LogLevel level) const { return level >= level_; }

void Log::Write(LogLevel level, absl::string_view message, LogFields fields) {
  WriteAfterSuppressed(level, message, 0, fields);
}

void Log::WriteAfterSuppressed(LogLevel level, absl::string_view message, uint64_t suppressed,
                               LogFields fields) {
  if (!Enabled(level)) return;
  std::vector<LogField> all(fields);
  if (suppressed > 0) all.emplace_back("suppressed", suppressed);
  const base::Time now{absl::ToUnixMicros(absl::Now())};
  const std::string line = FormatLogLine(format_, now, level, message, all.data(), all.size());
  sink_->logger.log(spdlog::level::info, spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace saga::app
