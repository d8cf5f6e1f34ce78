#include "orchestrator/api/http_server.h"

#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/unit/api_http/server_fixture.h"

namespace saga::api {
namespace {

using testing::RawHttp;

TEST_F(HttpServerTest, AnswersWithTheHeadersOfTheProtocol) {
  Start();
  RawHttp client(server_->port());
  const auto response = client.Get("/hello");
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->body, "\"hello\"");
  EXPECT_EQ(response->headers.at("content-type"), "application/json; charset=utf-8");
  EXPECT_EQ(response->headers.at("content-length"), "7");
  EXPECT_EQ(response->headers.count("date"), 1u);
  EXPECT_EQ(response->headers.count("connection"), 0u);
}

TEST_F(HttpServerTest, KeepsTheConnection) {
  Start();
  RawHttp client(server_->port());
  for (int i = 0; i < 100; ++i) {
    const auto response = client.Post("/echo", absl::StrCat("body ", i));
    ASSERT_TRUE(response.has_value());
    EXPECT_EQ(response->body, absl::StrCat("body ", i));
  }
  EXPECT_EQ(server_->connections(), 1u);
}

TEST_F(HttpServerTest, AnswersPipelinedRequestsInOrder) {
  Start();
  RawHttp client(server_->port());
  std::string requests;
  for (int i = 0; i < 1000; ++i) requests += RawHttp::Request("POST", "/echo", absl::StrCat(i));
  ASSERT_TRUE(client.Send(requests));
  for (int i = 0; i < 1000; ++i) {
    const auto response = client.Read();
    ASSERT_TRUE(response.has_value()) << i;
    EXPECT_EQ(response->body, absl::StrCat(i));
  }
}

TEST_F(HttpServerTest, PipelinedBehindOneThatTakesLong) {
  Start();
  RawHttp client(server_->port());
  ASSERT_TRUE(
      client.Send(RawHttp::Request("GET", "/later") + RawHttp::Request("POST", "/echo", "second")));
  ASSERT_TRUE(Eventually([&] { return Waiting() == 1; }));
  AnswerLater("first");
  EXPECT_EQ(client.Read()->body, "first");
  EXPECT_EQ(client.Read()->body, "second");
}

TEST_F(HttpServerTest, ReadsARequestByteByByte) {
  Start();
  RawHttp client(server_->port());
  for (const char c : RawHttp::Request("POST", "/echo", "slowly"))
    ASSERT_TRUE(client.Send({&c, 1}));
  EXPECT_EQ(client.Read()->body, "slowly");
}

TEST_F(HttpServerTest, ReadsChunkedBodies) {
  Start();
  RawHttp client(server_->port());
  ASSERT_TRUE(
      client.Send("POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n"
                  "5\r\nhello\r\n7;x=y\r\n, world\r\n0\r\n\r\n"));
  EXPECT_EQ(client.Read()->body, "hello, world");
  EXPECT_EQ(client.Get("/hello")->status, 200);
}

TEST_F(HttpServerTest, TakesBodiesUpToTheLimit) {
  options_.max_body_size = 4 << 20;
  Start();
  RawHttp client(server_->port());
  const std::string body(4 << 20, 'x');
  const auto response = client.Post("/echo", body);
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->body, body);
  EXPECT_EQ(client.Get("/hello")->status, 200);
}

TEST_F(HttpServerTest, AsksForTheBodyWhenTheClientWaitsToBeAsked) {
  Start();
  RawHttp client(server_->port());
  ASSERT_TRUE(client.Send(
      "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n"));
  EXPECT_EQ(client.Read()->status, 100);
  ASSERT_TRUE(client.Send("body"));
  EXPECT_EQ(client.Read()->body, "body");
}

TEST_F(HttpServerTest, AnswersHeadWithoutABody) {
  Start();
  RawHttp client(server_->port());
  ASSERT_TRUE(client.Send(RawHttp::Request("HEAD", "/any")));
  const auto response = client.Read(/*to_head=*/true);
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->headers.at("content-length"), "4");
  EXPECT_EQ(client.Get("/hello")->body, "\"hello\"");
}

TEST_F(HttpServerTest, Http10AndCloseAreHonoured) {
  Start();
  RawHttp old(server_->port());
  ASSERT_TRUE(old.Send("GET /hello HTTP/1.0\r\n\r\n"));
  EXPECT_EQ(old.Read()->headers.at("connection"), "close");
  EXPECT_TRUE(old.Closes());
  RawHttp keeping(server_->port());
  ASSERT_TRUE(keeping.Send("GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
  EXPECT_EQ(keeping.Read()->headers.at("connection"), "keep-alive");
  EXPECT_EQ(keeping.Get("/hello")->status, 200);
  RawHttp closing(server_->port());
  ASSERT_TRUE(closing.Send("GET /hello HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n"));
  EXPECT_EQ(closing.Read()->status, 200);
  EXPECT_TRUE(closing.Closes());
}

TEST_F(HttpServerTest, RouterAnswersReachTheClient) {
  Start();
  RawHttp client(server_->port());
  const auto unknown = client.Get("/nowhere");
  ASSERT_TRUE(unknown.has_value());
  EXPECT_EQ(unknown->status, 404);
  EXPECT_EQ(unknown->body, "404 page not found");
  EXPECT_EQ(unknown->headers.at("content-type"), "text/plain; charset=utf-8");
  const auto redirect = client.Get("/hello/?a=b");
  ASSERT_TRUE(redirect.has_value());
  EXPECT_EQ(redirect->status, 301);
  EXPECT_EQ(redirect->headers.at("location"), "/hello?a=b");
  EXPECT_EQ(client.Get("//hello")->status, 200);
}

TEST_F(HttpServerTest, TellsEveryAnswer) {
  Start();
  RawHttp client(server_->port());
  client.Get("/hello?gid=secret");
  client.Get("/hello/");
  client.Get("/nowhere");
  client.Get("/drop");
  client.Send("BAD\r\n\r\n");
  client.Read();
  const std::vector<std::pair<std::string, int>> expected = {
      {"/hello", 200}, {"/hello", 301}, {"other", 404}, {"/drop", 500}, {"other", 400}};
  EXPECT_EQ(Answers(), expected);
}

TEST_F(HttpServerTest, DroppedRequestIsA500) {
  Start();
  RawHttp client(server_->port());
  EXPECT_EQ(client.Get("/drop")->status, 500);
  EXPECT_EQ(client.Get("/hello")->status, 200);
}

TEST_F(HttpServerTest, ManyClientsAtOnce) {
  Start();
  std::vector<std::thread> clients;
  std::atomic<int> good{0};
  for (int c = 0; c < 16; ++c) {
    clients.emplace_back([&, c] {
      RawHttp client(server_->port());
      for (int i = 0; i < 200; ++i) {
        const std::string body = absl::StrCat(c, "/", i);
        const auto response = client.Post("/echo", body);
        if (response.has_value() && response->body == body) ++good;
      }
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(good, 16 * 200);
}

TEST_F(HttpServerTest, BusyPortIsToldAndNotShared) {
  Start();
  HttpServerOptions options;
  options.address = absl::StrCat("127.0.0.1:", server_->port());
  const auto second = HttpServer::Start(options, router_);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.status().message(),
            absl::StrCat("address 127.0.0.1:", server_->port(),
                         " is in use: stop what listens there or choose another "
                         "--http-listen"));
  ExpectAlive();
}

TEST_F(HttpServerTest, AddressesThatAreNoneAreTold) {
  for (const char* address : {"", "localhost", ":80", "localhost:", "127.0.0.1:http",
                              "127.0.0.1:99999", "no.such.host.invalid:1", "203.0.113.1:0"}) {
    HttpServerOptions options;
    options.address = address;
    const auto server = HttpServer::Start(options, router_);
    ASSERT_FALSE(server.ok()) << address;
    EXPECT_NE(server.status().message().find("--http-listen"), std::string::npos)
        << server.status();
  }
}

TEST_F(HttpServerTest, PortIsFreeAfterStop) {
  Start();
  const int port = server_->port();
  ExpectAlive();
  server_.reset();
  options_.address = absl::StrCat("127.0.0.1:", port);
  Start();
  ExpectAlive();
}

TEST_F(HttpServerTest, StopAnswersWhatHasBegunAndEndsTheRest) {
  Start();
  RawHttp idle(server_->port());
  ASSERT_EQ(idle.Get("/hello")->status, 200);
  RawHttp busy(server_->port());
  ASSERT_TRUE(busy.Send(RawHttp::Request("GET", "/later")));
  ASSERT_TRUE(Eventually([&] { return Waiting() == 1; }));
  std::thread stopping([&] { server_->Stop(base::Seconds(20)); });
  EXPECT_TRUE(idle.Closes());
  EXPECT_FALSE(RawHttp(server_->port()).Get("/hello").has_value());
  AnswerLater("\"done\"");
  const auto response = busy.Read();
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->body, "\"done\"");
  EXPECT_EQ(response->headers.at("connection"), "close");
  EXPECT_TRUE(busy.Closes());
  // Our own end is what the server waits for now.
  { const RawHttp gone(std::move(busy)); }
  stopping.join();
  EXPECT_EQ(server_->connections(), 0u);
}

TEST_F(HttpServerTest, StopDoesNotWaitForEver) {
  Start();
  RawHttp busy(server_->port());
  ASSERT_TRUE(busy.Send(RawHttp::Request("GET", "/later")));
  ASSERT_TRUE(Eventually([&] { return Waiting() == 1; }));
  server_->Stop(base::Millis(50));
  EXPECT_TRUE(busy.Closes());
  AnswerLater("too late");  // goes nowhere, and breaks nothing
}

TEST_F(HttpServerTest, AnswerAfterTheServerIsGone) {
  Start();
  RawHttp busy(server_->port());
  ASSERT_TRUE(busy.Send(RawHttp::Request("GET", "/later")));
  ASSERT_TRUE(Eventually([&] { return Waiting() == 1; }));
  server_.reset();
  AnswerLater("too late");
  EXPECT_EQ(Waiting(), 0u);
}

TEST_F(HttpServerTest, AnswerForAClientThatLeft) {
  Start();
  {
    RawHttp busy(server_->port());
    ASSERT_TRUE(busy.Send(RawHttp::Request("GET", "/later")));
    ASSERT_TRUE(Eventually([&] { return Waiting() == 1; }));
    busy.Reset();
  }
  AnswerLater("nobody reads this");
  EXPECT_TRUE(Eventually([&] { return server_->connections() == 0; }));
  ExpectAlive();
}

}  // namespace
}  // namespace saga::api
