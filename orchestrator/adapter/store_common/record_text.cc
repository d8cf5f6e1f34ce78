#include "orchestrator/adapter/store_common/record_text.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"

namespace saga::adapter {
namespace {

constexpr absl::string_view kHeader = "header.";
constexpr char kHexDigits[] = "0123456789ABCDEF";

void AppendEscaped(absl::string_view raw, std::string* text) {
  const auto plain = [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte > ' ' && byte != 0x7f && c != '%' && c != '&' && c != '=';
  };
  size_t written = 0;
  for (size_t i = 0; i < raw.size(); ++i) {
    if (plain(raw[i])) continue;
    const auto byte = static_cast<unsigned char>(raw[i]);
    absl::StrAppend(text, raw.substr(written, i - written));
    text->push_back('%');
    text->push_back(kHexDigits[byte >> 4]);
    text->push_back(kHexDigits[byte & 0xf]);
    written = i + 1;
  }
  absl::StrAppend(text, raw.substr(written));
}

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool Unescape(absl::string_view text, std::string* raw) {
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      raw->push_back(text[i]);
      continue;
    }
    if (i + 2 >= text.size()) return false;
    const int high = HexValue(text[i + 1]);
    const int low = HexValue(text[i + 2]);
    if (high < 0 || low < 0) return false;
    raw->push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  return true;
}

void AppendNumber(absl::string_view name, int64_t value, std::string* text) {
  if (value == 0) return;
  absl::StrAppend(text, text->empty() ? "" : "&", name, "=", value);
}

// With as many digits as bring the same number back.
void AppendFraction(absl::string_view name, double value, std::string* text) {
  if (value == 0) return;
  absl::StrAppend(text, text->empty() ? "" : "&", name, "=", absl::StrFormat("%.17g", value));
}

void AppendPair(absl::string_view prefix, absl::string_view name, absl::string_view value,
                std::string* text) {
  absl::StrAppend(text, text->empty() ? "" : "&", prefix);
  AppendEscaped(name, text);
  text->push_back('=');
  AppendEscaped(value, text);
}

absl::Status Damaged(absl::string_view what, absl::string_view text) {
  return absl::DataLossError(absl::StrCat("unreadable ", what, " \"", text.substr(0, 100), "\""));
}

bool DecodeOption(absl::string_view name, absl::string_view value, core::Options* options) {
  if (name == "timeout_to_fail") return absl::SimpleAtoi(value, &options->timeout_to_fail_s);
  if (name == "retry_interval") return absl::SimpleAtoi(value, &options->retry_interval_s);
  if (name == "request_timeout") return absl::SimpleAtoi(value, &options->request_timeout_s);
  if (name == "retry_limit") return absl::SimpleAtoi(value, &options->retry_limit);
  if (name == "attempt_limit") return absl::SimpleAtoi(value, &options->attempt_limit);
  if (name.substr(0, kHeader.size()) != kHeader) return false;
  std::string header;
  return Unescape(name.substr(kHeader.size()), &header) &&
         Unescape(value, &options->branch_headers[header]);
}

bool DecodeRetryPart(absl::string_view name, absl::string_view value, core::RetryPolicy* retry) {
  if (name == "interval_us") return absl::SimpleAtoi(value, &retry->interval.micros);
  if (name == "factor") return absl::SimpleAtod(value, &retry->factor);
  if (name == "cap_us") return absl::SimpleAtoi(value, &retry->cap.micros);
  if (name == "jitter") return absl::SimpleAtod(value, &retry->jitter);
  if (name == "attempt_limit") return absl::SimpleAtoi(value, &retry->attempt_limit);
  return false;
}

// Calls `take(name, value)` for each part of "name=value&name=value"; false when a part is none or
// `take` does not want it.
template <typename Take>
bool ForEachPart(absl::string_view text, const Take& take) {
  if (text.empty()) return true;
  for (const absl::string_view part : absl::StrSplit(text, '&')) {
    const size_t equals = part.find('=');
    if (equals == absl::string_view::npos || !take(part.substr(0, equals), part.substr(equals + 1)))
      return false;
  }
  return true;
}

}  // namespace

std::string EncodeOptions(const core::Options& options) {
  std::string text;
  AppendNumber("timeout_to_fail", options.timeout_to_fail_s, &text);
  AppendNumber("retry_interval", options.retry_interval_s, &text);
  AppendNumber("request_timeout", options.request_timeout_s, &text);
  AppendNumber("retry_limit", options.retry_limit, &text);
  AppendNumber("attempt_limit", options.attempt_limit, &text);
  for (const auto& [name, value] : options.branch_headers) AppendPair(kHeader, name, value, &text);
  return text;
}

absl::StatusOr<core::Options> DecodeOptions(absl::string_view text) {
  core::Options options;
  const auto take = [&](absl::string_view name, absl::string_view value) {
    return DecodeOption(name, value, &options);
  };
  if (!ForEachPart(text, take)) return Damaged("options", text);
  return options;
}

std::string EncodeRetry(const core::RetryPolicy& retry) {
  std::string text;
  AppendNumber("interval_us", retry.interval.micros, &text);
  AppendFraction("factor", retry.factor, &text);
  AppendNumber("cap_us", retry.cap.micros, &text);
  AppendFraction("jitter", retry.jitter, &text);
  AppendNumber("attempt_limit", retry.attempt_limit, &text);
  return text;
}

absl::StatusOr<core::RetryPolicy> DecodeRetry(absl::string_view text) {
  core::RetryPolicy retry;
  const auto take = [&](absl::string_view name, absl::string_view value) {
    return DecodeRetryPart(name, value, &retry);
  };
  if (!ForEachPart(text, take)) return Damaged("retry policy", text);
  return retry;
}

std::string EncodeHeaders(const Headers& headers) {
  std::string text;
  for (const auto& [name, value] : headers) AppendPair("", name, value, &text);
  return text;
}

absl::StatusOr<Headers> DecodeHeaders(absl::string_view text) {
  Headers headers;
  const auto take = [&](absl::string_view name, absl::string_view value) {
    auto& [raw_name, raw_value] = headers.emplace_back();
    return Unescape(name, &raw_name) && Unescape(value, &raw_value);
  };
  if (!ForEachPart(text, take)) return Damaged("headers", text);
  return headers;
}

std::string EncodePredecessors(const std::vector<std::vector<uint32_t>>& predecessors) {
  std::string text;
  for (const std::vector<uint32_t>& steps : predecessors) {
    for (size_t i = 0; i < steps.size(); ++i) absl::StrAppend(&text, i == 0 ? "" : ",", steps[i]);
    text.push_back(';');
  }
  return text;
}

absl::StatusOr<std::vector<std::vector<uint32_t>>> DecodePredecessors(absl::string_view text) {
  std::vector<std::vector<uint32_t>> predecessors;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = text.find(';', begin);
    if (end == absl::string_view::npos) return Damaged("predecessors", text);
    std::vector<uint32_t>& steps = predecessors.emplace_back();
    const absl::string_view list = text.substr(begin, end - begin);
    if (!list.empty()) {
      for (const absl::string_view number : absl::StrSplit(list, ',')) {
        if (!absl::SimpleAtoi(number, &steps.emplace_back())) return Damaged("predecessors", text);
      }
    }
    begin = end + 1;
  }
  return predecessors;
}

}  // namespace saga::adapter
