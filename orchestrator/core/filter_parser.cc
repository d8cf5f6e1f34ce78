#include "orchestrator/core/filter_parser.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "orchestrator/base/utf8.h"
#include "orchestrator/core/filter_lexer.h"
#include "orchestrator/core/filter_value.h"
#include "orchestrator/core/limits.h"

namespace saga::core {

namespace {

using Kind = FilterToken::Kind;

class Parser {
 public:
  Parser(std::span<const FieldWords> fields, std::string_view text)
      : fields_(fields), text_(text), lexer_(text), token_(lexer_.Next()) {}

  absl::StatusOr<Filter> Parse() {
    if (token_.kind == Kind::kEnd) return Filter{};
    absl::StatusOr<Filter> filter = Alternatives(0);
    if (filter.ok() && token_.kind != Kind::kEnd) return Stray();
    return filter;
  }

 private:
  // `or` of what And has.
  absl::StatusOr<Filter> Alternatives(size_t depth) {
    return Chain("or", Filter::Kind::kOr, depth, &Parser::Conjunction);
  }
  absl::StatusOr<Filter> Conjunction(size_t depth) {
    return Chain("and", Filter::Kind::kAnd, depth, &Parser::Term);
  }

  using Part = absl::StatusOr<Filter> (Parser::*)(size_t depth);

  // One part, or several with `word` between them as one node.
  absl::StatusOr<Filter> Chain(std::string_view word, Filter::Kind kind, size_t depth, Part part) {
    absl::StatusOr<Filter> first = (this->*part)(depth);
    if (!first.ok() || !AtKeyword(word)) return first;
    Filter chain{.kind = kind};
    chain.parts.push_back(*std::move(first));
    while (AtKeyword(word)) {
      Advance();
      absl::StatusOr<Filter> next = (this->*part)(depth);
      if (!next.ok()) return next;
      chain.parts.push_back(*std::move(next));
    }
    return chain;
  }

  // A condition, or one in parentheses or behind `not`.
  absl::StatusOr<Filter> Term(size_t depth) {
    const bool negated = AtKeyword("not");
    if (!negated && token_.kind != Kind::kOpen) return Condition();
    if (depth == kMaxFilterDepth) {
      return Wrong(token_.begin, Joined({"parentheses and not may go ",
                                         std::to_string(kMaxFilterDepth), " deep, no deeper"}));
    }
    const size_t begin = token_.begin;
    Advance();
    if (negated) {
      absl::StatusOr<Filter> part = Term(depth + 1);
      if (!part.ok()) return part;
      Filter negation{.kind = Filter::Kind::kNot};
      negation.parts.push_back(*std::move(part));
      return negation;
    }
    ++open_;
    absl::StatusOr<Filter> inner = Alternatives(depth + 1);
    if (!inner.ok()) return inner;
    if (token_.kind == Kind::kEnd) {
      return Wrong(token_.begin, Joined({"the ( of character ", std::to_string(CharacterOf(begin)),
                                         " has no )"}));
    }
    if (token_.kind != Kind::kClose) return Stray();
    --open_;
    Advance();
    return inner;
  }

  absl::StatusOr<Filter> Condition() {
    if (token_.kind != Kind::kWord || IsKeyword(token_.text)) return NoCondition();
    const FieldWords* const words = FieldNamed(token_.text);
    if (words == nullptr) return UnknownField();
    Advance();

    const std::span<const Comparison> allowed = ComparisonsOf(words->kind);
    if (token_.kind == Kind::kError) return Wrong(token_.begin, token_.text);
    if (token_.kind != Kind::kComparison) {
      return Wrong(token_.begin,
                   Joined({"behind ", words->name, " a comparison belongs: ", Signs(allowed)}));
    }
    Filter condition{.kind = Filter::Kind::kCondition, .field = words->field};
    condition.comparison = token_.comparison;
    if (std::find(allowed.begin(), allowed.end(), token_.comparison) == allowed.end()) {
      return Wrong(token_.begin, Joined({SignOf(token_.comparison), " does not go with ",
                                         words->name, "; allowed: ", Signs(allowed)}));
    }
    Advance();

    if (token_.kind == Kind::kError) return Wrong(token_.begin, token_.text);
    if (token_.kind == Kind::kWord && IsKeyword(token_.text)) {
      return Wrong(token_.begin, Joined({"a value belongs here; the word ", token_.text,
                                         " needs quotes to be one"}));
    }
    if (token_.kind != Kind::kWord && token_.kind != Kind::kText)
      return Wrong(token_.begin, "a value belongs here: a word, or a text in double quotes");
    if (std::string problem = SetValue(*words, std::move(token_.text), condition); !problem.empty())
      return Wrong(token_.begin, std::move(problem));
    Advance();
    return condition;
  }

  absl::Status NoCondition() const {
    if (token_.kind == Kind::kError) return Wrong(token_.begin, token_.text);
    return Wrong(token_.begin,
                 Joined({"a condition belongs here, like ", fields_[0].name,
                         SignOf(ComparisonsOf(fields_[0].kind)[0]), "..., or not, or ("}));
  }

  absl::Status UnknownField() const {
    std::vector<std::string_view> names;
    for (const FieldWords& words : fields_) names.push_back(words.name);
    return Wrong(token_.begin, Joined({"there is no field ", Quote(token_.text), "; fields: ",
                                       Listed(names), NearestOf(token_.text, names)}));
  }

  // Something where a condition has just ended.
  absl::Status Stray() const {
    if (token_.kind == Kind::kError) return Wrong(token_.begin, token_.text);
    if (token_.kind == Kind::kClose && open_ == 0)
      return Wrong(token_.begin, "this ) closes nothing");
    const std::string_view sign =
        token_.kind == Kind::kComparison ? "; a value that has it needs double quotes" : "";
    return Wrong(token_.begin,
                 Joined({"here may stand and, or, ", open_ > 0 ? ")" : "the end", sign}));
  }

  static std::string Signs(std::span<const Comparison> comparisons) {
    std::string text;
    for (const Comparison comparison : comparisons) {
      if (!text.empty()) text += ' ';
      text += SignOf(comparison);
    }
    return text;
  }

  const FieldWords* FieldNamed(std::string_view name) const {
    const auto found = std::find_if(fields_.begin(), fields_.end(),
                                    [name](const FieldWords& words) { return words.name == name; });
    return found == fields_.end() ? nullptr : &*found;
  }

  static bool IsKeyword(std::string_view word) {
    return word == "and" || word == "or" || word == "not";
  }
  bool AtKeyword(std::string_view word) const {
    return token_.kind == Kind::kWord && token_.text == word;
  }
  void Advance() { token_ = lexer_.Next(); }

  // People count characters, not bytes.
  size_t CharacterOf(size_t byte) const {
    return 1 + static_cast<size_t>(
                   std::count_if(text_.begin(), text_.begin() + static_cast<ptrdiff_t>(byte),
                                 [](char c) { return !base::IsUtf8Continuation(c); }));
  }

  absl::Status Wrong(size_t byte, std::string_view problem) const {
    return absl::InvalidArgumentError(
        Joined({"filter, character ", std::to_string(CharacterOf(byte)), ": ", problem}));
  }

  const std::span<const FieldWords> fields_;
  const std::string_view text_;
  FilterLexer lexer_;
  FilterToken token_;
  size_t open_ = 0;  // parentheses not closed yet
};

}  // namespace

absl::StatusOr<Filter> ParseFilterAbout(std::span<const FieldWords> fields, std::string_view text) {
  if (text.size() > kMaxFilterLength) {
    return absl::InvalidArgumentError(
        Joined({"filter: ", std::to_string(text.size()), " bytes are too long; allowed are ",
                std::to_string(kMaxFilterLength)}));
  }
  return Parser(fields, text).Parse();
}

}  // namespace saga::core
