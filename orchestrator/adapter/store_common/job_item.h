#pragma once

// The items of replay jobs, of which the stores in a database have rows of the same shape.

#include <cstdint>
#include <string>

#include "orchestrator/port/job_store.h"

namespace saga::adapter {

// What ReadJobItem reads.
inline constexpr char kJobItemColumns[] = "number, state, gid, branch_id, op, death, text";

// `row` has those columns first, to be asked for with Number(column) and Text(column).
template <typename Row>
port::JobItem ReadJobItem(const Row& row) {
  return {.number = static_cast<uint32_t>(row.Number(0)),
          .gid = std::string(row.Text(2)),
          .branch_id = std::string(row.Text(3)),
          .op = static_cast<core::Op>(row.Number(4)),
          .death = static_cast<uint32_t>(row.Number(5)),
          .state = static_cast<port::ItemState>(row.Number(1)),
          .text = std::string(row.Text(6))};
}

}  // namespace saga::adapter
