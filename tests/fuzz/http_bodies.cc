#include <string>

#include <nlohmann/json.hpp>

#include "orchestrator/api/dtm_json.h"
#include "orchestrator/base/check.h"
#include "tests/fuzz/accepted.h"
#include "tests/fuzz/target.h"

namespace saga::fuzz {

namespace {

// What was read says the same when it is written down and read again.
template <typename Decoded>
void CheckSame(const Decoded& first, const absl::StatusOr<Decoded>& second) {
  SAGA_CHECK(second.ok());
  SAGA_CHECK(ToJson(first) == ToJson(*second));
}

}  // namespace

void HttpRequestBody(std::string_view data) {
  const auto cleaned = api::DecodeRequest(data);
  const auto as_sent = api::DecodeRequest(data, api::GidForm::kAsSent);
  SAGA_CHECK(cleaned.ok() == as_sent.ok());
  if (!cleaned.ok()) return CheckRefusal(cleaned.status());
  SAGA_CHECK(nlohmann::json::accept(data));
  SAGA_CHECK(cleaned->gid == api::CleanHttpGid(as_sent->gid));
  CheckSame(*cleaned, api::DecodeRequest(ToJson(*cleaned)));
  CheckSame(*as_sent, api::DecodeRequest(ToJson(*as_sent), api::GidForm::kAsSent));
  CheckAccepted(*cleaned);
  CheckAccepted(*as_sent);
}

void HttpRegistrationBody(std::string_view data) {
  const auto cleaned = api::DecodeRegistration(data);
  const auto as_sent = api::DecodeRegistration(data, api::GidForm::kAsSent);
  SAGA_CHECK(cleaned.ok() == as_sent.ok());
  if (!cleaned.ok()) return CheckRefusal(cleaned.status());
  SAGA_CHECK(nlohmann::json::accept(data));
  SAGA_CHECK(cleaned->gid == api::CleanHttpGid(as_sent->gid));
  CheckSame(*cleaned, api::DecodeRegistration(ToJson(*cleaned)));
  CheckAccepted(*cleaned);
  CheckAccepted(*as_sent);
}

}  // namespace saga::fuzz
