#pragma once

// The topics that we need, made or looked at before anything is published: a topic with other
// partitions, fewer copies or a shorter memory than the configuration says would be wrong without a
// word.

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "orchestrator/adapter/kafka/kafka_options.h"
#include "orchestrator/base/time.h"

namespace saga::adapter {

struct KafkaTopic {
  std::string name;
  int partitions = 1;
  int replication = 1;         // copies of each partition
  base::Duration retention{};  // 0: whatever the broker's default is; below 0: for ever
};

// Makes the topics that do not exist (`create`), and checks those that do: as many partitions and
// copies or more, kept as long or longer, never compacted, and enough copies for
// min.insync.replicas. It changes no topic that exists: more partitions would break the order of
// keys, and the rest is for whoever owns the cluster to say.
//
// Waits for each answer of the broker up to `timeout`. Unavailable: it is away, try again;
// FailedPrecondition: what is wrong with which topic and what to change, all of it;
// PermissionDenied; InvalidArgument: the options cannot work.
absl::Status EnsureKafkaTopics(const KafkaOptions& options, const std::vector<KafkaTopic>& topics,
                               bool create, base::Duration timeout);

}  // namespace saga::adapter
