#include "orchestrator/adapter/kafka/kafka_properties.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace saga::adapter {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

TEST(KafkaPropertiesTest, LinesCommentsAndSpaces) {
  const auto read = ParseKafkaProperties(
      "# for the staging cluster\n\n  security.protocol = SASL_SSL "
      "\r\nsasl.password=a=b#c\nempty=\n",
      "kafka.properties");
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_THAT(*read, ElementsAre(Pair("empty", ""), Pair("sasl.password", "a=b#c"),
                                 Pair("security.protocol", "SASL_SSL")));
}

TEST(KafkaPropertiesTest, ALineThatIsNoneIsNamed) {
  EXPECT_THAT(ParseKafkaProperties("a=1\nhello\n", "f").status().message(), HasSubstr("f:2: "));
  EXPECT_THAT(ParseKafkaProperties("=1\n", "f").status().message(), HasSubstr("f:1: "));
  EXPECT_THAT(ParseKafkaProperties("a=1\nb=1\na=2\n", "f").status().message(),
              HasSubstr("f:3: a is given twice"));
}

TEST(KafkaPropertiesTest, WhatLibrdkafkaTakesIsTaken) {
  EXPECT_TRUE(CheckKafkaProperties({}).ok());
  EXPECT_TRUE(
      CheckKafkaProperties(
          {{"linger.ms", "20"}, {"session.timeout.ms", "30000"}, {"compression.type", "lz4"}})
          .ok());
}

TEST(KafkaPropertiesTest, EveryProblemIsTold) {
  const absl::Status status = CheckKafkaProperties({{"acks", "1"},
                                                    {"linger.ms", "soon"},
                                                    {"no.such.thing", "1"},
                                                    {"socket.timeout.ms", "9000"}});
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(), AllOf(HasSubstr("acks cannot be set: what is published must be"),
                                      HasSubstr("linger.ms"), HasSubstr("no.such.thing"),
                                      testing::Not(HasSubstr("socket.timeout.ms"))));
}

TEST(KafkaPropertiesTest, WhatThePromisesDependOnIsOurs) {
  for (const char* name :
       {"enable.idempotence", "acks", "request.required.acks", "partitioner", "message.timeout.ms",
        "delivery.timeout.ms", "enable.auto.commit", "enable.auto.offset.store", "isolation.level",
        "partition.assignment.strategy", "group.id", "group.instance.id", "bootstrap.servers",
        "metadata.broker.list", "client.id", "transactional.id", "auto.offset.reset"}) {
    EXPECT_THAT(CheckKafkaProperties({{name, "1"}}).message(), HasSubstr("cannot be set")) << name;
  }
}

}  // namespace
}  // namespace saga::adapter
