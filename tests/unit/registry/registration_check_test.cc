// What a participant may say of itself, and the words that refuse the rest.

#include "orchestrator/api/registration_check.h"

#include <functional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "orchestrator/core/limits.h"

namespace saga::api {
namespace {

using testing::HasSubstr;

Registration Good() {
  Registration registration;
  registration.participant = "product";
  registration.instance = "10.0.0.1:58082";
  registration.operations = {{"Deduct", "product.v1.Product/Deduct", "action", true}};
  return registration;
}

// "good", or what is wrong.
std::string With(const std::function<void(Registration&)>& change) {
  Registration registration = Good();
  change(registration);
  const absl::Status status = CheckRegistration(registration);
  if (status.ok()) return "good";
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  return std::string(status.message());
}

TEST(CheckRegistration, NamesOfParticipants) {
  EXPECT_EQ(With([](Registration&) {}), "good");
  EXPECT_EQ(With([](Registration& r) { r.participant = "a-1"; }), "good");
  for (const char* bad : {"", "Product", "pro_duct", "a/b", "a b"}) {
    EXPECT_THAT(With([bad](Registration& r) { r.participant = bad; }),
                HasSubstr("participant is '" + std::string(bad) + "' and must be 1 to 64 of"));
  }
}

TEST(CheckRegistration, AddressesThatCanBeCalled) {
  for (const char* good : {"host:1", "10.0.0.1:65535", "[::1]:80", "a.b-c.d:58082"}) {
    EXPECT_EQ(With([good](Registration& r) { r.instance = good; }), "good") << good;
  }
  for (const char* bad : {"", "host", "host:", ":80", "host:0", "host:65536", "host:1x", "host:+1",
                          "http://host:1", "host:1/x", "h ost:1", "user@host:1", "[::1]"}) {
    EXPECT_THAT(With([bad](Registration& r) { r.instance = bad; }),
                HasSubstr("and must be the host:port"))
        << bad;
  }
}

TEST(CheckRegistration, MethodsFollowTheProtocol) {
  const auto method = [](core::Protocol protocol, const char* text) {
    return With([protocol, text](Registration& r) {
      r.protocol = protocol;
      r.operations[0].method = text;
    });
  };
  EXPECT_EQ(method(core::Protocol::kGrpc, "a.B/C"), "good");
  for (const char* bad : {"", "a.B", "/a.B/C", "a.B/", "a.B/C/D", "a b/C"}) {
    EXPECT_THAT(method(core::Protocol::kGrpc, bad),
                HasSubstr("operations[0].method is '" + std::string(bad) +
                          "' and must be package.Service/Method"));
  }
  EXPECT_EQ(method(core::Protocol::kHttp, "/a.B/C"), "good");
  for (const char* bad : {"", "a.B/C", "/a?b", "/a b", "/a#b"}) {
    EXPECT_THAT(method(core::Protocol::kHttp, bad), HasSubstr("a path that begins with /"));
  }
  EXPECT_THAT(With([](Registration& r) { r.protocol = core::Protocol::kJsonRpc; }),
              HasSubstr("protocol is 'json-rpc' and must be grpc or http"));
  EXPECT_THAT(With([](Registration& r) {
                r.operations[0].method = "a/" + std::string(core::kMaxTargetLength, 'b');
              }),
              HasSubstr("kMaxTargetLength"));
}

TEST(CheckRegistration, Operations) {
  EXPECT_THAT(With([](Registration& r) { r.operations.clear(); }),
              HasSubstr("operations is empty"));
  EXPECT_THAT(With([](Registration& r) { r.operations.push_back(r.operations[0]); }),
              HasSubstr("operations[1].name is 'Deduct' and must be different"));
  EXPECT_THAT(With([](Registration& r) { r.operations[0].name = "De/duct"; }),
              HasSubstr("operations[0].name"));
  EXPECT_THAT(With([](Registration& r) { r.operations[0].kind = "undo"; }),
              HasSubstr("operations[0].kind is 'undo' and must be action, compensate"));
  Registration many = Good();
  for (size_t i = 0; i < core::kMaxOperations; ++i)
    many.operations.push_back({"o" + std::to_string(i), "a.B/C", "", false});
  EXPECT_TRUE(absl::IsResourceExhausted(CheckRegistration(many)));
}

TEST(CheckRegistration, TheRest) {
  EXPECT_EQ(With([](Registration& r) { r.command_topic = "saga.cmd.product"; }), "good");
  for (const std::string bad : {"a b", "a/b", "..", "\xC3\xA9"}) {
    EXPECT_THAT(With([bad](Registration& r) { r.command_topic = bad; }),
                HasSubstr("command_topic is"));
  }
  EXPECT_EQ(With([](Registration& r) { r.lease_s = 300; }), "good");
  EXPECT_THAT(With([](Registration& r) { r.lease_s = 301; }),
              HasSubstr("lease_s is 301 and must be from 1 to 300"));
  EXPECT_THAT(With([](Registration& r) { r.version = "1\n2"; }), HasSubstr("control character"));
  EXPECT_THAT(With([](Registration& r) { r.version = std::string(200, 'v'); }),
              HasSubstr("kMaxVersionLength"));
}

}  // namespace
}  // namespace saga::api
