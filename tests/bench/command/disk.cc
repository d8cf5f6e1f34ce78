#include <iostream>
#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/str_format.h"
#include "tests/bench/command/command.h"
#include "tests/bench/disk_probe.h"

namespace saga::bench {

int RunDiskCommand(int argc, char** argv) {
  cxxopts::Options options("sagabench disk", "How often a second the disk makes 4 KiB durable.");
  options.add_options()
      ("dir", "directory on the disk in question",
       cxxopts::value<std::string>()->default_value("."))
      ("seconds", "time for each of the two figures",
       cxxopts::value<double>()->default_value("1"))
      ("json", "print one JSON object");
  int exit_code = kExitOk;
  const auto line = Parse(options, argc, argv, &exit_code);
  if (!line.has_value()) return exit_code;
  const auto time = std::chrono::milliseconds(
      static_cast<int64_t>((*line)["seconds"].as<double>() * 1000));
  const auto rates = ProbeDisk((*line)["dir"].as<std::string>(), time);
  if (!rates.ok()) return Fail(rates.status());
  if (line->count("json") > 0) {
    std::cout << nlohmann::json{{"appends_per_second", rates->appends_per_second},
                                {"overwrites_per_second", rates->overwrites_per_second}}
                     .dump()
              << "\n";
  } else {
    std::cout << absl::StrFormat("fdatasync: %.0f appends/s, %.0f overwrites/s\n",
                                 rates->appends_per_second, rates->overwrites_per_second);
  }
  return kExitOk;
}

}  // namespace saga::bench
