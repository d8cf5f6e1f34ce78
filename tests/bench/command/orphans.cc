#include "tests/bench/orphans.h"

#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tests/bench/command/command.h"

namespace saga::bench {
namespace {

constexpr int kMaxOrphans = 10'000;

absl::StatusOr<OrphansOptions> Read(const cxxopts::ParseResult& line) {
  OrphansOptions orphans;
  for (const auto& [name, address] :
       std::vector<std::pair<const char*, Address*>>{
           {"target", &orphans.target},
           {"server-http", &orphans.server_http},
           {"participant", &orphans.script.participant},
           {"participant-control", &orphans.participant_control}}) {
    if (line.count(name) == 0) {
      return absl::InvalidArgumentError(absl::StrCat("--", name, " is needed"));
    }
    auto parsed = ParseAddress(line[name].as<std::string>());
    if (!parsed.ok()) return parsed.status();
    *address = *std::move(parsed);
  }
  if (line.count("server") == 0) return absl::InvalidArgumentError("--server is needed");
  orphans.server_command = line["server"].as<std::string>();
  orphans.server_directory = line["directory"].as<std::string>();
  orphans.server_log = line["log"].as<std::string>();
  if (line.count("env") > 0) orphans.environment = line["env"].as<std::vector<std::string>>();
  const auto protocol = ParseProtocol(line["protocol"].as<std::string>());
  if (!protocol.ok()) return protocol.status();
  orphans.script.protocol = *protocol;
  orphans.orphans = line["count"].as<int>();
  orphans.parked = line["parked"].as<int>();
  orphans.patience = std::chrono::seconds(line["patience"].as<int>());
  if (orphans.orphans < 1 || orphans.orphans > kMaxOrphans || orphans.parked < 0 ||
      orphans.parked > kMaxOrphans) {
    return absl::InvalidArgumentError(
        absl::StrCat("--count or --parked is not within its range, at most ", kMaxOrphans));
  }
  if (orphans.parked > 0) {
    const auto parked = ParseAddress(line["parked-participant"].as<std::string>());
    if (!parked.ok()) return parked.status();
    orphans.parked_participant = *parked;
  }
  return orphans;
}

std::string ToText(const OrphansReport& report) {
  return absl::StrFormat(
      "%d acknowledged, %d branch calls under way at the kill\n"
      "seconds from the restart: ready %.3f, half ended %.3f, all ended %s\n"
      "%d succeeded, %d failed, %d unfinished, %d branch calls after the restart\n",
      report.acknowledged, report.called_before_kill, report.ready_seconds,
      report.half_final_seconds,
      report.unfinished > 0 ? "never" : absl::StrFormat("%.3f", report.all_final_seconds),
      report.succeeded, report.failed, report.unfinished, report.calls_after);
}

}  // namespace

int RunOrphansCommand(int argc, char** argv) {
  cxxopts::Options options("sagabench orphans",
                           "Starts a server, submits sagas, kills it with SIGKILL in their midst, "
                           "starts it again, and measures until all have ended.");
  options.add_options()
      ("server", "the server's command line", cxxopts::value<std::string>())
      ("directory", "its working directory", cxxopts::value<std::string>()->default_value(""))
      ("env", "NAME=VALUE for the server; may be repeated",
       cxxopts::value<std::vector<std::string>>())
      ("log", "file for the server's output",
       cxxopts::value<std::string>()->default_value("/dev/null"))
      ("target", "the server, HOST:PORT of the protocol", cxxopts::value<std::string>())
      ("server-http", "the server's HTTP side, HOST:PORT", cxxopts::value<std::string>())
      ("participant", "HOST:PORT of sagabench participant", cxxopts::value<std::string>())
      ("participant-control", "its HTTP side, HOST:PORT", cxxopts::value<std::string>())
      ("protocol", "grpc or http", cxxopts::value<std::string>()->default_value("grpc"))
      ("count", "orphans", cxxopts::value<int>()->default_value("60"))
      ("parked", "further sagas on a participant that never answers",
       cxxopts::value<int>()->default_value("0"))
      ("parked-participant", "HOST:PORT of that participant",
       cxxopts::value<std::string>()->default_value(""))
      ("patience", "seconds to wait for the end", cxxopts::value<int>()->default_value("60"))
      ("json", "print the report as one JSON object");
  int exit_code = kExitOk;
  const auto line = Parse(options, argc, argv, &exit_code);
  if (!line.has_value()) return exit_code;
  const auto orphans = Read(*line);
  if (!orphans.ok()) return Fail(orphans.status());
  const auto report = RunOrphans(*orphans);
  if (!report.ok()) return Fail(report.status());
  std::cout << (line->count("json") > 0 ? ToJson(*report).dump() + "\n" : ToText(*report));
  return kExitOk;
}

}  // namespace saga::bench
