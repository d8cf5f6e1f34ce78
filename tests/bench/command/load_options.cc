#include "tests/bench/command/load_options.h"

#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace saga::bench {
namespace {

absl::Status CheckRange(const char* option, double value, double low, double high) {
  if (value >= low && value <= high) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("--", option, " ", value, " is not within ", low, " and ", high));
}

std::chrono::milliseconds Seconds(double seconds) {
  return std::chrono::milliseconds(static_cast<int64_t>(seconds * 1000));
}

}  // namespace

void AddLoadOptions(cxxopts::Options& options) {
  options.add_options()
      ("clients", "clients, each with one transaction at a time",
       cxxopts::value<int>()->default_value("10"))
      ("seconds", "measured time", cxxopts::value<double>()->default_value("10"))
      ("warmup", "seconds before it that are not counted",
       cxxopts::value<double>()->default_value("1"))
      ("channels", "gRPC connections to the server that the clients share; 0: one for each",
       cxxopts::value<int>()->default_value("4"))
      ("payload-bytes", "payload of each branch", cxxopts::value<int>()->default_value("32"))
      ("random-gids", "gids in no order, as DTM's clients make them, instead of ascending ones")
      ("json", "print the report as one JSON object");
}

absl::StatusOr<LoadOptions> ReadLoadOptions(const cxxopts::ParseResult& line) {
  LoadOptions load;
  load.clients = line["clients"].as<int>();
  load.channels = line["channels"].as<int>();
  load.script.payload_bytes = line["payload-bytes"].as<int>();
  load.random_gids = line.count("random-gids") > 0;
  const double seconds = line["seconds"].as<double>();
  const double warmup = line["warmup"].as<double>();
  for (const absl::Status& status :
       {CheckRange("clients", load.clients, 1, kMaxClients),
        CheckRange("channels", load.channels, 0, kMaxClients),
        CheckRange("payload-bytes", load.script.payload_bytes, 1, kMaxPayloadBytes),
        CheckRange("seconds", seconds, 0.1, kMaxSeconds),
        CheckRange("warmup", warmup, 0, kMaxSeconds)}) {
    if (!status.ok()) return status;
  }
  load.measured = Seconds(seconds);
  load.warmup = Seconds(warmup);
  return load;
}

}  // namespace saga::bench
