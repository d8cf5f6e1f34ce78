// The one MariaDB of a run of ctest: tests/fixture/shared_server.h.

#include <memory>
#include <string>

#include "tests/fixture/mariadb.h"
#include "tests/fixture/shared_server.h"

namespace saga {
namespace {

class SharedMariaDb final : public fixture::SharedServer {
 public:
  bool WaitReady() override { return server_.WaitReady(); }
  std::string Address() override { return server_.address(); }
  void Stop() override { server_.Stop(); }
  std::string Log() override { return server_.Log(); }

 private:
  // Several tests at a time, each with its pools.
  fixture::MariaDb server_{{.args = {"--max-connections=600"}}};
};

}  // namespace
}  // namespace saga

int main(int argc, char** argv) {
  return saga::fixture::SharedServerMain(argc, argv,
                                         [] { return std::make_unique<saga::SharedMariaDb>(); });
}
