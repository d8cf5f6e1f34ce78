#include "orchestrator/adapter/mysql/id_block.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace saga::adapter::mysql {

namespace {

constexpr int64_t kBlock = 1000;

}  // namespace

absl::Status IdBlock::Reserve(saga::mysql::Connection& session, int64_t count, int64_t above) {
  if (end_ - next_ >= count && next_ > above) return absl::OkStatus();
  const int64_t wanted = std::max(kBlock, count);
  // The statement's own id function carries the result out: no transaction, no second question that
  // another node could come before.
  absl::Status run = session.Run(
      absl::StrCat("INSERT IGNORE INTO sagad_sequence (name, next_id) VALUES ('", table_, "', 1)"));
  if (!run.ok()) return run;
  run = session.Run(absl::StrCat(
      "UPDATE sagad_sequence SET next_id = LAST_INSERT_ID(GREATEST(next_id, (SELECT 1 + "
      "COALESCE(MAX(id), 0) FROM ",
      table_, ")) + ", wanted, ") WHERE name = '", table_, "'"));
  if (!run.ok()) return run;
  end_ = static_cast<int64_t>(session.InsertId());
  next_ = end_ - wanted;
  return absl::OkStatus();
}

}  // namespace saga::adapter::mysql
