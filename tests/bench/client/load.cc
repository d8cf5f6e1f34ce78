#include "tests/bench/client/load.h"

#include <unistd.h>

#include <algorithm>
#include <memory>
#include <random>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "tests/bench/client/transport.h"
#include "tests/bench/process_usage.h"

namespace saga::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kRestAfterError{20};

double Milliseconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

struct Client {
  std::string gid;
  int next_call = 0;
  Clock::time_point started;
};

class ClosedLoop {
 public:
  ClosedLoop(const LoadOptions& options, const Script& script, Transport& transport)
      : options_(options),
        script_(script),
        transport_(transport),
        clients_(static_cast<size_t>(options.clients)) {}

  LoadReport Run() {
    measure_from_ = Clock::now() + options_.warmup;
    measure_until_ = measure_from_ + options_.measured;
    for (int i = 0; i < options_.clients; ++i) Begin(i, std::chrono::milliseconds(0));
    transport_.Run([this](int client, const Answer& answer) { OnAnswer(client, answer); });
    if (!measuring_) BeginMeasuring();
    if (!measured_) EndMeasuring();
    report_.seconds = std::chrono::duration<double>(options_.measured).count();
    report_.per_second = static_cast<double>(report_.ok) / report_.seconds;
    report_.latency = samples_.Summarise();
    return report_;
  }

 private:
  void Begin(int index, std::chrono::milliseconds pause) {
    Client& client = clients_[static_cast<size_t>(index)];
    client.gid = options_.random_gids ? RandomGid() : UniqueGid();
    client.next_call = 1;
    client.started = Clock::now() + pause;
    transport_.Start(index, script_.Make(client.gid, 0), pause);
  }

  void OnAnswer(int index, const Answer& answer) {
    Client& client = clients_[static_cast<size_t>(index)];
    if (answer.kind == AnswerKind::kOk && client.next_call < script_.Calls()) {
      transport_.Start(index, script_.Make(client.gid, client.next_call++));
      return;
    }
    const Clock::time_point now = Clock::now();
    if (!measuring_ && now >= measure_from_) BeginMeasuring();
    if (!measured_ && now >= measure_until_) EndMeasuring();
    if (measuring_ && !measured_) Count(client, answer, now);
    if (now < measure_until_) {
      Begin(index,
            answer.kind == AnswerKind::kError ? kRestAfterError : std::chrono::milliseconds(0));
    }
  }

  void Count(const Client& client, const Answer& answer, Clock::time_point now) {
    switch (answer.kind) {
      case AnswerKind::kOk:
        ++report_.ok;
        samples_.Add(now - client.started);
        return;
      case AnswerKind::kRefused:
        ++report_.failed;
        break;
      case AnswerKind::kError:
        ++report_.errors;
        break;
    }
    const std::string text = absl::StrReplaceAll(answer.text, {{client.gid, "<gid>"}});
    if (report_.texts.size() < kMaxTexts || report_.texts.contains(text)) ++report_.texts[text];
  }

  void BeginMeasuring() {
    measuring_ = true;
    client_before_ = ReadProcessUsage(getpid()).value_or(ProcessUsage{});
    server_before_ = ReadServer();
    database_before_ = ReadDatabase();
  }

  void EndMeasuring() {
    measured_ = true;
    const double ended =
        static_cast<double>(std::max<int64_t>(report_.ok + report_.failed + report_.errors, 1));
    const ProcessUsage client = ReadProcessUsage(getpid()).value_or(ProcessUsage{});
    const ProcessUsage server = ReadServer();
    report_.client_cpu_ms = Milliseconds(client.cpu - client_before_.cpu) / ended;
    report_.server_cpu_ms = Milliseconds(server.cpu - server_before_.cpu) / ended;
    report_.database_cpu_ms = Milliseconds(ReadDatabase().cpu - database_before_.cpu) / ended;
    report_.server_rss_kib = server.rss_kib;
    report_.server_peak_rss_kib = server.peak_rss_kib;
  }

  [[nodiscard]] ProcessUsage ReadServer() const {
    ProcessUsage all;
    for (const pid_t pid : options_.server_pids) {
      const ProcessUsage one = ReadProcessUsage(pid).value_or(ProcessUsage{});
      all.cpu += one.cpu;
      all.rss_kib += one.rss_kib;
      all.peak_rss_kib += one.peak_rss_kib;
    }
    return all;
  }

  [[nodiscard]] ProcessUsage ReadDatabase() const {
    if (options_.database_pid == 0) return {};
    return ReadProcessUsage(options_.database_pid).value_or(ProcessUsage{});
  }

  const LoadOptions& options_;
  const Script& script_;
  Transport& transport_;
  std::vector<Client> clients_;
  Clock::time_point measure_from_;
  Clock::time_point measure_until_;
  bool measuring_ = false;  // the warmup is over
  bool measured_ = false;   // the measured time is over
  ProcessUsage client_before_;
  ProcessUsage server_before_;
  ProcessUsage database_before_;
  LatencySamples samples_;
  LoadReport report_;
};

}  // namespace

std::string UniqueGid() {
  static const uint64_t run = [] {
    std::random_device random;
    return (static_cast<uint64_t>(random()) << 32) | random();
  }();
  static uint64_t counter = 0;
  return absl::StrFormat("b%014x%010d", run & 0xffffffffffffffu, ++counter);
}

std::string RandomGid() {
  static std::mt19937_64 random = [] {
    std::random_device device;
    std::seed_seq seed{device(), device(), device(), device()};
    return std::mt19937_64(seed);
  }();
  return absl::StrFormat("b%016x%08x", random(), random() >> 32);
}

absl::StatusOr<LoadReport> RunLoad(const LoadOptions& options) {
  const std::unique_ptr<Script> script = MakeScript(options.script);
  auto transport =
      MakeTransport(options.script.protocol, {.servers = options.targets,
                                              .participant = options.script.participant,
                                              .slots = options.clients,
                                              .channels = options.channels});
  if (!transport.ok()) return transport.status();
  return ClosedLoop(options, *script, **transport).Run();
}

}  // namespace saga::bench
