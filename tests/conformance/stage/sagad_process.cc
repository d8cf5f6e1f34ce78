#include <optional>
#include <utility>

#include "tests/conformance/stage/server_process.h"
#include "tests/fixture/sagad.h"
#include "tests/fixture/temp_dir.h"

namespace saga::conformance {
namespace {

class SagadProcess final : public ServerProcess {
 public:
  explicit SagadProcess(std::vector<std::string> args) : args_(std::move(args)) {}

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
  const std::vector<std::string> args_;
  mutable std::optional<fixture::Sagad> sagad_;
};

}  // namespace

std::unique_ptr<ServerProcess> MakeSagad(std::vector<std::string> args) {
  return std::make_unique<SagadProcess>(std::move(args));
}

}  // namespace saga::conformance
