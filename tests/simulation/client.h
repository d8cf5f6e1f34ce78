#pragma once

// Clients of the simulated world, but for those of workflows (workflow_client.h): each carries one
// global transaction through, asks again when it is not answered, and writes down what it was told.
// What it was told is what the auditor holds sagad to.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "orchestrator/core/transaction.h"
#include "orchestrator/engine/engine.h"
#include "tests/simulation/bank.h"
#include "tests/simulation/customer.h"
#include "tests/simulation/world.h"

namespace saga::simulation {

struct Order {
  std::string gid;
  core::GlobalTransaction draft;  // branches as the codec would make them
  bool prepare_first = false;     // message: prepare, local transaction, submit
  bool goes_away = false;         // the client dies between prepare and its decision
};

// What a client learned.
struct Told {
  bool accepted = false;  // a submit was answered "stored"
  bool prepared = false;
  bool aborted = false;   // an abort was accepted
  bool given_up = false;  // the client stopped asking, or died
  bool disowned = false;  // its own words were taken for another's
  core::Status final_status =
      core::Status::kPrepared;  // told by a waiting submit; kPrepared: not told
};

class Client : public Customer {
 public:
  Client(World* world, Bank* bank, EngineNow engine, Order order);

  void Start(base::Duration delay) override;
  bool Done() const override { return done_; }
  const std::string& gid() const override { return order_.gid; }
  std::vector<std::string> Judge(const absl::StatusOr<core::GlobalTransaction>& record,
                                 const Bank& bank) const override;
  const Told& told() const { return told_; }
  const Order& order() const { return order_; }

 private:
  // Each asks, and asks again after a while when there is no answer or a useless one.
  void Ask();
  void OnAnswer(uint64_t asked, engine::Answer answer);
  void Again(base::Duration delay);
  void Advance(const engine::Answer& answer);
  // TCC and XA: branches are registered one by one, each before its first phase.
  bool Registers() const;
  void RegisterNext();
  void TryNext();

  enum class Stage { kPrepare, kRegister, kTry, kLocal, kSubmit, kAbort };

  World* const world_;
  Bank* const bank_;
  const EngineNow engine_;
  const Order order_;
  Told told_;
  Stage stage_;
  size_t branch_ = 0;
  uint64_t asked_ = 0;  // answers to older questions do not count
  bool done_ = false;
};

}  // namespace saga::simulation
