#pragma once

// What the rows of a transaction must look like in its mode and status.

#include "orchestrator/care/findings.h"
#include "orchestrator/port/store_audit.h"

namespace saga::care {

// Values of enums are those the enums have.
void CheckMode(const port::AuditedTransaction& audited, Findings* findings);

}  // namespace saga::care
