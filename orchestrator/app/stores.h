#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "orchestrator/app/config.h"
#include "orchestrator/port/kv_store.h"
#include "orchestrator/port/outbox_store.h"
#include "orchestrator/port/transaction_query.h"
#include "orchestrator/port/transaction_store.h"

namespace saga::app {

// The store that the configuration names, with all of its sides. Let go of it from the bottom up:
// the others before the store.
struct OpenedStore {
  std::unique_ptr<port::TransactionStore> store;
  std::unique_ptr<port::TransactionQuery> own_query;  // null: the store answers queries itself
  port::TransactionQuery* query = nullptr;
  std::unique_ptr<port::KvStore> kv;
  port::OutboxStore* outbox = nullptr;
};

// `crash_point` is the value of SAGAD_CRASH_POINT; empty: none. InvalidArgument when it is not one,
// any other error when the store cannot be used; the text says what to do.
[[nodiscard]] absl::StatusOr<OpenedStore> OpenStore(const Config& config,
                                                    const std::string& crash_point);

}  // namespace saga::app
