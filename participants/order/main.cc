// The order service: wiring only.

#include <memory>
#include <string>

#include "participants/order/handler/doors.h"
#include "participants/order/handler/service.h"
#include "participants/order/store/order_store.h"
#include "participants/sdk/address.h"
#include "participants/sdk/client.h"
#include "participants/sdk/service_main.h"

namespace saga::participants::order {
namespace {

using handler::Places;
using handler::Transport;

void AddFlags(cxxopts::OptionAdder& add) {
  const auto text = [](const char* fallback) {
    return cxxopts::value<std::string>()->default_value(fallback);
  };
  add("sagad", "gRPC address of sagad", text("127.0.0.1:36790"), "ADDR");
  add("product-grpc", "gRPC address of product, as sagad sees it", text("127.0.0.1:58082"), "ADDR");
  add("product-http", "HTTP address of product, as sagad sees it", text("127.0.0.1:58182"), "ADDR");
  add("branches",
      "How sagad calls the branches: grpc; http, with JSON payloads; or registered, by name, where "
      "--orchestrator of the services says",
      text("grpc"), "grpc|http|registered");
  add("retry-interval", "Seconds before sagad calls a branch again; 0: sagad's setting",
      cxxopts::value<int>()->default_value("0"), "S");
}

// What is wrong with them; empty when nothing is.
std::string CheckFlags(const cxxopts::ParseResult& flags) {
  const std::string branches = flags["branches"].as<std::string>();
  if (branches != "grpc" && branches != "http" && branches != "registered")
    return "--branches must be grpc, http or registered";
  if (flags["retry-interval"].as<int>() < 0) return "--retry-interval must not be negative";
  for (const char* name : {"sagad", "product-grpc", "product-http"}) {
    const absl::StatusOr<sdk::Address> address = sdk::ParseAddress(flags[name].as<std::string>());
    if (!address.ok())
      return std::string("--") + name + ": " + std::string(address.status().message());
  }
  return "";
}

Places PlacesOf(const cxxopts::ParseResult& flags, const sdk::ParticipantServer& server) {
  const std::string branches = flags["branches"].as<std::string>();
  const bool http = branches == "http";
  const std::string& bound = http ? server.http_address() : server.grpc_address();
  Places places;
  places.transport = http ? Transport::kHttp : Transport::kGrpc;
  if (branches == "registered") places.transport = Transport::kRegistered;
  places.order = sdk::AdvertisedAddress(flags, bound);
  places.product = flags[http ? "product-http" : "product-grpc"].as<std::string>();
  return places;
}

class Order final : public sdk::Service {
 public:
  explicit Order(const sdk::ServiceParts& parts)
      : sagad_(parts.flags["sagad"].as<std::string>()),
        service_(parts.database, sagad_,
                 [&flags = parts.flags, &server = parts.server] { return PlacesOf(flags, server); },
                 {.delay = absl::Milliseconds(parts.flags["delay-ms"].as<int>()),
                  .retry_interval = absl::Seconds(parts.flags["retry-interval"].as<int>())}) {}

  void Join(sdk::ParticipantServer& server) override {
    grpc_door_.Join(server);
    handler::AddHttpRoutes(service_, server);
  }
  sdk::CommandRoutes Routes() override { return handler::BranchRoutes(service_); }

 private:
  sdk::Client sagad_;
  handler::OrderService service_;
  handler::GrpcDoor grpc_door_{service_};
};

sdk::ServiceProgram Program() {
  sdk::ServiceProgram program;
  program.name = "order";
  program.about =
      "Keeps orders. A payment callback (PayNotify) starts the saga order_paid at sagad, Reserve\n"
      "runs the TCC reserve_stock; the branches of order itself are served here too. Methods:\n"
      "proto/order.proto, over gRPC and as JSON over HTTP at POST /order.v1.Order/<Method>.\n";
  program.grpc_listen = "127.0.0.1:58081";
  program.http_listen = "127.0.0.1:58181";
  program.operations = handler::Operations();
  program.add_flags = AddFlags;
  program.check_flags = CheckFlags;
  program.prepare = [](sdk::Database& database) { return store::Prepare(database); };
  program.make = [](const sdk::ServiceParts& parts) { return std::make_unique<Order>(parts); };
  return program;
}

}  // namespace
}  // namespace saga::participants::order

int main(int argc, char** argv) {
  return saga::participants::sdk::ServiceMain(argc, argv, saga::participants::order::Program());
}
