#include "orchestrator/adapter/mysql/live_nodes.h"

namespace saga::adapter::mysql {

absl::StatusOr<absl::flat_hash_set<int64_t>> LiveNodes(saga::mysql::Connection& session) {
  absl::StatusOr<saga::mysql::Statement*> nodes =
      session.Prepared("SELECT id FROM sagad_node WHERE state < 3");
  if (!nodes.ok()) return nodes.status();
  if (absl::Status run = (*nodes)->Run(); !run.ok()) return run;
  absl::flat_hash_set<int64_t> live;
  while ((*nodes)->Next()) live.insert((*nodes)->Number(0));
  return live;
}

}  // namespace saga::adapter::mysql
