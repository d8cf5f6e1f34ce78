// The processes themselves: start, stop, crash, flags, and the content type that DTM's own clients
// and server use.

#include <curl/curl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/synchronization/mutex.h"
#include "participants/sdk/http_client.h"
#include "product.pb.h"
#include "tests/integration/participants/shop.h"

namespace saga::participants {
namespace {

using nlohmann::json;
using sdk::BranchCall;
using sdk::Mode;
using sdk::Op;
using sdk::Outcome;
using sdk::OutcomeKind;
using ::testing::HasSubstr;

// One piece of `product` for `order`, as sagad would ask for it over HTTP.
BranchCall Deduct(const std::string& http_address, int order, int product = 7) {
  const json item = {{"product_id", product}, {"size_id", 1}, {"quantity", 1}};
  return {.target = absl::StrCat("http://", http_address, "/product.v1.Product/Deduct"),
          .context = {absl::StrCat("g", order), Mode::kSaga, "02", Op::kAction},
          .payload = json({{"order_id", order}, {"items", {item}}}).dump(),
          .timeout = absl::Seconds(30)};
}

TEST(Process, WhatWasAnsweredSurvivesAKill) {
  Shop shop("grpc");
  shop.SetStock(7, 10);
  EXPECT_EQ(shop.sagad.Call(Deduct(shop.product.http(), 1)), Outcome::Done());
  shop.product.process().Kill();
  ASSERT_TRUE(shop.product.Start()) << shop.product.process().Stderr();
  EXPECT_EQ(shop.Stock(7), "9/0");
  EXPECT_EQ(shop.sagad.Call(Deduct(shop.product.http(), 1)), Outcome::Done())
      << "the barrier survived too";
  EXPECT_EQ(shop.Stock(7), "9/0");
}

// The same over gRPC.
BranchCall DeductOverGrpc(const std::string& grpc_address, int order, int product) {
  BranchCall call = Deduct("", order, product);
  call.target = absl::StrCat(grpc_address, "/product.v1.Product/Deduct");
  ::product::v1::StockChange change;
  change.set_order_id(order);
  ::product::v1::StockItem* const item = change.add_items();
  item->set_product_id(product);
  item->set_size_id(1);
  item->set_quantity(1);
  call.payload = change.SerializeAsString();
  return call;
}

// business.md, test 16: a stop under load meets no closed resource. Orders without an answer are
// called again after the restart, as sagad does, and then every order has its piece, once.
TEST(Process, StopsGracefullyUnderLoad) {
  constexpr int kStock = 1'000'000;
  constexpr int kOrdersOfAThread = 100'000;
  constexpr int kUnansweredOfAThread = 3;  // then the server is gone
  constexpr int kOverHttp = 7;             // the product whose orders come over HTTP
  constexpr int kOverGrpc = 8;
  Shop shop("grpc", {"--delay-ms", "5"});
  shop.SetStock(kOverHttp, kStock);
  shop.SetStock(kOverGrpc, kStock);
  const auto deduct = [&](bool http, int order) {
    return shop.sagad.Call(http ? Deduct(shop.product.http(), order, kOverHttp)
                                : DeductOverGrpc(shop.product.grpc(), order, kOverGrpc));
  };
  absl::Mutex mutex;
  std::vector<int> answered[2];
  std::vector<int> unanswered[2];
  std::atomic<int> done = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 6; ++t) {
    threads.emplace_back([&, t] {
      const bool http = t % 2 == 0;
      int left = kUnansweredOfAThread;
      for (int i = 0; left > 0 && i < kOrdersOfAThread; ++i) {
        const int order = 1 + t * kOrdersOfAThread + i;
        const Outcome outcome = deduct(http, order);
        if (!outcome.ok()) --left;
        const absl::MutexLock lock(&mutex);
        (outcome.ok() ? answered : unanswered)[http].push_back(order);
        if (outcome.ok()) ++done;
        // Refused at the door or the connection gone; never an error of a handler.
        const bool no_answer = absl::StartsWith(outcome.reason(), "UNAVAILABLE") ||
                               absl::StartsWith(outcome.reason(), "CANCELLED");
        EXPECT_TRUE(outcome.ok() || no_answer) << outcome.reason();
      }
    });
  }
  EXPECT_TRUE(fixture::WaitUntil(absl::Seconds(20), [&] { return done > 100; }));
  shop.product.process().Terminate();
  EXPECT_EQ(shop.product.process().WaitForExit(absl::Seconds(20)), 0);
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(shop.product.process().Stderr(), HasSubstr("\"msg\":\"stopped\""));
  ASSERT_TRUE(shop.product.Start()) << shop.product.process().Stderr();
  // Over HTTP no request that was taken goes without its answer. gRPC may close a connection on
  // frames that are still coming, and the last answers with it.
  EXPECT_EQ(shop.Stock(kOverHttp), absl::StrCat(kStock - answered[true].size(), "/0"));
  for (const bool http : {true, false}) {
    for (const int order : unanswered[http]) EXPECT_EQ(deduct(http, order), Outcome::Done());
    const size_t orders = answered[http].size() + unanswered[http].size();
    EXPECT_EQ(shop.Stock(http ? kOverHttp : kOverGrpc), absl::StrCat(kStock - orders, "/0"));
  }
}

TEST(Process, LogLinesCarryTheBranch) {
  Shop shop("http");
  shop.SetStock(7, 10);
  const int64_t id = shop.CreateOrder("A1", {7}, 1);
  EXPECT_EQ(shop.Pay("A1", true)["result"], "RESULT_PAID");
  int branches = 0;
  const std::vector<std::string> lines =
      absl::StrSplit(shop.product.process().Stderr(), '\n', absl::SkipEmpty());
  for (const std::string& text : lines) {
    const json line = json::parse(text, nullptr, false);
    ASSERT_FALSE(line.is_discarded()) << text;
    if (line["msg"] != "branch") continue;
    ++branches;
    EXPECT_EQ(line["gid"], "order_paid-A1");
    EXPECT_EQ(line["branch"], "02");
    EXPECT_EQ(line["op"], "action");
    EXPECT_EQ(line["outcome"], "done");
    EXPECT_EQ(line["order_id"], id);
  }
  EXPECT_EQ(branches, 1);
}

TEST(Process, ATakenPortIsToldInOneLine) {
  Shop shop("grpc");
  for (const char* door : {"--grpc-listen", "--http-listen"}) {
    const bool grpc = std::string(door) == "--grpc-listen";
    const fixture::Finished second =
        fixture::Run({.program = "product",
                      .args = {"--data-dir", shop.dir.File("second"), door,
                               grpc ? shop.product.grpc() : shop.product.http(),
                               grpc ? "--http-listen" : "--grpc-listen", "127.0.0.1:0"}});
    EXPECT_EQ(second.exit_code, 1);
    EXPECT_THAT(second.err, ::testing::StartsWith(
                                absl::StrCat("product: cannot listen on ",
                                             grpc ? shop.product.grpc() : shop.product.http())));
    EXPECT_EQ(std::count(second.err.begin(), second.err.end(), '\n'), 1) << second.err;
  }
}

TEST(Process, FlagsAreTaughtAndChecked) {
  fixture::TempDir dir;
  for (const char* program : {"order", "product"}) {
    const fixture::Finished help = fixture::Run({.program = program, .args = {"--help"}});
    EXPECT_EQ(help.exit_code, 0);
    EXPECT_THAT(help.out, HasSubstr("--delay-ms"));
    EXPECT_EQ(fixture::Run({.program = program, .args = {}}).exit_code, 2);
    EXPECT_EQ(fixture::Run({.program = program, .args = {"--no-such-flag"}}).exit_code, 2);
    const fixture::Finished no_folder =
        fixture::Run({.program = program,
                      .args = {"--data-dir", "/proc/nothing", "--grpc-listen", "127.0.0.1:0"}});
    EXPECT_EQ(no_folder.exit_code, 1);
    EXPECT_THAT(no_folder.err, HasSubstr("cannot make /proc/nothing"));
  }
  EXPECT_EQ(
      fixture::Run({.program = "order", .args = {"--data-dir", dir.path(), "--branches", "soap"}})
          .exit_code,
      2);
  EXPECT_EQ(
      fixture::Run({.program = "order", .args = {"--data-dir", dir.path(), "--sagad", "nowhere"}})
          .exit_code,
      2);
}

TEST(Process, HealthIsAnswered) {
  Shop shop("grpc");
  for (const std::string& address : {shop.product.http(), shop.order->http()}) {
    const auto health = sdk::CallHttp("http://" + address + "/healthz", "", {}, absl::Seconds(10));
    ASSERT_TRUE(health.ok()) << health.status();
    EXPECT_EQ(health->status, 200);
  }
}

// One unary call over bare HTTP/2, with a content type of our choice.
struct RawAnswer {
  std::string grpc_status;
  std::string grpc_message;
};

size_t OnHeader(char* data, size_t size, size_t count, void* into) {
  auto& answer = *static_cast<RawAnswer*>(into);
  const std::pair<std::string, std::string> field =
      absl::StrSplit(std::string(data, size * count), absl::MaxSplits(':', 1));
  const std::string value(absl::StripAsciiWhitespace(field.second));
  if (field.first == "grpc-status") answer.grpc_status = value;
  if (field.first == "grpc-message") answer.grpc_message = value;
  return size * count;
}

RawAnswer RawCall(const std::string& url, const std::string& content_type,
                  const std::string& message) {
  RawAnswer answer;
  std::string frame("\0\0\0\0", 4);  // not compressed, and the first three bytes of the length
  frame += static_cast<char>(message.size());
  frame += message;
  curl_slist* headers = nullptr;
  for (const std::string& header :
       {"content-type: " + content_type, std::string("te: trailers"), std::string("dtm-gid: raw"),
        std::string("dtm-trans_type: saga"), std::string("dtm-branch_id: 01"),
        std::string("dtm-op: action"), std::string("dtm-dtm;")}) {
    headers = curl_slist_append(headers, header.c_str());
  }
  CURL* curl = curl_easy_init();
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE);
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, static_cast<long>(frame.size()));
  curl_easy_setopt(curl, CURLOPT_POSTFIELDS, frame.data());
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, OnHeader);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &answer);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT, 20L);
  EXPECT_EQ(curl_easy_perform(curl), CURLE_OK);
  curl_easy_cleanup(curl);
  curl_slist_free_all(headers);
  return answer;
}

// DTM's server calls branches with this content type (protocol 3.4); the services stay callable by
// it.
TEST(Process, AcceptsDtmsContentType) {
  Shop shop("grpc");
  shop.SetStock(7, 10);
  const std::string url =
      absl::StrCat("http://", shop.product.grpc(), "/product.v1.Product/Deduct");
  // StockChange{order_id: 1, items: {product_id: 7, size_id: 1, quantity: 2}}
  const std::string message("\x08\x01\x12\x06\x08\x07\x10\x01\x18\x02", 10);
  for (const char* content_type :
       {"application/grpc+dtm_raw", "application/grpc", "application/grpc+proto"}) {
    const RawAnswer answer = RawCall(url, content_type, message);
    EXPECT_EQ(answer.grpc_status, "0") << content_type << ": " << answer.grpc_message;
    EXPECT_EQ(shop.Stock(7), "8/0") << "three times the same branch is one deduction";
  }
}

}  // namespace
}  // namespace saga::participants
