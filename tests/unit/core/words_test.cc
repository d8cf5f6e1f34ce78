#include "orchestrator/core/words.h"

#include <gtest/gtest.h>

#include <string_view>
#include <vector>

namespace saga::core {
namespace {

// Every word comes back as what it names, in the order of the enum.
template <typename Enum>
void ExpectWords(const std::vector<std::string_view>& words) {
  unsigned number = 0;
  for (const std::string_view word : words) {
    const auto value = static_cast<Enum>(++number);
    EXPECT_EQ(WordOf(value), word);
    EXPECT_EQ(FromWord<Enum>(word), value);
  }
  EXPECT_EQ(WordOf(static_cast<Enum>(number + 1)), "") << "a word is missing here";
  for (const std::string_view word : {"", " ", "Saga", "SUCCESS", "msg ", " grpc"})
    EXPECT_FALSE(FromWord<Enum>(word).has_value()) << word;
}

TEST(WordsTest, EveryWordComesBack) {
  ExpectWords<Mode>({"saga", "tcc", "msg", "xa", "workflow"});
  ExpectWords<Op>({"action", "compensate", "confirm", "cancel", "msg", "try", "commit", "rollback",
                   "callback", "business"});
  ExpectWords<Protocol>({"http", "grpc", "json-rpc"});
  ExpectWords<Status>({"prepared", "submitted", "aborting", "succeed", "failed"});
  ExpectWords<BranchStatus>({"prepared", "succeed", "failed"});
  ExpectWords<Outcome>({"success", "failure", "ongoing", "unknown"});
  ExpectWords<DeadReason>({"attempts_used", "unknown_method", "contract", "undecodable"});
  ExpectWords<HistoryKind>({"prepared", "submitted", "registered", "answered", "aborting", "ended",
                            "abort_requested", "retry_now", "force_stopped", "dead", "replayed",
                            "edited", "resolved", "discarded", "fallback"});
}

TEST(WordsTest, AllAreListed) {
  for (size_t i = 0; i < kModes.size(); ++i) EXPECT_EQ(kModes[i], static_cast<Mode>(i + 1));
  EXPECT_EQ(WordOf(static_cast<Mode>(kModes.size() + 1)), "");
  for (size_t i = 0; i < kOps.size(); ++i) EXPECT_EQ(kOps[i], static_cast<Op>(i + 1));
  EXPECT_EQ(WordOf(static_cast<Op>(kOps.size() + 1)), "");
}

}  // namespace
}  // namespace saga::core
