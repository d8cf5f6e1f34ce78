#include "orchestrator/adapter/yaml/payload_reader.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "orchestrator/core/limits.h"

namespace saga::adapter {

namespace {

constexpr char kInput[] = "$input";
constexpr char kQuotedTag[] = "!";  // yaml-cpp's tag of a quoted scalar; a plain one has "?"

bool LooksLikeNumber(const std::string& text) {
  const size_t sign = text[0] == '-' || text[0] == '+' ? 1 : 0;
  const size_t digit = sign < text.size() && text[sign] == '.' ? sign + 1 : sign;
  if (digit >= text.size() || !absl::ascii_isdigit(text[digit])) return false;
  return std::all_of(text.begin() + static_cast<std::ptrdiff_t>(sign), text.end(), [](char c) {
    return absl::ascii_isdigit(c) || c == '.' || c == 'e' || c == 'E' || c == '+' || c == '-';
  });
}

// JSON text of a number as YAML has it; empty when JSON has no such number or it would not survive.
std::string NumberText(const std::string& text) {
  const nlohmann::json number = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!number.is_number()) return "";
  const bool whole = text.find_first_of(".eE") == std::string::npos;
  return whole && number.is_number_float() ? "" : text;
}

class Reader {
 public:
  explicit Reader(ProblemList& problems) : problems_(problems) {}

  bool Read(const YAML::Node& node, const std::string& path, size_t depth,
            core::PayloadValue& value) {
    problems_.Place(path, node.Mark().line + 1);
    if (depth > core::kMaxJsonDepth)
      return Refuse(path, absl::StrCat("nested deeper than ", core::kMaxJsonDepth));
    if (++values_ > core::kMaxPayloadValues) {
      return Refuse(path,
                    absl::StrCat("more than ", core::kMaxPayloadValues, " values in one payload"));
    }
    switch (node.Type()) {
      case YAML::NodeType::Map:
        return ReadMap(node, path, depth, value);
      case YAML::NodeType::Sequence:
        return ReadList(node, path, depth, value);
      case YAML::NodeType::Scalar:
      case YAML::NodeType::Null:
      case YAML::NodeType::Undefined:
        return ReadLeaf(node, path, value);
    }
    return false;
  }

 private:
  bool Refuse(const std::string& path, const std::string& text) {
    problems_.Add(path, text);
    return false;
  }

  bool ReadMap(const YAML::Node& node, const std::string& path, size_t depth,
               core::PayloadValue& value) {
    value.kind = core::PayloadValue::Kind::kMap;
    std::set<std::string> seen;
    bool good = true;
    for (const auto& entry : node) {
      if (!entry.first.IsScalar()) return Refuse(path, "a field's name must be a string");
      const std::string name = entry.first.Scalar();
      const std::string place = absl::StrCat(path, ".", name);
      problems_.Place(place, entry.first.Mark().line + 1);
      if (!seen.insert(name).second) {
        good = Refuse(place, "given twice");
        continue;
      }
      value.names.push_back(name);
      good = Read(entry.second, place, depth + 1, value.items.emplace_back()) && good;
    }
    return good;
  }

  bool ReadList(const YAML::Node& node, const std::string& path, size_t depth,
                core::PayloadValue& value) {
    value.kind = core::PayloadValue::Kind::kList;
    bool good = true;
    for (size_t i = 0; i < node.size(); ++i) {
      good =
          Read(node[i], absl::StrCat(path, "[", i, "]"), depth + 1, value.items.emplace_back()) &&
          good;
    }
    return good;
  }

  bool ReadLeaf(const YAML::Node& node, const std::string& path, core::PayloadValue& value) {
    switch (KindOf(node)) {
      case ScalarKind::kNull:
        value.literal = "null";
        return true;
      case ScalarKind::kBool:
        value.literal = absl::AsciiStrToLower(node.Scalar());
        return true;
      case ScalarKind::kNumber:
        value.literal = NumberText(node.Scalar());
        if (!value.literal.empty()) return true;
        return Refuse(path, absl::StrCat("JSON has no number '", node.Scalar(),
                                         "'; put it in quotes to make it a string"));
      case ScalarKind::kString:
        return ReadString(node.Scalar(), path, value);
    }
    return false;
  }

  bool ReadString(const std::string& text, const std::string& path, core::PayloadValue& value) {
    const bool escaped = absl::StartsWith(text, "$$");
    if (absl::StartsWith(text, "$") && !escaped) {
      absl::StatusOr<std::vector<std::string>> place = ParseInputPath(text);
      if (!place.ok()) return Refuse(path, std::string(place.status().message()));
      value.kind = core::PayloadValue::Kind::kInput;
      value.path = *std::move(place);
      return true;
    }
    value.literal = nlohmann::json(text.substr(escaped ? 1 : 0))
                        .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    return true;
  }

  ProblemList& problems_;
  size_t values_ = 0;
};

}  // namespace

ScalarKind KindOf(const YAML::Node& scalar) {
  if (!scalar.IsDefined() || scalar.IsNull()) return ScalarKind::kNull;
  const std::string& text = scalar.Scalar();
  if (scalar.Tag() == kQuotedTag || text.empty()) return ScalarKind::kString;
  for (const char* word : {"true", "True", "TRUE", "false", "False", "FALSE"}) {
    if (text == word) return ScalarKind::kBool;
  }
  return LooksLikeNumber(text) ? ScalarKind::kNumber : ScalarKind::kString;
}

absl::StatusOr<std::vector<std::string>> ParseInputPath(const std::string& text) {
  std::vector<std::string> parts = absl::StrSplit(text, '.');
  if (parts.front() != kInput) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", text,
                     "' is no place in the input; $input.name.name is expected (a string that "
                     "begins with $ is written $$...)"));
  }
  parts.erase(parts.begin());
  for (const std::string& part : parts) {
    if (!part.empty()) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("'", text, "' has an empty name between its dots"));
  }
  return parts;
}

std::optional<core::PayloadValue> ReadPayload(const YAML::Node& node, const std::string& path,
                                              ProblemList& problems) {
  core::PayloadValue value;
  if (!Reader(problems).Read(node, path, 1, value)) return std::nullopt;
  const bool whole = value.kind == core::PayloadValue::Kind::kInput;
  if (value.kind != core::PayloadValue::Kind::kMap && !whole) {
    problems.Add(path, "a map of fields, or $input or a place in it, is expected");
    return std::nullopt;
  }
  return value;
}

}  // namespace saga::adapter
