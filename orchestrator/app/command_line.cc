#include "orchestrator/app/command_line.h"

#include <algorithm>
#include <cxxopts.hpp>
#include <initializer_list>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "orchestrator/app/care_help.h"
#include "orchestrator/app/config.h"
#include "orchestrator/app/suggest.h"

namespace saga::app {
namespace {

constexpr char kWhat[] =
    "sagad makes a business operation spanning several services all-or-nothing.\n"
    "\n"
    "  sagad [run] [FLAG...]          serve until SIGTERM or SIGINT; a second signal ends it at "
    "once\n"
    "  sagad config [FLAG...]         print every setting and where its value comes from\n"
    "  sagad version                  print the version\n"
    "  sagad backup --to FILE         copy the SQLite store, also while sagad runs\n"
    "  sagad restore --from FILE      put a backup back\n"
    "  sagad verify [--from FILE]     look for what cannot be in a store or a backup\n"
    "  sagad export --to FILE         write everything in a store into a file for another store\n"
    "  sagad import --from FILE       fill an empty store from such a file\n"
    "  sagad migrate --plan|--apply   the tables of a database as a store: shown, or made\n"
    "  sagad doctor                   look at a database of DTM before it is taken over\n"
    "  sagad help COMMAND             more about one of the last ones\n"
    "\n"
    "A setting is given as flag, as environment variable or in the file of --config, and counts in "
    "this order.\n"
    "Durations: 10s, 500ms, 2m, 1h, 30d, or plain seconds.\n"
    "Exit codes: 0 stopped as asked, 2 wrong usage or configuration, 3 data directory or store, 4 "
    "address busy, 5 findings.\n";

cxxopts::Options MakeOptions() {
  cxxopts::Options options("sagad", kWhat);
  options.custom_help("[COMMAND] [FLAG...]");
  options.positional_help("");
  options.allow_unrecognised_options();
  options.add_options("General")(
      "config", absl::StrCat("Configuration file (YAML). Environment: ", kConfigFileVariable),
      cxxopts::value<std::string>(),
      "FILE")("o,output", "With config and version: table or json",
              cxxopts::value<std::string>()->default_value("table"),
              "FORMAT")("h,help", "Print this")("version", "Print the version");
  options.add_options("Store")("to", "With backup and export: the file to write",
                               cxxopts::value<std::string>(), "FILE")(
      "from", "With restore, verify and import: the file to read", cxxopts::value<std::string>(),
      "FILE")("force", "With backup, restore and export: replace what is there")(
      "despite-findings", "With restore and export: also when something in it cannot be");
  options.add_options("Store")("plan", "With migrate: print what would be run")(
      "apply", "With migrate: run it")("widen", "With migrate: also make DTM's own columns wider");
  cxxopts::OptionAdder settings = options.add_options("Settings");
  for (const ConfigKey& key : ConfigKeys()) {
    const std::string range = RangeText(key);
    settings(FlagName(key),
             absl::StrCat(key.help, range.empty() ? "" : absl::StrCat(" ", range, "."),
                          " Environment: ", EnvName(key)),
             cxxopts::value<std::string>()->default_value(key.default_value),
             key.type == KeyType::kChoice  ? key.choices
             : key.type == KeyType::kCount ? "N"
                                           : TypeText(key));
  }
  return options;
}

void ReadCommand(const std::string& word, CommandLine* out) {
  static const std::vector<std::pair<std::string, Command>> commands = {
      {"run", Command::kRun},         {"config", Command::kConfig}, {"version", Command::kVersion},
      {"help", Command::kHelp},       {"backup", Command::kBackup}, {"restore", Command::kRestore},
      {"verify", Command::kVerify},   {"export", Command::kExport}, {"import", Command::kImport},
      {"migrate", Command::kMigrate}, {"doctor", Command::kDoctor}};
  std::vector<std::string> names;
  for (const auto& [name, command] : commands) {
    if (name == word) {
      out->command = command;
      return;
    }
    names.push_back(name);
  }
  const std::string closest = ClosestName(word, names);
  out->problems.push_back(absl::StrCat(
      "unknown command ", word,
      closest.empty() ? "; see sagad --help" : absl::StrCat("; did you mean ", closest, "?")));
}

// What cxxopts did not know: commands, and flags that do not exist. The latter go on to LoadConfig,
// which knows what might have been meant.
void ReadUnmatched(const std::vector<std::string>& words, CommandLine* out) {
  bool after_unknown_flag = false;
  bool have_command = false;
  for (const std::string& word : words) {
    if (absl::StartsWith(word, "--") && word.size() > 2) {
      const size_t equals = word.find('=');
      out->flags.emplace_back(word.substr(2, equals == std::string::npos ? equals : equals - 2),
                              "");
      after_unknown_flag = equals == std::string::npos;
    } else if (absl::StartsWith(word, "-")) {
      out->problems.push_back(absl::StrCat("flags: unknown flag ", word, "; see sagad --help"));
    } else if (after_unknown_flag) {
      after_unknown_flag = false;  // its value
    } else if (have_command && out->command == Command::kHelp) {
      ReadCommand(word, out);
      out->help_of = std::exchange(out->command, Command::kHelp);
    } else if (have_command) {
      out->problems.push_back(absl::StrCat("one command at a time, not ", word, " too"));
    } else {
      have_command = true;
      ReadCommand(word, out);
    }
  }
}

void ReadGeneral(const cxxopts::ParseResult& parsed, CommandLine* out) {
  for (const cxxopts::KeyValue& argument : parsed.arguments()) {
    if (argument.key() == "config") {
      out->config_file = argument.value();
    } else if (argument.key() == "output") {
      out->json = argument.value() == "json";
      if (!out->json && argument.value() != "table") {
        out->problems.push_back(
            absl::StrCat("--output: \"", argument.value(), "\" is not allowed: table or json"));
      }
    } else if (argument.key() == "help") {
      if (out->command != Command::kHelp) out->help_of = out->command;
      out->command = Command::kHelp;
    } else if (argument.key() == "to") {
      out->to = argument.value();
    } else if (argument.key() == "from") {
      out->from = argument.value();
    } else if (argument.key() == "plan") {
      out->plan = true;
    } else if (argument.key() == "apply") {
      out->apply = true;
    } else if (argument.key() == "widen") {
      out->widen = true;
    } else if (argument.key() == "force") {
      out->force = true;
    } else if (argument.key() == "despite-findings") {
      out->despite_findings = true;
    } else if (argument.key() == "version") {
      out->command = Command::kVersion;
    } else {
      out->flags.emplace_back(argument.key(), argument.value());
    }
  }
}

void CheckMigrate(CommandLine* out) {
  const bool migrates = out->command == Command::kMigrate;
  if (out->command == Command::kHelp) return;
  if (!migrates && (out->plan || out->apply || out->widen))
    out->problems.push_back("--plan, --apply and --widen go with migrate only");
  if (migrates && out->plan == out->apply)
    out->problems.push_back("migrate takes one of --plan (show) and --apply (run)");
}

// A flag that a command would not look at was meant for another one.
void CheckFiles(CommandLine* out) {
  using enum Command;
  if (out->command == kHelp) return;
  const auto is_one_of = [out](std::initializer_list<Command> commands) {
    return std::find(commands.begin(), commands.end(), out->command) != commands.end();
  };
  const bool writes = is_one_of({kBackup, kExport});
  const bool reads = is_one_of({kRestore, kImport});
  if (!out->to.empty() && !writes) out->problems.push_back("--to goes with backup and export only");
  if (!out->from.empty() && !reads && out->command != kVerify)
    out->problems.push_back("--from goes with restore, verify and import only");
  if (out->force && !is_one_of({kBackup, kRestore, kExport}))
    out->problems.push_back("--force goes with backup, restore and export only");
  if (out->despite_findings && !is_one_of({kRestore, kExport}))
    out->problems.push_back("--despite-findings goes with restore and export only");
  if (out->to.empty() && writes) out->problems.push_back("--to is missing: the file to write");
  if (out->from.empty() && reads) out->problems.push_back("--from is missing: the file to read");
}

}  // namespace

CommandLine ParseCommandLine(int argc, const char* const* argv) {
  CommandLine out;
  try {
    cxxopts::Options options = MakeOptions();
    const cxxopts::ParseResult parsed = options.parse(argc, argv);
    ReadUnmatched(parsed.unmatched(), &out);
    ReadGeneral(parsed, &out);
    CheckFiles(&out);
    CheckMigrate(&out);
  } catch (const cxxopts::exceptions::exception& error) {
    out.problems.push_back(absl::StrCat("flags: ", error.what()));
  }
  return out;
}

std::string HelpText(Command of) {
  const std::string own = CareHelp(of);
  if (own.empty()) return MakeOptions().help();
  return absl::StrCat(own, "\nThe settings are those of a start: sagad --help.\n");
}

}  // namespace saga::app
