// The product service: wiring only.

#include <cstdio>
#include <cxxopts.hpp>
#include <filesystem>
#include <memory>
#include <string>

#include "absl/synchronization/mutex.h"
#include "participants/product/handler/doors.h"
#include "participants/product/handler/service.h"
#include "participants/product/store/stock_store.h"
#include "participants/sdk/database.h"
#include "participants/sdk/kafka_intake.h"
#include "participants/sdk/log_line.h"
#include "participants/sdk/server.h"
#include "participants/sdk/service_process.h"

namespace saga::participants::product {
namespace {

constexpr int kExitUsage = 2;
constexpr absl::Duration kGrace = absl::Seconds(10);  // for the replies of the last commands

cxxopts::Options MakeOptions() {
  cxxopts::Options options(
      "product",
      "Keeps stock, and takes part in global transactions: deducts and restores it as a saga's\n"
      "branch, freezes, deducts and thaws it as a TCC's. Methods: proto/product.proto, over gRPC\n"
      "and as JSON over HTTP at POST /product.v1.Product/<Method>.\n");
  auto add = options.add_options();
  add("data-dir", "Directory of the database (product.db) and of product.ports; made when missing",
      cxxopts::value<std::string>(), "DIR");
  add("grpc-listen", "Address of the gRPC door; port 0: any free one",
      cxxopts::value<std::string>()->default_value("127.0.0.1:58082"), "ADDR");
  add("http-listen", "Address of the HTTP door, also of /healthz; port 0: any free one",
      cxxopts::value<std::string>()->default_value("127.0.0.1:58182"), "ADDR");
  add("kafka", "Kafka brokers to take commands from, host:port,host:port; empty: none",
      cxxopts::value<std::string>()->default_value(""), "BROKERS");
  add("kafka-group", "Consumer group of all instances of this service",
      cxxopts::value<std::string>()->default_value("product"), "NAME");
  add("kafka-topic", "Topic of the commands",
      cxxopts::value<std::string>()->default_value("saga.cmd.product"), "NAME");
  add("delay-ms", "Artificial processing time of every branch, for demonstrations",
      cxxopts::value<int>()->default_value("0"), "N");
  add("h,help", "Print this and exit");
  return options;
}

int Fail(const std::string& message, int code) {
  std::fprintf(stderr, "product: %s\n", message.c_str());
  return code;
}

// Null when no brokers are named.
absl::StatusOr<std::unique_ptr<sdk::KafkaIntake>> StartIntake(const cxxopts::ParseResult& flags,
                                                              handler::ProductService& service) {
  const std::string brokers = flags["kafka"].as<std::string>();
  if (brokers.empty()) return nullptr;
  return sdk::KafkaIntake::Start(handler::BranchRoutes(service),
                                 {.brokers = brokers,
                                  .participant = "product",
                                  .group = flags["kafka-group"].as<std::string>(),
                                  .topic = flags["kafka-topic"].as<std::string>()});
}

int Serve(const cxxopts::ParseResult& flags) {
  sdk::StopSignals signals;
  sdk::SetLogService("product");
  const std::string data_dir = flags["data-dir"].as<std::string>();
  std::error_code error;
  std::filesystem::create_directories(data_dir, error);
  if (error) return Fail("cannot make " + data_dir + ": " + error.message(), 1);
  const absl::StatusOr<std::unique_ptr<sdk::Database>> database =
      sdk::Database::Open(data_dir + "/product.db", {});
  if (!database.ok()) return Fail(std::string(database.status().message()), 1);
  if (const absl::Status prepared = store::Prepare(**database); !prepared.ok()) {
    return Fail(std::string(prepared.message()), 1);
  }
  handler::ProductService service(**database,
                                  {.delay = absl::Milliseconds(flags["delay-ms"].as<int>())});
  handler::GrpcDoor grpc_door(service);
  sdk::ParticipantServer server({.grpc_listen = flags["grpc-listen"].as<std::string>(),
                                 .http_listen = flags["http-listen"].as<std::string>()});
  grpc_door.Join(server);
  handler::AddHttpRoutes(service, server);
  const absl::StatusOr<std::unique_ptr<sdk::KafkaIntake>> intake = StartIntake(flags, service);
  if (!intake.ok()) return Fail(std::string(intake.status().message()), kExitUsage);
  const int code =
      sdk::ServeUntilStopped(server, signals, {.name = "product", .data_dir = data_dir});
  if (*intake != nullptr) (*intake)->Stop(kGrace);
  // Declared last, intake and server go first: no request can meet a closed database.
  return code;
}

int Main(int argc, char** argv) {
  cxxopts::Options options = MakeOptions();
  try {
    const cxxopts::ParseResult flags = options.parse(argc, argv);
    if (flags.count("help") > 0) {
      std::fputs(options.help().c_str(), stdout);
      return 0;
    }
    if (!flags.unmatched().empty())
      return Fail("unexpected '" + flags.unmatched().front() + "'; see --help", kExitUsage);
    if (flags.count("data-dir") == 0)
      return Fail("--data-dir DIR is needed; see --help", kExitUsage);
    if (flags["delay-ms"].as<int>() < 0) return Fail("--delay-ms must not be negative", kExitUsage);
    return Serve(flags);
  } catch (const cxxopts::exceptions::exception& error) {
    return Fail(std::string(error.what()) + "; see --help", kExitUsage);
  }
}

}  // namespace
}  // namespace saga::participants::product

int main(int argc, char** argv) {
  // Debian's Abseil, which gRPC locks with, looks for lock cycles at every lock unless told not to.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  return saga::participants::product::Main(argc, argv);
}
