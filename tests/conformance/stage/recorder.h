#pragma once

// A participant that remembers every call and answers as told.
//
//   conformance::Recorder recorder;
//   recorder.Answer("/pay", {{.status = 425}, {}});    // ongoing once, then success
//   ... submit a saga whose action is recorder.HttpUrl("/pay") ...
//   ASSERT_TRUE(recorder.WaitForCalls(gid, 2, absl::Seconds(30)));
//   EXPECT_EQ(recorder.CallsOf(gid)[0].op, "action");

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace saga::conformance {

struct Call {
  std::string transport;                       // "http" or "grpc"
  std::string method;                          // GET, POST, ...; POST for gRPC
  std::string path;                            // "/a" or "/pkg.Service/Method"
  std::string query;                           // as it came, without the question mark
  std::map<std::string, std::string> headers;  // names in lower case; the metadata of a gRPC call
  std::string body;                            // of a gRPC call: the serialized message
  // From the query, the metadata or, of a JSON-RPC call, the params. Empty: not sent.
  std::string op, branch_id, gid, trans_type;
  absl::Time arrived;
};

struct Reply {
  int status = 200;                                  // HTTP only
  std::string body = R"({"dtm_result":"SUCCESS"})";  // HTTP only; gRPC replies are empty
  int grpc_code = 0;                                 // gRPC only: grpc::StatusCode
  std::string grpc_message;
  bool hang = false;                            // never answers
  std::map<std::string, std::string> headers;   // further ones, HTTP only
  absl::Duration delay = absl::ZeroDuration();  // HTTP only: how long it takes to answer
};

// Listens on free ports of 127.0.0.1, over HTTP/1.1 and gRPC, for any path and any method.
// Thread-safe.
class Recorder {
 public:
  Recorder();
  ~Recorder();

  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  const std::string& http_address() const;  // "127.0.0.1:port"
  const std::string& grpc_address() const;
  // "http://127.0.0.1:port" + path, which begins with a slash.
  std::string HttpUrl(const std::string& path) const;
  // "127.0.0.1:port/test.Participant/" + method.
  std::string GrpcTarget(const std::string& method) const;

  // How calls of one path (without query) or one gRPC method (without or with "/test.Participant/")
  // are answered from now on: one reply a call, the last one for all further ones. Success when
  // nothing is said.
  void Answer(const std::string& path_or_method, std::vector<Reply> replies);

  // In the order of arrival.
  std::vector<Call> Calls() const;
  std::vector<Call> CallsOf(const std::string& gid) const;
  // Waits until at least `count` calls of `gid` have come; false when `timeout` ran out first.
  bool WaitForCalls(const std::string& gid, size_t count, absl::Duration timeout) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace saga::conformance
