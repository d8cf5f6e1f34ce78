#include "orchestrator/adapter/yaml/definition_loader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <ostream>
#include <string>
#include <vector>

#include "orchestrator/core/limits.h"
#include "tests/fixture/temp_dir.h"

namespace saga::adapter {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

constexpr char kHead[] = "name: pay\nversion: 1\nmode: saga\nprotocol: http\n";  // lines 1 to 4
constexpr char kStep[] =
    "steps:\n"                            // 5
    "  - name: first\n"                   // 6
    "    action: http://h:1/do\n"         // 7
    "    compensate: http://h:1/undo\n";  // 8

Environment Nothing() {
  return [](const std::string&) { return std::nullopt; };
}

LoadedFolder Read(const std::string& text) {
  return LoadDefinition("x.saga.yaml", text, Nothing());
}

TEST(LoaderTest, ReadsEveryKey) {
  const LoadedFolder loaded = Read(
      "name: pay\nversion: 2\ndescription: Pays.\nmode: saga\nprotocol: http\n"
      "key:\n  prefix: pay-\n  fields: [$input.order.id, $input.shop]\n"
      "options:\n  timeout_to_fail_s: 60\n  retry_interval_s: 7\n  request_timeout_s: 4\n  "
      "retry_limit: 3\n  attempt_limit: 9\n"
      "  branch_headers:\n    x-shop: '12'\n"
      "concurrent: true\n"
      "steps:\n"
      "  - name: one\n    action: http://h:1/do\n    compensate: none\n"
      "  - name: two\n    action: http://${H:-h:2}/do\n    compensate: http://h:1/undo\n    after: "
      "[one]\n"
      "    payload: {id: $input.id, fixed: [1, 2.5, true, null, 'true', $$x, {a: $input}]}\n"
      "    retry: {interval: 4500ms, factor: 1.5, cap: 1m, jitter: 0.25, attempt_limit: 6}\n");
  ASSERT_THAT(loaded.problems, IsEmpty());
  ASSERT_EQ(loaded.definitions.size(), 1u);
  EXPECT_EQ(loaded.definitions[0].source, "x.saga.yaml");
  const core::SagaDefinition& definition = loaded.definitions[0].definition;
  EXPECT_EQ(definition.name, "pay");
  EXPECT_EQ(definition.version, 2u);
  EXPECT_EQ(definition.description, "Pays.");
  EXPECT_EQ(definition.mode, core::Mode::kSaga);
  EXPECT_EQ(definition.protocol, core::Protocol::kHttp);
  EXPECT_TRUE(definition.concurrent);
  ASSERT_TRUE(definition.key.has_value());
  EXPECT_EQ(definition.key->prefix, "pay-");
  EXPECT_THAT(definition.key->fields, ElementsAre(ElementsAre("order", "id"), ElementsAre("shop")));
  EXPECT_EQ(definition.options.timeout_to_fail_s, 60);
  EXPECT_EQ(definition.options.retry_interval_s, 7);
  EXPECT_EQ(definition.options.request_timeout_s, 4);
  EXPECT_EQ(definition.options.retry_limit, 3);
  EXPECT_EQ(definition.options.attempt_limit, 9);
  EXPECT_EQ(definition.options.branch_headers.at("x-shop"), "12");
  EXPECT_TRUE(definition.steps[0].retry.Empty());
  EXPECT_EQ(definition.steps[1].retry, (core::RetryPolicy{.interval = base::Millis(4500),
                                                          .factor = 1.5,
                                                          .cap = base::Seconds(60),
                                                          .jitter = 0.25,
                                                          .attempt_limit = 6}));
  ASSERT_EQ(definition.steps.size(), 2u);
  EXPECT_EQ(definition.steps[0].compensate, "");
  EXPECT_EQ(definition.steps[1].action, "http://h:2/do");
  EXPECT_THAT(definition.steps[1].after, ElementsAre("one"));
  ASSERT_TRUE(definition.steps[1].payload.has_value());
  const core::PayloadValue& payload = *definition.steps[1].payload;
  EXPECT_THAT(payload.names, ElementsAre("id", "fixed"));
  EXPECT_THAT(payload.items[0].path, ElementsAre("id"));
  std::vector<std::string> literals;
  for (const core::PayloadValue& item : payload.items[1].items) literals.push_back(item.literal);
  EXPECT_THAT(literals, ElementsAre("1", "2.5", "true", "null", "\"true\"", "\"$x\"", ""));
}

struct BadFile {
  std::string name;
  std::string text;
  std::string where;  // "line: field: "
  std::string what;
};

void PrintTo(const BadFile& file, std::ostream* out) { *out << file.name; }

class BadFileTest : public ::testing::TestWithParam<BadFile> {};

TEST_P(BadFileTest, IsRefusedWithLineFieldAndReason) {
  const LoadedFolder loaded = Read(GetParam().text);
  EXPECT_THAT(loaded.definitions, IsEmpty());
  ASSERT_EQ(loaded.problems.size(), 1u) << ::testing::PrintToString(loaded.problems);
  EXPECT_THAT(loaded.problems[0], StartsWith("x.saga.yaml:" + GetParam().where));
  EXPECT_THAT(loaded.problems[0], HasSubstr(GetParam().what));
}

std::string Head(const std::string& more) { return std::string(kHead) + kStep + more; }
std::string StepMore(const std::string& more) { return std::string(kHead) + kStep + "    " + more; }

const BadFile kBadFiles[] = {
    {"NotYaml", "name: [pay\n", "", "not YAML"},
    {"Empty", "", "1: ", "document"},
    {"TwoDocuments", std::string(kHead) + kStep + "---\n" + kHead + kStep,
     "1: ", "one YAML document"},
    {"NotAMap", "- a\n- b\n", "1: ", "a map with the keys name, version"},
    {"UnknownKey", Head("timeout: 3\n"),
     "9: timeout: ", "unknown key 'timeout'; allowed here: name"},
    {"UnknownKeySuggestion", Head("concurent: true\n"),
     "9: concurent: ", "did you mean 'concurrent'?"},
    {"UnknownStepKey", StepMore("compensation: x\n"),
     "9: steps[0].compensation: ", "did you mean 'compensate'?"},
    {"MisplacedKey", StepMore("retry_limit: 3\n"),
     "9: steps[0].retry_limit: ", "unknown key 'retry_limit'"},
    {"UnknownOption", Head("options:\n  timeout_to_fail: 3\n"),
     "10: options.timeout_to_fail: ", "did you mean 'timeout_to_fail_s'?"},
    {"KeyTwice", Head("name: other\n"), "9: name: ", "given twice"},
    {"MissingName", std::string("version: 1\nmode: saga\nprotocol: http\n") + kStep,
     "1: name: ", "missing"},
    {"MissingSteps", kHead, "1: steps: ", "missing"},
    {"NameIsNumber", std::string("name: 12\nversion: 1\nmode: saga\nprotocol: http\n") + kStep,
     "1: name: ", "a string is expected, not '12'; put it in quotes"},
    {"NameIsList", std::string("name: [a]\nversion: 1\nmode: saga\nprotocol: http\n") + kStep,
     "1: name: ", "a string is expected, not a list"},
    {"VersionIsText", std::string("name: a\nversion: one\nmode: saga\nprotocol: http\n") + kStep,
     "2: version: ", "a whole number is expected, not 'one'"},
    {"VersionQuoted", std::string("name: a\nversion: '1'\nmode: saga\nprotocol: http\n") + kStep,
     "2: version: ", "a whole number is expected"},
    {"VersionNegative", std::string("name: a\nversion: -1\nmode: saga\nprotocol: http\n") + kStep,
     "2: version: ", "a whole number is expected"},
    {"UnknownMode", std::string("name: a\nversion: 1\nmode: xa\nprotocol: http\n") + kStep,
     "3: mode: ", "saga, tcc and message"},
    {"UnknownProtocol", std::string("name: a\nversion: 1\nmode: saga\nprotocol: ftp\n") + kStep,
     "4: protocol: ", "grpc and http"},
    {"ConcurrentIsText", Head("concurrent: maybe\n"),
     "9: concurrent: ", "true or false is expected, not 'maybe'"},
    {"OptionsIsList", Head("options: [1]\n"), "9: options: ", "a map with the keys"},
    {"OptionIsFraction", Head("options:\n  retry_limit: 1.5\n"),
     "10: options.retry_limit: ", "a whole number"},
    {"HeadersIsList", Head("options:\n  branch_headers: [a]\n"),
     "10: options.branch_headers: ", "a map from header"},
    {"HeaderIsNumber", Head("options:\n  branch_headers:\n    a: 1\n"),
     "11: options.branch_headers.a: ", "quotes"},
    {"KeyWithoutFields", Head("key:\n  prefix: a\n  fields: []\n"),
     "11: key.fields: ", "at least one"},
    {"KeyFieldBad", Head("key:\n  prefix: a\n  fields: [order_id]\n"),
     "11: key.fields[0]: ", "$input.name"},
    {"KeyWholeInput", Head("key:\n  prefix: a\n  fields: [$input]\n"),
     "11: key.fields[0]: ", "name a field"},
    {"StepsIsMap", std::string(kHead) + "steps:\n  a: b\n",
     "5: steps: ", "a list of steps is expected, not a map"},
    {"StepIsText", std::string(kHead) + "steps:\n  - a\n",
     "6: steps[0]: ", "a map with the keys name, action"},
    {"ValidateIsAsked",
     std::string(kHead) + "steps:\n  - name: a\n    action: h:1/x\n    compensate: none\n",
     "7: steps[0].action: ", "no HTTP target"},
    {"UndoNotSaid", std::string(kHead) + "steps:\n  - name: a\n    action: http://h:1/x\n",
     "6: steps[0].compensate: ", "compensate: none"},
    {"UndoEmpty",
     std::string(kHead) + "steps:\n  - name: a\n    action: http://h:1/x\n    compensate: ''\n",
     "8: steps[0].compensate: ", "say `none`"},
    {"SagaTries", StepMore("try: http://h:1/x\n"), "9: steps[0].try: ", "only a tcc tries"},
    {"NoEnvironment",
     std::string(kHead) +
         "steps:\n  - name: a\n    action: http://${HOST}/x\n    compensate: none\n",
     "7: steps[0].action: ", "HOST is not set"},
    {"PayloadIsList", StepMore("payload: [1]\n"), "9: steps[0].payload: ", "a map of fields"},
    {"PayloadBadPlace", StepMore("payload:\n      a: {b: $inptu.x}\n"),
     "10: steps[0].payload.a.b: ", "no place in"},
    {"PayloadEmptyName", StepMore("payload: {a: $input..x}\n"),
     "9: steps[0].payload.a: ", "empty name"},
    {"PayloadTwice", StepMore("payload: {a: 1, a: 2}\n"), "9: steps[0].payload.a: ", "given twice"},
    {"PayloadBadNumber", StepMore("payload: {a: 007}\n"),
     "9: steps[0].payload.a: ", "put it in quotes"},
    {"PayloadHugeNumber", StepMore("payload: {a: 99999999999999999999}\n"),
     "9: steps[0].payload.a: ", "quotes"},
    {"PayloadOfItself", StepMore("payload: &p {a: *p}\n"), "9: steps[0].payload.a",
     "nested deeper"},
    {"RetryIsNumber", StepMore("retry: 3\n"),
     "9: steps[0].retry: ", "a map with the keys interval, factor, cap, jitter, attempt_limit"},
    {"RetryUnknownKey", StepMore("retry: {intervall: 3s}\n"),
     "9: steps[0].retry.intervall: ", "did you mean 'interval'?"},
    {"RetryWithoutUnit", StepMore("retry: {interval: 3}\n"), "9: steps[0].retry.interval: ",
     "a duration with its unit, such as 500ms, 2s or 1m, is expected, not '3'"},
    {"RetryForEver", StepMore("retry: {cap: inf}\n"), "9: steps[0].retry.cap: ", "a duration"},
    {"RetryFactorText", StepMore("retry: {factor: two}\n"),
     "9: steps[0].retry.factor: ", "a number is expected, not 'two'"},
    {"RetryAttemptFraction", StepMore("retry: {attempt_limit: 1.5}\n"),
     "9: steps[0].retry.attempt_limit: ", "a whole number"},
    {"RetryOutOfOrder", StepMore("retry: {interval: 2s}\noptions:\n  request_timeout_s: 3\n"),
     "9: steps[0].retry.interval: ", "must be longer than options.request_timeout_s (3)"},
    {"MessageOverHttp", StepMore("message: p.M\n"), "9: steps[0].message: ", "has no messages"},
    {"ProtoMissing", Head("protos: [none.proto]\n"), "9: protos: ", "cannot read none.proto"},
};

INSTANTIATE_TEST_SUITE_P(All, BadFileTest, ::testing::ValuesIn(kBadFiles),
                         [](const auto& param) { return param.param.name; });

TEST(LoaderTest, ReportsEverythingInAFileAtOnce) {
  const LoadedFolder loaded = Read(
      "name: Pay\n"
      "version: 1\n"
      "mode: saga\n"
      "protocol: http\n"
      "colour: red\n"
      "steps:\n"
      "  - name: a\n"
      "    action: h:1/x\n");
  EXPECT_THAT(loaded.problems, ElementsAre(HasSubstr(":1: name: "), HasSubstr(":5: colour: "),
                                           HasSubstr(":7: steps[0].compensate: "),
                                           HasSubstr(":8: steps[0].action: ")));
}

TEST(LoaderTest, RefusesAHugeFile) {
  const LoadedFolder loaded =
      Read(std::string(kHead) + kStep + std::string(core::kMaxDefinitionFileSize, '#'));
  EXPECT_THAT(loaded.problems, ElementsAre(HasSubstr("larger than")));
}

TEST(LoaderTest, RefusesAPayloadThatAliasesBlowUp) {
  std::string text =
      std::string(kHead) + kStep + "    payload:\n      l0: &l0 [1,1,1,1,1,1,1,1,1,1]\n";
  for (int i = 1; i < 8; ++i) {
    const std::string below = "*l" + std::to_string(i - 1);
    text += "      l" + std::to_string(i) + ": &l" + std::to_string(i) + " [";
    for (int j = 0; j < 10; ++j) text += (j > 0 ? "," : "") + below;
    text += "]\n";
  }
  const LoadedFolder loaded = Read(text);
  EXPECT_THAT(loaded.definitions, IsEmpty());
  ASSERT_FALSE(loaded.problems.empty());
  EXPECT_THAT(loaded.problems[0], HasSubstr("values in one payload"));
  EXPECT_LT(loaded.problems.size(), 10u);
}

class FolderTest : public ::testing::Test {
 protected:
  void Write(const std::string& name, const std::string& text) {
    std::ofstream(folder_.File(name)) << text;
  }
  LoadedFolder Load() { return LoadDefinitions(folder_.path(), Nothing()); }

  fixture::TempDir folder_;
};

std::string Version(int version) {
  return "name: pay\nversion: " + std::to_string(version) + "\nmode: saga\nprotocol: http\n" +
         kStep;
}

TEST_F(FolderTest, ReadsDefinitionsAndNothingElse) {
  Write("b.saga.yaml", Version(2));
  Write("a.saga.yaml", Version(1));
  Write("notes.yaml", "not: a saga\n");
  Write("README.md", "# x\n");
  std::filesystem::create_directory(folder_.File("below"));
  Write("below/c.saga.yaml", "also not read");
  const LoadedFolder loaded = Load();
  EXPECT_THAT(loaded.problems, IsEmpty());
  ASSERT_EQ(loaded.definitions.size(), 2u);
  EXPECT_EQ(loaded.definitions[0].definition.version, 1u);
  EXPECT_EQ(loaded.definitions[1].definition.version, 2u);
}

TEST_F(FolderTest, RefusesTheSameVersionTwiceAndNamesBothFiles) {
  Write("a.saga.yaml", Version(1));
  Write("b.saga.yaml", Version(1));
  const LoadedFolder loaded = Load();
  ASSERT_EQ(loaded.problems.size(), 1u);
  EXPECT_THAT(loaded.problems[0],
              HasSubstr("b.saga.yaml:1: name: version 1 of 'pay' is defined in"));
  EXPECT_THAT(loaded.problems[0], HasSubstr("a.saga.yaml already"));
}

TEST_F(FolderTest, ReportsTheProblemsOfAllFiles) {
  Write("a.saga.yaml", "name: a\n");
  Write("b.saga.yaml", Version(1));
  Write("c.saga.yaml", "[");
  const LoadedFolder loaded = Load();
  EXPECT_EQ(loaded.definitions.size(), 1u);
  EXPECT_THAT(loaded.problems, ::testing::Contains(HasSubstr("a.saga.yaml:1: steps: missing")));
  EXPECT_THAT(loaded.problems, ::testing::Contains(HasSubstr("c.saga.yaml:")));
}

TEST(LoaderTest, AFolderThatIsNotThereIsAProblem) {
  EXPECT_THAT(LoadDefinitions("/nonexistent/sagas", Nothing()).problems,
              ElementsAre(HasSubstr("No such file")));
}

}  // namespace
}  // namespace saga::adapter
