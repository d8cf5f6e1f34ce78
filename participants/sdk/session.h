#pragma once

// What a kind of database does for database.h: one transaction's statements. Implemented in
// sqlite_database.cc and mysql_session.cc; services see only Transaction and Rows.
//
// Thread safety: none; a session and its statements belong to one thread at a time.

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace saga::participants::sdk {

// A prepared statement: bound from the first ? on, then either Run, or Start and Next.
class Statement {
 public:
  virtual ~Statement() = default;

  // The next ?. What `value` points at is kept until Run or Start has returned.
  virtual void Bind(int64_t value) = 0;
  virtual void Bind(absl::string_view value) = 0;

  // A statement without rows; how many it changed, or met with an UPDATE that left them as they
  // were.
  virtual absl::StatusOr<int64_t> Run() = 0;
  // A query; its rows come with Next.
  virtual absl::Status Start() = 0;
  virtual absl::StatusOr<bool> Next() = 0;
  virtual int64_t Int(int column) const = 0;
  virtual std::string Text(int column) const = 0;
  // Gives up what is bound and what has not been read.
  virtual void Reset() = 0;
};

class Session {
 public:
  virtual ~Session() = default;

  // The statement with this text, which has `arguments` question marks; kept and handed out again.
  virtual absl::StatusOr<Statement*> Prepare(absl::string_view sql, size_t arguments) = 0;
  virtual int64_t LastInsertId() const = 0;
};

}  // namespace saga::participants::sdk
