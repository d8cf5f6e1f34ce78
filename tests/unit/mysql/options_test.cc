#include "orchestrator/mysql/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace saga::mysql {
namespace {

using ::testing::HasSubstr;

TEST(MysqlUrl, NamesUserPlaceAndDatabase) {
  const auto options = ParseUrl("mysql://shop@db.example:3307/dtm");
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->user, "shop");
  EXPECT_EQ(options->host, "db.example");
  EXPECT_EQ(options->port, 3307);
  EXPECT_EQ(options->database, "dtm");
  EXPECT_TRUE(options->others.empty());
  EXPECT_EQ(UrlOf(*options), "mysql://shop@db.example:3307/dtm");
}

TEST(MysqlUrl, UserAndPortHaveDefaults) {
  const auto options = ParseUrl("mysql://localhost/dtm");
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->user, "root");
  EXPECT_EQ(options->port, 3306);
}

TEST(MysqlUrl, NodesOfAClusterFollowOneAnother) {
  const auto options = ParseUrl("mysql://u@a:1,b,[::1]:3/d");
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->host, "a");
  ASSERT_EQ(options->others.size(), 2u);
  EXPECT_EQ(options->others[0].host, "b");
  EXPECT_EQ(options->others[0].port, 3306);
  EXPECT_EQ(options->others[1].host, "::1");
  EXPECT_EQ(options->others[1].port, 3);
  EXPECT_EQ(UrlOf(*options), "mysql://u@a:1,b:3306,[::1]:3/d");
}

TEST(MysqlUrl, AnyByteCanBeWritten) {
  const auto options = ParseUrl("mysql://a%40b@h/my%20data");
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->user, "a@b");
  EXPECT_EQ(options->database, "my data");
  EXPECT_EQ(ParseUrl(UrlOf(*options))->user, "a@b");
}

TEST(MysqlUrl, WhatIsNoAddressIsRefusedWithTheReason) {
  for (const char* text :
       {"", "sqlite", "mysql://", "mysql://host", "mysql://host/", "mysql:///d", "mysql://h:0/d",
        "mysql://h:70000/d", "mysql://h:x/d", "mysql://h,/d", "mysql://h/a/b", "mysql://%zz@h/d"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(ParseUrl(text).status())) << text;
  }
  const absl::Status secret = ParseUrl("mysql://u:secret@h/d").status();
  EXPECT_THAT(std::string(secret.message()), HasSubstr("password"));
  EXPECT_THAT(std::string(secret.message()), Not(HasSubstr("secret@")));
}

}  // namespace
}  // namespace saga::mysql
