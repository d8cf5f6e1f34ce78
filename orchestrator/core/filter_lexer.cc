#include "orchestrator/core/filter_lexer.h"

#include <algorithm>
#include <array>
#include <utility>

#include "orchestrator/core/filter_words.h"

namespace saga::core {

namespace {

constexpr std::string_view kBlanks = " \t\r\n";
constexpr std::string_view kSigns = "=!~<>";
// What ends a word besides a blank.
constexpr std::string_view kNoWord = " \t\r\n()\"=!~<>";

constexpr std::array kComparisons = {Comparison::kEqual,    Comparison::kNotEqual,
                                     Comparison::kContains, Comparison::kLacks,
                                     Comparison::kLess,     Comparison::kLessOrEqual,
                                     Comparison::kGreater,  Comparison::kGreaterOrEqual};

FilterToken Wrong(size_t begin, std::string text) {
  return {.kind = FilterToken::Kind::kError, .begin = begin, .text = std::move(text)};
}

}  // namespace

FilterToken FilterLexer::Quoted(size_t begin) {
  FilterToken token{.kind = FilterToken::Kind::kText, .begin = begin};
  for (size_t at = begin + 1; at < filter_.size(); ++at) {
    if (filter_[at] == '"') {
      position_ = at + 1;
      return token;
    }
    if (filter_[at] != '\\') {
      token.text += filter_[at];
      continue;
    }
    ++at;
    if (at == filter_.size() || (filter_[at] != '"' && filter_[at] != '\\'))
      return Wrong(at - 1, "behind a \\ in quotes only \" or \\ may stand");
    token.text += filter_[at];
  }
  return Wrong(begin, "the text that begins here has no closing \"");
}

FilterToken FilterLexer::Sign(size_t begin) {
  const size_t end = filter_.find_first_not_of(kSigns, begin);
  const std::string_view run = filter_.substr(begin, end - begin);
  for (const Comparison comparison : kComparisons) {
    if (run != SignOf(comparison)) continue;
    position_ = begin + run.size();
    return {.kind = FilterToken::Kind::kComparison, .begin = begin, .comparison = comparison};
  }
  if (run == "!") return Wrong(begin, "\"!\" alone is none of = != ~ !~ < <= > >=; write not");
  return Wrong(begin, "there is no such comparison; allowed: = != ~ !~ < <= > >=");
}

FilterToken FilterLexer::Next() {
  const size_t begin = filter_.find_first_not_of(kBlanks, position_);
  if (begin == std::string_view::npos) return {.begin = filter_.size()};
  const char first = filter_[begin];
  if (first == '"') return Quoted(begin);
  if (kSigns.find(first) != std::string_view::npos) return Sign(begin);
  if (first == '(' || first == ')') {
    position_ = begin + 1;
    return {.kind = first == '(' ? FilterToken::Kind::kOpen : FilterToken::Kind::kClose,
            .begin = begin};
  }
  const size_t end = std::min(filter_.find_first_of(kNoWord, begin), filter_.size());
  position_ = end;
  return {.kind = FilterToken::Kind::kWord,
          .begin = begin,
          .text = std::string(filter_.substr(begin, end - begin))};
}

}  // namespace saga::core
