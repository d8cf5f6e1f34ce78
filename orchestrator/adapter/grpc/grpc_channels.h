#pragma once

// Includes gRPC: for the .cc files of this folder only.

#include <grpcpp/channel.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"

namespace saga::adapter {

// One channel per address, made when it is first asked for. Thread-safe.
class GrpcChannels {
 public:
  GrpcChannels(size_t max_channels, std::string user_agent);

  // `address` is "host:port". Null when nothing can be dialled by that name. A channel that is let
  // go stays usable for those who hold it.
  std::shared_ptr<grpc::Channel> Get(const std::string& address);

 private:
  struct Entry {
    std::shared_ptr<grpc::Channel> channel;
    uint64_t last_used = 0;  // a count of Get calls, not a time
  };

  void DropOldest() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::shared_ptr<grpc::Channel> Dial(const std::string& address) const;

  const size_t max_channels_;
  const std::string user_agent_;
  absl::Mutex mutex_;
  uint64_t uses_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::flat_hash_map<std::string, Entry> channels_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace saga::adapter
