#include "orchestrator/api/definition_submit.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "orchestrator/api/validate.h"
#include "orchestrator/core/words.h"

namespace saga::api {

namespace {

constexpr char kSubmittedBy[] = "submitted_by";

using Done = DefinitionSubmitter::Done;

absl::Status CheckGid(const core::SagaDefinition& definition, const std::string& gid) {
  if (absl::Status status = ValidateGid(gid); !status.ok())
    return absl::InvalidArgumentError(status.message());
  const bool printable =
      std::all_of(gid.begin(), gid.end(), [](char c) { return c >= ' ' && c <= '~'; });
  if (printable || definition.protocol == core::Protocol::kHttp) return absl::OkStatus();
  return absl::InvalidArgumentError(
      "gid has bytes outside printable ASCII, which gRPC participants cannot be sent");
}

// Whether a repeated submit of `definition` may take `existing` for its own. One that came through
// DTM's door names no definition: the business key is the identity, not the way it took.
absl::Status CheckSame(const core::SagaDefinition& definition,
                       const core::GlobalTransaction& existing) {
  const bool same_name = existing.definition.empty() || existing.definition == definition.name;
  if (same_name && existing.mode == definition.mode) return absl::OkStatus();
  const std::string what = existing.definition.empty()
                               ? absl::StrCat("a ", std::string(core::WordOf(existing.mode)))
                               : absl::StrCat("a transaction of '", existing.definition, "'");
  return absl::FailedPreconditionError(
      absl::StrCat("gid '", existing.gid, "' belongs to ", what, " already"));
}

// Answers with a transaction that was there before.
void AnswerKnown(engine::Engine& engine, const core::SagaDefinition& definition, bool wait,
                 core::GlobalTransaction existing, Done done) {
  if (absl::Status same = CheckSame(definition, existing); !same.ok()) return done(same);
  if (!wait || core::IsFinal(existing.status))
    return done(SubmittedDefinition{std::move(existing), true});
  const std::string gid = existing.gid;
  engine.Wait(gid, engine::WaitFor::kRest, [done = std::move(done)](engine::Answer answer) mutable {
    if (absl::Status status = StatusOf(answer); !status.ok()) return done(status);
    done(SubmittedDefinition{std::move(answer.transaction), true});
  });
}

}  // namespace

void DefinitionSubmitter::Submit(const port::LoadedDefinition& loaded, DefinitionSubmit submit,
                                 Done done) {
  const core::SagaDefinition& definition = loaded.definition;
  absl::StatusOr<port::MappedInput> mapped =
      loaded.mapping->Apply(submit.input_json, submit.gid.empty());
  if (!mapped.ok()) return done(mapped.status());
  const std::string gid = submit.gid.empty() ? mapped->gid : submit.gid;
  if (absl::Status status = CheckGid(definition, gid); !status.ok()) return done(status);

  absl::StatusOr<port::StoredTransaction> stored = query_.Find(gid);
  if (stored.ok()) {
    return AnswerKnown(engine_, definition, submit.wait, std::move(stored->transaction),
                       std::move(done));
  }
  if (!absl::IsNotFound(stored.status()))
    return done(absl::UnavailableError(stored.status().message()));

  core::GlobalTransaction draft = core::Instantiate(definition, gid, mapped->payloads);
  draft.custom_data = CustomDataOf(submit.actor);
  const bool wait = submit.wait;
  const auto until = wait ? engine::WaitFor::kRest : engine::WaitFor::kStored;
  auto finish = [this, &definition, wait, done = std::move(done)](bool started,
                                                                  engine::Answer answer) mutable {
    if (absl::Status status = StatusOf(answer); !status.ok()) return done(status);
    if (started) return done(SubmittedDefinition{std::move(answer.transaction), false});
    // Somebody was faster.
    AnswerKnown(engine_, definition, wait, std::move(answer.transaction), std::move(done));
  };
  if (definition.mode == core::Mode::kTcc) {
    tcc_.Start(definition, std::move(draft), std::move(mapped->payloads), until, std::move(finish));
    return;
  }
  engine_.Submit({std::move(draft)}, until,
                 [finish = std::move(finish)](engine::Answer answer) mutable {
                   const bool started = answer.verdict == core::Verdict::kAccepted;
                   finish(started, std::move(answer));
                 });
}

std::string CustomDataOf(const std::string& submitted_by) {
  if (submitted_by.empty()) return "";
  const nlohmann::json json = {{kSubmittedBy, submitted_by}};
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string SubmittedBy(const core::GlobalTransaction& transaction) {
  // A client's own custom_data may say anything, only that of a definition is ours.
  if (transaction.definition.empty()) return "";
  const nlohmann::json json =
      nlohmann::json::parse(transaction.custom_data, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || !json.contains(kSubmittedBy) || !json[kSubmittedBy].is_string())
    return "";
  return json[kSubmittedBy].get<std::string>();
}

absl::Status StatusOf(const engine::Answer& answer) {
  switch (answer.kind) {
    case engine::Answer::Kind::kVerdict:
      return absl::OkStatus();
    case engine::Answer::Kind::kOverloaded:
      return absl::ResourceExhaustedError(
          absl::StrCat("limit ", answer.error, " reached, nothing was done; try again"));
    case engine::Answer::Kind::kStoreFailed:
      return absl::UnavailableError(absl::StrCat("the store failed: ", answer.error));
    case engine::Answer::Kind::kStopping:
      return absl::UnavailableError("the server is stopping; try again when it is back");
  }
  return absl::InternalError("an answer of no kind");
}

}  // namespace saga::api
