#pragma once

// Transactions for a person's eyes.

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "cli/printer/time.h"
#include "saga/v1/admin.pb.h"

namespace saga::cli {

// One row each; `wide` adds what is rarely needed.
std::string TransactionTable(const std::vector<v1::Transaction>& transactions, bool wide,
                             TimeStyle style, absl::Time now);

// Everything there is to say about one, what it waits for, and what could be done next.
std::string Description(const v1::Transaction& transaction, TimeStyle style, absl::Time now);

// Commands that make sense for a transaction in its present state, ready to be copied.
std::vector<std::string> NextCommands(const v1::Transaction& transaction);

std::string HistoryTable(const v1::HistoryReply& history, TimeStyle style, absl::Time now);

// `text` quoted for a POSIX shell, if it needs that.
std::string ShellQuoted(const std::string& text);

// `text` in double quotes, as a value of the filter language.
std::string FilterText(const std::string& text);

// A gid as the last argument of a command to be copied: quoted, and told from an option.
std::string GidArgument(const std::string& gid);

}  // namespace saga::cli
