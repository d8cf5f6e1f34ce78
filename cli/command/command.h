#pragma once

// What every command is made of. A command is one file in this folder and one line in Commands().

#include <string>
#include <vector>

#include <cxxopts.hpp>
#include <nlohmann/json.hpp>

#include "absl/time/time.h"
#include "cli/client.h"
#include "cli/connection.h"
#include "cli/dead_letter_client.h"
#include "cli/destination_client.h"
#include "cli/exit_code.h"
#include "cli/printer/time.h"

namespace saga::cli {

enum class Output { kTable, kWide, kJson, kJsonl };

// The parsed command line, and the connection it asks for.
class Call {
 public:
  Call(const cxxopts::ParseResult& options, std::vector<std::string> arguments);

  // Why the options common to all commands are wrong; empty: they are not.
  std::string Problem() const { return problem_; }

  const cxxopts::ParseResult& options() const { return options_; }
  const std::vector<std::string>& arguments() const { return arguments_; }
  Client& client() { return client_; }
  DeadLetterClient& dead_letters() { return dead_letters_; }
  DestinationClient& destinations() { return destinations_; }
  Output output() const { return output_; }
  TimeStyle time_style() const { return time_style_; }
  absl::Time now() const { return now_; }
  absl::Duration timeout() const { return timeout_; }
  bool Machine() const { return output_ == Output::kJson || output_ == Output::kJsonl; }

  // An option of the command that takes text; empty when it was not given.
  std::string Text(const std::string& option) const;
  bool Has(const std::string& option) const { return options_.count(option) > 0; }

  // Prints one transaction the way `-o` says.
  void Print(const v1::Transaction& transaction) const;
  // Prints several: `json` as one array.
  void Print(const std::vector<v1::Transaction>& transactions) const;

 private:
  const cxxopts::ParseResult& options_;
  const std::vector<std::string> arguments_;
  std::string problem_;
  Output output_ = Output::kTable;
  TimeStyle time_style_ = TimeStyle::kIso;
  const absl::Time now_ = absl::Now();
  const absl::Duration timeout_;
  const Connection connection_;
  Client client_{connection_};
  DeadLetterClient dead_letters_{connection_};
  DestinationClient destinations_{connection_};
};

struct Command {
  const char* name;       // "list"; of a noun: "dlq list"
  const char* arguments;  // for the usage line: "GID..."
  const char* summary;    // one line
  const char* details;    // more, for its own help
  // How many positional arguments it takes.
  size_t min_arguments;
  size_t max_arguments;
  bool can_wait;  // the default of --timeout is long
  void (*add_options)(cxxopts::OptionAdder&);
  ExitCode (*run)(Call&);
};

const std::vector<Command>& Commands();

// What a command of two words begins with.
struct Noun {
  const char* name;
  const char* summary;
};

const std::vector<Noun>& Nouns();

// The commands of a noun; of "": those of one word.
std::vector<const Command*> CommandsOf(const std::string& noun);

Command AbortCommand();
Command DefinitionsCommand();
Command ConfigCommand();
Command DescribeCommand();
Command DestDescribeCommand();
Command DestLimitCommand();
Command DestListCommand();
Command DestPauseCommand();
Command DestResumeCommand();
Command DlqDiscardCommand();
Command DlqEditCommand();
Command DlqExportCommand();
Command DlqGroupCommand();
Command DlqImportCommand();
Command DlqListCommand();
Command DlqParkedCommand();
Command DlqReplayCommand();
Command DlqResolveCommand();
Command DlqShowCommand();
Command ForceStopCommand();
Command GetCommand();
Command HistoryCommand();
Command JobDescribeCommand();
Command JobListCommand();
Command JobStopCommand();
Command JobWatchCommand();
Command ListCommand();
Command OutboxCommand();
Command NodesCommand();
Command ParticipantsDescribeCommand();
Command ParticipantsListCommand();
Command RetryNowCommand();
Command StatsCommand();
Command SubmitCommand();
Command TopCommand();
Command VersionCommand();
Command WaitCommand();

// Complains about a failed call and says which exit code that is.
ExitCode Failed(const grpc::Status& status, const std::string& gid = "");

// The arguments, with `-` replaced by the lines of standard input.
std::vector<std::string> Gids(const Call& call);

// Succeed, failed, or still open, as an exit code.
ExitCode OutcomeOf(const v1::Transaction& transaction);

// An option that takes text, shown in the help as `--name PLACEHOLDER`.
void AddText(cxxopts::OptionAdder& add, const char* name, const char* help,
             const char* placeholder);

// Prints what `-o json` shows of several things as an array, `-o jsonl` as lines.
void PrintJson(const Call& call, const std::vector<nlohmann::ordered_json>& values);
// One thing, for both.
void PrintJson(const Call& call, const nlohmann::ordered_json& value);

// For what is done to one transaction and recorded with its reason: the option, and the run, which
// complains with `unsaid` when there is no reason.
void AddReason(cxxopts::OptionAdder& add);
// The same for what has no reason of its own.
void AddHistoryReason(cxxopts::OptionAdder& add);
// False: there is no reason, and `unsaid` was complained.
bool HasReason(const Call& call, const char* unsaid);
using ReasonedAct = grpc::Status (Client::*)(const std::string& gid, const std::string& reason,
                                             v1::Transaction* reply);
ExitCode RunReasoned(Call& call, ReasonedAct act, const char* unsaid);

inline void NoOptions(cxxopts::OptionAdder&) {}

}  // namespace saga::cli
