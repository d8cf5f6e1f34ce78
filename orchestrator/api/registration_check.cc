#include "orchestrator/api/registration_check.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "orchestrator/api/text_check.h"
#include "orchestrator/base/ascii.h"
#include "orchestrator/core/limits.h"
#include "orchestrator/core/target.h"

namespace saga::api {

namespace {

constexpr size_t kShownBytes = 128;
constexpr size_t kMaxKafkaTopicLength = 249;  // the broker's own limit
constexpr int64_t kMaxLeaseSeconds = core::kMaxLease.micros / base::Seconds(1).micros;
constexpr std::string_view kKinds[] = {"", "action", "compensate", "try", "confirm", "cancel"};

absl::Status Refuse(absl::string_view field, absl::string_view value, absl::string_view allowed) {
  return absl::InvalidArgumentError(
      absl::StrCat(field, " is '", value.substr(0, kShownBytes), "' and must be ", allowed));
}

// Empty: no port there.
absl::string_view PortOf(absl::string_view address) {
  const size_t colon = address.rfind(':');
  const size_t bracket = address.rfind(']');
  if (colon == absl::string_view::npos) return {};
  if (bracket != absl::string_view::npos && bracket > colon) return {};
  return address.substr(colon + 1);
}

absl::Status CheckAddress(const std::string& address) {
  int port = 0;
  const absl::string_view digits = PortOf(address);
  const bool good =
      base::IsGraphicAscii(address) && address.find_first_of("/@?#") == std::string::npos &&
      std::all_of(digits.begin(), digits.end(), [](char c) { return absl::ascii_isdigit(c); }) &&
      absl::SimpleAtoi(digits, &port) && port > 0 && port <= 65535 &&
      digits.size() + 1 < address.size();
  return good ? absl::OkStatus()
              : Refuse("instance", address,
                       "the host:port at which this server reaches the instance");
}

absl::Status CheckMethod(absl::string_view field, const Registration& registration,
                         const std::string& method) {
  const bool graphic = base::IsGraphicAscii(method);
  switch (registration.protocol) {
    case core::Protocol::kGrpc: {
      const size_t slash = method.find('/');
      const bool good = graphic && slash != std::string::npos && slash > 0 &&
                        slash + 1 < method.size() &&
                        method.find('/', slash + 1) == std::string::npos;
      if (!good) return Refuse(field, method, "package.Service/Method, because protocol is grpc");
      break;
    }
    case core::Protocol::kHttp:
    case core::Protocol::kJsonRpc: {
      const bool good =
          graphic && method.starts_with('/') && method.find_first_of("?#") == std::string::npos;
      if (!good)
        return Refuse(field, method, "a path that begins with /, because protocol is http");
      break;
    }
  }
  // What is called is scheme, address and method together.
  const size_t whole = sizeof("https://") + registration.instance.size() + 1 + method.size();
  return CheckLength(absl::StrCat("instance and ", field, " together"), whole,
                     core::kMaxTargetLength, "kMaxTargetLength", "choose shorter names");
}

absl::Status CheckOperations(const Registration& registration) {
  if (registration.operations.empty()) {
    return absl::InvalidArgumentError(
        "operations is empty: name at least one thing that the participant can be asked to do");
  }
  if (registration.operations.size() > core::kMaxOperations) {
    return absl::ResourceExhaustedError(absl::StrCat(
        registration.operations.size(), " operations given, at most ", core::kMaxOperations,
        " are allowed (kMaxOperations): use several participants"));
  }
  std::set<std::string_view> names;
  for (size_t i = 0; i < registration.operations.size(); ++i) {
    const RegisteredOperation& operation = registration.operations[i];
    const std::string field = absl::StrCat("operations[", i, "]");
    if (!core::IsOperationName(operation.name)) {
      return Refuse(field + ".name", operation.name, "1 to 64 letters, digits, '-', '_' and '.'");
    }
    if (!names.insert(operation.name).second)
      return Refuse(field + ".name", operation.name, "different from the names before it");
    if (std::find(std::begin(kKinds), std::end(kKinds), operation.kind) == std::end(kKinds)) {
      return Refuse(field + ".kind", operation.kind,
                    "action, compensate, try, confirm, cancel or empty");
    }
    absl::Status method = CheckMethod(field + ".method", registration, operation.method);
    if (!method.ok()) return method;
  }
  return absl::OkStatus();
}

absl::Status CheckTopic(const std::string& topic) {
  const bool good = topic.size() <= kMaxKafkaTopicLength && topic != "." && topic != ".." &&
                    std::all_of(topic.begin(), topic.end(), [](unsigned char c) {
                      return absl::ascii_isalnum(c) || c == '.' || c == '_' || c == '-';
                    });
  return good ? absl::OkStatus()
              : Refuse("command_topic", topic,
                       "the name of a Kafka topic, up to 249 letters, digits, '.', '_' and '-', "
                       "or empty");
}

absl::Status CheckVersion(const std::string& version) {
  if (HasControl(version)) {
    return absl::InvalidArgumentError("version contains a control character: take it out");
  }
  return CheckLength("version", version.size(), core::kMaxVersionLength, "kMaxVersionLength",
                     "choose a shorter one");
}

}  // namespace

absl::Status CheckRegistration(const Registration& registration) {
  if (!core::IsParticipantName(registration.participant)) {
    return Refuse("participant", registration.participant, "1 to 64 of a-z, 0-9 and '-'");
  }
  absl::Status status = CheckAddress(registration.instance);
  if (status.ok() && registration.protocol == core::Protocol::kJsonRpc)
    status = Refuse("protocol", "json-rpc", "grpc or http");
  if (status.ok()) status = CheckOperations(registration);
  if (status.ok()) status = CheckTopic(registration.command_topic);
  if (status.ok()) status = CheckVersion(registration.version);
  if (status.ok() && registration.lease_s > kMaxLeaseSeconds) {
    status = absl::InvalidArgumentError(absl::StrCat("lease_s is ", registration.lease_s,
                                                     " and must be from 1 to ", kMaxLeaseSeconds,
                                                     ", or 0 for the default"));
  }
  return status;
}

}  // namespace saga::api
