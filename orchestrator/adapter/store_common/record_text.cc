#include "orchestrator/adapter/store_common/record_text.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace saga::adapter {
namespace {

constexpr absl::string_view kHeader = "header.";
constexpr char kHexDigits[] = "0123456789ABCDEF";

void AppendEscaped(absl::string_view raw, std::string* text) {
  for (const char c : raw) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= ' ' || byte == 0x7f || c == '%' || c == '&' || c == '=') {
      text->push_back('%');
      text->push_back(kHexDigits[byte >> 4]);
      text->push_back(kHexDigits[byte & 0xf]);
    } else {
      text->push_back(c);
    }
  }
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

absl::Status Damaged(absl::string_view what, absl::string_view text) {
  return absl::DataLossError(absl::StrCat("unreadable ", what, " \"", text.substr(0, 100), "\""));
}

bool DecodeOption(absl::string_view name, absl::string_view value, core::Options* options) {
  if (name == "timeout_to_fail") return absl::SimpleAtoi(value, &options->timeout_to_fail_s);
  if (name == "retry_interval") return absl::SimpleAtoi(value, &options->retry_interval_s);
  if (name == "request_timeout") return absl::SimpleAtoi(value, &options->request_timeout_s);
  if (name == "retry_limit") return absl::SimpleAtoi(value, &options->retry_limit);
  if (name.substr(0, kHeader.size()) != kHeader) return false;
  std::string header;
  return Unescape(name.substr(kHeader.size()), &header) &&
         Unescape(value, &options->branch_headers[header]);
}

}  // namespace

std::string EncodeOptions(const core::Options& options) {
  std::string text;
  AppendNumber("timeout_to_fail", options.timeout_to_fail_s, &text);
  AppendNumber("retry_interval", options.retry_interval_s, &text);
  AppendNumber("request_timeout", options.request_timeout_s, &text);
  AppendNumber("retry_limit", options.retry_limit, &text);
  for (const auto& [name, value] : options.branch_headers) {
    absl::StrAppend(&text, text.empty() ? "" : "&", kHeader);
    AppendEscaped(name, &text);
    text.push_back('=');
    AppendEscaped(value, &text);
  }
  return text;
}

absl::StatusOr<core::Options> DecodeOptions(absl::string_view text) {
  core::Options options;
  if (text.empty()) return options;
  for (const absl::string_view part : absl::StrSplit(text, '&')) {
    const size_t equals = part.find('=');
    if (equals == absl::string_view::npos ||
        !DecodeOption(part.substr(0, equals), part.substr(equals + 1), &options)) {
      return Damaged("options", text);
    }
  }
  return options;
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
