#include "cli/printer/payload.h"

#include <cmath>
#include <set>
#include <vector>

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "cli/printer/json.h"
#include "cli/printer/text.h"

namespace saga::cli {

namespace {

using nlohmann::ordered_json;

constexpr size_t kBytesPerLine = 16;

constexpr size_t kDeepest = 500;
// So many digits of a decimal number survive being a double.
constexpr size_t kSurvivingDigits = 15;

size_t SignificantDigits(const std::string& number) {
  std::string digits;
  for (const char c : number) {
    if (c == 'e' || c == 'E') break;
    if (c >= '0' && c <= '9' && (c != '0' || !digits.empty())) digits += c;
  }
  return digits.find_last_not_of('0') + 1;
}

// Stops at what would be lost.
class LossReader : public nlohmann::json_sax<ordered_json> {
 public:
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t value, const string_t& written) override {
    return std::isfinite(value) && SignificantDigits(written) <= kSurvivingDigits;
  }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(size_t) override {
    keys_.emplace_back();
    return keys_.size() <= kDeepest;
  }
  bool key(string_t& name) override { return keys_.back().insert(name).second; }
  bool end_object() override { return End(); }
  bool start_array(size_t) override {
    keys_.emplace_back();
    return keys_.size() <= kDeepest;
  }
  bool end_array() override { return End(); }
  bool parse_error(size_t, const std::string&, const nlohmann::detail::exception&) override {
    return false;
  }

 private:
  bool End() {
    keys_.pop_back();
    return true;
  }

  std::vector<std::set<std::string>> keys_;  // of every object that is open, none for an array
};

std::string HexDump(const std::string& bytes) {
  std::string text;
  for (size_t at = 0; at < bytes.size(); at += kBytesPerLine) {
    std::string hex;
    std::string letters;
    for (const char c : bytes.substr(at, kBytesPerLine)) {
      absl::StrAppendFormat(&hex, "%02x ", static_cast<unsigned char>(c));
      letters += c >= ' ' && c <= '~' ? c : '.';
    }
    absl::StrAppendFormat(&text, "%06x  %-48s %s\n", at, hex, letters);
  }
  return text;
}

}  // namespace

bool IsJson(const std::string& payload, std::string* problem) {
  try {
    return !ordered_json::parse(payload).is_discarded();
  } catch (const ordered_json::parse_error& error) {
    if (problem != nullptr) {
      // "[json.exception.parse_error.101] parse error at line 1, column 2: ..."
      const std::string text = error.what();
      const size_t begin = text.find("] ");
      *problem = begin == std::string::npos ? text : text.substr(begin + 2);
    }
    return false;
  }
}

bool IsRewritable(const std::string& payload) {
  LossReader reader;
  return ordered_json::sax_parse(payload, &reader);
}

std::string ShowPayload(const std::string& payload) {
  if (payload.empty()) return "";
  if (IsRewritable(payload)) return Dump(ordered_json::parse(payload), false);
  if (ShowBytes(payload) != payload) return HexDump(payload);
  std::string text;
  for (const auto& line : absl::StrSplit(payload, '\n'))
    absl::StrAppend(&text, OneLine(std::string(line)), "\n");
  return text;
}

}  // namespace saga::cli
