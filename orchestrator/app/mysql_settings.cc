#include "orchestrator/app/mysql_settings.h"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "orchestrator/app/version.h"

namespace saga::app {

namespace {

absl::StatusOr<std::string> Password(const Config& config) {
  if (config.store_password_file.empty()) {
    const char* const password = std::getenv(kStorePasswordVariable);
    return std::string(password == nullptr ? "" : password);
  }
  std::ifstream in(config.store_password_file);
  std::string password;
  if (!in.is_open() || (!std::getline(in, password) && !in.eof())) {
    return absl::InvalidArgumentError(absl::StrCat("store.password_file ",
                                                   config.store_password_file,
                                                   " cannot be read: ", std::strerror(errno)));
  }
  if (!password.empty() && password.back() == '\r') password.pop_back();
  return password;
}

std::string MachineName() {
  char name[256] = "";
  return gethostname(name, sizeof name - 1) == 0 ? name : "sagad";
}

}  // namespace

absl::StatusOr<mysql::Options> DatabaseSettings(const Config& config) {
  absl::StatusOr<mysql::Options> database = mysql::ParseUrl(config.store);
  if (!database.ok()) return database.status();
  absl::StatusOr<std::string> password = Password(config);
  if (!password.ok()) return password.status();
  database->password = *std::move(password);
  database->tls = config.store_tls == "verified"   ? mysql::Tls::kVerified
                  : config.store_tls == "required" ? mysql::Tls::kRequired
                                                   : mysql::Tls::kOff;
  database->tls_ca = config.store_tls_ca;
  database->tls_cert = config.store_tls_cert;
  database->tls_key = config.store_tls_key;
  return database;
}

std::string NodeName(const Config& config) {
  return config.node_name.empty() ? MachineName() : config.node_name;
}

absl::StatusOr<adapter::MysqlOptions> MysqlSettings(const Config& config) {
  absl::StatusOr<mysql::Options> database = DatabaseSettings(config);
  if (!database.ok()) return database.status();
  adapter::MysqlOptions options;
  options.database = *std::move(database);
  options.database.idle_timeout = config.node_lease;
  options.time_zone = config.store_time_zone;
  options.node_name = NodeName(config);
  options.node_address = config.node_address;
  options.version = Version();
  options.lease = config.node_lease;
  options.migrate = config.store_migrate == "auto";
  options.largest_request = static_cast<size_t>(config.limit_request_bytes);
  return options;
}

}  // namespace saga::app
