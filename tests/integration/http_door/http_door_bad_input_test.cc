// Whatever is sent, the answer is the documented one, nothing is called or stored, and the next
// client is served.

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/integration/http_door/http_door.h"

namespace saga::integration {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class HttpDoorBadInputTest : public ::testing::Test {
 protected:
  void TearDown() override {
    EXPECT_THAT(door_.caller().Calls(), IsEmpty());
    EXPECT_EQ(door_.Get("/api/dtmsvr/all").body, R"({"next_position":"","transactions":[]})");
    EXPECT_EQ(door_.Call("submit", Request("good", "saga", 1)).status, 200);
  }

  void ExpectRefused(const std::string& name, const std::string& body, const std::string& text) {
    const Reply reply = door_.Post("/api/dtmsvr/" + name, body);
    EXPECT_EQ(reply.status, 500) << name;
    EXPECT_EQ(reply.Json().size(), 1u) << reply.body;
    EXPECT_THAT(reply.body, HasSubstr(text)) << name;
  }

  HttpDoor door_;
};

TEST_F(HttpDoorBadInputTest, TextThatIsNotJson) {
  for (const char* name : {"prepare", "submit", "abort"}) {
    ExpectRefused(name, "", "unexpected end of JSON input");
    ExpectRefused(name, "garbage", "not JSON");
    ExpectRefused(name, "\xff\xfe\x00\x01", "not JSON");
    ExpectRefused(name, "[]", "cannot unmarshal array");
    ExpectRefused(name, R"({"gid":7})",
                  "json: cannot unmarshal number into field gid of type string");
    ExpectRefused(name, "null",
                  name == std::string("abort") ? "gid is empty" : "unknown trans_type ''");
    ExpectRefused(name, std::string(1'000'000, '['), "kMaxJsonDepth");
  }
}

TEST_F(HttpDoorBadInputTest, RegisterBranchWithOtherThanStrings) {
  for (const char* name : {"registerBranch", "registerXaBranch", "registerTccBranch"}) {
    const Reply reply =
        door_.Post(absl::StrCat("/api/dtmsvr/", name), R"({"gid":"g","branch_id":1})");
    EXPECT_EQ(reply.status, 400);
    EXPECT_EQ(reply.content_type, "text/plain; charset=utf-8");
    EXPECT_EQ(reply.body,
              R"({"message":"json: cannot unmarshal number into Go value of type string"})");
  }
}

TEST_F(HttpDoorBadInputTest, ValuesOutOfTheirLimits) {
  nlohmann::json request = Request("g", "saga", 1);
  request["trans_type"] = "barter";
  ExpectRefused("submit", request.dump(), "unknown trans_type 'barter'");
  request = Request("g", "workflow", 0);
  ExpectRefused("submit", request.dump(), "req_extra.status of a workflow is ''");
  request = Request("", "saga", 1);
  ExpectRefused("submit", request.dump(), "gid is empty");
  request = Request(std::string(129, 'g'), "saga", 1);
  ExpectRefused("submit", request.dump(), "kMaxGidLength");
  request = Request("g", "saga", 2);
  request["payloads"] = {"one"};
  ExpectRefused("submit", request.dump(), "1 payloads given for 2 steps");
  request = Request("g", "saga", 1);
  request["timeout_to_fail"] = -1;
  ExpectRefused("submit", request.dump(), "timeout_to_fail is -1");
  request = Request("g", "saga", 1);
  request["custom_data"] = "no json";
  ExpectRefused("submit", request.dump(), "custom_data is not JSON");
  request = Request("g", "saga", 1);
  request["payloads"] = {std::string((1 << 20) + 1, 'x')};
  ExpectRefused("submit", request.dump(), "limit.payload_bytes");
}

TEST_F(HttpDoorBadInputTest, TenThousandSteps) {
  ExpectRefused("submit", Request("g", "saga", 10'000).dump(),
                "10000 steps given, at most 1000 allowed (limit.steps)");
}

TEST_F(HttpDoorBadInputTest, HugeBody) {
  const Reply reply = door_.Post("/api/dtmsvr/submit", std::string(5 << 20, ' '));
  EXPECT_EQ(reply.status, 413);
  EXPECT_THAT(reply.body, HasSubstr("limit.request_bytes"));
}

TEST_F(HttpDoorBadInputTest, MethodsAndPaths) {
  EXPECT_EQ(door_.Get("/api/dtmsvr/submit").status, 404);
  EXPECT_EQ(door_.Post("/api/dtmsvr/query", "{}").status, 404);
  EXPECT_EQ(door_.Post("/api/dtmsvr/resetCronTime", "{}").status, 404);
  EXPECT_EQ(door_.Get("/").body, "404 page not found");
  EXPECT_EQ(door_.Get("/api/dtmsvr/newGid/").status, 301);
  EXPECT_EQ(door_.Post("/api/dtmsvr/submit/", "{}").status, 307);
}

}  // namespace
}  // namespace saga::integration
