#include "cli/version.h"

#include <iostream>

#include "cli/command/command.h"
#include "cli/printer/json.h"
#include "cli/printer/terminal.h"

namespace saga::cli {

namespace {

ExitCode Run(Call& call) {
  v1::VersionReply reply;
  const grpc::Status status = call.client().Version(&reply);
  if (call.Machine()) {
    nlohmann::ordered_json json = {{"sagactl", std::string(kVersion)}, {"sagad", nullptr}};
    if (status.ok()) {
      json["sagad"] = {
          {"version", reply.version()}, {"commit", reply.commit()}, {"store", reply.store()}};
    }
    std::cout << Dump(json, call.output() == Output::kJsonl);
  } else {
    std::cout << "sagactl " << kVersion << "\n";
    if (status.ok()) {
      std::cout << "sagad   " << reply.version() << " (commit " << reply.commit() << ", store "
                << reply.store() << ")\n";
    }
  }
  return status.ok() ? ExitCode::kOk : Failed(status);
}

}  // namespace

Command VersionCommand() {
  return {"version", "", "versions of sagactl and of the server", "", 0, 0, false, NoOptions, Run};
}

}  // namespace saga::cli
