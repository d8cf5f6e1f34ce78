#include "cli/command/dead_letter_file.h"

#include <cstdint>

#include <nlohmann/json.hpp>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "cli/printer/dead_letter_json.h"
#include "cli/printer/json.h"

namespace saga::cli {

namespace {

using nlohmann::json;

// False: the field is not there, or is no text with something in it.
bool TextField(const json& record, const char* name, std::string* text) {
  const auto found = record.find(name);
  if (found == record.end() || !found->is_string()) return false;
  *text = found->get<std::string>();
  return !text->empty();
}

}  // namespace

std::string ExportLine(const v1::DeadLetter& letter) {
  nlohmann::ordered_json record = ToJson(letter, false);
  record["payload_base64"] = absl::Base64Escape(letter.payload());
  return Dump(record, true);
}

std::string ImportLine(const std::string& line, ImportedItem* item) {
  const json record = json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!record.is_object()) return "is no JSON object";
  if (!TextField(record, "gid", item->name.mutable_gid()) ||
      !TextField(record, "branch_id", item->name.mutable_branch_id()) ||
      !TextField(record, "op", item->name.mutable_op())) {
    return "needs the texts gid, branch_id and op";
  }
  const auto death = record.find("death");
  const bool counted = death != record.end() && death->is_number_unsigned() &&
                       death->get<uint64_t>() >= 1 && death->get<uint64_t>() <= UINT32_MAX;
  if (!counted) return "needs the number death, which says which of its deaths is meant";
  item->death = death->get<uint32_t>();
  const auto payload = record.find("payload_base64");
  if (payload == record.end()) return "";
  std::string bytes;
  if (!payload->is_string() || !absl::Base64Unescape(payload->get<std::string>(), &bytes))
    return "has a payload_base64 that is no base64";
  item->payload = std::move(bytes);
  return "";
}

}  // namespace saga::cli
