#include "orchestrator/engine/branch_call.h"

#include "orchestrator/core/retry.h"

namespace saga::engine {

port::BranchCall CallOf(const core::GlobalTransaction& transaction, const core::Branch& branch,
                        const core::Settings& settings) {
  port::BranchCall call;
  call.gid = transaction.gid;
  call.mode = transaction.mode;
  call.branch_id = branch.branch_id;
  call.op = branch.op;
  if (branch.op == core::Op::kCallback) call.op_name = transaction.workflow;
  call.protocol = transaction.protocol;
  call.target = branch.target;
  call.payload = branch.payload;
  call.headers = transaction.options.branch_headers;
  call.timeout = core::RequestTimeout(transaction.options, settings);
  return call;
}

}  // namespace saga::engine
