#pragma once

// A prepared statement: bound, run, and read.
//
//   statement->Text(gid).Number(version);      // in the order of the question marks
//   if (absl::Status run = statement->Run(); !run.ok()) return run;
//   while (statement->Next()) Use(statement->Number(0), statement->Text(1));

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace saga::mysql {

class Connection;

// Thread safety: that of its connection.
class Statement {
 public:
  ~Statement();

  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  // The next question mark. Texts are not copied: they live until Run returns.
  Statement& BindNull();
  Statement& Bind(int64_t number);
  Statement& Bind(uint64_t number) { return Bind(static_cast<int64_t>(number)); }
  Statement& Bind(int32_t number) { return Bind(int64_t{number}); }
  Statement& Bind(uint32_t number) { return Bind(int64_t{number}); }
  Statement& Bind(double number);
  Statement& Bind(absl::string_view text);

  // How many question marks it has, and how many of them have a value.
  size_t Arguments() const;
  size_t Bound() const;
  // Forgets what is bound, and the rows that were not read.
  void Reset();

  // Runs it with what is bound and forgets that. All question marks have to be bound. Rows, if
  // there are any, are all on this side when it returns.
  absl::Status Run();

  // Rows changed or found, and the first id made.
  uint64_t Affected() const;
  uint64_t InsertId() const;

  // Moves to the first, or the next row; false: there is none. Ends of itself with the last one.
  bool Next();
  // Of the row it stands on, by column from 0. NULL reads as 0 or empty. Texts are valid until the
  // next Next or Run.
  bool IsNull(size_t column) const;
  // Whether Number may be asked: a column of a whole-number type, DECIMAL not among them.
  bool IsNumber(size_t column) const;
  int64_t Number(size_t column) const;
  double Real(size_t column) const;
  absl::string_view Text(size_t column) const;

 private:
  friend class Connection;
  struct Body;
  static absl::StatusOr<std::unique_ptr<Statement>> Prepare(Connection* connection,
                                                            absl::string_view sql);
  explicit Statement(std::unique_ptr<Body> body);

  absl::Status Failure();
  absl::Status TakeRows();

  std::unique_ptr<Body> body_;
};

}  // namespace saga::mysql
