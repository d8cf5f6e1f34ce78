#pragma once

// The replies, as one life of sagad takes them.

#include <functional>
#include <memory>
#include <utility>

#include "orchestrator/port/message_source.h"
#include "tests/simulation/sim_broker.h"

namespace saga::simulation {

class SimSource : public port::MessageSource {
 public:
  using Make = std::function<std::unique_ptr<SimConsumer>(Handler)>;
  using Acked = std::function<void(const base::Message&)>;

  // `acked` hears of every acknowledgement before the broker does.
  SimSource(Make make, Acked acked) : make_(std::move(make)), acked_(std::move(acked)) {}

  void Start(Handler handler) override {
    consumer_ = make_([this, handler = std::move(handler)](port::Received received,
                                                           absl::AnyInvocable<void()> ack) {
      const base::Message message = received.message;
      handler(std::move(received),
              [this, message, ack = std::move(ack), alive = std::weak_ptr<bool>(alive_)]() mutable {
                if (alive.expired()) return;
                acked_(message);
                ack();
              });
    });
  }
  void Stop() override { consumer_.reset(); }

 private:
  const Make make_;
  const Acked acked_;
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::unique_ptr<SimConsumer> consumer_;
};

}  // namespace saga::simulation
