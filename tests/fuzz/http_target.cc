#include <string>

#include "orchestrator/api/dtm_list.h"
#include "orchestrator/api/http_message.h"
#include "orchestrator/base/check.h"
#include "orchestrator/core/limits.h"
#include "tests/fuzz/accepted.h"
#include "tests/fuzz/target.h"

namespace saga::fuzz {

void HttpTarget(std::string_view data) {
  api::HttpRequest request;
  const absl::Status read = api::ReadTarget(data, request);
  if (!read.ok()) return CheckRefusal(read);
  SAGA_CHECK(request.path.find("//") == std::string::npos);
  const auto list = api::ReadListQuery(request);
  if (!list.ok()) return CheckRefusal(list.status());
  if (!list->gid.empty()) return;
  SAGA_CHECK(list->filter.limit >= 1 && list->filter.limit <= core::kHttpMaxPage);
  SAGA_CHECK(list->filter.created_from.micros >= 0 && list->filter.created_to.micros >= 0);
  SAGA_CHECK(list->filter.statuses.size() <= 1 && list->filter.modes.size() <= 1);
}

}  // namespace saga::fuzz
