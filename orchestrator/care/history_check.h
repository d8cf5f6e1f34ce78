#pragma once

// What a transaction's history must tell, given what became of it.

#include "orchestrator/care/findings.h"
#include "orchestrator/port/store_audit.h"

namespace saga::care {

// Values of enums are those the enums have.
void CheckHistory(const port::AuditedTransaction& audited, Findings* findings);

// An operator gave it up: whatever its rows say, nothing is owed any more.
bool ForceStopped(const port::AuditedTransaction& audited);

}  // namespace saga::care
