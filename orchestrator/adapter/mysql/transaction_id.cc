#include "orchestrator/adapter/mysql/transaction_id.h"

namespace saga::adapter::mysql {

absl::StatusOr<std::optional<int64_t>> IdOf(saga::mysql::Connection& session,
                                            absl::string_view gid) {
  const auto find = session.Prepared("SELECT id, gid FROM trans_global WHERE gid = ?");
  if (!find.ok()) return find.status();
  if (absl::Status run = (*find)->Bind(gid).Run(); !run.ok()) return run;
  std::optional<int64_t> id;
  while ((*find)->Next()) {
    if ((*find)->Text(1) == gid) id = (*find)->Number(0);
  }
  return id;
}

}  // namespace saga::adapter::mysql
