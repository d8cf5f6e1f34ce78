#include "orchestrator/core/reply_text.h"

#include <cstddef>
#include <string>
#include <string_view>

#include "orchestrator/base/utf8.h"

namespace saga::core {
namespace {

constexpr std::string_view kBlanks = " \t\r\n\v\f";

std::string_view Trim(std::string_view text) {
  const size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

// Length of a character of several bytes by its first; 0 when no character begins so.
size_t LengthByLead(unsigned char lead) {
  if (lead < 0xC2 || lead > 0xF4) return 0;
  if (lead < 0xE0) return 2;
  return lead < 0xF0 ? 3 : 4;
}

// Length of the UTF-8 character that `text` begins with; 0 when it begins with none.
size_t CharacterLength(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  if (lead < 0x80) return lead == 0 ? 0 : 1;
  const size_t length = LengthByLead(lead);
  if (length == 0 || text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if (!base::IsUtf8Continuation(text[i])) return 0;
  }
  const auto second = static_cast<unsigned char>(text[1]);
  const bool overlong = (lead == 0xE0 && second < 0xA0) || (lead == 0xF0 && second < 0x90);
  const bool surrogate = lead == 0xED && second >= 0xA0;
  const bool too_big = lead == 0xF4 && second >= 0x90;
  return overlong || surrogate || too_big ? 0 : length;
}

// The characters of `text` that fit into `limit` bytes.
std::string Clean(std::string_view text, size_t limit) {
  std::string clean;
  clean.reserve(text.size() < limit ? text.size() : limit);
  while (!text.empty()) {
    const size_t length = CharacterLength(text);
    if (clean.size() + (length == 0 ? 1 : length) > limit) break;
    if (length == 0) {
      clean += '?';
      text.remove_prefix(1);
    } else {
      clean += text.substr(0, length);
      text.remove_prefix(length);
    }
  }
  return clean;
}

// `said` with `word` at its end, once.
std::string EndWith(std::string_view said, std::string_view word, size_t limit) {
  if (said == word) return std::string(word);
  if (said.size() > word.size() && said.ends_with(word) &&
      said[said.size() - word.size() - 1] == ' ') {
    said = said.substr(0, said.size() - word.size() - 1);
  }
  std::string text = Clean(said, limit - word.size() - 1);
  if (!text.empty()) text += ' ';
  text += word;
  return text;
}

}  // namespace

std::string ReplyText(Outcome outcome, std::string_view said, size_t limit) {
  said = Trim(said);
  switch (outcome) {
    case Outcome::kFailure:
      return EndWith(said, "FAILURE", limit);
    case Outcome::kOngoing:
      return EndWith(said, "ONGOING", limit);
    case Outcome::kSuccess:
    case Outcome::kUnknown:
      break;
  }
  return Clean(said, limit);
}

}  // namespace saga::core
