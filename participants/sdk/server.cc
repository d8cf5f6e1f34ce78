#include "participants/sdk/server.h"

#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/resource_quota.h>

#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "participants/sdk/address.h"

namespace saga::participants::sdk {

ParticipantServer::ParticipantServer(const ServerOptions& options)
    : options_(options), http_(options.http) {
  http_.Route("/healthz", [](const HttpRequest&) {
    return HttpResponse{200, "{\"status\":\"ok\"}"};
  });
}

ParticipantServer::~ParticipantServer() { Stop(absl::ZeroDuration()); }

void ParticipantServer::AddService(grpc::Service* service) { services_.push_back(service); }

void ParticipantServer::Route(std::string path, HttpHandler handler) {
  http_.Route(std::move(path), std::move(handler));
}

absl::Status ParticipantServer::OpenGrpc() {
  if (services_.empty()) return absl::OkStatus();
  const absl::StatusOr<Address> listen = ParseAddress(options_.grpc_listen);
  if (!listen.ok()) return listen.status();
  grpc::EnableDefaultHealthCheckService(true);
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort(ToString(*listen), grpc::InsecureServerCredentials(), &port);
  // Without this a second process on the same port would start, and get half of the calls.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.SetMaxReceiveMessageSize(options_.max_message_bytes);
  grpc::ResourceQuota quota;
  quota.SetMaxThreads(options_.max_grpc_threads);
  builder.SetResourceQuota(quota);
  for (grpc::Service* service : services_) builder.RegisterService(service);
  grpc_ = builder.BuildAndStart();
  if (grpc_ == nullptr || port == 0) {
    grpc_ = nullptr;
    return absl::AlreadyExistsError(
        absl::StrCat("cannot listen on ", ToString(*listen),
                     " (gRPC): the port is taken, or the address is not of this machine"));
  }
  grpc_address_ = ToString({listen->host, port});
  return absl::OkStatus();
}

absl::Status ParticipantServer::OpenDoors() {
  const absl::StatusOr<Address> http_listen = ParseAddress(options_.http_listen);
  if (!http_listen.ok()) return http_listen.status();
  if (absl::Status opened = OpenGrpc(); !opened.ok()) return opened;
  if (absl::Status opened = http_.Start(*http_listen); !opened.ok()) return opened;
  http_address_ = ToString(http_.address());
  return absl::OkStatus();
}

absl::Status ParticipantServer::Start() {
  const absl::Status opened = OpenDoors();
  started_.Notify();
  if (!opened.ok()) Stop(absl::ZeroDuration());
  return opened;
}

void ParticipantServer::Stop(absl::Duration grace) {
  std::thread http([&] { http_.Stop(grace); });
  if (grpc_ != nullptr) {
    grpc_->Shutdown(absl::ToChronoTime(absl::Now() + grace));
    grpc_->Wait();
    grpc_ = nullptr;
  }
  http.join();
}

}  // namespace saga::participants::sdk
