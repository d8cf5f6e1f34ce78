#include "tests/conformance/stage/http.h"

#include <curl/curl.h>

#include <memory>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "orchestrator/base/check.h"

namespace saga::conformance {
namespace {

constexpr long kSeconds = 30;  // curl's type

size_t TakeBody(char* data, size_t size, size_t count, void* answer) {
  static_cast<HttpAnswer*>(answer)->body.append(data, size * count);
  return size * count;
}

size_t TakeHeader(char* data, size_t size, size_t count, void* answer) {
  const absl::string_view line(data, size * count);
  const size_t colon = line.find(':');
  if (colon != absl::string_view::npos) {
    const std::string name = absl::AsciiStrToLower(line.substr(0, colon));
    static_cast<HttpAnswer*>(answer)->headers[name] =
        std::string(absl::StripAsciiWhitespace(line.substr(colon + 1)));
  }
  return size * count;
}

bool Names(const std::map<std::string, std::string>& headers, const std::string& lower_name) {
  for (const auto& [name, value] : headers) {
    if (absl::AsciiStrToLower(name) == lower_name) return true;
  }
  return false;
}

// A header without value has to be spelled with a semicolon for curl to send it.
curl_slist* HeaderList(const std::map<std::string, std::string>& headers, bool has_body) {
  curl_slist* list = curl_slist_append(nullptr, "Expect:");
  if (has_body && !Names(headers, "content-type")) {
    list = curl_slist_append(list, "Content-Type: application/json");
  }
  for (const auto& [name, value] : headers) {
    const std::string line = value.empty() ? name + ";" : absl::StrCat(name, ": ", value);
    list = curl_slist_append(list, line.c_str());
  }
  return list;
}

// One for each thread: its connection is used again, or those who poll would use up the machine's
// ports, each of which rests for a minute.
CURL* Curl() {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_ALL);
  SAGA_CHECK(started == CURLE_OK);
  thread_local const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(),
                                                                              &curl_easy_cleanup);
  SAGA_CHECK(curl != nullptr);
  return curl.get();
}

}  // namespace

nlohmann::json HttpAnswer::json() const {
  return nlohmann::json::parse(body, nullptr, /*allow_exceptions=*/false);
}

void PrintTo(const HttpAnswer& answer, std::ostream* out) {
  *out << answer.status << " " << answer.body;
}

HttpAnswer Http(const std::string& address, const std::string& method,
                const std::string& path_and_query, const std::string& body,
                const std::map<std::string, std::string>& headers) {
  CURL* const curl = Curl();
  HttpAnswer answer;
  curl_slist* list = HeaderList(headers, !body.empty());
  curl_easy_setopt(curl, CURLOPT_URL, absl::StrCat("http://", address, path_and_query).c_str());
  curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT, kSeconds);
  if (method == "HEAD") curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
  if (!body.empty() || method == "POST") {
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
    curl_easy_setopt(curl, CURLOPT_COPYPOSTFIELDS, body.c_str());
  }
  curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method.c_str());
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, list);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, TakeBody);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, TakeHeader);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &answer);
  if (curl_easy_perform(curl) == CURLE_OK) {
    long status = 0;  // curl's type
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    answer.status = static_cast<int>(status);
  } else {
    answer = {};
  }
  curl_easy_reset(curl);  // before what it points to goes
  curl_slist_free_all(list);
  return answer;
}

std::string UrlEncode(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (absl::ascii_isalnum(static_cast<unsigned char>(c)) || absl::StrContains("-_.~", c)) {
      result += c;
    } else {
      absl::StrAppend(&result, "%", absl::Hex(static_cast<unsigned char>(c), absl::kZeroPad2));
    }
  }
  return result;
}

}  // namespace saga::conformance
