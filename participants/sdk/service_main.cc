#include "participants/sdk/service_main.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "absl/synchronization/mutex.h"
#include "participants/sdk/address.h"
#include "participants/sdk/kafka_intake.h"
#include "participants/sdk/log_line.h"
#include "participants/sdk/service_process.h"

namespace saga::participants::sdk {
namespace {

constexpr int kExitFailed = 1;
constexpr int kExitUsage = 2;
constexpr int kLongestLeaseSeconds = 300;
constexpr absl::Duration kGrace = absl::Seconds(10);  // for the replies of the last commands

int Fail(const ServiceProgram& program, absl::string_view message, int code) {
  std::fprintf(stderr, "%s: %s\n", program.name.c_str(), std::string(message).c_str());
  return code;
}

std::shared_ptr<cxxopts::Value> Text(const std::string& fallback) {
  return cxxopts::value<std::string>()->default_value(fallback);
}

std::shared_ptr<cxxopts::Value> Number(int fallback) {
  return cxxopts::value<int>()->default_value(std::to_string(fallback));
}

void AddRegistrationFlags(cxxopts::OptionAdder& add) {
  add("orchestrator", "gRPC address of the sagad to register at; empty: register nowhere", Text(""),
      "ADDR");
  add("advertise",
      "Where sagad reaches this service: a host, or the host and port of the gRPC door; default: "
      "the address it listens on",
      Text(""), "HOST[:PORT]");
  add("capacity", "Branch calls at once that sagad may send to this instance; 0: not said",
      Number(0), "N");
  add("lease-s", "Seconds without a heartbeat after which sagad sends no more calls; 0: sagad's",
      Number(0), "S");
  add("attempt-limit", "Calls of one branch until it is a dead letter; 0: sagad's setting",
      Number(0), "N");
}

void AddDatabaseFlags(cxxopts::OptionAdder& add) {
  add("database",
      "sqlite:PATH or mysql://USER@HOST:PORT/DATABASE, which exists; default: a SQLite file in the "
      "data directory. The password comes from the environment, SAGA_DATABASE_PASSWORD, or a file",
      Text(""), "PLACE");
  add("database-password-file", "File with the password in its first line", Text(""), "FILE");
  add("database-tls", "Encryption to the MySQL server; verified: its certificate is checked too",
      Text("off"), "off|required|verified");
  add("database-tls-ca", "PEM file of who may sign that certificate; empty: the system's", Text(""),
      "FILE");
  add("barrier-table",
      "Table of the barrier, for example dtm_barrier.barrier to share it with services that use "
      "DTM's libraries",
      Text("barrier"), "TABLE");
}

cxxopts::Options MakeOptions(const ServiceProgram& program) {
  const std::string& name = program.name;
  cxxopts::Options options(name, program.about);
  auto add = options.add_options();
  add("data-dir",
      absl::StrCat("Directory of ", name, ".ports and of the SQLite database (", name,
                   ".db); made when missing"),
      cxxopts::value<std::string>(), "DIR");
  AddDatabaseFlags(add);
  add("grpc-listen", "Address of the gRPC door; port 0: any free one", Text(program.grpc_listen),
      "ADDR");
  add("http-listen", "Address of the HTTP door, also of /healthz; port 0: any free one",
      Text(program.http_listen), "ADDR");
  if (program.add_flags) program.add_flags(add);
  AddRegistrationFlags(add);
  add("kafka", "Kafka brokers to take commands from, host:port,host:port; empty: none", Text(""),
      "BROKERS");
  add("kafka-group", "Consumer group of all instances of this service", Text(name), "NAME");
  add("command-topic", "Kafka topic of the commands", Text(absl::StrCat("saga.cmd.", name)),
      "NAME");
  add("dead-letter-topic", "Kafka topic where commands go that cannot be understood",
      Text("saga.dlq"), "NAME");
  add("delay-ms", "Artificial processing time of every branch, for demonstrations", Number(0), "N");
  add("h,help", "Print this and exit");
  return options;
}

std::optional<mysql::Tls> TlsOf(const std::string& text) {
  if (text == "off") return mysql::Tls::kOff;
  if (text == "required") return mysql::Tls::kRequired;
  if (text == "verified") return mysql::Tls::kVerified;
  return std::nullopt;
}

// What --advertise says. A host alone has no port: -1.
absl::StatusOr<Address> ParseAdvertised(const std::string& text) {
  const size_t colon = text.rfind(':');
  const size_t bracket = text.rfind(']');
  const bool has_port =
      colon != std::string::npos && (bracket == std::string::npos || colon > bracket);
  absl::StatusOr<Address> address = ParseAddress(has_port ? text : absl::StrCat(text, ":1"));
  if (address.ok() && !has_port) address->port = -1;
  return address;
}

// An address to listen on that nobody can call.
bool IsEverywhere(const std::string& address) {
  const absl::StatusOr<Address> parsed = ParseAddress(address);
  return parsed.ok() && (parsed->host == "0.0.0.0" || parsed->host == "::" ||
                         parsed->host == "[::]" || parsed->host.empty());
}

std::string CheckRegistration(const cxxopts::ParseResult& flags) {
  const std::string advertise = flags["advertise"].as<std::string>();
  if (!advertise.empty()) {
    const absl::StatusOr<Address> parsed = ParseAdvertised(advertise);
    if (!parsed.ok()) return absl::StrCat("--advertise: ", parsed.status().message());
  }
  if (flags["lease-s"].as<int>() > kLongestLeaseSeconds)
    return absl::StrCat("--lease-s must be at most ", kLongestLeaseSeconds);
  const std::string orchestrator = flags["orchestrator"].as<std::string>();
  if (orchestrator.empty()) return "";
  const absl::StatusOr<Address> parsed = ParseAddress(orchestrator);
  if (!parsed.ok()) return absl::StrCat("--orchestrator: ", parsed.status().message());
  if (advertise.empty() && IsEverywhere(flags["grpc-listen"].as<std::string>()))
    return "--orchestrator needs --advertise HOST where --grpc-listen names no host";
  return "";
}

// What is wrong with the flags; empty when nothing is.
std::string Check(const ServiceProgram& program, const cxxopts::ParseResult& flags) {
  if (!flags.unmatched().empty())
    return absl::StrCat("unexpected '", flags.unmatched().front(), "'");
  if (flags.count("data-dir") == 0) return "--data-dir DIR is needed";
  for (const char* name : {"delay-ms", "capacity", "lease-s", "attempt-limit"}) {
    if (flags[name].as<int>() < 0) return absl::StrCat("--", name, " must not be negative");
  }
  if (TlsOf(flags["database-tls"].as<std::string>()) == std::nullopt)
    return "--database-tls must be off, required or verified";
  std::string wrong = CheckRegistration(flags);
  if (wrong.empty() && program.check_flags) wrong = program.check_flags(flags);
  return wrong;
}

RegistrationOptions RegistrationOf(const ServiceProgram& program, const cxxopts::ParseResult& flags,
                                   const ParticipantServer& server) {
  RegistrationOptions options;
  options.orchestrator = flags["orchestrator"].as<std::string>();
  options.participant = program.name;
  options.instance = AdvertisedAddress(flags, server.grpc_address());
  const absl::StatusOr<Address> advertised = ParseAdvertised(flags["advertise"].as<std::string>());
  if (advertised.ok() && advertised->port > 0) options.instance = ToString(*advertised);
  options.operations = program.operations;
  if (!flags["kafka"].as<std::string>().empty())
    options.command_topic = flags["command-topic"].as<std::string>();
  options.capacity = static_cast<uint32_t>(flags["capacity"].as<int>());
  options.lease = absl::Seconds(flags["lease-s"].as<int>());
  options.attempt_limit = static_cast<uint32_t>(flags["attempt-limit"].as<int>());
  return options;
}

// Null when no brokers are named.
absl::StatusOr<std::unique_ptr<KafkaIntake>> StartIntake(const ServiceProgram& program,
                                                         const cxxopts::ParseResult& flags,
                                                         Service& service) {
  const std::string brokers = flags["kafka"].as<std::string>();
  if (brokers.empty()) return nullptr;
  return KafkaIntake::Start(service.Routes(),
                            {.brokers = brokers,
                             .participant = program.name,
                             .group = flags["kafka-group"].as<std::string>(),
                             .topic = flags["command-topic"].as<std::string>(),
                             .dead_letter_topic = flags["dead-letter-topic"].as<std::string>()});
}

absl::StatusOr<std::string> DatabasePassword(const cxxopts::ParseResult& flags) {
  const std::string file = flags["database-password-file"].as<std::string>();
  if (file.empty()) {
    const char* const said = std::getenv("SAGA_DATABASE_PASSWORD");
    return said == nullptr ? "" : said;
  }
  std::ifstream in(file);
  std::string line;
  if (!std::getline(in, line) && line.empty())
    return absl::FailedPreconditionError(absl::StrCat("no password can be read from ", file));
  return std::string(absl::StripSuffix(line, "\r"));
}

absl::StatusOr<std::unique_ptr<Database>> OpenDatabase(const ServiceProgram& program,
                                                       const cxxopts::ParseResult& flags,
                                                       const std::string& data_dir) {
  std::error_code error;
  std::filesystem::create_directories(data_dir, error);
  if (error)
    return absl::UnavailableError(absl::StrCat("cannot make ", data_dir, ": ", error.message()));
  absl::StatusOr<std::string> password = DatabasePassword(flags);
  if (!password.ok()) return password.status();
  std::string place = flags["database"].as<std::string>();
  if (place.empty()) place = absl::StrCat("sqlite:", data_dir, "/", program.name, ".db");
  absl::StatusOr<std::unique_ptr<Database>> database =
      Database::Open(place, {.barrier_table = flags["barrier-table"].as<std::string>(),
                             .password = *std::move(password),
                             .tls = *TlsOf(flags["database-tls"].as<std::string>()),
                             .tls_ca = flags["database-tls-ca"].as<std::string>()});
  if (!database.ok()) return database;
  if (absl::Status prepared = program.prepare(**database); !prepared.ok()) return prepared;
  return database;
}

int Serve(const ServiceProgram& program, const cxxopts::ParseResult& flags) {
  StopSignals signals;
  SetLogService(program.name);
  const std::string data_dir = flags["data-dir"].as<std::string>();
  const absl::StatusOr<std::unique_ptr<Database>> database = OpenDatabase(program, flags, data_dir);
  if (!database.ok()) return Fail(program, database.status().message(), kExitFailed);
  // Server and intake go before the service, and the database last: nothing can meet a closed one.
  std::unique_ptr<Service> service;
  ParticipantServer server({.grpc_listen = flags["grpc-listen"].as<std::string>(),
                            .http_listen = flags["http-listen"].as<std::string>()});
  service = program.make({.database = **database, .server = server, .flags = flags});
  service->Join(server);
  const absl::StatusOr<std::unique_ptr<KafkaIntake>> intake = StartIntake(program, flags, *service);
  if (!intake.ok()) return Fail(program, intake.status().message(), kExitUsage);
  ServiceProcess process{.name = program.name, .data_dir = data_dir};
  if (!flags["orchestrator"].as<std::string>().empty()) {
    process.registration = [&] {
      return std::make_unique<Registration>(RegistrationOf(program, flags, server));
    };
  }
  const int code = ServeUntilStopped(server, signals, process);
  if (*intake != nullptr) (*intake)->Stop(kGrace);
  return code;
}

}  // namespace

std::string AdvertisedAddress(const cxxopts::ParseResult& flags, const std::string& bound) {
  const std::string advertise = flags["advertise"].as<std::string>();
  absl::StatusOr<Address> address = ParseAddress(bound);
  if (advertise.empty() || !address.ok()) return bound;
  const absl::StatusOr<Address> advertised = ParseAdvertised(advertise);
  if (!advertised.ok()) return bound;
  address->host = advertised->host;
  return ToString(*address);
}

int ServiceMain(int argc, char** argv, const ServiceProgram& program) {
  // Debian's Abseil, which gRPC locks with, looks for lock cycles at every lock unless told not to.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  try {
    cxxopts::Options options = MakeOptions(program);
    const cxxopts::ParseResult flags = options.parse(argc, argv);
    if (flags.count("help") > 0) {
      std::fputs(options.help().c_str(), stdout);
      return 0;
    }
    if (const std::string wrong = Check(program, flags); !wrong.empty())
      return Fail(program, absl::StrCat(wrong, "; see --help"), kExitUsage);
    return Serve(program, flags);
  } catch (const cxxopts::exceptions::exception& error) {
    return Fail(program, absl::StrCat(error.what(), "; see --help"), kExitUsage);
  }
}

}  // namespace saga::participants::sdk
