#pragma once

// The JSON that sagactl prints: the field names of proto/saga/v1/admin.proto without their unit,
// times as RFC 3339. Fields are only ever added.

#include <string>

#include <nlohmann/json.hpp>

#include "saga/v1/admin.pb.h"

namespace saga::cli {

nlohmann::ordered_json ToJson(const v1::Transaction& transaction);
// Without what the server leaves out of lists: branches, waits_for, the node.
nlohmann::ordered_json ToListJson(const v1::Transaction& transaction);
// The transaction, and whether the submit found it there already.
nlohmann::ordered_json ToJson(const v1::SubmitReply& reply);
nlohmann::ordered_json ToJson(const v1::HistoryEntry& entry);
nlohmann::ordered_json ToJson(const v1::StatsReply& stats);
nlohmann::ordered_json ToJson(const v1::Definition& definition);
nlohmann::ordered_json ToJson(const v1::Node& node);

// RFC 3339, or null for 0, which says "no such time" more plainly than an empty string.
nlohmann::ordered_json JsonTime(int64_t micros);

// Bytes as text when they are UTF-8 without control characters, as base64 otherwise ("base64:...").
// Text that itself begins with "base64:" becomes base64 too, so that there is no mistaking it.
std::string ShowBytes(const std::string& bytes);

// Indented for `json`, one line for `jsonl`; with a newline at the end.
std::string Dump(const nlohmann::ordered_json& json, bool one_line);

}  // namespace saga::cli
