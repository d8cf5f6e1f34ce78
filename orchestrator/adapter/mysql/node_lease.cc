#include "orchestrator/adapter/mysql/node_lease.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "orchestrator/adapter/mysql/outbox_rows.h"

namespace saga::adapter::mysql {

namespace {

// Rows that one statement of an heir touches: its locks are held for milliseconds.
constexpr int kPage = 500;
// Gone nodes are listed for so long.
constexpr base::Duration kRemembered = base::Seconds(24 * 3600);

constexpr char kLive[] = "state < 3";

}  // namespace

NodeLease::NodeLease(Options options, std::shared_ptr<SessionPool> pool)
    : options_(std::move(options)), pool_(std::move(pool)), address_(options_.address) {}

base::Time NodeLease::Now() { return base::Time{absl::ToUnixMicros(absl::Now())}; }

// A dead node is noticed by the others after the lease in the database has run out and at most one
// period more; both together are less than the lease that was configured.
base::Duration NodeLease::Period() const {
  return base::Micros(std::max<int64_t>(options_.lease.micros / 10, 1000));
}

absl::Status NodeLease::Join() {
  std::string address;
  {
    absl::MutexLock lock(&mutex_);
    address = address_;
  }
  const base::Time sent = Now();
  int64_t id = 0;
  const absl::Status joined = pool_->With([&](saga::mysql::Connection& session) -> absl::Status {
    const auto insert = session.Prepared(absl::StrCat(
        "INSERT INTO sagad_node (name, address, version, state, start_time, lease_until, beat) "
        "VALUES (?, ?, ?, 1, ",
        kDatabaseNow, ", ", kDatabaseNow, " + ?, 0)"));
    if (!insert.ok()) return insert.status();
    const absl::Status run = (*insert)
                                 ->Bind(absl::string_view(options_.name))
                                 .Bind(absl::string_view(address))
                                 .Bind(absl::string_view(options_.version))
                                 .Bind(options_.lease.micros - 2 * Period().micros)
                                 .Run();
    id = static_cast<int64_t>((*insert)->InsertId());
    return run;
  });
  if (!joined.ok()) return joined;
  id_ = id;
  Renewed(sent);
  return absl::OkStatus();
}

absl::Status NodeLease::Announce(const std::string& address) {
  {
    absl::MutexLock lock(&mutex_);
    address_ = address;
  }
  const absl::Status said = pool_->With([&](saga::mysql::Connection& session) -> absl::Status {
    // Who had this name and this address cannot listen there any more: it is the process before
    // this one, and nobody needs to wait for its lease.
    const auto fence = session.Prepared(
        "UPDATE sagad_node SET state = 3 WHERE name = ? AND address = ? AND id <> ? AND state < 3");
    if (!fence.ok()) return fence.status();
    const absl::Status fenced = (*fence)
                                    ->Bind(absl::string_view(options_.name))
                                    .Bind(absl::string_view(address))
                                    .Bind(id())
                                    .Run();
    if (!fenced.ok()) return fenced;
    const auto update = session.Prepared("UPDATE sagad_node SET address = ? WHERE id = ?");
    if (!update.ok()) return update.status();
    return (*update)->Bind(absl::string_view(address)).Bind(id()).Run();
  });
  // What it left is there for the first look at what is due.
  return said.ok() ? LookAtOthers() : said;
}

absl::StatusOr<bool> NodeLease::Renew(saga::mysql::Connection& session) const {
  static const std::string sql =
      absl::StrCat("UPDATE sagad_node SET beat = beat + 1, lease_until = ", kDatabaseNow,
                   " + ? WHERE id = ? AND ", kLive);
  const auto renew = session.Prepared(sql);
  if (!renew.ok()) return renew.status();
  const absl::Status run =
      (*renew)->Bind(options_.lease.micros - 2 * Period().micros).Bind(id()).Run();
  if (!run.ok()) return run;
  return (*renew)->Affected() == 1;
}

void NodeLease::Renewed(base::Time sent) {
  // One period earlier than the database says: clocks do not run alike.
  held_until_ = (sent + base::Micros(options_.lease.micros - 3 * Period().micros)).micros;
  absl::MutexLock lock(&mutex_);
  renewed_ = sent;
}

absl::Status NodeLease::RunOut() { return absl::CancelledError("this node's lease has run out"); }

absl::Status NodeLease::Keep(bool look) {
  if (absl::Status alive = KeepAlive(); !alive.ok()) return alive;
  if (!look) return absl::OkStatus();
  {
    absl::MutexLock lock(&mutex_);
    const base::Time now = Now();
    if (now < looked_ + Period()) return absl::OkStatus();
    looked_ = now;
  }
  return LookAtOthers();
}

absl::Status NodeLease::KeepAlive() {
  const base::Time sent = Now();
  {
    absl::MutexLock lock(&mutex_);
    if (sent < renewed_ + Period()) return absl::OkStatus();
  }
  bool alive = false;
  const absl::Status asked = pool_->With([&](saga::mysql::Connection& session) -> absl::Status {
    const absl::StatusOr<bool> renewed = Renew(session);
    if (renewed.ok()) alive = *renewed;
    return renewed.status();
  });
  if (!asked.ok()) return asked;
  if (!alive) {
    held_until_ = 0;
    return RunOut();
  }
  {
    absl::MutexLock lock(&mutex_);
    // The database was away: so it was for the others, who now need time to say that they live.
    if (sent > renewed_ + options_.lease) looked_ = sent + options_.lease;
  }
  Renewed(sent);
  return absl::OkStatus();
}

absl::Status NodeLease::LookAtOthers() {
  std::vector<int64_t> gone;
  const int64_t self = id();
  const absl::Status read = pool_->With([&](saga::mysql::Connection& session) -> absl::Status {
    gone.clear();
    static const std::string fence = absl::StrCat(
        "UPDATE sagad_node SET state = 3 WHERE state < 3 AND id <> ? AND lease_until < ",
        kDatabaseNow);
    static const std::string look = absl::StrCat("SELECT id, state = 3, lease_until < ",
                                                 kDatabaseNow, " FROM sagad_node WHERE id <> ?");
    const auto select = session.Prepared(look);
    if (!select.ok()) return select.status();
    // Twice when somebody is late: only who was declared gone is dead, it may have renewed since.
    for (bool late = true; late;) {
      if (absl::Status run = (*select)->Bind(self).Run(); !run.ok()) return run;
      late = false;
      gone.clear();
      while ((*select)->Next()) {
        if ((*select)->Number(1) != 0) {
          gone.push_back((*select)->Number(0));
        } else {
          late = late || (*select)->Number(2) != 0;
        }
      }
      if (!late) break;
      const auto update = session.Prepared(fence);
      if (!update.ok()) return update.status();
      if (absl::Status run = (*update)->Bind(self).Run(); !run.ok()) return run;
    }
    return absl::OkStatus();
  });
  if (!read.ok()) return read;
  for (const int64_t node : gone) {
    {
      absl::MutexLock lock(&mutex_);
      if (buried_.contains(node)) continue;
    }
    if (absl::Status inherited = Inherit(node); !inherited.ok()) return inherited;
    absl::MutexLock lock(&mutex_);
    buried_.insert(node);
  }
  return absl::OkStatus();
}

absl::Status NodeLease::Inherit(int64_t node) {
  // Whether it is gone was known before; what it owns is asked for afterwards, so nothing that it
  // wrote while it lived is missed.
  absl::Status status = FreeAll(node);
  if (!status.ok()) return status;
  for (bool more = true; more;) {
    status = pool_->WithTransaction([&](saga::mysql::Connection& session) -> absl::Status {
      const absl::StatusOr<bool> alive = Renew(session);
      if (!alive.ok()) return alive.status();
      if (!*alive) return RunOut();
      const absl::StatusOr<size_t> moved = MoveOutbox(session, node, id(), kPage);
      if (moved.ok()) more = *moved == kPage;
      return moved.status();
    });
    if (!status.ok()) return status;
    (void)KeepAlive();
  }
  return pool_->With([&](saga::mysql::Connection& session) -> absl::Status {
    const auto forget = session.Prepared(
        absl::StrCat("DELETE FROM sagad_node WHERE id = ? AND state = 3 AND lease_until < ",
                     kDatabaseNow, " - ?"));
    if (!forget.ok()) return forget.status();
    return (*forget)->Bind(node).Bind(kRemembered.micros).Run();
  });
}

absl::Status NodeLease::FreeAll(int64_t node) {
  for (;;) {
    uint64_t freed = 0;
    const absl::Status status = pool_->With([&](saga::mysql::Connection& session) -> absl::Status {
      const auto update = session.Prepared(absl::StrCat(
          "UPDATE sagad_transaction SET owner = 0, free_wake = next_wake WHERE owner = ? ",
          "ORDER BY id LIMIT ", kPage));
      if (!update.ok()) return update.status();
      const absl::Status run = (*update)->Bind(node).Run();
      freed = (*update)->Affected();
      return run;
    });
    if (!status.ok()) return status;
    if (freed < kPage) return absl::OkStatus();
    // An inheritance may be large, and this node has to live meanwhile.
    (void)KeepAlive();
  }
}

absl::StatusOr<bool> NodeLease::IsGone(int64_t node, std::string* address) {
  bool gone = true;
  const absl::Status asked = pool_->With([&](saga::mysql::Connection& session) -> absl::Status {
    static const std::string fence = absl::StrCat(
        "UPDATE sagad_node SET state = 3 WHERE id = ? AND state < 3 AND lease_until < ",
        kDatabaseNow);
    const auto select =
        session.Prepared(absl::StrCat("SELECT address, state < 3, lease_until < ", kDatabaseNow,
                                      " FROM sagad_node WHERE id = ?"));
    if (!select.ok()) return select.status();
    if (absl::Status run = (*select)->Bind(node).Run(); !run.ok()) return run;
    // A row that is not there is of a node that went long ago.
    gone = true;
    if (!(*select)->Next()) return absl::OkStatus();
    *address = std::string((*select)->Text(0));
    if ((*select)->Number(1) == 0) return absl::OkStatus();
    gone = false;
    if ((*select)->Number(2) == 0) return absl::OkStatus();
    const auto update = session.Prepared(fence);
    if (!update.ok()) return update.status();
    const absl::Status run = (*update)->Bind(node).Run();
    gone = run.ok() && (*update)->Affected() == 1;
    return run;
  });
  if (!asked.ok()) return asked;
  return gone;
}

void NodeLease::Leave() {
  held_until_ = 0;
  const int64_t self = id();
  // First nobody may believe that it lives: then nothing can become its own any more.
  const absl::Status said = pool_->With([&](saga::mysql::Connection& session) -> absl::Status {
    const auto update = session.Prepared("UPDATE sagad_node SET state = 3 WHERE id = ?");
    if (!update.ok()) return update.status();
    return (*update)->Bind(self).Run();
  });
  // A database that is away hears nothing: the others find out by the lease.
  if (said.ok()) (void)FreeAll(self);
}

}  // namespace saga::adapter::mysql
