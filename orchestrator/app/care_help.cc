#include "orchestrator/app/care_help.h"

#include "absl/strings/str_cat.h"

namespace saga::app {
namespace {

constexpr char kBackup[] = R"(sagad backup --to FILE [--force] [FLAG...]

Copies the SQLite store of --data-dir into one file, also while sagad runs on it: all that was
acknowledged before the command began is in it. The copy is checked as `sagad verify` does it, and
the command ends with 5 when there are findings. An existing FILE is replaced with --force only,
and only by a complete copy without findings.

  sagad backup --data-dir /var/lib/sagad --to /backup/sagad-monday.db
)";

constexpr char kRestore[] = R"(sagad restore --from FILE [--force] [--despite-findings] [FLAG...]

Makes a backup the SQLite store of --data-dir. No sagad may run on it. The backup is copied and
checked first; then it takes the store's place in one step. A store that is there already is
replaced with --force only: what it holds is gone then. A backup with findings is put back with
--despite-findings only. Calls that were made after the backup are made again, which the barriers
of the participants absorb; what was submitted after it is not known any more.

  sagad restore --data-dir /var/lib/sagad --from /backup/sagad-monday.db
)";

constexpr char kVerify[] = R"(sagad verify [--from FILE] [-o json] [FLAG...]

Holds everything in the store against everything that must be true of it, and prints what is not:
one line each, with the name of the rule, whose it is and what is wrong. --from FILE: looks at a
backup instead. Reads only, also while sagad runs. orchestrator/doc/care.md has the rules and what
to do. Ends with 5 when there are findings.

  sagad verify --data-dir /var/lib/sagad
)";

}  // namespace

std::string CareHelp(Command command) {
  switch (command) {
    case Command::kBackup:
      return kBackup;
    case Command::kRestore:
      return kRestore;
    case Command::kVerify:
      return kVerify;
    case Command::kRun:
    case Command::kConfig:
    case Command::kVersion:
    case Command::kHelp:
      return "";
  }
  return "";
}

}  // namespace saga::app
