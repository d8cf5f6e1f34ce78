#include <chrono>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>

#include "absl/strings/str_format.h"
#include "tests/bench/command/command.h"
#include "tests/bench/process_usage.h"

namespace saga::bench {
namespace {

nlohmann::json Difference(const ProcessUsage& before, const ProcessUsage& after, double seconds) {
  const double cpu = std::chrono::duration<double>(after.cpu - before.cpu).count();
  const auto per_second = [seconds](int64_t from, int64_t to) {
    return static_cast<double>(to - from) / seconds;
  };
  return {{"seconds", seconds},
          {"cpu_percent", 100.0 * cpu / seconds},
          {"rss_kib", after.rss_kib},
          {"peak_rss_kib", after.peak_rss_kib},
          {"threads", after.threads},
          {"switches_per_second", per_second(before.switches, after.switches)},
          {"reads_per_second", per_second(before.read_calls, after.read_calls)},
          {"writes_per_second", per_second(before.write_calls, after.write_calls)},
          {"written_bytes", after.written_bytes - before.written_bytes}};
}

}  // namespace

int RunIdleCommand(int argc, char** argv) {
  cxxopts::Options options("sagabench idle",
                           "What a process uses over a time: processor (100 % is one core), "
                           "memory, and how often it wakes, reads and writes.");
  options.add_options()
      ("pid", "the process", cxxopts::value<int>())
      ("seconds", "how long", cxxopts::value<double>()->default_value("10"))
      ("json", "print one JSON object");
  int exit_code = kExitOk;
  const auto line = Parse(options, argc, argv, &exit_code);
  if (!line.has_value()) return exit_code;
  if (line->count("pid") == 0) return Fail(absl::InvalidArgumentError("--pid is needed"));
  const pid_t pid = (*line)["pid"].as<int>();
  const auto start = std::chrono::steady_clock::now();
  const auto before = ReadProcessUsage(pid);
  if (!before.ok()) return Fail(before.status());
  std::this_thread::sleep_for(std::chrono::duration<double>((*line)["seconds"].as<double>()));
  const auto after = ReadProcessUsage(pid);
  if (!after.ok()) return Fail(after.status());
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const nlohmann::json used = Difference(*before, *after, seconds);
  if (line->count("json") > 0) {
    std::cout << used.dump() << "\n";
    return kExitOk;
  }
  std::cout << absl::StrFormat(
      "cpu %.3f %%  resident %.1f MiB (peak %.1f)  threads %d\n"
      "a second: %.1f context switches, %.1f reads, %.1f writes; %d bytes written in %.1f s\n",
      used["cpu_percent"].get<double>(), used["rss_kib"].get<double>() / 1024,
      used["peak_rss_kib"].get<double>() / 1024, used["threads"].get<int64_t>(),
      used["switches_per_second"].get<double>(), used["reads_per_second"].get<double>(),
      used["writes_per_second"].get<double>(), used["written_bytes"].get<int64_t>(), seconds);
  return kExitOk;
}

}  // namespace saga::bench
