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

constexpr char kMigrate[] = R"(sagad migrate --plan|--apply [--widen] --store mysql://... [FLAG...]

Brings the tables of a database to this version: --plan prints the statements, --apply runs them
and prints each before it does. Tables and columns are added, nothing is dropped, and DTM works on
the database as before. A start does the same by itself, unless store.migrate is off.

--widen also changes DTM's own columns where they are narrower than what clients may send, or take
names that differ in case for one. That rewrites the tables: it takes its time on large ones.

  sagad migrate --plan --store mysql://sagad@db:3306/dtm
)";

constexpr char kDoctor[] = R"(sagad doctor --store mysql://... [FLAG...]

Looks at a database before sagad is started on it, and prints what it found: settings it cannot
work with, what is stored there, how much of it is open and would go on, what nobody could go on
with, whether DTM still writes to it, and whether its times are those of this machine. Writes
nothing. Ends with 5 when there is a problem.

  sagad doctor --store mysql://dtm@db:3306/dtm
)";

constexpr char kExport[] = R"(sagad export --to FILE [--force] [--despite-findings] [FLAG...]

Writes everything in a store that no sagad runs on into a file for `sagad import`, which reads it
into a store of the same or another kind: transactions with their branches and history, topics and
other records, messages, jobs. The SQLite store is checked first, as `sagad verify` does it. At the
end the file is read back and compared. Start sagad on one of the two stores only: both would carry
on what is open.

  sagad export --data-dir /var/lib/sagad --to /backup/sagad.export
)";

constexpr char kImport[] = R"(sagad import --from FILE [FLAG...]

Fills an empty store that no sagad runs on from the file of `sagad export`, reads it back, and
compares counts and digest. All or nothing: when it fails, or is killed, the store is as empty as
before, or refuses to be used until an import has succeeded.

  sagad import --store mysql://sagad@db:3306/sagad --from /backup/sagad.export
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
    case Command::kMigrate:
      return kMigrate;
    case Command::kDoctor:
      return kDoctor;
    case Command::kExport:
      return kExport;
    case Command::kImport:
      return kImport;
    case Command::kRun:
    case Command::kConfig:
    case Command::kVersion:
    case Command::kHelp:
      return "";
  }
  return "";
}

}  // namespace saga::app
