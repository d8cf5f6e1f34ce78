#include "orchestrator/api/dead_letter_select.h"

#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "orchestrator/core/filter.h"
#include "orchestrator/core/step.h"
#include "orchestrator/core/words.h"
#include "orchestrator/engine/replay_item.h"

namespace saga::api {

namespace {

constexpr size_t kPage = 500;

absl::Status Silent(const absl::Status& status) {
  return absl::UnavailableError(absl::StrCat("the store does not answer: ", status.message()));
}

}  // namespace

absl::StatusOr<std::vector<port::JobItem>> SelectByFilter(port::DeadLetterQuery& query,
                                                          const std::string& filter, base::Time now,
                                                          size_t most) {
  const absl::StatusOr<core::Filter> parsed = core::ParseFilter(filter);
  if (!parsed.ok()) return parsed.status();
  std::vector<port::JobItem> items;
  for (uint64_t after = 0;;) {
    const auto page = query.ListDead(*parsed, now, after, kPage);
    if (!page.ok()) return Silent(page.status());
    for (const port::DeadLetter& letter : *page) {
      items.push_back({.gid = letter.transaction.gid,
                       .branch_id = letter.branch.branch_id,
                       .op = letter.branch.op,
                       .death = letter.branch.deaths});
    }
    if (items.size() > most) {
      return absl::FailedPreconditionError(absl::StrCat(
          "more than ", most, " dead letters match: narrow the filter, or allow more (max_items)"));
    }
    if (page->size() < kPage) break;
    after = page->back().position;
  }
  if (items.empty()) {
    return absl::NotFoundError(absl::StrCat("no dead letter matches", filter.empty() ? "" : " '",
                                            filter, filter.empty() ? "" : "'"));
  }
  return items;
}

absl::StatusOr<std::vector<port::JobItem>> SelectByName(port::TransactionQuery& query,
                                                        const std::vector<BranchName>& names) {
  std::vector<port::JobItem> items;
  std::set<std::tuple<std::string, std::string, core::Op>> seen;
  for (const BranchName& name : names) {
    if (!seen.insert({name.gid, name.branch_id, name.op}).second) continue;
    const auto stored = query.Find(name.gid);
    if (!stored.ok() && !absl::IsNotFound(stored.status())) return Silent(stored.status());
    const core::GlobalTransaction transaction =
        stored.ok() ? stored->transaction : core::GlobalTransaction();
    const std::optional<uint32_t> row = core::FindRow(transaction, name.branch_id, name.op);
    const core::Branch* branch = row.has_value() ? &transaction.branches[*row] : nullptr;
    const bool dead = branch != nullptr && branch->dead != core::DeadReason::kNone &&
                      !core::IsFinal(transaction.status);
    if (!dead) {
      return absl::FailedPreconditionError(
          absl::StrCat("'", name.gid, "' branch ", name.branch_id, " ",
                       std::string(core::WordOf(name.op)), " is no dead letter: ",
                       engine::WhyNoDeadLetter(transaction, name.branch_id, name.op,
                                               branch == nullptr ? 0 : branch->deaths)));
    }
    items.push_back(
        {.gid = name.gid, .branch_id = name.branch_id, .op = name.op, .death = branch->deaths});
  }
  return items;
}

}  // namespace saga::api
