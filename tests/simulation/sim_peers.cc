#include "tests/simulation/sim_peers.h"

#include <utility>

namespace saga::simulation {

using engine::PeerAnswer;

struct SimPeers::Question {
  std::string address;
  engine::PeerAsk ask;
  engine::PeerLink::Done done;
  std::shared_ptr<Freezer> asker;
  bool over = false;
  // Of the asked engine, once it waits there.
  std::function<void()> cancel;

  void End(PeerAnswer answer) {
    if (std::exchange(over, true)) return;
    asker->Run([done = std::make_shared<engine::PeerLink::Done>(std::move(done)),
                answer = std::move(answer)] { (*done)(answer); });
    if (cancel) cancel();
  }
};

class SimPeers::Link : public engine::PeerLink {
 public:
  Link(SimPeers* peers, std::shared_ptr<Freezer> process)
      : peers_(peers), process_(std::move(process)) {}

  void Ask(uint64_t number, const std::string& address, engine::PeerAsk ask, base::Duration timeout,
           Done done) override {
    World* const world = peers_->world_;
    const Faults* const faults = peers_->faults_;
    auto question = std::make_shared<Question>();
    question->address = address;
    question->ask = std::move(ask);
    question->done = std::move(done);
    question->asker = process_;
    questions_[number] = question;
    ++peers_->asked_;
    world->After(timeout, [question] {
      question->End({.kind = PeerAnswer::Kind::kLost, .error = "deadline exceeded"});
    });
    if (peers_->cut || world->Chance(faults->request_lost)) return;
    world->After(world->Between(base::Micros(100), faults->latency_max),
                 [peers = peers_, question] { peers->Deliver(question); });
  }

  void Cancel(uint64_t number) override {
    const auto found = questions_.find(number);
    if (found == questions_.end()) return;
    if (const auto question = found->second.lock(); question != nullptr)
      question->End({.kind = PeerAnswer::Kind::kLost, .error = "cancelled"});
  }

 private:
  SimPeers* const peers_;
  const std::shared_ptr<Freezer> process_;
  std::map<uint64_t, std::weak_ptr<Question>> questions_;
};

std::unique_ptr<engine::PeerLink> SimPeers::LinkFor(std::shared_ptr<Freezer> process) {
  return std::make_unique<Link>(this, std::move(process));
}

void SimPeers::Deliver(const std::shared_ptr<Question>& question) {
  const auto found = listeners_.find(question->address);
  if (found == listeners_.end()) {
    question->End({.kind = PeerAnswer::Kind::kLost, .error = "connection refused"});
    return;
  }
  const Listener listener = found->second;
  listener.process->Run([this, question, listener] {
    if (question->over) return;
    auto reply = [this, question, process = listener.process](engine::Answer answer) {
      if (process->Dead()) {
        question->End({.kind = PeerAnswer::Kind::kLost, .error = "connection reset"});
        return;
      }
      if (cut || world_->Chance(faults_->reply_lost)) return;
      if (engine::LeftUnsure(answer)) {
        question->End({.kind = PeerAnswer::Kind::kLost, .error = answer.error});
        return;
      }
      const bool mine = answer.kind != engine::Answer::Kind::kStopping;
      ++(mine ? answered_ : not_mine_);
      world_->After(
          world_->Between(base::Micros(100), faults_->latency_max),
          [question, mine, answer = std::move(answer)] {
            question->End({.kind = mine ? PeerAnswer::Kind::kAnswered : PeerAnswer::Kind::kNotMine,
                           .answer = answer});
          });
    };
    const std::string gid = question->ask.gid;
    const uint64_t wait = listener.engine->ServePeer(question->ask, std::move(reply));
    if (wait == 0) return;
    question->cancel = [listener, gid, wait] {
      if (!listener.process->Dead()) listener.engine->CancelWait(gid, wait);
    };
  });
}

}  // namespace saga::simulation
