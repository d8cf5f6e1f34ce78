#include "orchestrator/api/dtm_grpc.h"

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <grpcpp/grpcpp.h>

#include "absl/base/thread_annotations.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "dtmgimp/dtm.grpc.pb.h"
#include "orchestrator/api/codec.h"
#include "orchestrator/api/dtm_calls.h"
#include "orchestrator/api/dtm_grpc_messages.h"
#include "orchestrator/base/check.h"
#include "orchestrator/base/utf8.h"
#include "orchestrator/core/limits.h"

namespace saga::api {

namespace {

// What of a text fits into an answer's trailers. Clients refuse an answer with larger ones, and
// then do not even learn its code.
std::string FitTrailers(std::string text) {
  size_t encoded = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool plain = absl::ascii_isprint(static_cast<unsigned char>(text[i])) && text[i] != '%';
    encoded += plain ? 1 : 3;
    if (encoded <= core::kGrpcTextSize) continue;
    base::CutTo(text, i);
    break;
  }
  return text;
}

grpc::Status ToGrpc(WireAnswer answer) {
  using Kind = WireAnswer::Kind;
  answer.text = FitTrailers(std::move(answer.text));
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

// Messages are parsed here and not by gRPC, which would answer garbage with "unimplemented" and
// give no message of our own to move the texts and payloads out of. False: the bytes are no such
// message.
template <typename Message>
bool Parse(const grpc::ByteBuffer& bytes, Message* message) {
  grpc::ByteBuffer own(bytes);
  return grpc::SerializationTraits<Message>::Deserialize(&own, message).ok();
}

template <typename Message>
WireAnswer NotA(const Message& message) {
  return {WireAnswer::Kind::kBadRequest, absl::StrCat("the bytes of the request are not a ",
                                                      message.GetDescriptor()->full_name())};
}

grpc::ByteBuffer ToBytes(const google::protobuf::MessageLite& message) {
  const grpc::Slice slice(message.SerializeAsString());
  return grpc::ByteBuffer(&slice, 1);
}

// The reply of most calls: google.protobuf.Empty, which is no bytes at all.
grpc::ByteBuffer EmptyReply() {
  const grpc::Slice nothing;
  return grpc::ByteBuffer(&nothing, 1);
}

// One call, and who is told how it was answered. Small and copied.
class Watch {
 public:
  // `options` outlives this; `rpc` is a literal.
  Watch(const DtmGrpcOptions& options, std::string_view rpc)
      : options_(&options), rpc_(rpc), began_(std::chrono::steady_clock::now()) {}

  void Tell(const grpc::Status& status) const {
    if (!options_->on_answer) return;
    const auto took = std::chrono::duration_cast<std::chrono::microseconds>(
        std::chrono::steady_clock::now() - began_);
    options_->on_answer(rpc_, status.ok(), base::Micros(took.count()));
  }

 private:
  const DtmGrpcOptions* options_;
  std::string_view rpc_;
  std::chrono::steady_clock::time_point began_;
};

// A call whose answer may take as long as the transaction does. It ends at whichever comes first:
// the engine's answer or the client's going away; the later of the two finds it finished.
class WaitingCall : public grpc::ServerUnaryReactor {
 public:
  // Shared by the call and by the callback that the engine holds, which may outlive the call.
  class Handle {
   public:
    Handle(WaitingCall* call, const Watch& watch) : watch_(watch), call_(call) {}

    void Finish(grpc::Status status) {
      WaitingCall* call = nullptr;
      {
        absl::MutexLock lock(&mutex_);
        call = std::exchange(call_, nullptr);
      }
      if (call == nullptr) return;
      watch_.Tell(status);
      call->grpc::ServerUnaryReactor::Finish(std::move(status));
    }

   private:
    const Watch watch_;
    absl::Mutex mutex_;
    WaitingCall* call_ ABSL_GUARDED_BY(mutex_);  // null once finished
  };

  explicit WaitingCall(const Watch& watch) : handle_(std::make_shared<Handle>(this, watch)) {}

  std::shared_ptr<Handle> handle() const { return handle_; }

 private:
  void OnCancel() override { handle_->Finish(grpc::Status::CANCELLED); }
  void OnDone() override { delete this; }

  const std::shared_ptr<Handle> handle_;
};

// `start` gives the call's answer to the Done it is handed, at once or later.
template <typename Start>
grpc::ServerUnaryReactor* Run(grpc::CallbackServerContext* context, const Watch& watch, bool waits,
                              Start start) {
  if (waits) {
    auto* call = new WaitingCall(watch);
    start([handle = call->handle()](WireAnswer answer) {
      handle->Finish(ToGrpc(std::move(answer)));
    });
    return call;
  }
  // The context's own reactor costs no allocation, and stays until it is finished whatever the
  // client does; an answer that only waits for the store always comes soon.
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  start([reactor, watch](WireAnswer answer) {
    grpc::Status status = ToGrpc(std::move(answer));
    watch.Tell(status);
    reactor->Finish(std::move(status));
  });
  return reactor;
}

using CallbackNewGid = dtmgimp::Dtm::WithCallbackMethod_NewGid<dtmgimp::Dtm::Service>;
using RawSubmit = dtmgimp::Dtm::WithRawCallbackMethod_Submit<CallbackNewGid>;
using RawPrepare = dtmgimp::Dtm::WithRawCallbackMethod_Prepare<RawSubmit>;
using RawAbort = dtmgimp::Dtm::WithRawCallbackMethod_Abort<RawPrepare>;
using RawRegister = dtmgimp::Dtm::WithRawCallbackMethod_RegisterBranch<RawAbort>;
using RawWorkflow = dtmgimp::Dtm::WithRawCallbackMethod_PrepareWorkflow<RawRegister>;
using RawSubscribe = dtmgimp::Dtm::WithRawCallbackMethod_Subscribe<RawWorkflow>;
using RawUnsubscribe = dtmgimp::Dtm::WithRawCallbackMethod_Unsubscribe<RawSubscribe>;
using RawDtm = dtmgimp::Dtm::WithRawCallbackMethod_DeleteTopic<RawUnsubscribe>;

}  // namespace

class DtmGrpcService::Impl : public RawDtm {
 public:
  Impl(engine::Engine& engine, GidSource& gids, TopicCalls& topics, DtmGrpcOptions options)
      : calls_(engine, &topics.topics(), options.limits),
        topics_(topics),
        gids_(gids),
        options_(std::move(options)) {}

  grpc::ServerUnaryReactor* NewGid(grpc::CallbackServerContext* context,
                                   const google::protobuf::Empty*,
                                   dtmgimp::DtmGidReply* reply) override {
    const Watch watch(options_, "NewGid");
    reply->set_gid(gids_.Next());
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    watch.Tell(grpc::Status::OK);
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }

  grpc::ServerUnaryReactor* Prepare(grpc::CallbackServerContext* context,
                                    const grpc::ByteBuffer* bytes,
                                    grpc::ByteBuffer* reply) override {
    const Watch watch(options_, "Prepare");
    *reply = EmptyReply();
    dtmgimp::DtmRequest from;
    const bool parsed = Parse(*bytes, &from);
    return Run(context, watch, /*waits=*/false, [&](DtmCalls::Done done) {
      if (!parsed) return done(NotA(from));
      auto request = TakeRequest(from, options_.limits.steps);
      if (!request.ok()) return done(ToWire(request.status()));
      calls_.Prepare(*std::move(request), std::move(done));
    });
  }

  grpc::ServerUnaryReactor* Submit(grpc::CallbackServerContext* context,
                                   const grpc::ByteBuffer* bytes,
                                   grpc::ByteBuffer* reply) override {
    const Watch watch(options_, "Submit");
    *reply = EmptyReply();
    dtmgimp::DtmRequest from;
    const bool parsed = Parse(*bytes, &from);
    return Run(context, watch, from.transoptions().waitresult(), [&](DtmCalls::Done done) {
      if (!parsed) return done(NotA(from));
      auto request = TakeRequest(from, options_.limits.steps);
      if (!request.ok()) return done(ToWire(request.status()));
      calls_.Submit(*std::move(request), std::move(done));
    });
  }

  grpc::ServerUnaryReactor* Abort(grpc::CallbackServerContext* context,
                                  const grpc::ByteBuffer* bytes, grpc::ByteBuffer* reply) override {
    const Watch watch(options_, "Abort");
    *reply = EmptyReply();
    dtmgimp::DtmRequest from;
    const bool parsed = Parse(*bytes, &from);
    // Whether it waits is for the stored transaction to say.
    return Run(context, watch, /*waits=*/true, [&](DtmCalls::Done done) {
      if (!parsed) return done(NotA(from));
      calls_.Abort(TakeAbort(from), std::move(done));
    });
  }

  grpc::ServerUnaryReactor* RegisterBranch(grpc::CallbackServerContext* context,
                                           const grpc::ByteBuffer* bytes,
                                           grpc::ByteBuffer* reply) override {
    const Watch watch(options_, "RegisterBranch");
    *reply = EmptyReply();
    dtmgimp::DtmBranchRequest from;
    const bool parsed = Parse(*bytes, &from);
    return Run(context, watch, /*waits=*/false, [&](DtmCalls::Done done) {
      if (!parsed) return done(NotA(from));
      calls_.RegisterBranch(TakeRegistration(from), std::move(done));
    });
  }

  grpc::ServerUnaryReactor* PrepareWorkflow(grpc::CallbackServerContext* context,
                                            const grpc::ByteBuffer* bytes,
                                            grpc::ByteBuffer* reply) override {
    dtmgimp::DtmRequest from;
    const bool parsed = Parse(*bytes, &from);
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    // The default reactor stays until it is finished, and the reply with it.
    DtmCalls::Progress done = [reactor, reply, watch = Watch(options_, "PrepareWorkflow")](
                                  WireAnswer answer, core::GlobalTransaction told) {
      const bool good = answer.kind == WireAnswer::Kind::kSuccess;
      *reply = good ? ToBytes(ToProgress(told)) : EmptyReply();
      grpc::Status status = ToGrpc(std::move(answer));
      watch.Tell(status);
      reactor->Finish(std::move(status));
    };
    auto request = parsed ? TakeRequest(from, options_.limits.steps)
                          : absl::InvalidArgumentError(NotA(from).text);
    if (request.ok()) {
      calls_.PrepareWorkflow(*std::move(request), std::move(done));
    } else {
      done(ToWire(request.status()), {});
    }
    return reactor;
  }

  grpc::ServerUnaryReactor* Subscribe(grpc::CallbackServerContext* context,
                                      const grpc::ByteBuffer* bytes,
                                      grpc::ByteBuffer* reply) override {
    return ChangeTopic(context, "Subscribe", *bytes, reply,
                       [this](const dtmgimp::DtmTopicRequest& from, TopicCalls::Done done) {
                         topics_.Subscribe(from.topic(), from.url(), from.remark(),
                                           std::move(done));
                       });
  }

  grpc::ServerUnaryReactor* Unsubscribe(grpc::CallbackServerContext* context,
                                        const grpc::ByteBuffer* bytes,
                                        grpc::ByteBuffer* reply) override {
    return ChangeTopic(context, "Unsubscribe", *bytes, reply,
                       [this](const dtmgimp::DtmTopicRequest& from, TopicCalls::Done done) {
                         topics_.Unsubscribe(from.topic(), from.url(), std::move(done));
                       });
  }

  grpc::ServerUnaryReactor* DeleteTopic(grpc::CallbackServerContext* context,
                                        const grpc::ByteBuffer* bytes,
                                        grpc::ByteBuffer* reply) override {
    return ChangeTopic(context, "DeleteTopic", *bytes, reply,
                       [this](const dtmgimp::DtmTopicRequest& from, TopicCalls::Done done) {
                         topics_.Delete(from.topic(), std::move(done));
                       });
  }

 private:
  template <typename Change>
  grpc::ServerUnaryReactor* ChangeTopic(grpc::CallbackServerContext* context, std::string_view rpc,
                                        const grpc::ByteBuffer& bytes, grpc::ByteBuffer* reply,
                                        Change change) {
    const Watch watch(options_, rpc);
    *reply = EmptyReply();
    dtmgimp::DtmTopicRequest from;
    const bool parsed = Parse(bytes, &from);
    return Run(context, watch, /*waits=*/false, [&](TopicCalls::Done done) {
      if (!parsed) return done(NotA(from));
      change(from, std::move(done));
    });
  }

  DtmCalls calls_;
  TopicCalls& topics_;
  GidSource& gids_;
  const DtmGrpcOptions options_;
};

DtmGrpcService::DtmGrpcService(engine::Engine& engine, GidSource& gids, TopicCalls& topics,
                               DtmGrpcOptions options)
    : impl_(std::make_unique<Impl>(engine, gids, topics, std::move(options))) {}

DtmGrpcService::~DtmGrpcService() = default;

grpc::Service* DtmGrpcService::service() { return impl_.get(); }

}  // namespace saga::api
