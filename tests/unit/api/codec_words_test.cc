#include "orchestrator/api/codec_words.h"

#include <gtest/gtest.h>

namespace saga::api {
namespace {

TEST(CodecWordsTest, EveryModeComesBack) {
  for (const core::Mode mode : {core::Mode::kSaga, core::Mode::kTcc, core::Mode::kMessage}) {
    EXPECT_EQ(ModeFromWord(core::WordOf(mode)), mode);
  }
  EXPECT_EQ(ModeFromWord("saga"), core::Mode::kSaga);
  EXPECT_EQ(ModeFromWord("tcc"), core::Mode::kTcc);
  EXPECT_EQ(ModeFromWord("msg"), core::Mode::kMessage);
}

TEST(CodecWordsTest, EveryStatusComesBack) {
  for (const char* word : {"prepared", "submitted", "aborting", "succeed", "failed"}) {
    const auto status = StatusFromWord(word);
    ASSERT_TRUE(status.has_value()) << word;
    EXPECT_EQ(core::WordOf(*status), word);
  }
  for (const char* word : {"prepared", "succeed", "failed"}) {
    const auto status = BranchStatusFromWord(word);
    ASSERT_TRUE(status.has_value()) << word;
    EXPECT_EQ(core::WordOf(*status), word);
  }
}

TEST(CodecWordsTest, EveryOpAndOutcomeComesBack) {
  for (const char* word : {"action", "compensate", "confirm", "cancel", "msg", "try"}) {
    const auto op = OpFromWord(word);
    ASSERT_TRUE(op.has_value()) << word;
    EXPECT_EQ(core::WordOf(*op), word);
  }
  for (const char* word : {"success", "failure", "ongoing", "unknown"}) {
    const auto outcome = OutcomeFromWord(word);
    ASSERT_TRUE(outcome.has_value()) << word;
    EXPECT_EQ(core::WordOf(*outcome), word);
  }
}

TEST(CodecWordsTest, EveryHistoryKindComesBack) {
  for (const char* word : {"prepared", "submitted", "registered", "answered", "aborting", "ended",
                           "abort_requested", "retry_now", "force_stopped"}) {
    const auto kind = HistoryKindFromWord(word);
    ASSERT_TRUE(kind.has_value()) << word;
    EXPECT_EQ(WordOf(*kind), word);
  }
}

TEST(CodecWordsTest, ProtocolIsHttpUnlessSaid) {
  EXPECT_EQ(ProtocolFromWord(""), core::Protocol::kHttp);
  EXPECT_EQ(ProtocolFromWord("http"), core::Protocol::kHttp);
  EXPECT_EQ(ProtocolFromWord("grpc"), core::Protocol::kGrpc);
  EXPECT_EQ(ProtocolFromWord("json-rpc"), core::Protocol::kJsonRpc);
  EXPECT_FALSE(ProtocolFromWord("smoke").has_value());
}

TEST(CodecWordsTest, OtherWordsNameNothing) {
  for (const char* word : {"", "SAGA", "Saga", "XA", " saga", "saga "}) {
    EXPECT_FALSE(ModeFromWord(word).has_value()) << word;
  }
  EXPECT_FALSE(StatusFromWord("success").has_value());
  EXPECT_FALSE(BranchStatusFromWord("aborting").has_value());
  EXPECT_FALSE(OpFromWord("Commit").has_value());
  EXPECT_FALSE(OutcomeFromWord("SUCCESS").has_value());
  EXPECT_FALSE(HistoryKindFromWord("").has_value());
}

}  // namespace
}  // namespace saga::api
