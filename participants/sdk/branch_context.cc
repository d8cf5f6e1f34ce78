#include "participants/sdk/branch_context.h"

#include <array>
#include <utility>

#include "absl/strings/str_cat.h"

namespace saga::participants::sdk {
namespace {

constexpr std::array kModes = {Mode::kSaga, Mode::kTcc, Mode::kMessage, Mode::kWorkflow};
constexpr std::array kOps = {Op::kAction,  Op::kCompensate, Op::kTry,
                             Op::kConfirm, Op::kCancel,     Op::kCheckBack};

std::string NameOf(ContextSource source, absl::string_view field) {
  return source == ContextSource::kGrpcMetadata ? absl::StrCat("dtm-", field) : std::string(field);
}

std::string Where(ContextSource source) {
  switch (source) {
    case ContextSource::kGrpcMetadata:
      return "metadata ";
    case ContextSource::kHttpQuery:
      return "query parameter ";
    case ContextSource::kCommand:
      return "command's ";
  }
  return "";
}

template <typename Value, size_t kCount>
absl::StatusOr<Value> Parse(const std::array<Value, kCount>& known, absl::string_view text,
                            absl::string_view where) {
  std::string names;
  for (const Value value : known) {
    if (WireName(value) == text) return value;
    absl::StrAppend(&names, names.empty() ? "" : ", ", WireName(value));
  }
  return absl::InvalidArgumentError(absl::StrCat(where, " is '", text, "', known are: ", names));
}

}  // namespace

absl::string_view WireName(Mode mode) {
  switch (mode) {
    case Mode::kSaga:
      return "saga";
    case Mode::kTcc:
      return "tcc";
    case Mode::kMessage:
      return "msg";
    case Mode::kWorkflow:
      return "workflow";
  }
  return "";
}

absl::string_view WireName(Op op) {
  switch (op) {
    case Op::kAction:
      return "action";
    case Op::kCompensate:
      return "compensate";
    case Op::kTry:
      return "try";
    case Op::kConfirm:
      return "confirm";
    case Op::kCancel:
      return "cancel";
    case Op::kCheckBack:
      return "msg";
  }
  return "";
}

BranchContext MessageSenderContext(std::string gid) {
  return {.gid = std::move(gid), .mode = Mode::kMessage, .branch_id = "00", .op = Op::kCheckBack};
}

absl::StatusOr<BranchContext> ReadBranchContext(
    ContextSource source,
    absl::FunctionRef<std::optional<std::string>(absl::string_view name)> lookup) {
  const auto read = [&](absl::string_view field, size_t max_bytes) -> absl::StatusOr<std::string> {
    const std::string name = NameOf(source, field);
    std::optional<std::string> value = lookup(name);
    if (!value.has_value() || value->empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat("not a branch call: ", Where(source), name, " is missing"));
    }
    if (value->size() > max_bytes) {
      return absl::InvalidArgumentError(absl::StrCat(Where(source), name, " has ", value->size(),
                                                     " bytes, at most ", max_bytes,
                                                     " are allowed"));
    }
    return *std::move(value);
  };

  BranchContext context;
  absl::StatusOr<std::string> gid = read("gid", kMaxGidBytes);
  if (!gid.ok()) return gid.status();
  absl::StatusOr<std::string> mode_text = read("trans_type", kMaxGidBytes);
  if (!mode_text.ok()) return mode_text.status();
  absl::StatusOr<std::string> branch_id = read("branch_id", kMaxBranchIdBytes);
  if (!branch_id.ok()) return branch_id.status();
  absl::StatusOr<std::string> op_text = read("op", kMaxGidBytes);
  // Some clients call a TCC's try with this older name (protocol 8.3, 11.3).
  if (!op_text.ok() && lookup(NameOf(source, "branch_type")).has_value())
    op_text = read("branch_type", kMaxGidBytes);
  if (!op_text.ok()) return op_text.status();

  const absl::StatusOr<Mode> mode =
      Parse(kModes, *mode_text, Where(source) + NameOf(source, "trans_type"));
  if (!mode.ok()) return mode.status();
  const absl::StatusOr<Op> op = Parse(kOps, *op_text, Where(source) + NameOf(source, "op"));
  if (!op.ok()) return op.status();
  return BranchContext{*std::move(gid), *mode, *std::move(branch_id), *op};
}

}  // namespace saga::participants::sdk
