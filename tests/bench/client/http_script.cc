#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "tests/bench/client/script.h"

namespace saga::bench {
namespace {

using Json = nlohmann::json;

class HttpScript final : public Script {
 public:
  explicit HttpScript(const ScriptOptions& options) : options_(options) {}

  [[nodiscard]] int Calls() const override { return CallsOf(options_.mode, options_.branches); }

  [[nodiscard]] Call Make(const std::string& gid, int index) const override {
    const Position position = PositionOf(options_.mode, options_.branches, index);
    switch (position.kind) {
      case CallKind::kPrepare:
        return OnTransaction("/api/dtmsvr/prepare", gid);
      case CallKind::kSubmit:
        return OnTransaction("/api/dtmsvr/submit", gid);
      case CallKind::kRegister:
        return Register(gid, position.branch);
      case CallKind::kFirstPhase:
        return FirstPhase(gid, position.branch);
    }
    return {};
  }

 private:
  [[nodiscard]] std::string Path(const std::string& name) const {
    return absl::StrCat("/bench/", options_.hang ? "hang-" : "", name);
  }
  [[nodiscard]] std::string Url(const std::string& name) const {
    return absl::StrCat("http://", options_.participant.Text(), Path(name));
  }
  // A JSON text of the wanted size, because a participant over HTTP expects JSON.
  [[nodiscard]] std::string Payload() const {
    return absl::StrCat("\"", std::string(static_cast<size_t>(options_.payload_bytes), 'p'), "\"");
  }

  [[nodiscard]] Call OnTransaction(const char* path, const std::string& gid) const {
    Json request = {{"gid", gid},
                    {"trans_type", WireName(options_.mode)},
                    {"wait_result", options_.wait_result}};
    if (options_.mode == Mode::kMessage) request["query_prepared"] = Url("query-prepared");
    if (HasSteps(options_.mode)) {
      for (int i = 1; i <= options_.branches; ++i) {
        Json step = {{"action", Url(absl::StrCat("action", i))}};
        if (options_.mode == Mode::kSaga) step["compensate"] = Url(absl::StrCat("compensate", i));
        request["steps"].push_back(std::move(step));
        request["payloads"].push_back(Payload());
      }
    }
    return {Peer::kServer, path, request.dump(), {}};
  }

  [[nodiscard]] Call Register(const std::string& gid, int branch) const {
    Json request = {
        {"gid", gid}, {"trans_type", WireName(options_.mode)}, {"branch_id", BranchId(branch)}};
    if (options_.mode == Mode::kXa) {
      request["url"] = Url(absl::StrCat("xa", branch));
    } else {
      request["data"] = Payload();
      request["confirm"] = Url(absl::StrCat("confirm", branch));
      request["cancel"] = Url(absl::StrCat("cancel", branch));
    }
    return {Peer::kServer, "/api/dtmsvr/registerBranch", request.dump(), {}};
  }

  [[nodiscard]] Call FirstPhase(const std::string& gid, int branch) const {
    const bool xa = options_.mode == Mode::kXa;
    return {Peer::kParticipant,
            absl::StrCat(Path(absl::StrCat(xa ? "xa" : "try", branch)),
                         "?branch_id=", BranchId(branch), "&gid=", gid,
                         "&op=", xa ? "action" : "try", "&trans_type=", WireName(options_.mode)),
            Payload(),
            {}};
  }

  const ScriptOptions options_;
};

}  // namespace

std::unique_ptr<Script> MakeHttpScript(const ScriptOptions& options) {
  return std::make_unique<HttpScript>(options);
}

}  // namespace saga::bench
