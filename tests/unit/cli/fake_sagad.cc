#include "tests/unit/cli/fake_sagad.h"

#include <algorithm>

#include <grpcpp/server_builder.h>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace saga::cli {

namespace {

using grpc::ServerContext;
using grpc::Status;
using grpc::StatusCode;

constexpr int64_t kDied = 1'795'255'200'000'000;  // 2026-11-21T10:00:00Z

std::string NameOf(const v1::DeadLetterName& name) {
  return absl::StrCat(name.gid(), "/", name.branch_id(), "/", name.op());
}

bool MatchesFilter(const std::string& filter, const v1::DeadLetter& letter) {
  if (filter.empty() || absl::StrContains(filter, letter.destination())) return true;
  // gid~"beginning", as a name that is cut short is looked for.
  const size_t quote = filter.find('"');
  if (!absl::StartsWith(filter, "gid~") || quote == std::string::npos) return false;
  const std::string part = filter.substr(quote + 1, filter.rfind('"') - quote - 1);
  return absl::StrContains(letter.name().gid(), part);
}

}  // namespace

struct FakeSagad::State {
  mutable absl::Mutex lock;
  std::vector<v1::DeadLetter> letters ABSL_GUARDED_BY(lock);
  std::vector<std::string> doomed ABSL_GUARDED_BY(lock);
  std::map<std::string, v1::Job> jobs ABSL_GUARDED_BY(lock);
  std::vector<std::string> acts ABSL_GUARDED_BY(lock);
  std::string last_filter ABSL_GUARDED_BY(lock);
  v1::LimitDestinationRequest last_limit ABSL_GUARDED_BY(lock);
  std::map<std::string, v1::Destination> destinations ABSL_GUARDED_BY(lock);
  int unavailable ABSL_GUARDED_BY(lock) = 0;
  int selections ABSL_GUARDED_BY(lock) = 0;

  v1::DeadLetter* Find(const v1::DeadLetterName& name) ABSL_EXCLUSIVE_LOCKS_REQUIRED(lock) {
    for (v1::DeadLetter& letter : letters) {
      if (NameOf(letter.name()) == NameOf(name)) return &letter;
    }
    return nullptr;
  }
  void Remember(const std::string& what, const v1::Actor& actor)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(lock) {
    acts.push_back(absl::StrCat(what, " ", actor.reason(), " by ",
                                actor.tool().substr(0, actor.tool().find(' '))));
  }
  void Erase(const std::string& name) ABSL_EXCLUSIVE_LOCKS_REQUIRED(lock) {
    letters.erase(std::remove_if(letters.begin(), letters.end(),
                                 [&name](const v1::DeadLetter& letter) {
                                   return NameOf(letter.name()) == name;
                                 }),
                  letters.end());
  }
  // Ends one item, and the job with the last.
  void Step(v1::Job& job) ABSL_EXCLUSIVE_LOCKS_REQUIRED(lock) {
    if (job.state() != "running") return;
    for (v1::JobItem& item : *job.mutable_items()) {
      if (item.state() != "pending") continue;
      const bool fails = std::find(doomed.begin(), doomed.end(), item.name().gid()) != doomed.end();
      const bool there = Find(item.name()) != nullptr;
      item.set_state(!there ? "skipped" : fails ? "failed" : "done");
      if (fails) item.set_text("dead again: attempts_used");
      if (!there) item.set_text("was settled");
      if (there && !fails) Erase(NameOf(item.name()));
      break;
    }
    Count(job);
    const bool stop = job.limits().stop_after_errors() > 0 &&
                      job.failed() >= static_cast<uint64_t>(job.limits().stop_after_errors());
    if (stop) {
      job.set_state("stopped");
      job.set_stop_reason(absl::StrCat(job.failed(), " items failed"));
    } else if (job.pending() == 0) {
      job.set_state("done");
    }
  }
  static void Count(v1::Job& job) {
    std::map<std::string, uint64_t> counts;
    for (const v1::JobItem& item : job.items()) ++counts[item.state()];
    job.set_total(static_cast<uint64_t>(job.items_size()));
    job.set_pending(counts["pending"]);
    job.set_done(counts["done"]);
    job.set_failed(counts["failed"]);
    job.set_skipped(counts["skipped"]);
  }
};

class FakeSagad::Admin : public v1::Admin::Service {
 public:
  explicit Admin(State& state) : state_(state) {}

  Status List(ServerContext*, const v1::ListRequest* request, v1::ListReply* reply) override {
    const absl::MutexLock lock(&state_.lock);
    state_.last_filter = request->filter();
    if (request->filter() == "stat=x") {
      return Status(StatusCode::INVALID_ARGUMENT,
                    "filter, character 1: there is no field \"stat\"; fields: state");
    }
    v1::Transaction& transaction = *reply->add_transactions();
    transaction.set_gid("order-1");
    transaction.set_status("aborting");
    return Status::OK;
  }
  Status Stats(ServerContext*, const v1::StatsRequest*, v1::StatsReply* reply) override {
    reply->set_start_time_us(kDied);
    reply->set_store_ok(true);
    (*reply->mutable_open_by_status())["submitted"] = 7;
    return Status::OK;
  }

 private:
  State& state_;
};

class FakeSagad::DeadLetters : public v1::DeadLetters::Service {
 public:
  explicit DeadLetters(State& state) : state_(state) {}

  // Pages of two, so that whoever forgets the position is found out.
  Status ListDeadLetters(ServerContext*, const v1::ListDeadLettersRequest* request,
                         v1::ListDeadLettersReply* reply) override {
    const absl::MutexLock lock(&state_.lock);
    state_.last_filter = request->filter();
    size_t from = 0;
    (void)absl::SimpleAtoi(request->position(), &from);
    const size_t most = std::min<size_t>(request->limit(), 2);
    for (size_t i = from; i < state_.letters.size(); ++i) {
      if (!MatchesFilter(request->filter(), state_.letters[i])) continue;
      if (static_cast<size_t>(reply->dead_letters_size()) == most) {
        reply->set_next_position(absl::StrCat(i));
        break;
      }
      *reply->add_dead_letters() = state_.letters[i];
      reply->mutable_dead_letters(reply->dead_letters_size() - 1)->clear_payload();
    }
    return Status::OK;
  }

  Status GetDeadLetter(ServerContext*, const v1::DeadLetterName* name,
                       v1::DeadLetter* reply) override {
    const absl::MutexLock lock(&state_.lock);
    const v1::DeadLetter* const found = state_.Find(*name);
    if (found == nullptr) return Status(StatusCode::NOT_FOUND, "there is no such dead letter");
    *reply = *found;
    return Status::OK;
  }

  Status GroupDeadLetters(ServerContext*, const v1::GroupDeadLettersRequest* request,
                          v1::GroupDeadLettersReply* reply) override {
    const absl::MutexLock lock(&state_.lock);
    std::map<std::string, v1::DeadLetterGroup> groups;
    for (const v1::DeadLetter& letter : state_.letters) {
      if (!MatchesFilter(request->filter(), letter)) continue;
      v1::DeadLetterGroup& group = groups[letter.destination()];
      group.set_destination(letter.destination());
      group.set_op(letter.name().op());
      group.set_fingerprint(letter.fingerprint());
      group.set_sample(letter.error());
      group.set_count(group.count() + 1);
      group.set_oldest_us(kDied);
      group.set_newest_us(kDied);
    }
    for (const auto& [destination, group] : groups) *reply->add_groups() = group;
    return Status::OK;
  }

  Status SelectDeadLetters(ServerContext*, const v1::SelectDeadLettersRequest* request,
                           v1::Job* reply) override {
    const absl::MutexLock lock(&state_.lock);
    v1::Job job;
    job.set_token(absl::StrCat("token-", ++state_.selections));
    job.set_state("selected");
    job.set_filter(request->filter());
    const auto add = [&job](const v1::DeadLetter& letter) {
      v1::JobItem& item = *job.add_items();
      *item.mutable_name() = letter.name();
      item.set_death(letter.death());
      item.set_state("pending");
    };
    for (const v1::DeadLetterName& name : request->names()) {
      const v1::DeadLetter* const letter = state_.Find(name);
      if (letter == nullptr) return Status(StatusCode::FAILED_PRECONDITION, "not dead");
      add(*letter);
    }
    for (const v1::DeadLetter& letter : state_.letters) {
      if (request->names().empty() && MatchesFilter(request->filter(), letter)) add(letter);
    }
    if (job.items().empty()) return Status(StatusCode::NOT_FOUND, "no dead letter matches");
    State::Count(job);
    state_.jobs[job.token()] = job;
    *reply = job;
    reply->clear_items();
    return Status::OK;
  }

  Status ExecuteJob(ServerContext*, const v1::ExecuteJobRequest* request, v1::Job* reply) override {
    const absl::MutexLock lock(&state_.lock);
    const auto found = state_.jobs.find(request->token());
    if (found == state_.jobs.end()) return Status(StatusCode::NOT_FOUND, "there is no such token");
    v1::Job& job = found->second;
    if (job.state() != "selected")
      return Status(StatusCode::FAILED_PRECONDITION, "this token was executed already");
    job.set_state("running");
    *job.mutable_limits() = request->limits();
    job.set_actor(request->actor().user());
    job.set_reason(request->actor().reason());
    state_.Remember(absl::StrCat("execute ", job.token()), request->actor());
    *reply = job;
    reply->clear_items();
    return Status::OK;
  }

  Status ListJobs(ServerContext*, const v1::ListJobsRequest*, v1::ListJobsReply* reply) override {
    const absl::MutexLock lock(&state_.lock);
    for (const auto& [token, job] : state_.jobs) {
      *reply->add_jobs() = job;
      reply->mutable_jobs(reply->jobs_size() - 1)->clear_items();
    }
    return Status::OK;
  }

  Status GetJob(ServerContext*, const v1::GetJobRequest* request, v1::Job* reply) override {
    const absl::MutexLock lock(&state_.lock);
    if (state_.unavailable > 0) {
      --state_.unavailable;
      return Status(StatusCode::UNAVAILABLE, "the server is stopping");
    }
    const auto found = state_.jobs.find(request->token());
    if (found == state_.jobs.end()) return Status(StatusCode::NOT_FOUND, "there is no such job");
    state_.Step(found->second);
    *reply = found->second;
    reply->clear_items();
    uint32_t number = 0;
    for (const v1::JobItem& item : found->second.items()) {
      const bool asked = request->item_state().empty() || item.state() == request->item_state();
      if (!asked || number++ < request->item_from()) continue;
      if (static_cast<uint32_t>(reply->items_size()) < request->item_limit())
        *reply->add_items() = item;
    }
    return Status::OK;
  }

  Status StopJob(ServerContext*, const v1::StopJobRequest* request, v1::Job* reply) override {
    const absl::MutexLock lock(&state_.lock);
    const auto found = state_.jobs.find(request->token());
    if (found == state_.jobs.end()) return Status(StatusCode::NOT_FOUND, "there is no such job");
    found->second.set_state("stopped");
    found->second.set_stop_reason("by an operator");
    state_.Remember(absl::StrCat("stop ", request->token()), request->actor());
    *reply = found->second;
    reply->clear_items();
    return Status::OK;
  }

  Status ActOnDeadLetter(ServerContext*, const v1::ActOnDeadLetterRequest* request,
                         v1::DeadLetter* reply) override {
    const absl::MutexLock lock(&state_.lock);
    v1::DeadLetter* const letter = state_.Find(request->name());
    if (letter == nullptr) return Status(StatusCode::NOT_FOUND, "there is no such dead letter");
    if (letter->death() != request->death())
      return Status(StatusCode::FAILED_PRECONDITION, "it has died again since it was shown");
    state_.Remember(
        absl::StrCat(request->act(), " ", NameOf(request->name()), " #", request->death()),
        request->actor());
    if (request->act() == "edit") letter->set_payload(request->payload());
    *reply = *letter;
    if (request->act() != "edit") state_.Erase(NameOf(request->name()));
    return Status::OK;
  }

  Status ListParkedMessages(ServerContext*, const v1::ListParkedMessagesRequest*,
                            v1::ListParkedMessagesReply* reply) override {
    v1::ParkedMessage& message = *reply->add_messages();
    message.set_id(17);
    message.set_park_us(kDied);
    message.set_reason("unknown schema version 9");
    message.set_topic("saga.reply");
    message.set_offset(4);
    message.set_value(std::string("\x08\x01", 2));
    (*message.mutable_headers())["saga-schema"] = "9";
    return Status::OK;
  }

  Status DiscardParkedMessage(ServerContext*, const v1::DiscardParkedMessageRequest* request,
                              v1::DiscardParkedMessageReply*) override {
    const absl::MutexLock lock(&state_.lock);
    if (request->id() != 17) return Status(StatusCode::NOT_FOUND, "there is no such message");
    state_.Remember(absl::StrCat("discard message ", request->id()), request->actor());
    return Status::OK;
  }

 private:
  State& state_;
};

class FakeSagad::Destinations : public v1::Destinations::Service {
 public:
  explicit Destinations(State& state) : state_(state) {}

  Status ListDestinations(ServerContext*, const v1::ListDestinationsRequest* request,
                          v1::ListDestinationsReply* reply) override {
    const absl::MutexLock lock(&state_.lock);
    state_.last_filter = request->filter();
    for (const auto& [name, destination] : state_.destinations)
      *reply->add_destinations() = destination;
    return Status::OK;
  }
  Status GetDestination(ServerContext*, const v1::GetDestinationRequest* request,
                        v1::Destination* reply) override {
    const absl::MutexLock lock(&state_.lock);
    const auto found = state_.destinations.find(request->destination());
    if (found == state_.destinations.end())
      return Status(StatusCode::NOT_FOUND, "nothing was ever called there");
    *reply = found->second;
    return Status::OK;
  }
  Status PauseDestination(ServerContext*, const v1::DestinationAct* act,
                          v1::Destination* reply) override {
    return SetPaused(*act, true, reply);
  }
  Status ResumeDestination(ServerContext*, const v1::DestinationAct* act,
                           v1::Destination* reply) override {
    return SetPaused(*act, false, reply);
  }
  Status LimitDestination(ServerContext*, const v1::LimitDestinationRequest* request,
                          v1::Destination* reply) override {
    const absl::MutexLock lock(&state_.lock);
    state_.last_limit = *request;
    v1::Destination& destination = state_.destinations[request->destination()];
    destination.set_destination(request->destination());
    destination.set_in_flight_limit(request->in_flight_limit());
    destination.set_rate_limit(request->rate_limit());
    destination.set_limits_set(request->in_flight_limit() != 0 || request->rate_limit() != 0);
    *reply = destination;
    return Status::OK;
  }
  Status GetOutbox(ServerContext*, const v1::GetOutboxRequest*, v1::Outbox* reply) override {
    reply->set_kafka(true);
    reply->set_waiting(3);
    reply->set_oldest_us(kDied);
    v1::OutboxMessage& message = *reply->add_messages();
    message.set_id(5);
    message.set_topic("saga.cmd.product");
    message.set_key("order-1");
    return Status::OK;
  }

 private:
  Status SetPaused(const v1::DestinationAct& act, bool paused, v1::Destination* reply) {
    const absl::MutexLock lock(&state_.lock);
    v1::Destination& destination = state_.destinations[act.destination()];
    destination.set_destination(act.destination());
    destination.set_paused(paused);
    state_.Remember(absl::StrCat(paused ? "pause " : "resume ", act.destination()), act.actor());
    *reply = destination;
    return Status::OK;
  }

  State& state_;
};

class FakeSagad::Registry : public v1::Registry::Service {
 public:
  Status ListParticipants(ServerContext*, const v1::ListParticipantsRequest* request,
                          v1::ListParticipantsReply* reply) override {
    if (!request->participant().empty() && request->participant() != "product") return Status::OK;
    v1::Participant& participant = *reply->add_participants();
    participant.set_participant("product");
    participant.set_command_topic("saga.cmd.product");
    v1::Operation& operation = *participant.add_operations();
    operation.set_name("Deduct");
    operation.set_method("product.v1.Product/Deduct");
    for (const char* state : {"live", "expired"}) {
      v1::Instance& instance = *participant.add_instances();
      instance.set_instance(absl::StrCat("127.0.0.1:", participant.instances_size()));
      instance.set_state(state);
    }
    return Status::OK;
  }
};

FakeSagad::FakeSagad()
    : state_(std::make_unique<State>()),
      admin_(std::make_unique<Admin>(*state_)),
      dead_letters_(std::make_unique<DeadLetters>(*state_)),
      destinations_(std::make_unique<Destinations>(*state_)),
      registry_(std::make_unique<Registry>()) {
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
  builder.RegisterService(admin_.get());
  builder.RegisterService(dead_letters_.get());
  builder.RegisterService(destinations_.get());
  builder.RegisterService(registry_.get());
  server_ = builder.BuildAndStart();
  EXPECT_NE(server_, nullptr);
}

FakeSagad::~FakeSagad() { server_->Shutdown(); }

std::string FakeSagad::address() const { return absl::StrCat("127.0.0.1:", port_); }

void FakeSagad::AddDead(const std::string& gid, const std::string& branch_id,
                        const std::string& payload, const std::string& destination) {
  const absl::MutexLock lock(&state_->lock);
  v1::DeadLetter letter;
  letter.mutable_name()->set_gid(gid);
  letter.mutable_name()->set_branch_id(branch_id);
  letter.mutable_name()->set_op("compensate");
  letter.set_death(1);
  letter.set_reason("attempts_used");
  letter.set_error("no route to host 10.0.0.1:80");
  letter.set_fingerprint("1f3a90cc");
  letter.set_destination(destination);
  letter.set_target(absl::StrCat("participant://", destination, "/Revert"));
  letter.set_attempts(20);
  letter.set_dead_us(kDied);
  letter.set_mode("saga");
  letter.set_status("aborting");
  letter.set_payload(payload);
  state_->letters.push_back(letter);
}

void FakeSagad::Settle(const std::string& gid) {
  const absl::MutexLock lock(&state_->lock);
  std::vector<std::string> names;
  for (const v1::DeadLetter& letter : state_->letters) {
    if (letter.name().gid() == gid) names.push_back(NameOf(letter.name()));
  }
  for (const std::string& name : names) state_->Erase(name);
}

void FakeSagad::KillAgain(const std::string& gid) {
  const absl::MutexLock lock(&state_->lock);
  for (v1::DeadLetter& letter : state_->letters) {
    if (letter.name().gid() == gid) letter.set_death(letter.death() + 1);
  }
}

void FakeSagad::Doom(const std::string& gid) {
  const absl::MutexLock lock(&state_->lock);
  state_->doomed.push_back(gid);
}

void FakeSagad::BeUnavailable(int calls) {
  const absl::MutexLock lock(&state_->lock);
  state_->unavailable = calls;
}

std::vector<std::string> FakeSagad::acts() const {
  const absl::MutexLock lock(&state_->lock);
  return state_->acts;
}

std::string FakeSagad::PayloadOf(const std::string& gid) const {
  const absl::MutexLock lock(&state_->lock);
  for (const v1::DeadLetter& letter : state_->letters) {
    if (letter.name().gid() == gid) return letter.payload();
  }
  return "none";
}

std::string FakeSagad::last_filter() const {
  const absl::MutexLock lock(&state_->lock);
  return state_->last_filter;
}

v1::JobLimits FakeSagad::last_limits() const {
  const absl::MutexLock lock(&state_->lock);
  return state_->jobs.empty() ? v1::JobLimits() : state_->jobs.rbegin()->second.limits();
}

v1::LimitDestinationRequest FakeSagad::last_limit_request() const {
  const absl::MutexLock lock(&state_->lock);
  return state_->last_limit;
}

}  // namespace saga::cli
