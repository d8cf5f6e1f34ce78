// The face over the client library, against a real server: what goes in comes out, and each error
// is what failure.h says.

#include "orchestrator/mysql/connection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "orchestrator/mysql/failure.h"
#include "tests/fixture/mariadb.h"

namespace saga::mysql {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ConnectionTest : public ::testing::Test {
 protected:
  ConnectionTest() { Open(connection_); }

  void Open(Connection& connection) {
    const absl::StatusOr<Options> options = ParseUrl(database_.url());
    ASSERT_TRUE(options.ok()) << options.status();
    const absl::Status opened = connection.Open(*options);
    ASSERT_TRUE(opened.ok()) << opened;
  }

  absl::StatusCode CodeOf(const std::string& statement) {
    return connection_.Run(statement).code();
  }

  fixture::Database database_;
  Connection connection_;
};

TEST_F(ConnectionTest, WhatIsBoundIsReadBack) {
  ASSERT_TRUE(connection_
                  .Run("CREATE TABLE t (id BIGINT PRIMARY KEY, u BIGINT UNSIGNED, r DOUBLE,"
                       " s VARCHAR(80), b LONGBLOB) DEFAULT CHARSET=utf8mb4")
                  .ok());
  const std::string text = "it's \xF0\x9F\x8D\x8E; -- \\";
  std::string bytes(300'000, '\0');
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i);
  Statement* insert = connection_.Prepared("INSERT INTO t VALUES (?, ?, ?, ?, ?)").value();
  EXPECT_EQ(insert->Arguments(), 5u);
  insert->Bind(INT64_MIN).Bind(uint64_t{7}).Bind(-0.5).Bind(text).Bind(bytes);
  EXPECT_EQ(insert->Bound(), 5u);
  const absl::Status inserted = insert->Run();
  ASSERT_TRUE(inserted.ok()) << inserted;
  EXPECT_EQ(insert->Affected(), 1u);
  insert->Bind(1).BindNull().BindNull().Bind("").BindNull();
  ASSERT_TRUE(insert->Run().ok()) << "a statement is used again";

  Statement* select = connection_.Prepared("SELECT * FROM t ORDER BY id").value();
  ASSERT_TRUE(select->Run().ok());
  ASSERT_TRUE(select->Next());
  EXPECT_TRUE(select->IsNumber(0));
  EXPECT_FALSE(select->IsNumber(3));
  EXPECT_EQ(select->Number(0), INT64_MIN);
  EXPECT_EQ(select->Number(1), 7);
  EXPECT_EQ(select->Real(2), -0.5);
  EXPECT_EQ(select->Text(3), text);
  EXPECT_EQ(select->Text(4), bytes);
  ASSERT_TRUE(select->Next());
  EXPECT_TRUE(select->IsNull(1));
  EXPECT_EQ(select->Number(1), 0);
  EXPECT_FALSE(select->IsNull(3));
  EXPECT_EQ(select->Text(4), "");
  EXPECT_FALSE(select->Next());
  EXPECT_FALSE(select->Next());
}

TEST_F(ConnectionTest, RowsThatNobodyReadDoNotStandInTheWay) {
  Statement* select = connection_.Prepared("SELECT 1 UNION SELECT 2").value();
  ASSERT_TRUE(select->Run().ok());
  ASSERT_TRUE(select->Next());
  EXPECT_TRUE(connection_.Run("SELECT 3").ok());
  EXPECT_EQ(connection_.QueryOne("SELECT 4").value(), "4");
  select = connection_.Prepared("SELECT 1 UNION SELECT 2").value();
  EXPECT_FALSE(select->Next()) << "it was given back";
  ASSERT_TRUE(select->Run().ok());
  EXPECT_TRUE(select->Next());
}

TEST_F(ConnectionTest, AScriptRunsUntilItsFirstError) {
  EXPECT_TRUE(connection_
                  .RunScript("CREATE TABLE t (id INT PRIMARY KEY, s TEXT); -- one; two\n"
                             "INSERT INTO t VALUES (1, 'a;b'); SELECT * FROM t; ")
                  .ok());
  const absl::Status failed =
      connection_.RunScript("INSERT INTO t VALUES (2, ''); NONSENSE; INSERT INTO t VALUES (3, '')");
  EXPECT_EQ(failed.code(), absl::StatusCode::kInternal) << failed;
  EXPECT_EQ(connection_.QueryOne("SELECT GROUP_CONCAT(id) FROM t").value(), "1,2");
  EXPECT_FALSE(connection_.Run("SELECT 1; SELECT 2").ok()) << "only a script has several";
}

TEST_F(ConnectionTest, WhatDoesNotFitIsAnErrorAndNotCut) {
  ASSERT_TRUE(connection_.Run("CREATE TABLE t (s VARCHAR(3), n TINYINT)").ok());
  EXPECT_EQ(CodeOf("INSERT INTO t VALUES ('abcd', 1)"), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(CodeOf("INSERT INTO t VALUES ('abc', 1000)"), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(connection_.QueryOne("SELECT COUNT(*) FROM t").value(), "0");
}

TEST_F(ConnectionTest, ErrorsAreWhatTheHeaderSays) {
  ASSERT_TRUE(connection_.Run("CREATE TABLE t (id INT PRIMARY KEY)").ok());
  ASSERT_TRUE(connection_.Run("INSERT INTO t VALUES (1)").ok());
  const absl::Status again = connection_.Run("INSERT INTO t VALUES (1)");
  EXPECT_EQ(again.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(ErrorNumber(again), 1062u);
  EXPECT_EQ(ErrorNumber(absl::InternalError("somebody else's")), 0u);
  EXPECT_EQ(CodeOf("SELECT * FROM missing"), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(CodeOf("NONSENSE"), absl::StatusCode::kInternal);
  EXPECT_EQ(connection_.Prepared("NONSENSE").status().code(), absl::StatusCode::kInternal);

  Connection other;
  Open(other);
  ASSERT_TRUE(other.Run("BEGIN").ok());
  ASSERT_TRUE(other.Run("UPDATE t SET id = 2").ok());
  ASSERT_TRUE(connection_.Run("SET innodb_lock_wait_timeout = 1").ok());
  EXPECT_EQ(CodeOf("UPDATE t SET id = 3"), absl::StatusCode::kAborted);
}

TEST_F(ConnectionTest, AConnectionThatWasKilledIsUnavailableAndOpensAgain) {
  const std::string id = connection_.QueryOne("SELECT CONNECTION_ID()").value().value();
  ASSERT_TRUE(connection_.Prepared("SELECT 1").ok());
  Connection other;
  Open(other);
  ASSERT_TRUE(other.Run("KILL " + id).ok());
  EXPECT_EQ(CodeOf("SELECT 1"), absl::StatusCode::kUnavailable);
  Open(connection_);
  Statement* select = connection_.Prepared("SELECT 5").value();
  ASSERT_TRUE(select->Run().ok());
  EXPECT_TRUE(select->Next());
  connection_.Close();
  EXPECT_EQ(CodeOf("SELECT 1"), absl::StatusCode::kUnavailable);
}

TEST_F(ConnectionTest, QuotedTextIsOneValue) {
  const std::string nasty = "a'b\"c\\d\0e'; DROP TABLE t; --";
  EXPECT_EQ(connection_.QueryOne("SELECT " + connection_.Quoted(nasty)).value(), nasty);
  EXPECT_THAT(connection_.Query("SELECT 1, NULL UNION SELECT 2, 'x'").value(),
              ElementsAre(ElementsAre("1", std::nullopt), ElementsAre("2", "x")));
  EXPECT_EQ(connection_.QueryOne("SELECT NULL").value(), std::nullopt);
}

}  // namespace
}  // namespace saga::mysql
