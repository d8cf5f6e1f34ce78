#include <cstdio>
#include <optional>
#include <utility>

#include "orchestrator/base/check.h"
#include "tests/conformance/stage/server_process.h"
#include "tests/fixture/mariadb.h"
#include "tests/fixture/process.h"
#include "tests/fixture/sagad.h"
#include "tests/fixture/temp_dir.h"

namespace saga::conformance {
namespace {

class SagadProcess final : public ServerProcess {
 public:
  // With the database that it is told to use in `args`, if any: dropped when the process has ended.
  SagadProcess(std::unique_ptr<fixture::Database> database, std::vector<std::string> args)
      : database_(std::move(database)), args_(std::move(args)) {}

  bool Start() override {
    if (sagad_.has_value()) {
      sagad_->Start();
    } else {
      sagad_.emplace(fixture::SagadOptions{.data_dir = directory_.path(), .args = args_});
    }
    if (!sagad_->WaitReady()) return false;
    http = sagad_->http_address();
    grpc = sagad_->grpc_address();
    return true;
  }

  void Kill() override { sagad_->Kill(); }
  std::string Log() const override { return sagad_.has_value() ? sagad_->process().Stderr() : ""; }

 private:
  const fixture::TempDir directory_;
  const std::unique_ptr<fixture::Database> database_;
  const std::vector<std::string> args_;
  mutable std::optional<fixture::Sagad> sagad_;
};

}  // namespace

std::unique_ptr<ServerProcess> MakeSagadOnMySql(std::vector<std::string> args) {
  auto database = std::make_unique<fixture::Database>();
  const fixture::Finished migrated = fixture::Run(
      {.program = "sagad", .args = {"migrate", "--apply", "--store", database->url()}});
  if (migrated.exit_code != 0) std::fprintf(stderr, "%s", migrated.err.c_str());
  SAGA_CHECK(migrated.exit_code == 0);
  args.insert(args.begin(), {"--store", database->url()});
  return std::make_unique<SagadProcess>(std::move(database), std::move(args));
}

std::unique_ptr<ServerProcess> MakeSagad(std::vector<std::string> args) {
  return std::make_unique<SagadProcess>(nullptr, std::move(args));
}

}  // namespace saga::conformance
