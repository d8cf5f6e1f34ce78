#pragma once

// The client library's own handle, seen by connection.cc and statement.cc only.

#include <mysql.h>

#include "orchestrator/mysql/connection.h"

namespace saga::mysql {

struct Connection::Session {
  MYSQL* handle = nullptr;

  ~Session() { mysql_close(handle); }
};

}  // namespace saga::mysql
