#include "orchestrator/adapter/grpc/grpc_metadata.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "orchestrator/base/ascii.h"
#include "orchestrator/core/words.h"

namespace saga::adapter {
namespace {

// What gRPC and HTTP/2 set themselves. Sending them a second time breaks the call at best.
constexpr std::array<std::string_view, 11> kReserved = {
    "content-length",    "content-type",     "connection", "host",
    "keep-alive",        "proxy-connection", "te",         "trailer",
    "transfer-encoding", "upgrade",          "user-agent"};

bool IsReserved(std::string_view key) {
  return key.starts_with("grpc-") ||
         std::find(kReserved.begin(), kReserved.end(), key) != kReserved.end();
}

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool IsKey(std::string_view key) {
  return !key.empty() && std::all_of(key.begin(), key.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  });
}

}  // namespace

std::string ForEachMetadata(const port::BranchCall& call,
                            absl::FunctionRef<void(std::string key, std::string value)> add) {
  // The mode is a word of ours; op may be a name that the client gave its workflow.
  if (!base::IsPrintableAscii(call.gid))
    return "gid cannot be sent as gRPC metadata: only printable ASCII can";
  if (!base::IsPrintableAscii(call.branch_id))
    return "branch_id cannot be sent as gRPC metadata: only printable ASCII can";
  if (!base::IsPrintableAscii(call.OpWord()))
    return "op cannot be sent as gRPC metadata: only printable ASCII can";
  add("dtm-gid", call.gid);
  add("dtm-trans_type", std::string(core::WordOf(call.mode)));
  add("dtm-branch_id", call.branch_id);
  add("dtm-op", std::string(call.OpWord()));
  add("dtm-dtm", "");
  for (const auto& [name, value] : call.headers) {
    std::string key = name;
    std::transform(key.begin(), key.end(), key.begin(), Lower);
    if (!IsKey(key))
      return "branch header '" + name + "' cannot be sent as gRPC metadata: bad name";
    if (IsReserved(key)) continue;
    // Values of -bin keys travel as base64.
    if (!key.ends_with("-bin") && !base::IsPrintableAscii(value)) {
      return "branch header '" + name +
             "' cannot be sent as gRPC metadata: only printable ASCII can";
    }
    add(std::move(key), value);
  }
  return "";
}

bool IsSendableMethod(const std::string& method) {
  return !method.empty() && base::IsGraphicAscii(method);
}

}  // namespace saga::adapter
