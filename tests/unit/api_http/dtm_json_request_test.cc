#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "orchestrator/api/dtm_json.h"
#include "orchestrator/core/limits.h"

namespace saga::api {
namespace {

std::string Error(std::string_view body) {
  const auto request = DecodeRequest(body);
  return request.ok() ? "accepted" : std::string(request.status().message());
}

std::string Repeat(std::string_view text, size_t times) {
  std::string all;
  for (size_t i = 0; i < times; ++i) all += text;
  return all;
}

TEST(DecodeRequest, ReadsEveryField) {
  const auto request = DecodeRequest(R"({"gid":"g1","trans_type":"saga",
      "steps":[{"action":"http://b/o","compensate":"http://b/or"},{"action":"http://b/i"}],
      "payloads":["{\"amount\":30}",""],"query_prepared":"http://b/q","protocol":"http",
      "custom_data":"{\"concurrent\":true}","wait_result":true,
      "timeout_to_fail":35,"request_timeout":8,
      "retry_interval":10,"retry_limit":3,"branch_headers":{"h1":"v1","h2":null},"concurrent":true,
      "rollback_reason":"why"})");
  ASSERT_TRUE(request.ok()) << request.status();
  EXPECT_EQ(request->gid, "g1");
  EXPECT_EQ(request->trans_type, "saga");
  ASSERT_EQ(request->steps.size(), 2u);
  EXPECT_EQ(request->steps[0].action, "http://b/o");
  EXPECT_EQ(request->steps[0].compensate, "http://b/or");
  EXPECT_EQ(request->steps[1].action, "http://b/i");
  EXPECT_EQ(request->steps[1].compensate, "");
  ASSERT_EQ(request->payloads.size(), 2u);
  EXPECT_EQ(base::Value(request->payloads[0]), R"({"amount":30})");
  EXPECT_EQ(base::Value(request->payloads[1]), "");
  EXPECT_EQ(request->query_prepared, "http://b/q");
  EXPECT_EQ(request->protocol, "http");
  EXPECT_EQ(request->custom_data, R"({"concurrent":true})");
  EXPECT_TRUE(request->wait_result);
  EXPECT_TRUE(request->concurrent);
  EXPECT_EQ(request->options.timeout_to_fail_s, 35);
  EXPECT_EQ(request->options.request_timeout_s, 8);
  EXPECT_EQ(request->options.retry_interval_s, 10);
  EXPECT_EQ(request->options.retry_limit, 3);
  EXPECT_EQ(request->options.branch_headers,
            (std::map<std::string, std::string>{{"h1", "v1"}, {"h2", ""}}));
  EXPECT_EQ(request->rollback_reason, "why");
}

TEST(DecodeRequest, NullIsNotSaid) {
  const auto request =
      DecodeRequest(R"({"gid":"g","trans_type":null,"steps":null,"payloads":null,"custom_data":null,
      "query_prepared":null,"protocol":null,"branch_headers":null,
      "wait_result":null,"timeout_to_fail":null,
      "retry_limit":null,"passthrough_headers":null,"rollback_reason":null,"concurrent":null})");
  ASSERT_TRUE(request.ok()) << request.status();
  EXPECT_EQ(request->gid, "g");
  EXPECT_TRUE(request->steps.empty());
  EXPECT_TRUE(request->payloads.empty());
  EXPECT_EQ(request->options, core::Options());
  EXPECT_FALSE(request->wait_result);
}

TEST(DecodeRequest, NullsInsideOfLists) {
  const auto request =
      DecodeRequest(R"({"steps":[null,{"action":null,"compensate":"c"}],"payloads":[null,"p"]})");
  ASSERT_TRUE(request.ok()) << request.status();
  ASSERT_EQ(request->steps.size(), 2u);
  EXPECT_EQ(request->steps[0].action, "");
  EXPECT_EQ(request->steps[1].compensate, "c");
  ASSERT_EQ(request->payloads.size(), 2u);
  EXPECT_EQ(base::Value(request->payloads[1]), "p");
}

TEST(DecodeRequest, NullAsWholeBodyIsAnEmptyRequest) {
  const auto request = DecodeRequest("null");
  ASSERT_TRUE(request.ok());
  EXPECT_EQ(request->gid, "");
}

TEST(DecodeRequest, KeysInAnyCase) {
  const auto request =
      DecodeRequest(R"({"GID":"g","Trans_Type":"tcc","WAIT_RESULT":true,"Retry_limit":2})");
  ASSERT_TRUE(request.ok());
  EXPECT_EQ(request->gid, "g");
  EXPECT_EQ(request->trans_type, "tcc");
  EXPECT_TRUE(request->wait_result);
  EXPECT_EQ(request->options.retry_limit, 2);
}

TEST(DecodeRequest, LastOfRepeatedKeysCounts) {
  const auto request =
      DecodeRequest(R"({"gid":"a","gid":"b","steps":[{"action":"x"},{"action":"y"}],
      "steps":[{"action":"z"}],"payloads":["1","2"],"payloads":["3"],"branch_headers":{"a":"1"},
      "branch_headers":{"b":"2"},"timeout_to_fail":1,"timeout_to_fail":2})");
  ASSERT_TRUE(request.ok());
  EXPECT_EQ(request->gid, "b");
  ASSERT_EQ(request->steps.size(), 1u);
  EXPECT_EQ(request->steps[0].action, "z");
  ASSERT_EQ(request->payloads.size(), 1u);
  EXPECT_EQ(base::Value(request->payloads[0]), "3");
  EXPECT_EQ(request->options.branch_headers, (std::map<std::string, std::string>{{"b", "2"}}));
  EXPECT_EQ(request->options.timeout_to_fail_s, 2);
}

TEST(DecodeRequest, RepeatedKeyWithNullLikeJavaSendsIt) {
  const auto request = DecodeRequest(
      R"({"subType":"OperatorParam","gid":"g","subType":null,"gid":null,"steps":[{}],
          "steps":null})");
  ASSERT_TRUE(request.ok());
  EXPECT_EQ(request->gid, "g");
  EXPECT_TRUE(request->steps.empty());
}

TEST(DecodeRequest, PassesOverNoise) {
  const auto request =
      DecodeRequest(R"({"op":"action","branch_id":1,"sub_branch_id":{"a":[1,{"gid":"inner"}]},
      "barrier_id":[[],{}],"dtm":"http://x","phase2_url":false,
      "bin_payloads":["AA=="],"subType":"tcc",
      "passthrough_headers":[],"options":17,"ext_data":{},"status":["x"],
      "id":"nine","req_extra":{"a":"b"},
      "create_time":1.5,"next_cron_time":null,"retry_count":0,"gid":"g"})");
  ASSERT_TRUE(request.ok()) << request.status();
  EXPECT_EQ(request->gid, "g");
  EXPECT_TRUE(request->steps.empty());
  EXPECT_TRUE(request->payloads.empty());
}

TEST(DecodeRequest, NoiseInSteps) {
  const auto request =
      DecodeRequest(R"({"steps":[{"action":"a","name":"first","Action":"other"}]})");
  ASSERT_TRUE(request.ok());
  EXPECT_EQ(request->steps[0].action, "a");
}

TEST(DecodeRequest, IndentedAsCSharpSendsIt) {
  const auto request = DecodeRequest("\r\n{\r\n  \"gid\" : \"g\",\r\n\t\"steps\" : [ ]\r\n}\r\n");
  ASSERT_TRUE(request.ok());
  EXPECT_EQ(request->gid, "g");
}

TEST(DecodeRequest, CleansTheGid) {
  EXPECT_EQ(DecodeRequest(R"({"gid":"a\n;b\r c"})")->gid, "ab c");
}

TEST(DecodeRequest, LegacyDataStandsBehindThePayloads) {
  const auto request =
      DecodeRequest(R"({"payloads":["p"],"steps":[{"action":"a","data":"d0"},{"data":"d1"}]})");
  ASSERT_TRUE(request.ok());
  ASSERT_EQ(request->payloads.size(), 3u);
  EXPECT_EQ(base::Value(request->payloads[1]), "d0");
  EXPECT_EQ(base::Value(request->payloads[2]), "d1");
}

TEST(DecodeRequest, WrongTypesAreNamed) {
  EXPECT_EQ(Error(R"({"timeout_to_fail":"35"})"),
            "json: cannot unmarshal string into field timeout_to_fail of type int64");
  EXPECT_EQ(Error(R"({"retry_interval":1.5})"),
            "json: cannot unmarshal number 1.5 into field retry_interval of type int64");
  EXPECT_EQ(Error(R"({"retry_limit":1e3})"),
            "json: cannot unmarshal number 1e3 into field retry_limit of type int64");
  EXPECT_EQ(Error(R"({"request_timeout":99999999999999999999})"),
            "json: cannot unmarshal number 99999999999999999999 into field request_timeout of type "
            "int64");
  EXPECT_EQ(
      Error(R"({"request_timeout":9223372036854775808})"),
      "json: cannot unmarshal number 9223372036854775808 into field request_timeout of type int64");
  EXPECT_EQ(Error(R"({"gid":1})"), "json: cannot unmarshal number into field gid of type string");
  EXPECT_EQ(Error(R"({"gid":true})"), "json: cannot unmarshal bool into field gid of type string");
  EXPECT_EQ(Error(R"({"gid":{}})"), "json: cannot unmarshal object into field gid of type string");
  EXPECT_EQ(Error(R"({"gid":["g"]})"),
            "json: cannot unmarshal array into field gid of type string");
  EXPECT_EQ(Error(R"({"wait_result":"true"})"),
            "json: cannot unmarshal string into field wait_result of type bool");
  EXPECT_EQ(Error(R"({"wait_result":1})"),
            "json: cannot unmarshal number into field wait_result of type bool");
  EXPECT_EQ(Error(R"({"steps":{}})"),
            "json: cannot unmarshal object into field steps of type []map[string]string");
  EXPECT_EQ(Error(R"({"steps":"[]"})"),
            "json: cannot unmarshal string into field steps of type []map[string]string");
  EXPECT_EQ(Error(R"({"steps":["a"]})"),
            "json: cannot unmarshal string into field steps of type map[string]string");
  EXPECT_EQ(Error(R"({"steps":[[]]})"),
            "json: cannot unmarshal array into field steps of type map[string]string");
  EXPECT_EQ(Error(R"({"steps":[{"action":1}]})"),
            "json: cannot unmarshal number into field steps of type string");
  EXPECT_EQ(Error(R"({"steps":[{"x":{}}]})"),
            "json: cannot unmarshal object into field steps of type string");
  EXPECT_EQ(Error(R"({"payloads":[{"a":1}]})"),
            "json: cannot unmarshal object into field payloads of type string");
  EXPECT_EQ(Error(R"({"payloads":"x"})"),
            "json: cannot unmarshal string into field payloads of type []string");
  EXPECT_EQ(Error(R"({"branch_headers":[]})"),
            "json: cannot unmarshal array into field branch_headers of type map[string]string");
  EXPECT_EQ(Error(R"({"branch_headers":{"a":1}})"),
            "json: cannot unmarshal number into field branch_headers of type string");
  EXPECT_EQ(Error(R"([{"gid":"g"}])"),
            "json: cannot unmarshal array into the request, which is an object");
  EXPECT_EQ(Error(R"("gid")"),
            "json: cannot unmarshal string into the request, which is an object");
}

TEST(DecodeRequest, FirstWrongTypeIsTold) {
  EXPECT_EQ(Error(R"({"gid":1,"wait_result":1})"),
            "json: cannot unmarshal number into field gid of type string");
}

TEST(DecodeRequest, NegativeNumbersAreIntegers) {
  EXPECT_EQ(DecodeRequest(R"({"retry_limit":-1})")->options.retry_limit, -1);
}

TEST(DecodeRequest, TextThatIsNotJson) {
  EXPECT_EQ(Error(""), "unexpected end of JSON input");
  EXPECT_EQ(Error(R"({"gid":"g")"), "unexpected end of JSON input");
  EXPECT_EQ(Error(R"({"gid":1,)"), "unexpected end of JSON input");  // the graver error wins
  EXPECT_EQ(Error("garbage"), "the body is not JSON in UTF-8: invalid at byte 1");
  EXPECT_NE(Error(R"({"gid":"g"} x)"), "accepted");
  EXPECT_NE(Error(R"({"gid":"g",})"), "accepted");
  EXPECT_NE(Error(R"({'gid':'g'})"), "accepted");
  EXPECT_NE(Error("gid=g&trans_type=saga"), "accepted");
  EXPECT_NE(Error(std::string_view("\0\0\0", 3)), "accepted");
  EXPECT_NE(Error("{\"gid\":\"\xff\xfe\"}"), "accepted");
  EXPECT_NE(Error("{\"gid\":\"\xc0\xaf\"}"), "accepted");
  EXPECT_NE(Error(R"({"gid":"\ud800"})"), "accepted");
  EXPECT_NE(Error("{\"gid\":\"a\nb\"}"), "accepted");
  EXPECT_NE(Error(R"({"x":1e999})"), "accepted");
}

TEST(DecodeRequest, RandomBytesNeverCrash) {
  uint64_t state = 42;
  const std::string_view alphabet = "{}[]\",:\\u0nulltrefs19.e-+ \t\n\xff\xc3\xa4gidsteps";
  size_t refused = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string body;
    for (int i = 0; i < 40; ++i) {
      state = state * 6364136223846793005ULL + 1442695040888963407ULL;
      body += alphabet[(state >> 33) % alphabet.size()];
    }
    refused += DecodeRequest(body).ok() ? 0 : 1;
    refused += DecodeRegistration(body).ok() ? 0 : 1;
  }
  EXPECT_EQ(refused, 40'000u);
}

TEST(DecodeRequest, EveryCutOfAGoodBodyIsRefused) {
  const std::string body =
      R"({"gid":"g","steps":[{"action":"ä","compensate":"c"}],"payloads":["\u00e4"],
          "x":[1.5,{}]})";
  ASSERT_EQ(Error(body), "accepted");
  for (size_t i = 0; i < body.size(); ++i) EXPECT_NE(Error(body.substr(0, i)), "accepted") << i;
}

TEST(DecodeRequest, DeepJsonIsRefusedWhereverItStands) {
  const std::string too_deep = "the JSON nests more than 64 levels deep (kMaxJsonDepth)";
  EXPECT_EQ(Error(Repeat("[", 1'000'000)), too_deep);
  EXPECT_EQ(Error(Repeat("{\"a\":", 500'000)), too_deep);
  EXPECT_EQ(Error("{\"x\":" + Repeat("[", 1'000'000)), too_deep);
  EXPECT_EQ(Error("{\"steps\":" + Repeat("[", 1'000'000)), too_deep);
  EXPECT_EQ(Error("{\"x\":" + Repeat("[", 63) + Repeat("]", 63) + "}"), "accepted");
  EXPECT_EQ(Error("{\"x\":" + Repeat("[", 64) + Repeat("]", 64) + "}"), too_deep);
  // Brackets in strings are no nesting.
  EXPECT_EQ(Error("{\"custom_data\":\"" + Repeat("[", 1000) + "\"}"), "accepted");
}

TEST(DecodeRequest, TenThousandStepsAreCountedNotKept) {
  const std::string step = R"({"action":"http://b/a"})";
  const std::string body = absl::StrCat("{\"gid\":\"g\",\"trans_type\":\"saga\",\"steps\":[", step,
                                        Repeat("," + step, 9'999), "]}");
  EXPECT_EQ(
      Error(body),
      "10000 steps given, at most 1000 allowed (limit.steps): split it into several transactions");
  EXPECT_EQ(Error(absl::StrCat("{\"steps\":[{}", Repeat(",{}", 1'300'000), "]}")),
            "1300001 steps given, at most 1000 allowed (limit.steps): split it into several "
            "transactions");
  EXPECT_EQ(
      Error(absl::StrCat("{\"steps\":[null", Repeat(",null", 1'000), "]}")),
      "1001 steps given, at most 1000 allowed (limit.steps): split it into several transactions");
}

TEST(DecodeRequest, ManyPayloadsAreNotKept) {
  const auto request =
      DecodeRequest(absl::StrCat("{\"payloads\":[\"a\"", Repeat(",\"a\"", 900'000), "]}"));
  ASSERT_TRUE(request.ok());
  EXPECT_LE(request->payloads.size(), core::kMaxSteps);
}

TEST(DecodeRequest, ManyBranchHeadersAreRefused) {
  std::string headers;
  for (int i = 0; i < 100'000; ++i)
    absl::StrAppend(&headers, i == 0 ? "" : ",", "\"h", i, "\":\"\"");
  EXPECT_EQ(Error(absl::StrCat("{\"branch_headers\":{", headers, "}}")),
            "more than 64 entries of branch_headers given (kMaxBranchHeaders): send less, or in "
            "the payload");
}

TEST(DecodeRegistration, ReadsATccBranch) {
  const auto registration =
      DecodeRegistration(R"({"gid":"g;2","trans_type":"tcc","branch_id":"01","data":"{\"a\":1}",
      "confirm":"http://b/c","cancel":"http://b/x","status":"prepared","try":"http://b/t",
      "subType":null})");
  ASSERT_TRUE(registration.ok()) << registration.status();
  EXPECT_EQ(registration->gid, "g2");
  EXPECT_EQ(registration->trans_type, "tcc");
  EXPECT_EQ(registration->branch_id, "01");
  EXPECT_EQ(registration->confirm, "http://b/c");
  EXPECT_EQ(registration->cancel, "http://b/x");
  EXPECT_EQ(base::Value(registration->payload), R"({"a":1})");
}

TEST(DecodeRegistration, NullIsTheEmptyString) {
  const auto registration =
      DecodeRegistration(R"({"gid":"g","confirm":null,"data":null,"cancel":"x","cancel":null})");
  ASSERT_TRUE(registration.ok());
  EXPECT_EQ(registration->confirm, "");
  EXPECT_EQ(registration->cancel, "");
  EXPECT_EQ(registration->payload, nullptr);
  EXPECT_TRUE(DecodeRegistration("null").ok());
}

TEST(DecodeRegistration, EveryValueIsAString) {
  const auto error = [](std::string_view body) {
    const auto registration = DecodeRegistration(body);
    return registration.ok() ? "accepted" : std::string(registration.status().message());
  };
  EXPECT_EQ(error(R"({"branch_id":1})"),
            "json: cannot unmarshal number into Go value of type string");
  EXPECT_EQ(error(R"({"noise":{}})"), "json: cannot unmarshal object into Go value of type string");
  EXPECT_EQ(error(R"({"noise":[1]})"), "json: cannot unmarshal array into Go value of type string");
  EXPECT_EQ(error(R"({"sync":true})"), "json: cannot unmarshal bool into Go value of type string");
  EXPECT_EQ(error(R"([])"), "json: cannot unmarshal array into Go value of type map[string]string");
  EXPECT_EQ(error(R"(7)"), "json: cannot unmarshal number into Go value of type map[string]string");
  EXPECT_EQ(error(""), "unexpected end of JSON input");
  EXPECT_EQ(error("{\"a\":" + Repeat("[", 100'000)),
            "the JSON nests more than 64 levels deep (kMaxJsonDepth)");
}

}  // namespace
}  // namespace saga::api
