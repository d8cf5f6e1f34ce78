#pragma once

// A message for a log that others read too (Kafka), as bytes: what it means is the envelope's
// business.

#include <string>
#include <utility>
#include <vector>

#include "orchestrator/base/bytes.h"
#include "orchestrator/base/time.h"

namespace saga::base {

struct Message {
  std::string topic;
  std::string key;  // messages of one topic and key keep their order
  std::vector<std::pair<std::string, std::string>> headers;  // values may be binary
  Bytes value;

  bool operator==(const Message& other) const {
    return topic == other.topic && key == other.key && headers == other.headers &&
           (value == other.value || Value(value) == Value(other.value));
  }
};

}  // namespace saga::base
