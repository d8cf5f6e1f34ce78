// How bodies of prepare and submit are read (protocol 2.1, 11.2 #5): what is tolerated and what is
// not. door_clients_test.cc has the bodies that clients really send.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "tests/conformance/stage/differences.h"
#include "tests/conformance/wire/door_test.h"

namespace saga::conformance {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class Decoding : public DoorTest {
 protected:
  // A submit of the text, in which GID, ACTION and UNDO stand for themselves; it waits if told to.
  HttpAnswer Submit(const std::string& text) {
    gid_ = NewGid("decoding");
    return Post(
        "submit",
        absl::StrReplaceAll(text, {{"GID", gid_}, {"ACTION", Url("/ok")}, {"UNDO", Url("/undo")}}));
  }

  void ExpectOneCall(const std::string& body) {
    EXPECT_EQ(StatusOf(gid_), "succeed");
    const auto calls = recorder().CallsOf(gid_);
    ASSERT_EQ(calls.size(), 1U);
    EXPECT_EQ(calls[0].body, body);
    EXPECT_EQ(calls[0].trans_type, "saga");
  }

  std::string gid_;
};

TEST_F(Decoding, NullsEverywhere) {
  EXPECT_THAT(Submit(R"({"gid":"GID","trans_type":"saga","wait_result":true,
    "steps":[{"action":"ACTION","compensate":null,"data":null}],"payloads":["p"],
    "query_prepared":null,"protocol":null,"custom_data":null,"timeout_to_fail":null,
    "request_timeout":null,"retry_interval":null,"retry_limit":null,"retry_count":null,
    "branch_headers":null,"concurrent":null,"rollback_reason":null,"req_extra":null,
    "passthrough_headers":null,"options":null,"ext_data":null,"status":null,"result":null,
    "owner":null,"id":null,"create_time":null,"update_time":null,"next_cron_interval":null,
    "next_cron_time":null,"finish_time":null,"rollback_time":null,"nonsense":null})"),
              IsSuccess());
  ExpectOneCall("p");
}

TEST_F(Decoding, NullIsNothingAtAll) {
  EXPECT_THAT(Submit(R"({"gid":"GID","trans_type":"saga","wait_result":true,"steps":null,)"
                     R"("payloads":null})"),
              IsSuccess());
  EXPECT_EQ(Query(gid_)["branches"].size(), 0U);
  // A step that is null has neither action nor compensation, a payload that is null is empty.
  EXPECT_THAT(Submit(R"({"gid":"GID","trans_type":"saga","wait_result":true,"steps":[null],)"
                     R"("payloads":[null]})"),
              IsSuccess());
  EXPECT_EQ(Query(gid_)["branches"].size(), 2U);
}

TEST_F(Decoding, TheLastOfSeveralKeysCounts) {
  EXPECT_THAT(Submit(R"({"gid":"other","gid":"GID","trans_type":"tcc","wait_result":false,
    "trans_type":"saga","wait_result":true,"steps":[],"steps":[{"action":"ACTION"}],
    "payloads":["a"],"payloads":["b"]})"),
              IsSuccess());
  ExpectOneCall("b");
}

// Null is "not said", also after something that was said.
TEST_F(Decoding, NullAfterAValueKeepsTheValue) {
  EXPECT_THAT(Submit(R"({"gid":"GID","trans_type":"saga","wait_result":true,"wait_result":null,
    "steps":[{"action":"ACTION"}],"payloads":["p"],"trans_type":null,"gid":null})"),
              IsSuccess());
  ExpectOneCall("p");
}

TEST_F(Decoding, KeysInAnyCase) {
  EXPECT_THAT(Submit(R"({"Gid":"GID","TRANS_TYPE":"saga","Wait_Result":true,
    "Steps":[{"action":"ACTION"}],"PayLoads":["p"]})"),
              IsSuccess());
  ExpectOneCall("p");
}

TEST_F(Decoding, UnknownKeysAreSkippedWithAllTheyHold) {
  EXPECT_THAT(Submit(R"({"new":{"deep":[1,{"x":[]}]},"gid":"GID","other":[[]],"trans_type":"saga",
    "wait_result":true,"steps":[{"action":"ACTION","note":"n"}],"payloads":["p"],"more":1.5e3,
    "passthrough_headers":["a","b"],"op":"x","branch_id":"y","sub_branch_id":1,"barrier_id":2,
    "dtm":"d","phase2_url":[],"bin_payloads":["eA=="],"subType":"saga"})"),
              IsSuccess());
  ExpectOneCall("p");
}

// The stored record's own fields mean nothing in a request.
TEST_F(Decoding, FieldsOfTheServerAreIgnored) {
  EXPECT_THAT(Submit(R"({"gid":"GID","trans_type":"saga","wait_result":true,"status":"failed",
    "options":"x","ext_data":"z","next_cron_interval":5,"next_cron_time":"2001-01-01T00:00:00Z",
    "create_time":"2001-01-01T00:00:00Z","update_time":"2001-01-01T00:00:00Z",
    "steps":[{"action":"ACTION"}],"payloads":["p"]})"),
              IsSuccess());
  ExpectOneCall("p");
  EXPECT_THAT(Query(gid_)["transaction"]["create_time"].get<std::string>(),
              Not(StartsWith("2001")));
}

TEST_F(Decoding, BlanksAndLineEnds) {
  EXPECT_THAT(Submit("\r\n\t {\r\n  \"gid\" : \"GID\" ,\r\n  \"trans_type\" :\t\"saga\",\n"
                     "\"wait_result\": true, \"steps\": [ { \"action\" : \"ACTION\" } ],\n"
                     "  \"payloads\": [ \"p\" ]\n}\n \r\n"),
              IsSuccess());
  ExpectOneCall("p");
}

TEST_F(Decoding, EscapedText) {
  EXPECT_THAT(Submit(R"({"gid":"GID","trans_type":"saga","wait_result":true,)"
                     R"("steps":[{"action":"ACTION"}],)"
                     R"("payloads":["{\"a\":\"\u00e9\ud83d\ude00\\n\"}"]})"),
              IsSuccess());
  ExpectOneCall("{\"a\":\"\xC3\xA9\xF0\x9F\x98\x80\\n\"}");
}

TEST_F(Decoding, TextBehindTheBody) {
  EXPECT_THAT(Submit(R"({"gid":"GID","trans_type":"saga"} x)"), IsError(Not("")));
  EXPECT_THAT(Submit(R"({"gid":"GID","trans_type":"saga"}{})"), IsError(Not("")));
  EXPECT_EQ(StatusOf(gid_), "");
}

struct WrongType {
  const char* key;
  const char* value;
  const char* found;     // how the text calls what was sent
  const char* expected;  // and what it should have been
};

TEST_F(Decoding, WrongTypesAreErrors) {
  for (const WrongType& wrong : {
           WrongType{"gid", "7", "number", "string"},
           WrongType{"trans_type", "[]", "array", "string"},
           WrongType{"query_prepared", "{}", "object", "string"},
           WrongType{"protocol", "true", "bool", "string"},
           WrongType{"custom_data", "{\"concurrent\":true}", "object", "string"},
           WrongType{"wait_result", "\"true\"", "string", "bool"},
           WrongType{"wait_result", "1", "number", "bool"},
           WrongType{"timeout_to_fail", "\"5\"", "string", "int64"},
           WrongType{"timeout_to_fail", "1.5", "number 1.5", "int64"},
           WrongType{"timeout_to_fail", "5.0", "number 5.0", "int64"},
           WrongType{"request_timeout", "1e1", "number 1e1", "int64"},
           WrongType{"retry_interval", "true", "bool", "int64"},
           WrongType{"retry_limit", "[]", "array", "int64"},
           WrongType{"branch_headers", "[]", "array", "map[string]string"},
           WrongType{"branch_headers", "{\"a\":1}", "number", "string"},
           WrongType{"steps", "{}", "object", "[]map[string]string"},
           WrongType{"steps", "[{\"action\":1}]", "number", "string"},
           WrongType{"payloads", "[1]", "number", "string"},
           WrongType{"payloads", "[{\"a\":1}]", "object", "string"},
       }) {
    const HttpAnswer answer = Submit(absl::StrCat(R"({"gid":"GID","trans_type":"saga",")",
                                                  wrong.key, R"(":)", wrong.value, "}"));
    EXPECT_THAT(answer,
                IsError(AllOf(StartsWith(absl::StrCat("json: cannot unmarshal ", wrong.found, " ")),
                              HasSubstr(wrong.key), HasSubstr(wrong.expected))))
        << wrong.key << " " << wrong.value;
    EXPECT_EQ(StatusOf(gid_), "");
  }
}

// Clients before DTM 1.10 sent the payload in the step; it counts behind all payloads.
TEST_F(Decoding, PayloadInTheStep) {
  EXPECT_THAT(Submit(R"({"gid":"GID","trans_type":"saga","wait_result":true,)"
                     R"("steps":[{"action":"ACTION","compensate":"UNDO","data":"old"}]})"),
              IsSuccess());
  ExpectOneCall("old");
  EXPECT_THAT(
      Submit(R"({"gid":"GID","trans_type":"saga","wait_result":true,"payloads":["new"],)"
             R"("steps":[{"action":"ACTION","data":""},{"action":"ACTION","data":"old"}]})"),
      IsSuccess());
  const auto calls = recorder().CallsOf(gid_);
  ASSERT_EQ(calls.size(), 2U);
  EXPECT_EQ(calls[0].body, "new");
  EXPECT_EQ(calls[1].body, "old");
}

TEST_F(Decoding, PayloadsPerStep) {
  EXPECT_THAT(Submit(R"({"gid":"GID","trans_type":"saga","payloads":["p"],)"
                     R"("steps":[{"action":"ACTION"},{"action":"ACTION"}]})"),
              IsError(Not("")));
  EXPECT_EQ(StatusOf(gid_), "");
  EXPECT_THAT(Submit(R"({"gid":"GID","trans_type":"saga","wait_result":true,)"
                     R"("steps":[{"action":"ACTION"}],"payloads":["p","too","many"]})"),
              IsSuccess());
  ExpectOneCall("p");
}

TEST_F(Decoding, EmptyTargetsSucceedWithoutACall) {
  EXPECT_THAT(Submit(R"({"gid":"GID","trans_type":"saga","wait_result":true,)"
                     R"("steps":[{"action":"","compensate":""},{}],"payloads":["",""]})"),
              IsSuccess());
  EXPECT_EQ(StatusOf(gid_), "succeed");
  EXPECT_TRUE(recorder().CallsOf(gid_).empty());
}

TEST_F(Decoding, UnknownTypes) {
  for (const char* type : {"sagas", "", "SAGA"}) {
    EXPECT_THAT(Submit(absl::StrCat(R"({"gid":"GID","trans_type":")", type, R"("})")),
                IsError(Not("")))
        << type;
    EXPECT_EQ(StatusOf(gid_), "");
  }
  EXPECT_THAT(Submit(R"({"gid":"GID"})"), IsError(Not("")));
}

TEST_F(Decoding, AnEmptyProtocolIsHttp) {
  EXPECT_THAT(Submit(R"({"gid":"GID","trans_type":"saga","protocol":"","wait_result":true})"),
              IsSuccess());
  EXPECT_EQ(Query(gid_)["transaction"]["protocol"], "http");
}

using Gid = DoorTest;

TEST_F(Gid, LineEndsAndSemicolonsAreTakenOut) {
  const std::string tail = NewGid("clean");
  EXPECT_THAT(Post("prepare", Bare("tcc", "a;b\nc\r" + tail)), IsSuccess());
  EXPECT_EQ(StatusOf("abc" + tail), "prepared");
  // The same on every call that takes one.
  EXPECT_THAT(Post("abort", Bare("tcc", ";abc\r\n" + tail)), IsSuccess());
  EXPECT_TRUE(WaitForStatus("abc" + tail, "failed"));
}

TEST_F(Gid, OtherCharactersStay) {
  for (const std::string& text :
       {std::string("it's  a \"b\" "), std::string("%2F/?&=+#"),
        std::string("\xC3\xA9\xE4\xBD\xA0"), std::string("a:b,c-d.e_f")}) {
    const std::string gid = NewGid(text);
    EXPECT_THAT(Post("submit",
                     [&] {
                       nlohmann::json body = Saga(gid, "/ok");
                       body["wait_result"] = true;
                       return body;
                     }()),
                IsSuccess())
        << gid;
    EXPECT_EQ(Query(gid)["transaction"].value("gid", ""), gid);
    ASSERT_EQ(recorder().CallsOf(gid).size(), 1U) << gid;
  }
}

TEST_F(Gid, MayBe128Long) {
  const std::string start = NewGid("long");
  const std::string gid = start + std::string(128 - start.size(), 'x');
  EXPECT_THAT(Post("prepare", Bare("tcc", gid)), IsSuccess());
  EXPECT_EQ(StatusOf(gid), "prepared");
}

TEST_F(Gid, MayNotBeEmpty) {
  for (const char* route : {"prepare", "submit"}) {
    EXPECT_THAT(Post(route, Bare("tcc", "")), IsError(Not(""))) << route;
    EXPECT_THAT(Post(route, nlohmann::json({{"trans_type", "tcc"}})), IsError(Not(""))) << route;
    EXPECT_THAT(Post(route, nlohmann::json({{"gid", nullptr}, {"trans_type", "saga"}})),
                IsError(Not("")));
  }
}

using CustomData = DoorTest;

TEST_F(CustomData, NullAndEmptyAreNone) {
  for (const nlohmann::json& none : {nlohmann::json(), nlohmann::json("")}) {
    nlohmann::json body = Saga(NewGid("custom"), "/ok");
    body["wait_result"] = true;
    body["custom_data"] = none;
    EXPECT_THAT(Post("submit", body), IsSuccess());
  }
}

TEST_F(CustomData, NullsInside) {
  nlohmann::json body = Saga(NewGid("custom"), "/ok");
  body["wait_result"] = true;
  body["custom_data"] = R"({"concurrent":null,"orders":null,"other":[1]})";
  EXPECT_THAT(Post("submit", body), IsSuccess());
}

// Accepted by DTM, whose every look at the transaction then fails (11.1 #16).
TEST_F(CustomData, ThatIsNoJson) {
  for (const char* mode : {"saga", "msg"}) {
    nlohmann::json body = std::string(mode) == "saga" ? Saga(NewGid("custom"), "/ok")
                                                      : Message(NewGid("custom"), "/ok");
    body["custom_data"] = "{";
    const HttpAnswer answer = Post("submit", body);
    if (Differs("custom-data-checked", server())) {
      EXPECT_THAT(answer, IsSuccess()) << mode;
    } else {
      EXPECT_THAT(answer, IsError(HasSubstr("custom_data"))) << mode;
      EXPECT_EQ(StatusOf(body["gid"]), "");
    }
  }
}

// PHP encodes orders whose keys are 0, 1, ... as a list.
TEST_F(CustomData, OrdersAsAList) {
  nlohmann::json body = Saga(NewGid("custom"), "/ok");
  body["wait_result"] = true;
  body["custom_data"] = R"({"concurrent":true,"orders":[[]]})";
  const HttpAnswer answer = Post("submit", body);
  if (Differs("orders-list", server())) {
    EXPECT_THAT(answer, IsError(HasSubstr("orders")));
  } else {
    EXPECT_THAT(answer, IsSuccess());
  }
}

}  // namespace
}  // namespace saga::conformance
