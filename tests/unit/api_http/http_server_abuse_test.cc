// Clients that do not behave. Each gets what is documented in http_server.h, and the next client is
// served as ever.

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/unit/api_http/server_fixture.h"

namespace saga::api {
namespace {

using testing::RawHttp;

class HttpServerAbuseTest : public HttpServerTest {
 protected:
  // The status of the answer to these bytes, which must be the last on the connection.
  int LastAnswerTo(std::string_view bytes) {
    RawHttp client(server_->port());
    client.Send(bytes);
    const auto response = client.Read();
    if (!response.has_value()) return 0;
    EXPECT_EQ(response->headers.at("connection"), "close");
    EXPECT_EQ(response->body.rfind("{\"message\":\"", 0), 0u) << response->body;
    EXPECT_TRUE(client.Closes());
    return response->status;
  }
};

TEST_F(HttpServerAbuseTest, WhatIsNotHttpIsA400) {
  Start();
  EXPECT_EQ(LastAnswerTo("garbage\r\n\r\n"), 400);
  EXPECT_EQ(
      LastAnswerTo(std::string_view("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 15)),
      400);
  EXPECT_EQ(LastAnswerTo("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 400);
  EXPECT_EQ(LastAnswerTo("GET /hello HTTP/1.1\r\nHost t\r\n\r\n"), 400);
  EXPECT_EQ(LastAnswerTo("GET /hello HTTP/1.1\r\n\r\n"), 400);  // no Host
  EXPECT_EQ(LastAnswerTo("GET /%zz HTTP/1.1\r\nHost: t\r\n\r\n"), 400);
  EXPECT_EQ(LastAnswerTo("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: -5\r\n\r\n"), 400);
  EXPECT_EQ(
      LastAnswerTo(
          "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcde"),
      400);
  EXPECT_EQ(
      LastAnswerTo("POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
      400);
  ExpectAlive();
}

TEST_F(HttpServerAbuseTest, LengthAndChunksTogetherAreRefused) {
  Start();
  // Where one request ends must not depend on who reads it.
  EXPECT_EQ(LastAnswerTo("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: "
                         "5\r\nTransfer-Encoding: chunked\r\n\r\n"
                         "0\r\n\r\nGET /hello HTTP/1.1\r\nHost: t\r\n\r\n"),
            400);
}

TEST_F(HttpServerAbuseTest, HugeBodyIsA413BeforeItIsSent) {
  Start();
  EXPECT_EQ(LastAnswerTo("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 4194305\r\n\r\n"), 413);
  EXPECT_EQ(LastAnswerTo("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 99999999999\r\n\r\n"),
            413);
  EXPECT_EQ(LastAnswerTo("POST /echo HTTP/1.1\r\nHost: t\r\nExpect: "
                         "100-continue\r\nContent-Length: 5000000\r\n\r\n"),
            413);
}

TEST_F(HttpServerAbuseTest, HugeBodyIsA413WhileItIsSent) {
  options_.max_body_size = 1000;
  Start();
  RawHttp client(server_->port());
  // The answer must survive that the client has not finished.
  client.Send(RawHttp::Request("POST", "/echo", std::string(4 << 20, 'x')));
  const auto response = client.Read();
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->status, 413);
  EXPECT_NE(response->body.find("more than 1000 bytes (limit.request_bytes)"), std::string::npos);
}

TEST_F(HttpServerAbuseTest, HugeChunkedBodyIsA413) {
  options_.max_body_size = 1000;
  Start();
  std::string request = "POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 20; ++i) absl::StrAppend(&request, "64\r\n", std::string(100, 'x'), "\r\n");
  EXPECT_EQ(LastAnswerTo(request), 413);
}

TEST_F(HttpServerAbuseTest, HugeHeadersAreA431) {
  Start();
  EXPECT_EQ(LastAnswerTo(absl::StrCat(
                "GET /hello HTTP/1.1\r\nHost: t\r\nX: ", std::string(20'000, 'x'), "\r\n\r\n")),
            431);
  EXPECT_EQ(LastAnswerTo(absl::StrCat("GET /", std::string(1 << 20, 'x'), " HTTP/1.1\r\n")), 431);
  std::string many = "GET /hello HTTP/1.1\r\nHost: t\r\n";
  for (int i = 0; i < 100'000; ++i) many += "a: b\r\n";
  EXPECT_EQ(LastAnswerTo(many), 431);
  ExpectAlive();
}

TEST_F(HttpServerAbuseTest, HalfARequestThenTheEnd) {
  Start();
  const std::string request = RawHttp::Request("POST", "/echo", "0123456789");
  for (size_t i = 0; i < request.size(); i += 7) {
    RawHttp client(server_->port());
    ASSERT_TRUE(client.Send(std::string_view(request).substr(0, i)));
    client.FinishSending();
    EXPECT_TRUE(client.Closes());
  }
  EXPECT_TRUE(Eventually([&] { return server_->connections() == 0; }));
  EXPECT_TRUE(Answers().empty());
  ExpectAlive();
}

TEST_F(HttpServerAbuseTest, HalfARequestThenAReset) {
  Start();
  for (int i = 0; i < 100; ++i) {
    RawHttp client(server_->port());
    ASSERT_TRUE(client.Send("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 100\r\n\r\nhalf"));
    client.Reset();
  }
  EXPECT_TRUE(Eventually([&] { return server_->connections() == 0; }));
  ExpectAlive();
}

TEST_F(HttpServerAbuseTest, SlowRequestIsEnded) {
  options_.read_timeout = base::Millis(200);
  Start();
  RawHttp client(server_->port());
  // A byte now and then does not buy more time than one request has.
  bool open = true;
  const absl::Time deadline = absl::Now() + absl::Seconds(20);
  ASSERT_TRUE(client.Send("GET /hello HTTP/1.1\r\nX: "));
  while (open && absl::Now() < deadline) {
    open = client.Send("x");
    absl::SleepFor(absl::Milliseconds(5));
  }
  EXPECT_FALSE(open);
  ExpectAlive();
}

TEST_F(HttpServerAbuseTest, SilentConnectionIsEnded) {
  options_.idle_timeout = base::Millis(100);
  Start();
  RawHttp fresh(server_->port());
  EXPECT_TRUE(fresh.Closes());
  RawHttp used(server_->port());
  ASSERT_EQ(used.Get("/hello")->status, 200);
  EXPECT_TRUE(used.Closes());
}

TEST_F(HttpServerAbuseTest, ClientThatNeverReadsIsEnded) {
  options_.write_timeout = base::Millis(200);
  Start();
  RawHttp client(server_->port());
  std::string requests;
  for (int i = 0; i < 16; ++i)
    requests += RawHttp::Request("POST", "/echo", std::string(1 << 20, 'x'));
  client.Send(requests);  // ends when the server does not take more
  EXPECT_TRUE(Eventually([&] { return server_->connections() == 0; }));
  ExpectAlive();
}

TEST_F(HttpServerAbuseTest, WaitingForTheAnswerIsNotSilence) {
  options_.idle_timeout = base::Millis(50);
  options_.read_timeout = base::Millis(50);
  options_.write_timeout = base::Millis(50);
  Start();
  RawHttp client(server_->port());
  ASSERT_TRUE(client.Send(RawHttp::Request("GET", "/later")));
  ASSERT_TRUE(Eventually([&] { return Waiting() == 1; }));
  absl::SleepFor(absl::Milliseconds(200));  // the time that must not matter
  AnswerLater("\"at last\"");
  const auto response = client.Read();
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->body, "\"at last\"");
}

TEST_F(HttpServerAbuseTest, ConnectionsBeyondTheLimitAreToldWhy) {
  options_.max_connections = 3;
  Start();
  std::vector<RawHttp> clients;
  for (int i = 0; i < 3; ++i) {
    clients.emplace_back(server_->port());
    ASSERT_EQ(clients.back().Get("/hello")->status, 200);
  }
  RawHttp refused(server_->port());
  const auto response = refused.Read();
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->status, 503);
  EXPECT_NE(response->body.find("http.max_connections"), std::string::npos);
  EXPECT_TRUE(refused.Closes());
  for (RawHttp& client : clients) EXPECT_EQ(client.Get("/hello")->status, 200);
  clients.clear();
  EXPECT_TRUE(Eventually([&] {
    const auto again = RawHttp(server_->port()).Get("/hello");
    return again.has_value() && again->status == 200;
  }));
}

TEST_F(HttpServerAbuseTest, BodiesTogetherHaveALimit) {
  options_.body_memory = 10'000;
  Start();
  RawHttp holding(server_->port());
  ASSERT_TRUE(holding.Send("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 8000\r\n\r\n"));
  int status = 200;
  EXPECT_TRUE(Eventually([&] {
    const auto response = RawHttp(server_->port()).Post("/echo", std::string(8000, 'x'));
    status = response.has_value() ? response->status : 0;
    return status == 503;
  }));
  ExpectAlive();
  ASSERT_TRUE(holding.Send(std::string(8000, 'x')));
  EXPECT_EQ(holding.Read()->status, 200);
  EXPECT_EQ(RawHttp(server_->port()).Post("/echo", std::string(8000, 'x'))->status, 200);
}

TEST_F(HttpServerAbuseTest, AThousandGarbageConnections) {
  Start();
  uint64_t state = 7;
  for (int wave = 0; wave < 10; ++wave) {
    std::vector<RawHttp> clients;
    for (int i = 0; i < 100; ++i) {
      clients.emplace_back(server_->port());
      ASSERT_TRUE(clients.back().ok());
      std::string bytes;
      for (int b = 0; b < 200; ++b) {
        state = state * 6364136223846793005ULL + 1442695040888963407ULL;
        bytes += static_cast<char>(state >> 56);
      }
      clients.back().Send(bytes);
    }
    ExpectAlive();
  }
  EXPECT_TRUE(Eventually([&] { return server_->connections() == 0; }));
  ExpectAlive();
}

}  // namespace
}  // namespace saga::api
