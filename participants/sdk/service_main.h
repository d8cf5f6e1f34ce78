#pragma once

// The whole process of a service with a database: flags, checks, wiring, and the order in which
// things begin and end. A service brings its own part:
//
//   class Product : public sdk::Service { ... };
//   int main(int argc, char** argv) {
//     return sdk::ServiceMain(argc, argv, {.name = "product", ...,
//                                          .make = [](const sdk::ServiceParts& parts) {
//                                            return std::make_unique<Product>(parts);
//                                          }});
//   }
//
// Thread safety: main's thread only.

#include <cxxopts.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "participants/sdk/command_routes.h"
#include "participants/sdk/database.h"
#include "participants/sdk/registration.h"
#include "participants/sdk/server.h"

namespace saga::participants::sdk {

class Service {
 public:
  virtual ~Service() = default;
  // Puts itself behind the doors, which are closed yet.
  virtual void Join(ParticipantServer& server) = 0;
  // Its branch methods, for commands that come through Kafka.
  virtual CommandRoutes Routes() = 0;
};

// What a service is made of. All of it outlives the service, but the server, whose doors are closed
// before the service goes.
struct ServiceParts {
  Database& database;  // prepared
  const ParticipantServer& server;
  const cxxopts::ParseResult& flags;
};

struct ServiceProgram {
  // "order": of the program, the participant, its ports file, and its SQLite file unless --database
  // names another.
  std::string name;
  std::string about;        // first lines of --help
  std::string grpc_listen;  // defaults
  std::string http_listen;
  std::vector<Operation> operations;  // what it registers for
  // Flags of its own, and what is wrong with their values (empty: nothing). Both may be left out.
  std::function<void(cxxopts::OptionAdder&)> add_flags;
  std::function<std::string(const cxxopts::ParseResult&)> check_flags;
  std::function<absl::Status(Database&)> prepare;  // tables, with those of the barrier
  std::function<std::unique_ptr<Service>(const ServiceParts&)> make;
};

// The exit code: 0 stopped, 1 could not start, 2 wrong flags, with one line on standard error.
int ServiceMain(int argc, char** argv, const ServiceProgram& program);

// Where sagad reaches the door that is bound to `bound`: with the host that --advertise names.
std::string AdvertisedAddress(const cxxopts::ParseResult& flags, const std::string& bound);

}  // namespace saga::participants::sdk
