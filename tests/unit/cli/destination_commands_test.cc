// dest, participants, outbox and top against a sagad made of tables.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/unit/cli/fake_sagad.h"
#include "tests/unit/cli/sagactl_run.h"

namespace saga::cli {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Dest : public testing::Test {
 protected:
  Ran Ctl(const std::vector<std::string>& words) { return RunSagactl(words, sagad.address()); }
  json Json(std::vector<std::string> words) {
    words.insert(words.end(), {"-o", "json"});
    const Ran ran = Ctl(words);
    EXPECT_EQ(ran.exit_code, 0) << ran.err;
    return json::parse(ran.out, nullptr, false);
  }

  FakeSagad sagad;
};

TEST_F(Dest, PauseAndResumeNeedAReason) {
  EXPECT_EQ(Ctl({"dest", "pause", "product"}).exit_code, 2);
  EXPECT_EQ(Ctl({"dest", "resume", "product"}).exit_code, 2);
  EXPECT_THAT(sagad.acts(), IsEmpty());
  EXPECT_EQ(Json({"dest", "pause", "product", "--reason", "migration"})["state"], "paused");
  EXPECT_THAT(Ctl({"dest", "describe", "product"}).out,
              HasSubstr("sagactl dest resume --reason '...' product"));
  EXPECT_EQ(Json({"dest", "resume", "product", "--reason", "over"})["paused"], false);
  EXPECT_THAT(sagad.acts(),
              ElementsAre("pause product migration by sagactl", "resume product over by sagactl"));
}

TEST_F(Dest, LimitKeepsTheOneThatIsNotNamed) {
  EXPECT_EQ(Ctl({"dest", "limit", "product", "--reason", "r"}).exit_code, 2);
  EXPECT_EQ(Ctl({"dest", "limit", "product", "--rate", "5"}).exit_code, 2) << "no reason";
  EXPECT_EQ(Ctl({"dest", "limit", "product", "--rate", "x", "--reason", "r"}).exit_code, 2);
  EXPECT_EQ(Ctl({"dest", "limit", "product", "--rate", "5", "--reset", "--reason", "r"}).exit_code,
            2);
  EXPECT_EQ(Ctl({"dest", "limit", "product", "--in-flight", "4", "--reason", "r"}).exit_code, 0);
  EXPECT_EQ(sagad.last_limit_request().in_flight_limit(), 4U);
  EXPECT_EQ(sagad.last_limit_request().rate_limit(), 0);
  EXPECT_EQ(Ctl({"dest", "limit", "product", "--rate", "2.5", "--reason", "r"}).exit_code, 0);
  EXPECT_EQ(sagad.last_limit_request().in_flight_limit(), 4U);
  EXPECT_EQ(sagad.last_limit_request().rate_limit(), 2.5);
  EXPECT_EQ(sagad.last_limit_request().actor().reason(), "r");
  EXPECT_EQ(Json({"dest", "limit", "product", "--reset", "--reason", "r"})["limits_set"], false);
}

TEST_F(Dest, ListTakesAFilterAndSaysWhenThereIsNone) {
  EXPECT_THAT(Ctl({"dest", "list"}).err, HasSubstr("no destination matches"));
  Ctl({"dest", "pause", "a:1", "--reason", "r"});
  EXPECT_EQ(Json({"dest", "list", "state!=closed"})[0]["destination"], "a:1");
  EXPECT_EQ(sagad.last_filter(), "state!=closed");
  EXPECT_THAT(Ctl({"dest", "list", "-o", "wide"}).out,
              AllOf(HasSubstr("PAUSED BY"), HasSubstr("paused")));
  EXPECT_EQ(Ctl({"dest", "describe", "nosuch"}).exit_code, 3);
}

TEST_F(Dest, ParticipantsShowTheirInstances) {
  const json all = Json({"participants", "list"});
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0]["instances"].size(), 2U);
  EXPECT_EQ(all[0]["operations"][0]["method"], "product.v1.Product/Deduct");
  EXPECT_THAT(Ctl({"participants", "list"}).out, HasSubstr("product      1     2"));
  EXPECT_THAT(
      Ctl({"participants", "describe", "product"}).out,
      AllOf(HasSubstr("127.0.0.1:2  expired"), HasSubstr("Deduct"), HasSubstr("saga.cmd.product")));
  EXPECT_EQ(Ctl({"participants", "describe", "nosuch"}).exit_code, 3);
}

TEST_F(Dest, OutboxShowsWhatWaits) {
  EXPECT_EQ(Json({"outbox"})["messages"][0]["topic"], "saga.cmd.product");
  EXPECT_THAT(Ctl({"outbox"}).out, AllOf(HasSubstr("not reachable"), HasSubstr("waiting      3")));
  EXPECT_EQ(Ctl({"outbox", "--limit", "0"}).exit_code, 2);
}

TEST_F(Dest, TopWithoutATerminalPrintsOneFrame) {
  sagad.AddDead("order-1", "01", "{}");
  Ctl({"dest", "pause", "product", "--reason", "r"});
  const Ran top = Ctl({"top"});
  EXPECT_EQ(top.exit_code, 0) << top.err;
  EXPECT_THAT(top.out, AllOf(HasSubstr("0 prepared, 7 submitted"), HasSubstr("3 waiting"),
                             HasSubstr("1 dead letters"), HasSubstr("product      paused")));
  EXPECT_EQ(top.out.find('\x1b'), std::string::npos);
  const json frame = Json({"top", "--once"});
  EXPECT_EQ(frame["destinations"][0]["state"], "paused");
  EXPECT_EQ(frame["dead_letter_groups"][0]["count"], 1);
}

}  // namespace
}  // namespace saga::cli
