// The order service: wiring only.

#include <cstdio>
#include <cxxopts.hpp>
#include <filesystem>
#include <memory>
#include <string>

#include "absl/synchronization/mutex.h"
#include "participants/order/handler/doors.h"
#include "participants/order/handler/service.h"
#include "participants/order/store/order_store.h"
#include "participants/sdk/address.h"
#include "participants/sdk/client.h"
#include "participants/sdk/database.h"
#include "participants/sdk/kafka_intake.h"
#include "participants/sdk/log_line.h"
#include "participants/sdk/server.h"
#include "participants/sdk/service_process.h"

namespace saga::participants::order {
namespace {

using handler::Places;
using handler::Transport;

constexpr int kExitUsage = 2;
constexpr absl::Duration kGrace = absl::Seconds(10);  // for the replies of the last commands

cxxopts::Options MakeOptions() {
  cxxopts::Options options(
      "order",
      "Keeps orders. A payment callback (PayNotify) starts the saga order_paid at sagad, Reserve\n"
      "runs the TCC reserve_stock; the branches of order itself are served here too. Methods:\n"
      "proto/order.proto, over gRPC and as JSON over HTTP at POST /order.v1.Order/<Method>.\n");
  auto add = options.add_options();
  add("data-dir", "Directory of the database (order.db) and of order.ports; made when missing",
      cxxopts::value<std::string>(), "DIR");
  add("grpc-listen", "Address of the gRPC door; port 0: any free one",
      cxxopts::value<std::string>()->default_value("127.0.0.1:58081"), "ADDR");
  add("http-listen", "Address of the HTTP door, also of /healthz; port 0: any free one",
      cxxopts::value<std::string>()->default_value("127.0.0.1:58181"), "ADDR");
  add("sagad", "gRPC address of sagad",
      cxxopts::value<std::string>()->default_value("127.0.0.1:36790"), "ADDR");
  add("product-grpc", "gRPC address of product, as sagad sees it",
      cxxopts::value<std::string>()->default_value("127.0.0.1:58082"), "ADDR");
  add("product-http", "HTTP address of product, as sagad sees it",
      cxxopts::value<std::string>()->default_value("127.0.0.1:58182"), "ADDR");
  add("advertise", "Host under which sagad reaches this service; default: the host it listens on",
      cxxopts::value<std::string>()->default_value(""), "HOST");
  add("branches", "How sagad calls the branches: grpc, or http with JSON payloads",
      cxxopts::value<std::string>()->default_value("grpc"), "grpc|http");
  add("retry-interval", "Seconds before sagad calls a branch again; 0: sagad's setting",
      cxxopts::value<int>()->default_value("0"), "S");
  add("kafka", "Kafka brokers to take commands from, host:port,host:port; empty: none",
      cxxopts::value<std::string>()->default_value(""), "BROKERS");
  add("kafka-group", "Consumer group of all instances of this service",
      cxxopts::value<std::string>()->default_value("order"), "NAME");
  add("kafka-topic", "Topic of the commands",
      cxxopts::value<std::string>()->default_value("saga.cmd.order"), "NAME");
  add("delay-ms", "Artificial processing time of every branch, for demonstrations",
      cxxopts::value<int>()->default_value("0"), "N");
  add("h,help", "Print this and exit");
  return options;
}

int Fail(const std::string& message, int code) {
  std::fprintf(stderr, "order: %s\n", message.c_str());
  return code;
}

// What is wrong with the flags; empty when nothing is.
std::string Check(const cxxopts::ParseResult& flags) {
  if (!flags.unmatched().empty()) return "unexpected '" + flags.unmatched().front() + "'";
  if (flags.count("data-dir") == 0) return "--data-dir DIR is needed";
  const std::string branches = flags["branches"].as<std::string>();
  if (branches != "grpc" && branches != "http") return "--branches must be grpc or http";
  for (const char* name : {"delay-ms", "retry-interval"}) {
    if (flags[name].as<int>() < 0) return std::string("--") + name + " must not be negative";
  }
  for (const char* name : {"sagad", "product-grpc", "product-http"}) {
    const absl::StatusOr<sdk::Address> address = sdk::ParseAddress(flags[name].as<std::string>());
    if (!address.ok())
      return std::string("--") + name + ": " + std::string(address.status().message());
  }
  return "";
}

std::string Advertised(const std::string& address, const std::string& host) {
  absl::StatusOr<sdk::Address> parsed = sdk::ParseAddress(address);
  if (host.empty() || !parsed.ok()) return address;
  parsed->host = host;
  return sdk::ToString(*parsed);
}

Places PlacesOf(const cxxopts::ParseResult& flags, const sdk::ParticipantServer& server) {
  const bool http = flags["branches"].as<std::string>() == "http";
  const std::string host = flags["advertise"].as<std::string>();
  return {.transport = http ? Transport::kHttp : Transport::kGrpc,
          .order = Advertised(http ? server.http_address() : server.grpc_address(), host),
          .product = flags[http ? "product-http" : "product-grpc"].as<std::string>()};
}

// Null when no brokers are named.
absl::StatusOr<std::unique_ptr<sdk::KafkaIntake>> StartIntake(const cxxopts::ParseResult& flags,
                                                              handler::OrderService& service) {
  const std::string brokers = flags["kafka"].as<std::string>();
  if (brokers.empty()) return nullptr;
  return sdk::KafkaIntake::Start(handler::BranchRoutes(service),
                                 {.brokers = brokers,
                                  .participant = "order",
                                  .group = flags["kafka-group"].as<std::string>(),
                                  .topic = flags["kafka-topic"].as<std::string>()});
}

int Serve(const cxxopts::ParseResult& flags) {
  sdk::StopSignals signals;
  sdk::SetLogService("order");
  const std::string data_dir = flags["data-dir"].as<std::string>();
  std::error_code error;
  std::filesystem::create_directories(data_dir, error);
  if (error) return Fail("cannot make " + data_dir + ": " + error.message(), 1);
  const absl::StatusOr<std::unique_ptr<sdk::Database>> database =
      sdk::Database::Open(data_dir + "/order.db", {});
  if (!database.ok()) return Fail(std::string(database.status().message()), 1);
  if (const absl::Status prepared = store::Prepare(**database); !prepared.ok()) {
    return Fail(std::string(prepared.message()), 1);
  }
  sdk::Client sagad(flags["sagad"].as<std::string>());
  std::unique_ptr<sdk::ParticipantServer> server;
  handler::OrderService service(
      **database, sagad, [&] { return PlacesOf(flags, *server); },
      {.delay = absl::Milliseconds(flags["delay-ms"].as<int>()),
       .retry_interval = absl::Seconds(flags["retry-interval"].as<int>())});
  handler::GrpcDoor grpc_door(service);
  server = std::make_unique<sdk::ParticipantServer>(
      sdk::ServerOptions{.grpc_listen = flags["grpc-listen"].as<std::string>(),
                         .http_listen = flags["http-listen"].as<std::string>()});
  grpc_door.Join(*server);
  handler::AddHttpRoutes(service, *server);
  const absl::StatusOr<std::unique_ptr<sdk::KafkaIntake>> intake = StartIntake(flags, service);
  if (!intake.ok()) return Fail(std::string(intake.status().message()), kExitUsage);
  const int code =
      sdk::ServeUntilStopped(*server, signals, {.name = "order", .data_dir = data_dir});
  if (*intake != nullptr) (*intake)->Stop(kGrace);
  // Before everything it serves goes; the database, made first, goes last.
  server = nullptr;
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
    if (const std::string wrong = Check(flags); !wrong.empty())
      return Fail(wrong + "; see --help", kExitUsage);
    return Serve(flags);
  } catch (const cxxopts::exceptions::exception& error) {
    return Fail(std::string(error.what()) + "; see --help", kExitUsage);
  }
}

}  // namespace
}  // namespace saga::participants::order

int main(int argc, char** argv) {
  // Debian's Abseil, which gRPC locks with, looks for lock cycles at every lock unless told not to.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  return saga::participants::order::Main(argc, argv);
}
