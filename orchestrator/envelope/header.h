#pragma once

// Topics and header names of the messages that sagad and participants exchange over Kafka, in one
// place for everybody who writes or reads them (business.md pain 22). Header values are UTF-8 texts
// unless said otherwise; numbers are decimal, times are milliseconds since the epoch.

namespace saga::envelope {

// Version of what is written. Readers take every version up to theirs and park what is newer.
inline constexpr int kSchemaVersion = 1;

// --- topics
inline constexpr char kCommandTopicPrefix[] = "saga.cmd.";  // and the participant's name
inline constexpr char kReplyTopic[] = "saga.reply";
inline constexpr char kEventTopic[] = "saga.events";
inline constexpr char kDeadLetterTopic[] = "saga.dlq";

// --- every message of ours
inline constexpr char kSchema[] = "saga-schema";  // version
inline constexpr char kKind[] = "saga-kind";      // one of the next four
inline constexpr char kCommandKind[] = "command";
inline constexpr char kReplyKind[] = "reply";
inline constexpr char kEventKind[] = "event";
inline constexpr char kDeadLetterKind[] = "dead-letter";
inline constexpr char kGid[] = "saga-gid";
inline constexpr char kMode[] = "saga-mode";
inline constexpr char kBranch[] = "saga-branch";
inline constexpr char kOp[] = "saga-op";
inline constexpr char kAttempt[] = "saga-attempt";
inline constexpr char kTraceParent[] = "traceparent";
inline constexpr char kContentType[] = "content-type";

// --- command
inline constexpr char kMethod[] = "saga-method";  // what to carry out: "product.v1.Product/Deduct"
inline constexpr char kProtocol[] =
    "saga-protocol";  // of the payload: grpc (protobuf), http (JSON)
inline constexpr char kDeadline[] = "saga-deadline";  // after this nobody waits for the reply
inline constexpr char kReplyTo[] = "saga-reply-topic";
inline constexpr char kBranchHeaderPrefix[] = "saga-header-";  // branch_headers of the transaction

// --- reply
inline constexpr char kOutcome[] = "saga-outcome";  // success, failure, ongoing, unknown
inline constexpr char kHopeless[] =
    "saga-hopeless";  // why asking again is of no use; absent: it may be

// --- dead letter
inline constexpr char kReason[] = "saga-reason";
inline constexpr char kDestination[] = "saga-destination";
inline constexpr char kTarget[] = "saga-target";  // what was called: a URL of a branch
inline constexpr char kFirstFailedAt[] = "saga-first-failed-at";
inline constexpr char kLastFailedAt[] = "saga-last-failed-at";
inline constexpr char kReplayToken[] =
    "saga-replay-token";  // gid/branch/op/death: what sagactl acts on

}  // namespace saga::envelope
