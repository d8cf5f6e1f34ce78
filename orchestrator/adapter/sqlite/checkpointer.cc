#include "orchestrator/adapter/sqlite/checkpointer.h"

#include <pthread.h>

#include "orchestrator/adapter/sqlite/failure.h"

namespace saga::adapter::sqlite {
namespace {

// 8 MiB of log between passes: long enough that pages written many times in it are copied once.
constexpr int kPagesPerPass = 2000;

}  // namespace

absl::StatusOr<std::unique_ptr<Checkpointer>> Checkpointer::Start(Connection* writer, const std::string& path,
                                                                  const std::string& vfs) {
  std::unique_ptr<Checkpointer> checkpointer(new Checkpointer(writer));
  Connection& connection = checkpointer->connection_;
  int code = connection.Open(path, SQLITE_OPEN_READWRITE, vfs);
  if (code == SQLITE_OK) code = connection.Exec("PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0");
  if (code != SQLITE_OK) return FailureOf(code, path, connection);
  checkpointer->next_pass_at_ = kPagesPerPass;
  sqlite3_wal_hook(writer->get(), &Checkpointer::AfterCommit, checkpointer.get());
  checkpointer->thread_ = std::thread([self = checkpointer.get()] { self->Run(); });
  return checkpointer;
}

Checkpointer::~Checkpointer() {
  sqlite3_wal_hook(writer_->get(), nullptr, nullptr);
  {
    absl::MutexLock lock(&mutex_);
    stop_ = true;
  }
  if (thread_.joinable()) thread_.join();
}

int Checkpointer::AfterCommit(void* self, sqlite3* db, const char* schema, int log_pages) {
  auto* const checkpointer = static_cast<Checkpointer*>(self);
  if (log_pages < checkpointer->last_log_pages_) checkpointer->next_pass_at_ = kPagesPerPass;
  checkpointer->last_log_pages_ = log_pages;
  switch (checkpointer->pass_.load()) {
    case Pass::kWanted:
      break;
    case Pass::kDone:
      // What a reader still needs stays in the log until the next pass; errors come back with the commit that they hurt.
      sqlite3_wal_checkpoint_v2(db, schema, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
      checkpointer->pass_ = Pass::kIdle;
      break;
    case Pass::kIdle: {
      if (log_pages < checkpointer->next_pass_at_) break;
      checkpointer->next_pass_at_ = log_pages + kPagesPerPass;
      checkpointer->pass_ = Pass::kWanted;
      absl::MutexLock lock(&checkpointer->mutex_);
      checkpointer->wanted_ = true;
      break;
    }
  }
  return SQLITE_OK;
}

void Checkpointer::Run() {
  pthread_setname_np(pthread_self(), "checkpoint");
  for (;;) {
    {
      absl::MutexLock lock(&mutex_);
      mutex_.Await(absl::Condition(
          +[](Checkpointer* self) ABSL_EXCLUSIVE_LOCKS_REQUIRED(self->mutex_) { return self->wanted_ || self->stop_; },
          this));
      if (stop_) return;
      wanted_ = false;
    }
    sqlite3_wal_checkpoint_v2(connection_.get(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
    pass_ = Pass::kDone;
  }
}

}  // namespace saga::adapter::sqlite
