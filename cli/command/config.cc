#include <iostream>

#include "cli/command/command.h"
#include "cli/printer/json.h"
#include "cli/printer/table.h"
#include "cli/printer/terminal.h"

namespace saga::cli {

namespace {

using Settings = google::protobuf::RepeatedPtrField<v1::Setting>;

nlohmann::ordered_json ToJson(const Settings& settings) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  for (const v1::Setting& setting : settings) {
    json[setting.key()] = {{"value", setting.value()}};
    if (setting.origin().empty()) continue;
    json[setting.key()]["origin"] = setting.origin();
    json[setting.key()]["where"] = setting.where();
  }
  return json;
}

std::string Text(const v1::ConfigReply& reply) {
  Table table({"KEY", "VALUE", "ORIGIN"});
  for (const v1::Setting& setting : reply.settings()) {
    const std::string where = setting.where().empty() ? "" : " " + setting.where();
    table.Add({setting.key(), setting.value(), setting.origin() + where});
  }
  if (reply.kafka().empty()) return table.Text();
  Table kafka({"LIBRDKAFKA", "VALUE"});
  for (const v1::Setting& setting : reply.kafka()) kafka.Add({setting.key(), setting.value()});
  return table.Text() + "\n" + kafka.Text();
}

ExitCode Run(Call& call) {
  v1::ConfigReply reply;
  if (const grpc::Status status = call.client().Config(&reply); !status.ok()) return Failed(status);
  const nlohmann::ordered_json json = {{"settings", ToJson(reply.settings())},
                                       {"kafka", ToJson(reply.kafka())}};
  std::cout << (call.Machine() ? Dump(json, call.output() == Output::kJsonl) : Text(reply));
  return ExitCode::kOk;
}

}  // namespace

Command ConfigCommand() {
  return {"config",
          "",
          "the settings the server runs with",
          "With where each comes from, and what the Kafka library made of its own.",
          0,
          0,
          false,
          NoOptions,
          Run};
}

}  // namespace saga::cli
