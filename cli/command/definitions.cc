#include <iostream>

#include "absl/strings/str_cat.h"
#include "cli/command/command.h"
#include "cli/printer/json.h"
#include "cli/printer/table.h"

namespace saga::cli {

namespace {

ExitCode Run(Call& call) {
  v1::ListDefinitionsReply reply;
  if (const grpc::Status status = call.client().ListDefinitions(&reply); !status.ok())
    return Failed(status);
  if (call.output() == Output::kJsonl) {
    for (const v1::Definition& definition : reply.definitions())
      std::cout << Dump(ToJson(definition), true);
  } else if (call.output() == Output::kJson) {
    nlohmann::ordered_json json = nlohmann::ordered_json::array();
    for (const v1::Definition& definition : reply.definitions()) json.push_back(ToJson(definition));
    std::cout << Dump(json, false);
  } else {
    Table table({"NAME", "VERSION", "MODE", "STEPS", "DESCRIPTION"});
    for (const v1::Definition& definition : reply.definitions()) {
      table.Add({definition.name(), absl::StrCat(definition.version()), definition.mode(),
                 absl::StrCat(definition.steps()), definition.description()});
    }
    std::cout << table.Text();
  }
  return ExitCode::kOk;
}

}  // namespace

Command DefinitionsCommand() {
  return {"definitions",
          "",
          "the saga definitions the server has loaded",
          "What `submit` can be given.",
          0,
          0,
          false,
          NoOptions,
          Run};
}

}  // namespace saga::cli
