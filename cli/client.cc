#include "cli/client.h"

namespace saga::cli {

grpc::Status Client::List(const v1::ListRequest& request, v1::ListReply* reply) {
  return connection_.Ask(Repeat::kAlways, [&](grpc::ClientContext* context) {
    return stub_->List(context, request, reply);
  });
}

grpc::Status Client::Get(const std::string& gid, v1::Transaction* reply) {
  v1::GetRequest request;
  request.set_gid(gid);
  return connection_.Ask(Repeat::kAlways, [&](grpc::ClientContext* context) {
    return stub_->Get(context, request, reply);
  });
}

grpc::Status Client::History(const std::string& gid, v1::HistoryReply* reply) {
  v1::HistoryRequest request;
  request.set_gid(gid);
  return connection_.Ask(Repeat::kAlways, [&](grpc::ClientContext* context) {
    return stub_->History(context, request, reply);
  });
}

grpc::Status Client::Submit(const v1::SubmitRequest& request, v1::SubmitReply* reply) {
  return connection_.Ask(Repeat::kAlways, [&](grpc::ClientContext* context) {
    return stub_->Submit(context, request, reply);
  });
}

grpc::Status Client::Wait(const std::string& gid, v1::Transaction* reply) {
  v1::WaitRequest request;
  request.set_gid(gid);
  return connection_.Ask(Repeat::kAlways, [&](grpc::ClientContext* context) {
    return stub_->Wait(context, request, reply);
  });
}

grpc::Status Client::Abort(const std::string& gid, const std::string& reason,
                           v1::Transaction* reply) {
  v1::AbortRequest request;
  request.set_gid(gid);
  *request.mutable_actor() = Connection::Actor(reason);
  return connection_.Ask(Repeat::kAlways, [&](grpc::ClientContext* context) {
    return stub_->Abort(context, request, reply);
  });
}

grpc::Status Client::ForceStop(const std::string& gid, const std::string& reason,
                               v1::Transaction* reply) {
  v1::ForceStopRequest request;
  request.set_gid(gid);
  *request.mutable_actor() = Connection::Actor(reason);
  return connection_.Ask(Repeat::kAlways, [&](grpc::ClientContext* context) {
    return stub_->ForceStop(context, request, reply);
  });
}

grpc::Status Client::RetryNow(const std::string& gid, const std::string& reason,
                              v1::Transaction* reply) {
  v1::RetryNowRequest request;
  request.set_gid(gid);
  *request.mutable_actor() = Connection::Actor(reason);
  return connection_.Ask(Repeat::kAlways, [&](grpc::ClientContext* context) {
    return stub_->RetryNow(context, request, reply);
  });
}

grpc::Status Client::Stats(v1::StatsReply* reply) {
  return connection_.Ask(Repeat::kAlways, [&](grpc::ClientContext* context) {
    return stub_->Stats(context, {}, reply);
  });
}

grpc::Status Client::ListDefinitions(v1::ListDefinitionsReply* reply) {
  return connection_.Ask(Repeat::kAlways, [&](grpc::ClientContext* context) {
    return stub_->ListDefinitions(context, {}, reply);
  });
}

grpc::Status Client::ListNodes(v1::ListNodesReply* reply) {
  return connection_.Ask(Repeat::kAlways, [&](grpc::ClientContext* context) {
    return stub_->ListNodes(context, {}, reply);
  });
}

grpc::Status Client::Version(v1::VersionReply* reply) {
  return connection_.Ask(Repeat::kAlways, [&](grpc::ClientContext* context) {
    return stub_->Version(context, {}, reply);
  });
}

grpc::Status Client::Config(v1::ConfigReply* reply) {
  return connection_.Ask(Repeat::kAlways, [&](grpc::ClientContext* context) {
    return stub_->Config(context, {}, reply);
  });
}

}  // namespace saga::cli
