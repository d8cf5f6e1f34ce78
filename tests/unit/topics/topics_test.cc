// Topics: the protocol's texts, what is stored, when it counts, and what is refused.

#include "orchestrator/api/topics.h"

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "orchestrator/adapter/system/system_clock.h"
#include "orchestrator/core/limits.h"
#include "tests/unit/topics/switchable_kv.h"

namespace saga::api {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Broken = SwitchableKv::Broken;

class TopicsTest : public ::testing::Test {
 protected:
  std::string Subscribe(const std::string& topic, const std::string& url,
                        const std::string& remark = "") {
    return Text(topics_.Subscribe(topic, url, remark));
  }
  std::string Unsubscribe(const std::string& topic, const std::string& url) {
    return Text(topics_.Unsubscribe(topic, url));
  }
  std::string Delete(const std::string& topic) { return Text(topics_.Delete(topic)); }

  // "ok", or the error's text.
  static std::string Text(const absl::Status& status) {
    return status.ok() ? "ok" : std::string(status.message());
  }

  std::vector<std::string> Receivers(const std::string& topic) {
    const auto urls = topics_.Receivers(topic);
    EXPECT_TRUE(urls.ok() || absl::IsNotFound(urls.status())) << urls.status();
    return urls.ok() ? **urls : std::vector<std::string>();
  }

  port::KvRecord Record(const std::string& topic) {
    const auto record = store_.records().FindKv("topics", topic);
    EXPECT_TRUE(record.ok()) << record.status();
    return record.ok() ? *record : port::KvRecord();
  }

  SwitchableKv store_;
  adapter::SystemClock clock_;
  Topics topics_{store_, clock_};
};

TEST_F(TopicsTest, TextsOfTheProtocol) {
  EXPECT_EQ(Subscribe("", "http://a"), "empty topic");
  EXPECT_EQ(Subscribe("", ""), "empty topic");
  EXPECT_EQ(Subscribe("paid", ""), "empty url");
  EXPECT_EQ(Unsubscribe("", "http://a"), "empty topic");
  EXPECT_EQ(Unsubscribe("paid", ""), "empty url");
  EXPECT_EQ(Unsubscribe("paid", "http://a"), "no such a topic");
  EXPECT_EQ(Delete("paid"), "storage: NotFound");

  EXPECT_EQ(Subscribe("paid", "http://a"), "ok");
  EXPECT_EQ(Subscribe("paid", "http://a", "other"), "this url exists");
  EXPECT_EQ(Subscribe("paid", "http://b"), "ok");
  EXPECT_EQ(Unsubscribe("paid", "http://c"), "no such an url ");
  EXPECT_EQ(Unsubscribe("paid", "http://a"), "ok");
  EXPECT_EQ(Unsubscribe("paid", "http://a"), "no such an url ");
  EXPECT_EQ(Unsubscribe("paid", "http://b"), "ok");
  EXPECT_EQ(Unsubscribe("paid", "http://b"), "this topic is empty");
  EXPECT_EQ(Delete("paid"), "ok");
  EXPECT_EQ(Delete("paid"), "storage: NotFound");
}

TEST_F(TopicsTest, TheRecordIsWhatTheProtocolShows) {
  ASSERT_EQ(Subscribe("paid", "http://a/x?y=1&z=2", "the \"shop\""), "ok");
  EXPECT_EQ(Record("paid").value, R"([{"url":"http://a/x?y=1&z=2","remark":"the \"shop\""}])");
  EXPECT_EQ(Record("paid").version, 1u);
  ASSERT_EQ(Subscribe("paid", "b:1/pkg.Svc/M"), "ok");
  EXPECT_EQ(Record("paid").value, R"([{"url":"http://a/x?y=1&z=2","remark":"the \"shop\""},)"
                                  R"({"url":"b:1/pkg.Svc/M","remark":""}])");
  EXPECT_EQ(Record("paid").version, 2u);
  ASSERT_EQ(Unsubscribe("paid", "http://a/x?y=1&z=2"), "ok");
  EXPECT_EQ(Record("paid").value, R"([{"url":"b:1/pkg.Svc/M","remark":""}])");
  ASSERT_EQ(Unsubscribe("paid", "b:1/pkg.Svc/M"), "ok");
  EXPECT_EQ(Record("paid").value, "[]");
  EXPECT_EQ(Record("paid").version, 4u);
}

TEST_F(TopicsTest, EveryChangeCountsAtOnce) {
  EXPECT_THAT(Receivers("paid"), IsEmpty());
  Subscribe("paid", "http://a");
  EXPECT_THAT(Receivers("paid"), ElementsAre("http://a"));
  Subscribe("paid", "http://b");
  EXPECT_THAT(Receivers("paid"), ElementsAre("http://a", "http://b"));
  EXPECT_THAT(Receivers("Paid"), IsEmpty());
  Unsubscribe("paid", "http://a");
  EXPECT_THAT(Receivers("paid"), ElementsAre("http://b"));
  Delete("paid");
  EXPECT_THAT(Receivers("paid"), IsEmpty());
  // Anew, with a lower version than the one before had.
  Subscribe("paid", "http://c");
  EXPECT_THAT(Receivers("paid"), ElementsAre("http://c"));
}

TEST_F(TopicsTest, WhatIsHandedOutDoesNotChange) {
  Subscribe("paid", "http://a");
  const Topics::Urls before = *topics_.Receivers("paid");
  Subscribe("paid", "http://b");
  EXPECT_THAT(*before, ElementsAre("http://a"));
}

TEST_F(TopicsTest, AStartReadsAllThatIsStored) {
  constexpr int kMany = 2500;  // more than a page of Load
  for (int i = 0; i < kMany; ++i) {
    ASSERT_TRUE(store_.records()
                    .CreateKv("topics", absl::StrCat("t", i), R"([{"url":"http://a"}])", {})
                    .ok());
  }
  ASSERT_TRUE(store_.records().CreateKv("others", "paid", R"([{"url":"http://a"}])", {}).ok());
  ASSERT_TRUE(topics_.Load().ok());
  // From memory alone.
  store_.Break(Broken::kAll);
  for (int i = 0; i < kMany; ++i)
    ASSERT_THAT(Receivers(absl::StrCat("t", i)), ElementsAre("http://a")) << i;
  EXPECT_THAT(Receivers("paid"), IsEmpty());
}

TEST_F(TopicsTest, AStoreThatFailsAtTheStart) {
  store_.Break(Broken::kReads);
  EXPECT_TRUE(absl::IsUnavailable(topics_.Load()));
}

TEST_F(TopicsTest, ARecordThatIsNoListConcernsItsTopicOnly) {
  for (const std::string value : {"", "{}", "nonsense", "[1]", R"([{"url":1}])", R"([{}])",
                                  R"([{"url":"http://a","remark":2}])"}) {
    ASSERT_TRUE(store_.records().CreateKv("topics", "broken", value, {}).ok());
    Subscribe("paid", "http://a");
    Topics topics(store_, clock_);
    ASSERT_TRUE(topics.Load().ok()) << value;
    EXPECT_TRUE(topics.Receivers("paid").ok());
    const absl::Status unreadable = topics.Receivers("broken").status();
    EXPECT_TRUE(absl::IsDataLoss(unreadable)) << value << unreadable;
    EXPECT_THAT(Text(unreadable), HasSubstr("topic 'broken'"));
    EXPECT_THAT(Text(topics.Subscribe("broken", "http://a", "")), HasSubstr("delete the topic"));
    EXPECT_THAT(Text(topics.Unsubscribe("broken", "http://a")), HasSubstr("delete the topic"));
    EXPECT_EQ(Text(topics.Delete("broken")), "ok");
    EXPECT_TRUE(absl::IsNotFound(topics.Receivers("broken").status()));
  }
}

TEST_F(TopicsTest, NamesUrlsAndRemarksHaveLimits) {
  const std::string name(core::kMaxTopicLength, 't');
  const std::string url = "http://" + std::string(core::kMaxTargetLength - 7, 'u');
  const std::string remark(core::kMaxRemarkLength, 'r');
  EXPECT_EQ(Subscribe(name, url, remark), "ok");
  EXPECT_EQ(Unsubscribe(name, url), "ok");
  EXPECT_THAT(Subscribe(name + "t", url), HasSubstr("kMaxTopicLength"));
  EXPECT_THAT(Subscribe(name, url + "u"), HasSubstr("kMaxTargetLength"));
  EXPECT_THAT(Subscribe(name, url, remark + "r"), HasSubstr("kMaxRemarkLength"));
  EXPECT_TRUE(absl::IsInvalidArgument(topics_.Subscribe(name + "t", url, "")));
}

TEST_F(TopicsTest, NoControlCharactersAndOnlyUtf8) {
  EXPECT_THAT(Subscribe("pa\nid", "http://a"), HasSubstr("topic contains a control character"));
  EXPECT_THAT(Subscribe("paid", "http://a\x7f"), HasSubstr("url contains a control character"));
  EXPECT_THAT(Subscribe("paid", "http://a", std::string("\0", 1)),
              HasSubstr("remark contains a control character"));
  EXPECT_THAT(Subscribe("\xff", "http://a"), HasSubstr("not UTF-8"));
  EXPECT_THAT(Subscribe("paid", "http://a/\xc3"), HasSubstr("not UTF-8"));
  EXPECT_THAT(Subscribe("paid", "http://a", "\xed\xa0\x80"), HasSubstr("not UTF-8"));
  EXPECT_EQ(Subscribe("bezahlt \xe2\x82\xac", "http://a/\xc3\xa4", "f\xc3\xbcr"), "ok");
  EXPECT_THAT(Receivers("bezahlt \xe2\x82\xac"), ElementsAre("http://a/\xc3\xa4"));
}

TEST_F(TopicsTest, AUrlThatNobodyCanCallIsRefused) {
  for (const std::string url : {"http://a", "https://a:8443/x?y", "a:58081/pkg.Svc/Method"})
    EXPECT_EQ(Subscribe("paid", url), "ok") << url;
  for (const std::string url : {"nacos://a/x", "etcd://x", "consul://x/y", "discovery:///x",
                                "http://", "a:58081", "/pkg.Svc/Method", "topic://other"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(topics_.Subscribe("paid", url, ""))) << url;
  }
  EXPECT_THAT(Subscribe("paid", "nacos://a/x"), HasSubstr("nacos://"));
  EXPECT_THAT(Subscribe("paid", "topic://other"), HasSubstr("names a topic"));
  EXPECT_EQ(Record("paid").version, 3u);
}

TEST_F(TopicsTest, ATopicHasNoMoreReceiversThanAMessageHasBranches) {
  std::string value = "[";
  for (size_t i = 0; i < core::kMaxReceivers; ++i)
    absl::StrAppend(&value, i == 0 ? "" : ",", R"({"url":"http://a/)", i, R"(","remark":""})");
  ASSERT_TRUE(store_.records().CreateKv("topics", "paid", value + "]", {}).ok());
  ASSERT_TRUE(topics_.Load().ok());
  EXPECT_THAT(Subscribe("paid", "http://b"), HasSubstr("kMaxReceivers"));
  EXPECT_EQ(Unsubscribe("paid", "http://a/7"), "ok");
  EXPECT_EQ(Subscribe("paid", "http://b"), "ok");
  EXPECT_EQ(Receivers("paid").size(), core::kMaxReceivers);
}

TEST_F(TopicsTest, ThereAreNoMoreTopicsThanMemoryIsMeantToHold) {
  for (size_t i = 0; i < core::kMaxTopics; ++i)
    ASSERT_TRUE(store_.records().CreateKv("topics", absl::StrCat("t", i), "[]", {}).ok());
  ASSERT_TRUE(topics_.Load().ok());
  EXPECT_THAT(Subscribe("one more", "http://a"), HasSubstr("kMaxTopics"));
  EXPECT_EQ(Subscribe("t0", "http://a"), "ok");
  EXPECT_EQ(Delete("t1"), "ok");
  EXPECT_EQ(Subscribe("one more", "http://a"), "ok");
}

TEST_F(TopicsTest, AllTopicsTogetherHaveALimit) {
  const std::string big =
      absl::StrCat(R"([{"url":"http://)", std::string(core::kMaxTopicsSize - 200, 'a'), R"("}])");
  ASSERT_TRUE(store_.records().CreateKv("topics", "big", big, {}).ok());
  ASSERT_TRUE(topics_.Load().ok());
  EXPECT_EQ(Subscribe("small", "http://a"), "ok");
  const std::string url = "http://" + std::string(300, 'b');
  EXPECT_THAT(Subscribe("small", url), HasSubstr("kMaxTopicsSize"));
  EXPECT_EQ(Delete("big"), "ok");
  EXPECT_EQ(Subscribe("small", url), "ok");
}

TEST_F(TopicsTest, OfManyAtOnceEachIsCarriedOutOrRefused) {
  constexpr int kThreads = 8;
  constexpr int kUrls = 20;
  std::atomic<int> stored{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    // Every url is subscribed by two threads; one of them is told that it exists.
    threads.emplace_back([&, i] {
      for (int j = 0; j < kUrls; ++j) {
        const std::string text = Subscribe("paid", absl::StrCat("http://a/", i / 2, "/", j));
        EXPECT_TRUE(text == "ok" || text == "this url exists") << text;
        stored += text == "ok" ? 1 : 0;
        EXPECT_FALSE(Receivers("paid").empty());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(stored, kThreads / 2 * kUrls);
  EXPECT_EQ(Receivers("paid").size(), static_cast<size_t>(stored));
  EXPECT_EQ(Record("paid").version, static_cast<uint64_t>(stored));
}

TEST_F(TopicsTest, SomebodyElseAtTheFileIsToldAsALostRace) {
  Subscribe("paid", "http://a");
  // Between the look and the change.
  class Meddling final : public port::KvStore {
   public:
    explicit Meddling(adapter::MemoryKv& records) : records_(records) {}
    absl::StatusOr<port::KvRecord> FindKv(const std::string& category,
                                          const std::string& key) override {
      auto found = records_.FindKv(category, key);
      if (!meddled_ && found.ok()) {
        EXPECT_TRUE(records_.UpdateKv(category, key, "[]", found->version, {}).ok());
      } else if (!meddled_) {
        EXPECT_TRUE(records_.CreateKv(category, key, "[]", {}).ok());
      }
      meddled_ = true;
      return found;
    }
    absl::StatusOr<std::vector<port::KvRecord>> ListKv(const port::KvFilter& filter) override {
      return records_.ListKv(filter);
    }
    absl::Status CreateKv(const std::string& category, const std::string& key,
                          const std::string& value, base::Time now) override {
      return records_.CreateKv(category, key, value, now);
    }
    absl::Status UpdateKv(const std::string& category, const std::string& key,
                          const std::string& value, uint64_t version, base::Time now) override {
      return records_.UpdateKv(category, key, value, version, now);
    }
    absl::Status DeleteKv(const std::string& category, const std::string& key) override {
      return records_.DeleteKv(category, key);
    }

   private:
    adapter::MemoryKv& records_;
    bool meddled_ = false;
  };
  Meddling meddling(store_.records());
  Topics topics(meddling, clock_);
  EXPECT_EQ(Text(topics.Subscribe("paid", "http://b", "")), "storage: NotFound");
  EXPECT_TRUE(absl::IsNotFound(topics.Receivers("paid").status()));
  EXPECT_EQ(Text(topics.Subscribe("paid", "http://b", "")), "ok");
  Meddling again(store_.records());
  Topics others(again, clock_);
  EXPECT_EQ(Text(others.Subscribe("sent", "http://b", "")), "storage: UniqueKeyConflict");
}

TEST_F(TopicsTest, AStoreThatFailsChangesNothing) {
  Subscribe("paid", "http://a");
  store_.Break(Broken::kAll);
  EXPECT_TRUE(absl::IsUnavailable(topics_.Subscribe("paid", "http://b", "")));
  EXPECT_TRUE(absl::IsUnavailable(topics_.Unsubscribe("paid", "http://a")));
  // Nothing was written, so messages to the topic go on as before.
  EXPECT_THAT(Receivers("paid"), ElementsAre("http://a"));
  EXPECT_TRUE(absl::IsUnavailable(topics_.Delete("nobody")));
  EXPECT_THAT(Receivers("nobody"), IsEmpty());
  store_.Break(Broken::kNot);
  EXPECT_EQ(Subscribe("paid", "http://b"), "ok");
}

TEST_F(TopicsTest, AnUncertainChangeIsFoundOutBeforeAMessageGoes) {
  Subscribe("paid", "http://a");
  store_.Break(Broken::kWritesAfter);
  // The look before a change must go well for the change to be tried.
  EXPECT_TRUE(absl::IsUnavailable(topics_.Delete("paid")));
  // Now nobody knows whether there is such a topic.
  EXPECT_TRUE(absl::IsUnavailable(topics_.Receivers("paid").status()));
  store_.Break(Broken::kNot);
  EXPECT_TRUE(absl::IsNotFound(topics_.Receivers("paid").status()));
  EXPECT_EQ(Subscribe("paid", "http://b"), "ok");
  EXPECT_THAT(Receivers("paid"), ElementsAre("http://b"));
}

}  // namespace
}  // namespace saga::api
