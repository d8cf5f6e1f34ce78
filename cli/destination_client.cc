#include "cli/destination_client.h"

namespace saga::cli {

grpc::Status DestinationClient::List(const std::string& filter, v1::ListDestinationsReply* reply) {
  v1::ListDestinationsRequest request;
  request.set_filter(filter);
  return connection_.Ask(Repeat::kAlways, [&](grpc::ClientContext* context) {
    return destinations_->ListDestinations(context, request, reply);
  });
}

grpc::Status DestinationClient::Get(const std::string& destination, v1::Destination* reply) {
  v1::GetDestinationRequest request;
  request.set_destination(destination);
  return connection_.Ask(Repeat::kAlways, [&](grpc::ClientContext* context) {
    return destinations_->GetDestination(context, request, reply);
  });
}

grpc::Status DestinationClient::Pause(const std::string& destination, const std::string& reason,
                                      v1::Destination* reply) {
  v1::DestinationAct act;
  act.set_destination(destination);
  *act.mutable_actor() = Connection::Actor(reason);
  return connection_.Ask(Repeat::kAlways, [&](grpc::ClientContext* context) {
    return destinations_->PauseDestination(context, act, reply);
  });
}

grpc::Status DestinationClient::Resume(const std::string& destination, const std::string& reason,
                                       v1::Destination* reply) {
  v1::DestinationAct act;
  act.set_destination(destination);
  *act.mutable_actor() = Connection::Actor(reason);
  return connection_.Ask(Repeat::kAlways, [&](grpc::ClientContext* context) {
    return destinations_->ResumeDestination(context, act, reply);
  });
}

grpc::Status DestinationClient::Limit(const v1::LimitDestinationRequest& request,
                                      v1::Destination* reply) {
  return connection_.Ask(Repeat::kAlways, [&](grpc::ClientContext* context) {
    return destinations_->LimitDestination(context, request, reply);
  });
}

grpc::Status DestinationClient::Outbox(uint32_t limit, v1::Outbox* reply) {
  v1::GetOutboxRequest request;
  request.set_limit(limit);
  return connection_.Ask(Repeat::kAlways, [&](grpc::ClientContext* context) {
    return destinations_->GetOutbox(context, request, reply);
  });
}

grpc::Status DestinationClient::ListParticipants(const std::string& participant,
                                                 v1::ListParticipantsReply* reply) {
  v1::ListParticipantsRequest request;
  request.set_participant(participant);
  return connection_.Ask(Repeat::kAlways, [&](grpc::ClientContext* context) {
    return registry_->ListParticipants(context, request, reply);
  });
}

}  // namespace saga::cli
