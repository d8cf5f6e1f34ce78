#pragma once

// One JSON object a line on standard error, written when the LogLine goes:
//
//   LogLine(LogLevel::kInfo, "branch").Branch(context).Set("order_id", 42).Set("outcome", "done");
//   {"time":"2026-01-31T10:00:00.123Z","level":"info","service":"order","msg":"branch",
//    "gid":"order_paid-A1","branch":"01","op":"action","order_id":42,"outcome":"done"}
//
// Thread safety: lines are whole, whoever writes them. One LogLine belongs to one thread.

#include <cstdint>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "participants/sdk/branch_context.h"

namespace saga::participants::sdk {

enum class LogLevel { kInfo, kWarning, kError };

// The "service" of every line from now on. Call it once, first.
void SetLogService(absl::string_view name);

class LogLine {
 public:
  LogLine(LogLevel level, absl::string_view message);
  ~LogLine();
  LogLine(const LogLine&) = delete;
  LogLine& operator=(const LogLine&) = delete;

  LogLine& Set(absl::string_view name, absl::string_view value);
  LogLine& Set(absl::string_view name, const char* value) {
    return Set(name, absl::string_view(value));
  }
  LogLine& Set(absl::string_view name, int64_t value);
  LogLine& Branch(const BranchContext& context);

 private:
  struct Fields;
  std::unique_ptr<Fields> fields_;
};

}  // namespace saga::participants::sdk
