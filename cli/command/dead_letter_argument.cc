#include "cli/command/dead_letter_argument.h"

#include <iostream>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "cli/printer/dead_letter_json.h"
#include "cli/printer/dead_letters.h"
#include "cli/printer/terminal.h"
#include "cli/printer/transactions.h"

namespace saga::cli {

namespace {

constexpr uint32_t kPage = 1000;
// So many names are enough to see what is missing.
constexpr size_t kMostShown = 5;

// Names that begin with what was typed, but no more than are shown.
grpc::Status Candidates(Call& call, const std::string& typed,
                        std::vector<v1::DeadLetterName>* names) {
  v1::ListDeadLettersRequest request;
  request.set_filter(absl::StrCat("gid~", FilterText(typed.substr(0, typed.find('/')))));
  request.set_limit(kPage);
  do {
    v1::ListDeadLettersReply reply;
    const grpc::Status status = call.dead_letters().List(request, &reply);
    if (!status.ok()) return status;
    for (const v1::DeadLetter& letter : reply.dead_letters()) {
      if (names->size() <= kMostShown && absl::StartsWith(NameText(letter.name()), typed))
        names->push_back(letter.name());
    }
    request.set_position(reply.next_position());
  } while (!request.position().empty() && names->size() <= kMostShown);
  return grpc::Status::OK;
}

ExitCode Ambiguous(const std::string& typed, const std::vector<v1::DeadLetterName>& names) {
  std::string some;
  for (size_t i = 0; i < names.size() && i < kMostShown; ++i)
    absl::StrAppend(&some, i == 0 ? "" : ", ", NameText(names[i]));
  Complain(absl::StrCat(typed, " is the beginning of several: ", some,
                        names.size() > kMostShown ? ", ..." : ""));
  return ExitCode::kUsage;
}

}  // namespace

bool ParseName(const std::string& typed, v1::DeadLetterName* name) {
  const size_t op = typed.rfind('/');
  if (op == std::string::npos || op == 0) return false;
  const size_t branch = typed.rfind('/', op - 1);
  if (branch == std::string::npos || branch == 0) return false;
  name->set_gid(typed.substr(0, branch));
  name->set_branch_id(typed.substr(branch + 1, op - branch - 1));
  name->set_op(typed.substr(op + 1));
  return !name->branch_id().empty() && !name->op().empty();
}

ExitCode FindDeadLetter(Call& call, const std::string& typed, v1::DeadLetter* letter) {
  if (typed.empty()) {
    Complain(absl::StrCat("the name of a dead letter is ", kNameArgument, ", not \"\""));
    return ExitCode::kUsage;
  }
  v1::DeadLetterName name;
  grpc::Status exact(grpc::StatusCode::NOT_FOUND,
                     absl::StrCat("no dead letter has a name that begins so; sagactl dlq list "
                                  "shows the names"));
  if (ParseName(typed, &name)) {
    exact = call.dead_letters().Get(name, letter);
    if (exact.ok()) return ExitCode::kOk;
    const bool none = exact.error_code() == grpc::StatusCode::NOT_FOUND ||
                      exact.error_code() == grpc::StatusCode::INVALID_ARGUMENT;
    if (!none) return Failed(exact, typed);
  }
  std::vector<v1::DeadLetterName> names;
  if (const grpc::Status status = Candidates(call, typed, &names); !status.ok())
    return Failed(status, typed);
  if (names.empty()) return Failed(exact, typed);
  if (names.size() > 1) return Ambiguous(typed, names);
  Complain(absl::StrCat(typed, " is ", NameText(names.front())));
  const grpc::Status status = call.dead_letters().Get(names.front(), letter);
  return status.ok() ? ExitCode::kOk : Failed(status, NameText(names.front()));
}

ExitCode ActOnEach(Call& call, const std::string& act) {
  const std::vector<std::string> typed = Gids(call);
  std::vector<v1::DeadLetter> settled;
  ExitCode last = ExitCode::kOk;
  for (const std::string& each : typed) {
    v1::DeadLetter letter;
    const ExitCode found = FindDeadLetter(call, each, &letter);
    if (found != ExitCode::kOk) {
      last = found;
      if (found == ExitCode::kUnreachable) break;  // the rest would fare no better
      continue;
    }
    v1::ActOnDeadLetterRequest request;
    *request.mutable_name() = letter.name();
    request.set_death(letter.death());
    request.set_act(act);
    *request.mutable_actor() = Connection::Actor(call.Text("reason"));
    v1::DeadLetter after;
    if (const grpc::Status status = call.dead_letters().Act(request, &after); !status.ok()) {
      last = Failed(status, NameText(letter.name()));
      continue;
    }
    settled.push_back(std::move(letter));
  }
  if (call.Machine()) {
    std::vector<nlohmann::ordered_json> json;
    for (const v1::DeadLetter& letter : settled) json.push_back(ToJson(letter, true));
    PrintJson(call, json);
  } else {
    for (const v1::DeadLetter& letter : settled) std::cout << NameText(letter.name()) << "\n";
  }
  Complain(absl::StrCat(settled.size(), " of ", typed.size(), " ",
                        act == "discard" ? "discarded" : absl::StrCat("resolved as ", act)));
  return settled.empty() || last == ExitCode::kOk ? last : ExitCode::kPartial;
}

}  // namespace saga::cli
