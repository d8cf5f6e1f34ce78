#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "cli/command/command.h"

namespace saga::cli {

const std::vector<Noun>& Nouns() {
  static const std::vector<Noun> nouns = {
      {"dlq", "dead letters: branch ops that are not called again until you decide"},
      {"job", "replays of dead letters: they go on without sagactl"},
      {"dest", "destinations: whom branches are called at, each in a lane of its own"},
      {"participants", "services that registered, and their instances"}};
  return nouns;
}

const std::vector<Command>& Commands() {
  static const std::vector<Command> commands = {ListCommand(),
                                                GetCommand(),
                                                DescribeCommand(),
                                                HistoryCommand(),
                                                SubmitCommand(),
                                                WaitCommand(),
                                                AbortCommand(),
                                                ForceStopCommand(),
                                                RetryNowCommand(),
                                                TopCommand(),
                                                StatsCommand(),
                                                OutboxCommand(),
                                                NodesCommand(),
                                                DefinitionsCommand(),
                                                ConfigCommand(),
                                                VersionCommand(),
                                                DlqListCommand(),
                                                DlqShowCommand(),
                                                DlqGroupCommand(),
                                                DlqReplayCommand(),
                                                DlqEditCommand(),
                                                DlqResolveCommand(),
                                                DlqDiscardCommand(),
                                                DlqExportCommand(),
                                                DlqImportCommand(),
                                                DlqParkedCommand(),
                                                JobListCommand(),
                                                JobDescribeCommand(),
                                                JobWatchCommand(),
                                                JobStopCommand(),
                                                DestListCommand(),
                                                DestDescribeCommand(),
                                                DestPauseCommand(),
                                                DestResumeCommand(),
                                                DestLimitCommand(),
                                                ParticipantsListCommand(),
                                                ParticipantsDescribeCommand()};
  return commands;
}

std::vector<const Command*> CommandsOf(const std::string& noun) {
  std::vector<const Command*> commands;
  for (const Command& command : Commands()) {
    const bool of_noun = absl::StartsWith(command.name, absl::StrCat(noun, " "));
    const bool alone = !absl::StrContains(command.name, ' ');
    if (noun.empty() ? alone : of_noun) commands.push_back(&command);
  }
  return commands;
}

}  // namespace saga::cli
