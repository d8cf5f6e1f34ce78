// The product service: wiring only.

#include <memory>

#include "participants/product/handler/doors.h"
#include "participants/product/handler/service.h"
#include "participants/product/store/stock_store.h"
#include "participants/sdk/service_main.h"

namespace saga::participants::product {
namespace {

class Product final : public sdk::Service {
 public:
  explicit Product(const sdk::ServiceParts& parts)
      : service_(parts.database, {.delay = absl::Milliseconds(parts.flags["delay-ms"].as<int>())}) {
  }

  void Join(sdk::ParticipantServer& server) override {
    grpc_door_.Join(server);
    handler::AddHttpRoutes(service_, server);
  }
  sdk::CommandRoutes Routes() override { return handler::BranchRoutes(service_); }

 private:
  handler::ProductService service_;
  handler::GrpcDoor grpc_door_{service_};
};

sdk::ServiceProgram Program() {
  sdk::ServiceProgram program;
  program.name = "product";
  program.about =
      "Keeps stock, and takes part in global transactions: deducts and restores it as a saga's\n"
      "branch, freezes, deducts and thaws it as a TCC's. Methods: proto/product.proto, over gRPC\n"
      "and as JSON over HTTP at POST /product.v1.Product/<Method>.\n";
  program.grpc_listen = "127.0.0.1:58082";
  program.http_listen = "127.0.0.1:58182";
  program.operations = handler::Operations();
  program.prepare = [](sdk::Database& database) { return store::Prepare(database); };
  program.make = [](const sdk::ServiceParts& parts) { return std::make_unique<Product>(parts); };
  return program;
}

}  // namespace
}  // namespace saga::participants::product

int main(int argc, char** argv) {
  return saga::participants::sdk::ServiceMain(argc, argv, saga::participants::product::Program());
}
