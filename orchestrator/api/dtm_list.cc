#include "orchestrator/api/dtm_list.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "orchestrator/api/codec.h"
#include "orchestrator/core/limits.h"

namespace saga::api {

namespace {

base::Time FromMillis(int64_t millis, int64_t micros_more) {
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max() / 1000 - 1;
  return base::Time{std::min(millis, kMost) * 1000 + micros_more};
}

absl::Status ReadTimes(const HttpRequest& request, ListQuery& list) {
  const auto start = ReadNumber(request, "createTimeStart");
  if (!start.ok()) return start.status();
  const auto end = ReadNumber(request, "createTimeEnd");
  if (!end.ok()) return end.status();
  if (start->has_value() && **start > 0) list.filter.created_from = FromMillis(**start, 0);
  if (end->has_value()) {
    // The whole of its last millisecond counts.
    list.filter.created_to = FromMillis(std::max<int64_t>(**end, 0), 999);
    list.matches_none |= **end < 0;
  }
  return absl::OkStatus();
}

void ReadWords(const HttpRequest& request, ListQuery& list) {
  if (const std::string_view word = request.Query("status"); !word.empty()) {
    const auto status = core::FromWord<core::Status>(word);
    if (status.has_value()) list.filter.statuses = {*status};
    list.matches_none |= !status.has_value();
  }
  if (const std::string_view word = request.Query("transType"); !word.empty()) {
    const auto mode = core::FromWord<core::Mode>(word);
    if (mode.has_value()) list.filter.modes = {*mode};
    list.matches_none |= !mode.has_value();
  }
}

}  // namespace

absl::StatusOr<std::optional<int64_t>> ReadNumber(const HttpRequest& request,
                                                  std::string_view name) {
  const std::string_view text = request.Query(name);
  if (text.empty()) return std::nullopt;
  int64_t number = 0;
  if (absl::SimpleAtoi(absl::string_view(text.data(), text.size()), &number)) return number;
  return absl::InvalidArgumentError(absl::StrCat(
      "convert to int error: ", absl::string_view(text.data(), std::min<size_t>(text.size(), 64))));
}

absl::StatusOr<PageQuery> ReadPage(const HttpRequest& request) {
  const auto limit = ReadNumber(request, "limit");
  if (!limit.ok()) return limit.status();
  const int64_t wanted = limit->value_or(core::kHttpDefaultPage);
  constexpr int64_t kMost = core::kHttpMaxPage;
  PageQuery page;
  page.limit = static_cast<size_t>(wanted <= 0 ? kMost : std::min(wanted, kMost));
  const auto position = ReadNumber(request, "position");
  if (!position.ok()) return position.status();
  if (position->has_value()) {
    page.before_id = static_cast<uint64_t>(std::max<int64_t>(**position, 0));
    page.matches_none = **position <= 1;
  }
  return page;
}

absl::StatusOr<ListQuery> ReadListQuery(const HttpRequest& request) {
  ListQuery list;
  list.gid = std::string(request.Query("gid"));
  list.position = std::string(request.Query("position"));
  if (!list.gid.empty()) return list;
  const auto page = ReadPage(request);
  if (!page.ok()) return page.status();
  list.filter.limit = page->limit;
  list.filter.before_id = page->before_id;
  list.matches_none = page->matches_none;
  if (const absl::Status times = ReadTimes(request, list); !times.ok()) return times;
  ReadWords(request, list);
  return list;
}

}  // namespace saga::api
