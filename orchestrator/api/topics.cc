#include "orchestrator/api/topics.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "orchestrator/api/target_form.h"
#include "orchestrator/api/text_check.h"
#include "orchestrator/base/utf8.h"
#include "orchestrator/core/limits.h"
#include "orchestrator/core/mode.h"

namespace saga::api {

namespace {

constexpr size_t kLoadPage = 1000;

absl::Status CheckText(absl::string_view what, const std::string& text, size_t limit,
                       absl::string_view limit_name) {
  absl::Status fits = CheckLength(what, text.size(), limit, limit_name, "choose a shorter one");
  if (!fits.ok()) return fits;
  if (HasControl(text)) {
    return absl::InvalidArgumentError(
        absl::StrCat(what, " contains a control character: take it out"));
  }
  if (base::IsUtf8(text)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(what, " contains bytes that are not UTF-8: encode them"));
}

absl::Status CheckGiven(const std::string& topic, const std::string& url) {
  if (topic.empty()) return absl::UnknownError("empty topic");
  if (url.empty()) return absl::UnknownError("empty url");
  return absl::OkStatus();
}

absl::Status CheckSubscription(const std::string& topic, const std::string& url,
                               const std::string& remark) {
  absl::Status status = CheckGiven(topic, url);
  if (status.ok()) status = CheckText("topic", topic, core::kMaxTopicLength, "kMaxTopicLength");
  if (status.ok()) status = CheckText("url", url, core::kMaxTargetLength, "kMaxTargetLength");
  if (status.ok()) status = CheckText("remark", remark, core::kMaxRemarkLength, "kMaxRemarkLength");
  // A gRPC message can be delivered to every kind of receiver.
  return status.ok() ? CheckTargetForm("url", core::Protocol::kGrpc, url) : status;
}

ReceiverList::iterator FindUrl(ReceiverList& receivers, const std::string& url) {
  return std::find_if(receivers.begin(), receivers.end(),
                      [&](const Receiver& receiver) { return receiver.url == url; });
}

absl::Status Unreadable(const std::string& topic) {
  return absl::DataLossError(
      absl::StrCat("what is stored of topic '", topic,
                   "' is no list of receivers: delete the topic and subscribe again"));
}

// The protocol's words for a change that met another record than it expected.
absl::Status Worded(const absl::Status& written) {
  if (absl::IsNotFound(written)) return absl::NotFoundError("storage: NotFound");
  if (absl::IsAlreadyExists(written)) return absl::AlreadyExistsError("storage: UniqueKeyConflict");
  return written;
}

}  // namespace

Topics::Known Topics::KnownOf(const port::KvRecord& record) {
  Known known;
  known.size = record.key.size() + record.value.size();
  const std::optional<ReceiverList> receivers = DecodeReceivers(record.value);
  if (!receivers.has_value()) {
    known.readable = Unreadable(record.key);
    return known;
  }
  std::vector<std::string> urls;
  urls.reserve(receivers->size());
  for (const Receiver& receiver : *receivers) urls.push_back(receiver.url);
  known.urls = std::make_shared<const std::vector<std::string>>(std::move(urls));
  return known;
}

absl::StatusOr<Topics::AllKnown> Topics::ReadAll() {
  AllKnown all;
  port::KvFilter filter;
  filter.category = kTopicCategory;
  filter.limit = kLoadPage;
  for (;;) {
    const auto page = records_.ListKv(filter);
    if (!page.ok()) return page.status();
    if (page->empty()) return all;
    for (const port::KvRecord& record : *page) all.insert_or_assign(record.key, KnownOf(record));
    filter.before_id = page->back().id;
  }
}

void Topics::KeepAll(AllKnown all) {
  absl::MutexLock lock(&mutex_);
  known_ = std::move(all);
  size_ = 0;
  for (const auto& [topic, known] : known_) size_ += known.size;
}

absl::Status Topics::Load() {
  absl::StatusOr<AllKnown> all = ReadAll();
  if (all.ok()) KeepAll(*std::move(all));
  return all.status();
}

absl::Status Topics::FollowOthers() {
  absl::MutexLock writing(&write_mutex_);
  // Before the records: what changes in between is seen the next time.
  absl::StatusOr<std::string> state = records_.KvState(kTopicCategory);
  if (!state.ok() || *state == state_) return state.status();
  absl::StatusOr<AllKnown> all = ReadAll();
  if (!all.ok()) return all.status();
  KeepAll(*std::move(all));
  state_ = *std::move(state);
  return absl::OkStatus();
}

absl::Status Topics::Subscribe(const std::string& topic, const std::string& url,
                               const std::string& remark) {
  if (absl::Status status = CheckSubscription(topic, url, remark); !status.ok()) return status;
  absl::MutexLock writing(&write_mutex_);
  const auto stored = Read(topic);
  if (!stored.ok()) return stored.status();
  ReceiverList receivers;
  if (stored->has_value()) receivers = (*stored)->receivers;
  if (FindUrl(receivers, url) != receivers.end())
    return absl::AlreadyExistsError("this url exists");
  if (receivers.size() >= core::kMaxReceivers) {
    return absl::InvalidArgumentError(absl::StrCat("the topic has ", receivers.size(),
                                                   " receivers, more are not allowed "
                                                   "(kMaxReceivers): use several topics"));
  }
  receivers.push_back({url, remark});
  return Write(topic, *stored, receivers);
}

absl::Status Topics::Unsubscribe(const std::string& topic, const std::string& url) {
  if (absl::Status status = CheckGiven(topic, url); !status.ok()) return status;
  absl::MutexLock writing(&write_mutex_);
  const auto stored = Read(topic);
  if (!stored.ok()) return stored.status();
  if (!stored->has_value()) return absl::NotFoundError("no such a topic");
  ReceiverList receivers = (*stored)->receivers;
  if (receivers.empty()) return absl::NotFoundError("this topic is empty");
  const auto found = FindUrl(receivers, url);
  if (found == receivers.end()) return absl::NotFoundError("no such an url ");
  receivers.erase(found);
  return Write(topic, *stored, receivers);
}

absl::Status Topics::Delete(const std::string& topic) {
  absl::MutexLock writing(&write_mutex_);
  const bool known = Look(topic).has_value();
  const absl::Status deleted = records_.DeleteKv(kTopicCategory, topic);
  // Whatever name somebody deletes, nothing new comes of it that would have to be remembered.
  if (known) Refresh(topic);
  return Worded(deleted);
}

absl::StatusOr<Topics::Urls> Topics::Receivers(const std::string& topic) {
  std::optional<Known> known = Look(topic);
  if (known.has_value() && !known->readable.ok()) {
    absl::MutexLock writing(&write_mutex_);
    Refresh(topic);
    known = Look(topic);
  }
  if (known.has_value() && !known->readable.ok()) return known->readable;
  if (!known.has_value() || known->urls->empty()) return absl::NotFoundError("no receivers");
  return known->urls;
}

absl::StatusOr<std::optional<Topics::Stored>> Topics::Read(const std::string& topic) {
  const auto record = records_.FindKv(kTopicCategory, topic);
  if (absl::IsNotFound(record.status())) return std::nullopt;
  if (!record.ok()) return record.status();
  std::optional<ReceiverList> receivers = DecodeReceivers(record->value);
  if (!receivers.has_value()) return Unreadable(topic);
  return Stored{record->version, *std::move(receivers)};
}

absl::Status Topics::Write(const std::string& topic, const std::optional<Stored>& before,
                           const ReceiverList& receivers) {
  const std::string value = EncodeReceivers(receivers);
  if (absl::Status room = CheckRoom(topic, topic.size() + value.size()); !room.ok()) return room;
  const base::Time now = clock_.Now();
  const absl::Status written =
      before.has_value() ? records_.UpdateKv(kTopicCategory, topic, value, before->version, now)
                         : records_.CreateKv(kTopicCategory, topic, value, now);
  Refresh(topic);
  return Worded(written);
}

void Topics::Refresh(const std::string& topic) {
  const auto record = records_.FindKv(kTopicCategory, topic);
  if (record.ok()) return Keep(topic, KnownOf(*record));
  if (absl::IsNotFound(record.status())) return Keep(topic, std::nullopt);
  Known known = Look(topic).value_or(Known());
  known.readable = record.status();
  Keep(topic, std::move(known));
}

void Topics::Keep(const std::string& topic, std::optional<Known> known) {
  absl::MutexLock lock(&mutex_);
  if (const auto before = known_.find(topic); before != known_.end()) {
    size_ -= before->second.size;
    known_.erase(before);
  }
  if (!known.has_value()) return;
  size_ += known->size;
  known_.emplace(topic, *std::move(known));
}

std::optional<Topics::Known> Topics::Look(const std::string& topic) {
  absl::MutexLock lock(&mutex_);
  const auto found = known_.find(topic);
  if (found == known_.end()) return std::nullopt;
  return found->second;
}

absl::Status Topics::CheckRoom(const std::string& topic, size_t size) {
  absl::MutexLock lock(&mutex_);
  const auto found = known_.find(topic);
  if (found == known_.end() && known_.size() >= core::kMaxTopics) {
    return absl::InvalidArgumentError(absl::StrCat("there are ", known_.size(),
                                                   " topics, more are not allowed (kMaxTopics): "
                                                   "delete those that nobody uses"));
  }
  const size_t before = found == known_.end() ? 0 : found->second.size;
  if (size <= before || size_ - before + size <= core::kMaxTopicsSize) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "all topics together would have ", size_ - before + size, " bytes, at most ",
      core::kMaxTopicsSize, " are allowed (kMaxTopicsSize): delete those that nobody uses"));
}

}  // namespace saga::api
