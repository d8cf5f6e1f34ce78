#pragma once

// A participant whose answers a test decides.

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace saga::tests {

// A call as the participant saw it.
struct SeenCall {
  std::string verb;    // HTTP: "GET", "POST"; gRPC: empty
  std::string target;  // HTTP: path and query; gRPC: full method
  // Names in lower case. All that the server library shows.
  std::multimap<std::string, std::string> headers;
  std::string body;
};

struct Answer {
  enum class Kind {
    kReply,
    kHang,    // until the participant is killed
    kHangUp,  // HTTP: closes the connection after sending `text` as it is
  };

  Kind kind = Kind::kReply;
  int code = 0;                                     // HTTP status or gRPC code
  std::string text;                                 // HTTP: body; gRPC: message
  std::multimap<std::string, std::string> headers;  // HTTP only
  std::string reply;                                // gRPC: bytes of the reply message
};

class Participant {
 public:
  using Handler = std::function<Answer(const SeenCall&)>;

  virtual ~Participant() = default;

  virtual int port() const = 0;
  // Connections that calls came by.
  virtual size_t connections() const = 0;
  virtual std::vector<SeenCall> seen() const = 0;
  // Ends every connection, also in the middle of a call, and listens no more. At most once before
  // destruction.
  virtual void Kill() = 0;
};

// Both listen on 127.0.0.1; port 0 takes a free one. The handler runs on the server's threads,
// several at once.
std::unique_ptr<Participant> StartGrpcParticipant(Participant::Handler handler, int port = 0);
std::unique_ptr<Participant> StartHttpParticipant(Participant::Handler handler, int port = 0);

}  // namespace saga::tests
