#pragma once

#include <utility>

#include "orchestrator/adapter/mysql/session_pool.h"

namespace saga::adapter::mysql {

// Runs `work(saga::mysql::Connection&)`, which returns a StatusOr and only reads: all its
// statements see the database as it was at one moment.
template <typename Work>
auto ReadAtOnce(SessionPool& pool, Work work)
    -> decltype(work(std::declval<saga::mysql::Connection&>())) {
  return pool.With([&](saga::mysql::Connection& session) -> decltype(work(session)) {
    absl::Status begun = session.Run("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ");
    if (begun.ok()) begun = session.Run("START TRANSACTION READ ONLY");
    if (!begun.ok()) return begun;
    auto result = work(session);
    if (result.ok() && !session.Run("COMMIT").ok()) session.Close();
    return result;
  });
}

}  // namespace saga::adapter::mysql
