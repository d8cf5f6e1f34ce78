#include "participants/sdk/client.h"

#include <grpcpp/grpcpp.h>

#include <nlohmann/json.hpp>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "dtmgimp/dtm.grpc.pb.h"
#include "participants/sdk/branch_client.h"
#include "participants/sdk/grpc_skin.h"

namespace saga::participants::sdk {
namespace {

constexpr absl::string_view kStatusPrefix = "current status '";
constexpr absl::string_view kNotEnded = "wait result not return success";
constexpr int kMaxBranches = 99;  // two digits (protocol 8.2)
// Of a participant whose change holds its locks meanwhile, and whose caller waits 3 s by default.
constexpr absl::Duration kXaPatience = absl::Seconds(2);

int64_t Seconds(absl::Duration duration) {
  return absl::ToInt64Seconds(absl::Ceil(duration, absl::Seconds(1)));
}

void FillOptions(const GlobalOptions& options, dtmgimp::DtmTransOptions& wire) {
  wire.set_waitresult(options.wait_result);
  wire.set_timeouttofail(Seconds(options.timeout_to_fail));
  wire.set_retryinterval(Seconds(options.retry_interval));
  wire.set_requesttimeout(Seconds(options.request_timeout));
  wire.set_retrylimit(options.retry_limit);
  for (const auto& [name, value] : options.branch_headers)
    (*wire.mutable_branchheaders())[name] = value;
}

// The word between the quotes of "current status 'succeed', cannot sumbmit. FAILURE".
std::string StatusIn(absl::string_view message) {
  absl::ConsumePrefix(&message, kStatusPrefix);
  return std::string(message.substr(0, message.find('\'')));
}

StartResult FromAborted(absl::string_view message) {
  if (absl::StartsWith(message, kStatusPrefix)) {
    return {.kind = StartKind::kAlreadyDecided, .status = StatusIn(message)};
  }
  if (absl::StartsWith(message, kNotEnded)) return {.kind = StartKind::kStarted};
  absl::ConsumeSuffix(&message, " FAILURE");
  return {.kind = StartKind::kFailed, .reason = std::string(message)};
}

StartResult FromStatus(const grpc::Status& answer, bool wait_result) {
  const absl::Status status = FromGrpc(answer);
  switch (answer.error_code()) {
    case grpc::StatusCode::OK:
      return {.kind = wait_result ? StartKind::kSucceeded : StartKind::kStarted};
    case grpc::StatusCode::ABORTED:
      return FromAborted(status.message());
    case grpc::StatusCode::FAILED_PRECONDITION:  // ongoing
      return {.kind = StartKind::kStarted};
    case grpc::StatusCode::INVALID_ARGUMENT:
    case grpc::StatusCode::OUT_OF_RANGE:
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
    case grpc::StatusCode::UNIMPLEMENTED:
    case grpc::StatusCode::PERMISSION_DENIED:
    case grpc::StatusCode::UNAUTHENTICATED:
      return {.kind = StartKind::kRefused, .reason = std::string(status.message())};
    case grpc::StatusCode::CANCELLED:
    case grpc::StatusCode::UNKNOWN:
    case grpc::StatusCode::DEADLINE_EXCEEDED:
    case grpc::StatusCode::NOT_FOUND:
    case grpc::StatusCode::ALREADY_EXISTS:
    case grpc::StatusCode::INTERNAL:
    case grpc::StatusCode::UNAVAILABLE:
    case grpc::StatusCode::DATA_LOSS:
    case grpc::StatusCode::DO_NOT_USE:
      return {.kind = StartKind::kUnknown, .reason = status.ToString()};
  }
  return {.kind = StartKind::kUnknown, .reason = status.ToString()};
}

}  // namespace

std::string GidFor(absl::string_view definition, absl::string_view business_key) {
  return absl::StrCat(definition, "-", business_key);
}

absl::string_view Name(StartKind kind) {
  switch (kind) {
    case StartKind::kStarted:
      return "started";
    case StartKind::kSucceeded:
      return "succeeded";
    case StartKind::kFailed:
      return "failed";
    case StartKind::kAlreadyDecided:
      return "already_decided";
    case StartKind::kRefused:
      return "refused";
    case StartKind::kUnknown:
      return "unknown";
  }
  return "unknown";
}

SagaBuilder& SagaBuilder::Step(std::string action, std::string compensate, std::string payload) {
  steps_.push_back({std::move(action), std::move(compensate), std::move(payload)});
  return *this;
}

SagaBuilder& SagaBuilder::Step(std::string action, std::string compensate,
                               const google::protobuf::MessageLite& payload) {
  return Step(std::move(action), std::move(compensate), payload.SerializeAsString());
}

SagaBuilder& SagaBuilder::Concurrent() {
  concurrent_ = true;
  return *this;
}

SagaBuilder& SagaBuilder::RunAfter(int step, std::vector<int> earlier) {
  orders_[step] = std::move(earlier);
  return *this;
}

SagaBuilder& SagaBuilder::Options(GlobalOptions options) {
  options_ = std::move(options);
  return *this;
}

class Client::Impl {
 public:
  Impl(std::string address, const ClientOptions& options)
      : address_(std::move(address)),
        options_(options),
        stub_(dtmgimp::Dtm::NewStub(
            grpc::CreateChannel(address_, grpc::InsecureChannelCredentials()))) {}

  enum class Call { kSubmit, kPrepare, kAbort };

  StartResult Send(Call call, const dtmgimp::DtmRequest& request) {
    grpc::ClientContext context;
    google::protobuf::Empty empty;
    const bool wait = request.transoptions().waitresult() && call != Call::kPrepare;
    SetDeadline(context, wait ? options_.wait_timeout : options_.timeout);
    switch (call) {
      case Call::kSubmit:
        return FromStatus(stub_->Submit(&context, request, &empty), wait);
      case Call::kPrepare:
        return FromStatus(stub_->Prepare(&context, request, &empty), wait);
      case Call::kAbort:
        return FromStatus(stub_->Abort(&context, request, &empty), wait);
    }
    return {};
  }

  absl::Status Register(const dtmgimp::DtmBranchRequest& request, absl::Duration patience = {}) {
    grpc::ClientContext context;
    google::protobuf::Empty empty;
    // Otherwise a server that has just started again would be away until the channel looks again.
    context.set_wait_for_ready(patience > absl::ZeroDuration());
    SetDeadline(context, patience > absl::ZeroDuration() ? patience : options_.timeout);
    return FromGrpc(stub_->RegisterBranch(&context, request, &empty));
  }

  BranchClient& branches() { return branches_; }
  const std::string& address() const { return address_; }

 private:
  static void SetDeadline(grpc::ClientContext& context, absl::Duration timeout) {
    context.set_deadline(absl::ToChronoTime(absl::Now() + timeout));
  }

  const std::string address_;
  const ClientOptions options_;
  const std::unique_ptr<dtmgimp::Dtm::Stub> stub_;
  BranchClient branches_;
};

Client::Client(std::string address, const ClientOptions& options)
    : impl_(std::make_unique<Impl>(std::move(address), options)) {}

Client::~Client() = default;

StartResult Client::Submit(const SagaBuilder& saga) {
  dtmgimp::DtmRequest request;
  request.set_gid(saga.gid_);
  request.set_transtype("saga");
  FillOptions(saga.options_, *request.mutable_transoptions());
  nlohmann::json steps = nlohmann::json::array();
  for (const SagaBuilder::StepData& step : saga.steps_) {
    steps.push_back({{"action", step.action}, {"compensate", step.compensate}});
    request.add_binpayloads(step.payload);
  }
  request.set_steps(steps.dump());
  if (saga.concurrent_) {
    nlohmann::json custom = {{"concurrent", true}};
    for (const auto& [step, earlier] : saga.orders_)
      custom["orders"][std::to_string(step)] = earlier;
    request.set_customeddata(custom.dump());
  }
  return impl_->Send(Impl::Call::kSubmit, request);
}

namespace {

dtmgimp::DtmRequest RequestOf(Mode mode, const std::string& gid, const GlobalOptions& options) {
  dtmgimp::DtmRequest request;
  request.set_gid(gid);
  request.set_transtype(std::string(WireName(mode)));
  FillOptions(options, *request.mutable_transoptions());
  return request;
}

Outcome TooManyBranches() {
  return Outcome::FailedForGood("a transaction has at most 99 branches");
}

}  // namespace

Tcc::Tcc(Client& client, std::string gid, GlobalOptions options)
    : client_(client), gid_(std::move(gid)), options_(std::move(options)) {}

StartResult Tcc::Prepare() {
  return client_.impl_->Send(Client::Impl::Call::kPrepare, RequestOf(Mode::kTcc, gid_, options_));
}

StartResult Tcc::Submit() {
  return client_.impl_->Send(Client::Impl::Call::kSubmit, RequestOf(Mode::kTcc, gid_, options_));
}

StartResult Tcc::Abort(const std::string& reason) {
  dtmgimp::DtmRequest request = RequestOf(Mode::kTcc, gid_, options_);
  request.set_rollbackreason(reason);
  return client_.impl_->Send(Client::Impl::Call::kAbort, request);
}

Outcome Tcc::Try(const TccBranch& branch) {
  if (branches_ == kMaxBranches) return TooManyBranches();
  const std::string branch_id = absl::StrFormat("%02d", ++branches_);
  dtmgimp::DtmBranchRequest request;
  request.set_gid(gid_);
  request.set_transtype(std::string(WireName(Mode::kTcc)));
  request.set_branchid(branch_id);
  (*request.mutable_data())["confirm"] = branch.confirm;
  (*request.mutable_data())["cancel"] = branch.cancel;
  request.set_busipayload(branch.payload);
  // Before the try, never after: a try that nobody could cancel would freeze its stock for ever.
  const absl::Status registered = client_.impl_->Register(request);
  if (!registered.ok()) return FromGrpcStatus(registered);
  BranchCall call{
      .target = branch.try_target,
      .context = {.gid = gid_, .mode = Mode::kTcc, .branch_id = branch_id, .op = Op::kTry},
      .payload = branch.payload,
      .headers = options_.branch_headers,
      .orchestrator = client_.impl_->address()};
  if (options_.request_timeout > absl::ZeroDuration()) call.timeout = options_.request_timeout;
  return client_.impl_->branches().Call(call);
}

absl::Status Client::RegisterXaBranch(const BranchContext& branch, const std::string& phase2_url) {
  dtmgimp::DtmBranchRequest request;
  request.set_gid(branch.gid);
  request.set_transtype(std::string(WireName(Mode::kXa)));
  request.set_branchid(branch.branch_id);
  (*request.mutable_data())["url"] = phase2_url;
  // A connection that is found broken says nothing about the server. Had the first one arrived, the
  // second is at worst refused, and the transaction aborted.
  const absl::Status registered = impl_->Register(request, kXaPatience);
  return absl::IsUnavailable(registered) ? impl_->Register(request, kXaPatience) : registered;
}

Xa::Xa(Client& client, std::string gid, GlobalOptions options)
    : client_(client), gid_(std::move(gid)), options_(std::move(options)) {}

StartResult Xa::Prepare() {
  return client_.impl_->Send(Client::Impl::Call::kPrepare, RequestOf(Mode::kXa, gid_, options_));
}

StartResult Xa::Submit() {
  return client_.impl_->Send(Client::Impl::Call::kSubmit, RequestOf(Mode::kXa, gid_, options_));
}

StartResult Xa::Abort(const std::string& reason) {
  dtmgimp::DtmRequest request = RequestOf(Mode::kXa, gid_, options_);
  request.set_rollbackreason(reason);
  return client_.impl_->Send(Client::Impl::Call::kAbort, request);
}

Outcome Xa::Call(const std::string& target, const std::string& payload) {
  if (branches_ == kMaxBranches) return TooManyBranches();
  BranchCall call{.target = target,
                  .context = {.gid = gid_,
                              .mode = Mode::kXa,
                              .branch_id = absl::StrFormat("%02d", ++branches_),
                              .op = Op::kAction},
                  .payload = payload,
                  .headers = options_.branch_headers,
                  .orchestrator = client_.impl_->address(),
                  .phase2_url = target};
  if (options_.request_timeout > absl::ZeroDuration()) call.timeout = options_.request_timeout;
  return client_.impl_->branches().Call(call);
}

}  // namespace saga::participants::sdk
