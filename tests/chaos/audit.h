#pragma once

// Nothing lost, nothing twice: what the shop and the nodes hold in the end against what was bought.

#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "tests/chaos/buyers.h"
#include "tests/chaos/cluster.h"

namespace saga::chaos {

// Status by gid, as a node lists them; empty when it does not answer.
std::map<std::string, std::string> Transactions(const std::string& http_address);

// Waits until every transaction has ended at every node. False when one has not.
bool WaitForEnds(Cluster& cluster, absl::Duration timeout);

struct Verdict {
  int paid = 0;
  int undone = 0;                     // orders that met an empty shelf
  std::vector<std::string> findings;  // what is not as it has to be
};

// `stock` is what there was of each product.
Verdict Audit(Cluster& cluster, const std::vector<Purchase>& purchases, int products,
              int64_t stock);

}  // namespace saga::chaos
