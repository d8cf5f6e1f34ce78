#include <optional>

#include "absl/strings/str_cat.h"
#include "tests/conformance/stage/http.h"
#include "tests/conformance/stage/server_process.h"
#include "tests/fixture/process.h"
#include "tests/fixture/temp_dir.h"

namespace saga::conformance {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(30);
constexpr int kAttempts = 5;

// DTM with its embedded store, which is a file in the working directory.
class DtmProcess final : public ServerProcess {
 public:
  explicit DtmProcess(const std::string& binary) : binary_(binary) {}

  // DTM cannot be given port 0. Somebody else may take a free port before it does, hence the
  // attempts.
  bool Start() override {
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
      if (StartOnce()) return true;
    }
    return false;
  }

  void Kill() override { process_->Kill(); }
  std::string Log() const override {
    return process_.has_value() ? process_->Stdout() + process_->Stderr() : "";
  }

 private:
  bool StartOnce() {
    const int http_port = fixture::FreePort();
    const int grpc_port = fixture::FreePort();
    fixture::ProcessOptions options{.program = binary_, .working_dir = directory_.path()};
    options.env = {{"STORE_DRIVER", "boltdb"},
                   {"HTTP_PORT", absl::StrCat(http_port)},
                   {"GRPC_PORT", absl::StrCat(grpc_port)},
                   {"LOG_LEVEL", "warn"},
                   {"TRANS_CRON_INTERVAL", "1"},  // looks for due work every second at the latest
                   {"CONFIG_UPDATE_INTERVAL", "1"},
                   // v1.19.0 has 0 here, which loses the payloads of workflows; later versions 1.
                   {"UPDATE_BRANCH_SYNC", "1"}};
    process_.reset();
    process_.emplace(fixture::Process::Start(options));
    http = absl::StrCat("127.0.0.1:", http_port);
    grpc = absl::StrCat("127.0.0.1:", grpc_port);
    bool ready = false;
    fixture::WaitUntil(kPatience, [&] {
      ready = Http(http, "GET", "/api/dtmsvr/newGid").status == 200;
      return ready || !process_->Running();
    });
    return ready;
  }

  const std::string binary_;
  const fixture::TempDir directory_;
  std::optional<fixture::Process> process_;
};

}  // namespace

std::unique_ptr<ServerProcess> MakeDtm(const std::string& binary) {
  return std::make_unique<DtmProcess>(binary);
}

}  // namespace saga::conformance
