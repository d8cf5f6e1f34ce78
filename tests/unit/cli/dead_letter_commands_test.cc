// dlq and job against a sagad made of tables: each promise of their help that a script relies on.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_split.h"
#include "tests/unit/cli/fake_sagad.h"
#include "tests/unit/cli/sagactl_run.h"

namespace saga::cli {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class Dlq : public testing::Test {
 protected:
  Dlq() {
    sagad.AddDead("order-1", "01", R"({"quantity":2,"items":[{"id":7}]})");
    sagad.AddDead("order-2", "01", R"({"quantity":3})");
    sagad.AddDead("pay/4", "02", std::string("\x08\x01", 2), "payment");
  }

  Ran Ctl(const std::vector<std::string>& words) { return RunSagactl(words, sagad.address()); }
  json Json(std::vector<std::string> words) {
    words.insert(words.end(), {"-o", "json"});
    const Ran ran = Ctl(words);
    EXPECT_EQ(ran.exit_code, 0) << ran.err;
    return json::parse(ran.out, nullptr, false);
  }
  // A file that goes with the test.
  std::string File(const std::string& text) {
    const std::string path = testing::TempDir() + "sagactl_" +
                             testing::UnitTest::GetInstance()->current_test_info()->name();
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }

  FakeSagad sagad;
};

TEST_F(Dlq, ListPagesAndTakesAFilter) {
  EXPECT_EQ(Json({"dlq", "list", "--all"}).size(), 3U);
  EXPECT_EQ(Json({"dlq", "list", "dest=payment"}).size(), 1U);
  EXPECT_EQ(Json({"dlq", "list", "--filter", "dest=payment"})[0]["gid"], "pay/4");
  Ctl({"dlq", "list", "dest=product", "and", "age<1h"});
  EXPECT_EQ(sagad.last_filter(), "dest=product and age<1h");
  const Ran page = Ctl({"dlq", "list"});
  EXPECT_THAT(page.out, AllOf(HasSubstr("order-1/01/compensate  product      attempts_used  20"),
                              HasSubstr("2026-11-21T10:00:00.000000Z"), HasSubstr("no route")));
  EXPECT_THAT(page.err, HasSubstr("there are more"));
  const Ran lines = Ctl({"dlq", "list", "--all", "-o", "jsonl"});
  const std::vector<std::string> objects = absl::StrSplit(lines.out, '\n', absl::SkipEmpty());
  EXPECT_EQ(objects.size(), 3U);
  EXPECT_EQ(Ctl({"dlq", "list", "a", "--filter", "b"}).exit_code, 2);
}

TEST_F(Dlq, GroupCountsAndNamesTheNextCommand) {
  const json groups = Json({"dlq", "group"});
  ASSERT_EQ(groups.size(), 2U);
  EXPECT_EQ(groups[1]["count"], 2);
  EXPECT_THAT(Ctl({"dlq", "group"}).err,
              HasSubstr("sagactl dlq replay 'dest=\"payment\" and op=compensate and "
                        "fingerprint=1f3a90cc'"));
}

TEST_F(Dlq, ShowFindsOneByItsNameOrItsBeginning) {
  const Ran shown = Ctl({"dlq", "show", "order-1/01/compensate"});
  EXPECT_EQ(shown.exit_code, 0) << shown.err;
  EXPECT_THAT(shown.err, IsEmpty());
  EXPECT_THAT(shown.out, AllOf(HasSubstr("\n  \"quantity\": 2,\n"), HasSubstr("attempts_used"),
                               HasSubstr("sagactl history order-1")));
  EXPECT_EQ(Json({"dlq", "show", "pay"})["payload"], "base64:CAE=");
  EXPECT_EQ(Json({"dlq", "show", "pay/4/02/compensate"})["gid"], "pay/4");
  EXPECT_THAT(Ctl({"dlq", "show", "order-1"}).err, HasSubstr("order-1 is order-1/01/compensate"));
  const Ran both = Ctl({"dlq", "show", "order"});
  EXPECT_EQ(both.exit_code, 2);
  EXPECT_THAT(both.err, HasSubstr("several: order-1/01/compensate, order-2/01/compensate"));
  EXPECT_EQ(Ctl({"dlq", "show", "rder-1"}).exit_code, 3);
  EXPECT_EQ(Ctl({"dlq", "show", "order-1/02/compensate"}).exit_code, 3);
}

TEST_F(Dlq, ReplayWithoutExecuteOnlySelects) {
  const Ran selected = Ctl({"dlq", "replay", "dest=product", "--rate", "40", "--canary", "0"});
  EXPECT_EQ(selected.exit_code, 0) << selected.err;
  EXPECT_THAT(selected.out,
              AllOf(HasSubstr("2 selected, nothing was done yet"),
                    HasSubstr("sagactl dlq replay --execute token-1 --rate 40 --max-in-flight 8 "
                              "--canary 0 --stop-after-errors 5 --reason '...'"),
                    HasSubstr("order-2/01/compensate  1      pending")));
  const json job = Json({"dlq", "replay"});
  EXPECT_EQ(job["token"], "token-2");
  EXPECT_EQ(job["total"], 3);
  EXPECT_EQ(job["items"].size(), 3U);
  EXPECT_EQ(job["groups"].size(), 2U);
  EXPECT_THAT(sagad.acts(), IsEmpty());
  const Ran nothing = Ctl({"dlq", "replay", "dest=nobody"});
  EXPECT_EQ(nothing.exit_code, 3);
  EXPECT_THAT(nothing.err, HasSubstr("no dead letter matches"));
}

TEST_F(Dlq, ExecuteFollowsTheJobToItsEnd) {
  Ctl({"dlq", "replay"});
  const Ran ran = Ctl({"dlq", "replay", "--execute", "token-1", "--rate", "0.5", "--canary", "0",
                       "--stop-after-errors", "0", "--reason", "product is back"});
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("3 = 0 pending + 0 running + 3 done + 0 failed + 0 skipped"));
  EXPECT_THAT(sagad.acts(), ElementsAre("execute token-1 product is back by sagactl"));
  EXPECT_EQ(sagad.last_limits().rate(), 0.5);
  EXPECT_EQ(sagad.last_limits().canary(), -1) << "0 would be the default";
  EXPECT_EQ(sagad.last_limits().stop_after_errors(), -1);
  const Ran again = Ctl({"dlq", "replay", "--execute", "token-1", "--reason", "x"});
  EXPECT_EQ(again.exit_code, 4);
  EXPECT_THAT(again.err, HasSubstr("executed already"));
  EXPECT_EQ(Ctl({"dlq", "replay", "--execute", "nosuch", "--reason", "x"}).exit_code, 3);
}

TEST_F(Dlq, FailedAndSkippedItemsAreAPartialSuccess) {
  sagad.Doom("order-2");
  Ctl({"dlq", "replay"});
  sagad.Settle("order-1");
  const Ran ran = Ctl({"dlq", "replay", "--execute", "token-1", "--reason", "r"});
  EXPECT_EQ(ran.exit_code, 5);
  EXPECT_THAT(ran.out, HasSubstr("3 = 0 pending + 0 running + 1 done + 1 failed + 1 skipped"));
  EXPECT_THAT(ran.err, HasSubstr("failed: order-2/01/compensate: dead again: attempts_used"));
  EXPECT_THAT(ran.out, HasSubstr("sagactl job describe token-1 --items failed"));
  const json job = Json({"job", "describe", "token-1", "--items", "failed"});
  ASSERT_EQ(job["items"].size(), 1U);
  EXPECT_EQ(job["items"][0]["gid"], "order-2");
}

TEST_F(Dlq, AJobThatStopsItselfSaysWhyAndWhatIsLeft) {
  sagad.Doom("order-1");
  Ctl({"dlq", "replay", "dest=product"});
  const Ran ran =
      Ctl({"dlq", "replay", "--execute", "token-1", "--stop-after-errors", "1", "--reason", "r"});
  EXPECT_EQ(ran.exit_code, 5);
  EXPECT_THAT(ran.err, HasSubstr("stopped: 1 items failed"));
  EXPECT_THAT(ran.out,
              AllOf(HasSubstr("1 pending"), HasSubstr("sagactl dlq replay 'dest=product'")));
}

TEST_F(Dlq, AJobCanBeLeftWatchedAndStopped) {
  Ctl({"dlq", "replay"});
  EXPECT_EQ(Ctl({"job", "watch", "token-1"}).exit_code, 4) << "nobody executed it";
  const Ran left = Ctl({"dlq", "replay", "--execute", "token-1", "--detach", "--reason", "r"});
  EXPECT_EQ(left.exit_code, 0) << left.err;
  EXPECT_THAT(left.out, HasSubstr("sagactl job watch token-1"));
  EXPECT_EQ(Json({"job", "list"})[0]["state"], "running");
  const Ran open = Ctl({"job", "watch", "token-1", "--timeout", "100ms"});
  EXPECT_EQ(open.exit_code, 8);
  EXPECT_THAT(open.err, HasSubstr("it goes on: sagactl job watch token-1"));
  EXPECT_EQ(Ctl({"job", "stop", "token-1"}).exit_code, 2) << "no reason";
  const Ran stopped = Ctl({"job", "stop", "token-1", "--reason", "enough"});
  EXPECT_EQ(stopped.exit_code, 0) << stopped.err;
  EXPECT_EQ(Ctl({"job", "watch", "token-1"}).exit_code, 5);
  EXPECT_EQ(Ctl({"job", "watch", "nosuch"}).exit_code, 3);
  EXPECT_THAT(sagad.acts().back(), "stop token-1 enough by sagactl");
}

TEST_F(Dlq, ARestartOfSagadDoesNotEndTheWatching) {
  Ctl({"dlq", "replay"});
  Ctl({"dlq", "replay", "--execute", "token-1", "--detach", "--reason", "r"});
  sagad.BeUnavailable(4);  // more than a call is repeated by itself
  const Ran ran = Ctl({"job", "watch", "token-1"});
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("the job goes on when it is back"));
}

TEST_F(Dlq, EditShowsTheDifferenceAndDoesNothingYet) {
  const Ran shown = Ctl({"dlq", "edit", "order-1/01/compensate", "--set", "items.0.id=\"a,b\"",
                         "--set", "/quantity=1", "--set", "note=by hand, twice"});
  EXPECT_EQ(shown.exit_code, 0) << shown.err;
  EXPECT_EQ(shown.out,
            "@@ -1,8 +1,9 @@\n"
            " {\n"
            "-  \"quantity\": 2,\n"
            "+  \"quantity\": 1,\n"
            "   \"items\": [\n"
            "     {\n"
            "-      \"id\": 7\n"
            "+      \"id\": \"a,b\"\n"
            "     }\n"
            "-  ]\n"
            "+  ],\n"
            "+  \"note\": \"by hand, twice\"\n"
            " }\n");
  EXPECT_THAT(shown.err, HasSubstr("nothing was done"));
  EXPECT_THAT(sagad.acts(), IsEmpty());
}

TEST_F(Dlq, EditExecutes) {
  const Ran unsaid = Ctl({"dlq", "edit", "order-1", "--set", "quantity=1", "--execute"});
  EXPECT_EQ(unsaid.exit_code, 2);
  EXPECT_THAT(unsaid.err, HasSubstr("--reason"));
  const Ran done = Ctl(
      {"dlq", "edit", "order-1", "--set", "quantity=1", "--execute", "--reason", "one was sent"});
  EXPECT_EQ(done.exit_code, 0) << done.err;
  EXPECT_EQ(sagad.PayloadOf("order-1"), R"({"quantity":1,"items":[{"id":7}]})");
  EXPECT_THAT(sagad.acts(), ElementsAre("edit order-1/01/compensate #1 one was sent by sagactl"));
  const json change = Json({"dlq", "edit", "order-2", "--payload", File("{\"quantity\": 9}")});
  EXPECT_EQ(change["payload_before"], R"({"quantity":3})");
  EXPECT_EQ(change["payload"], R"({"quantity": 9})");
  EXPECT_EQ(change["executed"], false);
}

TEST_F(Dlq, EditRefusesWhatIsNotJsonAnyMore) {
  const Ran broken = Ctl({"dlq", "edit", "order-1", "--payload", File("{\"quantity\": }")});
  EXPECT_EQ(broken.exit_code, 2);
  EXPECT_THAT(broken.err, AllOf(HasSubstr("has to stay JSON"), HasSubstr("column 14")));
  EXPECT_EQ(Ctl({"dlq", "edit", "order-1", "--set", "nosuch.deep=1"}).exit_code, 2);
  EXPECT_EQ(Ctl({"dlq", "edit", "order-1", "--set", "quantity"}).exit_code, 2);
  EXPECT_EQ(Ctl({"dlq", "edit", "pay/4", "--set", "a=1"}).exit_code, 2) << "bytes are no JSON";
  EXPECT_EQ(Ctl({"dlq", "edit", "order-1"}).exit_code, 2) << "no terminal for an editor";
  const Ran same = Ctl({"dlq", "edit", "order-1", "--set", "quantity=2"});
  EXPECT_EQ(same.exit_code, 0);
  EXPECT_THAT(same.err, HasSubstr("nothing to do"));
  EXPECT_THAT(sagad.acts(), IsEmpty());
}

TEST_F(Dlq, ResolveAndDiscardNeedAReasonAndNameTheDeath) {
  EXPECT_EQ(Ctl({"dlq", "resolve", "order-1", "--as", "done"}).exit_code, 2);
  EXPECT_EQ(Ctl({"dlq", "resolve", "order-1", "--as", "gone", "--reason", "r"}).exit_code, 2);
  EXPECT_EQ(Ctl({"dlq", "discard", "order-1"}).exit_code, 2);
  sagad.KillAgain("order-1");
  EXPECT_EQ(Ctl({"dlq", "resolve", "order-1", "--as", "compensated", "--reason", "r"}).exit_code,
            0);
  const Ran some = Ctl({"dlq", "discard", "order-2", "nosuch", "--reason", "q"});
  EXPECT_EQ(some.exit_code, 5);
  EXPECT_THAT(some.err, HasSubstr("1 of 2 discarded"));
  EXPECT_THAT(sagad.acts(), ElementsAre("compensated order-1/01/compensate #2 r by sagactl",
                                        "discard order-2/01/compensate #1 q by sagactl"));
  EXPECT_EQ(Ctl({"dlq", "discard", "nosuch", "--reason", "q"}).exit_code, 3);
}

TEST_F(Dlq, WhatIsExportedIsImported) {
  const Ran exported = Ctl({"dlq", "export"});
  EXPECT_EQ(exported.exit_code, 0) << exported.err;
  const std::vector<std::string> lines = absl::StrSplit(exported.out, '\n', absl::SkipEmpty());
  ASSERT_EQ(lines.size(), 3U);
  json first = json::parse(lines[0]);
  EXPECT_EQ(first["death"], 1);
  EXPECT_EQ(json::parse(lines[2])["payload_base64"], "CAE=");
  first["payload_base64"] = absl::Base64Escape(R"({"quantity":1})");
  const std::string file = File(first.dump() + "\n" + lines[1] + "\n\n" + lines[2] + "\n");
  sagad.KillAgain("order-2");

  const Ran plan = Ctl({"dlq", "import", file});
  EXPECT_EQ(plan.exit_code, 5);
  EXPECT_THAT(plan.out,
              AllOf(HasSubstr("order-1/01/compensate  1      edit, replay"),
                    HasSubstr("refused       it has died again: the file is about death 1, now it"),
                    HasSubstr("pay/4/02/compensate    1      replay")));
  EXPECT_THAT(plan.err, AllOf(HasSubstr("1 to replay, 1 to edit and replay, 1 refused"),
                              HasSubstr("nothing was done")));
  EXPECT_THAT(sagad.acts(), IsEmpty());
  EXPECT_EQ(Ctl({"dlq", "import", file, "--execute"}).exit_code, 2) << "no reason";

  const Ran done = Ctl({"dlq", "import", file, "--execute", "--reason", "fixed"});
  EXPECT_EQ(done.exit_code, 5) << done.err;
  EXPECT_THAT(done.out, HasSubstr("2 = 0 pending + 0 running + 2 done"));
  EXPECT_THAT(sagad.acts(), ElementsAre("edit order-1/01/compensate #1 fixed by sagactl",
                                        "execute token-1 fixed by sagactl"));
  EXPECT_EQ(Ctl({"dlq", "import", file, "--execute", "--reason", "x"}).exit_code, 4)
      << "all of them are settled, or died again";
}

TEST_F(Dlq, AFileThatIsNoExportIsRefusedWithItsLine) {
  const auto refused = [this](const std::string& text) {
    const Ran ran = Ctl({"dlq", "import", File(text), "--execute", "--reason", "r"});
    EXPECT_EQ(ran.exit_code, 2) << text;
    EXPECT_THAT(ran.out, IsEmpty());
    return ran.err;
  };
  const std::string good = R"({"gid":"order-1","branch_id":"01","op":"compensate","death":1})";
  EXPECT_THAT(refused(good + "\nnonsense\n"), HasSubstr("line 2: is no JSON object"));
  EXPECT_THAT(refused(good + "\n" + good),
              HasSubstr("line 2: names a dead letter that an earlier"));
  EXPECT_THAT(refused(R"({"gid":"a","branch_id":"01"})"), HasSubstr("needs the texts"));
  EXPECT_THAT(refused(R"({"gid":"a","branch_id":"01","op":"x"})"), HasSubstr("number death"));
  EXPECT_THAT(refused(R"({"gid":"a","branch_id":"1","op":"x","death":1,"payload_base64":"%"})"),
              HasSubstr("no base64"));
  EXPECT_THAT(sagad.acts(), IsEmpty());
  const json kept = Json({"dlq", "import", File(good)});
  EXPECT_EQ(kept[0]["act"], "replay") << "without a payload it keeps its own";
}

TEST_F(Dlq, ParkedMessagesAreShownWholeAndDiscarded) {
  const json parked = Json({"dlq", "parked"});
  EXPECT_EQ(parked[0]["id"], 17);
  EXPECT_EQ(parked[0]["value"], "base64:CAE=");
  EXPECT_EQ(parked[0]["headers"]["saga-schema"], "9");
  EXPECT_THAT(Ctl({"dlq", "parked"}).out, HasSubstr("unknown schema version 9"));
  EXPECT_EQ(Ctl({"dlq", "parked", "--discard", "17"}).exit_code, 2);
  EXPECT_EQ(Ctl({"dlq", "parked", "--discard", "17", "--reason", "junk"}).exit_code, 0);
  EXPECT_EQ(Ctl({"dlq", "parked", "--discard", "18", "--reason", "junk"}).exit_code, 3);
  EXPECT_THAT(sagad.acts(), ElementsAre("discard message 17 junk by sagactl"));
}

TEST_F(Dlq, MistakesAreToldBeforeAnythingIsAsked) {
  struct Mistake {
    std::vector<std::string> words;
    std::string told;
  };
  const std::vector<Mistake> mistakes = {
      {{"dlq"}, "dlq is followed by one of: list, show, group, replay"},
      {{"dlq", "repaly"}, "did you mean \"dlq replay\"?"},
      {{"replay"}, "did you mean \"dlq replay\"?"},
      {{"dlq", "show"}, "dlq show needs GID/BRANCH/OP"},
      {{"dlq", "replay", "--rate", "0"}, "--rate is a number above 0"},
      {{"dlq", "replay", "--rate", "nan"}, "--rate is a number above 0"},
      {{"dlq", "replay", "--canary", "-1"}, "--canary is a number from 0"},
      {{"dlq", "replay", "--max-in-flight", "0"}, "--max-in-flight is a number from 1"},
      {{"dlq", "replay", "--reason", "r"}, "without --execute TOKEN nothing is replayed"},
      {{"dlq", "replay", "--execute", "t"}, "needs --reason"},
      {{"dlq", "replay", "a=b", "--execute", "t", "--reason", "r"}, "a filter belongs to"},
      {{"dlq", "list", "--limit", "0"}, "1 to 1000"},
      {{"dlq", "import", "/nosuch"}, "cannot read /nosuch"},
      {{"job", "describe", "t", "--items", "all", "--from", "x"}, "--from"},
      {{"job", "list", "--limit", "many"}, "--limit"},
      {{"dlq", "list", "--filtre", "x"}, "did you mean \"--filter\"?"},
  };
  for (const Mistake& mistake : mistakes) {
    const Ran ran = Ctl(mistake.words);
    EXPECT_EQ(ran.exit_code, 2) << mistake.told;
    EXPECT_THAT(ran.err, HasSubstr(mistake.told));
    EXPECT_THAT(ran.out, IsEmpty());
  }
  EXPECT_THAT(sagad.acts(), IsEmpty());
}

TEST_F(Dlq, ListOfTransactionsTakesAFilterAndShowsWhereItIsWrong) {
  EXPECT_EQ(Json({"list", "state=aborting and dest~product"})[0]["gid"], "order-1");
  EXPECT_EQ(sagad.last_filter(), "state=aborting and dest~product");
  const Ran wrong = Ctl({"list", "stat=x"});
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_THAT(wrong.err, AllOf(HasSubstr("there is no field"), HasSubstr("\n  stat=x\n  ^\n"),
                               HasSubstr("sagactl help filter")));
}

}  // namespace
}  // namespace saga::cli
