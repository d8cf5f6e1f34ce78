#include "orchestrator/api/metrics.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/metric_family.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "orchestrator/api/http_router.h"
#include "orchestrator/api/metrics_dtm.h"
#include "orchestrator/api/metrics_label.h"
#include "orchestrator/api/metrics_process.h"
#include "orchestrator/core/limits.h"
#include "orchestrator/core/words.h"

namespace saga::api {

namespace {

using prometheus::Counter;
using prometheus::Histogram;
using prometheus::MetricFamily;
using Family = prometheus::Family<Counter>;

constexpr std::array kEnds = {core::Status::kSucceed, core::Status::kFailed};
constexpr std::array kAlertEnds = {std::pair{port::AlertEnd::kDelivered, "delivered"},
                                   std::pair{port::AlertEnd::kFailed, "failed"},
                                   std::pair{port::AlertEnd::kDropped, "dropped"}};
constexpr std::array kOutcomes = {core::Outcome::kSuccess, core::Outcome::kFailure,
                                  core::Outcome::kOngoing, core::Outcome::kUnknown};

template <typename Value>
std::string Word(Value value) {
  return std::string(core::WordOf(value));
}

// Seconds. A commit is a disk's sync, a call a network's round trip: both may be well below a
// millisecond.
const Histogram::BucketBoundaries kCommitSeconds = {0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02,
                                                    0.05,   0.1,    0.2,   0.5,   1,     2,    5};
const Histogram::BucketBoundaries kCallSeconds = {
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30};
const Histogram::BucketBoundaries kWrites = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512};

double Seconds(base::Duration duration) { return static_cast<double>(duration.micros) / 1e6; }

// Whether DTM counts requests of this route (protocol 9.2): those of its own paths, but not pings.
bool IsDtmRoute(std::string_view route) {
  constexpr std::string_view kApi = "/api/";
  return route == HttpRouter::kNoRoute ||
         (route.substr(0, kApi.size()) == kApi && route != "/api/ping");
}

// A branch that was asked and has not done it: the pass leaves something to be repeated.
bool LeavesWork(const core::GlobalTransaction& transaction) {
  return std::any_of(transaction.branches.begin(), transaction.branches.end(),
                     [](const core::Branch& branch) {
                       return branch.status == core::BranchStatus::kPrepared && branch.answered &&
                              branch.last_outcome != core::Outcome::kSuccess;
                     });
}

MetricFamily GaugeFamily(std::string name, std::string help) {
  return {.name = std::move(name), .help = std::move(help), .type = prometheus::MetricType::Gauge};
}

void AddValue(MetricFamily& family, double value) {
  prometheus::ClientMetric metric;
  metric.gauge.value = value;
  family.metric.push_back(std::move(metric));
}

}  // namespace

class Metrics::Impl {
 public:
  explicit Impl(Options options);

  std::string Render();

  std::array<std::array<Counter*, kEnumTable>, kEnumTable> ended{};         // mode, status
  std::array<std::array<Counter*, kEnumTable>, kEnumTable> branch_calls{};  // op, outcome
  std::array<Histogram*, kEnumTable> branch_seconds{};                      // op
  Histogram* commit_seconds = nullptr;
  Histogram* commit_writes = nullptr;
  Counter* commit_failures = nullptr;
  prometheus::Gauge* store_up = nullptr;
  std::array<Counter*, kEnumTable> alerts{};  // end

  DtmSeries& dtm() { return dtm_; }
  void CountRefused(const std::string& limit) { refused_->Count(limit); }
  void CountHttp(std::string_view route, int status, base::Duration took)
      ABSL_LOCKS_EXCLUDED(http_mutex_);

 private:
  struct Route {
    absl::flat_hash_map<int, Counter*> by_status;
    std::optional<DtmSeries::Api> dtm;
  };

  Family& CounterFamily(const std::string& name, const std::string& help) {
    return prometheus::BuildCounter().Name(name).Help(help).Register(registry_);
  }
  Histogram* AddHistogram(const std::string& name, const std::string& help,
                          const Histogram::BucketBoundaries& buckets) {
    return &prometheus::BuildHistogram().Name(name).Help(help).Register(registry_).Add({}, buckets);
  }
  void MakeBranchSeries();
  void MakeStoreSeries();
  void MakeAlertSeries();
  void AddProcess(std::vector<MetricFamily>& families) const;
  void AddScraped(std::vector<MetricFamily>& families) const;

  const Options options_;
  const double start_seconds_ = ProcessStartSeconds();
  prometheus::Registry registry_;
  DtmSeries dtm_;
  std::unique_ptr<BoundedCounters> refused_;
  Family* http_ = nullptr;
  absl::Mutex http_mutex_;
  absl::flat_hash_map<std::string, Route> routes_ ABSL_GUARDED_BY(http_mutex_);
};

Metrics::Impl::Impl(Options options)
    : options_(std::move(options)), dtm_(registry_, options_.grpc_version) {
  auto& transactions = CounterFamily("saga_transactions_total", "Global transactions that ended");
  for (const core::Mode mode : core::kModes) {
    for (const core::Status status : kEnds) {
      ended[EnumIndex(mode)][EnumIndex(status)] =
          &transactions.Add({{"mode", Word(mode)}, {"status", Word(status)}});
    }
  }
  MakeBranchSeries();
  MakeStoreSeries();
  MakeAlertSeries();
  refused_ = std::make_unique<BoundedCounters>(
      CounterFamily("saga_refused_total", "Requests turned away because a limit was reached"),
      "limit");
  http_ = &CounterFamily("saga_http_requests_total", "Requests answered on the HTTP port");
  prometheus::BuildGauge()
      .Name("sagad_info")
      .Help("Always 1; what runs")
      .Register(registry_)
      .Add({{"version", options_.version}})
      .Set(1);
}

void Metrics::Impl::MakeBranchSeries() {
  auto& calls = CounterFamily("saga_branch_calls_total", "Branch calls that came back");
  auto& seconds = prometheus::BuildHistogram()
                      .Name("saga_branch_call_seconds")
                      .Help("Time from a branch call to its answer")
                      .Register(registry_);
  for (const core::Op op : core::kOps) {
    if (op == core::Op::kTry) continue;  // the client's call, not ours
    for (const core::Outcome outcome : kOutcomes) {
      branch_calls[EnumIndex(op)][EnumIndex(outcome)] =
          &calls.Add({{"op", Word(op)}, {"outcome", Word(outcome)}});
    }
    branch_seconds[EnumIndex(op)] = &seconds.Add({{"op", Word(op)}}, kCallSeconds);
  }
}

void Metrics::Impl::MakeStoreSeries() {
  commit_seconds = AddHistogram("saga_commit_seconds", "Time of one store commit", kCommitSeconds);
  commit_writes =
      AddHistogram("saga_commit_writes", "Transactions written by one store commit", kWrites);
  commit_failures = &CounterFamily("saga_commit_failures_total",
                                   "Writes that were not stored, or of which that is not known")
                         .Add({});
  store_up = &prometheus::BuildGauge()
                  .Name("saga_store_up")
                  .Help("1 while the store answers, 0 while it does not")
                  .Register(registry_)
                  .Add({});
  store_up->Set(1);
}

void Metrics::Impl::MakeAlertSeries() {
  auto& family = CounterFamily("saga_alerts_total", "Alerts about branches that keep failing");
  for (const auto& [end, word] : kAlertEnds)
    alerts[EnumIndex(end)] = &family.Add({{"result", word}});
}

void Metrics::Impl::CountHttp(std::string_view route, int status, base::Duration took) {
  const absl::string_view key(route.data(), route.size());
  absl::MutexLock lock(&http_mutex_);
  auto found = routes_.find(key);
  if (found == routes_.end()) {
    found = routes_.try_emplace(std::string(route)).first;
    if (IsDtmRoute(route)) found->second.dtm = dtm_.HttpApi(route);
  }
  Counter*& counter = found->second.by_status[status];
  if (counter == nullptr) {
    counter = &http_->Add({{"route", LabelValue(route)}, {"code", absl::StrCat(status)}});
  }
  counter->Increment();
  if (found->second.dtm.has_value()) found->second.dtm->Count(status < 400, Seconds(took));
}

void Metrics::Impl::AddProcess(std::vector<MetricFamily>& families) const {
  families.push_back(
      GaugeFamily("process_start_time_seconds", "When the process started, Unix time"));
  AddValue(families.back(), start_seconds_);
  families.push_back(GaugeFamily("process_resident_memory_bytes", "Memory the process has in RAM"));
  AddValue(families.back(), static_cast<double>(ResidentBytes()));
}

void Metrics::Impl::AddScraped(std::vector<MetricFamily>& families) const {
  if (!options_.scrape) return;
  std::vector<MetricFamily> scraped = ScrapedFamilies(options_.scrape());
  std::move(scraped.begin(), scraped.end(), std::back_inserter(families));
}

std::string Metrics::Impl::Render() {
  std::vector<MetricFamily> families = registry_.Collect();
  AddScraped(families);
  AddProcess(families);
  return prometheus::TextSerializer().Serialize(families);
}

Metrics::Metrics(Options options) : impl_(std::make_unique<Impl>(std::move(options))) {}

Metrics::~Metrics() = default;

// What is open is asked for when somebody scrapes: a count kept along the way would drift with
// every takeover.
void Metrics::OnOpened(const core::GlobalTransaction&, bool) {}

void Metrics::OnBranchAnswered(const core::GlobalTransaction& transaction,
                               const core::Branch& branch, core::Outcome outcome,
                               const std::string&, base::Duration took) {
  if (Counter* counter = impl_->branch_calls[EnumIndex(branch.op)][EnumIndex(outcome)];
      counter != nullptr) {
    counter->Increment();
  }
  if (Histogram* histogram = impl_->branch_seconds[EnumIndex(branch.op)]; histogram != nullptr) {
    histogram->Observe(Seconds(took));
  }
  // DTM does not count what it asks the client back.
  if (!core::IsAskBack(branch.op)) {
    impl_->dtm().CountBranch(transaction.mode, branch.op, branch.branch_id,
                             outcome == core::Outcome::kSuccess);
  }
}

void Metrics::OnRested(const core::GlobalTransaction& transaction) {
  impl_->dtm().CountPass(transaction.mode, !LeavesWork(transaction),
                         Seconds(transaction.update_time - transaction.create_time));
}

// Counted when it has ended.
void Metrics::OnAborting(const core::GlobalTransaction&) {}

void Metrics::OnEnded(const core::GlobalTransaction& transaction) {
  Counter* counter = impl_->ended[EnumIndex(transaction.mode)][EnumIndex(transaction.status)];
  if (counter != nullptr) counter->Increment();
  // Undoing what was never submitted is what was asked for; a saga was.
  const bool good =
      transaction.status == core::Status::kSucceed || transaction.mode != core::Mode::kSaga;
  impl_->dtm().CountPass(transaction.mode, good,
                         Seconds(transaction.finish_time - transaction.create_time));
}

void Metrics::OnCommit(size_t writes, size_t failed, base::Duration took) {
  impl_->commit_seconds->Observe(Seconds(took));
  impl_->commit_writes->Observe(static_cast<double>(writes));
  if (failed > 0) impl_->commit_failures->Increment(static_cast<double>(failed));
}

void Metrics::OnRefused(const std::string& limit) { impl_->CountRefused(limit); }

void Metrics::OnStoreHealth(bool ok, const std::string&) { impl_->store_up->Set(ok ? 1 : 0); }

void Metrics::OnHttpAnswer(std::string_view route, int status, base::Duration took) {
  impl_->CountHttp(route, status, took);
}

void Metrics::OnRpcAnswer(std::string_view rpc, bool ok, base::Duration took) {
  impl_->dtm().CountRpc(rpc, ok, Seconds(took));
}

void Metrics::OnAlertEnd(port::AlertEnd end) { impl_->alerts[EnumIndex(end)]->Increment(); }

std::string Metrics::Render() { return impl_->Render(); }

}  // namespace saga::api
