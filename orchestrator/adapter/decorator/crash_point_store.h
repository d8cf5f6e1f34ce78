#pragma once

// A store that kills its process at a chosen commit: how the tests show that a sagad which dies at
// any moment loses nothing. The kill is SIGKILL, so no destructor, no flush and no handler runs.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "orchestrator/port/transaction_store.h"

namespace saga::adapter {

struct CrashPoint {
  enum class Where : uint8_t {
    kBefore,  // Commit was called, nothing was done
    kInside,  // the statements ran, the commit did not
    kAfter,   // the commit is durable, nobody was told
  };

  Where where = Where::kBefore;
  uint64_t commit = 1;  // which one, counted from 1
};

// "before:17", "inside:1", "after:3". InvalidArgument with what is expected for anything else.
absl::StatusOr<CrashPoint> ParseCrashPoint(absl::string_view text);

// For the hook that a store runs inside its commit (SqliteOptions::before_commit): kills the
// process at the n-th run when the point lies inside; does nothing for other points.
std::function<void()> InsideCommitHook(const CrashPoint& point);

// Hands every call on to `store`, and kills the process before or after its n-th Commit. For a
// point inside use the hook above: what lies inside a commit only the store knows. Thread safety:
// that of the store.
class CrashPointStore final : public port::TransactionStore {
 public:
  CrashPointStore(std::unique_ptr<port::TransactionStore> store, const CrashPoint& point);

  std::vector<port::WriteResult> Commit(const std::vector<port::Write>& batch) override;
  absl::StatusOr<core::GlobalTransaction> Load(const std::string& gid) override {
    return store_->Load(gid);
  }
  absl::StatusOr<std::vector<core::GlobalTransaction>> ClaimDue(base::Time now,
                                                                size_t limit) override {
    return store_->ClaimDue(now, limit);
  }
  port::Holding Claim(const std::string& gid) override { return store_->Claim(gid); }
  void Release(const std::string& gid) override { store_->Release(gid); }
  absl::StatusOr<base::Time> NextDue() override { return store_->NextDue(); }
  base::Time HeldUntil() const override { return store_->HeldUntil(); }
  std::vector<std::string> TakeLost() override { return store_->TakeLost(); }
  void Leave() override { store_->Leave(); }
  absl::Status Ping() override { return store_->Ping(); }
  std::string Name() const override { return store_->Name(); }

 private:
  const std::unique_ptr<port::TransactionStore> store_;
  const CrashPoint point_;
  uint64_t commits_ = 0;
};

}  // namespace saga::adapter
