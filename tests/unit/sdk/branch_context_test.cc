#include "participants/sdk/branch_context.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>

namespace saga::participants::sdk {
namespace {

using ::testing::HasSubstr;
using Values = std::map<std::string, std::string>;

absl::StatusOr<BranchContext> Read(ContextSource source, const Values& values) {
  return ReadBranchContext(source, [&](absl::string_view name) -> std::optional<std::string> {
    const auto found = values.find(std::string(name));
    return found == values.end() ? std::nullopt : std::make_optional(found->second);
  });
}

Values Query() {
  return {{"gid", "g1"}, {"trans_type", "saga"}, {"branch_id", "01"}, {"op", "action"}};
}

TEST(BranchContext, IsReadFromMetadataAndQuery) {
  const auto from_query = Read(ContextSource::kHttpQuery, Query());
  ASSERT_TRUE(from_query.ok()) << from_query.status();
  EXPECT_EQ(from_query->gid, "g1");
  EXPECT_EQ(from_query->mode, Mode::kSaga);
  EXPECT_EQ(from_query->branch_id, "01");
  EXPECT_EQ(from_query->op, Op::kAction);

  const auto from_metadata = Read(ContextSource::kGrpcMetadata, {{"dtm-gid", "g2"},
                                                                 {"dtm-trans_type", "tcc"},
                                                                 {"dtm-branch_id", "0201"},
                                                                 {"dtm-op", "cancel"}});
  ASSERT_TRUE(from_metadata.ok()) << from_metadata.status();
  EXPECT_EQ(from_metadata->gid, "g2");
  EXPECT_EQ(from_metadata->mode, Mode::kTcc);
  EXPECT_EQ(from_metadata->branch_id, "0201");
  EXPECT_EQ(from_metadata->op, Op::kCancel);
}

TEST(BranchContext, EveryMissingValueIsNamed) {
  for (const char* name : {"gid", "trans_type", "branch_id", "op"}) {
    Values values = Query();
    values.erase(name);
    const auto context = Read(ContextSource::kHttpQuery, values);
    EXPECT_EQ(context.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(context.status().message()),
                HasSubstr(std::string("query parameter ") + name + " is missing"));
    values[name] = "";
    EXPECT_FALSE(Read(ContextSource::kHttpQuery, values).ok());
  }
  EXPECT_THAT(std::string(Read(ContextSource::kGrpcMetadata, {}).status().message()),
              HasSubstr("metadata dtm-gid is missing"));
}

TEST(BranchContext, UnknownWordsAreRefusedWithTheKnownOnes) {
  Values values = Query();
  values["op"] = "commit";
  EXPECT_THAT(
      std::string(Read(ContextSource::kHttpQuery, values).status().message()),
      HasSubstr("op is 'commit', known are: action, compensate, try, confirm, cancel, msg"));
  values = Query();
  values["trans_type"] = "xa";
  EXPECT_THAT(std::string(Read(ContextSource::kHttpQuery, values).status().message()),
              HasSubstr("trans_type is 'xa', known are: saga, tcc, msg, workflow"));
}

TEST(BranchContext, ABranchOfXaTellsWhereToRegister) {
  const auto read = [](ContextSource source, const Values& values) {
    return ReadXaContext(source, [&](absl::string_view name) -> std::optional<std::string> {
      const auto found = values.find(std::string(name));
      return found == values.end() ? std::nullopt : std::make_optional(found->second);
    });
  };
  Values values = Query();
  EXPECT_FALSE(read(ContextSource::kHttpQuery, values).ok()) << "a saga's";
  values["trans_type"] = "xa";
  EXPECT_THAT(std::string(read(ContextSource::kHttpQuery, values).status().message()),
              HasSubstr("needs query parameter phase2_url and dtm"));
  values["phase2_url"] = "http://me/add";
  values["dtm"] = "http://sagad/api/dtmsvr";
  const auto action = read(ContextSource::kHttpQuery, values);
  ASSERT_TRUE(action.ok()) << action.status();
  EXPECT_EQ(action->branch.mode, Mode::kXa);
  EXPECT_EQ(action->phase2_url, "http://me/add");
  EXPECT_EQ(action->orchestrator, "http://sagad/api/dtmsvr");

  const auto commit = read(ContextSource::kGrpcMetadata, {{"dtm-gid", "g"},
                                                          {"dtm-trans_type", "xa"},
                                                          {"dtm-branch_id", "01"},
                                                          {"dtm-op", "commit"},
                                                          {"dtm-dtm", ""}});
  ASSERT_TRUE(commit.ok()) << commit.status();
  EXPECT_EQ(commit->branch.op, Op::kCommit);
}

TEST(BranchContext, OverlongIdsAreRefused) {
  for (const char* name : {"gid", "branch_id"}) {
    Values values = Query();
    values[name] = std::string(128, 'g');
    EXPECT_TRUE(Read(ContextSource::kHttpQuery, values).ok());
    values[name] += 'g';
    EXPECT_FALSE(Read(ContextSource::kHttpQuery, values).ok());
  }
}

TEST(BranchContext, TheOlderNameOfOpIsUnderstood) {
  const auto context =
      Read(ContextSource::kHttpQuery,
           {{"gid", "g"}, {"trans_type", "tcc"}, {"branch_id", "01"}, {"branch_type", "try"}});
  ASSERT_TRUE(context.ok()) << context.status();
  EXPECT_EQ(context->op, Op::kTry);
}

}  // namespace
}  // namespace saga::participants::sdk
