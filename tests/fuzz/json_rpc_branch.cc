#include <string>

#include <nlohmann/json.hpp>

#include "orchestrator/adapter/http/http_json_rpc.h"
#include "orchestrator/adapter/http/http_reply.h"
#include "orchestrator/base/check.h"
#include "orchestrator/core/limits.h"
#include "tests/fuzz/target.h"

namespace saga::fuzz {

using nlohmann::json;

void JsonRpcPayload(std::string_view data) {
  port::BranchCall call;
  call.gid = "g";
  call.branch_id = "01";
  call.protocol = core::Protocol::kJsonRpc;
  // The same bytes as URL, where they say what the method is called.
  call.target = "http://b/?method=" + std::string(data);
  call.payload = base::MakeBytes(std::string(data));
  const adapter::JsonRpcBody body = adapter::MakeJsonRpcBody(call, 1);
  if (!body.error.empty()) return;
  const json sent = json::parse(base::Value(body.text), nullptr, /*allow_exceptions=*/false);
  SAGA_CHECK(sent.is_object() && sent.size() == 4);
  SAGA_CHECK(sent["method"].is_string());
  SAGA_CHECK(sent["params"]["gid"] == "g" && sent["params"]["branch_id"] == "01");
  SAGA_CHECK(sent["params"]["op"] == "action" && sent["params"]["trans_type"] == "saga");
}

void JsonRpcAnswer(std::string_view data) {
  const port::BranchReply whole = adapter::JsonRpcReply(data);
  SAGA_CHECK(whole.outcome == core::Outcome::kSuccess || !whole.text.empty());
  SAGA_CHECK(whole.text.size() <= core::kLargestReason);
  // Byte by byte, as the network may bring it, it means the same, unless it has one of the words.
  adapter::HttpReplyReader reader;
  reader.ExpectJsonRpc();
  for (const char byte : data) reader.Read(std::string_view(&byte, 1));
  const port::BranchReply read = reader.Conclude(200);
  const bool has_word = data.find("FAILURE") != std::string_view::npos ||
                        data.find("ONGOING") != std::string_view::npos;
  SAGA_CHECK(has_word || (read.outcome == whole.outcome && read.text == whole.text));
}

}  // namespace saga::fuzz
