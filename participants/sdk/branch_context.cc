#include "participants/sdk/branch_context.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"

namespace saga::participants::sdk {
namespace {

constexpr Mode kModes[] = {Mode::kSaga, Mode::kTcc, Mode::kMessage, Mode::kWorkflow};
constexpr Op kOps[] = {Op::kAction,  Op::kCompensate, Op::kTry,
                       Op::kConfirm, Op::kCancel,     Op::kCheckBack};
constexpr Mode kXaModes[] = {Mode::kXa};
constexpr Op kXaOps[] = {Op::kAction, Op::kCommit, Op::kRollback};

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

template <typename Value>
absl::StatusOr<Value> Parse(absl::Span<const Value> known, absl::string_view text,
                            absl::string_view where) {
  std::string names;
  for (const Value value : known) {
    if (WireName(value) == text) return value;
    absl::StrAppend(&names, names.empty() ? "" : ", ", WireName(value));
  }
  return absl::InvalidArgumentError(absl::StrCat(where, " is '", text, "', known are: ", names));
}

absl::StatusOr<BranchContext> ReadContext(ContextSource source, ContextLookup lookup,
                                          absl::Span<const Mode> modes, absl::Span<const Op> ops) {
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
      Parse(modes, *mode_text, Where(source) + NameOf(source, "trans_type"));
  if (!mode.ok()) return mode.status();
  const absl::StatusOr<Op> op = Parse(ops, *op_text, Where(source) + NameOf(source, "op"));
  if (!op.ok()) return op.status();
  return BranchContext{*std::move(gid), *mode, *std::move(branch_id), *op};
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
    case Mode::kXa:
      return "xa";
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
    case Op::kCommit:
      return "commit";
    case Op::kRollback:
      return "rollback";
  }
  return "";
}

BranchContext MessageSenderContext(std::string gid) {
  return {.gid = std::move(gid), .mode = Mode::kMessage, .branch_id = "00", .op = Op::kCheckBack};
}

absl::StatusOr<BranchContext> ReadBranchContext(ContextSource source, ContextLookup lookup) {
  return ReadContext(source, lookup, kModes, kOps);
}

absl::StatusOr<XaContext> ReadXaContext(ContextSource source, ContextLookup lookup) {
  absl::StatusOr<BranchContext> branch = ReadContext(source, lookup, kXaModes, kXaOps);
  if (!branch.ok()) return branch.status();
  XaContext context{.branch = *std::move(branch)};
  if (context.branch.op != Op::kAction) return context;
  context.phase2_url = lookup(NameOf(source, "phase2_url")).value_or("");
  context.orchestrator = lookup(NameOf(source, "dtm")).value_or("");
  if (context.phase2_url.empty() || context.orchestrator.empty()) {
    return absl::InvalidArgumentError(absl::StrCat("an action of XA needs ", Where(source),
                                                   NameOf(source, "phase2_url"), " and ",
                                                   NameOf(source, "dtm")));
  }
  return context;
}

}  // namespace saga::participants::sdk
