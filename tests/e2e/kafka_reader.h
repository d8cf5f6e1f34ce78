#pragma once

// What is in a topic of a real broker.

#include <functional>
#include <string>
#include <vector>

#include "orchestrator/base/message.h"

namespace saga::e2e {

// Every message of `topic` from the oldest on, until `enough` says so of what has come. Stops the
// test after two minutes.
std::vector<base::Message> ReadTopic(
    const std::string& broker, const std::string& topic,
    const std::function<bool(const std::vector<base::Message>&)>& enough);

// Publishes and waits until the broker has all of them.
void PublishAll(const std::string& broker, const std::vector<base::Message>& messages);

}  // namespace saga::e2e
