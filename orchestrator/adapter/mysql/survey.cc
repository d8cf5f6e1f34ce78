#include "orchestrator/adapter/mysql/survey.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "orchestrator/adapter/mysql/node_lease.h"
#include "orchestrator/adapter/mysql/record_reader.h"

namespace saga::adapter::mysql {

namespace {

constexpr size_t kShown = 10;
constexpr int64_t kPage = 200;
constexpr char kOpen[] = "status IN ('prepared', 'submitted', 'aborting')";

absl::Status Count(saga::mysql::Connection& session, Survey* survey) {
  const auto rows = session.Query(
      "SELECT trans_type, status, COUNT(*) FROM trans_global GROUP BY trans_type, status");
  if (!rows.ok()) return rows.status();
  for (const saga::mysql::Row& row : *rows) {
    const std::string status = row[1].value_or("");
    survey->counts[absl::StrCat(row[0].value_or(""), " ", status)] = saga::mysql::NumberIn(row[2]);
    if (status != "succeed" && status != "failed") survey->open += saga::mysql::NumberIn(row[2]);
  }
  const auto topics = session.QueryOne("SELECT COUNT(*) FROM kv WHERE cat = 'topics'");
  if (!topics.ok()) return topics.status();
  survey->topics = saga::mysql::NumberIn(*topics);
  return absl::OkStatus();
}

absl::Status ReadOpen(saga::mysql::Connection& session, const absl::TimeZone& zone,
                      const std::function<void(const core::GlobalTransaction&)>& each,
                      Survey* survey) {
  const RecordReader reader(survey->server.form, survey->schema_version > 0);
  for (int64_t after = 0;;) {
    const auto page =
        session.Query(absl::StrCat("SELECT id, gid, update_time FROM trans_global WHERE ", kOpen,
                                   " AND id > ", after, " ORDER BY id LIMIT ", kPage));
    if (!page.ok()) return page.status();
    if (page->empty()) return absl::OkStatus();
    for (const saga::mysql::Row& row : *page) {
      after = static_cast<int64_t>(saga::mysql::NumberIn(row[0]));
      const absl::StatusOr<StoredRecord> record = reader.ByGid(session, row[1].value_or(""));
      if (absl::IsUnavailable(record.status())) return record.status();
      if (record.ok()) {
        each(record->transaction);
        if (record->from_dtm)
          survey->last_dtm_write =
              std::max(survey->last_dtm_write, TimeOf(row[2].value_or(""), zone));
        continue;
      }
      ++survey->unreadable_count;
      if (survey->unreadable.size() < kShown)
        survey->unreadable.emplace_back(record.status().message());
    }
  }
}

absl::Status ReadNodes(saga::mysql::Connection& session, Survey* survey) {
  const auto rows = session.Query(absl::StrCat(
      "SELECT name, address FROM sagad_node WHERE state < 3 AND lease_until >= ", kDatabaseNow));
  if (!rows.ok()) return rows.status();
  for (const saga::mysql::Row& row : *rows)
    survey->live_nodes.push_back(absl::StrCat(row[0].value_or(""), " at ", row[1].value_or("")));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Survey> TakeSurvey(saga::mysql::Connection& session, const absl::TimeZone& zone,
                                  const std::function<void(const core::GlobalTransaction&)>& each) {
  Survey survey;
  const absl::StatusOr<int> version = SchemaVersion(session);
  if (!version.ok()) return version.status();
  survey.schema_version = *version;
  const auto dtm = session.QueryOne(
      "SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND "
      "TABLE_NAME IN ('trans_global', 'trans_branch_op', 'kv')");
  if (!dtm.ok()) return dtm.status();
  survey.dtm_tables = saga::mysql::NumberIn(*dtm) == 3;
  absl::StatusOr<ServerFacts> server = CheckServer(session, 0);
  if (!server.ok()) return server.status();
  survey.server = *std::move(server);
  survey.server.form.zone = zone;
  absl::Status status = absl::OkStatus();
  if (survey.dtm_tables) status = Count(session, &survey);
  if (status.ok() && survey.dtm_tables) status = ReadOpen(session, zone, each, &survey);
  if (status.ok() && survey.schema_version > 0) status = ReadNodes(session, &survey);
  if (!status.ok()) return status;
  return survey;
}

}  // namespace saga::adapter::mysql
