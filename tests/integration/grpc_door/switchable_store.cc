#include "tests/integration/grpc_door/switchable_store.h"

namespace saga::integration {

using port::WriteResult;

std::vector<WriteResult> SwitchableStore::Commit(const std::vector<port::Write>& batch) {
  std::string error;
  {
    absl::MutexLock lock(&mutex_);
    error = error_;
  }
  if (error.empty()) return store_.Commit(batch);
  WriteResult failed;
  failed.kind = WriteResult::Kind::kFailed;
  failed.error = error;
  return std::vector<WriteResult>(batch.size(), failed);
}

void SwitchableStore::SetError(const std::string& error) {
  absl::MutexLock lock(&mutex_);
  error_ = error;
}

}  // namespace saga::integration
