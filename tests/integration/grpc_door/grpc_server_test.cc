#include "orchestrator/api/grpc_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/integration/grpc_door/door.h"
#include "tests/integration/grpc_door/raw_call.h"

namespace saga::integration {
namespace {

using testing::AllOf;
using testing::HasSubstr;

// grpc.health.v1: request {1: service}, reply {1: status}; 1 is SERVING, 2 is NOT_SERVING.
constexpr char kServing[] = "\x08\x01";
constexpr char kNotServing[] = "\x08\x02";

grpc::Status Check(Door& door, const std::string& service, std::string* reply) {
  const std::string field =
      service.empty() ? "" : "\x0a" + std::string(1, static_cast<char>(service.size()));
  return RawCall(door.channel(), "/grpc.health.v1.Health/Check", field + service, reply);
}

TEST(GrpcServerTest, HealthFollowsReadiness) {
  Door door;
  std::string reply;
  for (const char* service : {"", api::kDtmService}) {
    door.server().SetReady(false);
    ASSERT_TRUE(Check(door, service, &reply).ok());
    EXPECT_EQ(reply, kNotServing) << service;
    door.server().SetReady(true);
    ASSERT_TRUE(Check(door, service, &reply).ok());
    EXPECT_EQ(reply, kServing) << service;
  }
}

TEST(GrpcServerTest, IsNotReadyBeforeItIsToldSo) {
  Door door;
  std::string reply;
  ASSERT_TRUE(Check(door, "", &reply).ok());
  EXPECT_EQ(reply, kNotServing);
}

TEST(GrpcServerTest, HealthKnowsNoOtherServices) {
  Door door;
  std::string reply;
  EXPECT_EQ(Check(door, "no.such.Service", &reply).error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST(GrpcServerTest, ReflectionNamesTheServices) {
  Door door;
  std::string reply;
  const std::string list_services("\x3a\x01*");
  const auto status = RawStreamCall(
      door.channel(), "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
      list_services, &reply);
  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_THAT(reply, AllOf(HasSubstr("dtmgimp.Dtm"), HasSubstr("grpc.health.v1.Health")));
}

TEST(GrpcServerTest, BusyPortIsToldInOneLine) {
  Door door;
  api::GrpcServer::Options options;
  options.address = "127.0.0.1:" + std::to_string(door.server().port());
  const auto second = api::GrpcServer::Start(options, {});
  EXPECT_EQ(second.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(second.status().message(),
            "address " + options.address +
                " is in use: stop what listens there or choose another --grpc-listen");
}

TEST(GrpcServerTest, PortIsFreeAgainAfterShutdown) {
  api::GrpcServer::Options options;
  {
    Door door;
    options.address = "127.0.0.1:" + std::to_string(door.server().port());
  }
  EXPECT_TRUE(api::GrpcServer::Start(options, {}).ok());
}

TEST(GrpcServerTest, AddressesThatCannotBeListenedAt) {
  const auto error = [](const std::string& address) {
    api::GrpcServer::Options options;
    options.address = address;
    const auto server = api::GrpcServer::Start(options, {});
    EXPECT_EQ(server.status().code(), absl::StatusCode::kUnavailable) << address;
    return std::string(server.status().message());
  };
  EXPECT_THAT(error("36790"), HasSubstr("is not host:port: correct --grpc-listen"));
  EXPECT_THAT(error("127.0.0.1:"), HasSubstr("is not host:port"));
  EXPECT_THAT(error("127.0.0.1:http"), HasSubstr("is not host:port"));
  EXPECT_THAT(error("192.0.2.1:36790"), HasSubstr("is not one of this machine"));
  // No name may have a part this long, so no name server is asked.
  EXPECT_THAT(error(std::string(70, 'x') + ":36790"), HasSubstr("cannot be resolved"));
}

}  // namespace
}  // namespace saga::integration
