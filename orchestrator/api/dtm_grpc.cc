#include "orchestrator/api/dtm_grpc.h"

#include <string>
#include <utility>

#include <grpcpp/grpcpp.h>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "dtmgimp/dtm.grpc.pb.h"
#include "orchestrator/api/codec.h"
#include "orchestrator/api/dtm_calls.h"
#include "orchestrator/api/gid.h"
#include "orchestrator/base/check.h"

namespace saga::api {

namespace {

grpc::Status ToGrpc(WireAnswer answer) {
  using Kind = WireAnswer::Kind;
  switch (answer.kind) {
    case Kind::kSuccess:
      return grpc::Status::OK;
    case Kind::kFailure:
      return {grpc::StatusCode::ABORTED, std::move(answer.text)};
    case Kind::kOngoing:
      return {grpc::StatusCode::FAILED_PRECONDITION, std::move(answer.text)};
    case Kind::kError:
      return {grpc::StatusCode::UNKNOWN, std::move(answer.text)};
    case Kind::kBadRequest:
      return {grpc::StatusCode::INTERNAL, std::move(answer.text)};
    case Kind::kOverloaded:
      return {grpc::StatusCode::RESOURCE_EXHAUSTED, std::move(answer.text)};
    case Kind::kUnavailable:
      return {grpc::StatusCode::UNAVAILABLE, std::move(answer.text)};
  }
  SAGA_CHECK(false);
}

core::Options ReadOptions(const dtmgimp::DtmTransOptions& from) {
  core::Options options;
  options.timeout_to_fail_s = from.timeouttofail();
  options.retry_interval_s = from.retryinterval();
  options.request_timeout_s = from.requesttimeout();
  options.retry_limit = from.retrylimit();
  options.branch_headers.insert(from.branchheaders().begin(), from.branchheaders().end());
  return options;
}

// Of an abort only what an abort reads: a client that cannot word its steps can still take its transaction back.
DtmRequest ReadAbort(const dtmgimp::DtmRequest& from) {
  DtmRequest request;
  request.gid = from.gid();
  request.trans_type = from.transtype();
  request.wait_result = from.transoptions().waitresult();
  request.rollback_reason = from.rollbackreason();
  return request;
}

absl::StatusOr<DtmRequest> ReadRequest(const dtmgimp::DtmRequest& from) {
  auto steps = ParseSteps(from.steps());
  if (!steps.ok()) return steps.status();
  DtmRequest request;
  request.gid = from.gid();
  request.trans_type = from.transtype();
  request.steps = *std::move(steps);
  request.payloads.reserve(from.binpayloads_size());
  for (const std::string& payload : from.binpayloads()) request.payloads.push_back(base::MakeBytes(payload));
  request.options = ReadOptions(from.transoptions());
  request.custom_data = from.customeddata();
  request.query_prepared = from.queryprepared();
  request.protocol = core::WordOf(core::Protocol::kGrpc);
  request.wait_result = from.transoptions().waitresult();
  return request;
}

std::string DataOf(const dtmgimp::DtmBranchRequest& request, const char* key) {
  const auto found = request.data().find(key);
  return found == request.data().end() ? std::string() : found->second;
}

DtmRegistration ReadRegistration(const dtmgimp::DtmBranchRequest& from) {
  DtmRegistration registration;
  registration.gid = from.gid();
  registration.trans_type = from.transtype();
  registration.branch_id = from.branchid();
  registration.confirm = DataOf(from, "confirm");
  registration.cancel = DataOf(from, "cancel");
  registration.payload = base::MakeBytes(from.busipayload());
  return registration;
}

// A call whose answer may take as long as the transaction does. It ends at whichever comes first: the engine's answer
// or the client's going away; the later of the two finds it finished.
class WaitingCall : public grpc::ServerUnaryReactor {
 public:
  // Shared by the call and by the callback that the engine holds, which may outlive the call.
  class Handle {
   public:
    explicit Handle(WaitingCall* call) : call_(call) {}

    void Finish(grpc::Status status) {
      WaitingCall* call = nullptr;
      {
        absl::MutexLock lock(&mutex_);
        call = std::exchange(call_, nullptr);
      }
      if (call != nullptr) call->grpc::ServerUnaryReactor::Finish(std::move(status));
    }

   private:
    absl::Mutex mutex_;
    WaitingCall* call_ ABSL_GUARDED_BY(mutex_);  // null once finished
  };

  WaitingCall() : handle_(std::make_shared<Handle>(this)) {}

  std::shared_ptr<Handle> handle() const { return handle_; }

 private:
  void OnCancel() override { handle_->Finish(grpc::Status::CANCELLED); }
  void OnDone() override { delete this; }

  const std::shared_ptr<Handle> handle_;
};

// `start` gives the call's answer to the Done it is handed, at once or later.
template <typename Start>
grpc::ServerUnaryReactor* Run(grpc::CallbackServerContext* context, bool waits, Start start) {
  if (waits) {
    auto* call = new WaitingCall();
    start([handle = call->handle()](WireAnswer answer) { handle->Finish(ToGrpc(std::move(answer))); });
    return call;
  }
  // The context's own reactor costs no allocation, and stays until it is finished whatever the client does; an answer
  // that only waits for the store always comes soon.
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  start([reactor](WireAnswer answer) { reactor->Finish(ToGrpc(std::move(answer))); });
  return reactor;
}

}  // namespace

class DtmGrpcService::Impl : public dtmgimp::Dtm::CallbackService {
 public:
  Impl(engine::Engine& engine, port::Entropy& entropy) : calls_(engine), entropy_(entropy) {}

  grpc::ServerUnaryReactor* NewGid(grpc::CallbackServerContext* context, const google::protobuf::Empty*,
                                   dtmgimp::DtmGidReply* reply) override {
    reply->set_gid(api::NewGid(entropy_));
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }

  grpc::ServerUnaryReactor* Prepare(grpc::CallbackServerContext* context, const dtmgimp::DtmRequest* from,
                                    google::protobuf::Empty*) override {
    return Run(context, /*waits=*/false, [&](DtmCalls::Done done) {
      auto request = ReadRequest(*from);
      if (!request.ok()) return done(ToWire(request.status()));
      calls_.Prepare(*std::move(request), std::move(done));
    });
  }

  grpc::ServerUnaryReactor* Submit(grpc::CallbackServerContext* context, const dtmgimp::DtmRequest* from,
                                   google::protobuf::Empty*) override {
    return Run(context, from->transoptions().waitresult(), [&](DtmCalls::Done done) {
      auto request = ReadRequest(*from);
      if (!request.ok()) return done(ToWire(request.status()));
      calls_.Submit(*std::move(request), std::move(done));
    });
  }

  grpc::ServerUnaryReactor* Abort(grpc::CallbackServerContext* context, const dtmgimp::DtmRequest* from,
                                  google::protobuf::Empty*) override {
    return Run(context, from->transoptions().waitresult(),
               [&](DtmCalls::Done done) { calls_.Abort(ReadAbort(*from), std::move(done)); });
  }

  grpc::ServerUnaryReactor* RegisterBranch(grpc::CallbackServerContext* context,
                                           const dtmgimp::DtmBranchRequest* from, google::protobuf::Empty*) override {
    return Run(context, /*waits=*/false,
               [&](DtmCalls::Done done) { calls_.RegisterBranch(ReadRegistration(*from), std::move(done)); });
  }

 private:
  DtmCalls calls_;
  port::Entropy& entropy_;
};

DtmGrpcService::DtmGrpcService(engine::Engine& engine, port::Entropy& entropy)
    : impl_(std::make_unique<Impl>(engine, entropy)) {}

DtmGrpcService::~DtmGrpcService() = default;

grpc::Service* DtmGrpcService::service() { return impl_.get(); }

}  // namespace saga::api
