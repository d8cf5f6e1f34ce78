#pragma once

// The filter language cut into its smallest pieces.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "orchestrator/core/filter.h"

namespace saga::core {

struct FilterToken {
  enum class Kind : uint8_t { kWord, kText, kComparison, kOpen, kClose, kEnd, kError };

  Kind kind = Kind::kEnd;
  size_t begin = 0;  // byte of the filter where it starts
  std::string text;  // kWord; kText without its quotes; kError: what is wrong
  Comparison comparison = Comparison::kEqual;
};

// Walks over a filter, which must outlive it.
class FilterLexer {
 public:
  explicit FilterLexer(std::string_view filter) : filter_(filter) {}

  // kEnd and kError come again and again.
  FilterToken Next();

 private:
  FilterToken Quoted(size_t begin);
  FilterToken Sign(size_t begin);

  std::string_view filter_;
  size_t position_ = 0;
};

}  // namespace saga::core
