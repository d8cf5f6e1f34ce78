#include "orchestrator/adapter/http/http_reply.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "orchestrator/adapter/http/http_json_rpc.h"
#include "orchestrator/core/reply_text.h"

namespace saga::adapter {
namespace {

constexpr std::string_view kFailure = "FAILURE";
constexpr std::string_view kOngoing = "ONGOING";
constexpr size_t kTailBytes = kFailure.size() - 1;
static_assert(kFailure.size() == kOngoing.size());

constexpr long kStatusOk = 200;
constexpr long kStatusConflict = 409;
constexpr long kStatusTooEarly = 425;

// Statuses by which a proxy or gateway says that nobody stands behind it.
bool SaysAway(long status) { return status == 502 || status == 503 || status == 504; }

core::DeadReason HopelessOf(long status) {
  switch (status) {
    case 404:
    case 405:
    case 501:
      return core::DeadReason::kUnknownMethod;
    case 400:
    case 413:
    case 415:
    case 422:
      return core::DeadReason::kContract;
    default:
      return core::DeadReason::kNone;
  }
}

}  // namespace

void HttpReplyReader::Read(std::string_view chunk) {
  // One more than a JSON-RPC answer may have tells that it is too long.
  const size_t limit = json_rpc_ ? kMaxJsonRpcReplyBytes + 1 : kMaxKeptReplyBytes;
  if (kept_.size() < limit) kept_ += chunk.substr(0, limit - kept_.size());
  Look(tail_ + std::string(chunk.substr(0, kTailBytes)));
  Look(chunk);
  tail_ += chunk.size() > kTailBytes ? chunk.substr(chunk.size() - kTailBytes) : chunk;
  if (tail_.size() > kTailBytes) tail_.erase(0, tail_.size() - kTailBytes);
}

void HttpReplyReader::Look(std::string_view text) {
  if (!says_failure_) says_failure_ = text.find(kFailure) != std::string_view::npos;
  if (!says_ongoing_) says_ongoing_ = text.find(kOngoing) != std::string_view::npos;
}

port::BranchReply HttpReplyReader::Conclude(long status) const {
  // The order is the protocol's.
  if (status == kStatusTooEarly || says_ongoing_) {
    return {.outcome = core::Outcome::kOngoing,
            .text = core::ReplyText(core::Outcome::kOngoing, kept_, core::kLargestReason)};
  }
  if (status == kStatusConflict || says_failure_) {
    return {.outcome = core::Outcome::kFailure,
            .text = core::ReplyText(core::Outcome::kFailure, kept_, core::kLargestReason)};
  }
  if (status == kStatusOk && json_rpc_) return JsonRpcReply(kept_);
  if (status == kStatusOk) return {core::Outcome::kSuccess, ""};
  std::string text = core::ReplyText(core::Outcome::kUnknown, kept_, core::kLargestReason);
  if (text.empty()) text = "HTTP status " + std::to_string(status);
  return {.outcome = core::Outcome::kUnknown,
          .text = std::move(text),
          .reach = SaysAway(status) ? port::Reach::kUnreachable : port::Reach::kAnswered,
          .hopeless = HopelessOf(status)};
}

void HttpReplyReader::ExpectJsonRpc() { json_rpc_ = true; }

void HttpReplyReader::Reset() {
  json_rpc_ = false;
  kept_.clear();
  kept_.shrink_to_fit();
  tail_.clear();
  says_failure_ = false;
  says_ongoing_ = false;
}

}  // namespace saga::adapter
