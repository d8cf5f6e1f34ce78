#include "orchestrator/api/admin.h"

#include <grpcpp/grpcpp.h>

#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "orchestrator/api/admin_history.h"
#include "orchestrator/api/admin_messages.h"
#include "orchestrator/api/definition_submit.h"
#include "orchestrator/api/definition_tcc.h"
#include "orchestrator/api/pending_call.h"
#include "orchestrator/core/words.h"
#include "saga/v1/admin.grpc.pb.h"

namespace saga::api {

namespace {

using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;

absl::Status NoTransaction(const std::string& gid) {
  return absl::NotFoundError(absl::StrCat("there is no transaction '", gid, "'"));
}

// Whatever a read of the store failed of, the caller can only try again.
absl::Status ReadError(const absl::Status& status, const std::string& gid) {
  if (absl::IsNotFound(status)) return NoTransaction(gid);
  return absl::UnavailableError(absl::StrCat("the store does not answer: ", status.message()));
}

absl::Status Refused(const engine::Answer& answer, const std::string& gid) {
  const std::string status(core::WordOf(answer.transaction.status));
  switch (answer.verdict) {
    case core::Verdict::kAccepted:
    case core::Verdict::kAlready:
      return absl::OkStatus();
    case core::Verdict::kNotFound:
      return NoTransaction(gid);
    case core::Verdict::kCannotAbort:
      return absl::FailedPreconditionError(
          absl::StrCat("'", gid, "' is ", status, " and cannot be aborted any more"));
    case core::Verdict::kCannotStop:
      return absl::FailedPreconditionError(
          absl::StrCat("'", gid, "' is ", status, " already and cannot be stopped any more"));
    case core::Verdict::kNothingToRetry:
      return absl::FailedPreconditionError(
          absl::StrCat("'", gid, "' is ", status, " and waits for no retry"));
    case core::Verdict::kCannotPrepare:
    case core::Verdict::kCannotSubmit:
    case core::Verdict::kCannotRegister:
    case core::Verdict::kBranchConflict:
    case core::Verdict::kTooManyBranches:
    case core::Verdict::kOtherContent:
    case core::Verdict::kCannotEnd:
    case core::Verdict::kNoDeadLetter:
    case core::Verdict::kCannotResolve:
      break;
  }
  return absl::FailedPreconditionError(
      absl::StrCat("'", gid, "' is ", status, ", which does not allow this"));
}

// Of a transaction.
struct Holder {
  uint64_t id = 0;  // 0: nobody, or not known
  std::string name;
};

}  // namespace

class AdminService::Impl : public v1::Admin::CallbackService {
 public:
  explicit Impl(const Parts& parts)
      : parts_(parts),
        start_time_(parts.clock->Now()),
        tcc_(*parts.engine, *parts.caller, parts.settings),
        submitter_(*parts.engine, *parts.query, tcc_) {}

  void StopTries() { tcc_.Stop(); }

  ServerUnaryReactor* List(CallbackServerContext* context, const v1::ListRequest* request,
                           v1::ListReply* reply) override {
    return FinishNow(context, FillList(*request, *reply));
  }

  ServerUnaryReactor* Get(CallbackServerContext*, const v1::GetRequest* request,
                          v1::Transaction* reply) override {
    auto* reactor = new WaitingReactor();
    absl::StatusOr<port::StoredTransaction> stored = parts_.query->Find(request->gid());
    const Holder holder = HolderOf(request->gid());
    if (stored.ok() && core::IsFinal(stored->transaction.status)) {
      AnswerWith({std::move(stored->transaction), base::kNever, {}}, *reactor->call(), reply);
      return reactor;
    }
    // An open one is asked of the engine, which knows about calls that are out.
    parts_.engine->Inspect(request->gid(), [this, call = reactor->call(), reply, holder,
                                            gid = request->gid(), stored = std::move(stored)](
                                               const engine::Snapshot* snapshot) mutable {
      if (snapshot != nullptr) {
        AnswerWith({snapshot->transaction, snapshot->next_wake, snapshot->in_flight}, *call, reply,
                   holder);
      } else if (stored.ok()) {
        AnswerWith({std::move(stored->transaction), stored->next_wake, {}}, *call, reply, holder);
      } else {
        call->Finish(ReadError(stored.status(), gid), [] {});
      }
    });
    return reactor;
  }

  ServerUnaryReactor* History(CallbackServerContext* context, const v1::HistoryRequest* request,
                              v1::HistoryReply* reply) override {
    return FinishNow(context, FillHistory(request->gid(), *reply));
  }

  ServerUnaryReactor* Submit(CallbackServerContext* context, const v1::SubmitRequest* request,
                             v1::SubmitReply* reply) override {
    const port::LoadedDefinition* loaded = parts_.definitions->Find(request->definition());
    if (loaded == nullptr) return FinishNow(context, NoDefinition(request->definition()));
    auto* reactor = new WaitingReactor();
    submitter_.Submit(
        *loaded, {request->gid(), request->input_json(), request->wait(), ToText(request->actor())},
        [this, call = reactor->call(), reply](absl::StatusOr<SubmittedDefinition> submitted) {
          call->Finish(submitted.status(), [&] {
            *reply->mutable_transaction() = Message(std::move(submitted->transaction));
            reply->set_already_known(submitted->already_known);
          });
        });
    return reactor;
  }

  ServerUnaryReactor* Wait(CallbackServerContext*, const v1::WaitRequest* request,
                           v1::Transaction* reply) override {
    auto* reactor = new WaitingReactor();
    const std::shared_ptr<PendingCall> call = reactor->call();
    const std::string gid = request->gid();
    const uint64_t id = parts_.engine->Wait(gid, engine::WaitFor::kEnd, AnswerTo(call, gid, reply));
    // The client's deadline shows up as its going away.
    call->WhenCancelled([this, gid, id] { parts_.engine->CancelWait(gid, id); });
    return reactor;
  }

  ServerUnaryReactor* Abort(CallbackServerContext*, const v1::AbortRequest* request,
                            v1::Transaction* reply) override {
    auto* reactor = new WaitingReactor();
    core::AbortRequested abort;
    abort.actor = ToText(request->actor());
    abort.reason = request->actor().reason().empty() ? absl::StrCat("aborted by ", abort.actor)
                                                     : request->actor().reason();
    abort.by_operator = true;
    parts_.engine->Abort(request->gid(), std::move(abort), engine::WaitFor::kStored,
                         AnswerTo(reactor->call(), request->gid(), reply));
    return reactor;
  }

  ServerUnaryReactor* ForceStop(CallbackServerContext*, const v1::ForceStopRequest* request,
                                v1::Transaction* reply) override {
    auto* reactor = new WaitingReactor();
    core::ForceStopRequested stop;
    stop.actor = ToText(request->actor());
    stop.reason = request->actor().reason().empty() ? absl::StrCat("force-stopped by ", stop.actor)
                                                    : request->actor().reason();
    parts_.engine->ForceStop(request->gid(), std::move(stop),
                             AnswerTo(reactor->call(), request->gid(), reply));
    return reactor;
  }

  ServerUnaryReactor* RetryNow(CallbackServerContext*, const v1::RetryNowRequest* request,
                               v1::Transaction* reply) override {
    auto* reactor = new WaitingReactor();
    parts_.engine->RetryNow(request->gid(), core::RetryRequested{ToText(request->actor())},
                            AnswerTo(reactor->call(), request->gid(), reply));
    return reactor;
  }

  ServerUnaryReactor* Stats(CallbackServerContext* context, const v1::StatsRequest*,
                            v1::StatsReply* reply) override {
    absl::StatusOr<port::StoreCounts> counts = parts_.query->Count();
    if (!counts.ok()) return FinishNow(context, ReadError(counts.status(), ""));
    *reply = ToMessage(parts_.engine->Stats(), *counts);
    reply->set_start_time_us(start_time_.micros);
    reply->set_store_queries(parts_.query->QueryCount());
    return FinishNow(context, absl::OkStatus());
  }

  ServerUnaryReactor* ListDefinitions(CallbackServerContext* context,
                                      const v1::ListDefinitionsRequest*,
                                      v1::ListDefinitionsReply* reply) override {
    for (const auto& [name, loaded] : parts_.definitions->All())
      *reply->add_definitions() = ToMessage(loaded.definition);
    return FinishNow(context, absl::OkStatus());
  }

  ServerUnaryReactor* ListNodes(CallbackServerContext* context, const v1::ListNodesRequest*,
                                v1::ListNodesReply* reply) override {
    const absl::StatusOr<std::vector<port::NodeView>> nodes =
        parts_.nodes == nullptr ? OnlyThis() : parts_.nodes->ListNodes();
    if (!nodes.ok()) return FinishNow(context, ReadError(nodes.status(), ""));
    for (const port::NodeView& node : *nodes) *reply->add_nodes() = ToMessage(node);
    return FinishNow(context, absl::OkStatus());
  }

  ServerUnaryReactor* Version(CallbackServerContext* context, const v1::VersionRequest*,
                              v1::VersionReply* reply) override {
    reply->set_version(parts_.version);
    reply->set_commit(parts_.commit);
    reply->set_store(parts_.store);
    return FinishNow(context, absl::OkStatus());
  }

  ServerUnaryReactor* Config(CallbackServerContext* context, const v1::ConfigRequest*,
                             v1::ConfigReply* reply) override {
    if (parts_.config) Fill(parts_.config(), *reply->mutable_settings());
    if (parts_.kafka_config) Fill(parts_.kafka_config(), *reply->mutable_kafka());
    return FinishNow(context, absl::OkStatus());
  }

 private:
  static void Fill(const std::vector<ConfigLine>& lines,
                   google::protobuf::RepeatedPtrField<v1::Setting>& to) {
    for (const ConfigLine& line : lines) {
      v1::Setting& setting = *to.Add();
      setting.set_key(line.key);
      setting.set_value(line.value);
      setting.set_origin(line.origin);
      setting.set_where(line.where);
    }
  }

  v1::Transaction Message(const View& view) {
    return ToMessage(view, parts_.settings, parts_.clock->Now());
  }

  // From an answer, which does not tell which calls are out.
  v1::Transaction Message(core::GlobalTransaction transaction) {
    const base::Time next_wake = core::NextWake(transaction, parts_.settings);
    return Message(View{std::move(transaction), next_wake, {}});
  }

  // Of an open transaction, as far as the store says.
  Holder HolderOf(const std::string& gid) {
    if (parts_.nodes == nullptr) return {};
    const absl::StatusOr<uint64_t> id = parts_.nodes->HolderOf(gid);
    if (!id.ok() || *id == 0) return {};
    Holder holder{.id = *id};
    const absl::StatusOr<std::vector<port::NodeView>> nodes = parts_.nodes->ListNodes();
    for (const port::NodeView& node : nodes.value_or(std::vector<port::NodeView>())) {
      if (node.id == *id) holder.name = node.name;
    }
    return holder;
  }

  void AnswerWith(const View& view, PendingCall& call, v1::Transaction* reply,
                  const Holder& holder = {}) {
    call.Finish(absl::OkStatus(), [&] {
      *reply = Message(view);
      reply->set_node_id(holder.id);
      reply->set_node(holder.name);
    });
  }

  std::vector<port::NodeView> OnlyThis() const {
    return {{.name = parts_.node_name,
             .address = parts_.node_address,
             .version = parts_.version,
             .since = start_time_,
             .lease_end = base::kNever,
             .held = parts_.engine->Stats().live,
             .self = true}};
  }

  engine::Reply AnswerTo(std::shared_ptr<PendingCall> call, std::string gid,
                         v1::Transaction* reply) {
    return [this, call = std::move(call), gid = std::move(gid), reply](engine::Answer answer) {
      absl::Status status = StatusOf(answer);
      if (status.ok()) status = Refused(answer, gid);
      call->Finish(status, [&] { *reply = Message(std::move(answer.transaction)); });
    };
  }

  absl::Status NoDefinition(const std::string& name) const {
    const std::string names =
        absl::StrJoin(parts_.definitions->All(), ", ",
                      [](std::string* out, const auto& entry) { out->append(entry.first); });
    return absl::NotFoundError(absl::StrCat("there is no definition '", name,
                                            "'; loaded are: ", names.empty() ? "none" : names));
  }

  absl::Status FillList(const v1::ListRequest& request, v1::ListReply& reply) {
    const base::Time now = parts_.clock->Now();
    absl::StatusOr<port::ListFilter> filter = ToFilter(request, now);
    if (!filter.ok()) return filter.status();
    absl::StatusOr<std::vector<port::StoredTransaction>> page = parts_.query->List(*filter);
    if (!page.ok()) return ReadError(page.status(), "");
    const bool more = page->size() == filter->limit;
    if (more) page->pop_back();
    for (const port::StoredTransaction& stored : *page)
      *reply.add_transactions() = ToListMessage(stored, now);
    if (more) reply.set_next_position(absl::StrCat(page->back().id));
    return absl::OkStatus();
  }

  absl::Status FillHistory(const std::string& gid, v1::HistoryReply& reply) {
    absl::StatusOr<port::StoredTransaction> stored = parts_.query->Find(gid);
    if (!stored.ok()) return ReadError(stored.status(), gid);
    absl::StatusOr<std::vector<core::HistoryEntry>> history = parts_.query->History(gid);
    if (!history.ok()) return ReadError(history.status(), gid);
    for (const core::HistoryEntry& entry : WholeHistory(stored->transaction, *std::move(history))) {
      *reply.add_entries() = ToMessage(entry);
    }
    return absl::OkStatus();
  }

  const Parts parts_;
  const base::Time start_time_;
  TccDriver tcc_;
  DefinitionSubmitter submitter_;
};

AdminService::AdminService(const Parts& parts) : impl_(std::make_unique<Impl>(parts)) {}

AdminService::~AdminService() = default;

grpc::Service* AdminService::service() { return impl_.get(); }

void AdminService::Stop() { impl_->StopTries(); }

}  // namespace saga::api
