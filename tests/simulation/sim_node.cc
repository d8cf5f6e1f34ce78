#include "tests/simulation/sim_node.h"

#include <utility>

namespace saga::simulation {

class SimNode::Caller : public port::BranchCaller {
 public:
  Caller(port::BranchCaller* inner, std::shared_ptr<Freezer> process)
      : inner_(inner), process_(std::move(process)) {}

  void Call(port::BranchCall call, Done done) override {
    auto kept = std::make_shared<Done>(std::move(done));
    inner_->Call(std::move(call), [process = process_, kept](port::BranchReply reply) {
      process->Run([kept, reply] { (*kept)(reply); });
    });
  }

 private:
  port::BranchCaller* const inner_;
  const std::shared_ptr<Freezer> process_;
};

class SimNode::Publisher : public port::MessagePublisher {
 public:
  Publisher(port::MessagePublisher* inner, std::shared_ptr<Freezer> process)
      : inner_(inner), process_(std::move(process)) {}

  bool Publish(const base::Message& message, Done done) override {
    auto kept = std::make_shared<Done>(std::move(done));
    return inner_->Publish(message, [process = process_, kept](absl::Status status) {
      process->Run([kept, status] { (*kept)(status); });
    });
  }
  bool Reachable() const override { return inner_->Reachable(); }

 private:
  port::MessagePublisher* const inner_;
  const std::shared_ptr<Freezer> process_;
};

SimNode::SimNode(const Around& around, const std::string& name, engine::EngineOptions options)
    : around_(around),
      name_(name),
      process_(std::make_shared<Freezer>(around.world)),
      node_(around.shared->Join(name, name)),
      store_(around.world, around.faults, &crash_, node_.get()),
      outbox_(around.world, around.faults, &crash_, &node_->outbox()),
      caller_(std::make_unique<Caller>(around.caller, process_)),
      executor_(around.world, around.delay, process_),
      link_(around.peers->LinkFor(process_)) {
  if (around_.publisher != nullptr)
    publisher_ = std::make_unique<Publisher>(around_.publisher, process_);
  engine_ = std::make_unique<engine::Engine>(
      options, engine::Engine::Ports{.store = &store_,
                                     .caller = caller_.get(),
                                     .clock = around.world,
                                     .entropy = around.world,
                                     .executor = &executor_,
                                     .observer = &observer_,
                                     .directory = around.directory,
                                     .publisher = publisher_.get(),
                                     .outbox = publisher_ == nullptr ? nullptr : &outbox_,
                                     .peers = link_.get()});
  around_.peers->Listen(name_, {process_, engine_.get()});
  engine_->Start();
}

SimNode::~SimNode() {
  if (engine_ == nullptr) return;
  around_.peers->Leave(name_);
  process_->Die();
}

void SimNode::Leave() {
  engine_->Stop();
  store_.Leave();
  around_.peers->Leave(name_);
  engine_.reset();
  process_->Die();
}

}  // namespace saga::simulation
