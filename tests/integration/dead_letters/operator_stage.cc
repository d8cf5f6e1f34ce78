#include "tests/integration/dead_letters/operator_stage.h"

#include <thread>
#include <type_traits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/synchronization/notification.h"
#include "orchestrator/base/check.h"
#include "orchestrator/core/words.h"

namespace saga::integration {

namespace {

engine::EngineOptions Options() {
  engine::EngineOptions options;
  options.settings.retry_interval = base::Millis(30);
  options.settings.request_timeout = base::Millis(20);
  options.attempt_limit = 2;
  return options;
}

core::Branch Row(const std::string& branch_id, core::Op op, const std::string& target) {
  core::Branch row;
  row.branch_id = branch_id;
  row.op = op;
  row.target = target;
  row.payload = base::MakeBytes(R"({"amount":5})");
  return row;
}

const port::BranchReply kSilence{core::Outcome::kUnknown, "no route to host 10.0.0.7"};

}  // namespace

OperatorStage::OperatorStage() { Start(); }

OperatorStage::~OperatorStage() { Stop(); }

void OperatorStage::Start() {
  auto opened = adapter::OpenSqliteStore(directory_.File("sagad.db"));
  SAGA_CHECK(opened.ok());
  store_ = *std::move(opened);
  engine_ =
      std::make_unique<engine::Engine>(Options(), engine::Engine::Ports{.store = store_.store.get(),
                                                                        .caller = &caller_,
                                                                        .clock = &clock_,
                                                                        .entropy = &entropy_,
                                                                        .executor = &executor_,
                                                                        .observer = &observer_});
  target_ = std::make_unique<engine::EngineReplayTarget>(*engine_);
  jobs_ = std::make_unique<engine::ReplayJobs>(engine::ReplayJobs::Ports{.store = store_.jobs.get(),
                                                                         .target = target_.get(),
                                                                         .clock = &clock_,
                                                                         .entropy = &entropy_,
                                                                         .executor = &executor_});
  book_ = std::make_unique<api::DestinationBook>(
      *store_.kv, clock_, [this](const auto& destination, const auto& settings) {
        engine_->SetDestination(destination, settings);
      });
  SAGA_CHECK(book_->Load().ok());
  engine_->Start();
  jobs_->Start();
  dead_letters_ = std::make_unique<api::DeadLetterService>(
      api::DeadLetterService::Parts{.engine = engine_.get(),
                                    .jobs = jobs_.get(),
                                    .dead = store_.dead_letters.get(),
                                    .query = store_.query.get(),
                                    .items = store_.jobs.get(),
                                    .outbox = store_.outbox.get(),
                                    .clock = &clock_,
                                    .max_payload = 1000});
  destinations_ = std::make_unique<api::DestinationService>(api::DestinationService::Parts{
      .engine = engine_.get(), .book = book_.get(), .outbox = store_.outbox.get()});
  api::GrpcServer::Options options;
  options.address = "127.0.0.1:0";
  auto server =
      api::GrpcServer::Start(options, {{api::kDeadLetterService, dead_letters_->service()},
                                       {api::kDestinationService, destinations_->service()}});
  SAGA_CHECK(server.ok());
  server_ = *std::move(server);
  const auto channel = grpc::CreateChannel(absl::StrCat("127.0.0.1:", server_->port()),
                                           grpc::InsecureChannelCredentials());
  dead_letters_stub_ = v1::DeadLetters::NewStub(channel);
  destinations_stub_ = v1::Destinations::NewStub(channel);
}

void OperatorStage::Stop() {
  jobs_->Halt();
  engine_->Stop();
  jobs_->Shutdown();
  server_->Shutdown(base::Seconds(5));
  server_.reset();
  destinations_.reset();
  dead_letters_.reset();
  jobs_.reset();
  engine_.reset();
  book_.reset();
  store_.dead_letters.reset();
  store_.jobs.reset();
  store_.outbox.reset();
  store_.kv.reset();
  store_.query.reset();
  store_.store.reset();
}

void OperatorStage::Restart() {
  Stop();
  Start();
}

void OperatorStage::Submit(const std::string& gid) {
  core::GlobalTransaction draft;
  draft.gid = gid;
  draft.mode = core::Mode::kSaga;
  draft.protocol = core::Protocol::kHttp;
  const std::string one = Target(gid, "one");
  const std::string two = Target(gid, "two");
  draft.branches = {
      Row("01", core::Op::kCompensate, one + "/undo"), Row("01", core::Op::kAction, one),
      Row("02", core::Op::kCompensate, two + "/undo"), Row("02", core::Op::kAction, two)};
  absl::Notification stored;
  engine_->Submit({std::move(draft)}, engine::WaitFor::kStored, [&](const engine::Answer& answer) {
    SAGA_CHECK(answer.kind == engine::Answer::Kind::kVerdict);
    stored.Notify();
  });
  stored.WaitForNotification();
}

void OperatorStage::SubmitDoomed(const std::string& gid) {
  caller_.Script(Target(gid, "two"), {{core::Outcome::kFailure, "sold out"}});
  caller_.Script(Target(gid, "one/undo"), {kSilence});
  Submit(gid);
}

void OperatorStage::SubmitStuck(const std::string& gid) {
  caller_.Script(Target(gid, "one"), {kSilence});
  Submit(gid);
}

bool OperatorStage::Eventually(const std::function<bool()>& holds) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!holds()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

bool OperatorStage::WaitForDead(size_t count) {
  return Eventually([&] {
    const auto dead = store_.dead_letters->ListDead({}, clock_.Now(), 0, 1000);
    return dead.ok() && dead->size() == count;
  });
}

std::string OperatorStage::WaitForEnd(const std::string& gid) {
  core::Status status = core::Status::kPrepared;
  Eventually([&] {
    const auto stored = store_.query->Find(gid);
    SAGA_CHECK(stored.ok());
    status = stored->transaction.status;
    return core::IsFinal(status);
  });
  return std::string(core::WordOf(status));
}

std::vector<std::string> OperatorStage::History(const std::string& gid) {
  std::vector<std::string> lines;
  const auto history = store_.query->History(gid);
  SAGA_CHECK(history.ok());
  for (const core::HistoryEntry& entry : *history) {
    std::vector<std::string> parts = {std::string(core::WordOf(entry.kind))};
    if (!entry.branch_id.empty())
      parts.push_back(absl::StrCat(entry.branch_id, " ", std::string(core::WordOf(entry.op))));
    for (const std::string& part : {entry.text, entry.actor}) {
      if (!part.empty()) parts.push_back(part);
    }
    lines.push_back(absl::StrJoin(parts, " | "));
  }
  return lines;
}

v1::Actor OperatorStage::Actor(const std::string& reason) {
  v1::Actor actor;
  actor.set_user("ann");
  actor.set_host("desk");
  actor.set_tool("test 1.0");
  actor.set_reason(reason);
  return actor;
}

v1::DeadLetterName OperatorStage::Name(const std::string& gid, const std::string& op) {
  v1::DeadLetterName name;
  name.set_gid(gid);
  name.set_branch_id("01");
  name.set_op(op);
  return name;
}

v1::DeadLetter OperatorStage::Get(const std::string& gid, const std::string& op) {
  v1::DeadLetter letter;
  const grpc::Status status = Call(&v1::DeadLetters::Stub::GetDeadLetter, Name(gid, op), &letter);
  SAGA_CHECK(status.ok());
  return letter;
}

grpc::Status OperatorStage::Act(const std::string& gid, const std::string& act,
                                v1::DeadLetter* reply, const std::string& op, uint32_t death,
                                const std::string& payload) {
  v1::ActOnDeadLetterRequest request;
  *request.mutable_name() = Name(gid, op);
  request.set_death(death);
  request.set_act(act);
  request.set_payload(payload);
  *request.mutable_actor() = Actor();
  return Call(&v1::DeadLetters::Stub::ActOnDeadLetter, request, reply);
}

v1::Job OperatorStage::Job(const std::string& token, uint32_t items) {
  v1::GetJobRequest request;
  request.set_token(token);
  request.set_item_limit(items);
  v1::Job job;
  const grpc::Status status = Call(&v1::DeadLetters::Stub::GetJob, request, &job);
  SAGA_CHECK(status.ok());
  return job;
}

}  // namespace saga::integration
