#pragma once

// Tells sagad where this service is and what it can be asked to do, and keeps telling it that it is
// alive, so that branches with targets `participant://NAME/OPERATION` come here.
//
//   Registration registration({.orchestrator = "127.0.0.1:36790", .participant = "product",
//                              .instance = "10.0.0.7:58082", .operations = {...}});
//   registration.Start();                       // the doors are open
//   ...
//   registration.Deregister(absl::Seconds(2));  // before the doors are closed
//
// A service starts and works whether sagad is there or not: everything here happens on a thread of
// its own, is repeated until it succeeds, and begins anew when sagad has forgotten the service.
//
// Thread safety: thread-safe; Start and Deregister once each.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace saga::participants::sdk {

// What saga.v1.Registry calls an operation.
struct Operation {
  std::string name;        // "Deduct": what stands behind the slash of participant://product/Deduct
  std::string method;      // "product.v1.Product/Deduct"; over HTTP the path
  std::string kind;        // action, compensate, try, confirm, cancel, or empty: any
  bool idempotent = true;  // a repeated call does nothing more, as behind a barrier
};

struct RegistrationOptions {
  std::string orchestrator;       // sagad's gRPC address
  std::string participant;        // [a-z0-9-]+, at most 64 characters
  std::string instance;           // host:port at which sagad reaches this process
  std::string protocol = "grpc";  // or http
  std::vector<Operation> operations;
  std::string command_topic;   // Kafka topic that this service reads; empty: no fallback
  uint32_t capacity = 0;       // calls at once that this process takes; 0: not said
  absl::Duration lease;        // whole seconds, at most 300; 0: sagad's default
  uint32_t attempt_limit = 0;  // calls of one branch op until it is a dead letter; 0: sagad's
  std::string version;         // for people
};

// What sagad answered to the registration that counts now.
struct RegistrationState {
  bool registered = false;
  absl::Duration lease;
  std::string reply_topic;    // empty: sagad has no Kafka
  std::string kafka_brokers;  // as sagad reaches them
  std::string problem;        // why it is not registered, or its last heartbeat failed
};

class Registration {
 public:
  // Nothing is dialled before Start.
  explicit Registration(RegistrationOptions options);
  // Ends the heartbeats; without Deregister sagad notices when the lease ends.
  ~Registration();
  Registration(const Registration&) = delete;
  Registration& operator=(const Registration&) = delete;

  // Returns at once.
  void Start();

  // Whether calls are wanted; true at first. sagad is told at once.
  void SetServing(bool serving);

  RegistrationState state() const;

  // No more heartbeats; tells sagad to send no more calls, waiting at most `timeout` for its
  // answer. Those that are out may still come. Not ok: sagad was not reached, the lease runs out.
  absl::Status Deregister(absl::Duration timeout);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace saga::participants::sdk
