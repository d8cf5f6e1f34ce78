#include <iostream>

#include "absl/strings/str_cat.h"
#include "cli/command/command.h"
#include "cli/command/dead_letter_file.h"
#include "cli/command/filter_argument.h"
#include "cli/printer/dead_letters.h"
#include "cli/printer/terminal.h"

namespace saga::cli {

namespace {

constexpr uint32_t kPage = 1000;

ExitCode Run(Call& call) {
  v1::ListDeadLettersRequest request;
  if (!ReadFilter(call, request.mutable_filter())) return ExitCode::kUsage;
  request.set_limit(kPage);
  uint64_t written = 0;
  do {
    v1::ListDeadLettersReply reply;
    if (const grpc::Status status = call.dead_letters().List(request, &reply); !status.ok())
      return FailedFilter(status, request.filter());
    for (const v1::DeadLetter& listed : reply.dead_letters()) {
      v1::DeadLetter letter;
      const grpc::Status status = call.dead_letters().Get(listed.name(), &letter);
      if (status.ok()) {
        std::cout << ExportLine(letter);
        ++written;
        continue;
      }
      const ExitCode code = Failed(status, NameText(listed.name()));
      // Somebody settled it in the meantime; everything else makes the file incomplete.
      if (code != ExitCode::kNotFound && code != ExitCode::kState) return code;
    }
    request.set_position(reply.next_position());
  } while (!request.position().empty());
  Complain(absl::StrCat(written, " exported"));
  return ExitCode::kOk;
}

}  // namespace

Command DlqExportCommand() {
  return {"dlq export",
          "[FILTER]",
          "dead letters with their payloads as JSON lines, for dlq import or jq",
          "Prints one JSON object a line whatever -o says: the fields of dlq list and "
          "payload_base64.",
          0,
          kMostFilterWords,
          false,
          AddFilter,
          Run};
}

}  // namespace saga::cli
