#pragma once

// Starting a transaction from a saga definition and an input.

#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "orchestrator/api/definition_tcc.h"
#include "orchestrator/core/transaction.h"
#include "orchestrator/engine/engine.h"
#include "orchestrator/port/definition_source.h"
#include "orchestrator/port/transaction_query.h"

namespace saga::api {

struct DefinitionSubmit {
  std::string gid;         // empty: made from the definition's key
  std::string input_json;  // a JSON object; empty: {}
  bool wait = false;       // answer when the transaction has ended or come to rest
  std::string actor;       // who asks, for the history
};

struct SubmittedDefinition {
  core::GlobalTransaction transaction;
  bool already_known = false;  // the gid existed: nothing was started
};

// Thread-safe.
class DefinitionSubmitter {
 public:
  // InvalidArgument: the input does not fit; FailedPrecondition: the gid belongs to another kind of
  // transaction; ResourceExhausted, Unavailable: nothing was started, try again.
  using Done = absl::AnyInvocable<void(absl::StatusOr<SubmittedDefinition>)>;

  // All outlive this.
  DefinitionSubmitter(engine::Engine& engine, port::TransactionQuery& query, TccDriver& tcc)
      : engine_(engine), query_(query), tcc_(tcc) {}

  // However often and from wherever the same gid is submitted, it is one transaction: the later
  // ones learn of the first, also when it has ended. `done` runs exactly once, on any thread.
  // `loaded` outlives the transaction's start.
  void Submit(const port::LoadedDefinition& loaded, DefinitionSubmit submit, Done done);

 private:
  engine::Engine& engine_;
  port::TransactionQuery& query_;
  TccDriver& tcc_;
};

// What custom_data of a transaction born from a definition keeps, as JSON: who submitted it. DTM's
// queries show it.
std::string CustomDataOf(const std::string& submitted_by);
// The other way round; empty when it says nothing about that.
std::string SubmittedBy(const core::GlobalTransaction& transaction);

// An engine's refusal as a status; OkStatus for a verdict.
absl::Status StatusOf(const engine::Answer& answer);

}  // namespace saga::api
