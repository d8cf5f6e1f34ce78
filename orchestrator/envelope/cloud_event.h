#pragma once

// The headers of CloudEvents 1.0, Kafka protocol binding, binary mode.

#include <string>

#include "orchestrator/base/message.h"
#include "orchestrator/base/time.h"

namespace saga::envelope {

inline constexpr char kCloudSpecVersion[] = "ce_specversion";
inline constexpr char kCloudId[] = "ce_id";  // what consumers recognise repetitions by
inline constexpr char kCloudSource[] = "ce_source";
inline constexpr char kCloudType[] = "ce_type";
inline constexpr char kCloudSubject[] = "ce_subject";
inline constexpr char kCloudTime[] = "ce_time";  // RFC 3339

struct CloudEvent {
  std::string id;
  std::string source;
  std::string type;
  std::string subject;  // may be empty
  base::Time time;      // may be unset
};

void AddCloudEvent(base::Message& message, const CloudEvent& event);

}  // namespace saga::envelope
