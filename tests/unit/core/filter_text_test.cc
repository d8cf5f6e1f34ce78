// From the text of a filter to its tree, and what is said about texts that are none.

#include <random>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "orchestrator/core/destination_filter.h"
#include "orchestrator/core/filter.h"
#include "orchestrator/core/filter_words.h"
#include "orchestrator/core/limits.h"

namespace saga::core {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::string NameOf(Field field) {
  for (const FieldWords& words : TransactionFields()) {
    if (words.field == field) return std::string(words.name);
  }
  return "?";
}

// Another writing of the same tree, with every value quoted and every node in parentheses.
std::string Written(const Filter& filter) {
  std::string text;
  switch (filter.kind) {
    case Filter::Kind::kAll:
      return "";
    case Filter::Kind::kCondition:
      for (const char c : filter.text) {
        if (c == '"' || c == '\\') text += '\\';
        text += c;
      }
      return NameOf(filter.field) + std::string(SignOf(filter.comparison)) + "\"" + text + "\"";
    case Filter::Kind::kNot:
      return "not (" + Written(filter.parts[0]) + ")";
    case Filter::Kind::kAnd:
    case Filter::Kind::kOr:
      for (const Filter& part : filter.parts) {
        if (!text.empty()) text += filter.kind == Filter::Kind::kAnd ? " and " : " or ";
        text += "(" + Written(part) + ")";
      }
      return text;
  }
  return "?";
}

// The tree as one line: and(state=aborting, dest~product).
std::string Shape(const Filter& filter) {
  std::string parts;
  for (const Filter& part : filter.parts) parts += (parts.empty() ? "" : ", ") + Shape(part);
  switch (filter.kind) {
    case Filter::Kind::kAll:
      return "all";
    case Filter::Kind::kCondition:
      return NameOf(filter.field) + std::string(SignOf(filter.comparison)) + filter.text;
    case Filter::Kind::kAnd:
      return "and(" + parts + ")";
    case Filter::Kind::kOr:
      return "or(" + parts + ")";
    case Filter::Kind::kNot:
      return "not(" + parts + ")";
  }
  return "?";
}

struct Case {
  const char* text;
  const char* expected;
};

class Grammar : public testing::TestWithParam<Case> {};

TEST_P(Grammar, IsReadAs) {
  const auto filter = ParseFilter(GetParam().text);
  ASSERT_TRUE(filter.ok()) << filter.status();
  EXPECT_EQ(Shape(*filter), GetParam().expected);
  const auto again = ParseFilter(Written(*filter));
  ASSERT_TRUE(again.ok()) << Written(*filter) << ": " << again.status();
  EXPECT_EQ(*again, *filter);
}

INSTANTIATE_TEST_SUITE_P(
    Table, Grammar,
    testing::Values(
        Case{"", "all"}, Case{" \t\n", "all"}, Case{"gid=a", "gid=a"}, Case{" gid = a ", "gid=a"},
        Case{"gid!=a", "gid!=a"}, Case{"gid~a", "gid~a"}, Case{"gid!~a", "gid!~a"},
        Case{"attempts>=3", "attempts>=3"}, Case{"attempts=0", "attempts=0"},
        Case{"age<10m", "age<10m"}, Case{"age <= 10s", "age<=10s"}, Case{"dead=yes", "dead=yes"},
        Case{"state=aborting and dest~product and age>10m and attempts>=3",
             "and(state=aborting, dest~product, age>10m, attempts>=3)"},
        Case{"not (mode=tcc or mode=xa) and error~\"no route\"",
             "and(not(or(mode=tcc, mode=xa)), error~no route)"},
        Case{"gid=a or gid=b and gid=c", "or(gid=a, and(gid=b, gid=c))"},
        Case{"(gid=a or gid=b) and gid=c", "and(or(gid=a, gid=b), gid=c)"},
        Case{"not gid=a and gid=b", "and(not(gid=a), gid=b)"},
        Case{"not not gid=a", "not(not(gid=a))"}, Case{"((gid=a))", "gid=a"},
        Case{"(gid=a and gid=b) and gid=c", "and(and(gid=a, gid=b), gid=c)"},
        Case{"gid=a and(gid=b)", "and(gid=a, gid=b)"},
        Case{"gid=\"a \\\"b\\\" \\\\ c\"", "gid=a \"b\" \\ c"}, Case{"gid=\"\"", "gid="},
        Case{"gid=\"and\"", "gid=and"}, Case{"dest=127.0.0.1:80", "dest=127.0.0.1:80"},
        Case{"branch=01", "branch=01"}, Case{"error~東京", "error~東京"},
        Case{"gid=order-1,x/y;z", "gid=order-1,x/y;z"}, Case{"gid=state", "gid=state"},
        Case{"fingerprint=0a1b2c3d", "fingerprint=0a1b2c3d"},
        Case{"reason=attempts_used", "reason=attempts_used"},
        Case{"definition!~test", "definition!~test"}, Case{"op=compensate", "op=compensate"},
        Case{"state=open or state=ended", "or(state=open, state=ended)"}));

TEST(FilterNumbers, AreInMicrosecondsOrCounts) {
  const auto number = [](const char* text) { return ParseFilter(text)->number; };
  EXPECT_EQ(number("age>10s"), 10'000'000);
  EXPECT_EQ(number("age>5m"), 300'000'000);
  EXPECT_EQ(number("age>2h"), 7'200'000'000);
  EXPECT_EQ(number("age>3d"), 259'200'000'000);
  EXPECT_EQ(number("age>0s"), 0);
  EXPECT_EQ(number("attempts=4294967295"), 4'294'967'295);
  EXPECT_EQ(ParseFilter("age>36500d")->number, kMaxOptionSeconds * 1'000'000);
}

class Mistake : public testing::TestWithParam<Case> {};

TEST_P(Mistake, IsExplainedWithItsPlace) {
  const auto filter = ParseFilter(GetParam().text);
  ASSERT_FALSE(filter.ok()) << Shape(*filter);
  EXPECT_EQ(filter.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(filter.status().message()),
              StartsWith(std::string("filter, character ") + GetParam().expected));
}

constexpr char kFields[] =
    "fields: state, mode, gid, definition, age, reason, dest, op, branch, attempts, error, "
    "fingerprint, dead";

INSTANTIATE_TEST_SUITE_P(
    Table, Mistake,
    testing::Values(
        Case{"stat=failed", "1: there is no field \"stat\"; fields: state, mode"},
        Case{"gid", "4: behind gid a comparison belongs: = != ~ !~"},
        Case{"gid a", "5: behind gid a comparison belongs: = != ~ !~"},
        Case{"gid=", "5: a value belongs here: a word, or a text in double quotes"},
        Case{"gid=)", "5: a value belongs here"}, Case{"gid==a", "4: there is no such comparison"},
        Case{"gid=and", "5: a value belongs here; the word and needs quotes to be one"},
        Case{"gid<a", "4: < does not go with gid; allowed: = != ~ !~"},
        Case{"state~abort", "6: ~ does not go with state; allowed: = !="},
        Case{"age=10m", "4: = does not go with age; allowed: < <= > >="},
        Case{"attempts~3", "9: ~ does not go with attempts; allowed: = != < <= > >="},
        Case{"state=abortin",
             "7: \"abortin\" is no state; allowed: prepared, submitted, aborting, succeed, failed, "
             "open, ended; did you mean \"aborting\"?"},
        Case{"mode=Saga",
             "6: \"Saga\" is no mode; allowed: saga, tcc, msg, xa, workflow; did you "
             "mean \"saga\"?"},
        Case{"dead=maybe", "6: \"maybe\" is no dead; allowed: yes, no"},
        Case{"op=undo", "4: \"undo\" is no op; allowed: action, compensate"},
        Case{"age>10", "5: \"10\" is no duration; allowed are whole numbers of one unit"},
        Case{"age>m", "5: \"m\" is no duration"}, Case{"age>-5m", "5: \"-5m\" is no duration"},
        Case{"age>1h30m", "5: \"1h30m\" is no duration"},
        Case{"age>36501d", "5: \"36501d\" is no duration"},
        Case{"age>99999999999999999999d", "5: \"99999999999999999999d\" is no duration"},
        Case{"attempts>many", "10: \"many\" is no number from 0 to 4294967295"},
        Case{"attempts>-1", "10: \"-1\" is no number"},
        Case{"attempts>4294967296", "10: \"4294967296\" is no number"},
        Case{"gid=a gid=b", "7: here may stand and, or, the end"},
        Case{"(gid=a gid=b)", "8: here may stand and, or, )"},
        Case{"gid=a=b",
             "6: here may stand and, or, the end; a value that has it needs double "
             "quotes"},
        Case{"gid=a)", "6: this ) closes nothing"},
        Case{"(gid=a", "7: the ( of character 1 has no"},
        Case{"((gid=a)", "9: the ( of character 1 has no )"}, Case{"()", "2: a condition belongs"},
        Case{"and gid=a", "1: a condition belongs here, like state=..., or not, or ("},
        Case{"gid=a and", "10: a condition belongs here"},
        Case{"gid=a or or gid=b", "10: a condition belongs here"},
        Case{"not", "4: a condition belongs here"}, Case{"=a", "1: a condition belongs here"},
        Case{"\"gid\"=a", "1: a condition belongs here"},
        Case{"!gid=a", "1: \"!\" alone is none of = != ~ !~ < <= > >=; write not"},
        Case{"gid=a && gid=b", "7: here may stand and, or, the end"},
        Case{"error~\"a", "7: the text that begins here has no closing \""},
        Case{"error~\"a\\n\"", "9: behind a \\ in quotes only \" or \\ may stand"},
        Case{"error~\"a\\", "9: behind a \\ in quotes only \" or \\ may stand"},
        Case{"error~\"東京\" x", "12: here may stand and, or, the end"}));

TEST(FilterMistake, FieldsAreListedAndTheNearestIsNamed) {
  EXPECT_EQ(ParseFilter("status=failed").status().message(),
            std::string("filter, character 1: there is no field \"status\"; ") + kFields +
                "; did you mean \"state\"?");
  const auto said = [](const char* text) {
    return std::string(ParseFilter(text).status().message());
  };
  EXPECT_THAT(said("destination=a"), HasSubstr("did you mean \"dest\"?"));
  EXPECT_THAT(said("finger=a"), HasSubstr("did you mean \"fingerprint\"?"));
  EXPECT_THAT(said("GID=a"), HasSubstr("did you mean \"gid\"?"));
  EXPECT_EQ(said("frobnicate=a"),
            std::string("filter, character 1: there is no field \"frobnicate\"; ") + kFields);
}

TEST(FilterMistake, LongPiecesAreCutAtACharacter) {
  std::string word;
  for (int i = 0; i < 100; ++i) word += "東";
  const std::string said(ParseFilter(word + "=a").status().message());
  EXPECT_THAT(said, HasSubstr("\"東東東東東東東東東東東東東...\""));
  EXPECT_LT(said.size(), 300U);
}

TEST(FilterLimits, LengthAndDepth) {
  EXPECT_TRUE(ParseFilter("gid=" + std::string(kMaxFilterLength - 4, 'x')).ok());
  EXPECT_EQ(ParseFilter("gid=" + std::string(kMaxFilterLength - 3, 'x')).status().message(),
            "filter: 4097 bytes are too long; allowed are 4096");
  const auto nested = [](size_t depth) {
    return std::string(depth, '(') + "gid=a" + std::string(depth, ')');
  };
  EXPECT_TRUE(ParseFilter(nested(kMaxFilterDepth)).ok());
  EXPECT_EQ(ParseFilter(nested(kMaxFilterDepth + 1)).status().message(),
            "filter, character 33: parentheses and not may go 32 deep, no deeper");
  std::string nots;
  for (size_t i = 0; i <= kMaxFilterDepth; ++i) nots += "not ";
  EXPECT_FALSE(ParseFilter(nots + "gid=a").ok());
  EXPECT_TRUE(ParseFilter(nots.substr(4) + "gid=a").ok());
  EXPECT_FALSE(ParseFilter(std::string(kMaxFilterLength, '(')).ok());
}

TEST(DestinationFilter, HasItsOwnFieldsAndStates) {
  const auto open = ParseDestinationFilter("state=half_open or dest~product");
  ASSERT_TRUE(open.ok()) << open.status();
  EXPECT_TRUE(MatchesDestination(*open, "product", "closed"));
  EXPECT_TRUE(MatchesDestination(*open, "order", "half_open"));
  EXPECT_FALSE(MatchesDestination(*open, "order", "open"));
  EXPECT_TRUE(MatchesDestination(*ParseDestinationFilter(""), "order", "open"));
  EXPECT_FALSE(MatchesDestination(*ParseDestinationFilter("not state=paused"), "a:1", "paused"));
  EXPECT_EQ(ParseDestinationFilter("gid=a").status().message(),
            "filter, character 1: there is no field \"gid\"; fields: dest, state");
  EXPECT_EQ(ParseDestinationFilter("state=aborting").status().message(),
            "filter, character 7: \"aborting\" is no state; allowed: closed, open, half_open, "
            "paused");
  EXPECT_FALSE(MatchesDestination(*ParseFilter("gid=a"), "a", "open"));
}

// A tree that the grammar can write: chains do not hold chains of their own kind in front only by
// chance, so any nesting is fine.
Filter RandomTree(std::mt19937& random, int depth) {
  const auto below = [&random](uint32_t limit) { return random() % limit; };
  Filter filter;
  const uint32_t kind = depth == 0 ? 0 : below(4);
  if (kind == 1) {
    filter.kind = Filter::Kind::kNot;
    filter.parts.push_back(RandomTree(random, depth - 1));
  } else if (kind >= 2) {
    filter.kind = kind == 2 ? Filter::Kind::kAnd : Filter::Kind::kOr;
    for (uint32_t i = 2 + below(2); i > 0; --i)
      filter.parts.push_back(RandomTree(random, depth - 1));
  } else {
    filter.kind = Filter::Kind::kCondition;
    const FieldWords& words = TransactionFields()[below(TransactionFields().size())];
    const auto comparisons = ComparisonsOf(words.kind);
    filter.field = words.field;
    filter.comparison = comparisons[below(comparisons.size())];
    switch (words.kind) {
      case ValueKind::kWord:
        filter.text = words.values[below(words.values.size())];
        break;
      case ValueKind::kText:
        for (uint32_t i = below(6); i > 0; --i) filter.text += "ab \"\\()=~<>!\n京"[below(16)];
        break;
      case ValueKind::kCount:
        filter.number = below(1000);
        filter.text = std::to_string(filter.number);
        break;
      case ValueKind::kAge:
        filter.number = below(1000) * 60'000'000LL;
        filter.text = std::to_string(filter.number / 60'000'000) + "m";
        break;
    }
  }
  return filter;
}

TEST(FilterProperty, WhatIsWrittenIsReadBack) {
  std::mt19937 random(20261121);
  for (int i = 0; i < 2000; ++i) {
    const Filter tree = RandomTree(random, static_cast<int>(random() % 5));
    const std::string text = Written(tree);
    if (text.size() > kMaxFilterLength) continue;
    const auto read = ParseFilter(text);
    ASSERT_TRUE(read.ok()) << text << ": " << read.status();
    ASSERT_EQ(*read, tree) << text;
  }
}

}  // namespace
}  // namespace saga::core
