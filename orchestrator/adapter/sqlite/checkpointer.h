#pragma once

// Moves committed pages from the write-ahead log into the data file.
//
// SQLite would do that inside the commit that makes the log long enough, and every transaction of that moment would wait
// for thousands of page writes. Here a thread of its own does the bulk while commits go on, and the commit after it
// moves the few pages that came meanwhile; then the log starts over in place. The log keeps its size on disk, because
// overwriting is cheaper to sync than growing.

#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "orchestrator/adapter/sqlite/connection.h"

namespace saga::adapter::sqlite {

class Checkpointer {
 public:
  // Starts the thread and watches the commits of `writer`, which outlives this object.
  static absl::StatusOr<std::unique_ptr<Checkpointer>> Start(Connection* writer, const std::string& path,
                                                             const std::string& vfs);
  // Ends the thread, after the pass it is in.
  ~Checkpointer();

  Checkpointer(const Checkpointer&) = delete;
  Checkpointer& operator=(const Checkpointer&) = delete;

 private:
  enum class Pass : uint8_t { kIdle, kWanted, kDone };

  explicit Checkpointer(Connection* writer) : writer_(writer) {}
  // Called by SQLite on the committing thread after every commit, with the length of the log.
  static int AfterCommit(void* self, sqlite3* db, const char* schema, int log_pages);
  void Run();

  Connection* const writer_;
  Connection connection_;
  // Of the committing thread.
  int last_log_pages_ = 0;
  int next_pass_at_ = 0;

  std::atomic<Pass> pass_{Pass::kIdle};
  absl::Mutex mutex_;
  bool wanted_ ABSL_GUARDED_BY(mutex_) = false;
  bool stop_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace saga::adapter::sqlite
