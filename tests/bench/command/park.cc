#include <iostream>
#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tests/bench/client/submit_many.h"
#include "tests/bench/command/command.h"

namespace saga::bench {
namespace {

constexpr int kMaxParked = 10'000;

struct ParkOptions {
  Address target;
  ScriptOptions script;
  int count = 0;
};

absl::StatusOr<ParkOptions> Read(const cxxopts::ParseResult& line) {
  ParkOptions park;
  auto target = ParseAddress(line["target"].as<std::string>());
  if (!target.ok()) return target.status();
  park.target = *std::move(target);
  auto participant = ParseAddress(line["participant"].as<std::string>());
  if (!participant.ok()) return participant.status();
  park.script.participant = *std::move(participant);
  const auto protocol = ParseProtocol(line["protocol"].as<std::string>());
  if (!protocol.ok()) return protocol.status();
  park.script.protocol = *protocol;
  park.script.wait_result = false;
  park.script.hang = true;
  park.count = line["count"].as<int>();
  if (park.count < 1 || park.count > kMaxParked) {
    return absl::InvalidArgumentError(
        absl::StrCat("--count is not within 1 and ", kMaxParked));
  }
  return park;
}

}  // namespace

int RunParkCommand(int argc, char** argv) {
  cxxopts::Options options("sagabench park",
                           "Submits sagas to a participant that never answers, and leaves them.");
  options.add_options()
      ("target", "the server, HOST:PORT of the protocol", cxxopts::value<std::string>())
      ("participant", "HOST:PORT of sagabench participant, of the same protocol",
       cxxopts::value<std::string>())
      ("protocol", "grpc or http", cxxopts::value<std::string>()->default_value("grpc"))
      ("count", "sagas", cxxopts::value<int>()->default_value("1000"))
      ("json", "print one JSON object");
  int exit_code = kExitOk;
  const auto line = Parse(options, argc, argv, &exit_code);
  if (!line.has_value()) return exit_code;
  if (line->count("target") == 0 || line->count("participant") == 0) {
    return Fail(absl::InvalidArgumentError("--target and --participant are needed"));
  }
  const auto park = Read(*line);
  if (!park.ok()) return Fail(park.status());
  const auto acknowledged = SubmitMany(park->target, park->script, park->count);
  if (!acknowledged.ok()) return Fail(acknowledged.status());
  if (line->count("json") > 0) {
    std::cout << nlohmann::json{{"acknowledged", acknowledged->size()}}.dump() << "\n";
  } else {
    std::cout << absl::StrFormat("%d of %d sagas are parked\n", acknowledged->size(), park->count);
  }
  return static_cast<int>(acknowledged->size()) == park->count ? kExitOk : kExitFailed;
}

}  // namespace saga::bench
