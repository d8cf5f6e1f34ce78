#include "cli/printer/json.h"

#include <gtest/gtest.h>

namespace saga::cli {
namespace {

v1::Transaction Example() {
  v1::Transaction t;
  t.set_gid("order-1");
  t.set_mode("saga");
  t.set_status("submitted");
  t.set_protocol("grpc");
  t.set_health("retrying");
  t.set_waits_for("a call");
  t.set_create_time_us(1'795'255'200'000'000);
  t.set_version(3);
  v1::Branch& branch = *t.add_branches();
  branch.set_branch_id("01");
  branch.set_op("action");
  branch.set_status("prepared");
  branch.set_target("127.0.0.1:1/a.B/C");
  branch.set_attempts(2);
  branch.set_payload("{}");
  branch.add_after(1);
  return t;
}

// Field names are a promise to scripts: a change here is a change of the interface.
TEST(Json, TransactionHasTheseFields) {
  EXPECT_EQ(Dump(ToJson(Example()), true),
            R"({"gid":"order-1","mode":"saga","status":"submitted","health":"retrying",)"
            R"("waits_for":"a call","reason":"","protocol":"grpc",)"
            R"("create_time":"2026-11-21T10:00:00.000000Z","update_time":null,"finish_time":null,)"
            R"("next_wake":null,"version":3,"definition":"","definition_version":0,)"
            R"("timeout_to_fail_s":0,"retry_interval_s":0,"request_timeout_s":0,"retry_limit":0,)"
            R"("query_prepared":"","concurrent":false,"node_id":0,"node":"",)"
            R"("branches":[{"branch_id":"01","op":"action",)"
            R"("status":"prepared","target":"127.0.0.1:1/a.B/C","attempts":2,"last_outcome":"",)"
            R"("last_error":"","next_attempt":null,"finish_time":null,"in_flight":false,)"
            R"("payload":"{}","after":[1],"dead":"","on_fallback":false,"first_failure":null,)"
            R"("last_failure":null}]})"
            "\n");
}

TEST(Json, ListsLeaveOutWhatTheServerDoesNotTell) {
  const nlohmann::ordered_json json = ToListJson(Example());
  EXPECT_FALSE(json.contains("branches"));
  EXPECT_FALSE(json.contains("waits_for"));
  EXPECT_EQ(json["gid"], "order-1");
}

TEST(Json, SubmitTellsWhetherItWasKnown) {
  v1::SubmitReply reply;
  *reply.mutable_transaction() = Example();
  reply.set_already_known(true);
  EXPECT_EQ(ToJson(reply)["already_known"], true);
  EXPECT_EQ(ToJson(reply)["gid"], "order-1");
}

TEST(Json, HistoryEntryHasTheseFields) {
  v1::HistoryEntry entry;
  entry.set_time_us(1'795'255'200'000'000);
  entry.set_kind("answered");
  entry.set_branch_id("01");
  entry.set_op("action");
  entry.set_attempt(1);
  entry.set_outcome("success");
  EXPECT_EQ(Dump(ToJson(entry), true),
            R"({"time":"2026-11-21T10:00:00.000000Z","kind":"answered","branch_id":"01",)"
            R"("op":"action","attempt":1,"outcome":"success","text":"","actor":""})"
            "\n");
}

TEST(Json, StatsHasTheseFields) {
  v1::StatsReply stats;
  (*stats.mutable_open_by_status())["submitted"] = 2;
  stats.set_store_ok(true);
  stats.add_lanes()->set_destination("a:1");
  EXPECT_EQ(Dump(ToJson(stats), true),
            R"({"start_time":null,"open_by_status":{"prepared":0,"submitted":2,"aborting":0},)"
            R"("ended_by_status":{"succeed":0,"failed":0},"live":0,"commits":0,)"
            R"("commit_writes":0,"branch_calls":0,"refused":0,"oldest_open":null,)"
            R"("store_ok":true,"store_queries":0,"lanes":[{"destination":"a:1","in_flight":0,)"
            R"("queued":0,"in_flight_limit":0,"calls":0,"unknown":0}]})"
            "\n");
}

TEST(Json, DefinitionHasTheseFields) {
  v1::Definition definition;
  definition.set_name("order_paid");
  EXPECT_EQ(Dump(ToJson(definition), true),
            R"({"name":"order_paid","version":0,"mode":"","steps":0,"description":""})"
            "\n");
}

TEST(ShowBytes, TextStaysTextAndTheRestIsBase64) {
  EXPECT_EQ(ShowBytes(""), "");
  EXPECT_EQ(ShowBytes("{\"a\": 1}\n"), "{\"a\": 1}\n");
  EXPECT_EQ(ShowBytes("東京"), "東京");
  EXPECT_EQ(ShowBytes(std::string("\x08\x01", 2)), "base64:CAE=");
  EXPECT_EQ(ShowBytes("\xff\xfe"), "base64://4=");
  EXPECT_EQ(ShowBytes("base64:CAE="), "base64:YmFzZTY0OkNBRT0=") << "must not be mistaken";
}

TEST(Dump, BadUtf8OfAParticipantDoesNotBreakTheJson) {
  v1::Transaction t = Example();
  t.set_reason("bad \xff");
  const std::string text = Dump(ToJson(t), false);
  EXPECT_TRUE(nlohmann::json::accept(text)) << text;
  EXPECT_EQ(text.substr(0, 4), "{\n  ");
}

}  // namespace
}  // namespace saga::cli
