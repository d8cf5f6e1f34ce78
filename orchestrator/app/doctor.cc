#include "orchestrator/app/doctor.h"

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "orchestrator/adapter/mysql/survey.h"
#include "orchestrator/api/target_form.h"
#include "orchestrator/app/care_commands.h"
#include "orchestrator/app/mysql_settings.h"
#include "orchestrator/mysql/connection.h"

namespace saga::app {

namespace {

using adapter::mysql::Survey;

// DTM looks for due transactions every few seconds and writes to what it finds.
constexpr base::Duration kRecent = base::Seconds(15);

class Report {
 public:
  explicit Report(std::FILE* out) : out_(out) {}

  void Ok(const std::string& text) { Line("ok", text); }
  void Note(const std::string& text) { Line("note", text); }
  void Problem(const std::string& text) {
    Line("problem", text);
    ++problems_;
  }
  int problems() const { return problems_; }

 private:
  void Line(const char* kind, const std::string& text) {
    std::fprintf(out_, "%-8s %s\n", kind, text.c_str());
  }

  std::FILE* const out_;
  int problems_ = 0;
};

// Targets that nobody here could call, by their reason; of open transactions.
using Uncallable = std::map<std::string, uint64_t>;

void LookAtTargets(const core::GlobalTransaction& transaction, Uncallable* uncallable) {
  for (const core::Branch& branch : transaction.branches) {
    if (branch.status != core::BranchStatus::kPrepared) continue;
    const absl::Status form =
        api::CheckTargetForm(branch.branch_id, transaction.protocol, branch.target);
    if (!form.ok())
      ++(*uncallable)[absl::StrCat(branch.target.substr(0, branch.target.find("://")), ": ",
                                   form.message())];
  }
}

void TellOfServer(const Survey& survey, Report* report) {
  report->Ok(absl::StrCat("the database answers: ", survey.server.version,
                          survey.server.galera ? ", a Galera cluster" : ""));
  for (const std::string& warning : survey.server.warnings) report->Note(warning);
}

void TellOfTables(const Survey& survey, Report* report) {
  if (!survey.dtm_tables && survey.schema_version == 0) {
    report->Note("no tables of DTM and none of sagad: a start makes all of them");
  } else if (survey.schema_version == 0) {
    report->Ok(
        "DTM's tables are there; a start adds those of sagad beside them (sagad migrate "
        "--plan shows them)");
  } else {
    report->Ok(absl::StrCat("sagad's tables are there, schema version ", survey.schema_version));
  }
  for (const std::string& node : survey.live_nodes)
    report->Note(absl::StrCat("a live sagad works on it: ", node));
}

void TellOfTransactions(const Survey& survey, const Uncallable& uncallable, Report* report) {
  for (const auto& [kind, count] : survey.counts) report->Ok(absl::StrCat(count, " ", kind));
  report->Ok(
      absl::StrCat(survey.open, " are open and would go on at once; ", survey.topics, " topics"));
  for (const std::string& why : survey.unreadable)
    report->Problem(absl::StrCat(why, ": nobody can go on with it, neither could DTM"));
  if (survey.unreadable_count > survey.unreadable.size()) {
    report->Problem(
        absl::StrCat(survey.unreadable_count - survey.unreadable.size(), " more of that kind"));
  }
  for (const auto& [why, count] : uncallable)
    report->Problem(absl::StrCat(count, " open branches cannot be called: ", why));
}

void TellOfTime(const Survey& survey, Report* report) {
  if (!survey.last_dtm_write.IsSet()) return;
  const base::Time now{absl::ToUnixMicros(absl::Now())};
  if (survey.last_dtm_write > now + kRecent) {
    report->Problem(
        "DTM's times lie in the future: it runs in another time zone, set store.time_zone to that");
  } else if (survey.last_dtm_write > now - kRecent) {
    report->Problem("DTM wrote in the last seconds: stop it before sagad starts on the database");
  } else {
    report->Ok("DTM has not written in the last seconds");
  }
}

}  // namespace

ExitCode Examine(const Config& config, std::FILE* out) {
  const absl::StatusOr<mysql::Options> database = DatabaseSettings(config);
  if (!database.ok()) return Fail(ExitCode::kConfiguration, database.status());
  const absl::StatusOr<absl::TimeZone> zone = adapter::mysql::ZoneOf(config.store_time_zone);
  if (!zone.ok()) return Fail(ExitCode::kConfiguration, zone.status());
  mysql::Connection session;
  if (const absl::Status opened = session.Open(*database); !opened.ok())
    return Fail(ExitCode::kStore, opened);
  Uncallable uncallable;
  const absl::StatusOr<Survey> survey = adapter::mysql::TakeSurvey(
      session, *zone,
      [&](const core::GlobalTransaction& each) { LookAtTargets(each, &uncallable); });
  if (!survey.ok()) return Fail(ExitCode::kStore, survey.status());
  Report report(out);
  TellOfServer(*survey, &report);
  TellOfTables(*survey, &report);
  if (survey->dtm_tables) TellOfTransactions(*survey, uncallable, &report);
  TellOfTime(*survey, &report);
  return report.problems() == 0 ? ExitCode::kStopped : ExitCode::kFindings;
}

}  // namespace saga::app
