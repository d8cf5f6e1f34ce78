#include <string>

#include "absl/strings/str_cat.h"
#include "dtmgimp/dtm.pb.h"
#include "tests/bench/client/script.h"

namespace saga::bench {
namespace {

class GrpcScript final : public Script {
 public:
  explicit GrpcScript(const ScriptOptions& options) : options_(options), steps_(Steps()) {}

  [[nodiscard]] int Calls() const override { return CallsOf(options_.mode, options_.branches); }

  [[nodiscard]] Call Make(const std::string& gid, int index) const override {
    const Position position = PositionOf(options_.mode, options_.branches, index);
    switch (position.kind) {
      case CallKind::kPrepare:
        return OnTransaction("/dtmgimp.Dtm/Prepare", gid);
      case CallKind::kSubmit:
        return OnTransaction("/dtmgimp.Dtm/Submit", gid);
      case CallKind::kRegister:
        return Register(gid, position.branch);
      case CallKind::kFirstPhase:
        return FirstPhase(gid, position.branch);
    }
    return {};
  }

 private:
  [[nodiscard]] std::string Method(const std::string& name) const {
    return absl::StrCat("/bench.Participant/", options_.hang ? "Hang" : "", name);
  }
  [[nodiscard]] std::string Target(const std::string& name) const {
    return absl::StrCat(options_.participant.Text(), Method(name));
  }
  [[nodiscard]] std::string Payload() const {
    return std::string(static_cast<size_t>(options_.payload_bytes), 'p');
  }

  [[nodiscard]] std::string Steps() const {
    if (!HasSteps(options_.mode)) return "";
    std::string steps = "[";
    for (int i = 1; i <= options_.branches; ++i) {
      absl::StrAppend(&steps, i > 1 ? "," : "", "{\"action\":\"", Target(absl::StrCat("Action", i)),
                      "\"");
      if (options_.mode == Mode::kSaga) {
        absl::StrAppend(&steps, ",\"compensate\":\"", Target(absl::StrCat("Compensate", i)), "\"");
      }
      absl::StrAppend(&steps, "}");
    }
    return absl::StrCat(steps, "]");
  }

  [[nodiscard]] Call OnTransaction(const char* method, const std::string& gid) const {
    dtmgimp::DtmRequest request;
    request.set_gid(gid);
    request.set_transtype(WireName(options_.mode));
    request.mutable_transoptions()->set_waitresult(options_.wait_result);
    request.set_steps(steps_);
    if (options_.mode == Mode::kMessage) request.set_queryprepared(Target("QueryPrepared"));
    if (HasSteps(options_.mode)) {
      for (int i = 0; i < options_.branches; ++i) request.add_binpayloads(Payload());
    }
    return {Peer::kServer, method, request.SerializeAsString(), {}};
  }

  [[nodiscard]] Call Register(const std::string& gid, int branch) const {
    dtmgimp::DtmBranchRequest request;
    request.set_gid(gid);
    request.set_transtype(WireName(options_.mode));
    request.set_branchid(BranchId(branch));
    if (options_.mode == Mode::kXa) {
      (*request.mutable_data())["url"] = Target(absl::StrCat("Xa", branch));
    } else {
      request.set_busipayload(Payload());
      (*request.mutable_data())["confirm"] = Target(absl::StrCat("Confirm", branch));
      (*request.mutable_data())["cancel"] = Target(absl::StrCat("Cancel", branch));
    }
    return {Peer::kServer, "/dtmgimp.Dtm/RegisterBranch", request.SerializeAsString(), {}};
  }

  [[nodiscard]] Call FirstPhase(const std::string& gid, int branch) const {
    const bool xa = options_.mode == Mode::kXa;
    return {Peer::kParticipant,
            Method(absl::StrCat(xa ? "Xa" : "Try", branch)),
            Payload(),
            {{"dtm-gid", gid},
             {"dtm-trans_type", WireName(options_.mode)},
             {"dtm-branch_id", BranchId(branch)},
             {"dtm-op", xa ? "action" : "try"}}};
  }

  const ScriptOptions options_;
  const std::string steps_;
};

}  // namespace

std::unique_ptr<Script> MakeGrpcScript(const ScriptOptions& options) {
  return std::make_unique<GrpcScript>(options);
}

}  // namespace saga::bench
