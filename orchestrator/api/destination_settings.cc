#include "orchestrator/api/destination_settings.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "orchestrator/api/text_check.h"
#include "orchestrator/core/limits.h"

namespace saga::api {

namespace {

using nlohmann::json;

constexpr size_t kLoadPage = 1000;

std::string Encode(const SetDestination& set) {
  const json record = {{"paused", set.settings.paused},
                       {"in_flight", set.settings.in_flight},
                       {"rate", set.settings.rate},
                       {"paused_by", set.paused_by},
                       {"limited_by", set.limited_by}};
  return record.dump(-1, ' ', false, json::error_handler_t::replace);
}

// A member that is not there is as nobody set it: a record of another version is read too.
std::optional<SetDestination> Decode(const std::string& text) {
  const json record = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!record.is_object()) return std::nullopt;
  try {
    SetDestination set;
    set.settings.paused = record.value("paused", false);
    set.settings.in_flight = record.value("in_flight", size_t{0});
    set.settings.rate = record.value("rate", 0.0);
    set.paused_by = record.value("paused_by", std::string());
    set.limited_by = record.value("limited_by", std::string());
    return set;
  } catch (const json::exception&) {
    return std::nullopt;
  }
}

absl::Status CheckDestination(const std::string& destination) {
  if (destination.empty()) return absl::InvalidArgumentError("destination: it must be given");
  absl::Status fits = CheckLength("destination", destination.size(), core::kMaxTargetLength,
                                  "kMaxTargetLength", "no destination is that long");
  if (fits.ok() && HasControl(destination))
    return absl::InvalidArgumentError("destination: it contains a control character");
  return fits;
}

absl::Status Silent(const absl::Status& status) {
  return absl::UnavailableError(absl::StrCat("the store does not answer: ", status.message()));
}

}  // namespace

absl::Status DestinationBook::Load() {
  const auto all = ReadAll();
  if (!all.ok()) return all.status();
  for (const auto& [destination, set] : *all) Keep(destination, set);
  return absl::OkStatus();
}

absl::Status DestinationBook::FollowOthers() {
  absl::MutexLock writing(&write_mutex_);
  // Before the records: what changes in between is seen the next time.
  absl::StatusOr<std::string> state = records_.KvState(kDestinationCategory);
  if (!state.ok() || *state == state_) return state.status();
  const auto all = ReadAll();
  if (!all.ok()) return all.status();
  const std::map<std::string, SetDestination> before = All();
  for (const auto& [destination, set] : before) {
    if (!all->contains(destination)) Keep(destination, SetDestination());
  }
  for (const auto& [destination, set] : *all) {
    const auto known = before.find(destination);
    if (known == before.end() || known->second != set) Keep(destination, set);
  }
  state_ = *std::move(state);
  return absl::OkStatus();
}

absl::StatusOr<std::map<std::string, SetDestination>> DestinationBook::ReadAll() {
  std::map<std::string, SetDestination> all;
  port::KvFilter filter;
  filter.category = kDestinationCategory;
  filter.limit = kLoadPage;
  for (;;) {
    const auto page = records_.ListKv(filter);
    if (!page.ok()) return page.status();
    if (page->empty()) return all;
    for (const port::KvRecord& record : *page) {
      const std::optional<SetDestination> set = Decode(record.value);
      if (!set.has_value()) {
        return absl::DataLossError(absl::StrCat("what is stored for the destination '", record.key,
                                                "' are no settings: delete the record ",
                                                kDestinationCategory, "/", record.key,
                                                " of the table kv"));
      }
      all[record.key] = *set;
    }
    filter.before_id = page->back().id;
  }
}

absl::Status DestinationBook::Pause(const std::string& destination, const std::string& by) {
  return Change(destination, [&](SetDestination& set) {
    set.settings.paused = true;
    set.paused_by = by;
  });
}

absl::Status DestinationBook::Resume(const std::string& destination) {
  return Change(destination, [](SetDestination& set) {
    set.settings.paused = false;
    set.paused_by.clear();
  });
}

absl::Status DestinationBook::Limit(const std::string& destination, size_t in_flight, double rate,
                                    const std::string& by) {
  return Change(destination, [&](SetDestination& set) {
    set.settings.in_flight = in_flight;
    set.settings.rate = rate;
    set.limited_by = in_flight == 0 && rate == 0 ? "" : by;
  });
}

absl::Status DestinationBook::Change(const std::string& destination,
                                     const std::function<void(SetDestination&)>& change) {
  if (absl::Status good = CheckDestination(destination); !good.ok()) return good;
  absl::MutexLock writing(&write_mutex_);
  const auto stored = records_.FindKv(kDestinationCategory, destination);
  if (!stored.ok() && !absl::IsNotFound(stored.status())) return Silent(stored.status());
  // What is stored counts: another node may have set something that is not heard of here yet.
  SetDestination set;
  if (stored.ok()) set = Decode(stored->value).value_or(set);
  change(set);
  if (absl::Status written = Write(destination, set, stored); !written.ok()) return written;
  Keep(destination, set);
  return absl::OkStatus();
}

absl::Status DestinationBook::Write(const std::string& destination, const SetDestination& set,
                                    const absl::StatusOr<port::KvRecord>& stored) {
  absl::Status written;
  if (set == SetDestination()) {
    // Nothing is set any more.
    if (!stored.ok()) return absl::OkStatus();
    written = records_.DeleteKv(kDestinationCategory, destination);
  } else if (stored.ok()) {
    written = records_.UpdateKv(kDestinationCategory, destination, Encode(set), stored->version,
                                clock_.Now());
  } else {
    if (All().size() >= core::kMaxLanes) {
      return absl::ResourceExhaustedError(
          absl::StrCat("settings of ", core::kMaxLanes,
                       " destinations are kept already (kMaxLanes): resume or unlimit some"));
    }
    written = records_.CreateKv(kDestinationCategory, destination, Encode(set), clock_.Now());
  }
  return written.ok() ? written : Silent(written);
}

void DestinationBook::Keep(const std::string& destination, const SetDestination& set) {
  {
    absl::MutexLock lock(&mutex_);
    if (set == SetDestination()) {
      set_.erase(destination);
    } else {
      set_[destination] = set;
    }
  }
  apply_(destination, set.settings);
}

std::optional<SetDestination> DestinationBook::Find(const std::string& destination) const {
  absl::MutexLock lock(&mutex_);
  const auto found = set_.find(destination);
  if (found == set_.end()) return std::nullopt;
  return found->second;
}

std::map<std::string, SetDestination> DestinationBook::All() const {
  absl::MutexLock lock(&mutex_);
  return set_;
}

}  // namespace saga::api
