#include <iostream>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "participants/sdk/command_routes.h"
#include "participants/sdk/kafka_intake.h"
#include "participants/sdk/log_line.h"
#include "participants/sdk/registration.h"
#include "tests/bench/command/command.h"

namespace saga::bench {

namespace {

namespace sdk = participants::sdk;

// What a load of two branches names; sagad calls these at the registered address, where nobody is.
constexpr const char* kMethods[] = {"Action1", "Action2", "Compensate1", "Compensate2"};

sdk::CommandRoutes EmptyRoutes() {
  sdk::CommandRoutes routes;
  for (const char* method : kMethods) {
    routes.Add(absl::StrCat("bench.Participant/", method),
               [](const sdk::BranchRequest&) { return sdk::Outcome::Done(); });
  }
  return routes;
}

sdk::RegistrationOptions RegistrationOf(const std::string& orchestrator, const std::string& name,
                                        const std::string& instance, const std::string& topic) {
  sdk::RegistrationOptions options;
  options.orchestrator = orchestrator;
  options.participant = name;
  options.instance = instance;
  options.command_topic = topic;
  for (const char* method : kMethods)
    options.operations.push_back({method, absl::StrCat("bench.Participant/", method), ""});
  return options;
}

}  // namespace

int RunIntakeCommand(int argc, char** argv) {
  cxxopts::Options options(
      "sagabench intake",
      "A participant that can be reached by Kafka only: registers with sagad under an address "
      "where "
      "nobody listens, and answers every command with success. Runs until SIGINT or SIGTERM.");
  options.add_options()("orchestrator", "HOST:PORT of sagad's gRPC door",
                        cxxopts::value<std::string>())("kafka", "HOST:PORT of a broker",
                                                       cxxopts::value<std::string>())(
      "instance", "HOST:PORT to register", cxxopts::value<std::string>())(
      "name", "of the participant, its topic and its group", cxxopts::value<std::string>());
  int exit_code = kExitOk;
  const auto line = Parse(options, argc, argv, &exit_code);
  if (!line.has_value()) return exit_code;
  for (const char* needed : {"orchestrator", "kafka", "instance", "name"}) {
    if (line->count(needed) == 0)
      return Fail(absl::InvalidArgumentError(absl::StrCat("--", needed, " is needed")));
  }
  const std::string name = (*line)["name"].as<std::string>();
  const std::string topic = absl::StrCat("saga.cmd.", name);

  BlockStopSignals();
  sdk::SetLogService("bench");
  auto intake = sdk::KafkaIntake::Start(
      EmptyRoutes(),
      {.brokers = (*line)["kafka"].as<std::string>(), .participant = name, .topic = topic});
  if (!intake.ok()) return Fail(intake.status());
  sdk::Registration registration(RegistrationOf((*line)["orchestrator"].as<std::string>(), name,
                                                (*line)["instance"].as<std::string>(), topic));
  registration.Start();
  std::cout << "intake " << topic << std::endl;
  AwaitStopSignal();
  (*intake)->Stop(absl::Seconds(2));
  return kExitOk;
}

}  // namespace saga::bench
