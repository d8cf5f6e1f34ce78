// Reading and writing single values.

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "orchestrator/app/config.h"
#include "orchestrator/mysql/options.h"

namespace saga::app {
namespace {

struct Unit {
  absl::string_view suffix;
  int64_t micros;
};

// A suffix stands before every suffix it ends with: "ms" before "s".
constexpr std::array<Unit, 6> kUnits = {{{"d", 86'400'000'000},
                                         {"h", 3'600'000'000},
                                         {"ms", 1'000},
                                         {"us", 1},
                                         {"m", 60'000'000},
                                         {"s", 1'000'000}}};
constexpr double kLongestDuration = 100.0 * 366 * 86'400'000'000.0;

}  // namespace

bool ParseDuration(absl::string_view text, base::Duration* duration) {
  int64_t unit = 1'000'000;  // plain seconds
  for (const Unit& known : kUnits) {
    if (absl::EndsWith(text, known.suffix)) {
      unit = known.micros;
      text.remove_suffix(known.suffix.size());
      break;
    }
  }
  const bool plain =
      !text.empty() && text.find_first_not_of("0123456789.") == absl::string_view::npos;
  double number = 0;
  if (!plain || !absl::SimpleAtod(text, &number)) return false;
  const double micros = std::round(number * static_cast<double>(unit));
  if (!(micros >= 0) || micros > kLongestDuration) return false;
  duration->micros = static_cast<int64_t>(micros);
  return true;
}

std::string FormatDuration(base::Duration duration) {
  if (duration.micros == 0) return "0s";
  std::string shortest;
  for (const Unit& unit : kUnits) {
    if (duration.micros % unit.micros != 0) continue;
    const std::string candidate = absl::StrCat(duration.micros / unit.micros, unit.suffix);
    if (shortest.empty() || candidate.size() < shortest.size()) shortest = candidate;
  }
  return shortest;
}

bool ParseAddress(absl::string_view text, std::string* host, int* port) {
  const size_t colon = text.rfind(':');
  if (colon == absl::string_view::npos || colon == 0) return false;
  absl::string_view name = text.substr(0, colon);
  const absl::string_view number = text.substr(colon + 1);
  if (name.front() == '[') {
    if (name.size() < 3 || name.back() != ']') return false;
    name = name.substr(1, name.size() - 2);
  } else if (name.find(':') != absl::string_view::npos) {
    return false;  // an IPv6 address needs its brackets
  }
  if (name.find_first_of(" /[]\t") != absl::string_view::npos) return false;
  const bool digits =
      !number.empty() && number.find_first_not_of("0123456789") == absl::string_view::npos;
  if (!digits || !absl::SimpleAtoi(number, port) || *port > 65535) return false;
  *host = std::string(name);
  return true;
}

bool IsHttpUrl(absl::string_view text) {
  const bool known =
      absl::ConsumePrefix(&text, "http://") || absl::ConsumePrefix(&text, "https://");
  if (!known || text.empty() || text.find_first_of("/?#") == 0) return false;
  for (const char c : text) {
    if (!absl::ascii_isgraph(static_cast<unsigned char>(c))) return false;
  }
  return true;
}

bool IsStore(absl::string_view text, std::string* why) {
  if (text == "sqlite" || text == "memory") return true;
  if (!IsSharedStore(text)) {
    *why = "sqlite, memory or mysql://USER@HOST:PORT/DATABASE";
    return false;
  }
  const auto options = mysql::ParseUrl(text);
  if (!options.ok()) *why = std::string(options.status().message());
  return options.ok();
}

bool IsSharedStore(absl::string_view text) { return absl::StartsWith(text, "mysql://"); }

bool IsLoopback(absl::string_view host) {
  if (host == "localhost") return true;
  const std::string text(host);
  in_addr v4{};
  if (inet_pton(AF_INET, text.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;
  in6_addr v6{};
  return inet_pton(AF_INET6, text.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

}  // namespace saga::app
