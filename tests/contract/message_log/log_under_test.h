#pragma once

// One implementation of the message ports, as the contract sees it.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/time/time.h"
#include "orchestrator/port/message_publisher.h"
#include "orchestrator/port/message_source.h"

namespace saga::contract {

inline constexpr absl::Duration kPatience = absl::Seconds(60);
inline constexpr int kPartitions = 4;

class LogUnderTest {
 public:
  virtual ~LogUnderTest() = default;

  virtual port::MessagePublisher& publisher() = 0;
  // A topic with kPartitions partitions that only this test has.
  virtual const std::string& topic() const = 0;
  virtual std::unique_ptr<port::MessageSource> NewSource(const std::string& group,
                                                         size_t max_unacked) = 0;
  // Lets the log work until `condition` holds; false when kPatience ran out first.
  virtual bool Until(absl::FunctionRef<bool()> condition) = 0;
};

struct LogKind {
  std::string name;
  std::function<std::unique_ptr<LogUnderTest>()> make;
};

// Those that this program was linked with.
std::vector<LogKind> LogKinds();

}  // namespace saga::contract
