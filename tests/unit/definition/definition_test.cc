#include "orchestrator/core/definition.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <ostream>
#include <string>
#include <vector>

#include "orchestrator/core/limits.h"

namespace saga::core {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

StepDefinition SagaStep(const std::string& name) {
  StepDefinition step;
  step.name = name;
  step.action = "127.0.0.1:1/p.S/Do";
  step.compensate = "127.0.0.1:1/p.S/Undo";
  return step;
}

StepDefinition TccStep(const std::string& name) {
  StepDefinition step;
  step.name = name;
  step.action = "127.0.0.1:1/p.S/Try";
  step.confirm = "127.0.0.1:1/p.S/Confirm";
  step.cancel = "127.0.0.1:1/p.S/Cancel";
  return step;
}

SagaDefinition Saga() {
  SagaDefinition definition;
  definition.name = "pay";
  definition.version = 3;
  definition.steps = {SagaStep("a"), SagaStep("b"), SagaStep("c")};
  return definition;
}

SagaDefinition Tcc() {
  SagaDefinition definition = Saga();
  definition.mode = Mode::kTcc;
  definition.steps = {TccStep("a"), TccStep("b")};
  return definition;
}

SagaDefinition Message() {
  SagaDefinition definition = Saga();
  definition.mode = Mode::kMessage;
  for (StepDefinition& step : definition.steps) step.compensate.reset();
  return definition;
}

std::vector<std::string> Texts(const SagaDefinition& definition) {
  std::vector<std::string> texts;
  for (const DefinitionProblem& problem : Validate(definition))
    texts.push_back(problem.path + ": " + problem.text);
  return texts;
}

TEST(ValidateTest, GoodDefinitionsHaveNoProblem) {
  EXPECT_THAT(Texts(Saga()), IsEmpty());
  EXPECT_THAT(Texts(Tcc()), IsEmpty());
  EXPECT_THAT(Texts(Message()), IsEmpty());
}

TEST(ValidateTest, StepsMayNameParticipants) {
  for (const Protocol protocol : {Protocol::kGrpc, Protocol::kHttp}) {
    SagaDefinition definition = Message();
    definition.protocol = protocol;
    for (StepDefinition& step : definition.steps) {
      step.action = "participant://product/Deduct";
      step.message.clear();
      step.payload.reset();
    }
    EXPECT_THAT(Texts(definition), IsEmpty());
  }
}

struct BadCase {
  std::string name;
  std::function<SagaDefinition()> base;
  std::function<void(SagaDefinition&)> spoil;
  std::string path;
  std::string text;
};

void PrintTo(const BadCase& bad, std::ostream* out) { *out << bad.name; }

class ValidateBadTest : public ::testing::TestWithParam<BadCase> {};

TEST_P(ValidateBadTest, NamesTheFieldAndWhatIsAllowed) {
  SagaDefinition definition = GetParam().base();
  GetParam().spoil(definition);
  const std::vector<DefinitionProblem> problems = Validate(definition);
  ASSERT_EQ(problems.size(), 1u) << ::testing::PrintToString(Texts(definition));
  EXPECT_EQ(problems[0].path, GetParam().path);
  EXPECT_THAT(problems[0].text, HasSubstr(GetParam().text));
}

PayloadValue Nested(size_t depth) {
  PayloadValue value;
  value.literal = "1";
  for (size_t i = 1; i < depth; ++i) {
    PayloadValue outer;
    outer.kind = PayloadValue::Kind::kList;
    outer.items.push_back(std::move(value));
    value = std::move(outer);
  }
  return value;
}

const BadCase kBadCases[] = {
    {"EmptyName", Saga, [](auto& d) { d.name = ""; }, "name", "is no name"},
    {"BadName", Saga, [](auto& d) { d.name = "Order-Paid"; }, "name",
     "lower-case letters, digits and _"},
    {"LongName", Saga, [](auto& d) { d.name = std::string(kMaxDefinitionNameLength + 1, 'a'); },
     "name", "longer than"},
    {"NoVersion", Saga, [](auto& d) { d.version = 0; }, "version", "from 1 on"},
    {"NoSteps", Saga, [](auto& d) { d.steps.clear(); }, "steps", "at least one step"},
    {"TooManySteps", Saga, [](auto& d) { d.steps.assign(kMaxSteps + 1, SagaStep("x")); }, "steps",
     "at most 1000"},
    {"SameStepTwice", Saga, [](auto& d) { d.steps[2].name = "a"; }, "steps[2].name",
     "name of steps[0] already"},
    {"BadStepName", Saga, [](auto& d) { d.steps[1].name = "B"; }, "steps[1].name", "is no name"},
    {"NoAction", Saga, [](auto& d) { d.steps[1].action = ""; }, "steps[1].action",
     "a target is needed"},
    {"NoTry", Tcc, [](auto& d) { d.steps[1].action = ""; }, "steps[1].try", "a target is needed"},
    {"NoMethod", Saga, [](auto& d) { d.steps[1].action = "host:1"; }, "steps[1].action",
     "has no method"},
    {"LongTarget", Saga, [](auto& d) { d.steps[1].action.append(kMaxTargetLength, 'x'); },
     "steps[1].action", "longer than 1024"},
    {"UndoNotSaid", Saga, [](auto& d) { d.steps[0].compensate.reset(); }, "steps[0].compensate",
     "compensate: none"},
    {"UndoBad", Saga, [](auto& d) { d.steps[0].compensate = "x"; }, "steps[0].compensate",
     "has no method"},
    {"SagaConfirms", Saga, [](auto& d) { d.steps[0].confirm = "h:1/s/M"; }, "steps[0].confirm",
     "only a tcc"},
    {"SagaCancels", Saga, [](auto& d) { d.steps[0].cancel = "h:1/s/M"; }, "steps[0].cancel",
     "only a tcc"},
    {"TccNoConfirm", Tcc, [](auto& d) { d.steps[0].confirm = ""; }, "steps[0].confirm",
     "a target is needed"},
    {"TccNoCancel", Tcc, [](auto& d) { d.steps[0].cancel = ""; }, "steps[0].cancel",
     "a target is needed"},
    {"TccCompensates", Tcc, [](auto& d) { d.steps[0].compensate = ""; }, "steps[0].compensate",
     "only a saga"},
    {"TccConcurrent", Tcc, [](auto& d) { d.concurrent = true; }, "concurrent",
     "one after the other"},
    {"TccOrder", Tcc, [](auto& d) { d.steps[1].after = {"a"}; }, "steps[1].after", "only a saga"},
    {"MessageCompensates", Message, [](auto& d) { d.steps[0].compensate = "h:1/s/M"; },
     "steps[0].compensate", "only a saga"},
    {"OrderInSequence", Saga, [](auto& d) { d.steps[1].after = {"a"}; }, "steps[1].after",
     "concurrent: true"},
    {"UnknownAfter", Saga,
     [](auto& d) {
       d.concurrent = true;
       d.steps[1].after = {"a", "z"};
     },
     "steps[1].after[1]", "no step 'z'; steps are: a, b, c"},
    {"AfterItself", Saga,
     [](auto& d) {
       d.concurrent = true;
       d.steps[1].after = {"b"};
     },
     "steps[1].after[0]", "wait for itself"},
    {"Cycle", Saga,
     [](auto& d) {
       d.concurrent = true;
       d.steps[1].after = {"c"};
       d.steps[2].after = {"b"};
     },
     "steps", "goes round in a circle: b, c"},
    {"NegativeOption", Saga, [](auto& d) { d.options.retry_interval_s = -1; },
     "options.retry_interval_s", "is not between 0 and"},
    {"HugeOption", Saga, [](auto& d) { d.options.timeout_to_fail_s = kMaxOptionSeconds + 1; },
     "options.timeout_to_fail_s", "is not between"},
    {"CallLongerThanAll", Saga,
     [](auto& d) {
       d.options.timeout_to_fail_s = 5;
       d.options.request_timeout_s = 5;
     },
     "options.request_timeout_s", "timeout_to_fail_s"},
    {"RetryWithinACall", Saga,
     [](auto& d) {
       d.options.request_timeout_s = 5;
       d.options.retry_interval_s = 5;
     },
     "options.retry_interval_s", "must be longer than options.request_timeout_s (5)"},
    {"RetryAfterTheEnd", Saga,
     [](auto& d) {
       d.options.timeout_to_fail_s = 30;
       d.options.retry_interval_s = 30;
     },
     "options.retry_interval_s", "must be shorter than options.timeout_to_fail_s (30)"},
    {"NegativeAttemptLimit", Saga, [](auto& d) { d.options.attempt_limit = -1; },
     "options.attempt_limit", "is not between 0 and 1000000"},
    {"StepRetryWithinACall", Saga,
     [](auto& d) {
       d.options.request_timeout_s = 1;
       d.steps[1].retry.interval = base::Millis(900);
     },
     "steps[1].retry.interval", "must be longer than options.request_timeout_s (1)"},
    {"StepRetryAfterTheEnd", Tcc,
     [](auto& d) {
       d.options.timeout_to_fail_s = 30;
       d.steps[1].retry.interval = base::Seconds(31);
     },
     "steps[1].retry.interval", "must be shorter than options.timeout_to_fail_s (30)"},
    {"StepRetryNegative", Saga, [](auto& d) { d.steps[0].retry.interval = base::Millis(-1); },
     "steps[0].retry.interval", "not between 0s and"},
    {"StepRetryCapBelowInterval", Saga,
     [](auto& d) {
       d.steps[0].retry.interval = base::Seconds(3);
       d.steps[0].retry.cap = base::Seconds(2);
     },
     "steps[0].retry.cap", "must not be shorter than the interval"},
    {"StepRetryHugeCap", Saga,
     [](auto& d) { d.steps[0].retry.cap = base::Seconds(kMaxOptionSeconds + 1); },
     "steps[0].retry.cap", "not between 0s and"},
    {"StepRetryShrinks", Saga, [](auto& d) { d.steps[0].retry.factor = 0.5; },
     "steps[0].retry.factor", "0.5 is not between 1 and 100"},
    {"StepRetryExplodes", Saga, [](auto& d) { d.steps[0].retry.factor = 101; },
     "steps[0].retry.factor", "101 is not between 1 and 100"},
    {"StepRetryJitter", Saga, [](auto& d) { d.steps[2].retry.jitter = 1.5; },
     "steps[2].retry.jitter", "1.5 is not between 0 and 1"},
    {"StepRetryNotANumber", Saga,
     [](auto& d) { d.steps[2].retry.jitter = std::numeric_limits<double>::quiet_NaN(); },
     "steps[2].retry.jitter", "is not between 0 and 1"},
    {"StepAttemptLimit", Saga, [](auto& d) { d.steps[2].retry.attempt_limit = 1'000'001; },
     "steps[2].retry.attempt_limit", "is not between 0 and 1000000"},
    {"TccRetryLimit", Tcc, [](auto& d) { d.options.retry_limit = 1; }, "options.retry_limit",
     "only a saga"},
    {"BadHeader", Saga, [](auto& d) { d.options.branch_headers["a b"] = "x"; },
     "options.branch_headers.a b", "not a header name"},
    {"BadHeaderValue", Saga, [](auto& d) { d.options.branch_headers["a"] = "x\ny"; },
     "options.branch_headers.a", "printable"},
    {"BigHeaders", Saga,
     [](auto& d) { d.options.branch_headers["a"] = std::string(kMaxHeaderBytes, 'x'); },
     "options.branch_headers", "bytes"},
    {"NoKeyFields", Saga, [](auto& d) { d.key.emplace().prefix = "p"; }, "key.fields",
     "at least one"},
    {"LongPrefix", Saga,
     [](auto& d) {
       d.key = {std::string(kMaxGidLength, 'p'), {{"id"}}};
     },
     "key.prefix", "gid"},
    {"PayloadWithoutMessage", Saga, [](auto& d) { d.steps[0].payload.emplace().literal = "1"; },
     "steps[0].message", "missing"},
    {"MessageWithoutProtos", Saga, [](auto& d) { d.steps[0].message = "p.M"; }, "protos",
     ".proto files"},
    {"DeepPayload", Message,
     [](auto& d) {
       d.protocol = Protocol::kHttp;
       for (auto& step : d.steps) step.action = "http://h/x";
       d.steps[0].payload = Nested(kMaxJsonDepth + 1);
     },
     "steps[0].payload", "nested deeper"},
    {"MixedStep", Saga, [](auto& d) { d.steps[0].compensate = "http://h:1/undo"; }, "steps[0]",
     "share a payload"},
    {"NoHttpTarget", Message,
     [](auto& d) {
       d.protocol = Protocol::kHttp;
       for (auto& step : d.steps) step.action = "http://h/x";
       d.steps[1].action = "h:1/x";
     },
     "steps[1].action", "no HTTP target"},
    {"NoHost", Message, [](auto& d) { d.steps[1].action = "http:///x"; }, "steps[1].action",
     "names no host"},
    {"NoParticipant", Message, [](auto& d) { d.steps[1].action = "participant:///Deduct"; },
     "steps[1].action", "names no participant"},
    {"NoOperation", Message, [](auto& d) { d.steps[1].action = "participant://product"; },
     "steps[1].action", "names no operation"},
};

INSTANTIATE_TEST_SUITE_P(All, ValidateBadTest, ::testing::ValuesIn(kBadCases),
                         [](const auto& param) { return param.param.name; });

TEST(ValidateTest, ReportsEverythingAtOnce) {
  SagaDefinition definition = Saga();
  definition.name = "?";
  definition.steps[0].action = "";
  definition.steps[2].compensate.reset();
  EXPECT_THAT(Texts(definition), ElementsAre(HasSubstr("name: "), HasSubstr("steps[0].action: "),
                                             HasSubstr("steps[2].compensate: ")));
}

TEST(ValidateTest, AThousandStepsInReverseOrderAreChecked) {
  SagaDefinition definition = Saga();
  definition.concurrent = true;
  definition.steps.clear();
  for (size_t i = 0; i < kMaxSteps; ++i) {
    StepDefinition step = SagaStep("s" + std::to_string(i));
    if (i + 1 < kMaxSteps) step.after = {"s" + std::to_string(i + 1)};
    definition.steps.push_back(std::move(step));
  }
  EXPECT_THAT(Texts(definition), IsEmpty());
  definition.steps.back().after = {"s0"};
  EXPECT_EQ(Validate(definition).size(), 1u);
}

TEST(InstantiateTest, SagaHasCompensateThenActionPerStep) {
  SagaDefinition definition = Saga();
  definition.steps[1].compensate = "";
  definition.options.timeout_to_fail_s = 30;
  definition.options.branch_headers["tenant"] = "shop";
  const std::vector<base::Bytes> payloads = {base::MakeBytes("A"), nullptr, base::MakeBytes("C")};
  const GlobalTransaction draft = Instantiate(definition, "gid-1", payloads);

  EXPECT_EQ(draft.gid, "gid-1");
  EXPECT_EQ(draft.mode, Mode::kSaga);
  EXPECT_EQ(draft.protocol, Protocol::kGrpc);
  EXPECT_EQ(draft.definition, "pay");
  EXPECT_EQ(draft.definition_version, 3u);
  EXPECT_EQ(draft.options, definition.options);
  EXPECT_THAT(draft.predecessors, IsEmpty());
  ASSERT_EQ(draft.branches.size(), 6u);
  const std::vector<std::string> ids = {"01", "01", "02", "02", "03", "03"};
  for (size_t row = 0; row < draft.branches.size(); ++row) {
    const Branch& branch = draft.branches[row];
    const StepDefinition& step = definition.steps[row / 2];
    const bool undo = row % 2 == 0;
    EXPECT_EQ(branch.branch_id, ids[row]);
    EXPECT_EQ(branch.op, undo ? Op::kCompensate : Op::kAction);
    EXPECT_EQ(branch.target, undo ? *step.compensate : step.action);
    EXPECT_EQ(branch.payload, payloads[row / 2]);
    EXPECT_EQ(branch.status, BranchStatus::kPrepared);
  }
}

TEST(InstantiateTest, AStepsPolicyGoesToItsRowsAndNoOthers) {
  const RetryPolicy policy{.interval = base::Seconds(4),
                           .factor = 1.5,
                           .cap = base::Seconds(60),
                           .jitter = 0.2,
                           .attempt_limit = 7};
  SagaDefinition saga = Saga();
  saga.options.attempt_limit = 12;
  saga.steps[1].retry = policy;
  EXPECT_THAT(Texts(saga), IsEmpty());
  const GlobalTransaction draft = Instantiate(saga, "g", std::vector<base::Bytes>(3));
  EXPECT_EQ(draft.options.attempt_limit, 12);
  for (size_t row = 0; row < draft.branches.size(); ++row)
    EXPECT_EQ(draft.branches[row].retry, row / 2 == 1 ? policy : RetryPolicy{}) << row;

  SagaDefinition message = Message();
  message.steps[0].retry = policy;
  EXPECT_EQ(Instantiate(message, "g", std::vector<base::Bytes>(3)).branches[0].retry, policy);

  SagaDefinition tcc = Tcc();
  tcc.steps[1].retry = policy;
  for (const Branch& row : TccBranch(tcc, 1, nullptr).rows) EXPECT_EQ(row.retry, policy);
  for (const Branch& row : TccBranch(tcc, 0, nullptr).rows) EXPECT_TRUE(row.retry.Empty());
}

TEST(InstantiateTest, OrderGraphBecomesPredecessors) {
  SagaDefinition definition = Saga();
  definition.concurrent = true;
  definition.steps[2].after = {"b", "a", "b"};
  const GlobalTransaction draft = Instantiate(definition, "g", std::vector<base::Bytes>(3));
  EXPECT_TRUE(draft.concurrent);
  EXPECT_THAT(draft.predecessors, ElementsAre(IsEmpty(), IsEmpty(), ElementsAre(0u, 1u)));
}

TEST(InstantiateTest, MessageHasActionsOnly) {
  const GlobalTransaction draft = Instantiate(Message(), "g", std::vector<base::Bytes>(3));
  ASSERT_EQ(draft.branches.size(), 3u);
  for (const Branch& branch : draft.branches) EXPECT_EQ(branch.op, Op::kAction);
}

TEST(InstantiateTest, TccIsPreparedWithoutRowsAndRegistersCancelThenConfirm) {
  const SagaDefinition definition = Tcc();
  EXPECT_THAT(Instantiate(definition, "g", std::vector<base::Bytes>(2)).branches, IsEmpty());
  const base::Bytes payload = base::MakeBytes("P");
  const BranchRegistered branch = TccBranch(definition, 1, payload);
  EXPECT_EQ(branch.mode, Mode::kTcc);
  ASSERT_EQ(branch.rows.size(), 2u);
  EXPECT_EQ(branch.rows[0].op, Op::kCancel);
  EXPECT_EQ(branch.rows[0].target, definition.steps[1].cancel);
  EXPECT_EQ(branch.rows[1].op, Op::kConfirm);
  EXPECT_EQ(branch.rows[1].target, definition.steps[1].confirm);
  for (const Branch& row : branch.rows) {
    EXPECT_EQ(row.branch_id, "02");
    EXPECT_EQ(row.payload, payload);
  }
}

TEST(StepBranchIdTest, TwoDigitsUntilTheyDoNotFit) {
  EXPECT_EQ(StepBranchId(0), "01");
  EXPECT_EQ(StepBranchId(9), "10");
  EXPECT_EQ(StepBranchId(99), "100");
}

TEST(GidFromKeyTest, DifferentValuesNeverMakeTheSameGid) {
  const KeyDefinition key{"p-", {}};
  EXPECT_EQ(GidFromKey(key, {"A/42%"}), "p-A/42%");
  EXPECT_EQ(GidFromKey(key, {"a", "b"}), "p-a/b");
  EXPECT_EQ(GidFromKey(key, {"a/b", "c"}), "p-a%2Fb/c");
  EXPECT_NE(GidFromKey(key, {"a/b", "c"}), GidFromKey(key, {"a", "b/c"}));
  EXPECT_NE(GidFromKey(key, {"a%2Fb", "c"}), GidFromKey(key, {"a/b", "c"}));
}

}  // namespace
}  // namespace saga::core
