#include "tests/conformance/stage/differences.h"

#include <cstdio>
#include <cstdlib>
#include <string>

namespace saga::conformance {

const std::vector<Difference>& AllowedDifferences() {
  static const auto* const differences = new std::vector<Difference>{
      {"abort-stored-type", "an abort is judged by the trans_type of the request",
       "by the stored one: the request's may be wrong or missing"},
      {"workflow-result", "gRPC PrepareWorkflow does not tell the stored result",
       "told: a client that runs a finished workflow again returned nothing"},
      {"custom-data-checked",
       "custom_data that is not what the mode takes is accepted, and every look fails",
       "refused: nobody would ever see the transaction end"},
      {"orders-list", "orders as a JSON list fail every look",
       "read as if positions were keys: PHP writes it when the keys are 0, 1, ..."},
      {"registry-targets",
       "targets of a service registry, or of no transport, are accepted and, without a driver, "
       "never reached",
       "refused: the client learns at once that nobody can be called"},
      {"same-branch-again", "a registerBranch that is repeated is an error",
       "success when the content is the same: a client that lost the answer can ask again"},
      {"prefix-gids",
       "the embedded store loses a gid's branches when another gid begins with that gid",
       "a gid has its own branches"},
      {"list-keeps-all",
       "the embedded store forgets custom_data, create_time and query_prepared when a status "
       "changes",
       "a record keeps what it was created with"},
      {"list-newest-first", "the embedded store lists by gid",
       "the newest come first, as with DTM's SQL stores"},
      {"last-page", "the last page names a next one when it is full", "it does not: there is none"},
      {"page-limit", "a limit of 0 or less is an index out of range when there is nothing to list",
       "it means the default"},
      {"reset-is-effective",
       "resetNextCronTime changes what is shown, not when the embedded store looks next",
       "the transaction is looked at now: that is what the button is for"},
      {"topic-deleted", "a topic that was deleted is still served, and one made again is not seen",
       "both count at once"},
      {"metrics-api-label", "the label api has the query string",
       "the name only: every gid would be a series of its own"},
      {"doubled-slash", "a path with a doubled slash is not found",
       "slashes in a row count as one: C# clients hand out a base address that ends in a slash"},
      {"php-grpc-codes", "gRPC codes 409 and 425 of a branch are unknown results",
       "failure and ongoing: it is what PHP services mean by them"},
      {"bare-failure", "a failure of no text is told as ' FAILURE', one of that word twice",
       "FAILURE, once"},
      {"http-client-headers", "branch calls over HTTP name the Go library that makes them",
       "they name sagad, and ask for no compressed answer"},
      {"json-rpc-empty-params",
       "a JSON-RPC branch without payload, or of null, fails every look and is never called",
       "called with the four names alone: a step need not have a payload"},
      {"workflow-end-again", "a workflow that is ended again as it ended before is an error",
       "success: a client that lost the answer can ask again"},
      {"submit-starts-over",
       "a submit while submitted starts over with the branches of the request, a TCC or XA has "
       "none and succeeds unconfirmed",
       "success, nothing starts over: it lost confirms and called branches again"},
      {"concurrent-submits", "submits of one gid at once call its branches several times",
       "each branch is called once: the gid is one transaction"},
      {"other-content", "a submit of a gid that ended with other content is told the status only",
       "told as such: somebody uses one gid for two things"},
      {"pass-limit", "a serial saga pauses after five seconds, and who waits hears that it failed",
       "it goes on: nothing failed"},
      {"json-rpc-codes", "the codes -32901 and -32902 of a JSON-RPC branch are unknown results",
       "failure and ongoing, as they are meant"},
      {"parked-hold-up",
       "transactions are looked at one by one: those of a hanging participant hold up all others",
       "they hold up nobody"},
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
