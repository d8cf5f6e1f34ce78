#include "tests/conformance/stage/differences.h"

#include <cstdio>
#include <cstdlib>
#include <string>

namespace saga::conformance {

const std::vector<Difference>& AllowedDifferences() {
  static const auto* const differences = new std::vector<Difference>{
      {"abort-stored-type", "an abort is judged by the trans_type of the request",
       "by the stored one: the request's may be wrong or missing"},
      {"json-rpc-gid-cleaned", "JSON-RPC takes a gid as it is",
       "cleaned like that of HTTP: a gid names one transaction, whatever call it is in"},
      {"workflow-result", "gRPC PrepareWorkflow does not tell the stored result",
       "told: a client that runs a finished workflow again returned nothing"},
      {"custom-data-checked",
       "custom_data that is not what the mode takes is accepted, and every look fails",
       "refused: nobody would ever see the transaction end"},
      {"orders-list", "orders as a JSON list fail every look",
       "read as if positions were keys: PHP writes it when the keys are 0, 1, ..."},
      {"registry-targets",
       "targets of a service registry are accepted and, without a driver, never reached",
       "refused: the client learns at once that nobody can be called"},
      {"doubled-slash", "a path with a doubled slash is not found",
       "slashes in a row count as one: C# clients hand out a base address that ends in a slash"},
      {"php-grpc-codes", "gRPC codes 409 and 425 of a branch are unknown results",
       "failure and ongoing: it is what PHP services mean by them"},
      {"bare-failure", "a failure of no text is told as ' FAILURE', one of that word twice",
       "FAILURE, once"},
  };
  return *differences;
}

bool Differs(std::string_view id, const Server& server) {
  for (const Difference& difference : AllowedDifferences()) {
    if (difference.id == id) return server.IsDtm();
  }
  std::fprintf(stderr, "not an allowed difference: %s\n", std::string(id).c_str());
  std::abort();
}

}  // namespace saga::conformance
