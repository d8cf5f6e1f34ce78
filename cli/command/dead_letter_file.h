#pragma once

// Dead letters as lines of a file: what dlq export writes and dlq import reads.

#include <optional>
#include <string>

#include "saga/v1/dead_letter.pb.h"

namespace saga::cli {

// One JSON object, with a newline: the fields of dlq list and `payload_base64`.
std::string ExportLine(const v1::DeadLetter& letter);

struct ImportedItem {
  v1::DeadLetterName name;
  uint32_t death = 0;
  std::optional<std::string> payload;  // the one it shall have; none: the one it has
};

// Reads a line that ExportLine wrote, and that may have been edited since. What is wrong with it;
// empty: nothing. Needs gid, branch_id, op and death; payload_base64 may be left out.
std::string ImportLine(const std::string& line, ImportedItem* item);

}  // namespace saga::cli
