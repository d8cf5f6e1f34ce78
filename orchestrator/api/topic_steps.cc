#include "orchestrator/api/topic_steps.h"

#include <algorithm>
#include <cstddef>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "orchestrator/api/target_form.h"
#include "orchestrator/core/words.h"

namespace saga::api {

namespace {

bool NamesTopic(const DtmStep& step) { return step.action.starts_with(kTopicScheme); }

// The sender cannot know who has subscribed, so it is told before it does its own part.
absl::Status CheckReceivers(const DtmRequest& request, const DtmStep& step) {
  const auto protocol = ProtocolFromWord(request.protocol);
  const std::string what =
      absl::StrCat("a receiver of topic '", step.action.substr(kTopicScheme.size()), "'");
  for (const std::string& url : step.receivers) {
    if (absl::Status status = CheckTargetForm(what, protocol, url); !status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace

bool NamesTopics(const DtmRequest& request) {
  return core::FromWord<core::Mode>(request.trans_type) == core::Mode::kMessage &&
         std::any_of(request.steps.begin(), request.steps.end(), NamesTopic);
}

absl::Status FillReceivers(Topics& topics, DtmRequest& request, size_t max_branches) {
  size_t branches = 0;
  for (DtmStep& step : request.steps) {
    if (!NamesTopic(step)) {
      ++branches;
      continue;
    }
    const auto urls = topics.Receivers(step.action.substr(kTopicScheme.size()));
    if (absl::IsNotFound(urls.status())) return absl::InvalidArgumentError("topic not found");
    if (!urls.ok()) return urls.status();
    branches += (*urls)->size();
    // Before the next copy: a thousand steps may name a topic of a thousand receivers.
    if (branches > max_branches) break;
    step.receivers = **urls;
    if (absl::Status status = CheckReceivers(request, step); !status.ok()) return status;
  }
  if (branches <= max_branches) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("with a branch for each receiver of its topics the message has more than ",
                   max_branches, " branches (limit.steps): split it into several messages"));
}

}  // namespace saga::api
