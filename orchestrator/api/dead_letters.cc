#include "orchestrator/api/dead_letters.h"

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "orchestrator/api/dead_letter_messages.h"
#include "orchestrator/api/dead_letter_select.h"
#include "orchestrator/api/definition_submit.h"
#include "orchestrator/api/pending_call.h"
#include "orchestrator/api/reader_pool.h"
#include "orchestrator/api/text_check.h"
#include "orchestrator/base/json_depth.h"
#include "orchestrator/core/filter.h"
#include "orchestrator/core/step.h"
#include "orchestrator/core/words.h"
#include "orchestrator/engine/replay_item.h"
#include "saga/v1/dead_letter.grpc.pb.h"

namespace saga::api {

namespace {

using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;

absl::Status Silent(const absl::Status& status) {
  return absl::UnavailableError(absl::StrCat("the store does not answer: ", status.message()));
}

std::string NameText(const BranchName& name) {
  return absl::StrCat(std::string(core::WordOf(name.op)), " of branch ", name.branch_id, " of '",
                      name.gid, "'");
}

absl::StatusOr<size_t> ToPageSize(uint32_t limit, size_t standard) {
  if (limit > core::kMaxListPage) {
    return absl::InvalidArgumentError(
        absl::StrCat("limit: at most ", core::kMaxListPage, " is allowed"));
  }
  return limit == 0 ? standard : limit;
}

// What can be said about a payload without knowing the participant: what goes out as JSON must be
// some, and a request has its limit.
absl::Status CheckPayload(const std::string& payload, core::Protocol protocol, size_t most) {
  absl::Status fits =
      CheckLength("payload", payload.size(), most, "limit.payload_bytes", "shorten it");
  if (!fits.ok() || protocol == core::Protocol::kGrpc || payload.empty()) return fits;
  const bool json = base::JsonDepth(payload) <= core::kMaxJsonDepth &&
                    nlohmann::json::accept(payload.begin(), payload.end());
  if (json) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("payload: it is no JSON, and the transaction's protocol is ",
                   std::string(core::WordOf(protocol)), ", whose payloads are"));
}

// What an act that cannot settle this op could be instead (core/dead_letter.cc).
absl::Status CannotResolve(const BranchName& name, const std::string& act) {
  const bool action = name.op == core::Op::kAction;
  const char* instead = action ? "done, and in a saga compensated and failed" : "done and discard";
  return absl::FailedPreconditionError(absl::StrCat(
      "the ", NameText(name), " cannot be settled as '", act, "'; what can be: replay, ", instead));
}

}  // namespace

class DeadLetterService::Impl : public v1::DeadLetters::CallbackService {
 public:
  explicit Impl(const Parts& parts)
      : parts_(parts), pool_(core::kHttpReaders, core::kHttpReaderQueue) {}

  ServerUnaryReactor* ListDeadLetters(CallbackServerContext*,
                                      const v1::ListDeadLettersRequest* request,
                                      v1::ListDeadLettersReply* reply) override {
    return AnswerFromPool(pool_, reply, [this, asked = *request](v1::ListDeadLettersReply& out) {
      return FillList(asked, out);
    });
  }

  ServerUnaryReactor* GetDeadLetter(CallbackServerContext*, const v1::DeadLetterName* request,
                                    v1::DeadLetter* reply) override {
    return AnswerFromPool(
        pool_, reply, [this, asked = *request](v1::DeadLetter& out) { return Fill(asked, out); });
  }

  ServerUnaryReactor* GroupDeadLetters(CallbackServerContext*,
                                       const v1::GroupDeadLettersRequest* request,
                                       v1::GroupDeadLettersReply* reply) override {
    return AnswerFromPool(pool_, reply, [this, filter = request->filter()](auto& out) {
      const absl::StatusOr<core::Filter> parsed = core::ParseFilter(filter);
      if (!parsed.ok()) return parsed.status();
      const auto groups = parts_.dead->GroupDead(*parsed, parts_.clock->Now());
      if (!groups.ok()) return Silent(groups.status());
      for (const port::DeadLetterGroup& group : *groups) *out.add_groups() = ToMessage(group);
      return absl::OkStatus();
    });
  }

  ServerUnaryReactor* SelectDeadLetters(CallbackServerContext*,
                                        const v1::SelectDeadLettersRequest* request,
                                        v1::Job* reply) override {
    return AnswerFromPool(pool_, reply, [this, asked = *request](v1::Job& out) {
      absl::StatusOr<std::vector<port::JobItem>> items = Selected(asked);
      if (!items.ok()) return items.status();
      const auto created = parts_.jobs->Create(asked.filter(), *std::move(items));
      if (created.ok()) out = ToMessage(*created);
      return created.status();
    });
  }

  ServerUnaryReactor* ExecuteJob(CallbackServerContext* context,
                                 const v1::ExecuteJobRequest* request, v1::Job* reply) override {
    if (absl::Status why = CheckReason(request->actor()); !why.ok()) return FinishNow(context, why);
    const absl::StatusOr<port::JobLimits> limits = ToLimits(request->limits());
    if (!limits.ok()) return FinishNow(context, limits.status());
    auto* reactor = new WaitingReactor();
    parts_.jobs->Execute(request->token(), *limits, WhoText(request->actor()),
                         request->actor().reason(),
                         AnswerTo(reactor->call(), reply, "execute job", *request));
    return reactor;
  }

  ServerUnaryReactor* StopJob(CallbackServerContext* context, const v1::StopJobRequest* request,
                              v1::Job* reply) override {
    if (absl::Status why = CheckReason(request->actor()); !why.ok()) return FinishNow(context, why);
    auto* reactor = new WaitingReactor();
    const std::string why =
        absl::StrCat(WhoText(request->actor()), ": ", request->actor().reason());
    parts_.jobs->Stop(request->token(), why,
                      AnswerTo(reactor->call(), reply, "stop job", *request));
    return reactor;
  }

  ServerUnaryReactor* ListJobs(CallbackServerContext*, const v1::ListJobsRequest* request,
                               v1::ListJobsReply* reply) override {
    return AnswerFromPool(pool_, reply, [this, limit = request->limit()](auto& out) {
      const absl::StatusOr<size_t> size = ToPageSize(limit, core::kDefaultListPage);
      if (!size.ok()) return size.status();
      const auto jobs = parts_.jobs->List(*size);
      if (!jobs.ok()) return jobs.status();
      for (const engine::JobView& view : *jobs) *out.add_jobs() = ToMessage(view);
      return absl::OkStatus();
    });
  }

  ServerUnaryReactor* GetJob(CallbackServerContext*, const v1::GetJobRequest* request,
                             v1::Job* reply) override {
    return AnswerFromPool(pool_, reply,
                          [this, asked = *request](v1::Job& out) { return FillJob(asked, out); });
  }

  ServerUnaryReactor* ActOnDeadLetter(CallbackServerContext*,
                                      const v1::ActOnDeadLetterRequest* request,
                                      v1::DeadLetter* reply) override {
    auto* reactor = new WaitingReactor();
    const std::shared_ptr<PendingCall> call = reactor->call();
    // An edit looks at the transaction first, which may wait for the store.
    const bool taken = pool_.Run(
        [this, call, reply, asked = *request]() mutable { Act(std::move(asked), call, reply); });
    if (!taken) {
      call->Finish(absl::ResourceExhaustedError("too many requests wait for the store; try again"),
                   [] {});
    }
    return reactor;
  }

  ServerUnaryReactor* ListParkedMessages(CallbackServerContext*,
                                         const v1::ListParkedMessagesRequest* request,
                                         v1::ListParkedMessagesReply* reply) override {
    return AnswerFromPool(pool_, reply, [this, asked = *request](auto& out) {
      const absl::StatusOr<size_t> size = ToPageSize(asked.limit(), core::kDefaultListPage);
      if (!size.ok()) return size.status();
      const auto parked = parts_.outbox->ListParked(asked.before_id(), *size);
      if (!parked.ok()) return Silent(parked.status());
      for (const port::ParkedMessage& message : *parked) *out.add_messages() = ToMessage(message);
      return absl::OkStatus();
    });
  }

  ServerUnaryReactor* DiscardParkedMessage(CallbackServerContext*,
                                           const v1::DiscardParkedMessageRequest* request,
                                           v1::DiscardParkedMessageReply* reply) override {
    return AnswerFromPool(pool_, reply, [this, asked = *request](auto&) {
      if (absl::Status why = CheckReason(asked.actor()); !why.ok()) return why;
      const absl::Status deleted = parts_.outbox->DeleteParked(asked.id());
      if (absl::IsNotFound(deleted))
        return absl::NotFoundError(absl::StrCat("there is no parked message ", asked.id()));
      if (!deleted.ok()) return Silent(deleted);
      Log(absl::StrCat("discard parked message ", asked.id()), asked.actor());
      return absl::OkStatus();
    });
  }

 private:
  void Log(const std::string& act, const v1::Actor& actor) const {
    if (parts_.log) parts_.log(act, WhoText(actor), actor.reason());
  }

  template <typename Request>
  engine::ReplayJobs::Reply AnswerTo(std::shared_ptr<PendingCall> call, v1::Job* reply,
                                     const char* act, const Request& request) {
    return [this, call = std::move(call), reply, act, token = request.token(),
            actor = request.actor()](absl::StatusOr<engine::JobView> view) {
      if (view.ok()) Log(absl::StrCat(act, " ", token), actor);
      call->Finish(view.status(), [&] { *reply = ToMessage(*view); });
    };
  }

  absl::Status FillList(const v1::ListDeadLettersRequest& asked, v1::ListDeadLettersReply& out) {
    const absl::StatusOr<core::Filter> filter = core::ParseFilter(asked.filter());
    if (!filter.ok()) return filter.status();
    const absl::StatusOr<size_t> size = ToPageSize(asked.limit(), core::kDefaultListPage);
    if (!size.ok()) return size.status();
    uint64_t after = 0;
    if (!asked.position().empty() && !absl::SimpleAtoi(asked.position(), &after)) {
      return absl::InvalidArgumentError(
          "position: only what a page named as next_position is allowed");
    }
    auto page = parts_.dead->ListDead(*filter, parts_.clock->Now(), after, *size + 1);
    if (!page.ok()) return Silent(page.status());
    const bool more = page->size() > *size;
    if (more) page->resize(*size);
    for (const port::DeadLetter& letter : *page)
      *out.add_dead_letters() = ToMessage(letter.transaction, letter.branch, false);
    if (more) out.set_next_position(absl::StrCat(page->back().position));
    return absl::OkStatus();
  }

  absl::Status Fill(const v1::DeadLetterName& asked, v1::DeadLetter& out) {
    const absl::StatusOr<BranchName> name = ToBranchName(asked);
    if (!name.ok()) return name.status();
    const auto stored = parts_.query->Find(name->gid);
    if (absl::IsNotFound(stored.status()))
      return absl::NotFoundError(absl::StrCat("there is no transaction '", name->gid, "'"));
    if (!stored.ok()) return Silent(stored.status());
    const core::GlobalTransaction& transaction = stored->transaction;
    const auto row = core::FindRow(transaction, name->branch_id, name->op);
    if (!row.has_value()) return absl::NotFoundError(absl::StrCat("there is no ", NameText(*name)));
    const core::Branch& branch = transaction.branches[*row];
    if (branch.dead == core::DeadReason::kNone || core::IsFinal(transaction.status)) {
      return absl::FailedPreconditionError(absl::StrCat(
          "the ", NameText(*name), " is no dead letter: ",
          engine::WhyNoDeadLetter(transaction, name->branch_id, name->op, branch.deaths)));
    }
    out = ToMessage(transaction, branch, true);
    return absl::OkStatus();
  }

  absl::StatusOr<std::vector<port::JobItem>> Selected(const v1::SelectDeadLettersRequest& asked) {
    if (asked.max_items() > core::kMaxSelection ||
        static_cast<size_t>(asked.names_size()) > core::kMaxSelection) {
      return absl::InvalidArgumentError(absl::StrCat(
          "max_items, names: at most ", core::kMaxSelection, " dead letters of one selection"));
    }
    const size_t most = asked.max_items() == 0 ? core::kMaxSelection : asked.max_items();
    if (asked.names().empty())
      return SelectByFilter(*parts_.dead, asked.filter(), parts_.clock->Now(), most);
    if (!asked.filter().empty())
      return absl::InvalidArgumentError("filter, names: only one of them can be given");
    std::vector<BranchName> names;
    for (const v1::DeadLetterName& given : asked.names()) {
      absl::StatusOr<BranchName> name = ToBranchName(given);
      if (!name.ok()) return name.status();
      names.push_back(*std::move(name));
    }
    return SelectByName(*parts_.query, names);
  }

  absl::Status FillJob(const v1::GetJobRequest& asked, v1::Job& out) {
    const auto state = ToItemState(asked.item_state());
    if (!state.ok()) return state.status();
    if (asked.item_limit() > core::kMaxListPage) {
      return absl::InvalidArgumentError(
          absl::StrCat("item_limit: at most ", core::kMaxListPage, " is allowed"));
    }
    const auto view = parts_.jobs->Describe(asked.token());
    if (!view.ok()) return view.status();
    out = ToMessage(*view);
    if (asked.item_limit() == 0) return absl::OkStatus();
    const auto items =
        parts_.items->ListItems(asked.token(), asked.item_from(), asked.item_limit(), *state);
    if (!items.ok()) return Silent(items.status());
    for (const port::JobItem& item : *items) *out.add_items() = ToMessage(item);
    return absl::OkStatus();
  }

  void Act(v1::ActOnDeadLetterRequest asked, const std::shared_ptr<PendingCall>& call,
           v1::DeadLetter* reply) {
    absl::StatusOr<BranchName> name = ToBranchName(asked.name());
    absl::StatusOr<core::DeadLetterAct> act = ToAct(asked, name);
    if (!act.ok()) {
      call->Finish(act.status(), [] {});
      return;
    }
    parts_.engine->ActOnDeadLetter(
        name->gid, *std::move(act), engine::WaitFor::kStored,
        [call, reply, name = *name, word = asked.act(),
         death = asked.death()](engine::Answer answer) {
          const absl::Status status = StatusOfAct(answer, name, word, death);
          call->Finish(status, [&] {
            const auto row = core::FindRow(answer.transaction, name.branch_id, name.op);
            if (row.has_value())
              *reply = ToMessage(answer.transaction, answer.transaction.branches[*row], true);
          });
        });
  }

  absl::StatusOr<core::DeadLetterAct> ToAct(const v1::ActOnDeadLetterRequest& asked,
                                            const absl::StatusOr<BranchName>& name) {
    if (!name.ok()) return name.status();
    if (absl::Status why = CheckReason(asked.actor()); !why.ok()) return why;
    const auto kind = ToActKind(asked.act());
    if (!kind.ok()) return kind.status();
    if (asked.death() == 0)
      return absl::InvalidArgumentError("death: say which one is meant, as it was shown");
    core::DeadLetterAct act;
    act.kind = *kind;
    act.branch_id = name->branch_id;
    act.op = name->op;
    act.death = asked.death();
    act.reason = asked.actor().reason();
    act.actor = WhoText(asked.actor());
    if (act.kind != core::DeadLetterAct::Kind::kEdit) {
      if (asked.payload().empty()) return act;
      return absl::InvalidArgumentError("payload: only an edit takes one");
    }
    const auto stored = parts_.query->Find(name->gid);
    if (!stored.ok() && !absl::IsNotFound(stored.status())) return Silent(stored.status());
    if (stored.ok()) {
      absl::Status good =
          CheckPayload(asked.payload(), stored->transaction.protocol, parts_.max_payload);
      if (!good.ok()) return good;
    }
    act.payload = base::MakeBytes(asked.payload());
    return act;
  }

  static absl::Status StatusOfAct(const engine::Answer& answer, const BranchName& name,
                                  const std::string& act, uint32_t death) {
    if (absl::Status given = api::StatusOf(answer); !given.ok()) return given;
    if (answer.verdict == core::Verdict::kAccepted) return absl::OkStatus();
    if (answer.verdict == core::Verdict::kCannotResolve) return CannotResolve(name, act);
    if (answer.transaction.gid.empty())
      return absl::NotFoundError(absl::StrCat("there is no transaction '", name.gid, "'"));
    return absl::FailedPreconditionError(
        absl::StrCat("the ", NameText(name), " is not the dead letter that was meant: ",
                     engine::WhyNoDeadLetter(answer.transaction, name.branch_id, name.op, death),
                     "; look at it again"));
  }

  const Parts parts_;
  ReaderPool pool_;
};

DeadLetterService::DeadLetterService(const Parts& parts) : impl_(std::make_unique<Impl>(parts)) {}

DeadLetterService::~DeadLetterService() = default;

grpc::Service* DeadLetterService::service() { return impl_.get(); }

}  // namespace saga::api
