#include "tests/bench/orphans.h"

#include <signal.h>

#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "tests/bench/child_process.h"
#include "tests/bench/client/http_get.h"
#include "tests/bench/client/submit_many.h"

namespace saga::bench {
namespace {

using Clock = std::chrono::steady_clock;
using Json = nlohmann::json;

constexpr std::chrono::seconds kReadyPatience{20};
constexpr std::chrono::seconds kCalledPatience{2};
constexpr std::chrono::milliseconds kHold{60'000};
constexpr std::chrono::milliseconds kPoll{10};

double SecondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// True once the condition holds, false when it did not within the patience.
bool WaitFor(std::chrono::milliseconds patience, const std::function<bool()>& condition) {
  const Clock::time_point deadline = Clock::now() + patience;
  while (!condition()) {
    if (Clock::now() > deadline) return false;
    std::this_thread::sleep_for(kPoll);
  }
  return true;
}

class Orphans {
 public:
  explicit Orphans(const OrphansOptions& options) : options_(options) {}

  absl::StatusOr<OrphansReport> Run() {
    absl::Status done = StartServer();
    if (done.ok()) done = Park();
    if (done.ok()) done = SetDelay(kHold);
    if (done.ok()) done = SubmitOrphans();
    if (!done.ok()) return done;
    server_->Stop(SIGKILL);
    done = SetDelay(std::chrono::milliseconds(0));
    const int64_t calls_at_kill = Calls();
    const Clock::time_point restarted = Clock::now();
    if (done.ok()) done = StartServer();
    if (!done.ok()) return done;
    report_.ready_seconds = SecondsSince(restarted);
    AwaitEnds(restarted);
    report_.calls_after = Calls() - calls_at_kill;
    server_->Stop(SIGTERM);
    return report_;
  }

 private:
  absl::Status StartServer() {
    auto server = ChildProcess::Start({.command = {"sh", "-c", "exec " + options_.server_command},
                                       .directory = options_.server_directory,
                                       .environment = options_.environment,
                                       .log_file = options_.server_log});
    if (!server.ok()) return server.status();
    server_ = *std::move(server);
    const bool ready = WaitFor(kReadyPatience, [this] {
      return !server_->Running() || HttpGet(options_.server_http, "/api/dtmsvr/newGid").ok();
    });
    if (!ready || !server_->Running()) {
      return absl::UnavailableError(
          absl::StrCat("the server did not become ready; see ", options_.server_log));
    }
    return absl::OkStatus();
  }

  absl::Status SetDelay(std::chrono::milliseconds delay) {
    const std::string path = absl::StrCat("/delay?ms=", delay.count());
    return HttpGet(options_.participant_control, path).status();
  }

  // Calls that reached the participant so far; -1 when it does not tell.
  int64_t Calls() {
    const auto body = HttpGet(options_.participant_control, "/counts");
    if (!body.ok()) return -1;
    const Json counts = Json::parse(*body, nullptr, false);
    return counts.is_object() ? counts.value("total", int64_t{-1}) : -1;
  }

  absl::Status Park() {
    if (options_.parked == 0) return absl::OkStatus();
    ScriptOptions script = options_.script;
    script.wait_result = false;
    script.hang = true;
    script.participant = options_.parked_participant;
    return SubmitMany(options_.target, script, options_.parked).status();
  }

  absl::Status SubmitOrphans() {
    ScriptOptions script = options_.script;
    script.wait_result = false;
    const int64_t before = Calls();
    auto acknowledged = SubmitMany(options_.target, script, options_.orphans);
    if (!acknowledged.ok()) return acknowledged.status();
    open_ = *std::move(acknowledged);
    report_.acknowledged = static_cast<int>(open_.size());
    WaitFor(kCalledPatience, [&] { return Calls() - before >= report_.acknowledged; });
    report_.called_before_kill = Calls() - before;
    return absl::OkStatus();
  }

  void AwaitEnds(Clock::time_point restarted) {
    const size_t half = open_.size() / 2;
    bool half_seen = false;
    WaitFor(options_.patience, [&] {
      std::erase_if(open_, [this](const std::string& gid) { return Ended(gid); });
      if (!half_seen && open_.size() <= half) {
        half_seen = true;
        report_.half_final_seconds = SecondsSince(restarted);
      }
      return open_.empty();
    });
    report_.all_final_seconds = SecondsSince(restarted);
    report_.unfinished = static_cast<int>(open_.size());
  }

  // Whether the transaction has ended; counts it when it has.
  bool Ended(const std::string& gid) {
    const auto body = HttpGet(options_.server_http, "/api/dtmsvr/query?gid=" + gid);
    if (!body.ok()) return false;
    const Json answer = Json::parse(*body, nullptr, false);
    if (!answer.is_object() || !answer.contains("transaction")) return false;
    const Json& transaction = answer["transaction"];
    if (!transaction.is_object()) return false;
    const std::string status = transaction.value("status", "");
    if (status == "succeed") ++report_.succeeded;
    if (status == "failed") ++report_.failed;
    return status == "succeed" || status == "failed";
  }

  const OrphansOptions& options_;
  std::optional<ChildProcess> server_;
  std::vector<std::string> open_;
  OrphansReport report_;
};

}  // namespace

absl::StatusOr<OrphansReport> RunOrphans(const OrphansOptions& options) {
  return Orphans(options).Run();
}

Json ToJson(const OrphansReport& report) {
  return {{"acknowledged", report.acknowledged},
          {"called_before_kill", report.called_before_kill},
          {"ready_seconds", report.ready_seconds},
          {"half_final_seconds", report.half_final_seconds},
          {"all_final_seconds", report.all_final_seconds},
          {"succeeded", report.succeeded},
          {"failed", report.failed},
          {"unfinished", report.unfinished},
          {"calls_after", report.calls_after}};
}

}  // namespace saga::bench
