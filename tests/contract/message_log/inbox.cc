#include "tests/contract/message_log/inbox.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace saga::contract {

std::string TextOf(const base::Message& message) { return base::Value(message.value); }

port::MessageSource::Handler Inbox::Handler() {
  return [this](port::Received received, absl::AnyInvocable<void()> ack) {
    Take(std::move(received), std::move(ack));
  };
}

void Inbox::Take(port::Received received, absl::AnyInvocable<void()> ack) {
  {
    absl::MutexLock lock(&mutex_);
    received_.push_back(std::move(received));
    owed_.push_back(nullptr);
    most_open_ = std::max(most_open_, ++open_);
    if (acks_ == Acks::kByHand) {
      owed_.back() = std::move(ack);
      return;
    }
    --open_;
  }
  std::move(ack)();
}

size_t Inbox::Count() const {
  absl::MutexLock lock(&mutex_);
  return received_.size();
}

std::vector<port::Received> Inbox::All() const {
  absl::MutexLock lock(&mutex_);
  return received_;
}

std::map<std::string, std::vector<std::string>> Inbox::ByKey() const {
  std::map<std::string, std::vector<std::string>> result;
  for (const port::Received& received : All()) {
    result[received.message.key].push_back(TextOf(received.message));
  }
  return result;
}

size_t Inbox::MostOpen() const {
  absl::MutexLock lock(&mutex_);
  return most_open_;
}

void Inbox::Ack(size_t i) {
  absl::AnyInvocable<void()> ack;
  {
    absl::MutexLock lock(&mutex_);
    ack = std::exchange(owed_.at(i), nullptr);
    --open_;
  }
  std::move(ack)();
}

void Inbox::AckAll() {
  for (absl::AnyInvocable<void()>& ack : TakeAcks()) std::move(ack)();
}

std::vector<absl::AnyInvocable<void()>> Inbox::TakeAcks() {
  absl::MutexLock lock(&mutex_);
  std::vector<absl::AnyInvocable<void()>> taken;
  for (absl::AnyInvocable<void()>& ack : owed_) {
    if (ack != nullptr) taken.push_back(std::exchange(ack, nullptr));
  }
  open_ = 0;
  return taken;
}

absl::AnyInvocable<void(absl::Status)> Outcomes::Next() {
  absl::MutexLock lock(&mutex_);
  const size_t number = told_.size();
  told_.emplace_back();
  return [this, number](const absl::Status& status) {
    absl::MutexLock inner(&mutex_);
    if (told_[number].empty()) ++finished_;
    told_[number].push_back(status);
  };
}

size_t Outcomes::Started() const {
  absl::MutexLock lock(&mutex_);
  return told_.size();
}

size_t Outcomes::Finished() const {
  absl::MutexLock lock(&mutex_);
  return finished_;
}

std::vector<std::string> Outcomes::Problems() const {
  absl::MutexLock lock(&mutex_);
  std::vector<std::string> problems;
  for (size_t i = 0; i < told_.size(); ++i) {
    if (told_[i].size() == 1 && told_[i][0].ok()) continue;
    problems.push_back(absl::StrCat("message ", i, " was told ", told_[i].size(),
                                    " times: ", told_[i].empty() ? "" : told_[i][0].ToString()));
  }
  return problems;
}

std::vector<absl::Status> Outcomes::All() const {
  absl::MutexLock lock(&mutex_);
  std::vector<absl::Status> all;
  for (const auto& told : told_) all.insert(all.end(), told.begin(), told.end());
  return all;
}

}  // namespace saga::contract
