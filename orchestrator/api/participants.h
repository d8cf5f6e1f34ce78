#pragma once

// Who registered: names, instances, what they can be asked to do, and which of them are alive.
//
// What participants say of themselves is stored and survives a restart; that they are alive is not:
// after a start every stored instance has one lease in which to send its next heartbeat. Heartbeats
// write nothing to the store.
//
// On a shared store an instance may register and send its heartbeats at any node; one of them is
// its home, and the record says which. The home writes when the heartbeats stop and when they come
// back; to the others an instance is alive as long as its home is, and does not say otherwise. A
// node that hears an instance whose home is gone, or has lost sight of it, becomes its home.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "orchestrator/api/registration_check.h"
#include "orchestrator/api/registration_record.h"
#include "orchestrator/core/limits.h"
#include "orchestrator/core/target.h"
#include "orchestrator/port/clock.h"
#include "orchestrator/port/kv_store.h"
#include "orchestrator/port/node_list.h"
#include "orchestrator/port/participant_directory.h"

namespace saga::api {

enum class InstanceState : uint8_t {
  kLive = 1,
  kNotServing = 2,   // it says so
  kExpired = 3,      // no heartbeat within its lease
  kUnreachable = 4,  // the latest calls did not reach it; passed over while there are others
};

// An instance, for people.
struct InstanceView {
  RegisteredInstance said;
  InstanceState state = InstanceState::kLive;
  uint32_t in_flight = 0;
  uint64_t calls = 0;  // since this process started
  base::Time heartbeat;
  base::Time lease_end;
};

struct ParticipantView {
  std::string name;
  OperationTable operations;  // of the instance that registered last
  std::string command_topic;
  uint32_t attempt_limit = 0;
  std::vector<InstanceView> instances;  // by address
};

// Thread-safe. As with topics, the store is the truth, and memory is exact as long as this process
// is the only one that writes.
class Participants final : public port::ParticipantDirectory {
 public:
  // Both outlive this.
  Participants(port::KvStore& records, port::Clock& clock) : records_(records), clock_(clock) {}

  // Reads what the store holds; once, before anything else. A record that cannot be read is passed
  // over: its participant is known again when it registers.
  absl::Status Load();

  // The store is shared with these nodes, who outlive this. Once, before Load.
  void ShareWith(port::NodeList& nodes) { nodes_ = &nodes; }
  // Takes over what was registered at other nodes, and tells them what has become of those whose
  // home this is; every second or so. Waits for the disk. Not ok: the store does not answer.
  absl::Status FollowOthers();

  // Makes an instance known, alive from now on, or replaces what it said before. The lease granted,
  // in seconds. Waits for the disk and for changes before it. InvalidArgument (CheckRegistration,
  // or another protocol than the participant's other instances: the payloads of branches that are
  // under way are in that one); ResourceExhausted: kMaxParticipants, kMaxInstances, kMaxOperations;
  // Unavailable: the store does not answer, and the instance is known only if it was before.
  absl::StatusOr<uint32_t> Register(const Registration& registration);

  // The lease, in seconds, which begins anew. NotFound: it is not registered, or not any more.
  absl::StatusOr<uint32_t> Heartbeat(const std::string& participant, const std::string& instance,
                                     bool serving);

  // From here on the instance gets no calls. How many of ours it still has. NotFound: it is not
  // registered. Unavailable: it gets no calls, but the store may still have it. Waits for the disk.
  absl::StatusOr<uint32_t> Deregister(const std::string& participant, const std::string& instance);

  // By name; `participant` empty: all of them.
  std::vector<ParticipantView> List(const std::string& participant);

  // port::ParticipantDirectory. A plain target belongs to the participant that has an instance at
  // its address; the capacity is that instance's then.
  std::optional<port::ParticipantFacts> Facts(std::string_view target) override;
  absl::StatusOr<port::Pick> PickInstance(std::string_view target) override;
  void Finish(const port::Pick& pick, bool reached) override;

 private:
  struct Instance {
    RegisteredInstance said;
    bool serving = true;
    // Kept for the calls that are out, and so that its address is still recognized.
    bool deregistered = false;
    base::Time heartbeat;
    base::Time lease_end;
    base::Time heard;  // heartbeat or registration at this node
    uint32_t in_flight = 0;
    uint64_t calls = 0;
    uint32_t missed = 0;     // calls in a row that did not reach it
    base::Time passed_over;  // until then
  };
  struct Known {
    OperationTable operations;
    std::string command_topic;
    uint32_t attempt_limit = 0;
    std::map<std::string, Instance> instances;  // by address
    std::string last_picked;
  };
  struct Stored {
    uint64_t version = 0;  // 0: there is no record
    RegistrationRecord record;
  };

  // What is to be written of an instance.
  struct Home {
    std::string participant;
    std::string address;
    bool away = false;
  };

  absl::Status ReadOthers() ABSL_EXCLUSIVE_LOCKS_REQUIRED(write_mutex_) ABSL_LOCKS_EXCLUDED(mutex_);
  void Merge(const std::string& participant, const RegistrationRecord& record)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Leave(Instance& instance) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Renews those whose homes live, and returns those whose home is to be written.
  std::vector<Home> JudgeHomes(const std::set<uint64_t>& live) ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Status WriteHome(const Home& home) ABSL_EXCLUSIVE_LOCKS_REQUIRED(write_mutex_)
      ABSL_LOCKS_EXCLUDED(mutex_);
  bool HeardHere(const Instance& instance, base::Time now) const;

  static bool CanBeCalled(const Instance& instance, base::Time now);
  static InstanceState StateOf(const Instance& instance, base::Time now);
  static bool IsForgotten(const Instance& instance, base::Time now);
  static Instance* Choose(Known& known, std::string_view operation, base::Time now);
  // Why there is no instance to choose.
  static absl::Status NobodyFor(const core::ParticipantTarget& target, const Known& known,
                                base::Time now);

  absl::StatusOr<Stored> Read(const std::string& participant);
  absl::Status Write(const std::string& participant, const Stored& before,
                     const RegistrationRecord& record);
  // Makes sure that a new participant has a place.
  absl::Status MakeRoom(const std::string& participant) ABSL_EXCLUSIVE_LOCKS_REQUIRED(write_mutex_)
      ABSL_LOCKS_EXCLUDED(mutex_);
  // What is to be stored when `registration` joins `record`.
  absl::StatusOr<RegistrationRecord> Joined(const RegistrationRecord& record,
                                            const Registration& registration, base::Time now)
      ABSL_LOCKS_EXCLUDED(mutex_);
  void Keep(const std::string& participant, const RegistrationRecord& record)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Renew(Instance& instance) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Lets go of instances that nobody has heard of for a long time, and of those that left as soon
  // as there are too many.
  void Forget(const std::string& participant) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ForgetAddress(const std::string& participant, const std::string& address)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Instance* Find(const std::string& participant, const std::string& instance)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::optional<port::ParticipantFacts> FactsOfPlain(std::string_view target)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  port::KvStore& records_;
  port::Clock& clock_;
  port::NodeList* nodes_ = nullptr;  // null: the store is this process's alone
  // Of participants known: most servers have none, and their calls ask for facts as well.
  std::atomic<size_t> count_{0};
  // Held through a whole change, so that changes follow one another.
  absl::Mutex write_mutex_;
  std::string state_ ABSL_GUARDED_BY(write_mutex_);  // of the records, when they were last read
  absl::Mutex mutex_ ABSL_ACQUIRED_AFTER(write_mutex_);
  uint64_t self_ ABSL_GUARDED_BY(mutex_) = 0;  // this node; 0: not shared, or not known yet
  std::map<std::string, Known> known_ ABSL_GUARDED_BY(mutex_);
  // Address in lower case -> the participants that have an instance there, with the address as they
  // gave it.
  using Place = std::pair<std::string, std::string>;
  absl::flat_hash_map<std::string, std::set<Place>> by_address_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace saga::api
