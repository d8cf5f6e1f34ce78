#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/conformance/stage/http.h"
#include "tests/conformance/stage/recorder.h"
#include "tests/conformance/stage/server.h"

namespace saga::conformance {

// A suite with one server and one participant for all of its tests. Every test takes a gid of its
// own, so that none sees another's transactions.
class StageTest : public testing::Test {
 public:
  static void SetUpTestSuite();
  static void TearDownTestSuite();

 protected:
  // Instead of SetUpTestSuite: the server with further flags when it is sagad.
  static void StartWith(std::vector<std::string> sagad_args);

  static Server& server() { return *server_; }
  static Recorder& recorder() { return *recorder_; }

  // A gid that no other test has, nor begins with: "<name>-<n>x".
  static std::string NewGid(const std::string& name);

  // GET and POST at /api/dtmsvr/.
  static HttpAnswer Get(const std::string& route_and_query);
  static HttpAnswer Post(const std::string& route, const std::string& body);
  static HttpAnswer Post(const std::string& route, const nlohmann::json& body);

  // What `query` says: {"transaction": ..., "branches": [...]}.
  static nlohmann::json Query(const std::string& gid);
  // The transaction's status; empty when there is none.
  static std::string StatusOf(const std::string& gid);
  // Polls until the status is `status`; false when a minute was not enough.
  static bool WaitForStatus(const std::string& gid, const std::string& status);

 private:
  static std::unique_ptr<Server> server_;
  static std::unique_ptr<Recorder> recorder_;
};

}  // namespace saga::conformance
