#pragma once

// The parameters of DTM's `all` call (protocol 2.2).

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "orchestrator/api/http_message.h"
#include "orchestrator/port/transaction_query.h"

namespace saga::api {

struct ListQuery {
  std::string gid;       // as the client sent it; not empty: this one, and nothing else counts
  std::string position;  // as the client sent it
  port::ListFilter filter;
  bool matches_none = false;  // no transaction can meet the filter
};

// A query parameter's number; nullopt when it was not given. InvalidArgument `convert to int error:
// <text>` when it is none (protocol 1.4).
absl::StatusOr<std::optional<int64_t>> ReadNumber(const HttpRequest& request,
                                                  std::string_view name);

// `limit` and `position` of any list. A limit of 0 or less, or above core::kHttpMaxPage, is
// kHttpMaxPage.
struct PageQuery {
  size_t limit = 0;
  uint64_t before_id = 0;     // 0: the first page
  bool matches_none = false;  // nothing lies behind the position
};
absl::StatusOr<PageQuery> ReadPage(const HttpRequest& request);

// Of a page that was read with one record more than `limit`, which tells whether there is a next
// page: takes that one off and returns the position of what follows, "" when nothing does.
template <typename Record>
std::string TrimPage(std::vector<Record>& page, size_t limit) {
  if (page.size() <= limit) return "";
  page.resize(limit);
  return std::to_string(page.back().id);
}

// InvalidArgument `convert to int error: <text>` for a number that is none. A limit of 0 or less,
// or above core::kHttpMaxPage, is kHttpMaxPage; a status or transType that does not exist matches
// nothing.
absl::StatusOr<ListQuery> ReadListQuery(const HttpRequest& request);

}  // namespace saga::api
