#include "tests/bench/client/script.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace saga::bench {

absl::StatusOr<Protocol> ParseProtocol(const std::string& text) {
  if (text == "grpc") return Protocol::kGrpc;
  if (text == "http") return Protocol::kHttp;
  return absl::InvalidArgumentError(absl::StrCat("protocol '", text, "' is not grpc or http"));
}

absl::StatusOr<Mode> ParseMode(const std::string& text) {
  if (text == "saga") return Mode::kSaga;
  if (text == "tcc") return Mode::kTcc;
  if (text == "msg") return Mode::kMessage;
  if (text == "xa") return Mode::kXa;
  return absl::InvalidArgumentError(absl::StrCat("mode '", text, "' is not saga, tcc, msg or xa"));
}

std::unique_ptr<Script> MakeScript(const ScriptOptions& options) {
  switch (options.protocol) {
    case Protocol::kGrpc:
      return MakeGrpcScript(options);
    case Protocol::kHttp:
      return MakeHttpScript(options);
  }
  return nullptr;
}

int CallsOf(Mode mode, int branches) {
  switch (mode) {
    case Mode::kSaga:
      return 1;
    case Mode::kMessage:
      return 2;
    case Mode::kTcc:
    case Mode::kXa:
      return 2 + 2 * branches;
  }
  return 0;
}

Position PositionOf(Mode mode, int branches, int index) {
  if (index == CallsOf(mode, branches) - 1) return {CallKind::kSubmit, 0};
  if (index == 0) return {CallKind::kPrepare, 0};
  const int branch = (index - 1) / 2 + 1;
  return {index % 2 == 1 ? CallKind::kRegister : CallKind::kFirstPhase, branch};
}

std::string WireName(Mode mode) {
  switch (mode) {
    case Mode::kSaga:
      return "saga";
    case Mode::kTcc:
      return "tcc";
    case Mode::kMessage:
      return "msg";
    case Mode::kXa:
      return "xa";
  }
  return "";
}

bool HasSteps(Mode mode) { return mode == Mode::kSaga || mode == Mode::kMessage; }

std::string BranchId(int branch) { return absl::StrCat(branch < 10 ? "0" : "", branch); }

}  // namespace saga::bench
