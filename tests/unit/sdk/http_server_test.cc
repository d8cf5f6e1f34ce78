#include "participants/sdk/http_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <thread>
#include <vector>

#include "absl/synchronization/notification.h"
#include "participants/sdk/http_client.h"
#include "participants/sdk/http_target.h"

namespace saga::participants::sdk {
namespace {

using ::testing::HasSubstr;

// A connection on which a test writes what it likes.
class RawConnection {
 public:
  explicit RawConnection(const Address& address) {
    addrinfo* found = nullptr;
    EXPECT_EQ(
        getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), nullptr, &found),
        0);
    socket_ = socket(found->ai_family, SOCK_STREAM, 0);
    EXPECT_EQ(connect(socket_, found->ai_addr, found->ai_addrlen), 0);
    freeaddrinfo(found);
  }
  ~RawConnection() { close(socket_); }

  void Write(const std::string& text) {
    EXPECT_EQ(send(socket_, text.data(), text.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(text.size()));
  }
  // Until `text` was read, or the other side closed.
  std::string ReadUntil(const std::string& text) {
    std::string read;
    char buffer[4096];
    while (read.find(text) == std::string::npos) {
      const ssize_t n = recv(socket_, buffer, sizeof(buffer), 0);
      if (n <= 0) break;
      read.append(buffer, n);
    }
    return read;
  }
  std::string ReadToEnd() { return ReadUntil("\1never"); }

 private:
  int socket_;
};

class HttpServerTest : public ::testing::Test {
 protected:
  HttpServerTest() : server_({.threads = 4, .max_body_bytes = 1000}) {
    server_.Route("/echo", [](const HttpRequest& request) {
      return HttpResponse{
          200, request.method + " " + request.Query("a").value_or("-") + " " + request.body};
    });
    server_.Route("/throw",
                  [](const HttpRequest&) -> HttpResponse { throw std::runtime_error("FAILURE"); });
    server_.Route("/slow", [this](const HttpRequest&) {
      slow_entered_.Notify();
      slow_may_end_.WaitForNotification();
      return HttpResponse{200, "slow done"};
    });
    const absl::Status started = server_.Start({"127.0.0.1", 0});
    EXPECT_TRUE(started.ok()) << started;
  }

  std::string Url(const std::string& path) {
    return "http://" + ToString(server_.address()) + path;
  }
  absl::StatusOr<HttpResponse> Get(const std::string& path) {
    return CallHttp(Url(path), "", {}, absl::Seconds(10));
  }

  absl::Notification slow_entered_;
  absl::Notification slow_may_end_;
  HttpServer server_;
};

TEST_F(HttpServerTest, RoutesByPathWhateverTheMethod) {
  EXPECT_EQ(Get("/echo?a=x%20y%26z&b=1")->body, "GET x y&z ");
  EXPECT_EQ(CallHttp(Url("/echo"), "{}", {}, absl::Seconds(10))->body, "POST - {}");
  EXPECT_EQ(Get("/nothing")->status, 404);
}

TEST_F(HttpServerTest, KeepsTheConnection) {
  RawConnection connection(server_.address());
  for (int i = 0; i < 3; ++i) {
    connection.Write("GET /echo?a=" + std::to_string(i) + " HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_THAT(connection.ReadUntil("GET " + std::to_string(i)), HasSubstr("200 OK"));
  }
}

TEST_F(HttpServerTest, BadInputGetsItsAnswerAndNothingElseSuffers) {
  {
    RawConnection connection(server_.address());
    connection.Write("garbage garbage garbage\r\n\r\n");
    EXPECT_THAT(connection.ReadToEnd(), HasSubstr(" 400 "));
  }
  {
    RawConnection connection(server_.address());
    connection.Write("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n");
    EXPECT_THAT(connection.ReadToEnd(), HasSubstr(" 413 "));
  }
  {
    RawConnection half(server_.address());
    half.Write("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Len");
  }
  EXPECT_EQ(Get("/echo?a=1")->body, "GET 1 ");
}

TEST_F(HttpServerTest, AnExceptionIsAnUnknownOutcomeAndSaysNoDecidingWord) {
  const absl::StatusOr<HttpResponse> response = Get("/throw");
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->status, 500);
  EXPECT_EQ(response->body.find("FAILURE"), std::string::npos);
}

TEST_F(HttpServerTest, StopFinishesWhatIsUnderWayAndClosesIdleConnections) {
  RawConnection idle(server_.address());
  idle.Write("GET /echo?a=1 HTTP/1.1\r\nHost: x\r\n\r\n");
  idle.ReadUntil("GET 1");
  absl::StatusOr<HttpResponse> slow = absl::UnknownError("not asked");
  std::thread caller([&] { slow = Get("/slow"); });
  slow_entered_.WaitForNotification();
  std::thread stopper([&] { server_.Stop(absl::Seconds(30)); });
  EXPECT_EQ(idle.ReadToEnd(), "") << "closed, without waiting for the slow one";
  EXPECT_FALSE(Get("/echo").ok()) << "takes nothing new";
  slow_may_end_.Notify();
  caller.join();
  stopper.join();
  ASSERT_TRUE(slow.ok()) << slow.status();
  EXPECT_EQ(slow->body, "slow done");
}

TEST_F(HttpServerTest, ATakenPortIsTold) {
  HttpServer second({});
  const absl::Status started = second.Start(server_.address());
  EXPECT_EQ(started.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(std::string(started.message()), HasSubstr("Address already in use"));
}

TEST(HttpTarget, DecodesWhatIsEncoded) {
  std::string all;
  for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
  EXPECT_EQ(PercentDecode(PercentEncode(all)), all);
  EXPECT_EQ(PercentDecode("100%"), "100%");
  EXPECT_EQ(PercentDecode("%zz%4"), "%zz%4");
}

TEST(Address, IsReadStrictly) {
  EXPECT_EQ(ParseAddress("localhost:80")->port, 80);
  EXPECT_EQ(ToString(*ParseAddress("[::1]:80")), "[::1]:80");
  for (const char* wrong : {"", "localhost", ":80", "h:", "h:x", "h:65536", "h:-1"}) {
    EXPECT_FALSE(ParseAddress(wrong).ok()) << wrong;
  }
}

}  // namespace
}  // namespace saga::participants::sdk
