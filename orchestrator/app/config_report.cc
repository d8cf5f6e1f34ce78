#include "orchestrator/app/config_report.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "orchestrator/base/check.h"

namespace saga::app {

const char* OriginName(Origin origin) {
  switch (origin) {
    case Origin::kDefault:
      return "default";
    case Origin::kFile:
      return "file";
    case Origin::kEnvironment:
      return "environment";
    case Origin::kFlag:
      return "flag";
  }
  SAGA_CHECK(false);
}

std::string ConfigTable(const LoadedConfig& loaded) {
  size_t name_width = 0;
  size_t value_width = 0;
  for (const Setting& setting : loaded.settings) {
    name_width = std::max(name_width, setting.key->name.size());
    value_width = std::max(value_width, setting.text.size());
  }
  std::string table = absl::StrFormat("%-*s  %-*s  %s\n", static_cast<int>(name_width), "KEY",
                                      static_cast<int>(value_width), "VALUE", "ORIGIN");
  for (const Setting& setting : loaded.settings) {
    const std::string where = setting.where.empty() ? "" : absl::StrCat(" ", setting.where);
    absl::StrAppendFormat(&table, "%-*s  %-*s  %s%s\n", static_cast<int>(name_width),
                          setting.key->name, static_cast<int>(value_width), setting.text,
                          OriginName(setting.origin), where);
  }
  return table;
}

std::string ConfigJson(const LoadedConfig& loaded) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  for (const Setting& setting : loaded.settings) {
    json[setting.key->name] = {
        {"value", setting.text}, {"origin", OriginName(setting.origin)}, {"where", setting.where}};
  }
  return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

std::string ConfigDocTable() {
  std::string table =
      "| Key | Type | Default | Range | Environment | Flag | Meaning "
      "|\n|---|---|---|---|---|---|---|\n";
  for (const ConfigKey& key : ConfigKeys()) {
    const std::string unit = key.unit.empty() ? "" : absl::StrCat(", ", key.unit);
    const std::string value =
        key.default_value.empty() ? "(empty)" : absl::StrCat("`", key.default_value, "`");
    absl::StrAppend(&table, "| `", key.name, "` | ", TypeText(key), unit, " | ", value, " | ");
    absl::StrAppend(&table, RangeText(key), " | `", EnvName(key), "` | `--", FlagName(key), "` | ",
                    key.help, " |\n");
  }
  return table;
}

}  // namespace saga::app
