#include "orchestrator/app/stores.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "orchestrator/adapter/decorator/crash_point_store.h"
#include "orchestrator/adapter/memory/memory_jobs.h"
#include "orchestrator/adapter/memory/memory_kv.h"
#include "orchestrator/adapter/memory/memory_store.h"
#include "orchestrator/adapter/mysql/mysql_store.h"
#include "orchestrator/adapter/sqlite/sqlite_store.h"
#include "orchestrator/app/mysql_settings.h"

namespace saga::app {
namespace {

// The sides that a store has each for itself, which the opened one keeps.
template <typename Sides>
OpenedStore Take(Sides& sides) {
  OpenedStore opened;
  opened.store = std::move(sides.store);
  opened.own_query = std::move(sides.query);
  opened.query = opened.own_query.get();
  opened.kv = std::move(sides.kv);
  opened.own_outbox = std::move(sides.outbox);
  opened.outbox = opened.own_outbox.get();
  opened.jobs = std::move(sides.jobs);
  opened.own_dead_letters = std::move(sides.dead_letters);
  opened.dead_letters = opened.own_dead_letters.get();
  opened.own_retention = std::move(sides.retention);
  opened.retention = opened.own_retention.get();
  return opened;
}

absl::StatusOr<OpenedStore> OpenSqlite(const std::string& data_dir,
                                       const std::optional<adapter::CrashPoint>& point) {
  adapter::SqliteOptions options;
  if (point.has_value()) options.before_commit = adapter::InsideCommitHook(*point);
  auto sqlite = adapter::OpenSqliteStore(absl::StrCat(data_dir, "/sagad.db"), options);
  if (!sqlite.ok()) return sqlite.status();
  return Take(*sqlite);
}

OpenedStore OpenMemory() {
  auto memory = std::make_unique<adapter::MemoryStore>();
  OpenedStore opened;
  opened.query = memory.get();
  opened.outbox = &memory->outbox();
  opened.dead_letters = memory.get();
  opened.retention = memory.get();
  opened.store = std::move(memory);
  opened.kv = std::make_unique<adapter::MemoryKv>();
  opened.jobs = std::make_unique<adapter::MemoryJobs>();
  return opened;
}

absl::StatusOr<OpenedStore> OpenMysql(const Config& config,
                                      const std::optional<adapter::CrashPoint>& point) {
  absl::StatusOr<adapter::MysqlOptions> options = MysqlSettings(config);
  if (!options.ok()) return options.status();
  if (point.has_value()) options->before_commit = adapter::InsideCommitHook(*point);
  auto mysql = adapter::OpenMysqlStore(*options);
  if (!mysql.ok()) return mysql.status();
  OpenedStore opened = Take(*mysql);
  opened.nodes = std::move(mysql->nodes);
  opened.announce = std::move(mysql->announce);
  opened.largest = mysql->largest;
  opened.warnings = std::move(mysql->warnings);
  opened.adopted = mysql->adopted;
  return opened;
}

}  // namespace

void OpenedStore::Close() {
  announce = nullptr;
  nodes.reset();
  own_retention.reset();
  own_dead_letters.reset();
  jobs.reset();
  own_outbox.reset();
  kv.reset();
  own_query.reset();
  store.reset();
}

absl::StatusOr<OpenedStore> OpenStore(const Config& config, const std::string& crash_point) {
  std::optional<adapter::CrashPoint> point;
  if (!crash_point.empty()) {
    auto parsed = adapter::ParseCrashPoint(crash_point);
    if (!parsed.ok()) return parsed.status();
    point = *parsed;
  }
  absl::StatusOr<OpenedStore> opened = IsSharedStore(config.store) ? OpenMysql(config, point)
                                       : config.store == "memory"
                                           ? OpenMemory()
                                           : OpenSqlite(config.data_dir, point);
  if (opened.ok() && point.has_value()) {
    opened->store = std::make_unique<adapter::CrashPointStore>(std::move(opened->store), *point);
  }
  return opened;
}

}  // namespace saga::app
