#include "tests/conformance/wire/golden_transcript.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <regex>
#include <set>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/time.h"
#include "tests/conformance/stage/grpc.h"
#include "tests/conformance/stage/http.h"
#include "tests/fixture/process.h"
#include "tests/fixture/temp_dir.h"

namespace saga::conformance {
namespace {

using Json = nlohmann::json;

constexpr absl::Duration kPatience = absl::Minutes(1);

std::string PathOf(const std::string& name) {
  return absl::StrCat(fixture::SourceDir(), "/tests/conformance/wire/golden/", name, ".txt");
}

// What is the transport's and no part of the protocol.
bool IsTransport(const Call& call, const std::string& header) {
  static const auto* const names =
      new std::set<std::string>{"host", "connection", "content-length", "transfer-encoding"};
  if (call.transport == "grpc") return !absl::StartsWith(header, "dtm-") && header != "test_header";
  return names->count(header) > 0;
}

// Without times, which are others every time, and with keys in order, on which nobody relies.
Json Settled(const Json& json) {
  Json settled = json.is_array() ? Json::array() : Json::object();
  if (!json.is_structured()) return json;
  for (const auto& item : json.items()) {
    if (json.is_array()) {
      settled.push_back(Settled(item.value()));
    } else if (item.key() == "options") {
      settled["options"] = Settled(Json::parse(item.value().get<std::string>())).dump();
    } else if (!absl::EndsWith(item.key(), "_time") && item.key() != "next_cron_interval") {
      settled[item.key()] = Settled(item.value());
    }
  }
  return settled;
}

std::string AnswerText(const HttpAnswer& answer) {
  const Json json = answer.json();
  return json.is_discarded() ? answer.body : Settled(json).dump();
}

// A call by JSON-RPC has an id that the server thinks of.
std::string CallText(const Call& call) {
  static const std::regex id(R"re("id":"[^"]+","jsonrpc")re");
  if (call.transport == "grpc") return absl::CHexEscape(call.body);
  return std::regex_replace(call.body, id, R"("id":"<id>","jsonrpc")");
}

}  // namespace

Transcript::Transcript(Server& server, Recorder& recorder, std::string gid)
    : server_(server), recorder_(recorder), gid_(std::move(gid)) {}

void Transcript::Add(const std::string& line) {
  absl::StrAppend(&text_,
                  absl::StrReplaceAll(line, {{gid_, "<gid>"},
                                             {recorder_.http_address(), "<http>"},
                                             {recorder_.grpc_address(), "<grpc>"}}),
                  "\n");
}

void Transcript::Post(const std::string& path, const Json& body) {
  Add(absl::StrCat("-> POST ", path));
  Add(body.dump());
  const HttpAnswer answer = Http(server_.http(), "POST", path, body.dump());
  const auto type = answer.headers.find("content-type");
  Add(absl::StrCat("<- ", answer.status, " ", type == answer.headers.end() ? "" : type->second));
  Add(AnswerText(answer));
}

void Transcript::Rpc(const std::string& name, const google::protobuf::Message& request,
                     google::protobuf::Message* reply) {
  Add(absl::StrCat("-> /dtmgimp.Dtm/", name));
  Add(request.ShortDebugString());
  const GrpcAnswer answer = Grpc(server_.grpc(), "/dtmgimp.Dtm/" + name, request);
  Add(absl::StrCat("<- ", answer.code, " ", answer.message));
  if (reply == nullptr) {
    Add(absl::CHexEscape(answer.body));
    return;
  }
  EXPECT_TRUE(reply->ParseFromString(answer.body));
  Add(reply->ShortDebugString());
}

void Transcript::Calls(size_t count) {
  ASSERT_TRUE(recorder_.WaitForCalls(gid_, calls_ + count, kPatience)) << text_;
  const std::vector<Call> calls = recorder_.CallsOf(gid_);
  for (; count > 0; --count) AddCall(calls[calls_++]);
}

void Transcript::AddCall(const Call& call) {
  const std::string query = call.query.empty() ? "" : absl::StrCat("?", call.query);
  Add(absl::StrCat("=> ", call.method, " ", call.path, query));
  for (const auto& [name, value] : call.headers) {
    if (!IsTransport(call, name)) Add(absl::StrCat(name, ": ", value));
  }
  Add("");
  Add(CallText(call));
}

void Transcript::Stands(const std::string& status) {
  Json answer;
  const bool stands = fixture::WaitUntil(kPatience, [&] {
    answer = Http(server_.http(), "GET", "/api/dtmsvr/query?gid=" + UrlEncode(gid_)).json();
    return answer.is_object() && answer["transaction"].is_object() &&
           answer["transaction"].value("status", "") == status;
  });
  ASSERT_TRUE(stands) << answer.dump(1);
  EXPECT_EQ(recorder_.CallsOf(gid_).size(), calls_) << "calls that are not in the transcript";
  Add(absl::StrCat("== ", status, " ", answer["transaction"].value("rollback_reason", "")));
  for (const Json& branch : answer["branches"]) {
    Add(absl::StrCat(branch["branch_id"].get<std::string>(), " ", branch["op"].get<std::string>(),
                     " ", branch["status"].get<std::string>(), " ", branch.value("url", "")));
  }
}

std::string Golden(const std::string& name) { return fixture::ReadFile(PathOf(name)); }

void Record(const std::string& name, const std::string& text) {
  fixture::WriteFile(PathOf(name), text);
}

bool Recording() { return std::getenv("SAGA_CONFORMANCE_RECORD") != nullptr; }

}  // namespace saga::conformance
