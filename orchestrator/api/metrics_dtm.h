#pragma once

// DTM's six series under DTM's names (protocol 9.2), so that dashboards made for DTM go on working.

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "orchestrator/api/metrics_label.h"
#include "orchestrator/core/mode.h"

namespace saga::api {

// The two counters that one event chooses between.
struct OkOrFail {
  prometheus::Counter* ok = nullptr;
  prometheus::Counter* fail = nullptr;

  void Count(bool good) const { (good ? ok : fail)->Increment(); }
};

// Thread-safe. Series are made when this is made, or when their first value comes; counting looks
// them up and no more.
class DtmSeries {
 public:
  // One api of one of the two doors.
  struct Api {
    OkOrFail answers;
    prometheus::Histogram* seconds = nullptr;

    void Count(bool good, double took) const {
      answers.Count(good);
      seconds->Observe(took);
    }
  };

  // `registry` outlives this.
  DtmSeries(prometheus::Registry& registry, const std::string& grpc_version);

  // The label is the last part of the path, in lower case: DTM's, but without the query string
  // (protocol 11.1 #27), and without a part that is a parameter.
  Api HttpApi(std::string_view route) { return MakeApi("http", route); }
  // `rpc` is the name of the protocol file: "Submit".
  void CountRpc(std::string_view rpc, bool good, double took) const;

  // A call of a branch came back.
  void CountBranch(core::Mode mode, core::Op op, const std::string& branch_id, bool good)
      ABSL_LOCKS_EXCLUDED(branch_mutex_);

  // A pass is over; `age` of the transaction by then, in seconds.
  void CountPass(core::Mode mode, bool good, double age) const;

 private:
  template <typename Metric>
  using Family = prometheus::Family<Metric>;

  struct Mode {
    OkOrFail passes;
    prometheus::Histogram* age = nullptr;
  };
  // Of one mode and op, by branch id.
  using Branches = absl::flat_hash_map<std::string, OkOrFail>;

  Api MakeApi(const std::string& type, std::string_view path);
  void MakeModes(prometheus::Registry& registry);
  OkOrFail& BranchOf(Branches& branches, core::Mode mode, core::Op op, const std::string& branch_id)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(branch_mutex_);

  Family<prometheus::Counter>& answers_;
  Family<prometheus::Histogram>& seconds_;
  Family<prometheus::Counter>& branch_calls_;
  absl::flat_hash_map<absl::string_view, Api> rpcs_;  // fixed once made
  Api other_rpc_;
  std::array<Mode, kEnumTable> modes_{};

  absl::Mutex branch_mutex_;
  std::array<std::array<Branches, kEnumTable>, kEnumTable> branches_ ABSL_GUARDED_BY(branch_mutex_);
};

}  // namespace saga::api
