#include "orchestrator/adapter/decorator/crash_point_store.h"

#include <signal.h>
#include <unistd.h>

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "orchestrator/base/check.h"

namespace saga::adapter {
namespace {

[[noreturn]] void Die() {
  kill(getpid(), SIGKILL);
  // The signal is on its way; nothing may happen until it arrives.
  for (;;) pause();
}

}  // namespace

absl::StatusOr<CrashPoint> ParseCrashPoint(absl::string_view text) {
  constexpr std::pair<const char*, CrashPoint::Where> kPlaces[] = {
      {"before:", CrashPoint::Where::kBefore},
      {"inside:", CrashPoint::Where::kInside},
      {"after:", CrashPoint::Where::kAfter},
  };
  for (const auto& [prefix, where] : kPlaces) {
    CrashPoint point{.where = where};
    if (!absl::StartsWith(text, prefix)) continue;
    if (absl::SimpleAtoi(text.substr(absl::string_view(prefix).size()), &point.commit) &&
        point.commit > 0)
      return point;
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "crash point \"", text,
      "\" is not before:N, inside:N or after:N, where N is the number of a commit from 1 on"));
}

std::function<void()> InsideCommitHook(const CrashPoint& point) {
  return [point, commits = uint64_t{0}]() mutable {
    if (point.where == CrashPoint::Where::kInside && ++commits == point.commit) Die();
  };
}

CrashPointStore::CrashPointStore(std::unique_ptr<port::TransactionStore> store,
                                 const CrashPoint& point)
    : store_(std::move(store)), point_(point) {
  SAGA_CHECK(store_ != nullptr);
}

std::vector<port::WriteResult> CrashPointStore::Commit(const std::vector<port::Write>& batch) {
  const bool here = ++commits_ == point_.commit;
  if (here && point_.where == CrashPoint::Where::kBefore) Die();
  std::vector<port::WriteResult> results = store_->Commit(batch);
  if (here && point_.where == CrashPoint::Where::kAfter) Die();
  return results;
}

}  // namespace saga::adapter
