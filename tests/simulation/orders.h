#pragma once

// What the clients of one world want: drawn from its chance.

#include <string>
#include <vector>

#include "tests/simulation/bank.h"
#include "tests/simulation/client.h"
#include "tests/simulation/workflow_client.h"
#include "tests/simulation/world.h"

namespace saga::simulation {

// Also tells the bank how each branch will behave.
Order DrawSaga(World& world, Bank& bank, const std::string& gid);
Order DrawTcc(World& world, Bank& bank, const std::string& gid);
Order DrawMessage(World& world, Bank& bank, const std::string& gid);
Order DrawXa(World& world, Bank& bank, const std::string& gid);
WorkflowOrder DrawWorkflow(World& world, Bank& bank, const std::string& gid);

}  // namespace saga::simulation
