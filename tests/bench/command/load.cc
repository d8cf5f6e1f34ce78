#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/bench/client/load.h"
#include "tests/bench/command/command.h"
#include "tests/bench/command/load_options.h"

namespace saga::bench {
namespace {

absl::StatusOr<LoadOptions> Read(const cxxopts::ParseResult& line) {
  auto load = ReadLoadOptions(line);
  if (!load.ok()) return load;
  for (const std::string& text : line["target"].as<std::vector<std::string>>()) {
    const auto target = ParseAddress(text);
    if (!target.ok()) return target.status();
    load->targets.push_back(*target);
  }
  const auto participant = ParseAddress(line["participant"].as<std::string>());
  if (!participant.ok()) return participant.status();
  const auto protocol = ParseProtocol(line["protocol"].as<std::string>());
  if (!protocol.ok()) return protocol.status();
  const auto mode = ParseMode(line["mode"].as<std::string>());
  if (!mode.ok()) return mode.status();
  load->script.participant = *participant;
  load->script.protocol = *protocol;
  load->script.mode = *mode;
  load->script.branches = line["steps"].as<int>();
  if (load->script.branches < 1 || load->script.branches > kMaxBranches) {
    return absl::InvalidArgumentError(absl::StrCat("--steps is not within 1 and ", kMaxBranches));
  }
  load->script.wait_result = line.count("no-wait-result") == 0;
  if (line.count("server-pid") > 0) {
    load->server_pids = line["server-pid"].as<std::vector<pid_t>>();
  }
  load->database_pid = line["database-pid"].as<pid_t>();
  return load;
}

}  // namespace

int RunLoadCommand(int argc, char** argv) {
  cxxopts::Options options("sagabench load",
                           "Runs a closed loop of clients against a server that speaks DTM's "
                           "protocol, and prints throughput, latency and processor time.");
  options.add_options()
      ("target", "the server, HOST:PORT of the protocol; once for each of the nodes that the "
       "clients are spread over", cxxopts::value<std::vector<std::string>>())
      ("participant", "HOST:PORT of sagabench participant, of the same protocol",
       cxxopts::value<std::string>())
      ("protocol", "grpc or http", cxxopts::value<std::string>()->default_value("grpc"))
      ("mode", "saga, tcc, msg or xa", cxxopts::value<std::string>()->default_value("saga"))
      ("steps", "branches of each transaction", cxxopts::value<int>()->default_value("2"))
      ("no-wait-result", "let submit answer before the transaction has ended")
      ("server-pid", "report processor time and memory of this process; may be repeated: their sum",
       cxxopts::value<std::vector<pid_t>>())
      ("database-pid", "report processor time of this process too",
       cxxopts::value<pid_t>()->default_value("0"));
  AddLoadOptions(options);
  int exit_code = kExitOk;
  const auto line = Parse(options, argc, argv, &exit_code);
  if (!line.has_value()) return exit_code;
  if (line->count("target") == 0 || line->count("participant") == 0) {
    return Fail(absl::InvalidArgumentError("--target and --participant are needed"));
  }
  const auto load = Read(*line);
  if (!load.ok()) return Fail(load.status());
  const auto report = RunLoad(*load);
  if (!report.ok()) return Fail(report.status());
  std::cout << (line->count("json") > 0 ? ToJson(*report).dump() + "\n" : ToText(*report));
  return report->ok > 0 ? kExitOk : kExitFailed;
}

}  // namespace saga::bench
