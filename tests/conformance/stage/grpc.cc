#include "tests/conformance/stage/grpc.h"

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <vector>

#include "absl/time/clock.h"
#include "orchestrator/base/check.h"

namespace saga::conformance {
namespace {

// A channel of its own: gRPC shares connections between channels that look the same, also after the
// server died.
std::shared_ptr<grpc::Channel> Dial(const std::string& address) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
}

std::string Bytes(grpc::ByteBuffer& buffer) {
  if (!buffer.Valid()) return "";
  std::vector<grpc::Slice> slices;
  SAGA_CHECK(buffer.Dump(&slices).ok());
  std::string result;
  for (const grpc::Slice& slice : slices) {
    result.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return result;
}

}  // namespace

void PrintTo(const GrpcAnswer& answer, std::ostream* out) {
  *out << "code " << answer.code << " " << answer.message;
}

GrpcAnswer Grpc(const std::string& address, const std::string& method, const std::string& request,
                absl::Duration timeout) {
  grpc::GenericStub stub(Dial(address));
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + timeout));
  const grpc::Slice slice(request);
  const grpc::ByteBuffer message(&slice, 1);
  grpc::CompletionQueue queue;
  auto call = stub.PrepareUnaryCall(&context, method, message, &queue);
  call->StartCall();
  grpc::ByteBuffer reply;
  grpc::Status status;
  call->Finish(&reply, &status, nullptr);
  void* tag = nullptr;
  bool ok = false;
  SAGA_CHECK(queue.Next(&tag, &ok) && ok);
  return {status.error_code(), status.error_message(), Bytes(reply)};
}

GrpcAnswer Grpc(const std::string& address, const std::string& method,
                const google::protobuf::MessageLite& request, absl::Duration timeout) {
  return Grpc(address, method, request.SerializeAsString(), timeout);
}

}  // namespace saga::conformance
