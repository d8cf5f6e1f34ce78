#include "orchestrator/adapter/sqlite/schema.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "orchestrator/adapter/sqlite/failure.h"

namespace saga::adapter::sqlite {
namespace {

constexpr char kKind[] = "sqlite";

absl::Status NotOurs(const std::string& path) {
  return absl::FailedPreconditionError(
      absl::StrCat(path,
                   " is an SQLite database of another program, not a sagad store. Move it away or "
                   "choose another --data-dir."));
}

// 0: the file is empty.
absl::Status ReadVersion(const Connection& connection, const std::string& path, int* version) {
  *version = 0;
  int64_t application = 0;
  int64_t objects = 0;
  int code = connection.ReadNumber("PRAGMA application_id", &application);
  if (code == SQLITE_OK)
    code = connection.ReadNumber("SELECT count(*) FROM sqlite_schema", &objects);
  if (code != SQLITE_OK) return FailureOf(code, path, connection);
  if (application == 0 && objects == 0) return absl::OkStatus();
  if (application != kApplicationId) return NotOurs(path);

  std::string kind;
  std::string text;
  code = connection.ReadText("SELECT value FROM meta WHERE name = 'store_kind'", &kind);
  if (code == SQLITE_OK)
    code = connection.ReadText("SELECT value FROM meta WHERE name = 'schema_version'", &text);
  if ((code & 0xff) == SQLITE_ERROR) return NotOurs(path);
  if (code != SQLITE_OK) return FailureOf(code, path, connection);
  if (kind != kKind) {
    return absl::FailedPreconditionError(
        absl::StrCat(path, " was written with the store \"", kind,
                     "\". Start sagad with that store, or choose another --data-dir."));
  }
  if (!absl::SimpleAtoi(text, version) || *version < 1) {
    return absl::DataLossError(absl::StrCat(path, " names no readable schema version (\"", text,
                                            "\"). Restore a backup or choose another --data-dir."));
  }
  return absl::OkStatus();
}

int RunMigrations(Connection& connection, int from, const std::vector<Migration>& migrations) {
  int code = connection.Exec("BEGIN IMMEDIATE");
  for (const Migration& migration : migrations) {
    if (code == SQLITE_OK && migration.version > from) code = connection.Exec(migration.sql);
  }
  if (code != SQLITE_OK) return code;
  if (from == 0) {
    const std::string birth = absl::StrCat(
        "PRAGMA application_id = ", kApplicationId,
        "; INSERT INTO meta (name, value) VALUES ('store_kind', '", kKind,
        "'), ('created_by', 'sagad ", kProgramVersion,
        "'), ('created_at', strftime('%Y-%m-%dT%H:%M:%SZ', 'now')), ('disk_probes', '0')");
    code = connection.Exec(birth.c_str());
    if (code != SQLITE_OK) return code;
  }
  const std::string version =
      absl::StrCat("INSERT OR REPLACE INTO meta (name, value) VALUES ('schema_version', '",
                   migrations.back().version, "'); COMMIT");
  return connection.Exec(version.c_str());
}

absl::Status TooNew(const std::string& path, int version, int newest) {
  return absl::FailedPreconditionError(
      absl::StrCat(path, " has schema version ", version, "; this sagad knows versions up to ",
                   newest, ". Start the newer sagad that wrote it, or choose another --data-dir."));
}

}  // namespace

absl::Status RequireNewestSchema(const Connection& connection, const std::string& path) {
  int version = 0;
  if (absl::Status status = ReadVersion(connection, path, &version); !status.ok()) return status;
  const int newest = Migrations().back().version;
  if (version == newest) return absl::OkStatus();
  if (version > newest) return TooNew(path, version, newest);
  if (version == 0) return absl::FailedPreconditionError(absl::StrCat(path, " is empty."));
  return absl::FailedPreconditionError(
      absl::StrCat(path, " has schema version ", version,
                   ", which an older sagad wrote. Starting this sagad on "
                   "it, or restoring it if it is a backup, brings it to version ",
                   newest, "."));
}

absl::Status PrepareSchema(Connection& connection, const std::string& path,
                           const std::vector<Migration>& migrations) {
  int version = 0;
  if (absl::Status status = ReadVersion(connection, path, &version); !status.ok()) return status;
  const int newest = migrations.back().version;
  if (version > newest) return TooNew(path, version, newest);
  if (version == newest) return absl::OkStatus();
  const int code = RunMigrations(connection, version, migrations);
  if (code == SQLITE_OK) return absl::OkStatus();
  absl::Status status = FailureOf(code, path, connection);
  if (connection.InTransaction()) connection.Exec("ROLLBACK");
  return status;
}

}  // namespace saga::adapter::sqlite
