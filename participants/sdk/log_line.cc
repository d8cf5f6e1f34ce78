#include "participants/sdk/log_line.h"

#include <cstdio>
#include <nlohmann/json.hpp>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace saga::participants::sdk {
namespace {

std::string& Service() {
  static std::string* const service = new std::string("participant");
  return *service;
}

const char* Word(LogLevel level) {
  switch (level) {
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarning:
      return "warn";
    case LogLevel::kError:
      return "error";
  }
  return "error";
}

}  // namespace

struct LogLine::Fields {
  nlohmann::ordered_json json;
};

void SetLogService(absl::string_view name) { Service() = std::string(name); }

LogLine::LogLine(LogLevel level, absl::string_view message) : fields_(std::make_unique<Fields>()) {
  fields_->json["time"] =
      absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", absl::Now(), absl::UTCTimeZone());
  fields_->json["level"] = Word(level);
  fields_->json["service"] = Service();
  fields_->json["msg"] = std::string(message);
}

LogLine::~LogLine() {
  std::string line = fields_->json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  line += '\n';
  // One call, so that lines of several threads do not mix.
  std::fwrite(line.data(), 1, line.size(), stderr);
}

LogLine& LogLine::Set(absl::string_view name, absl::string_view value) {
  if (!value.empty()) fields_->json[std::string(name)] = std::string(value);
  return *this;
}

LogLine& LogLine::Set(absl::string_view name, int64_t value) {
  fields_->json[std::string(name)] = value;
  return *this;
}

LogLine& LogLine::Branch(const BranchContext& context) {
  return Set("gid", context.gid).Set("branch", context.branch_id).Set("op", WireName(context.op));
}

}  // namespace saga::participants::sdk
