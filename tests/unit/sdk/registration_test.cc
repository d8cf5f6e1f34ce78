// The service's side of registering, against a registry whose answers the test decides.

#include "participants/sdk/registration.h"

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "saga/v1/registry.grpc.pb.h"
#include "tests/fixture/process.h"

namespace saga::participants::sdk {
namespace {

using fixture::WaitUntil;
using testing::HasSubstr;

constexpr absl::Duration kPatience = absl::Seconds(20);

// Notes what comes in and knows who is registered.
class FakeRegistry final : public v1::Registry::Service {
 public:
  struct Seen {
    std::vector<v1::RegisterRequest> registered;
    std::vector<v1::HeartbeatRequest> heartbeats;
    std::vector<v1::DeregisterRequest> deregistered;
  };

  explicit FakeRegistry(int port) {
    grpc::ServerBuilder builder;
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
    builder.AddListeningPort(absl::StrCat("127.0.0.1:", port), grpc::InsecureServerCredentials());
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
    EXPECT_NE(server_, nullptr);
  }
  ~FakeRegistry() override {
    server_->Shutdown(std::chrono::system_clock::now());
    server_->Wait();
  }

  Seen seen() const {
    const absl::MutexLock lock(&mutex_);
    return seen_;
  }
  void Forget() {
    const absl::MutexLock lock(&mutex_);
    known_ = false;
  }
  void Refuse(grpc::Status with) {
    const absl::MutexLock lock(&mutex_);
    refusal_ = std::move(with);
  }

 private:
  grpc::Status Register(grpc::ServerContext*, const v1::RegisterRequest* request,
                        v1::RegisterReply* reply) override {
    const absl::MutexLock lock(&mutex_);
    seen_.registered.push_back(*request);
    if (!refusal_.ok()) return refusal_;
    known_ = true;
    reply->set_lease_s(request->lease_s());
    reply->set_reply_topic("saga.reply");
    reply->set_kafka_brokers("k:9092");
    return grpc::Status::OK;
  }
  grpc::Status Heartbeat(grpc::ServerContext*, const v1::HeartbeatRequest* request,
                         v1::HeartbeatReply* reply) override {
    const absl::MutexLock lock(&mutex_);
    seen_.heartbeats.push_back(*request);
    if (!known_) return {grpc::StatusCode::NOT_FOUND, "register it again"};
    reply->set_lease_s(1);
    return grpc::Status::OK;
  }
  grpc::Status Deregister(grpc::ServerContext*, const v1::DeregisterRequest* request,
                          v1::DeregisterReply*) override {
    const absl::MutexLock lock(&mutex_);
    seen_.deregistered.push_back(*request);
    if (!known_) return {grpc::StatusCode::NOT_FOUND, "not registered"};
    known_ = false;
    return grpc::Status::OK;
  }

  mutable absl::Mutex mutex_;
  Seen seen_ ABSL_GUARDED_BY(mutex_);
  bool known_ ABSL_GUARDED_BY(mutex_) = false;
  grpc::Status refusal_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<grpc::Server> server_;
};

class RegistrationTest : public testing::Test {
 protected:
  RegistrationOptions Options() const {
    return {.orchestrator = absl::StrCat("127.0.0.1:", port_),
            .participant = "product",
            .instance = "127.0.0.1:58082",
            .operations = {{"Deduct", "product.v1.Product/Deduct", "action"},
                           {"Pay", "product.v1.Product/Pay", "", false}},
            .command_topic = "saga.cmd.product",
            .capacity = 64,
            .lease = absl::Seconds(1),
            .attempt_limit = 7,
            .version = "1.2"};
  }

  static bool Registered(const Registration& registration) {
    return WaitUntil(kPatience, [&] { return registration.state().registered; });
  }

  const int port_ = fixture::FreePort();
};

TEST_F(RegistrationTest, SaysWhatTheServiceIsAndThatItLives) {
  FakeRegistry registry(port_);
  Registration registration(Options());
  registration.Start();
  ASSERT_TRUE(Registered(registration)) << registration.state().problem;
  EXPECT_EQ(registration.state().lease, absl::Seconds(1));
  EXPECT_EQ(registration.state().reply_topic, "saga.reply");
  EXPECT_EQ(registration.state().kafka_brokers, "k:9092");
  EXPECT_TRUE(WaitUntil(kPatience, [&] { return registry.seen().heartbeats.size() >= 4; }));
  const FakeRegistry::Seen seen = registry.seen();
  ASSERT_EQ(seen.registered.size(), 1u);
  const v1::RegisterRequest& request = seen.registered[0];
  EXPECT_EQ(request.participant(), "product");
  EXPECT_EQ(request.instance(), "127.0.0.1:58082");
  EXPECT_EQ(request.protocol(), "grpc");
  ASSERT_EQ(request.operations_size(), 2);
  EXPECT_EQ(request.operations(0).name(), "Deduct");
  EXPECT_EQ(request.operations(0).method(), "product.v1.Product/Deduct");
  EXPECT_EQ(request.operations(0).kind(), "action");
  EXPECT_TRUE(request.operations(0).idempotent());
  EXPECT_FALSE(request.operations(1).idempotent());
  EXPECT_EQ(request.command_topic(), "saga.cmd.product");
  EXPECT_EQ(request.capacity(), 64u);
  EXPECT_EQ(request.lease_s(), 1u);
  EXPECT_EQ(request.attempt_limit(), 7u);
  EXPECT_EQ(request.version(), "1.2");
  for (const v1::HeartbeatRequest& heartbeat : seen.heartbeats) {
    EXPECT_EQ(heartbeat.participant(), "product");
    EXPECT_EQ(heartbeat.instance(), "127.0.0.1:58082");
    EXPECT_TRUE(heartbeat.serving());
  }
}

TEST_F(RegistrationTest, AServiceDoesNotWaitForSagad) {
  Registration registration(Options());
  registration.Start();
  EXPECT_TRUE(WaitUntil(kPatience, [&] { return !registration.state().problem.empty(); }));
  EXPECT_FALSE(registration.state().registered);
  FakeRegistry registry(port_);
  EXPECT_TRUE(Registered(registration)) << registration.state().problem;
  EXPECT_EQ(registration.state().problem, "");
}

TEST_F(RegistrationTest, WhoIsForgottenRegistersAgain) {
  FakeRegistry registry(port_);
  Registration registration(Options());
  registration.Start();
  ASSERT_TRUE(Registered(registration));
  registry.Forget();
  EXPECT_TRUE(WaitUntil(kPatience, [&] { return registry.seen().registered.size() == 2; }));
  EXPECT_TRUE(Registered(registration));
}

TEST_F(RegistrationTest, SagadMayGoAndComeBack) {
  auto registry = std::make_unique<FakeRegistry>(port_);
  Registration registration(Options());
  registration.Start();
  ASSERT_TRUE(Registered(registration));
  registry = nullptr;
  EXPECT_TRUE(WaitUntil(kPatience, [&] { return !registration.state().problem.empty(); }));
  registry = std::make_unique<FakeRegistry>(port_);
  EXPECT_TRUE(WaitUntil(kPatience, [&] { return !registry->seen().registered.empty(); }));
}

TEST_F(RegistrationTest, ARefusalIsKeptAndTriedAgain) {
  FakeRegistry registry(port_);
  registry.Refuse({grpc::StatusCode::INVALID_ARGUMENT, "participant is 'x'"});
  Registration registration(Options());
  registration.Start();
  EXPECT_TRUE(WaitUntil(kPatience, [&] { return registry.seen().registered.size() >= 2; }));
  EXPECT_THAT(registration.state().problem, HasSubstr("participant is 'x'"));
  registry.Refuse(grpc::Status::OK);
  EXPECT_TRUE(Registered(registration));
}

TEST_F(RegistrationTest, NotServingIsToldAtOnce) {
  FakeRegistry registry(port_);
  RegistrationOptions options = Options();
  options.lease = absl::Seconds(300);
  Registration registration(options);
  registration.SetServing(false);
  registration.Start();
  ASSERT_TRUE(Registered(registration));
  const auto last_says = [&](bool serving) {
    return WaitUntil(kPatience, [&] {
      const FakeRegistry::Seen seen = registry.seen();
      return !seen.heartbeats.empty() && seen.heartbeats.back().serving() == serving;
    });
  };
  EXPECT_TRUE(last_says(false));
  registration.SetServing(true);
  EXPECT_TRUE(last_says(true));
}

TEST_F(RegistrationTest, LeavingEndsTheHeartbeats) {
  FakeRegistry registry(port_);
  Registration registration(Options());
  registration.Start();
  ASSERT_TRUE(Registered(registration));
  EXPECT_TRUE(registration.Deregister(absl::Seconds(10)).ok());
  EXPECT_FALSE(registration.state().registered);
  const FakeRegistry::Seen seen = registry.seen();
  ASSERT_EQ(seen.deregistered.size(), 1u);
  EXPECT_EQ(seen.deregistered[0].participant(), "product");
  EXPECT_EQ(seen.deregistered[0].instance(), "127.0.0.1:58082");
}

TEST_F(RegistrationTest, LeavingDoesNotNeedSagad) {
  Registration registration(Options());
  registration.Start();
  EXPECT_FALSE(registration.Deregister(absl::Milliseconds(200)).ok());
}

}  // namespace
}  // namespace saga::participants::sdk
