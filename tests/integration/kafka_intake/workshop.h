#pragma once

// A small service with a database of its own, whose one method writes down, behind the barrier,
// that it worked; and the commands that ask for it.

#include <map>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "orchestrator/base/message.h"
#include "participants/sdk/command_routes.h"
#include "participants/sdk/database.h"
#include "participants/sdk/kafka_intake.h"
#include "tests/fixture/temp_dir.h"
#include "tests/integration/kafka_intake/kafka_side.h"

namespace saga::participants::sdk {

// Thread-safe.
class Workshop {
 public:
  // On `brokers`, with topics that nobody else has.
  explicit Workshop(const std::string& brokers, int partitions = 1);

  // What an intake of this workshop is started with.
  KafkaIntakeOptions Options() const;
  CommandRoutes Routes();
  std::unique_ptr<KafkaIntake> Open();
  std::unique_ptr<KafkaIntake> Open(const KafkaIntakeOptions& options);

  // To do `branch_id` of `gid`.
  base::Message Command(const std::string& gid, const std::string& branch_id,
                        const std::string& op = "action") const;

  // Commands of `gid` stay inside the method, before their transaction, until Release.
  void Hold(const std::string& gid) ABSL_LOCKS_EXCLUDED(mutex_);
  void Release() ABSL_LOCKS_EXCLUDED(mutex_);
  // How many are in there now.
  int Held() ABSL_LOCKS_EXCLUDED(mutex_);

  // Changes that were committed: how often each "gid/branch" was done; and in which order.
  std::map<std::string, int> Done();
  std::vector<std::string> Order();

  // How often the method was called.
  int calls() ABSL_LOCKS_EXCLUDED(mutex_);

  const std::string& topic() const { return topic_; }
  const std::string& replies() const { return replies_; }
  KafkaSide& kafka() { return kafka_; }

 private:
  Outcome Do(const BranchContext& branch) ABSL_LOCKS_EXCLUDED(mutex_);

  const std::string brokers_;
  const std::string name_;
  const std::string topic_;
  const std::string replies_;
  fixture::TempDir dir_;
  std::unique_ptr<Database> database_;
  KafkaSide kafka_;

  absl::Mutex mutex_;
  std::string held_gid_ ABSL_GUARDED_BY(mutex_);
  int held_ ABSL_GUARDED_BY(mutex_) = 0;
  int calls_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace saga::participants::sdk
