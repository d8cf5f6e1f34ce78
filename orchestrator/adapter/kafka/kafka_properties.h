#pragma once

// Settings of librdkafka as a deployment gives them: a file of lines "name=value".

#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace saga::adapter {

// Lines "name=value"; spaces around both are dropped, empty lines and lines that begin with # are
// skipped. InvalidArgument "FILE:LINE: ..." for a line that is none and for a name given twice; the
// names are not looked at.
absl::StatusOr<std::map<std::string, std::string>> ParseKafkaProperties(
    absl::string_view text, const std::string& file_name);

// InvalidArgument that tells every problem: a name librdkafka does not know, a value it does not
// take, and the names that are ours because what sagad promises depends on them (acks, idempotence,
// offsets, ...), each with the reason.
absl::Status CheckKafkaProperties(const std::map<std::string, std::string>& properties);

}  // namespace saga::adapter
