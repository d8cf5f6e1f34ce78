#pragma once

// The connection to sagad's saga.v1.Admin. Not thread-safe.

#include <memory>
#include <string>

#include "absl/time/time.h"
#include "saga/v1/admin.grpc.pb.h"

namespace saga::cli {

// How the text of a status begins when no connection came about, so that nothing can have been
// done.
inline constexpr char kNobodyAnswers[] = "no sagad answers";

class Client {
 public:
  // `server` is host:port. Nothing is dialled yet. `timeout` bounds every call.
  Client(std::string server, absl::Duration timeout);

  grpc::Status List(const v1::ListRequest& request, v1::ListReply* reply);
  grpc::Status Get(const std::string& gid, v1::Transaction* reply);
  grpc::Status History(const std::string& gid, v1::HistoryReply* reply);
  grpc::Status Submit(const v1::SubmitRequest& request, v1::SubmitReply* reply);
  grpc::Status Wait(const std::string& gid, v1::Transaction* reply);
  grpc::Status Abort(const std::string& gid, const std::string& reason, v1::Transaction* reply);
  grpc::Status ForceStop(const std::string& gid, const std::string& reason, v1::Transaction* reply);
  grpc::Status RetryNow(const std::string& gid, const std::string& reason, v1::Transaction* reply);
  grpc::Status Stats(v1::StatsReply* reply);
  grpc::Status ListDefinitions(v1::ListDefinitionsReply* reply);
  grpc::Status Version(v1::VersionReply* reply);

  // Who is asking, for the transaction's history.
  static v1::Actor Actor(const std::string& reason);

 private:
  // Makes the call, again when nobody could be reached.
  template <typename Call>
  grpc::Status Ask(Call call) const;
  // A status that says what was dialled and what to do about it, where the plain one does not.
  grpc::Status Explain(const grpc::Status& status) const;
  void Prepare(grpc::ClientContext* context) const;

  const std::string server_;
  const absl::Duration timeout_;
  const std::unique_ptr<v1::Admin::Stub> stub_;
};

}  // namespace saga::cli
