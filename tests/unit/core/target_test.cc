#include "orchestrator/core/target.h"

#include <string>

#include "gtest/gtest.h"
#include "orchestrator/core/limits.h"

namespace saga::core {
namespace {

TEST(TransportOfTest, HttpTransactionsAreAlwaysHttp) {
  EXPECT_EQ(TransportOf(Protocol::kHttp, "http://a/b"), Transport::kHttp);
  EXPECT_EQ(TransportOf(Protocol::kHttp, "a:1/pkg.Svc/M"), Transport::kHttp);
  EXPECT_EQ(TransportOf(Protocol::kHttp, "nacos://svc/path"), Transport::kHttp);
}

TEST(TransportOfTest, GrpcTransactionsFollowTheTarget) {
  EXPECT_EQ(TransportOf(Protocol::kGrpc, "a:1/pkg.Svc/M"), Transport::kGrpc);
  EXPECT_EQ(TransportOf(Protocol::kGrpc, "http://a/b"), Transport::kHttp);
  EXPECT_EQ(TransportOf(Protocol::kGrpc, "https://a/b"), Transport::kHttp);
  EXPECT_EQ(TransportOf(Protocol::kGrpc, "HTTPS://a/b"), Transport::kHttp);
  EXPECT_EQ(TransportOf(Protocol::kGrpc, "etcd://a/svc/pkg.Svc/M"), Transport::kGrpc);
  EXPECT_EQ(TransportOf(Protocol::kGrpc, "http:80/pkg.Svc/M"), Transport::kGrpc);
}

struct DestinationCase {
  const char* target;
  const char* destination;
};

class DestinationOfTest : public testing::TestWithParam<DestinationCase> {};

TEST_P(DestinationOfTest, IsHostAndPort) {
  EXPECT_EQ(DestinationOf(GetParam().target), GetParam().destination) << GetParam().target;
}

INSTANTIATE_TEST_SUITE_P(
    Table, DestinationOfTest,
    testing::Values(
        DestinationCase{"http://Host:8080/a/b?c=d", "host:8080"},
        DestinationCase{"http://host/a", "host:80"}, DestinationCase{"https://host/a", "host:443"},
        DestinationCase{"HTTP://HOST", "host:80"}, DestinationCase{"http://host?x=/y", "host:80"},
        DestinationCase{"http://host#x", "host:80"},
        DestinationCase{"http://user:pw@host:81/a", "host:81"},
        DestinationCase{"http://[::1]/a", "[::1]:80"},
        DestinationCase{"http://[::1]:82/a", "[::1]:82"},
        DestinationCase{"localhost:58081/busi.Busi/TransIn", "localhost:58081"},
        DestinationCase{"LocalHost:58081/busi.Busi/TransIn", "localhost:58081"},
        DestinationCase{"[::1]:1/s/m", "[::1]:1"}, DestinationCase{"localhost", "localhost"},
        DestinationCase{"nacos://Svc/path?group=g", "svc"},
        DestinationCase{"etcd://h:2379/svc/pkg.Svc/M", "h:2379"},
        DestinationCase{"participant://product/Deduct", "product"},
        DestinationCase{"discovery:///svc/pkg.Svc/M", ""}, DestinationCase{"http:///a", ""},
        DestinationCase{"", ""}));

TEST(SplitGrpcTargetTest, SplitsAtTheFirstSlash) {
  const GrpcTarget target = SplitGrpcTarget("localhost:58081/busi.Busi/TransIn");
  EXPECT_EQ(target.address, "localhost:58081");
  EXPECT_EQ(target.method, "/busi.Busi/TransIn");
  EXPECT_EQ(target.error, "");
}

TEST(SplitGrpcTargetTest, RefusesWhatItCannotDial) {
  for (const char* bad : {"", "localhost:58081", "/busi.Busi/TransIn", "not_exists://abc",
                          "etcd://h/svc/pkg.Svc/M", "http://h/pkg.Svc/M"}) {
    const GrpcTarget target = SplitGrpcTarget(bad);
    EXPECT_NE(target.error, "") << bad;
    EXPECT_EQ(target.address, "") << bad;
    EXPECT_EQ(target.method, "") << bad;
  }
}

TEST(SplitParticipantTargetTest, NamesParticipantAndOperation) {
  EXPECT_TRUE(NamesParticipant("participant://product/Deduct"));
  EXPECT_TRUE(NamesParticipant("participant://"));
  EXPECT_FALSE(NamesParticipant("participant:/product/Deduct"));
  EXPECT_FALSE(NamesParticipant("http://participant/Deduct"));
  EXPECT_FALSE(NamesParticipant("product:1/product.v1.Product/Deduct"));
  const ParticipantTarget target = SplitParticipantTarget("participant://product-2/Deduct.v1_x-");
  EXPECT_EQ(target.error, "");
  EXPECT_EQ(target.name, "product-2");
  EXPECT_EQ(target.operation, "Deduct.v1_x-");
}

TEST(SplitParticipantTargetTest, RefusesWhatCannotBeRegistered) {
  const std::string longest(kMaxParticipantNameLength, 'a');
  EXPECT_EQ(SplitParticipantTarget("participant://" + longest + "/" + longest).error, "");
  for (const std::string& bad :
       {std::string(""), std::string("participant://"), std::string("participant://product"),
        std::string("participant://product/"), std::string("participant:///Deduct"),
        std::string("participant://Product/Deduct"), std::string("participant://pro duct/Deduct"),
        std::string("participant://product:80/Deduct"),
        std::string("participant://product/De/duct"),
        std::string("participant://product/Deduct?x=1"), std::string("http://product/Deduct"),
        "participant://" + longest + "a/Deduct", "participant://product/" + longest + "a"}) {
    const ParticipantTarget target = SplitParticipantTarget(bad);
    EXPECT_NE(target.error, "") << bad;
    EXPECT_EQ(target.name, "") << bad;
    EXPECT_EQ(target.operation, "") << bad;
  }
}

}  // namespace
}  // namespace saga::core
