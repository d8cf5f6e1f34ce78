// saga.v1.Registry over a real connection.

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "orchestrator/adapter/memory/memory_kv.h"
#include "orchestrator/adapter/system/system_clock.h"
#include "orchestrator/api/grpc_server.h"
#include "orchestrator/api/registry.h"
#include "saga/v1/registry.grpc.pb.h"

namespace saga::api {
namespace {

using testing::HasSubstr;

constexpr absl::Duration kPatience = absl::Seconds(20);

class RegistryDoorTest : public testing::Test {
 protected:
  RegistryDoorTest() {
    auto server =
        GrpcServer::Start({.address = "127.0.0.1:0"}, {{kRegistryService, registry_.service()}});
    EXPECT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    server_->SetReady(true);
    stub_ = v1::Registry::NewStub(grpc::CreateChannel(absl::StrCat("127.0.0.1:", server_->port()),
                                                      grpc::InsecureChannelCredentials()));
  }
  ~RegistryDoorTest() override {
    registry_.Stop();
    server_->Shutdown(base::Seconds(10));
  }

  static void SetDeadline(grpc::ClientContext& context) {
    context.set_deadline(absl::ToChronoTime(absl::Now() + kPatience));
  }

  static v1::RegisterRequest Product(const std::string& instance) {
    v1::RegisterRequest request;
    request.set_participant("product");
    request.set_instance(instance);
    request.set_protocol("grpc");
    v1::Operation* const operation = request.add_operations();
    operation->set_name("Deduct");
    operation->set_method("product.v1.Product/Deduct");
    operation->set_kind("action");
    operation->set_idempotent(true);
    request.set_command_topic("saga.cmd.product");
    request.set_capacity(8);
    request.set_attempt_limit(3);
    request.set_version("1.2");
    return request;
  }

  grpc::Status Register(const v1::RegisterRequest& request, v1::RegisterReply* reply = nullptr) {
    grpc::ClientContext context;
    SetDeadline(context);
    v1::RegisterReply ignored;
    return stub_->Register(&context, request, reply == nullptr ? &ignored : reply);
  }
  grpc::Status Heartbeat(const std::string& instance, bool serving) {
    grpc::ClientContext context;
    SetDeadline(context);
    v1::HeartbeatReply reply;
    return stub_->Heartbeat(&context, Beat(instance, serving), &reply);
  }
  static v1::HeartbeatRequest Beat(const std::string& instance, bool serving) {
    v1::HeartbeatRequest request;
    request.set_participant("product");
    request.set_instance(instance);
    request.set_serving(serving);
    return request;
  }
  grpc::Status Deregister(const std::string& instance, v1::DeregisterReply* reply) {
    grpc::ClientContext context;
    SetDeadline(context);
    v1::DeregisterRequest request;
    request.set_participant("product");
    request.set_instance(instance);
    return stub_->Deregister(&context, request, reply);
  }
  v1::ListParticipantsReply List(const std::string& participant = "") {
    grpc::ClientContext context;
    SetDeadline(context);
    v1::ListParticipantsRequest request;
    request.set_participant(participant);
    v1::ListParticipantsReply reply;
    const grpc::Status status = stub_->ListParticipants(&context, request, &reply);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return reply;
  }

  adapter::MemoryKv records_;
  adapter::SystemClock clock_;
  Participants participants_{records_, clock_};
  RegistryService registry_{
      {.participants = &participants_, .reply_topic = "saga.reply", .kafka_brokers = "k:9092"}};
  std::unique_ptr<GrpcServer> server_;
  std::unique_ptr<v1::Registry::Stub> stub_;
};

TEST_F(RegistryDoorTest, WhoRegistersIsTold) {
  v1::RegisterReply reply;
  const grpc::Status status = Register(Product("10.0.0.1:58082"), &reply);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(reply.lease_s(), 10u);
  EXPECT_EQ(reply.reply_topic(), "saga.reply");
  EXPECT_EQ(reply.kafka_brokers(), "k:9092");
}

TEST_F(RegistryDoorTest, WhoRegisteredIsListed) {
  ASSERT_TRUE(Register(Product("10.0.0.1:58082")).ok());
  ASSERT_TRUE(Register(Product("10.0.0.2:58082")).ok());
  ASSERT_TRUE(Heartbeat("10.0.0.2:58082", false).ok());
  const auto pick = participants_.PickInstance("participant://product/Deduct");
  ASSERT_TRUE(pick.ok()) << pick.status();
  const v1::ListParticipantsReply all = List();
  ASSERT_EQ(all.participants_size(), 1);
  const v1::Participant& product = all.participants(0);
  EXPECT_EQ(product.participant(), "product");
  EXPECT_EQ(product.command_topic(), "saga.cmd.product");
  EXPECT_EQ(product.attempt_limit(), 3u);
  ASSERT_EQ(product.operations_size(), 1);
  EXPECT_EQ(product.operations(0).name(), "Deduct");
  EXPECT_EQ(product.operations(0).method(), "product.v1.Product/Deduct");
  EXPECT_EQ(product.operations(0).kind(), "action");
  EXPECT_TRUE(product.operations(0).idempotent());
  ASSERT_EQ(product.instances_size(), 2);
  const v1::Instance& first = product.instances(0);
  EXPECT_EQ(first.instance(), "10.0.0.1:58082");
  EXPECT_EQ(first.protocol(), "grpc");
  EXPECT_EQ(first.state(), "live");
  EXPECT_EQ(first.in_flight(), 1u);
  EXPECT_EQ(first.calls(), 1u);
  EXPECT_EQ(first.capacity(), 8u);
  EXPECT_EQ(first.version(), "1.2");
  EXPECT_GT(first.registered_us(), 0);
  EXPECT_EQ(first.lease_end_us() - first.heartbeat_us(), 10'000'000);
  EXPECT_EQ(product.instances(1).state(), "not_serving");
  EXPECT_EQ(List("product").participants_size(), 1);
  EXPECT_EQ(List("other").participants_size(), 0);
  participants_.Finish(*pick, true);
}

TEST_F(RegistryDoorTest, WhatIsWrongIsNamed) {
  v1::RegisterRequest request = Product("10.0.0.1:58082");
  request.set_protocol("soap");
  grpc::Status status = Register(request);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("protocol is 'soap'"));
  status = Register(Product("nowhere"));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("instance is 'nowhere'"));
  EXPECT_EQ(List().participants_size(), 0);
}

TEST_F(RegistryDoorTest, WhoIsNotRegisteredIsToldToDoSo) {
  const grpc::Status beat = Heartbeat("10.0.0.1:58082", true);
  EXPECT_EQ(beat.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_THAT(beat.error_message(), HasSubstr("register it again"));
  v1::DeregisterReply reply;
  EXPECT_EQ(Deregister("10.0.0.1:58082", &reply).error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(RegistryDoorTest, WhoLeavesIsToldWhatIsOut) {
  ASSERT_TRUE(Register(Product("10.0.0.1:58082")).ok());
  const auto pick = participants_.PickInstance("participant://product/Deduct");
  ASSERT_TRUE(pick.ok());
  v1::DeregisterReply reply;
  ASSERT_TRUE(Deregister("10.0.0.1:58082", &reply).ok());
  EXPECT_EQ(reply.calls_out(), 1u);
  EXPECT_EQ(List("product").participants(0).instances_size(), 0);
  EXPECT_EQ(Heartbeat("10.0.0.1:58082", true).error_code(), grpc::StatusCode::NOT_FOUND);
  participants_.Finish(*pick, true);
}

TEST_F(RegistryDoorTest, HeartbeatsMayComeByStream) {
  ASSERT_TRUE(Register(Product("10.0.0.1:58082")).ok());
  grpc::ClientContext context;
  SetDeadline(context);
  const auto stream = stub_->HeartbeatStream(&context);
  v1::HeartbeatReply reply;
  for (const bool serving : {false, true, false}) {
    ASSERT_TRUE(stream->Write(Beat("10.0.0.1:58082", serving)));
    ASSERT_TRUE(stream->Read(&reply));
    EXPECT_EQ(reply.lease_s(), 10u);
    EXPECT_EQ(List().participants(0).instances(0).state(), serving ? "live" : "not_serving");
  }
  EXPECT_TRUE(stream->WritesDone());
  EXPECT_FALSE(stream->Read(&reply));
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(RegistryDoorTest, AStreamOfNobodyEnds) {
  grpc::ClientContext context;
  SetDeadline(context);
  const auto stream = stub_->HeartbeatStream(&context);
  ASSERT_TRUE(stream->Write(Beat("10.0.0.1:58082", true)));
  v1::HeartbeatReply reply;
  EXPECT_FALSE(stream->Read(&reply));
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(RegistryDoorTest, StreamsDoNotKeepAServerThatStops) {
  ASSERT_TRUE(Register(Product("10.0.0.1:58082")).ok());
  constexpr int kStreams = 20;
  std::vector<std::unique_ptr<grpc::ClientContext>> contexts;
  std::vector<std::unique_ptr<grpc::ClientReaderWriter<v1::HeartbeatRequest, v1::HeartbeatReply>>>
      streams;
  v1::HeartbeatReply reply;
  for (int i = 0; i < kStreams; ++i) {
    contexts.push_back(std::make_unique<grpc::ClientContext>());
    SetDeadline(*contexts.back());
    streams.push_back(stub_->HeartbeatStream(contexts.back().get()));
    ASSERT_TRUE(streams.back()->Write(Beat("10.0.0.1:58082", true)));
    // Half of them rest in a read, half have a reply that nobody has taken yet.
    if (i % 2 == 0) {
      ASSERT_TRUE(streams.back()->Read(&reply));
    }
  }
  // One that is gone without a word.
  contexts[0]->TryCancel();
  registry_.Stop();
  for (int i = 0; i < kStreams; ++i) {
    while (streams[i]->Read(&reply)) {
    }
    const grpc::StatusCode code = streams[i]->Finish().error_code();
    EXPECT_EQ(code, i == 0 ? grpc::StatusCode::CANCELLED : grpc::StatusCode::UNAVAILABLE) << i;
  }
  grpc::ClientContext late_context;
  SetDeadline(late_context);
  const auto late = stub_->HeartbeatStream(&late_context);
  EXPECT_FALSE(late->Read(&reply));
  EXPECT_EQ(late->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_TRUE(Heartbeat("10.0.0.1:58082", true).ok()) << "plain calls are still answered";
}

TEST_F(RegistryDoorTest, ManyRegisterAtOnce) {
  constexpr int kThreads = 8;
  constexpr int kEach = 20;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        const std::string instance = absl::StrCat("h", t, ".x:", i + 1);
        EXPECT_TRUE(Register(Product(instance)).ok());
        EXPECT_TRUE(Heartbeat(instance, true).ok());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(List().participants(0).instances_size(), kThreads * kEach);
  Participants again(records_, clock_);
  ASSERT_TRUE(again.Load().ok());
  EXPECT_EQ(again.List("product").at(0).instances.size(), size_t{kThreads * kEach});
}

}  // namespace
}  // namespace saga::api
