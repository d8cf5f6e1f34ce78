#include "tests/integration/grpc_door/raw_call.h"

#include <chrono>
#include <vector>

#include <grpcpp/generic/generic_stub.h>

#include "orchestrator/base/check.h"

namespace saga::integration {

namespace {

grpc::ByteBuffer Pack(const std::string& bytes) {
  grpc::Slice slice(bytes);
  return grpc::ByteBuffer(&slice, 1);
}

std::string Unpack(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  if (!buffer.Valid() || !buffer.Dump(&slices).ok()) return "";
  std::string bytes;
  for (const grpc::Slice& slice : slices)
    bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  return bytes;
}

void SetDeadline(grpc::ClientContext& context) {
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
}

// Waits for the one operation that is out.
bool Next(grpc::CompletionQueue& queue) {
  void* tag = nullptr;
  bool ok = false;
  SAGA_CHECK(queue.Next(&tag, &ok));
  return ok;
}

}  // namespace

grpc::Status RawCall(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
                     const std::string& request, std::string* reply) {
  grpc::GenericStub stub(channel);
  grpc::ClientContext context;
  SetDeadline(context);
  grpc::CompletionQueue queue;
  auto call = stub.PrepareUnaryCall(&context, method, Pack(request), &queue);
  call->StartCall();
  grpc::ByteBuffer answer;
  grpc::Status status;
  call->Finish(&answer, &status, nullptr);
  Next(queue);
  *reply = Unpack(answer);
  return status;
}

grpc::Status RawStreamCall(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
                           const std::string& request, std::string* reply) {
  grpc::GenericStub stub(channel);
  grpc::ClientContext context;
  SetDeadline(context);
  grpc::CompletionQueue queue;
  auto call = stub.PrepareCall(&context, method, &queue);
  call->StartCall(nullptr);
  bool ok = Next(queue);
  if (ok) {
    call->Write(Pack(request), nullptr);
    ok = Next(queue);
  }
  grpc::ByteBuffer answer;
  if (ok) {
    call->Read(&answer, nullptr);
    Next(queue);
    call->WritesDone(nullptr);
    Next(queue);
  }
  grpc::Status status;
  call->Finish(&status, nullptr);
  Next(queue);
  *reply = Unpack(answer);
  return status;
}

}  // namespace saga::integration
