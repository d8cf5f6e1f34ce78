#include "orchestrator/engine/reply_intake.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "orchestrator/core/limits.h"
#include "orchestrator/core/words.h"
#include "orchestrator/envelope/dead_letter.h"
#include "orchestrator/envelope/reply.h"

namespace saga::engine {

namespace {

template <typename Enum>
std::optional<Enum> OneOf(std::initializer_list<Enum> values, std::string_view word) {
  const std::optional<Enum> value = core::FromWord<Enum>(word);
  const bool any =
      value.has_value() && std::find(values.begin(), values.end(), *value) != values.end();
  return any ? value : std::nullopt;
}

std::optional<core::Op> OpOf(std::string_view word) {
  using core::Op;
  return OneOf(
      {Op::kAction, Op::kCompensate, Op::kConfirm, Op::kCancel, Op::kCommit, Op::kRollback}, word);
}

core::DeadReason HopelessOf(std::string_view word) {
  using core::DeadReason;
  return OneOf({DeadReason::kUnknownMethod, DeadReason::kContract, DeadReason::kUndecodable}, word)
      .value_or(DeadReason::kNone);
}

// The reply as the engine takes it, or why there is none.
absl::StatusOr<QueuedReply> Read(const base::Message& message) {
  absl::StatusOr<envelope::Reply> reply = envelope::DecodeReply(message);
  if (!reply.ok()) return reply.status();
  const std::optional<core::Op> op = OpOf(reply->op);
  const std::optional<core::Outcome> outcome = core::FromWord<core::Outcome>(reply->outcome);
  if (!op.has_value()) {
    return absl::InvalidArgumentError(absl::StrCat("there is no op \"", reply->op, "\""));
  }
  if (!outcome.has_value()) {
    return absl::InvalidArgumentError(absl::StrCat("there is no outcome \"", reply->outcome, "\""));
  }
  return QueuedReply{
      .gid = std::move(reply->gid),
      .branch_id = std::move(reply->branch_id),
      .op = *op,
      .attempt = reply->attempt,
      .reply = {.outcome = *outcome,
                .text = std::move(reply->text),
                .hopeless = HopelessOf(reply->hopeless)},
  };
}

}  // namespace

ReplyIntake::ReplyIntake(ReplyIntakeOptions options, const Ports& ports, Parked parked)
    : options_(std::move(options)),
      ports_(ports),
      parked_(std::move(parked)),
      inbox_(std::make_shared<Inbox<Item>>()) {}

ReplyIntake::~ReplyIntake() { Stop(); }

void ReplyIntake::Start() {
  strand_ = ports_.executor->NewStrand("replies", [this] { Body(); });
  inbox_->Bind(strand_.get());
  ports_.source->Start([inbox = inbox_](port::Received received, absl::AnyInvocable<void()> ack) {
    inbox->Push({std::move(received), std::move(ack), ""});
  });
}

void ReplyIntake::Stop() {
  if (std::exchange(stopped_, true) || strand_ == nullptr) return;
  inbox_->Close();
  strand_->Stop();
  ports_.source->Stop();
}

void ReplyIntake::Body() {
  std::vector<Item> items;
  inbox_->TakeAll(items);
  const base::Time now = ports_.clock->Now();
  for (Item& item : items) {
    if (!item.refusal.empty()) {
      refused_.push_back(std::move(item));
    } else if (item.again) {
      again_.push_back(std::move(item));
      pause_until_ = std::max(pause_until_, now + core::kStoreRetryPause);
    } else {
      Give(std::move(item));
    }
  }
  if (now >= pause_until_) {
    for (Item& item : std::exchange(again_, {})) Give(std::move(item));
    ParkRefused(now);
  }
  strand_->WakeAt(again_.empty() && refused_.empty() ? base::kNever : pause_until_);
}

void ReplyIntake::ParkRefused(base::Time now) {
  for (; !refused_.empty(); refused_.pop_front()) {
    Item& item = refused_.front();
    if (!Park(item)) {
      pause_until_ = now + core::kStoreRetryPause;
      return;
    }
    item.ack();
    parked_(item.refusal);
  }
}

void ReplyIntake::Give(Item item) {
  absl::StatusOr<QueuedReply> reply = Read(item.received.message);
  if (!reply.ok()) {
    item.refusal = std::string(reply.status().message());
    inbox_->Push(std::move(item));
    return;
  }
  const std::string gid = reply->gid;
  ports_.engine->TakeReply(
      *std::move(reply), [inbox = inbox_, gid, item = std::move(item)](Answer answer) mutable {
        switch (answer.kind) {
          case Answer::Kind::kVerdict:
            if (answer.verdict != core::Verdict::kNotFound) {
              item.ack();
              return;
            }
            item.refusal = absl::StrCat("no branch op of \"", gid, "\" waits for this reply");
            break;
          case Answer::Kind::kOverloaded:
          case Answer::Kind::kStoreFailed:
            item.again = true;
            break;
          case Answer::Kind::kStopping:
            return;  // it comes again after the next start
        }
        inbox->Push(std::move(item));
      });
}

bool ReplyIntake::Park(const Item& item) {
  const port::Received& received = item.received;
  envelope::DeadLetter letter;
  letter.reason = core::WordOf(core::DeadReason::kUndecodable);
  letter.error = item.refusal;
  letter.original_topic = received.message.topic;
  letter.original_partition = received.partition;
  letter.original_offset = received.offset;
  letter.original_time = received.time;
  letter.original_key = received.message.key;
  letter.consumer_group = options_.group;
  letter.source = options_.source;
  letter.payload = received.message.value;
  letter.died = ports_.clock->Now();
  const base::Message copy = options_.dead_letter_topic.empty()
                                 ? base::Message{}
                                 : envelope::Encode(letter, options_.dead_letter_topic);
  return ports_.store
      ->Park({.park_time = letter.died,
              .reason = item.refusal,
              .partition = received.partition,
              .offset = received.offset,
              .message = received.message},
             copy)
      .ok();
}

}  // namespace saga::engine
