#include "orchestrator/api/metrics_dtm.h"

#include <prometheus/gauge.h>

#include "absl/strings/ascii.h"
#include "orchestrator/api/metrics_label.h"
#include "orchestrator/core/limits.h"
#include "orchestrator/core/words.h"

namespace saga::api {

namespace {

using prometheus::Counter;
using prometheus::Histogram;

constexpr std::array<const char*, 9> kRpcs = {"NewGid",    "Submit",         "Prepare",
                                              "Abort",     "RegisterBranch", "PrepareWorkflow",
                                              "Subscribe", "Unsubscribe",    "DeleteTopic"};

// What Prometheus' library for Go, and so DTM, takes when nobody says otherwise; seconds.
const Histogram::BucketBoundaries kGoBuckets = {0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
                                                0.5,   1,    2.5,   5,    10};

prometheus::Family<Counter>& CounterFamily(prometheus::Registry& registry, const char* name,
                                           const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
}

prometheus::Family<Histogram>& HistogramFamily(prometheus::Registry& registry, const char* name,
                                               const char* help) {
  return prometheus::BuildHistogram().Name(name).Help(help).Register(registry);
}

OkOrFail AddBoth(prometheus::Family<Counter>& family, prometheus::Labels labels) {
  OkOrFail both;
  labels["status"] = "ok";
  both.ok = &family.Add(labels);
  labels["status"] = "fail";
  both.fail = &family.Add(labels);
  return both;
}

}  // namespace

DtmSeries::DtmSeries(prometheus::Registry& registry, const std::string& grpc_version)
    : answers_(CounterFamily(registry, "dtm_server_process_total",
                             "Requests answered (a name of DTM's)")),
      seconds_(HistogramFamily(registry, "dtm_server_response_duration",
                               "Time from a request to its answer (a name of DTM's)")),
      branch_calls_(CounterFamily(registry, "dtm_branch_process_total",
                                  "Branch calls that came back (a name of DTM's)")) {
  prometheus::BuildGauge()
      .Name("dtm_server_info")
      .Help("Always 1 (a name of DTM's)")
      .Register(registry)
      .Add({{"gin_version", "none"}, {"grpc_version", grpc_version}})
      .Set(1);
  for (const char* rpc : kRpcs) rpcs_.emplace(rpc, MakeApi("grpc", rpc));
  other_rpc_ = MakeApi("grpc", "other");
  MakeModes(registry);
}

DtmSeries::Api DtmSeries::MakeApi(const std::string& type, std::string_view path) {
  // A route's parameter has as many values as clients think of.
  path = path.substr(0, path.find("/:"));
  const size_t slash = path.rfind('/');
  if (slash != std::string_view::npos) path.remove_prefix(slash + 1);
  const prometheus::Labels labels = {{"type", type},
                                     {"api", absl::AsciiStrToLower(LabelValue(path))}};
  return {AddBoth(answers_, labels), &seconds_.Add(labels, kGoBuckets)};
}

void DtmSeries::MakeModes(prometheus::Registry& registry) {
  auto& passes = CounterFamily(registry, "dtm_transaction_process_total",
                               "Passes over global transactions (a name of DTM's)");
  auto& age = HistogramFamily(registry, "dtm_transaction_handled_duration",
                              "Age of a global transaction when a pass ends (a name of DTM's)");
  for (const core::Mode mode : core::kModes) {
    const prometheus::Labels labels = {{"model", std::string(core::WordOf(mode))}};
    modes_[EnumIndex(mode)] = {AddBoth(passes, labels), &age.Add(labels, kGoBuckets)};
  }
}

void DtmSeries::CountRpc(std::string_view rpc, bool good, double took) const {
  const auto found = rpcs_.find(absl::string_view(rpc.data(), rpc.size()));
  (found == rpcs_.end() ? other_rpc_ : found->second).Count(good, took);
}

void DtmSeries::CountBranch(core::Mode mode, core::Op op, const std::string& branch_id, bool good) {
  absl::MutexLock lock(&branch_mutex_);
  Branches& branches = branches_[EnumIndex(mode)][EnumIndex(op)];
  const auto found = branches.find(branch_id);
  (found == branches.end() ? BranchOf(branches, mode, op, branch_id) : found->second).Count(good);
}

OkOrFail& DtmSeries::BranchOf(Branches& branches, core::Mode mode, core::Op op,
                              const std::string& branch_id) {
  // TCC's branch ids are the clients' own words.
  const bool room = branches.size() < core::kMetricLabels;
  const std::string label = room ? LabelValue(branch_id) : "other";
  const auto [found, added] = branches.try_emplace(room ? branch_id : label);
  if (added) {
    found->second = AddBoth(branch_calls_, {{"model", std::string(core::WordOf(mode))},
                                            {"branchid", label},
                                            {"branchtype", std::string(core::WordOf(op))}});
  }
  return found->second;
}

void DtmSeries::CountPass(core::Mode mode, bool good, double age) const {
  const Mode& counted = modes_[EnumIndex(mode)];
  if (counted.age == nullptr) return;
  counted.passes.Count(good);
  counted.age->Observe(age);
}

}  // namespace saga::api
