#include "orchestrator/adapter/mysql/mysql_kv.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace saga::adapter::mysql {

namespace {

using saga::mysql::Connection;
using saga::mysql::Statement;

constexpr char kSelect[] = "SELECT id, cat, k, v, version, create_time, update_time FROM kv WHERE ";
constexpr char kInsert[] =
    "INSERT INTO kv (cat, k, v, version, create_time, update_time) VALUES (?, ?, ?, 1, ?, ?)";
// By id and not by name: what the collation takes for the same name is another record.
constexpr char kUpdate[] =
    "UPDATE kv SET v = ?, version = version + 1, update_time = ? WHERE id = ? AND version = ?";
constexpr char kState[] =
    "SELECT COUNT(*), COALESCE(MAX(id), 0), CAST(COALESCE(SUM(version), 0) AS SIGNED) FROM kv "
    "WHERE cat = ?";
constexpr char kDelete[] = "DELETE FROM kv WHERE id = ?";

int64_t Bounded(uint64_t number) {
  return static_cast<int64_t>(std::min<uint64_t>(number, INT64_MAX));
}

void BindTime(Statement* statement, absl::string_view datetime) {
  if (datetime.empty()) {
    statement->BindNull();
  } else {
    statement->Bind(datetime);
  }
}

absl::Status NoSuchRecord() { return absl::NotFoundError("no such record"); }

class MysqlKv final : public port::KvStore {
 public:
  MysqlKv(std::shared_ptr<SessionPool> pool, ColumnForm form)
      : pool_(std::move(pool)), form_(std::move(form)) {}

  absl::StatusOr<port::KvRecord> FindKv(const std::string& category,
                                        const std::string& key) override {
    return pool_->With([&](Connection& session) { return Find(session, category, key); });
  }

  absl::StatusOr<std::vector<port::KvRecord>> ListKv(const port::KvFilter& filter) override {
    return pool_->With([&](Connection& session) { return List(session, filter); });
  }

  absl::StatusOr<std::string> KvState(const std::string& category) override {
    return pool_->With([&](Connection& session) -> absl::StatusOr<std::string> {
      absl::StatusOr<Statement*> select = session.Prepared(kState);
      if (!select.ok()) return select.status();
      if (absl::Status run = (*select)->Bind(category).Run(); !run.ok()) return run;
      if (!(*select)->Next()) return absl::UnavailableError("database: no answer");
      return absl::StrCat((*select)->Number(0), "/", (*select)->Number(1), "/",
                          (*select)->Number(2));
    });
  }

  absl::Status CreateKv(const std::string& category, const std::string& key,
                        const std::string& value, base::Time now) override {
    const std::string time = DateTimeOf(now, form_.zone, true);
    absl::Status created = pool_->WithTransaction([&](Connection& session) -> absl::Status {
      absl::StatusOr<Statement*> insert = session.Prepared(kInsert);
      if (!insert.ok()) return insert.status();
      (*insert)->Bind(category).Bind(key).Bind(value);
      BindTime(*insert, time);
      BindTime(*insert, time);
      return (*insert)->Run();
    });
    return absl::IsAlreadyExists(created) ? absl::AlreadyExistsError("the key is taken") : created;
  }

  absl::Status UpdateKv(const std::string& category, const std::string& key,
                        const std::string& value, uint64_t version, base::Time now) override {
    const std::string time = DateTimeOf(now, form_.zone, true);
    return pool_->WithTransaction([&](Connection& session) -> absl::Status {
      absl::StatusOr<port::KvRecord> record = Find(session, category, key);
      if (!record.ok()) return record.status();
      absl::StatusOr<Statement*> update = session.Prepared(kUpdate);
      if (!update.ok()) return update.status();
      (*update)->Bind(value);
      BindTime(*update, time);
      (*update)->Bind(record->id).Bind(Bounded(version));
      return RunOnOne(*update, "no such record of this version");
    });
  }

  absl::Status DeleteKv(const std::string& category, const std::string& key) override {
    return pool_->WithTransaction([&](Connection& session) -> absl::Status {
      absl::StatusOr<port::KvRecord> record = Find(session, category, key);
      if (!record.ok()) return record.status();
      absl::StatusOr<Statement*> remove = session.Prepared(kDelete);
      if (!remove.ok()) return remove.status();
      (*remove)->Bind(record->id);
      return RunOnOne(*remove, "no such record");
    });
  }

 private:
  static absl::Status RunOnOne(Statement* statement, absl::string_view none) {
    if (absl::Status run = statement->Run(); !run.ok()) return run;
    return statement->Affected() == 1 ? absl::OkStatus() : absl::NotFoundError(none);
  }

  port::KvRecord Read(const Statement& row) const {
    return {.id = static_cast<uint64_t>(row.Number(0)),
            .category = std::string(row.Text(1)),
            .key = std::string(row.Text(2)),
            .value = std::string(row.Text(3)),
            .version = static_cast<uint64_t>(row.Number(4)),
            .create_time = TimeOf(row.Text(5), form_.zone),
            .update_time = TimeOf(row.Text(6), form_.zone)};
  }

  absl::StatusOr<port::KvRecord> Find(Connection& session, const std::string& category,
                                      const std::string& key) const {
    absl::StatusOr<Statement*> find = session.Prepared(absl::StrCat(kSelect, "cat = ? AND k = ?"));
    if (!find.ok()) return find.status();
    (*find)->Bind(category).Bind(key);
    if (absl::Status run = (*find)->Run(); !run.ok()) return run;
    while ((*find)->Next()) {
      if ((*find)->Text(1) == category && (*find)->Text(2) == key) return Read(**find);
    }
    return NoSuchRecord();
  }

  absl::StatusOr<std::vector<port::KvRecord>> List(Connection& session,
                                                   const port::KvFilter& filter) const {
    const std::string sql =
        absl::StrCat(kSelect, filter.category.empty() ? "" : "cat = ? AND ",
                     filter.key.empty() ? "" : "k = ? AND ", "id < ? ORDER BY id DESC LIMIT ?");
    std::vector<port::KvRecord> found;
    int64_t before = filter.before_id == 0 ? INT64_MAX : Bounded(filter.before_id);
    // Again for what the collation alone took for a match.
    while (found.size() < filter.limit) {
      absl::StatusOr<Statement*> list = session.Prepared(sql);
      if (!list.ok()) return list.status();
      if (!filter.category.empty()) (*list)->Bind(filter.category);
      if (!filter.key.empty()) (*list)->Bind(filter.key);
      const size_t wanted = filter.limit - found.size();
      (*list)->Bind(before).Bind(Bounded(wanted));
      if (absl::Status run = (*list)->Run(); !run.ok()) return run;
      size_t rows = 0;
      for (; (*list)->Next(); ++rows) {
        port::KvRecord record = Read(**list);
        before = static_cast<int64_t>(record.id);
        if ((filter.category.empty() || record.category == filter.category) &&
            (filter.key.empty() || record.key == filter.key))
          found.push_back(std::move(record));
      }
      if (rows < wanted) break;
    }
    return found;
  }

  const std::shared_ptr<SessionPool> pool_;
  const ColumnForm form_;
};

}  // namespace

std::unique_ptr<port::KvStore> MakeKv(std::shared_ptr<SessionPool> pool, ColumnForm form) {
  return std::make_unique<MysqlKv>(std::move(pool), std::move(form));
}

}  // namespace saga::adapter::mysql
