#pragma once

// The embedded store: one SQLite file in the data directory, in WAL mode with synchronous=FULL.
// Tables and how to read them: orchestrator/doc/tables.md; why they are as they are:
// orchestrator/doc/decision/0003-sqlite-layout.md.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "orchestrator/port/dead_letter_query.h"
#include "orchestrator/port/job_store.h"
#include "orchestrator/port/kv_store.h"
#include "orchestrator/port/outbox_store.h"
#include "orchestrator/port/retention.h"
#include "orchestrator/port/transaction_query.h"
#include "orchestrator/port/transaction_store.h"

namespace saga::adapter {

struct SqliteOptions {
  // Pages of the file that the writer keeps in memory, in KiB; taken only as far as the store
  // grows.
  int64_t cache_kib = 32 * 1024;
  // Log pages of 4 KiB after which a commit also moves the log into the file, which makes that one
  // commit wait for two syncs more. So rare that it does not reach the 99th percentile of a
  // transaction's time, and with few enough pages to stay short (decision 0003).
  int64_t checkpoint_pages = 4000;
  // The file may not grow beyond this many pages of 4 KiB; 0: no limit of ours. Reached, it is as
  // if the disk were full.
  int64_t max_pages = 0;
  // Runs in every Commit that changes something, after its statements and before it becomes
  // durable: where a test stops the process.
  std::function<void()> before_commit;
  // SQLite VFS to go through; empty: the default one. For tests that break the disk.
  std::string vfs;
};

struct SqliteStore {
  // Destroyed in the order that SQLite likes: the others first, so that the writer leaves a tidy
  // file.
  std::unique_ptr<port::TransactionStore> store;
  std::unique_ptr<port::TransactionQuery> query;
  std::unique_ptr<port::KvStore> kv;
  std::unique_ptr<port::OutboxStore> outbox;
  std::unique_ptr<port::JobStore> jobs;
  std::unique_ptr<port::DeadLetterQuery> dead_letters;
  std::unique_ptr<port::Retention> retention;
};

// Opens the store in the file `path`, in an existing directory; creates it when the file does not
// exist or is empty, and brings an older schema forward. The process owns the file until the result
// is destroyed. Errors have texts for people, with what to do: in use by another sagad, no right to
// write, not a store of ours, a newer schema, damaged.
//
// When a Commit fails because of the disk, nothing of it is stored (kFailed; kUnknown when even
// that cannot be told), and later ones are tried afresh: the store recovers with the disk, without
// a restart.
absl::StatusOr<SqliteStore> OpenSqliteStore(const std::string& path,
                                            const SqliteOptions& options = {});

}  // namespace saga::adapter
