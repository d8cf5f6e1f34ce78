#pragma once

#include <google/protobuf/message.h>

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "tests/conformance/stage/recorder.h"
#include "tests/conformance/stage/server.h"

namespace saga::conformance {

// Everything that goes over the wire for one transaction, as text:
//   ->  a request to the server, with its body      <-  the server's answer to it
//   =>  a call of the server to a participant        ==  how the transaction stands then
// What is another one every time stands as <gid>, <http>, <grpc>, <id>; times are left out.
class Transcript {
 public:
  Transcript(Server& server, Recorder& recorder, std::string gid);

  void Post(const std::string& path, const nlohmann::json& body);
  void Rpc(const std::string& name, const google::protobuf::Message& request,
           google::protobuf::Message* reply = nullptr);
  // Waits until `count` calls have come since the last time, and writes them down.
  void Calls(size_t count);
  // Waits until the status is `status`, and writes it, its reason and the branches down.
  void Stands(const std::string& status);

  const std::string& text() const { return text_; }

 private:
  void Add(const std::string& line);
  void AddCall(const Call& call);

  Server& server_;
  Recorder& recorder_;
  const std::string gid_;
  size_t calls_ = 0;
  std::string text_;
};

// The transcript of that name, as it was recorded on DTM; empty when there is none.
std::string Golden(const std::string& name);
// Writes it, for whoever reads the difference afterwards.
void Record(const std::string& name, const std::string& text);
// Whether this run is to write transcripts: $SAGA_CONFORMANCE_RECORD is set.
bool Recording();

}  // namespace saga::conformance
