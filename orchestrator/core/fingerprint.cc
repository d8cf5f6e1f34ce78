// Fingerprints are compared across processes and versions: what this file does to a text may not
// change. fingerprint_test.cc pins it.

#include <algorithm>
#include <string>
#include <string_view>

#include "absl/strings/ascii.h"
#include "orchestrator/core/filter.h"

namespace saga::core {

namespace {

constexpr char kTakenOut = '#';
// Letters only, but so many of them that it is a number in hex rather than a word.
constexpr size_t kShortestHex = 8;

bool IsHex(char c) { return absl::ascii_isxdigit(static_cast<unsigned char>(c)); }
bool IsDigit(char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); }

// Letters, digits, - and _: what ids of all kinds are made of. Bytes outside of ASCII are letters.
bool IsTokenPart(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

// What may stand between the parts of an address, a time or a number.
bool IsJoint(char c) { return c == '.' || c == ':' || c == ',' || c == '+' || c == '/'; }

// How many bytes of `text` from `at` on are an IPv6 address or a time of day: hex digits with at
// least two colons.
size_t ColonGroups(std::string_view text, size_t at) {
  if (at > 0 && IsTokenPart(text[at - 1])) return 0;
  size_t end = at;
  size_t colons = 0;
  for (; end < text.size() && (IsHex(text[end]) || text[end] == ':'); ++end)
    colons += text[end] == ':' ? 1 : 0;
  // "feed: bad: ..." is prose, and so is "ace" of "ace:grace".
  if (end < text.size() && IsTokenPart(text[end])) return 0;
  while (end > at && text[end - 1] == ':') {
    --end;
    --colons;
  }
  return colons >= 2 ? end - at : 0;
}

// The same for an address in brackets, with them.
size_t BracketedAddress(std::string_view text, size_t at) {
  if (text[at] != '[') return 0;
  size_t end = at + 1;
  while (end < text.size() && (IsHex(text[end]) || text[end] == ':')) ++end;
  const bool closed = end < text.size() && text[end] == ']';
  const bool address = text.substr(at, end - at).find(':') != std::string_view::npos;
  return closed && address ? end + 1 - at : 0;
}

bool Varies(std::string_view token) {
  bool digit = false;
  bool hex = token.size() >= kShortestHex;
  for (const char c : token) {
    digit = digit || IsDigit(c);
    hex = hex && IsHex(c);
  }
  return digit || hex;
}

// The text with what varies between errors of one cause as one '#' each.
std::string Normalised(std::string_view error) {
  std::string text;
  for (size_t at = 0; at < error.size();) {
    size_t size = std::max(ColonGroups(error, at), BracketedAddress(error, at));
    bool varies = size > 0;
    if (!varies) {
      while (at + size < error.size() && IsTokenPart(error[at + size])) ++size;
      varies = Varies(error.substr(at, size));
    }
    if (varies) {
      // "10.0.0.1:80" is one thing: parts behind the first are swallowed with their joints.
      size_t joints = text.size();
      while (joints > 0 && IsJoint(text[joints - 1])) --joints;
      if (joints < text.size() && joints > 0 && text[joints - 1] == kTakenOut) text.resize(joints);
      if (text.empty() || text.back() != kTakenOut) text += kTakenOut;
      at += size;
      continue;
    }
    for (const char c : error.substr(at, std::max<size_t>(size, 1))) {
      const bool blank = static_cast<unsigned char>(c) <= ' ' || c == 0x7F;
      if (!blank) text += absl::ascii_tolower(static_cast<unsigned char>(c));
      if (blank && !text.empty() && text.back() != ' ') text += ' ';
    }
    at += std::max<size_t>(size, 1);
  }
  if (!text.empty() && text.back() == ' ') text.pop_back();
  return text;
}

}  // namespace

std::string FingerprintOf(std::string_view error) {
  // FNV-1a, 32 bits.
  uint32_t hash = 2166136261U;
  for (const char c : Normalised(error)) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 16777619U;
  }
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  for (int shift = 28; shift >= 0; shift -= 4) hex += kDigits[(hash >> shift) & 0xFU];
  return hex;
}

}  // namespace saga::core
