#include "orchestrator/api/grpc_server.h"

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/resource_quota.h>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "orchestrator/api/health.h"

namespace saga::api {

namespace {

absl::Status CannotListen(const GrpcServer::Options& options, const std::string& why) {
  return absl::UnavailableError(absl::StrCat("address ", options.address, " ", why));
}

struct HostPort {
  std::string host;
  std::string port;
};

// "host:port" and "[v6]:port"; false for anything else.
bool Split(const std::string& address, HostPort* out) {
  const size_t colon = address.rfind(':');
  if (colon == std::string::npos || colon == 0 || colon + 1 == address.size()) return false;
  out->host = address.substr(0, colon);
  out->port = address.substr(colon + 1);
  if (out->host.front() == '[' && out->host.back() == ']')
    out->host = out->host.substr(1, out->host.size() - 2);
  return out->port.find_first_not_of("0123456789") == std::string::npos;
}

absl::Status WhyNotBound(const GrpcServer::Options& options, int error) {
  if (error == EADDRINUSE) {
    return CannotListen(
        options,
        absl::StrCat("is in use: stop what listens there or choose another ", options.listen_flag));
  }
  if (error == EADDRNOTAVAIL) {
    return CannotListen(
        options, absl::StrCat("is not one of this machine: choose another ", options.listen_flag));
  }
  if (error == EACCES) {
    return CannotListen(options, absl::StrCat("needs more rights: choose a port above 1023 with ",
                                              options.listen_flag));
  }
  return CannotListen(options, absl::StrCat("cannot be listened at: ", std::strerror(error)));
}

// Binds and lets go again. gRPC itself only says that it failed, in lines of its own on stderr;
// this finds out why first.
absl::Status Probe(const GrpcServer::Options& options) {
  HostPort where;
  if (!Split(options.address, &where)) {
    return CannotListen(options, absl::StrCat("is not host:port: correct ", options.listen_flag));
  }
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (const int error = getaddrinfo(where.host.c_str(), where.port.c_str(), &hints, &found);
      error != 0) {
    return CannotListen(options, absl::StrCat("cannot be resolved (", gai_strerror(error),
                                              "): correct ", options.listen_flag));
  }
  const absl::Cleanup free_found = [found] { freeaddrinfo(found); };
  const int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return WhyNotBound(options, errno);
  const absl::Cleanup close_fd = [fd] { close(fd); };
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (bind(fd, found->ai_addr, found->ai_addrlen) != 0 || listen(fd, 1) != 0)
    return WhyNotBound(options, errno);
  return absl::OkStatus();
}

void Configure(const GrpcServer::Options& options, grpc::ServerBuilder& builder) {
  // gRPC would share the port with any other process that asks for it, and half the clients would
  // land there.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS,
                             static_cast<int>(options.max_streams));
  builder.SetMaxReceiveMessageSize(static_cast<int>(options.max_message_size));
  builder.SetResourceQuota(grpc::ResourceQuota("saga_grpc_port").Resize(options.memory));
}

}  // namespace

class GrpcServer::Impl {
 public:
  Impl(std::unique_ptr<grpc::Server> server, int port, std::vector<std::string> names)
      : server_(std::move(server)), port_(port), names_(std::move(names)) {}

  int port() const { return port_; }

  void SetReady(bool ready) { SetServing(*server_, names_, ready); }

  void Shutdown(base::Duration grace) {
    server_->Shutdown(std::chrono::system_clock::now() + std::chrono::microseconds(grace.micros));
    server_->Wait();
  }

 private:
  const std::unique_ptr<grpc::Server> server_;
  const int port_;
  const std::vector<std::string> names_;
};

absl::StatusOr<std::unique_ptr<GrpcServer>> GrpcServer::Start(
    const Options& options, const std::vector<Service>& services) {
  if (const absl::Status free = Probe(options); !free.ok()) return free;
  ServeHealth();
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  grpc::ServerBuilder builder;
  Configure(options, builder);
  int port = 0;
  builder.AddListeningPort(options.address, grpc::InsecureServerCredentials(), &port);
  std::vector<std::string> names;
  for (const Service& service : services) {
    builder.RegisterService(service.service);
    names.push_back(service.name);
  }
  std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr || port == 0) return WhyNotBound(options, EADDRINUSE);
  auto impl = std::make_unique<Impl>(std::move(server), port, std::move(names));
  impl->SetReady(false);
  return std::unique_ptr<GrpcServer>(new GrpcServer(std::move(impl)));
}

GrpcServer::GrpcServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

GrpcServer::~GrpcServer() { impl_->Shutdown(base::Duration{}); }

int GrpcServer::port() const { return impl_->port(); }

void GrpcServer::SetReady(bool ready) { impl_->SetReady(ready); }

void GrpcServer::Shutdown(base::Duration grace) { impl_->Shutdown(grace); }

}  // namespace saga::api
