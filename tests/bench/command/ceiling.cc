#include <signal.h>

#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/bench/child_process.h"
#include "tests/bench/client/load.h"
#include "tests/bench/command/command.h"
#include "tests/bench/command/load_options.h"

namespace saga::bench {
namespace {

// One of our own subcommands in a process of its own, as the real servers are.
absl::StatusOr<ChildProcess> StartSelf(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "/proc/self/exe");
  return ChildProcess::Start({.command = std::move(arguments)});
}

// Reads the line that a server prints when it is ready, and the gRPC address in it.
absl::StatusOr<Address> ReadGrpcAddress(ChildProcess& process) {
  const auto line = process.ReadLine();
  if (!line.ok()) return line.status();
  const size_t at = line->find("grpc=");
  if (at == std::string::npos) return absl::InternalError("unexpected line: " + *line);
  const size_t begin = at + 5;
  return ParseAddress(std::string_view(*line).substr(begin, line->find(' ', begin) - begin));
}

}  // namespace

int RunCeilingCommand(int argc, char** argv) {
  cxxopts::Options options("sagabench ceiling",
                           "The most that gRPC allows here: starts a participant and a server that "
                           "only passes calls on (three calls a transaction, no store), and "
                           "loads it.");
  options.add_options()("threads", "threads of the server",
                        cxxopts::value<int>()->default_value("1"));
  AddLoadOptions(options);
  int exit_code = kExitOk;
  const auto line = Parse(options, argc, argv, &exit_code);
  if (!line.has_value()) return exit_code;
  auto load = ReadLoadOptions(*line);
  if (!load.ok()) return Fail(load.status());

  auto participant = StartSelf({"participant"});
  if (!participant.ok()) return Fail(participant.status());
  const auto participant_address = ReadGrpcAddress(*participant);
  if (!participant_address.ok()) return Fail(participant_address.status());
  auto server = StartSelf({"passthrough", "--participant", participant_address->Text(),
                           "--threads", absl::StrCat((*line)["threads"].as<int>())});
  if (!server.ok()) return Fail(server.status());
  const auto target = ReadGrpcAddress(*server);
  if (!target.ok()) return Fail(target.status());

  load->targets = {*target};
  load->script.participant = *participant_address;
  load->server_pids = {server->Pid()};
  const auto report = RunLoad(*load);
  if (!report.ok()) return Fail(report.status());
  server->Stop(SIGTERM);
  participant->Stop(SIGTERM);
  const auto calls = participant->ReadLine();
  if (!calls.ok()) return Fail(calls.status());
  if (line->count("json") > 0) {
    nlohmann::json json = ToJson(*report);
    json["participant"] = nlohmann::json::parse(*calls, nullptr, false);
    std::cout << json.dump() << "\n";
  } else {
    std::cout << ToText(*report) << "participant: " << *calls << "\n";
  }
  return report->ok > 0 ? kExitOk : kExitFailed;
}

}  // namespace saga::bench
