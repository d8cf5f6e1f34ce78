#include "orchestrator/api/topic_record.h"

#include <utility>

#include <nlohmann/json.hpp>

namespace saga::api {

namespace {

using Json = nlohmann::ordered_json;

// False: it is there and is no text.
bool ReadText(const Json& object, const char* key, std::string* text) {
  const auto found = object.find(key);
  if (found == object.end()) return true;
  if (!found->is_string()) return false;
  *text = found->get<std::string>();
  return true;
}

}  // namespace

std::string EncodeReceivers(const ReceiverList& receivers) {
  Json list = Json::array();
  for (const Receiver& receiver : receivers)
    list.push_back({{"url", receiver.url}, {"remark", receiver.remark}});
  return list.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::optional<ReceiverList> DecodeReceivers(std::string_view text) {
  const Json list = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!list.is_array()) return std::nullopt;
  ReceiverList receivers;
  receivers.reserve(list.size());
  for (const Json& item : list) {
    Receiver receiver;
    if (!item.is_object() || !ReadText(item, "url", &receiver.url) ||
        !ReadText(item, "remark", &receiver.remark) || receiver.url.empty())
      return std::nullopt;
    receivers.push_back(std::move(receiver));
  }
  return receivers;
}

}  // namespace saga::api
