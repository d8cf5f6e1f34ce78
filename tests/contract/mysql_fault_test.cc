// A database that does what databases do on bad days: connections break, locks collide, disks are
// full, settings are wrong. What was acknowledged is there, what was not is told as it is, and the
// store goes on when the database does.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "orchestrator/adapter/mysql/mysql_store.h"
#include "orchestrator/mysql/connection.h"
#include "tests/contract/random_record.h"
#include "tests/fixture/mariadb.h"
#include "tests/fixture/process.h"
#include "tests/fixture/temp_dir.h"

namespace saga::adapter {
namespace {

using contract::InsertOf;
using contract::SmallSaga;
using contract::UpdateOf;
using ::testing::HasSubstr;
using Result = port::WriteResult::Kind;

constexpr base::Time kDue{1'700'000'000'000'000};
const std::vector<uint32_t> kActions = {1, 3};

// One server for the program: its tests may break it, and mend it again.
fixture::MariaDb& Server() {
  static fixture::MariaDb server;
  static const bool ready = server.WaitReady();
  EXPECT_TRUE(ready) << server.Log();
  return server;
}

core::GlobalTransaction Ended(core::GlobalTransaction transaction) {
  transaction.version += 1;
  transaction.status = core::Status::kSucceed;
  for (const uint32_t row : kActions)
    transaction.branches[row].status = core::BranchStatus::kSucceed;
  return transaction;
}

class MysqlFault : public ::testing::Test {
 protected:
  MysqlOptions Options() {
    return {.database = *mysql::ParseUrl(database_.url()),
            .node_name = "test",
            .before_commit = [this] { InCommit(); }};
  }
  void Open() {
    auto opened = OpenMysqlStore(Options());
    ASSERT_TRUE(opened.ok()) << opened.status();
    opened_ = *std::move(opened);
  }
  // Once, inside the next commit.
  void OnCommit(std::function<void()> act) { act_ = std::move(act); }
  void InCommit() {
    if (std::function<void()> act = std::exchange(act_, nullptr); act) act();
  }
  port::WriteResult Put(const port::Write& write) { return opened_.store->Commit({write})[0]; }
  // Breaks every session of this database but the one that says so.
  void BreakSessions() {
    const std::string ids =
        database_.Run(absl::StrCat("SELECT id FROM information_schema.processlist WHERE db = '",
                                   database_.name(), "' AND id <> CONNECTION_ID()"));
    std::string script;
    std::string id;
    for (const char c : ids + "\n") {
      if (c != '\n') {
        id.push_back(c);
      } else if (!id.empty()) {
        absl::StrAppend(&script, "KILL ", std::exchange(id, ""), ";\n");
      }
    }
    // One may end by itself meanwhile.
    (void)fixture::RunSql(Server().address(), "", script);
  }

  fixture::Database database_{Server().address()};
  MysqlStore opened_;
  std::function<void()> act_;
};

TEST_F(MysqlFault, ConnectionsThatBreakBetweenCommitsAreNoNews) {
  Open();
  ASSERT_EQ(Put(InsertOf(SmallSaga("a"), kDue)).kind, Result::kDone);
  BreakSessions();
  EXPECT_EQ(Put(InsertOf(SmallSaga("b"), kDue)).kind, Result::kDone);
  BreakSessions();
  EXPECT_TRUE(opened_.store->Load("a").ok());
  BreakSessions();
  EXPECT_TRUE(opened_.query->Find("b").ok());
  EXPECT_EQ(Put(UpdateOf(Ended(SmallSaga("a")), base::kNever, &kActions)).kind, Result::kDone);
}

TEST_F(MysqlFault, ACommitThatBreaksIsUnknownAndTheStoreSaysWhatBecameOfIt) {
  Open();
  ASSERT_EQ(Put(InsertOf(SmallSaga("a"), kDue)).kind, Result::kDone);
  OnCommit([this] { BreakSessions(); });
  const port::WriteResult broken = Put(UpdateOf(Ended(SmallSaga("a")), base::kNever, &kActions));
  EXPECT_EQ(broken.kind, Result::kUnknown) << broken.error;
  // The session died before COMMIT reached the database: the version tells.
  ASSERT_EQ(opened_.store->Load("a")->version, 1u);
  EXPECT_TRUE(opened_.store->Claim("a").Ours());
  EXPECT_EQ(Put(UpdateOf(Ended(SmallSaga("a")), base::kNever, &kActions)).kind, Result::kDone);
  EXPECT_EQ(*opened_.store->Load("a"), Ended(SmallSaga("a")));
}

TEST_F(MysqlFault, ADatabaseThatDiesInsideACommitHasAllOfItOrNothing) {
  Open();
  ASSERT_EQ(Put(InsertOf(SmallSaga("a"), kDue)).kind, Result::kDone);
  OnCommit([] { Server().Kill(); });
  const std::vector<port::WriteResult> results = opened_.store->Commit(
      {InsertOf(SmallSaga("b"), kDue), UpdateOf(Ended(SmallSaga("a")), base::kNever, &kActions)});
  EXPECT_EQ(results[0].kind, Result::kUnknown);
  EXPECT_EQ(results[1].kind, Result::kUnknown);
  const port::WriteResult away = Put(InsertOf(SmallSaga("c"), kDue));
  EXPECT_EQ(away.kind, Result::kFailed);
  EXPECT_THAT(away.error, HasSubstr("database"));
  EXPECT_FALSE(opened_.store->Ping().ok());
  Server().Start();
  ASSERT_TRUE(Server().WaitReady()) << Server().Log();
  EXPECT_TRUE(absl::IsNotFound(opened_.store->Load("b").status()));
  EXPECT_EQ(*opened_.store->Load("a"), SmallSaga("a"));
  EXPECT_TRUE(opened_.store->Ping().ok());
  EXPECT_EQ(Put(InsertOf(SmallSaga("c"), kDue)).kind, Result::kDone);
}

TEST_F(MysqlFault, DeadlocksAreTriedAgain) {
  Open();
  constexpr int kPairs = 40;
  for (int i = 0; i < 2 * kPairs; ++i)
    ASSERT_EQ(Put(InsertOf(SmallSaga(absl::StrCat("gid-", i)), kDue)).kind, Result::kDone);
  const auto deadlocks = [this] {
    int64_t count = 0;
    const std::string text = database_.Run(
        "SELECT variable_value FROM information_schema.global_status WHERE variable_name = "
        "'INNODB_DEADLOCKS'");
    EXPECT_TRUE(absl::SimpleAtoi(absl::string_view(text).substr(0, text.find('\n')), &count));
    return count;
  };
  const int64_t before = deadlocks();
  // Somebody takes the same rows in the other order, with more to lose than a batch of ours.
  std::atomic<bool> stop{false};
  std::thread other([&] {
    mysql::Connection session;
    ASSERT_TRUE(session.Open(Options().database).ok());
    while (!stop) {
      (void)session.Run("BEGIN");
      absl::Status status = absl::OkStatus();
      for (int i = 2 * kPairs; i > 0 && status.ok(); --i)
        status = session.Run(absl::StrCat("UPDATE trans_global SET owner = owner WHERE id = ", i));
      (void)session.Run("ROLLBACK");
    }
  });
  int version = 1;
  while (deadlocks() < before + 3 && version < 2000) {
    std::vector<core::GlobalTransaction> changed;
    std::vector<port::Write> writes;
    ++version;
    for (int i = 0; i < 2 * kPairs; ++i) {
      changed.push_back(SmallSaga(absl::StrCat("gid-", i)));
      changed.back().version = static_cast<uint64_t>(version);
    }
    for (const core::GlobalTransaction& one : changed) writes.push_back(UpdateOf(one, kDue));
    for (const port::WriteResult& result : opened_.store->Commit(writes))
      ASSERT_EQ(result.kind, Result::kDone) << result.error;
  }
  stop = true;
  other.join();
  EXPECT_GE(deadlocks(), before + 3);
}

TEST(MysqlFull, ADatabaseWithoutRoomRefusesAndLosesNothing) {
  fixture::MariaDb server({.args = {"--innodb-file-per-table=0",
                                    "--innodb-data-file-path=ibdata1:12M:autoextend:max:40M"}});
  ASSERT_TRUE(server.WaitReady()) << server.Log();
  fixture::Database database(server.address());
  auto opened = OpenMysqlStore({.database = *mysql::ParseUrl(database.url()), .node_name = "test"});
  ASSERT_TRUE(opened.ok()) << opened.status();
  const auto put = [&](const port::Write& write) { return opened->store->Commit({write})[0]; };
  ASSERT_EQ(put(InsertOf(SmallSaga("first"), kDue)).kind, Result::kDone);
  port::WriteResult result;
  std::vector<std::string> stored;
  for (int i = 0; i < 200; ++i) {
    core::GlobalTransaction large = SmallSaga(absl::StrCat("large-", i));
    large.branches[0].payload = base::MakeBytes(std::string(900'000, 'p'));
    result = put(InsertOf(large, kDue));
    if (result.kind != Result::kDone) break;
    stored.push_back(large.gid);
  }
  EXPECT_EQ(result.kind, Result::kFailed);
  EXPECT_THAT(result.error, HasSubstr("make room"));
  EXPECT_FALSE(stored.empty());
  for (const std::string& gid : stored) EXPECT_TRUE(opened->store->Load(gid).ok()) << gid;
  // Room is made, and what was refused for want of it is taken.
  database.Run("DELETE FROM trans_branch_op WHERE gid LIKE 'large-%';");
  EXPECT_EQ(put(UpdateOf(Ended(SmallSaga("first")), base::kNever, &kActions)).kind, Result::kDone);
}

TEST_F(MysqlFault, ADatabaseThatTakesNoWritesSaysSo) {
  const std::string user = database_.NewUser("secret");
  MysqlOptions options = Options();
  options.database.user = user;
  options.database.password = "secret";
  auto opened = OpenMysqlStore(options);
  ASSERT_TRUE(opened.ok()) << opened.status();
  opened_ = *std::move(opened);
  database_.Run("SET GLOBAL read_only = 1;");
  const port::WriteResult refused = Put(InsertOf(SmallSaga("a"), kDue));
  const absl::Status at_start = OpenMysqlStore(options).status();
  database_.Run("SET GLOBAL read_only = 0;");
  EXPECT_EQ(refused.kind, Result::kFailed);
  EXPECT_THAT(refused.error, HasSubstr("takes no writes"));
  EXPECT_THAT(std::string(at_start.message()), HasSubstr("takes no writes"));
  EXPECT_EQ(Put(InsertOf(SmallSaga("a"), kDue)).kind, Result::kDone);
}

TEST_F(MysqlFault, WhatTheDatabaseMustAllowIsToldBeforeAnythingElse) {
  MysqlOptions options = Options();
  options.database.password = "wrong";
  options.database.user = database_.NewUser("secret");
  EXPECT_THAT(std::string(OpenMysqlStore(options).status().message()), HasSubstr("check user"));

  options = Options();
  options.database.database = "nobody_made_it";
  EXPECT_THAT(std::string(OpenMysqlStore(options).status().message()),
              HasSubstr("create the database"));

  options = Options();
  options.migrate = false;
  EXPECT_THAT(std::string(OpenMysqlStore(options).status().message()),
              HasSubstr("sagad migrate --plan"));

  options = Options();
  options.largest_request = size_t{1} << 30;
  EXPECT_THAT(std::string(OpenMysqlStore(options).status().message()),
              HasSubstr("max_allowed_packet"));

  options = Options();
  options.time_zone = "Mars/Olympus";
  EXPECT_THAT(std::string(OpenMysqlStore(options).status().message()), HasSubstr("time zone"));

  options = Options();
  options.database.port = 1;
  EXPECT_THAT(std::string(OpenMysqlStore(options).status().message()), HasSubstr("database up"));

  fixture::Database other(Server().address());
  other.Run("CREATE TABLE trans_global (id BIGINT PRIMARY KEY, gid VARCHAR(128)) ENGINE=MyISAM;");
  options = Options();
  options.database.database = other.name();
  EXPECT_THAT(std::string(OpenMysqlStore(options).status().message()), HasSubstr("ENGINE=InnoDB"));
}

// With a certificate that says it is localhost, by an authority that nobody else knows.
TEST(MysqlTls, EncryptionIsWhatWasAskedFor) {
  const fixture::TempDir dir;
  const std::string authority = dir.File("ca.pem");
  const std::string script = absl::StrCat(
      "cd ", dir.path(),
      " && openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=authority -keyout ca.key ",
      "-out ca.pem && openssl req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout server.key ",
      "-out server.csr && openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key ",
      "-CAcreateserial -days 2 -out server.pem && chmod -R a+rX .");
  const fixture::Finished made = fixture::Run({.program = "/bin/sh", .args = {"-c", script}});
  ASSERT_EQ(made.exit_code, 0) << made.err;
  fixture::MariaDb server({.args = {"--ssl-ca=" + authority, "--ssl-cert=" + dir.File("server.pem"),
                                    "--ssl-key=" + dir.File("server.key")}});
  ASSERT_TRUE(server.WaitReady()) << server.Log();
  fixture::Database database(server.address());
  database.Run("CREATE USER safe@'%' REQUIRE SSL; GRANT ALL ON *.* TO safe@'%';");
  mysql::Options options = *mysql::ParseUrl(database.url());
  options.user = "safe";
  const auto cipher = [](const mysql::Options& asked) -> std::string {
    mysql::Connection session;
    if (const absl::Status opened = session.Open(asked); !opened.ok())
      return std::string(opened.message());
    return session.Query("SHOW STATUS LIKE 'Ssl_cipher'")->front()[1].value_or("");
  };
  EXPECT_THAT(cipher(options), HasSubstr("Access denied"));
  options.tls = mysql::Tls::kRequired;
  EXPECT_THAT(cipher(options), HasSubstr("TLS"));
  options.tls = mysql::Tls::kVerified;
  options.host = "localhost";
  EXPECT_THAT(cipher(options), HasSubstr("certificate"));
  options.tls_ca = authority;
  EXPECT_THAT(cipher(options), HasSubstr("TLS"));
  // The certificate is localhost's and nobody else's.
  options.host = "127.0.0.1";
  EXPECT_THAT(cipher(options), HasSubstr("certificate"));
}

// A server that is started again on its port goes on at once.
TEST_F(MysqlFault, ARestartWaitsForNoLease) {
  MysqlOptions options = Options();
  options.lease = base::Seconds(600);
  auto before = OpenMysqlStore(options);
  ASSERT_TRUE(before.ok()) << before.status();
  ASSERT_TRUE(before->announce("127.0.0.1:1").ok());
  ASSERT_EQ(before->store->Commit({InsertOf(SmallSaga("a"), kDue)})[0].kind, Result::kDone);

  auto other = OpenMysqlStore(options);
  ASSERT_TRUE(other.ok()) << other.status();
  ASSERT_TRUE(other->announce("127.0.0.1:2").ok());
  EXPECT_TRUE(other->store->ClaimDue(base::Time{kDue.micros + 1}, 10)->empty());
  auto after = OpenMysqlStore(options);
  ASSERT_TRUE(after.ok()) << after.status();
  ASSERT_TRUE(after->announce("127.0.0.1:1").ok());
  EXPECT_EQ(after->store->ClaimDue(base::Time{kDue.micros + 1}, 10)->size(), 1u);
  // Should it live after all, it can do nothing.
  EXPECT_EQ(
      before->store->Commit({UpdateOf(Ended(SmallSaga("a")), base::kNever, &kActions)})[0].kind,
      Result::kConflict);
}

// A process that is frozen between a commit's first statement and its COMMIT keeps the locks of its
// session, the one on its own row of sagad_node among them: until the database closes the session.
TEST_F(MysqlFault, AProcessFrozenInsideACommitIsTakenOver) {
  MysqlOptions options = Options();
  options.lease = base::Seconds(2);
  options.database.idle_timeout = options.lease;
  auto frozen = OpenMysqlStore(options);
  ASSERT_TRUE(frozen.ok()) << frozen.status();
  ASSERT_EQ(frozen->store->Commit({InsertOf(SmallSaga("a"), kDue)})[0].kind, Result::kDone);
  mysql::Connection session;
  ASSERT_TRUE(session.Open(options.database).ok());
  ASSERT_TRUE(session.Run("BEGIN").ok());
  ASSERT_TRUE(session.Run("UPDATE sagad_node SET beat = beat + 1").ok());
  *frozen = {};

  auto heir = OpenMysqlStore(options);
  ASSERT_TRUE(heir.ok()) << heir.status();
  size_t claimed = 0;
  EXPECT_TRUE(fixture::WaitUntil(absl::Seconds(30), [&] {
    const auto due = heir->store->ClaimDue(base::Time{kDue.micros + 1}, 10);
    if (due.ok()) claimed += due->size();
    return claimed == 1;
  }));
  EXPECT_FALSE(session.Run("COMMIT").ok()) << "it could still write";
}

// Two of one batch that the column takes for one: the first is stored, the second is told why not.
TEST_F(MysqlFault, GidsThatDifferInABlankSpoilNoBatch) {
  Open();
  const std::vector<port::WriteResult> results =
      opened_.store->Commit({InsertOf(SmallSaga("x"), kDue), InsertOf(SmallSaga("x "), kDue),
                             InsertOf(SmallSaga("y"), kDue)});
  EXPECT_EQ(results[0].kind, Result::kDone) << results[0].error;
  EXPECT_EQ(results[1].kind, Result::kFailed);
  EXPECT_THAT(results[1].error, HasSubstr("blanks at its end"));
  EXPECT_EQ(results[2].kind, Result::kDone) << results[2].error;
}

// As two branch ids that the column takes for one.
TEST_F(MysqlFault, BranchesThatTheColumnTakesForOneSpoilNoBatch) {
  Open();
  core::GlobalTransaction twins = SmallSaga("twins");
  twins.branches[2].branch_id = twins.branches[0].branch_id + " ";
  const std::vector<port::WriteResult> results =
      opened_.store->Commit({InsertOf(SmallSaga("a"), kDue), InsertOf(twins, kDue)});
  EXPECT_EQ(results[0].kind, Result::kDone) << results[0].error;
  EXPECT_EQ(results[1].kind, Result::kFailed);
}

// Whatever happened to rows that this node believes it holds: who writes them is told, nothing of
// theirs changes, and the others of the batch are stored.
TEST_F(MysqlFault, RowsThatAreNotAsRememberedSpoilNoBatch) {
  Open();
  const std::vector<std::string> gids = {"held", "taken", "given", "newer", "older", "gone"};
  for (const std::string& gid : gids)
    ASSERT_EQ(Put(InsertOf(SmallSaga(gid), kDue)).kind, Result::kDone);
  const std::string of = "sagad_transaction s JOIN trans_global g ON g.id = s.id SET s.";
  database_.Run(absl::StrCat("UPDATE ", of, "owner = 4711 WHERE gid = 'taken'; UPDATE ", of,
                             "owner = 0 WHERE gid = 'given'; UPDATE ", of,
                             "version = version + 1 WHERE gid = 'newer'; UPDATE ", of,
                             "version = version - 1 WHERE gid = 'older'; "
                             "DELETE s FROM sagad_transaction s JOIN trans_global g ON g.id = s.id "
                             "WHERE gid = 'gone'"));
  const std::string look =
      "SELECT g.gid, g.status, s.owner, s.version, MD5(s.detail) FROM trans_global g LEFT JOIN "
      "sagad_transaction s ON g.id = s.id WHERE gid <> 'held' AND gid <> 'new' AND gid <> 'given' "
      "ORDER BY g.id";
  const std::string before = database_.Run(look);

  std::vector<core::GlobalTransaction> made = {SmallSaga("new"), SmallSaga("held")};
  for (const std::string& gid : gids) made.push_back(Ended(SmallSaga(gid)));
  std::vector<port::Write> writes = {InsertOf(made[0], kDue), InsertOf(made[1], kDue)};
  for (size_t i = 2; i < made.size(); ++i)
    writes.push_back(UpdateOf(made[i], base::kNever, &kActions));
  std::vector<Result> results;
  for (const port::WriteResult& result : opened_.store->Commit(writes))
    results.push_back(result.kind);
  // What is nobody's may be written: it is the version that counts.
  EXPECT_THAT(results, ::testing::ElementsAre(Result::kDone, Result::kAlreadyThere, Result::kDone,
                                              Result::kConflict, Result::kDone, Result::kConflict,
                                              Result::kConflict, Result::kConflict));
  EXPECT_EQ(database_.Run(look), before);
  EXPECT_EQ(*opened_.store->Load("held"), made[2]);
  EXPECT_EQ(*opened_.store->Load("given"), made[4]);
  EXPECT_EQ(*opened_.store->Load("new"), made[0]);
}

TEST_F(MysqlFault, ATooNewSchemaIsRefused) {
  Open();
  opened_ = {};
  database_.Run("UPDATE sagad_meta SET value = '99' WHERE name = 'schema_version';");
  EXPECT_THAT(std::string(OpenMysqlStore(Options()).status().message()), HasSubstr("newer sagad"));
}

TEST_F(MysqlFault, TheServersOwnWaysChangeNothing) {
  database_.Run(
      "SET GLOBAL sql_mode = ''; SET GLOBAL time_zone = '+05:45'; SET GLOBAL wait_timeout = 1;");
  Open();
  core::GlobalTransaction transaction = SmallSaga("zone");
  transaction.custom_data = "\xf0\x9f\x9a\x80 caf\xc3\xa9";
  transaction.branches[1].payload = base::MakeBytes(std::string("\x00\xff\n'\"", 5));
  EXPECT_EQ(Put(InsertOf(transaction, kDue)).kind, Result::kDone);
  EXPECT_EQ(*opened_.store->Load("zone"), transaction);
  database_.Run(
      "SET GLOBAL sql_mode = DEFAULT; SET GLOBAL time_zone = 'SYSTEM'; "
      "SET GLOBAL wait_timeout = DEFAULT;");
}

// Statements per commit: the lease, sagad_transaction, trans_global, trans_branch_op, COMMIT; as
// many for transactions that begin, go on, or both, however many they are.
TEST_F(MysqlFault, ABatchCostsAsManyStatementsAsOneTransaction) {
  Open();
  const auto cost = [this](const std::string& begin, const std::string& end, int count) {
    std::vector<core::GlobalTransaction> made;
    std::vector<port::Write> writes;
    for (int i = 0; i < count; ++i) {
      if (!begin.empty()) made.push_back(SmallSaga(absl::StrCat(begin, "-", i)));
      if (!end.empty()) made.push_back(Ended(SmallSaga(absl::StrCat(end, "-", i))));
    }
    for (const core::GlobalTransaction& one : made) {
      const bool insert = !core::IsFinal(one.status);
      writes.push_back(insert ? InsertOf(one, kDue) : UpdateOf(one, base::kNever, &kActions));
    }
    const uint64_t before = opened_.query->QueryCount();
    for (const port::WriteResult& result : opened_.store->Commit(writes))
      EXPECT_EQ(result.kind, Result::kDone) << result.error;
    return opened_.query->QueryCount() - before;
  };
  constexpr uint64_t kStatements = 5;
  for (const int count : {1, 16, 64}) {
    const auto name = [&](const char* what) { return absl::StrCat(what, count); };
    // Each once to prepare the statements, which counts as well.
    cost(name("a"), "", count);
    EXPECT_EQ(cost(name("b"), "", count), kStatements + (count > 32 ? 1 : 0));  // 256 branch rows
    cost("", name("a"), count);
    EXPECT_EQ(cost("", name("b"), count), kStatements);
    cost(name("c"), "", count);
    cost(name("d"), name("c"), count);
    EXPECT_EQ(cost(name("e"), name("d"), count), kStatements + (count > 32 ? 2 : 0));
  }
}

}  // namespace
}  // namespace saga::adapter
