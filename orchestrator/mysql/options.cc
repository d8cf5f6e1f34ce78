#include "orchestrator/mysql/options.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace saga::mysql {

namespace {

constexpr char kForm[] = "; expected mysql://USER@HOST:PORT/DATABASE";

bool Unescape(absl::string_view text, std::string* out) {
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out->push_back(text[i]);
      continue;
    }
    int value = 0;
    if (i + 2 >= text.size() || !absl::SimpleHexAtoi(text.substr(i + 1, 2), &value)) return false;
    out->push_back(static_cast<char>(value));
    i += 2;
  }
  return true;
}

std::string Escape(absl::string_view text) {
  std::string out;
  for (const char c : text) {
    if (absl::ascii_isalnum(static_cast<unsigned char>(c)) || absl::StrContains("-_.~", c)) {
      out.push_back(c);
    } else {
      absl::StrAppend(&out, "%", absl::Hex(static_cast<unsigned char>(c), absl::kZeroPad2));
    }
  }
  return out;
}

absl::StatusOr<Place> ParsePlace(absl::string_view text) {
  Place place;
  const size_t bracket = text.rfind(']');
  const size_t colon = text.rfind(':');
  if (colon != absl::string_view::npos && (bracket == absl::string_view::npos || colon > bracket)) {
    if (!absl::SimpleAtoi(text.substr(colon + 1), &place.port) || place.port < 1 ||
        place.port > 65535) {
      return absl::InvalidArgumentError(absl::StrCat("bad port in the address", kForm));
    }
    text = text.substr(0, colon);
  }
  absl::ConsumePrefix(&text, "[");
  absl::ConsumeSuffix(&text, "]");
  if (text.empty()) return absl::InvalidArgumentError(absl::StrCat("no host", kForm));
  place.host = std::string(text);
  return place;
}

absl::Status ParsePlaces(absl::string_view text, Options* options) {
  bool first = true;
  for (const absl::string_view part : absl::StrSplit(text, ',')) {
    absl::StatusOr<Place> place = ParsePlace(part);
    if (!place.ok()) return place.status();
    if (std::exchange(first, false)) {
      options->host = std::move(place->host);
      options->port = place->port;
    } else {
      options->others.push_back(*std::move(place));
    }
  }
  return absl::OkStatus();
}

std::string TextOf(const std::string& host, int port) {
  const bool v6 = absl::StrContains(host, ':');
  return absl::StrCat(v6 ? "[" : "", host, v6 ? "]" : "", ":", port);
}

}  // namespace

absl::StatusOr<Options> ParseUrl(absl::string_view url) {
  Options options;
  if (!absl::ConsumePrefix(&url, "mysql://"))
    return absl::InvalidArgumentError(absl::StrCat("not a mysql:// address", kForm));
  const size_t slash = url.find('/');
  if (slash == absl::string_view::npos || slash + 1 == url.size())
    return absl::InvalidArgumentError(absl::StrCat("no database", kForm));
  absl::string_view place = url.substr(0, slash);
  std::string user, database;
  const size_t at = place.rfind('@');
  if (at != absl::string_view::npos) {
    if (absl::StrContains(place.substr(0, at), ':')) {
      return absl::InvalidArgumentError(
          "a password does not belong into the address, where every list of processes shows it: "
          "give it in the environment or in a file (sagad: SAGAD_STORE_PASSWORD, "
          "store.password_file)");
    }
    if (!Unescape(place.substr(0, at), &user))
      return absl::InvalidArgumentError(absl::StrCat("bad %XX in the user's name", kForm));
    options.user = std::move(user);
    place = place.substr(at + 1);
  }
  if (!Unescape(url.substr(slash + 1), &database) || absl::StrContains(database, '/'))
    return absl::InvalidArgumentError(absl::StrCat("bad name of a database", kForm));
  options.database = std::move(database);
  if (absl::Status places = ParsePlaces(place, &options); !places.ok()) return places;
  return options;
}

std::string UrlOf(const Options& options) {
  std::string places = TextOf(options.host, options.port);
  for (const Place& other : options.others)
    absl::StrAppend(&places, ",", TextOf(other.host, other.port));
  return absl::StrCat("mysql://", Escape(options.user), "@", places, "/", Escape(options.database));
}

}  // namespace saga::mysql
