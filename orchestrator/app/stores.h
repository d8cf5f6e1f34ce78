#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "orchestrator/app/config.h"
#include "orchestrator/core/limits.h"
#include "orchestrator/port/dead_letter_query.h"
#include "orchestrator/port/job_store.h"
#include "orchestrator/port/kv_store.h"
#include "orchestrator/port/node_list.h"
#include "orchestrator/port/outbox_store.h"
#include "orchestrator/port/retention.h"
#include "orchestrator/port/transaction_query.h"
#include "orchestrator/port/transaction_store.h"

namespace saga::app {

// The store that the configuration names, with all of its sides. Those with an owner of their own
// are not the store itself.
struct OpenedStore {
  std::unique_ptr<port::TransactionStore> store;
  std::unique_ptr<port::TransactionQuery> own_query;
  port::TransactionQuery* query = nullptr;
  std::unique_ptr<port::KvStore> kv;
  std::unique_ptr<port::OutboxStore> own_outbox;
  port::OutboxStore* outbox = nullptr;
  std::unique_ptr<port::JobStore> jobs;
  std::unique_ptr<port::DeadLetterQuery> own_dead_letters;
  port::DeadLetterQuery* dead_letters = nullptr;
  std::unique_ptr<port::Retention> own_retention;
  port::Retention* retention = nullptr;
  std::unique_ptr<port::NodeList> nodes;  // null: no other process can work on this store

  // Of a shared store: tells the other nodes where this one listens.
  std::function<absl::Status(const std::string& address)> announce;
  // What the store can hold of a request, where that is less than a server may be told to take.
  std::optional<core::RequestLimits> largest;
  // What the log has to say about it.
  std::vector<std::string> warnings;
  uint64_t adopted = 0;  // open transactions that were DTM's

  // Lets go of it in the order that leaves a tidy file: the store last.
  void Close();
};

// `crash_point` is the value of SAGAD_CRASH_POINT; empty: none. InvalidArgument when it is not one,
// any other error when the store cannot be used; the text says what to do.
[[nodiscard]] absl::StatusOr<OpenedStore> OpenStore(const Config& config,
                                                    const std::string& crash_point);

}  // namespace saga::app
