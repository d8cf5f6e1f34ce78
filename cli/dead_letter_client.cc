#include "cli/dead_letter_client.h"

namespace saga::cli {

grpc::Status DeadLetterClient::List(const v1::ListDeadLettersRequest& request,
                                    v1::ListDeadLettersReply* reply) {
  return connection_.Ask(Repeat::kAlways, [&](grpc::ClientContext* context) {
    return stub_->ListDeadLetters(context, request, reply);
  });
}

grpc::Status DeadLetterClient::Get(const v1::DeadLetterName& name, v1::DeadLetter* reply) {
  return connection_.Ask(Repeat::kAlways, [&](grpc::ClientContext* context) {
    return stub_->GetDeadLetter(context, name, reply);
  });
}

grpc::Status DeadLetterClient::Group(const std::string& filter, v1::GroupDeadLettersReply* reply) {
  v1::GroupDeadLettersRequest request;
  request.set_filter(filter);
  return connection_.Ask(Repeat::kAlways, [&](grpc::ClientContext* context) {
    return stub_->GroupDeadLetters(context, request, reply);
  });
}

// A repeated act is refused: the letter is not what it was any more.
grpc::Status DeadLetterClient::Act(const v1::ActOnDeadLetterRequest& request,
                                   v1::DeadLetter* reply) {
  return connection_.Ask(Repeat::kUnreached, [&](grpc::ClientContext* context) {
    return stub_->ActOnDeadLetter(context, request, reply);
  });
}

// A selection that nobody looks at expires.
grpc::Status DeadLetterClient::Select(const v1::SelectDeadLettersRequest& request, v1::Job* reply) {
  return connection_.Ask(Repeat::kAlways, [&](grpc::ClientContext* context) {
    return stub_->SelectDeadLetters(context, request, reply);
  });
}

// A token is executed once: repeated, the call would be refused although it was obeyed.
grpc::Status DeadLetterClient::Execute(const v1::ExecuteJobRequest& request, v1::Job* reply) {
  return connection_.Ask(Repeat::kUnreached, [&](grpc::ClientContext* context) {
    return stub_->ExecuteJob(context, request, reply);
  });
}

grpc::Status DeadLetterClient::ListJobs(uint32_t limit, v1::ListJobsReply* reply) {
  v1::ListJobsRequest request;
  request.set_limit(limit);
  return connection_.Ask(Repeat::kAlways, [&](grpc::ClientContext* context) {
    return stub_->ListJobs(context, request, reply);
  });
}

grpc::Status DeadLetterClient::GetJob(const v1::GetJobRequest& request, v1::Job* reply) {
  return connection_.Ask(Repeat::kAlways, [&](grpc::ClientContext* context) {
    return stub_->GetJob(context, request, reply);
  });
}

grpc::Status DeadLetterClient::StopJob(const std::string& token, const std::string& reason,
                                       v1::Job* reply) {
  v1::StopJobRequest request;
  request.set_token(token);
  *request.mutable_actor() = Connection::Actor(reason);
  return connection_.Ask(Repeat::kUnreached, [&](grpc::ClientContext* context) {
    return stub_->StopJob(context, request, reply);
  });
}

grpc::Status DeadLetterClient::ListParked(const v1::ListParkedMessagesRequest& request,
                                          v1::ListParkedMessagesReply* reply) {
  return connection_.Ask(Repeat::kAlways, [&](grpc::ClientContext* context) {
    return stub_->ListParkedMessages(context, request, reply);
  });
}

grpc::Status DeadLetterClient::DiscardParked(uint64_t id, const std::string& reason) {
  v1::DiscardParkedMessageRequest request;
  request.set_id(id);
  *request.mutable_actor() = Connection::Actor(reason);
  v1::DiscardParkedMessageReply reply;
  return connection_.Ask(Repeat::kUnreached, [&](grpc::ClientContext* context) {
    return stub_->DiscardParkedMessage(context, request, &reply);
  });
}

}  // namespace saga::cli
