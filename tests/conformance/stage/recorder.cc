#include "tests/conformance/stage/recorder.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/conformance/stage/recorder_doors.h"
#include "tests/conformance/stage/recorder_memory.h"

namespace saga::conformance {
namespace {

constexpr char kService[] = "/test.Participant/";

}  // namespace

class Recorder::Impl {
 public:
  RecorderMemory memory;
  std::unique_ptr<RecorderDoor> http_door = OpenHttpDoor(memory);
  std::unique_ptr<RecorderDoor> grpc_door = OpenGrpcDoor(memory);
  const std::string http = absl::StrCat("127.0.0.1:", http_door->port());
  const std::string grpc = absl::StrCat("127.0.0.1:", grpc_door->port());
};

Recorder::Recorder() : impl_(std::make_unique<Impl>()) {}
Recorder::~Recorder() = default;

const std::string& Recorder::http_address() const { return impl_->http; }
const std::string& Recorder::grpc_address() const { return impl_->grpc; }

std::string Recorder::HttpUrl(const std::string& path) const {
  return absl::StrCat("http://", impl_->http, path);
}

std::string Recorder::GrpcTarget(const std::string& method) const {
  return absl::StrCat(impl_->grpc, kService, method);
}

void Recorder::Answer(const std::string& path_or_method, std::vector<Reply> replies) {
  const bool is_path = absl::StartsWith(path_or_method, "/");
  impl_->memory.Answer(is_path ? path_or_method : absl::StrCat(kService, path_or_method),
                       std::move(replies));
}

std::vector<Call> Recorder::Calls() const { return impl_->memory.Calls(); }
std::vector<Call> Recorder::CallsOf(const std::string& gid) const {
  return impl_->memory.CallsOf(gid);
}
bool Recorder::WaitForCalls(const std::string& gid, size_t count, absl::Duration timeout) const {
  return impl_->memory.WaitForCalls(gid, count, timeout);
}

}  // namespace saga::conformance
