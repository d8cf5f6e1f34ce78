#include "orchestrator/api/target_form.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace saga::api {
namespace {

using core::Protocol;
using testing::HasSubstr;
using testing::StartsWith;

std::string Form(std::optional<Protocol> protocol, const std::string& target) {
  const absl::Status status = CheckTargetForm("the action", protocol, target);
  if (status.ok()) return "good";
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), StartsWith("the action "));
  return std::string(status.message());
}

TEST(CheckTargetForm, WhatEveryTransactionMayCall) {
  for (const auto protocol : {Protocol::kHttp, Protocol::kGrpc, Protocol::kJsonRpc}) {
    for (const char* target : {"", "http://b", "http://b:8081/a?method=M", "HTTPS://B/x",
                               "http://u:p@[::1]:80/", "https://b/x?back=nacos://y"}) {
      EXPECT_EQ(Form(protocol, target), "good") << target;
      EXPECT_EQ(Form(std::nullopt, target), "good") << target;
    }
  }
}

TEST(CheckTargetForm, SchemesThatNobodyResolves) {
  for (const char* target :
       {"nacos://svc/path?groupName=G", "etcd://h:2379/svc/pkg.Svc/M", "discovery:///svc/pkg.Svc/M",
        "polaris://svc/pkg.Svc/M", "daprhttp://DAPR_ENV/app/m", "not_exists://abc",
        "grpc://host:1/pkg.Svc/M", "file:///etc/hostname"}) {
    for (const auto protocol :
         {std::optional<Protocol>(), std::optional(Protocol::kHttp), std::optional(Protocol::kGrpc),
          std::optional(Protocol::kJsonRpc)}) {
      EXPECT_THAT(Form(protocol, target), HasSubstr("which this server resolves nowhere"))
          << target;
    }
  }
}

TEST(CheckTargetForm, ParticipantsOfTheRegistryInAnyTransaction) {
  for (const auto protocol : {std::optional<Protocol>(), std::optional(Protocol::kHttp),
                              std::optional(Protocol::kGrpc), std::optional(Protocol::kJsonRpc)}) {
    EXPECT_EQ(Form(protocol, "participant://product/Deduct"), "good");
    EXPECT_THAT(Form(protocol, "participant://Product/Deduct"), HasSubstr("names no participant"));
    EXPECT_THAT(Form(protocol, "participant://product"), HasSubstr("names no operation"));
    EXPECT_THAT(Form(protocol, "participant://product/a b"),
                HasSubstr("participant://NAME/OPERATION expected"));
  }
}

TEST(CheckTargetForm, TopicsAreNoTargets) {
  EXPECT_THAT(Form(Protocol::kHttp, "topic://orders"), HasSubstr("names a topic"));
  EXPECT_THAT(Form(std::nullopt, "topic://orders"), HasSubstr("names a topic"));
}

TEST(CheckTargetForm, HttpNeedsItsScheme) {
  for (const char* target : {"b/act", "host:1/pkg.Svc/M", "/act", "http:/b", "http//b", "://b"}) {
    EXPECT_THAT(Form(Protocol::kHttp, target),
                HasSubstr("must begin with http:// or https://, because the protocol is http"));
    EXPECT_THAT(Form(Protocol::kJsonRpc, target), HasSubstr("because the protocol is json-rpc"));
    EXPECT_EQ(Form(std::nullopt, target), "good");
  }
}

TEST(CheckTargetForm, HttpNeedsAHost) {
  for (const char* target :
       {"http://", "http:///path", "https://?a=b", "http://:80/x", "http://user@/x"}) {
    EXPECT_THAT(Form(Protocol::kHttp, target), HasSubstr("names no host")) << target;
  }
}

TEST(CheckTargetForm, GrpcNeedsAddressAndMethod) {
  EXPECT_EQ(Form(Protocol::kGrpc, "host:58081/busi.Busi/TransIn"), "good");
  EXPECT_EQ(Form(Protocol::kGrpc, "host/busi.Busi/TransIn"), "good");
  EXPECT_THAT(Form(Protocol::kGrpc, "host:58081"), HasSubstr("has no method"));
  EXPECT_THAT(Form(Protocol::kGrpc, "/busi.Busi/TransIn"), HasSubstr("has no address"));
  for (const char* target : {"host:1/a b", "h ost:1/a", "host:1/\xC3\xA9", " host:1/a"}) {
    EXPECT_THAT(Form(Protocol::kGrpc, target), HasSubstr("printable ASCII")) << target;
  }
}

TEST(CheckTargetForm, LongTargetsAreShownShort) {
  EXPECT_LT(Form(Protocol::kHttp, std::string(100'000, 'a')).size(), 400u);
  EXPECT_LT(Form(Protocol::kHttp, std::string(100'000, 'a') + "://b").size(), 600u);
}

}  // namespace
}  // namespace saga::api
