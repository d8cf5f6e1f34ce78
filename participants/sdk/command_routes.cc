#include "participants/sdk/command_routes.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "participants/sdk/json_skin.h"

namespace saga::participants::sdk {

void CommandRoutes::Add(absl::string_view name, BranchMethod method) {
  methods_.insert_or_assign(std::string(absl::StripPrefix(name, "/")), std::move(method));
}

const BranchMethod* CommandRoutes::Find(absl::string_view name) const {
  const absl::string_view path = absl::StripPrefix(name.substr(0, name.find('?')), "/");
  const auto found = methods_.find(std::string(path));
  return found == methods_.end() ? nullptr : &found->second;
}

void AddHttpRoutes(const CommandRoutes& routes, ParticipantServer& server) {
  for (const auto& [name, method] : routes.methods()) {
    server.Route(absl::StrCat("/", name),
                 [method = method](const HttpRequest& http) { return ServeBranch(http, method); });
  }
}

}  // namespace saga::participants::sdk
