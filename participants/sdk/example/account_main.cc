// The example of XA as a process: account --data-dir DIR --database
// mysql://USER@HOST:PORT/DATABASE.

#include <memory>
#include <utility>

#include "participants/sdk/example/account.h"
#include "participants/sdk/service_main.h"

namespace saga::participants::sdk::example {
namespace {

class Account final : public Service {
 public:
  Account(Database& database, std::unique_ptr<XaResource> xa)
      : database_(database), xa_(std::move(xa)) {}

  void Join(ParticipantServer& server) override { AddAccountRoutes(database_, *xa_, server); }
  // XA has no commands through Kafka.
  CommandRoutes Routes() override { return {}; }

 private:
  Database& database_;
  const std::unique_ptr<XaResource> xa_;
};

ServiceProgram Program() {
  ServiceProgram program;
  program.name = "account";
  program.about =
      "Keeps accounts, between which money moves by XA: POST /account/Add is the branch. An "
      "example\n"
      "of the SDK's XaResource; needs --database mysql://...\n";
  program.grpc_listen = "127.0.0.1:58083";
  program.http_listen = "127.0.0.1:58183";
  program.prepare = [](Database& database) {
    const absl::Status able = XaResource::Create(database).status();
    return able.ok() ? PrepareAccounts(database) : able;
  };
  program.make = [](const ServiceParts& parts) {
    return std::make_unique<Account>(parts.database, XaResource::Create(parts.database).value());
  };
  return program;
}

}  // namespace
}  // namespace saga::participants::sdk::example

int main(int argc, char** argv) {
  using namespace saga::participants::sdk;
  return ServiceMain(argc, argv, example::Program());
}
