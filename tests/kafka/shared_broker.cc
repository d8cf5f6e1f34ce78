// The one Kafka broker of a run of ctest: tests/fixture/shared_server.h.

#include <memory>
#include <string>

#include "tests/fixture/kafka_broker.h"
#include "tests/fixture/shared_server.h"

namespace saga {
namespace {

class SharedBroker final : public fixture::SharedServer {
 public:
  bool WaitReady() override { return broker_.WaitReady(); }
  std::string Address() override { return broker_.address(); }
  void Stop() override { broker_.Stop(); }
  std::string Log() override { return broker_.process().Stdout() + broker_.process().Stderr(); }

 private:
  fixture::KafkaBroker broker_;
};

}  // namespace
}  // namespace saga

int main(int argc, char** argv) {
  return saga::fixture::SharedServerMain(argc, argv,
                                         [] { return std::make_unique<saga::SharedBroker>(); });
}
