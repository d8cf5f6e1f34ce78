#include "tests/e2e/dtm_client.h"

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/impl/codegen/client_unary_call.h>

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "tests/fixture/http_get.h"

namespace saga::e2e {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(30);

}  // namespace

DtmClient::DtmClient(const std::string& address) {
  // A channel of its own: gRPC shares connections between channels that look the same, also after
  // the server died.
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  channel_ = grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
  stub_ = dtmgimp::Dtm::NewStub(channel_);
}

grpc::Status DtmClient::SubmitSaga(const std::string& gid, const Participant& participant,
                                   int steps, bool wait_result) {
  dtmgimp::DtmRequest request;
  request.set_gid(gid);
  request.set_transtype("saga");
  request.mutable_transoptions()->set_waitresult(wait_result);
  nlohmann::json list = nlohmann::json::array();
  for (int i = 0; i < steps; ++i) {
    list.push_back({{"action", participant.Target("Action")},
                    {"compensate", participant.Target("Compensate")}});
    request.add_binpayloads("x");
  }
  request.set_steps(list.dump());
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + kPatience));
  google::protobuf::Empty empty;
  return stub_->Submit(&context, request, &empty);
}

std::string DtmClient::Health() {
  grpc::GenericStub generic(channel_);
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + kPatience));
  const grpc::internal::RpcMethod check("/grpc.health.v1.Health/Check",
                                        grpc::internal::RpcMethod::NORMAL_RPC);
  grpc::ByteBuffer request;  // an empty message asks about the server as a whole
  const grpc::Slice empty("");
  request = grpc::ByteBuffer(&empty, 1);
  grpc::ByteBuffer reply;
  const grpc::Status status = grpc::internal::BlockingUnaryCall<grpc::ByteBuffer, grpc::ByteBuffer>(
      channel_.get(), check, &context, request, &reply);
  if (!status.ok()) return status.error_message();
  grpc::Slice bytes;
  if (!reply.DumpToSingleSlice(&bytes).ok() || bytes.size() != 2) return "no status";
  return bytes.begin()[1] == 1 ? "SERVING" : bytes.begin()[1] == 2 ? "NOT_SERVING" : "other";
}

std::string StatusOf(const std::string& http_address, const std::string& gid) {
  const fixture::HttpAnswer answer =
      fixture::HttpGet(http_address, absl::StrCat("/api/dtmsvr/query?gid=", gid));
  const nlohmann::json json =
      nlohmann::json::parse(answer.body, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || !json.contains("transaction") || !json["transaction"].is_object())
    return "";
  return json["transaction"].value("status", "");
}

}  // namespace saga::e2e
