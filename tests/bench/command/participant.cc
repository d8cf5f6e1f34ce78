#include <iostream>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/bench/command/command.h"
#include "tests/bench/server/behaviour.h"
#include "tests/bench/server/call_counts.h"
#include "tests/bench/server/grpc_participant.h"
#include "tests/bench/server/http_participant.h"

namespace saga::bench {

int RunParticipantCommand(int argc, char** argv) {
  cxxopts::Options options(
      "sagabench participant",
      "Answers every gRPC method with an empty message and every HTTP request with {}. Methods and "
      "paths that contain 'hang' never answer. Prints its addresses when it is ready and, when "
      "stopped by SIGINT or SIGTERM, its calls as JSON.");
  options.add_options()
      ("grpc-listen", "HOST:PORT; port 0: a free one",
       cxxopts::value<std::string>()->default_value("127.0.0.1:0"))
      ("http-listen", "HOST:PORT; port 0: a free one",
       cxxopts::value<std::string>()->default_value("127.0.0.1:0"))
      ("delay-ms", "answer after this long", cxxopts::value<int>()->default_value("0"))
      ("fail-rate", "share of actions and tries that fail for good, 0 to 1",
       cxxopts::value<double>()->default_value("0"));
  int exit_code = kExitOk;
  const auto line = Parse(options, argc, argv, &exit_code);
  if (!line.has_value()) return exit_code;
  const auto grpc_listen = ParseAddress((*line)["grpc-listen"].as<std::string>());
  if (!grpc_listen.ok()) return Fail(grpc_listen.status());
  const auto http_listen = ParseAddress((*line)["http-listen"].as<std::string>());
  if (!http_listen.ok()) return Fail(http_listen.status());
  const int delay_ms = (*line)["delay-ms"].as<int>();
  const double fail_rate = (*line)["fail-rate"].as<double>();
  if (delay_ms < 0 || fail_rate < 0 || fail_rate > 1) {
    return Fail(absl::InvalidArgumentError("--delay-ms or --fail-rate is out of its range"));
  }

  BlockStopSignals();
  CallCounts counts;
  Behaviour behaviour(std::chrono::milliseconds(delay_ms), fail_rate);
  auto grpc = StartGrpcParticipant(*grpc_listen, behaviour, counts);
  if (!grpc.ok()) return Fail(grpc.status());
  auto http = StartHttpParticipant(*http_listen, behaviour, counts);
  if (!http.ok()) return Fail(http.status());
  std::cout << "participant grpc=" << grpc_listen->host << ":" << (*grpc)->Port()
            << " http=" << http_listen->host << ":" << (*http)->Port() << std::endl;
  AwaitStopSignal();
  std::cout << counts.Json() << std::endl;
  return kExitOk;
}

}  // namespace saga::bench
