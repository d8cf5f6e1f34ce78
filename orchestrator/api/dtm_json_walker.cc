#include "orchestrator/api/dtm_json_walker.h"

#include <cstddef>
#include <iterator>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "orchestrator/core/limits.h"

namespace saga::api {

namespace {

// Of a number that is shown in an error.
constexpr size_t kShownDigits = 40;

// The bytes of a text, counted as the parser takes them.
class CountedBytes {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  CountedBytes(const char* next, size_t* count) : next_(next), count_(count) {}

  reference operator*() const { return *next_; }
  CountedBytes& operator++() {
    ++next_;
    ++*count_;
    return *this;
  }
  bool operator==(const CountedBytes& other) const { return next_ == other.next_; }

 private:
  const char* next_;
  size_t* count_;
};

}  // namespace

absl::string_view NameOf(JsonScalar::Type type) {
  switch (type) {
    case JsonScalar::Type::kNull:
      return "null";
    case JsonScalar::Type::kBool:
      return "bool";
    case JsonScalar::Type::kNumber:
      return "number";
    case JsonScalar::Type::kString:
      return "string";
  }
  return "";
}

absl::Status JsonWalker::Walk(std::string_view body) {
  size_ = body.size();
  nlohmann::json_sax<nlohmann::json>* const events = this;
  if (!nlohmann::json::sax_parse(CountedBytes(body.data(), &read_),
                                 CountedBytes(body.data() + body.size(), &read_), events))
    return absl::InvalidArgumentError(fatal_);
  return wrong_;
}

void JsonWalker::Refuse(std::string text) {
  if (wrong_.ok()) wrong_ = absl::InvalidArgumentError(std::move(text));
}

bool JsonWalker::Begin(bool object) {
  if (++depth_ > core::kMaxJsonDepth) {
    fatal_ = absl::StrCat("the JSON nests more than ", core::kMaxJsonDepth,
                          " levels deep (kMaxJsonDepth)");
    return false;
  }
  if (passing_over_ > 0 || !Enter(object)) ++passing_over_;
  return true;
}

bool JsonWalker::End() {
  --depth_;
  if (passing_over_ > 0) {
    if (--passing_over_ == 0) Pass();
  } else {
    Leave();
  }
  return true;
}

bool JsonWalker::Take(JsonScalar scalar) {
  if (passing_over_ == 0) Value(std::move(scalar));
  return true;
}

bool JsonWalker::key(string_t& key) {
  if (passing_over_ == 0) Key(key);
  return true;
}

bool JsonWalker::boolean(bool value) {
  return Take({.type = JsonScalar::Type::kBool, .boolean = value});
}

bool JsonWalker::number_integer(number_integer_t value) {
  return Take({.type = JsonScalar::Type::kNumber, .integer = value, .text = absl::StrCat(value)});
}

bool JsonWalker::number_unsigned(number_unsigned_t value) {
  JsonScalar scalar{.type = JsonScalar::Type::kNumber, .text = absl::StrCat(value)};
  if (value <= static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
    scalar.integer = static_cast<int64_t>(value);
  }
  return Take(std::move(scalar));
}

bool JsonWalker::number_float(number_float_t, const string_t& text) {
  return Take({.type = JsonScalar::Type::kNumber, .text = text.substr(0, kShownDigits)});
}

bool JsonWalker::string(string_t& value) {
  return Take({.type = JsonScalar::Type::kString, .text = std::move(value)});
}

// No JSON text has any.
bool JsonWalker::binary(binary_t&) { return false; }

bool JsonWalker::parse_error(size_t position, const std::string&,
                             const nlohmann::detail::exception&) {
  fatal_ = position > size_
               ? "unexpected end of JSON input"
               : absl::StrCat("the body is not JSON in UTF-8: invalid at byte ", position);
  return false;
}

}  // namespace saga::api
