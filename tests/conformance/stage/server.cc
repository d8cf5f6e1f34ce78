#include "tests/conformance/stage/server.h"

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "orchestrator/base/check.h"
#include "tests/conformance/stage/server_process.h"

namespace saga::conformance {
namespace {

std::string Environment(const char* name, const char* otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr || *value == '\0' ? otherwise : value;
}

std::unique_ptr<ServerProcess> Make(const std::string& kind, std::vector<std::string> args) {
  if (kind == "dtm") {
    const std::string binary = Environment("SAGA_DTM_BINARY", "");
    SAGA_CHECK(!binary.empty());  // tests/conformance/run --server dtm sets it
    return MakeDtm(binary);
  }
  if (kind == "sagad-mysql") return MakeSagadOnMySql(std::move(args));
  SAGA_CHECK(kind == "sagad" || kind == "sagad-memory");
  args.insert(args.begin(), {"--store", kind == "sagad" ? "sqlite" : "memory"});
  return MakeSagad(std::move(args));
}

}  // namespace

Server::Server() : Server(std::vector<std::string>()) {}

Server::Server(std::vector<std::string> sagad_args)
    : kind_(Environment("SAGA_CONFORMANCE_SERVER", "sagad")),
      process_(Make(kind_, std::move(sagad_args))) {
  Start();
}

Server::~Server() = default;

void Server::Start() {
  if (process_->Start()) return;
  std::fprintf(stderr, "%s did not come up. Its log:\n%s\n", kind_.c_str(),
               process_->Log().c_str());
  std::abort();
}

bool Server::IsDtm() const { return kind_ == "dtm"; }
bool Server::IsDurable() const { return kind_ != "sagad-memory"; }
const std::string& Server::http() const { return process_->http; }
const std::string& Server::grpc() const { return process_->grpc; }
void Server::Kill() { process_->Kill(); }
void Server::Restart() { Start(); }
std::string Server::Log() const { return process_->Log(); }

}  // namespace saga::conformance
