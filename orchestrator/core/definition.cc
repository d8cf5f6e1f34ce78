#include "orchestrator/core/definition.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "orchestrator/base/check.h"
#include "orchestrator/core/limits.h"
#include "orchestrator/core/target.h"

namespace saga::core {

namespace {

bool IsName(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '_';
  });
}

bool IsHeaderName(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isalnum(c) || c == '-' || c == '_' || c == '.';
  });
}

size_t DepthOf(const PayloadValue& value) {
  size_t deepest = 0;
  for (const PayloadValue& item : value.items) deepest = std::max(deepest, DepthOf(item));
  return deepest + 1;
}

// The first step of each name.
std::map<std::string_view, size_t> IndexByName(const SagaDefinition& definition) {
  std::map<std::string_view, size_t> index;
  for (size_t step = 0; step < definition.steps.size(); ++step)
    index.emplace(definition.steps[step].name, step);
  return index;
}

// One pass over a definition, collecting what is wrong.
class Validation {
 public:
  explicit Validation(const SagaDefinition& definition)
      : definition_(definition), index_(IndexByName(definition)) {}

  std::vector<DefinitionProblem> Run() {
    CheckHead();
    CheckKey();
    CheckOptions();
    if (definition_.steps.empty()) Add("steps", "at least one step is needed");
    if (definition_.steps.size() > kMaxSteps) {
      Add("steps",
          absl::StrCat(definition_.steps.size(), " steps; at most ", kMaxSteps, " are allowed"));
      return std::move(problems_);
    }
    for (size_t step = 0; step < definition_.steps.size(); ++step) CheckStep(step);
    CheckCycles();
    return std::move(problems_);
  }

 private:
  void Add(std::string path, std::string text) {
    problems_.push_back({std::move(path), std::move(text)});
  }

  void CheckName(std::string path, const std::string& name) {
    if (!IsName(name)) {
      Add(std::move(path),
          absl::StrCat("'", name, "' is no name; lower-case letters, digits and _ are allowed"));
    } else if (name.size() > kMaxDefinitionNameLength) {
      Add(std::move(path), absl::StrCat("longer than ", kMaxDefinitionNameLength, " characters"));
    }
  }

  void CheckHead() {
    CheckName("name", definition_.name);
    if (definition_.version == 0) Add("version", "a whole number from 1 on is needed");
    if (definition_.concurrent && definition_.mode == Mode::kTcc) {
      Add("concurrent", "a tcc calls its steps one after the other; leave it out");
    }
    const bool needs_protos = std::any_of(
        definition_.steps.begin(), definition_.steps.end(), [&](const StepDefinition& step) {
          return !step.message.empty() &&
                 TransportOf(definition_.protocol, step.action) == Transport::kGrpc;
        });
    if (needs_protos && definition_.protos.empty()) {
      Add("protos", "steps name a message, so the .proto files that describe it are needed");
    }
  }

  void CheckKey() {
    if (!definition_.key.has_value()) return;
    if (definition_.key->fields.empty())
      Add("key.fields", "at least one place in the input is needed");
    if (definition_.key->prefix.size() >= kMaxGidLength) {
      Add("key.prefix", absl::StrCat("a gid has at most ", kMaxGidLength,
                                     " bytes; nothing is left for the fields"));
    }
  }

  void CheckNumber(std::string path, int64_t value, int64_t most) {
    if (value < 0 || value > most)
      Add(std::move(path), absl::StrCat(value, " is not between 0 and ", most));
  }

  void CheckOptions() {
    const Options& options = definition_.options;
    CheckNumber("options.timeout_to_fail_s", options.timeout_to_fail_s, kMaxOptionSeconds);
    CheckNumber("options.retry_interval_s", options.retry_interval_s, kMaxOptionSeconds);
    CheckNumber("options.request_timeout_s", options.request_timeout_s, kMaxOptionSeconds);
    CheckNumber("options.retry_limit", options.retry_limit, kMaxRetryLimit);
    if (options.retry_limit > 0 && definition_.mode != Mode::kSaga) {
      Add("options.retry_limit", "only a saga gives up after a number of repeats; leave it out");
    }
    if (options.timeout_to_fail_s > 0 && options.request_timeout_s >= options.timeout_to_fail_s) {
      Add("options.request_timeout_s",
          "one call may not take as long as timeout_to_fail_s allows for everything");
    }
    CheckNumber("options.attempt_limit", options.attempt_limit, kMaxRetryLimit);
    if (options.retry_interval_s <= kMaxOptionSeconds)
      CheckInterval("options.retry_interval_s", base::Seconds(options.retry_interval_s));
    CheckHeaders(options);
  }

  // What stands in the file must be in order: one call, then the pause before its repeat, then the
  // time for everything (business.md pain 31).
  void CheckInterval(const std::string& path, base::Duration interval) {
    const Options& options = definition_.options;
    if (interval.micros <= 0) return;
    if (options.request_timeout_s > 0 && interval <= base::Seconds(options.request_timeout_s)) {
      Add(path, absl::StrCat("must be longer than options.request_timeout_s (",
                             options.request_timeout_s, "), which one call may take"));
    } else if (options.timeout_to_fail_s > 0 &&
               interval >= base::Seconds(options.timeout_to_fail_s)) {
      Add(path, absl::StrCat("must be shorter than options.timeout_to_fail_s (",
                             options.timeout_to_fail_s, "), or nothing is ever repeated"));
    }
  }

  void CheckRetry(const std::string& path, const RetryPolicy& retry) {
    if (retry.factor != 0 && !(retry.factor >= 1 && retry.factor <= kMaxRetryFactor)) {
      Add(path + ".factor", absl::StrCat(retry.factor, " is not between 1 and ", kMaxRetryFactor));
    }
    if (!(retry.jitter >= 0 && retry.jitter <= 1))
      Add(path + ".jitter", absl::StrCat(retry.jitter, " is not between 0 and 1"));
    CheckNumber(path + ".attempt_limit", retry.attempt_limit, kMaxRetryLimit);
    CheckDuration(path + ".interval", retry.interval);
    CheckDuration(path + ".cap", retry.cap);
    CheckInterval(path + ".interval", retry.interval);
    if (retry.cap.micros > 0 && retry.cap < retry.interval)
      Add(path + ".cap", "must not be shorter than the interval that it bounds");
  }

  void CheckDuration(std::string path, base::Duration value) {
    if (value.micros < 0 || value > base::Seconds(kMaxOptionSeconds)) {
      Add(std::move(path), absl::StrCat("not between 0s and ", kMaxOptionSeconds, "s"));
    }
  }

  void CheckHeaders(const Options& options) {
    size_t bytes = 0;
    for (const auto& [name, value] : options.branch_headers) {
      bytes += name.size() + value.size();
      const std::string path = absl::StrCat("options.branch_headers.", name);
      if (!IsHeaderName(name))
        Add(path, "not a header name; letters, digits, '-', '_' and '.' are allowed");
      if (std::any_of(value.begin(), value.end(), [](char c) { return c < ' ' || c > '~'; })) {
        Add(path, "only printable ASCII is allowed in a header's value");
      }
    }
    if (options.branch_headers.size() > kMaxBranchHeaders) {
      Add("options.branch_headers", absl::StrCat("more than ", kMaxBranchHeaders, " headers"));
    }
    if (bytes > kMaxHeaderBytes)
      Add("options.branch_headers", absl::StrCat("more than ", kMaxHeaderBytes, " bytes"));
  }

  void CheckTarget(std::string path, const std::string& target) {
    if (target.empty()) return Add(std::move(path), "a target is needed");
    if (target.size() > kMaxTargetLength) {
      return Add(std::move(path), absl::StrCat("longer than ", kMaxTargetLength, " bytes"));
    }
    if (NamesParticipant(target)) {
      ParticipantTarget split = SplitParticipantTarget(target);
      if (!split.error.empty()) Add(std::move(path), std::move(split.error));
      return;
    }
    const bool names_http = absl::StartsWithIgnoreCase(target, "http://") ||
                            absl::StartsWithIgnoreCase(target, "https://");
    if (names_http) {
      if (DestinationOf(target).empty())
        Add(std::move(path), absl::StrCat("'", target, "' names no host"));
    } else if (definition_.protocol == Protocol::kHttp) {
      Add(std::move(path),
          absl::StrCat("'", target, "' is no HTTP target; http://host:port/path is expected"));
    } else if (GrpcTarget split = SplitGrpcTarget(target); !split.error.empty()) {
      Add(std::move(path), std::move(split.error));
    }
  }

  void CheckStep(size_t index) {
    const StepDefinition& step = definition_.steps[index];
    const std::string path = absl::StrCat("steps[", index, "]");
    CheckName(path + ".name", step.name);
    if (const size_t first = index_.at(step.name); first != index) {
      Add(path + ".name",
          absl::StrCat("'", step.name, "' is the name of steps[", first, "] already"));
    }
    CheckTarget(absl::StrCat(path, ".", FirstTargetName(definition_.mode)), step.action);
    CheckUndo(path, step);
    CheckAfter(path, step);
    CheckPayload(path, step);
    CheckRetry(path + ".retry", step.retry);
  }

  void CheckUndo(const std::string& path, const StepDefinition& step) {
    const bool tcc = definition_.mode == Mode::kTcc;
    if (tcc) {
      CheckTarget(path + ".confirm", step.confirm);
      CheckTarget(path + ".cancel", step.cancel);
    } else {
      if (!step.confirm.empty()) Add(path + ".confirm", "only a tcc confirms; leave it out");
      if (!step.cancel.empty()) Add(path + ".cancel", "only a tcc cancels; leave it out");
    }
    if (definition_.mode == Mode::kSaga) {
      if (!step.compensate.has_value()) {
        Add(path + ".compensate", "missing; say `compensate: none` when there is nothing to undo");
      } else if (!step.compensate->empty()) {
        CheckTarget(path + ".compensate", *step.compensate);
      }
    } else if (step.compensate.has_value()) {
      Add(path + ".compensate", "only a saga compensates; leave it out");
    }
  }

  void CheckAfter(const std::string& path, const StepDefinition& step) {
    if (step.after.empty()) return;
    if (definition_.mode != Mode::kSaga)
      return Add(path + ".after", "only a saga has an order graph; leave it out");
    if (!definition_.concurrent) {
      return Add(path + ".after",
                 "steps run in sequence as they stand; `after` needs `concurrent: true`");
    }
    for (size_t i = 0; i < step.after.size(); ++i) {
      const std::string place = absl::StrCat(path, ".after[", i, "]");
      if (step.after[i] == step.name) {
        Add(place, "a step cannot wait for itself");
      } else if (!Find(step.after[i]).has_value()) {
        Add(place,
            absl::StrCat("there is no step '", step.after[i], "'; steps are: ", StepNames()));
      }
    }
  }

  void CheckPayload(const std::string& path, const StepDefinition& step) {
    const Transport transport = TransportOf(definition_.protocol, step.action);
    for (const std::string* other : Others(step)) {
      if (TransportOf(definition_.protocol, *other) == transport) continue;
      Add(path,
          "gRPC and HTTP targets in one step; they share a payload, so all have to be one or the "
          "other");
      break;
    }
    switch (transport) {
      case Transport::kGrpc:
        if (step.payload.has_value() && step.message.empty()) {
          Add(path + ".message", "missing; a gRPC payload needs the full name of its message");
        }
        break;
      case Transport::kHttp:
        if (!step.message.empty())
          Add(path + ".message", "the targets are HTTP, which has no messages; leave it out");
        break;
    }
    if (step.payload.has_value() && DepthOf(*step.payload) > kMaxJsonDepth) {
      Add(path + ".payload", absl::StrCat("nested deeper than ", kMaxJsonDepth));
    }
  }

  // Kahn's order: what cannot be taken away stands in a cycle or behind one.
  void CheckCycles() {
    const size_t count = definition_.steps.size();
    std::vector<bool> done(count, false);
    size_t left = count;
    for (bool moved = true; moved;) {
      moved = false;
      for (size_t step = 0; step < count; ++step) {
        if (done[step] || !Ready(step, done)) continue;
        done[step] = true;
        --left;
        moved = true;
      }
    }
    if (left == 0) return;
    std::vector<std::string> names;
    for (size_t step = 0; step < count; ++step) {
      if (!done[step]) names.push_back(definition_.steps[step].name);
    }
    Add("steps", absl::StrCat("`after` goes round in a circle: ", absl::StrJoin(names, ", "),
                              " can never start"));
  }

  bool Ready(size_t step, const std::vector<bool>& done) const {
    const auto& after = definition_.steps[step].after;
    return std::all_of(after.begin(), after.end(), [&](const std::string& name) {
      const std::optional<size_t> other = Find(name);
      return !other.has_value() || *other == step || done[*other];
    });
  }

  static std::vector<const std::string*> Others(const StepDefinition& step) {
    std::vector<const std::string*> others;
    if (step.compensate.has_value()) others.push_back(&*step.compensate);
    others.push_back(&step.confirm);
    others.push_back(&step.cancel);
    std::erase_if(others, [](const std::string* target) { return target->empty(); });
    return others;
  }

  std::optional<size_t> Find(std::string_view name) const {
    const auto found = index_.find(name);
    return found == index_.end() ? std::nullopt : std::optional<size_t>(found->second);
  }

  std::string StepNames() const {
    return absl::StrJoin(definition_.steps, ", ", [](std::string* out, const StepDefinition& step) {
      out->append(step.name);
    });
  }

  const SagaDefinition& definition_;
  const std::map<std::string_view, size_t> index_;
  std::vector<DefinitionProblem> problems_;
};

Branch MakeRow(size_t step, Op op, const std::string& target, const base::Bytes& payload,
               const RetryPolicy& retry) {
  Branch row;
  row.branch_id = StepBranchId(step);
  row.op = op;
  row.target = target;
  row.payload = payload;
  row.retry = retry;
  return row;
}

std::vector<std::vector<uint32_t>> Predecessors(const SagaDefinition& definition) {
  const auto& steps = definition.steps;
  const bool ordered = std::any_of(steps.begin(), steps.end(),
                                   [](const StepDefinition& step) { return !step.after.empty(); });
  if (!ordered) return {};
  const std::map<std::string_view, size_t> index = IndexByName(definition);
  std::vector<std::vector<uint32_t>> predecessors(steps.size());
  for (size_t step = 0; step < steps.size(); ++step) {
    std::vector<uint32_t>& waits_for = predecessors[step];
    for (const std::string& name : steps[step].after)
      waits_for.push_back(static_cast<uint32_t>(index.at(name)));
    std::sort(waits_for.begin(), waits_for.end());
    waits_for.erase(std::unique(waits_for.begin(), waits_for.end()), waits_for.end());
  }
  return predecessors;
}

}  // namespace

std::vector<DefinitionProblem> Validate(const SagaDefinition& definition) {
  return Validation(definition).Run();
}

std::string FirstTargetName(Mode mode) { return mode == Mode::kTcc ? "try" : "action"; }

std::string StepBranchId(size_t step) { return absl::StrCat(step + 1 < 10 ? "0" : "", step + 1); }

std::string GidFromKey(const KeyDefinition& key, const std::vector<std::string>& values) {
  if (values.size() == 1) return key.prefix + values.front();
  return key.prefix + absl::StrJoin(values, "/", [](std::string* out, const std::string& value) {
           out->append(absl::StrReplaceAll(value, {{"%", "%25"}, {"/", "%2F"}}));
         });
}

GlobalTransaction Instantiate(const SagaDefinition& definition, const std::string& gid,
                              const std::vector<base::Bytes>& payloads) {
  SAGA_CHECK(payloads.size() == definition.steps.size());
  GlobalTransaction draft;
  draft.gid = gid;
  draft.mode = definition.mode;
  draft.protocol = definition.protocol;
  draft.options = definition.options;
  draft.concurrent = definition.concurrent;
  draft.predecessors = Predecessors(definition);
  draft.definition = definition.name;
  draft.definition_version = definition.version;
  if (definition.mode == Mode::kTcc) return draft;
  for (size_t step = 0; step < definition.steps.size(); ++step) {
    const StepDefinition& of = definition.steps[step];
    if (definition.mode == Mode::kSaga) {
      draft.branches.push_back(
          MakeRow(step, Op::kCompensate, of.compensate.value_or(""), payloads[step], of.retry));
    }
    draft.branches.push_back(MakeRow(step, Op::kAction, of.action, payloads[step], of.retry));
  }
  return draft;
}

BranchRegistered TccBranch(const SagaDefinition& definition, size_t step,
                           const base::Bytes& payload) {
  SAGA_CHECK(definition.mode == Mode::kTcc && step < definition.steps.size());
  const StepDefinition& of = definition.steps[step];
  return {.mode = Mode::kTcc,
          .rows = {MakeRow(step, Op::kCancel, of.cancel, payload, of.retry),
                   MakeRow(step, Op::kConfirm, of.confirm, payload, of.retry)}};
}

}  // namespace saga::core
