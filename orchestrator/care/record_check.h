#pragma once

// What must be true of every stored transaction, whatever store it is in: `sagad verify`, the test
// of a backup, an import. Rules of the core are read backwards here: a record that no sequence of
// events leads to is a finding.

#include <vector>

#include "orchestrator/port/store_audit.h"

namespace saga::care {

// Every rule that `audited` breaks, each with the rule's name (doc/care.md) and the gid. A record
// with values outside of their enums is told those only, because nothing else can be said of it.
//
// Pure; thread-safe.
std::vector<port::Finding> CheckRecord(const port::AuditedTransaction& audited);

// The same for a job and its items.
std::vector<port::Finding> CheckJob(const port::AuditedJob& audited);

}  // namespace saga::care
