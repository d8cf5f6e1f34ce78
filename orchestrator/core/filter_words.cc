#include "orchestrator/core/filter_words.h"

#include <array>

namespace saga::core {

namespace {

using std::string_view;

constexpr std::array kStates = {string_view("prepared"), string_view("submitted"),
                                string_view("aborting"), string_view("succeed"),
                                string_view("failed"),   string_view("open"),
                                string_view("ended")};
constexpr std::array kModes = {string_view("saga"), string_view("tcc"), string_view("msg"),
                               string_view("xa"), string_view("workflow")};
constexpr std::array kOps = {string_view("action"),   string_view("compensate"),
                             string_view("confirm"),  string_view("cancel"),
                             string_view("msg"),      string_view("try"),
                             string_view("commit"),   string_view("rollback"),
                             string_view("callback"), string_view("business")};
constexpr std::array kYesNo = {string_view("yes"), string_view("no")};
constexpr std::array kBreakers = {string_view("closed"), string_view("open"),
                                  string_view("half_open"), string_view("paused")};

constexpr std::array kTransactionFields = {
    FieldWords{Field::kState, "state", ValueKind::kWord, kStates},
    FieldWords{Field::kMode, "mode", ValueKind::kWord, kModes},
    FieldWords{Field::kGid, "gid", ValueKind::kText, {}},
    FieldWords{Field::kDefinition, "definition", ValueKind::kText, {}},
    FieldWords{Field::kAge, "age", ValueKind::kAge, {}},
    FieldWords{Field::kReason, "reason", ValueKind::kText, {}},
    FieldWords{Field::kDest, "dest", ValueKind::kText, {}},
    FieldWords{Field::kOp, "op", ValueKind::kWord, kOps},
    FieldWords{Field::kBranch, "branch", ValueKind::kText, {}},
    FieldWords{Field::kAttempts, "attempts", ValueKind::kCount, {}},
    FieldWords{Field::kError, "error", ValueKind::kText, {}},
    FieldWords{Field::kFingerprint, "fingerprint", ValueKind::kText, {}},
    FieldWords{Field::kDead, "dead", ValueKind::kWord, kYesNo},
};

constexpr std::array kDestinationFields = {
    FieldWords{Field::kDest, "dest", ValueKind::kText, {}},
    FieldWords{Field::kState, "state", ValueKind::kWord, kBreakers},
};

constexpr std::array kOfWords = {Comparison::kEqual, Comparison::kNotEqual};
constexpr std::array kOfTexts = {Comparison::kEqual, Comparison::kNotEqual, Comparison::kContains,
                                 Comparison::kLacks};
constexpr std::array kOfCounts = {Comparison::kEqual,   Comparison::kNotEqual,
                                  Comparison::kLess,    Comparison::kLessOrEqual,
                                  Comparison::kGreater, Comparison::kGreaterOrEqual};
// Nothing is ever exactly some microseconds old.
constexpr std::array kOfAges = {Comparison::kLess, Comparison::kLessOrEqual, Comparison::kGreater,
                                Comparison::kGreaterOrEqual};

}  // namespace

std::span<const FieldWords> TransactionFields() { return kTransactionFields; }

std::span<const FieldWords> DestinationFields() { return kDestinationFields; }

std::string_view SignOf(Comparison comparison) {
  switch (comparison) {
    case Comparison::kEqual:
      return "=";
    case Comparison::kNotEqual:
      return "!=";
    case Comparison::kContains:
      return "~";
    case Comparison::kLacks:
      return "!~";
    case Comparison::kLess:
      return "<";
    case Comparison::kLessOrEqual:
      return "<=";
    case Comparison::kGreater:
      return ">";
    case Comparison::kGreaterOrEqual:
      return ">=";
  }
  return "";
}

std::span<const Comparison> ComparisonsOf(ValueKind kind) {
  switch (kind) {
    case ValueKind::kWord:
      return kOfWords;
    case ValueKind::kText:
      return kOfTexts;
    case ValueKind::kCount:
      return kOfCounts;
    case ValueKind::kAge:
      return kOfAges;
  }
  return {};
}

}  // namespace saga::core
