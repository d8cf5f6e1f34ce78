#pragma once

// Changes of topics behind their transports: carried out on a thread that may wait for the disk,
// one after another, and answered in the protocol's words.

#include <string>

#include "absl/functional/any_invocable.h"
#include "orchestrator/api/codec_answer.h"
#include "orchestrator/api/reader_pool.h"
#include "orchestrator/api/topics.h"

namespace saga::api {

// Thread-safe. Every call returns at once. `done` runs exactly once: before the call returns when
// too many wait already (kTopicQueue), otherwise on a thread of this object. The destructor waits
// for what was taken.
class TopicCalls {
 public:
  using Done = absl::AnyInvocable<void(WireAnswer)>;

  // `topics` outlives this.
  explicit TopicCalls(Topics& topics);

  void Subscribe(std::string topic, std::string url, std::string remark, Done done);
  void Unsubscribe(std::string topic, std::string url, Done done);
  void Delete(std::string topic, Done done);

  // For messages to topics.
  Topics& topics() { return topics_; }

 private:
  void Run(absl::AnyInvocable<absl::Status()> change, Done done);

  Topics& topics_;
  ReaderPool writer_;
};

}  // namespace saga::api
