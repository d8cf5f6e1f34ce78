#include "cli/options.h"

#include <cstdlib>

#include "absl/strings/str_cat.h"

namespace saga::cli {

namespace {

std::string DefaultServer() {
  const char* const server = std::getenv("SAGAD_SERVER");
  return server != nullptr && *server != '\0' ? server : "127.0.0.1:36790";
}

}  // namespace

cxxopts::Options OptionsOf(const Command& command) {
  cxxopts::Options options(absl::StrCat("sagactl ", command.name),
                           absl::StrCat(command.name, ": ", command.summary, "\n",
                                        *command.details == '\0' ? "" : absl::StrCat(command.details, "\n")));
  options.custom_help("[OPTIONS]");
  options.positional_help(command.arguments);
  cxxopts::OptionAdder own = options.add_options();
  command.add_options(own);
  options.add_options("All commands")  //
      ("o,output", "table, wide, json or jsonl", cxxopts::value<std::string>()->default_value("table"))(
          "server", "address of sagad (or SAGAD_SERVER)",
          cxxopts::value<std::string>()->default_value(DefaultServer()))(
          "timeout", "give up after this long",
          cxxopts::value<std::string>()->default_value(command.can_wait ? "60s" : "10s"))(
          "time", "auto, relative or iso", cxxopts::value<std::string>()->default_value("auto"))("h,help", "this text");
  options.add_options("hidden")("arguments", "", cxxopts::value<std::vector<std::string>>());
  options.parse_positional({"arguments"});
  return options;
}

}  // namespace saga::cli
