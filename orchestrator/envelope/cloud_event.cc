#include "orchestrator/envelope/cloud_event.h"

#include "orchestrator/envelope/header_text.h"

namespace saga::envelope {

void AddCloudEvent(base::Message& message, const CloudEvent& event) {
  AddText(message, kCloudSpecVersion, "1.0");
  AddText(message, kCloudId, event.id);
  AddText(message, kCloudSource, event.source);
  AddText(message, kCloudType, event.type);
  AddTextIfAny(message, kCloudSubject, event.subject);
  if (event.time.IsSet()) AddText(message, kCloudTime, TimeText(event.time));
}

}  // namespace saga::envelope
