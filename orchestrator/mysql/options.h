#pragma once

// Where a MySQL-protocol database is and how to get in.

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "orchestrator/base/time.h"

namespace saga::mysql {

enum class Tls : uint8_t {
  kOff,
  kRequired,  // encrypted, whoever answers
  kVerified,  // and its certificate is of `tls_ca` and names the host
};

struct Place {
  std::string host = "127.0.0.1";
  int port = 3306;
};

struct Options {
  std::string host = "127.0.0.1";
  int port = 3306;
  // Of the same cluster: tried in this order when the one before does not answer.
  std::vector<Place> others;
  std::string user = "root";
  std::string password;
  std::string database;
  Tls tls = Tls::kOff;
  std::string tls_ca;    // PEM files; empty: those of the system
  std::string tls_cert;  // of ours, with its key; empty: none
  std::string tls_key;
  base::Duration connect_timeout = base::Seconds(5);
  // For one statement's answer. Afterwards the connection is given up and whether a commit happened
  // is not known.
  base::Duration answer_timeout = base::Seconds(30);
  // After so long without a statement the database closes the session and takes back what it left
  // open: how long the locks of a process that was frozen in a transaction can be in the way.
  base::Duration idle_timeout = base::Seconds(8 * 3600);
  // False: the first statement begins a transaction, without a BEGIN of its own, and nothing is
  // stored before COMMIT.
  bool autocommit = true;
};

// "mysql://USER@HOST:PORT/DATABASE", with more of ",HOST:PORT" for the other nodes of a cluster;
// port and user may be left out (3306, root), the database may not. %XX stands for any byte.
// InvalidArgument with what is wrong: also for a password in it, which everybody who lists the
// processes could read.
absl::StatusOr<Options> ParseUrl(absl::string_view url);

// As ParseUrl reads it, for people and logs; without the password.
std::string UrlOf(const Options& options);

}  // namespace saga::mysql
