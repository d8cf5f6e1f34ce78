#pragma once

// The receivers of a topic as they are stored and shown: `[{"url":"...","remark":"..."}]`
// (protocol 2.2). Pure functions, thread-safe, none throws.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace saga::api {

// Of the records that hold topics; their keys are the topics' names.
inline constexpr char kTopicCategory[] = "topics";

struct Receiver {
  std::string url;
  std::string remark;

  bool operator==(const Receiver&) const = default;
};
using ReceiverList = std::vector<Receiver>;

// All texts are UTF-8 (base::IsUtf8).
std::string EncodeReceivers(const ReceiverList& receivers);

// nullopt: the text is no list of receivers. An absent remark is an empty one.
std::optional<ReceiverList> DecodeReceivers(std::string_view text);

}  // namespace saga::api
