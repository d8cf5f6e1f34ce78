#include "orchestrator/envelope/event.h"

#include <nlohmann/json.hpp>
#include <optional>

#include "absl/strings/str_cat.h"
#include "orchestrator/envelope/cloud_event.h"
#include "orchestrator/envelope/header.h"
#include "orchestrator/envelope/header_text.h"

namespace saga::envelope {
namespace {

using Json = nlohmann::json;

constexpr char kSucceed[] = "succeed";
constexpr char kFailed[] = "failed";

std::string JsonOf(const Event& event) {
  nlohmann::ordered_json json = {{"gid", event.gid},
                                 {"mode", event.mode},
                                 {"status", event.status},
                                 {"version", event.version},
                                 {"create_time", TimeText(event.create_time)},
                                 {"finish_time", TimeText(event.finish_time)}};
  if (!event.reason.empty()) json["reason"] = event.reason;
  if (!event.definition.empty()) {
    json["definition"] = event.definition;
    json["definition_version"] = event.definition_version;
  }
  // A participant's words may be no UTF-8: an outcome is told all the same.
  return json.dump(-1, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace);
}

std::string TextIn(const Json& json, const char* name) {
  const auto found = json.find(name);
  return found != json.end() && found->is_string() ? found->get<std::string>() : "";
}

uint64_t NumberIn(const Json& json, const char* name) {
  const auto found = json.find(name);
  return found != json.end() && found->is_number_unsigned() ? found->get<uint64_t>() : 0;
}

base::Time TimeIn(const Json& json, const char* name, HeaderReader& reader) {
  const std::optional<base::Time> time = TimeOfText(TextIn(json, name));
  if (!time.has_value()) reader.Fail(absl::StrCat("its ", name, " is missing or no time"));
  return time.value_or(base::Time{});
}

}  // namespace

base::Message Encode(const Event& event, const std::string& topic) {
  base::Message message = NewMessage(topic, event.gid, kEventKind);
  AddText(message, kGid, event.gid);
  AddText(message, kMode, event.mode);
  AddCloudEvent(message, {.id = absl::StrCat(event.gid, "/", event.version),
                          .source = event.source,
                          .type = absl::StrCat("saga.transaction.", event.status),
                          .subject = event.gid,
                          .time = event.finish_time});
  AddText(message, kContentType, "application/json");
  message.value = base::MakeBytes(JsonOf(event));
  return message;
}

absl::StatusOr<Event> DecodeEvent(const base::Message& message) {
  HeaderReader reader(message, kEventKind);
  const Json json = Json::parse(base::Value(message.value), nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) reader.Fail("its value is no JSON object");
  if (!reader.status().ok()) return reader.status();
  Event event{.gid = TextIn(json, "gid"),
              .mode = TextIn(json, "mode"),
              .status = TextIn(json, "status"),
              .reason = TextIn(json, "reason"),
              .definition = TextIn(json, "definition"),
              .definition_version = static_cast<uint32_t>(NumberIn(json, "definition_version")),
              .create_time = TimeIn(json, "create_time", reader),
              .finish_time = TimeIn(json, "finish_time", reader),
              .version = NumberIn(json, "version"),
              .source = reader.Text(kCloudSource)};
  if (event.gid.empty()) reader.Fail("its gid is missing");
  if (event.mode.empty()) reader.Fail("its mode is missing");
  if (event.status != kSucceed && event.status != kFailed) {
    reader.Fail(absl::StrCat("its status is \"", event.status, "\""));
  }
  if (!reader.status().ok()) return reader.status();
  return event;
}

}  // namespace saga::envelope
