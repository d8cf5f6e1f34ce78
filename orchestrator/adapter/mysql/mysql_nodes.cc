#include "orchestrator/adapter/mysql/mysql_nodes.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace saga::adapter::mysql {

namespace {

class Nodes final : public port::NodeList {
 public:
  Nodes(std::shared_ptr<SessionPool> pool, std::shared_ptr<NodeLease> lease)
      : pool_(std::move(pool)), lease_(std::move(lease)) {}

  absl::StatusOr<std::vector<port::NodeView>> ListNodes() override {
    std::vector<port::NodeView> nodes;
    const absl::Status read = pool_->With([&](saga::mysql::Connection& session) -> absl::Status {
      nodes.clear();
      const auto select = session.Prepared(absl::StrCat(
          "SELECT n.id, n.name, n.address, n.version, n.state, n.start_time, n.lease_until - ",
          kDatabaseNow,
          ", (SELECT COUNT(*) FROM sagad_transaction AS s WHERE s.owner = n.id) FROM sagad_node AS "
          "n ORDER BY n.id"));
      if (!select.ok()) return select.status();
      const base::Time now = NodeLease::Now();
      if (absl::Status run = (*select)->Run(); !run.ok()) return run;
      while ((*select)->Next()) nodes.push_back(ViewOf(**select, now));
      return absl::OkStatus();
    });
    if (!read.ok()) return read;
    return nodes;
  }

  absl::StatusOr<uint64_t> HolderOf(const std::string& gid) override {
    uint64_t holder = 0;
    const absl::Status read = pool_->With([&](saga::mysql::Connection& session) -> absl::Status {
      holder = 0;
      const auto select = session.Prepared(
          "SELECT g.gid, s.owner FROM trans_global AS g JOIN sagad_transaction AS s ON s.id = g.id "
          "WHERE g.gid = ? AND s.owner IS NOT NULL");
      if (!select.ok()) return select.status();
      if (absl::Status run = (*select)->Bind(absl::string_view(gid)).Run(); !run.ok()) return run;
      while ((*select)->Next()) {
        if ((*select)->Text(0) == gid) holder = static_cast<uint64_t>((*select)->Number(1));
      }
      return absl::OkStatus();
    });
    if (!read.ok()) return read;
    return holder;
  }

 private:
  port::NodeView ViewOf(const saga::mysql::Statement& row, base::Time now) const {
    const base::Duration left = base::Micros(row.Number(6));
    // Late, and nobody has said so yet: whoever looks next does.
    const bool late = left.micros < 0;
    return {.id = static_cast<uint64_t>(row.Number(0)),
            .name = std::string(row.Text(1)),
            .address = std::string(row.Text(2)),
            .version = std::string(row.Text(3)),
            .since = base::Time{row.Number(5)},
            .lease_end = now + left,
            .state = late ? port::NodeState::kGone : static_cast<port::NodeState>(row.Number(4)),
            .held = static_cast<uint64_t>(row.Number(7)),
            .self = row.Number(0) == lease_->id()};
  }

  const std::shared_ptr<SessionPool> pool_;
  const std::shared_ptr<NodeLease> lease_;
};

}  // namespace

std::unique_ptr<port::NodeList> MakeNodes(std::shared_ptr<SessionPool> pool,
                                          std::shared_ptr<NodeLease> lease) {
  return std::make_unique<Nodes>(std::move(pool), std::move(lease));
}

}  // namespace saga::adapter::mysql
