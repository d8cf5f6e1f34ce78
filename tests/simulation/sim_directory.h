#pragma once

// Who registered in the simulated world: all banks but the last, each with a command topic.

#include <optional>
#include <string>
#include <string_view>

#include "orchestrator/core/target.h"
#include "orchestrator/envelope/header.h"
#include "orchestrator/port/participant_directory.h"

namespace saga::simulation {

inline constexpr int kBanks = 3;
inline std::string BankName(int number) { return "bank-" + std::to_string(number); }
// As lanes have it.
inline std::string BankDestination(int number) { return BankName(number) + ":1"; }
inline bool IsRegistered(int number) { return number < kBanks - 1; }

class SimDirectory : public port::ParticipantDirectory {
 public:
  std::optional<port::ParticipantFacts> Facts(std::string_view target) override {
    const std::string destination = core::DestinationOf(std::string(target));
    for (int number = 0; number < kBanks; ++number) {
      if (!IsRegistered(number) || destination != BankDestination(number)) continue;
      return port::ParticipantFacts{
          .name = BankName(number),
          .command_topic = envelope::kCommandTopicPrefix + BankName(number),
          .method = "Bank/Move"};
    }
    return std::nullopt;
  }
  absl::StatusOr<port::Pick> PickInstance(std::string_view) override {
    return absl::UnimplementedError("targets of this world are addresses");
  }
  void Finish(const port::Pick&, bool) override {}
};

}  // namespace saga::simulation
