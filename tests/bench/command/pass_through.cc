#include "tests/bench/server/pass_through.h"

#include <iostream>
#include <string>

#include "tests/bench/command/command.h"

namespace saga::bench {

int RunPassThroughCommand(int argc, char** argv) {
  cxxopts::Options options("sagabench passthrough",
                           "A server without a store: calls the participant twice for each call it "
                           "gets, and answers. The ceiling that `sagabench ceiling` measures.");
  options.add_options()
      ("grpc-listen", "HOST:PORT; port 0: a free one",
       cxxopts::value<std::string>()->default_value("127.0.0.1:0"))
      ("participant", "HOST:PORT of a gRPC participant", cxxopts::value<std::string>())
      ("threads", "threads, each with its own completion queue",
       cxxopts::value<int>()->default_value("1"));
  int exit_code = kExitOk;
  const auto line = Parse(options, argc, argv, &exit_code);
  if (!line.has_value()) return exit_code;
  if (line->count("participant") == 0) {
    return Fail(absl::InvalidArgumentError("--participant is needed"));
  }
  const auto listen = ParseAddress((*line)["grpc-listen"].as<std::string>());
  if (!listen.ok()) return Fail(listen.status());
  const auto participant = ParseAddress((*line)["participant"].as<std::string>());
  if (!participant.ok()) return Fail(participant.status());
  const int threads = (*line)["threads"].as<int>();
  if (threads < 1 || threads > 64) {
    return Fail(absl::InvalidArgumentError("--threads is not within 1 and 64"));
  }
  BlockStopSignals();
  const auto server = StartPassThrough(
      {.listen = *listen, .participant = *participant, .threads = threads});
  if (!server.ok()) return Fail(server.status());
  std::cout << "passthrough grpc=" << listen->host << ":" << (*server)->Port() << std::endl;
  AwaitStopSignal();
  return kExitOk;
}

}  // namespace saga::bench
