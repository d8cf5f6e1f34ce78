#include "tests/conformance/stage/stage_test.h"

#include <atomic>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "tests/fixture/process.h"

namespace saga::conformance {
namespace {

constexpr absl::Duration kPatience = absl::Minutes(1);

}  // namespace

std::unique_ptr<Server> StageTest::server_;
std::unique_ptr<Recorder> StageTest::recorder_;

void StageTest::SetUpTestSuite() { StartWith({}); }

void StageTest::StartWith(std::vector<std::string> sagad_args) {
  server_ = std::make_unique<Server>(std::move(sagad_args));
  recorder_ = std::make_unique<Recorder>();
}

// The server first: it must not see its participant go.
void StageTest::TearDownTestSuite() {
  server_.reset();
  recorder_.reset();
}

std::string StageTest::NewGid(const std::string& name) {
  static std::atomic<int> count{0};
  return absl::StrCat(name, "-", ++count, "x");
}

HttpAnswer StageTest::Get(const std::string& route_and_query) {
  return Http(server().http(), "GET", "/api/dtmsvr/" + route_and_query);
}

HttpAnswer StageTest::Post(const std::string& route, const std::string& body) {
  return Http(server().http(), "POST", "/api/dtmsvr/" + route, body);
}

HttpAnswer StageTest::Post(const std::string& route, const nlohmann::json& body) {
  return Post(route, body.dump());
}

nlohmann::json StageTest::Query(const std::string& gid) {
  return Get("query?gid=" + UrlEncode(gid)).json();
}

std::string StageTest::StatusOf(const std::string& gid) {
  const nlohmann::json answer = Query(gid);
  if (!answer.is_object() || !answer.contains("transaction")) return "";
  const nlohmann::json& transaction = answer["transaction"];
  return transaction.is_object() ? transaction.value("status", "") : "";
}

bool StageTest::WaitForStatus(const std::string& gid, const std::string& status) {
  return fixture::WaitUntil(kPatience, [&] { return StatusOf(gid) == status; });
}

}  // namespace saga::conformance
