#include <grpcpp/alarm.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/security/credentials.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "tests/bench/client/transport.h"

namespace saga::bench {
namespace {

constexpr std::chrono::seconds kConnectPatience{10};

// One client: what gRPC needs kept alive while its call is under way.
struct Slot {
  int number = 0;
  std::optional<grpc::ClientContext> context;
  std::unique_ptr<grpc::ClientAsyncResponseReader<grpc::ByteBuffer>> reader;
  grpc::ByteBuffer response;
  grpc::Status status;
  grpc::Alarm pause;
  std::optional<Call> paused;  // waits for the alarm
};

Answer ToAnswer(const grpc::Status& status) {
  Answer answer;
  if (status.ok()) return answer;
  answer.kind =
      status.error_code() == grpc::StatusCode::ABORTED ? AnswerKind::kRefused : AnswerKind::kError;
  answer.text =
      absl::StrCat("grpc ", static_cast<int>(status.error_code()), ": ", status.error_message());
  return answer;
}

class GrpcTransport final : public Transport {
 public:
  explicit GrpcTransport(const Options& options)
      : options_(options), slots_(static_cast<size_t>(options.slots)) {
    const size_t nodes = options.servers.size();
    const size_t wanted = static_cast<size_t>(
        options.channels > 0 ? std::min(options.channels, options.slots) : options.slots);
    const size_t channels = std::max(wanted, nodes);
    for (size_t i = 0; i < channels; ++i) servers_.push_back(Connect(options.servers[i % nodes]));
    participant_ = Connect(options.participant);
    for (size_t i = 0; i < slots_.size(); ++i) slots_[i].number = static_cast<int>(i);
  }

  absl::Status WaitForServer() {
    const auto deadline = std::chrono::system_clock::now() + kConnectPatience;
    for (size_t i = 0; i < servers_.size(); ++i) {
      if (!servers_[i]->WaitForConnected(deadline)) {
        return absl::UnavailableError(absl::StrCat(
            "no gRPC server answers at ", options_.servers[i % options_.servers.size()].Text()));
      }
      server_stubs_.emplace_back(servers_[i]);
    }
    participant_stub_.emplace(participant_);
    return absl::OkStatus();
  }

  void Start(int slot, Call call, std::chrono::milliseconds pause) override {
    Slot& state = slots_[static_cast<size_t>(slot)];
    ++under_way_;
    if (pause.count() > 0) {
      state.paused = std::move(call);
      state.pause.Set(&queue_, std::chrono::system_clock::now() + pause, &state);
      return;
    }
    Send(state, call);
  }

  void Run(const OnAnswer& on_answer) override {
    void* tag = nullptr;
    bool ok = false;
    while (under_way_ > 0 && queue_.Next(&tag, &ok)) {
      Slot& slot = *static_cast<Slot*>(tag);
      if (slot.paused.has_value()) {
        const Call call = *std::exchange(slot.paused, std::nullopt);
        Send(slot, call);
        continue;
      }
      --under_way_;
      slot.reader.reset();
      on_answer(slot.number, ToAnswer(slot.status));
    }
  }

 private:
  static std::shared_ptr<grpc::Channel> Connect(const Address& address) {
    grpc::ChannelArguments arguments;
    // Channels with equal arguments would share one connection.
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 50);
    arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 500);
    return grpc::CreateCustomChannel(address.Text(), grpc::InsecureChannelCredentials(), arguments);
  }

  void Send(Slot& slot, const Call& call) {
    slot.context.emplace();
    slot.context->set_deadline(std::chrono::system_clock::now() + options_.call_timeout);
    for (const auto& [name, value] : call.metadata) slot.context->AddMetadata(name, value);
    const grpc::Slice slice(call.body);
    const grpc::ByteBuffer request(&slice, 1);
    slot.response.Clear();
    slot.status = grpc::Status();
    grpc::GenericStub& stub =
        call.peer == Peer::kServer
            ? server_stubs_[static_cast<size_t>(slot.number) % server_stubs_.size()]
            : *participant_stub_;
    slot.reader = stub.PrepareUnaryCall(&*slot.context, call.method, request, &queue_);
    slot.reader->StartCall();
    slot.reader->Finish(&slot.response, &slot.status, &slot);
  }

  const Options options_;
  std::vector<std::shared_ptr<grpc::Channel>> servers_;
  std::shared_ptr<grpc::Channel> participant_;
  std::vector<grpc::GenericStub> server_stubs_;
  std::optional<grpc::GenericStub> participant_stub_;
  grpc::CompletionQueue queue_;
  std::vector<Slot> slots_;
  int under_way_ = 0;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Transport>> MakeGrpcTransport(const Transport::Options& options) {
  auto transport = std::make_unique<GrpcTransport>(options);
  const absl::Status connected = transport->WaitForServer();
  if (!connected.ok()) return connected;
  return transport;
}

}  // namespace saga::bench
