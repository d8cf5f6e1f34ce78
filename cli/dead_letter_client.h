#pragma once

// What sagactl asks of saga.v1.DeadLetters. Not thread-safe.

#include <memory>
#include <string>

#include "cli/connection.h"
#include "saga/v1/dead_letter.grpc.pb.h"

namespace saga::cli {

class DeadLetterClient {
 public:
  explicit DeadLetterClient(const Connection& connection)
      : connection_(connection), stub_(v1::DeadLetters::NewStub(connection.channel())) {}

  grpc::Status List(const v1::ListDeadLettersRequest& request, v1::ListDeadLettersReply* reply);
  grpc::Status Get(const v1::DeadLetterName& name, v1::DeadLetter* reply);
  grpc::Status Group(const std::string& filter, v1::GroupDeadLettersReply* reply);
  grpc::Status Act(const v1::ActOnDeadLetterRequest& request, v1::DeadLetter* reply);

  grpc::Status Select(const v1::SelectDeadLettersRequest& request, v1::Job* reply);
  grpc::Status Execute(const v1::ExecuteJobRequest& request, v1::Job* reply);
  grpc::Status ListJobs(uint32_t limit, v1::ListJobsReply* reply);
  grpc::Status GetJob(const v1::GetJobRequest& request, v1::Job* reply);
  grpc::Status StopJob(const std::string& token, const std::string& reason, v1::Job* reply);

  grpc::Status ListParked(const v1::ListParkedMessagesRequest& request,
                          v1::ListParkedMessagesReply* reply);
  grpc::Status DiscardParked(uint64_t id, const std::string& reason);

 private:
  const Connection& connection_;
  const std::unique_ptr<v1::DeadLetters::Stub> stub_;
};

}  // namespace saga::cli
