#pragma once

// Every bound of the orchestrator, by name. What a user can set is a default here and a key in
// doc/config.md; the rest is fixed. Sizes are bytes.

#include <cstddef>
#include <cstdint>

#include "orchestrator/base/time.h"

namespace saga::core {

// --- what a request may carry
inline constexpr size_t kMaxGidLength = 128;       // protocol 2.1
inline constexpr size_t kMaxBranchIdLength = 128;  // protocol 7.1
inline constexpr size_t kMaxTargetLength = 1024;   // protocol 2.1
inline constexpr size_t kMaxJsonDepth = 64;
inline constexpr size_t kMaxBranchHeaders = 64;
inline constexpr size_t kMaxHeaderBytes = 8 << 10;  // all branch headers of a transaction together
inline constexpr int64_t kMaxOptionSeconds =
    100LL * 365 * 24 * 3600;  // any duration a client may name

// Defaults of the keys limit.*, which RequestLimits below carries.
inline constexpr size_t kMaxSteps = 1000;           // steps of a submission, branches of a TCC
inline constexpr size_t kMaxPayloadSize = 1 << 20;  // one step
inline constexpr size_t kMaxRequestSize = 4 << 20;  // one request, all steps together
inline constexpr size_t kMaxCustomDataLength = 256 << 10;
inline constexpr size_t kMaxResultLength = 1 << 20;  // what a workflow returned, in base64
inline constexpr size_t kMaxReasonLength = 4096;     // longer reasons are cut, not refused
inline constexpr size_t kMaxErrorLength = 1024;      // of one branch's last answer; cut

// What those keys may be set to at most. Steps: a store keeps two rows for each. Requests: a few of
// them must fit into what a door holds at once (kHttpBodyMemory, kGrpcMemory). Texts: this much of
// a participant's answer is kept for them.
inline constexpr size_t kLargestSteps = 2000;
inline constexpr size_t kLargestRequest = 64 << 20;  // also of its parts
inline constexpr size_t kLargestReason = 64 << 10;   // also of errors

// The limits that a server runs with.
struct RequestLimits {
  size_t steps = kMaxSteps;
  size_t payload = kMaxPayloadSize;
  size_t request = kMaxRequestSize;
  size_t custom_data = kMaxCustomDataLength;
  size_t result = kMaxResultLength;
  size_t reason = kMaxReasonLength;
  size_t error = kMaxErrorLength;
};

// --- topics (protocol 1.4 and 5.5)
inline constexpr size_t kMaxTopicLength = 128;      // of a name; protocol 7.1
inline constexpr size_t kMaxRemarkLength = 1024;    // of one receiver
inline constexpr size_t kMaxReceivers = kMaxSteps;  // of one topic: what one message can hold
inline constexpr size_t kMaxTopics = 10'000;
inline constexpr size_t kMaxTopicsSize = 64 << 20;  // names and receivers of all topics together
inline constexpr size_t kTopicQueue = 256;          // changes waiting for those before them

// --- gRPC port
inline constexpr size_t kGrpcMessageSlack =
    64 << 10;  // what a request of limit.request_bytes is wrapped in
inline constexpr size_t kGrpcTextSize =
    4 << 10;  // of an answer's text, as it is encoded; cut. Clients take 8 KiB of trailers
inline constexpr size_t kGrpcStreams =
    10'000;  // calls at once on one connection; further ones wait
inline constexpr size_t kGrpcMemory =
    256 << 20;  // for messages being read and written, all connections

// --- HTTP door
inline constexpr size_t kHttpThreads = 2;  // that read, decode and write
inline constexpr size_t kHttpMaxConnections =
    1024;  // open at once; more are answered 503 and closed
inline constexpr size_t kHttpHeaderSize = 16 << 10;  // request line and headers of one request
inline constexpr size_t kHttpBodyMemory =
    256 << 20;  // bodies of all requests that are not answered yet
inline constexpr base::Duration kHttpIdleTimeout =
    base::Seconds(75);  // between two requests of a connection
inline constexpr base::Duration kHttpReadTimeout =
    base::Seconds(30);  // from a request's first byte to its last
inline constexpr base::Duration kHttpWriteTimeout =
    base::Seconds(30);  // for the whole answer to be taken
// A connection that we end stays half open this long, and for this many bytes, so that the client
// can read the answer.
inline constexpr base::Duration kHttpLinger = base::Seconds(2);
inline constexpr size_t kHttpLingerBytes = 16 << 20;
inline constexpr size_t kHttpReaders =
    2;  // threads that read the store for queries, lists and scrapes
inline constexpr size_t kHttpReaderQueue =
    128;  // reads waiting for one of them; more are answered 503
inline constexpr size_t kHttpAnswerSize = 64
                                          << 20;  // payloads that one query shows, in bytes of JSON
inline constexpr size_t kHttpDefaultPage =
    100;                                      // transactions of one list answer (protocol 2.2) ...
inline constexpr size_t kHttpMaxPage = 1000;  // ... and at most

// --- metrics
inline constexpr size_t kMetricDestinations =
    200;  // with series of their own, the busiest; the rest is "other"
inline constexpr size_t kMetricLabels =
    64;  // values of a label that has no fixed set; the rest is "other"
inline constexpr size_t kMetricLabelLength = 128;  // bytes of a label value; cut

// --- alerts (protocol 6.3 and 9.1)
inline constexpr int64_t kDefaultAlertRetryLimit =
    3;                                       // useless answers in a row before the first alert
inline constexpr size_t kAlertQueue = 1000;  // waiting for the webhook; further ones are dropped
inline constexpr base::Duration kAlertTimeout = base::Seconds(3);  // for the webhook's answer

// --- sagas as data
inline constexpr size_t kMaxDefinitionNameLength = 64;     // of a definition and of a step
inline constexpr size_t kMaxDefinitionFileSize = 1 << 20;  // one *.saga.yaml
inline constexpr size_t kMaxPayloadValues =
    10'000;  // fields and items of one step's payload mapping
inline constexpr int64_t kMaxRetryLimit = 1'000'000;  // repeats a definition may ask for
inline constexpr size_t kMaxTccDrives = 1000;  // TCC definitions whose tries are being called

// --- the operator's door
inline constexpr size_t kDefaultListPage = 100;  // transactions of a List that names no limit
inline constexpr size_t kMaxListPage = 1000;

// --- timing (protocol 6.2 and 9.1)
inline constexpr base::Duration kDefaultTimeoutToFail = base::Seconds(35);
inline constexpr base::Duration kDefaultRetryInterval = base::Seconds(10);
inline constexpr base::Duration kDefaultRequestTimeout = base::Seconds(3);
// Doubling stops here, unless the transaction's own base interval is longer still.
inline constexpr base::Duration kMaxRetryInterval = base::Seconds(600);
// First pause between the immediate repeats that retry_limit asks for; doubles up to the next
// line's.
inline constexpr base::Duration kLimitedRetryPause = base::Millis(50);
inline constexpr base::Duration kMaxLimitedRetryPause = base::Seconds(1);
// Share of a retry delay that jitter may add: late by at most this part, never early.
inline constexpr double kRetryJitter = 0.1;
// From one unknown outcome to the next, for a retry policy that names none.
inline constexpr double kRetryFactor = 2;

// --- participants that register (proto/saga/v1/registry.proto)
inline constexpr size_t kMaxParticipants = 1000;
inline constexpr size_t kMaxInstances = 200;   // of one participant
inline constexpr size_t kMaxOperations = 200;  // of one participant
inline constexpr size_t kMaxParticipantNameLength = 64;
inline constexpr base::Duration kDefaultLease = base::Seconds(10);
inline constexpr base::Duration kMaxLease = base::Seconds(300);
// An instance that this many calls in a row did not reach is passed over for a while, if there are
// others.
inline constexpr uint32_t kUnreachableCalls = 3;
inline constexpr base::Duration kUnreachablePause = base::Seconds(5);
// An instance whose lease ended this long ago is forgotten, and so is a participant without any
// when there is no room for a new one.
inline constexpr base::Duration kInstanceLife = base::Seconds(3600);
inline constexpr size_t kMaxVersionLength = 128;  // of a participant's program
inline constexpr size_t kRegistryQueue = 256;     // registrations waiting for those before them

// --- fallback, outbox, dead letters
inline constexpr base::Duration kFallbackReplyTimeout = base::Seconds(30);
inline constexpr base::Duration kWayRoundPause = base::Millis(50);  // before the next attempt
inline constexpr uint32_t kFallbackAfterUnknown = 2;  // unknown outcomes of one branch op in a row
inline constexpr uint32_t kRegisteredAttemptLimit = 20;  // of participants that name none
inline constexpr size_t kOutboxPage = 512;               // records read from the store at once
inline constexpr size_t kOutboxInFlight = 5'000;         // published and not yet confirmed
inline constexpr size_t kMaxMessageSize = 2 << 20;       // of a message that comes in
inline constexpr size_t kMaxSelection = 100'000;         // dead letters of one job
inline constexpr base::Duration kSelectionLife = base::Seconds(24 * 3600);
inline constexpr base::Duration kJobLife = base::Seconds(30 * 24 * 3600);  // of an ended one
inline constexpr size_t kMaxJobs = 1000;  // selections and jobs kept
inline constexpr size_t kMaxRunningJobs = 16;
inline constexpr uint32_t kMaxJobInFlight = 1000;  // items of one job
inline constexpr double kMinJobRate = 0.01;        // items a second, of one job
inline constexpr double kMaxJobRate = 10'000;
inline constexpr base::Duration kJobProgressPause = base::Millis(200);  // until progress is stored
inline constexpr size_t kMaxFilterLength = 4096;
inline constexpr size_t kMaxFilterDepth = 32;  // of parentheses and `not`

// --- engine
inline constexpr size_t kMaxLiveTransactions = 100'000;  // open transactions held in memory
// How long a commit waits for company when the one before had some.
inline constexpr base::Duration kCommitDelay = base::Micros(200);
inline constexpr size_t kMaxBatchWrites = 512;   // transactions in one store commit
inline constexpr size_t kMaxRunnerEvents = 256;  // events stepped before their writes are handed on
inline constexpr size_t kMaxWaitersPerGid = 1024;  // requests waiting for one transaction
inline constexpr size_t kLaneInFlight = 256;       // calls out at one destination
inline constexpr size_t kLaneQueue = 100'000;      // calls waiting for one destination
inline constexpr size_t kMaxLanes = 10'000;        // destinations known at once
// Of the circuit breaker of a lane, see engine/lane_settings.h.
inline constexpr size_t kBreakerMinCalls = 20;
inline constexpr double kBreakerFailureRatio = 0.5;
inline constexpr base::Duration kBreakerWindow = base::Seconds(10);
inline constexpr base::Duration kBreakerOpenFor = base::Seconds(2);
inline constexpr base::Duration kBreakerMaxOpenFor = base::Seconds(30);
inline constexpr size_t kClaimPage = 500;    // transactions claimed from the store at once
inline constexpr size_t kMaxHistory = 1000;  // history entries kept of one transaction
// A transaction whose lane is full, and a store that does not answer, are tried again after this
// long.
inline constexpr base::Duration kLaneFullPause = base::Seconds(1);
inline constexpr base::Duration kStoreRetryPause = base::Millis(200);
// A waiting transaction may leave memory when more than this share of kMaxLiveTransactions is in
// use ...
inline constexpr double kEvictAbove = 0.75;
// ... and it has at least this long to wait.
inline constexpr base::Duration kEvictMinWait = base::Seconds(5);

// --- several nodes on one store (engine/peer_link.h)
// How long a request about a transaction of another node is tried while that node cannot be asked
// and nobody has taken over, at least; twice the lease when that is longer.
inline constexpr base::Duration kPeerPatience = base::Seconds(15);
inline constexpr base::Duration kPeerPause = base::Millis(50);  // before the second look; doubles
inline constexpr base::Duration kMaxPeerPause = base::Seconds(1);
// For one request's answer. What waits for an end is asked again after as long: the holder may have
// changed.
inline constexpr base::Duration kPeerTimeout = base::Seconds(5);
inline constexpr size_t kMaxForwards = 20'000;  // requests at other nodes at once
inline constexpr size_t kMaxPeerLinks = 256;    // nodes that one node has connections to
// Of one answer; of a larger transaction the payloads are left out.
inline constexpr size_t kMaxPeerReply = 64 << 20;
inline constexpr size_t kMaxPeerMessageSlack = 1 << 20;  // what a request is wrapped in
// Past its lease a node begins no call; it looks again after this long.
inline constexpr base::Duration kLeasePause = base::Millis(100);
// How often a node looks for what others changed beside the transactions: topics, participants,
// what is set for destinations, jobs and messages of nodes that are gone.
inline constexpr base::Duration kSharedLook = base::Seconds(1);

}  // namespace saga::core
