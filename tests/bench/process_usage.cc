#include "tests/bench/process_usage.h"

#include <time.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <system_error>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace saga::bench {
namespace {

// Adds the number after "key:" in a /proc file of "key: number [unit]" lines to *value, if it is
// there.
void AddField(const std::string& path, std::string_view key, int64_t* value) {
  std::ifstream file(path);
  std::string line;
  while (std::getline(file, line)) {
    absl::string_view rest = line;
    if (!absl::ConsumePrefix(&rest, absl::string_view(key.data(), key.size())) ||
        !absl::ConsumePrefix(&rest, ":")) {
      continue;
    }
    rest = absl::StripAsciiWhitespace(rest);
    int64_t number = 0;
    if (absl::SimpleAtoi(rest.substr(0, rest.find(' ')), &number)) *value += number;
    return;
  }
}

}  // namespace

absl::StatusOr<ProcessUsage> ReadProcessUsage(pid_t pid) {
  clockid_t clock;
  timespec cpu{};
  if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &cpu) != 0) {
    return absl::NotFoundError(absl::StrCat("no process ", pid));
  }
  ProcessUsage usage;
  usage.cpu = std::chrono::seconds(cpu.tv_sec) + std::chrono::nanoseconds(cpu.tv_nsec);
  const std::string proc = absl::StrCat("/proc/", pid);
  AddField(absl::StrCat(proc, "/status"), "VmRSS", &usage.rss_kib);
  AddField(absl::StrCat(proc, "/status"), "VmHWM", &usage.peak_rss_kib);
  AddField(absl::StrCat(proc, "/status"), "Threads", &usage.threads);
  AddField(absl::StrCat(proc, "/io"), "syscr", &usage.read_calls);
  AddField(absl::StrCat(proc, "/io"), "syscw", &usage.write_calls);
  AddField(absl::StrCat(proc, "/io"), "write_bytes", &usage.written_bytes);
  std::error_code error;
  for (auto it = std::filesystem::directory_iterator(absl::StrCat(proc, "/task"), error);
       !error && it != std::filesystem::directory_iterator(); it.increment(error)) {
    const std::string status = it->path().string() + "/status";
    AddField(status, "voluntary_ctxt_switches", &usage.switches);
    AddField(status, "nonvoluntary_ctxt_switches", &usage.switches);
  }
  return usage;
}

}  // namespace saga::bench
