#pragma once

// What sagad tells Prometheus (doc/metrics.md lists the series). Never a gid or a URL as a label:
// labels have few values, fixed or bounded.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "orchestrator/api/metrics_scrape.h"
#include "orchestrator/base/time.h"
#include "orchestrator/port/alert_sink.h"
#include "orchestrator/port/observer.h"

namespace saga::api {

// Thread-safe. The observer's calls cost a few atomic operations and, for the histograms, an
// uncontended lock; counters are resolved when this is made, not when they are used.
class Metrics final : public port::Observer {
 public:
  struct Options {
    std::string version;
    std::string grpc_version;  // of the library that serves gRPC
    // Called by Render, on its thread; may block. Empty: the series it feeds are left out.
    std::function<ScrapeFacts()> scrape;
  };

  explicit Metrics(Options options);
  ~Metrics() override;

  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  void OnOpened(const core::GlobalTransaction& transaction, bool recovered) override;
  void OnBranchAnswered(const core::GlobalTransaction& transaction, const core::Branch& branch,
                        core::Outcome outcome, const std::string& text,
                        base::Duration took) override;
  void OnRested(const core::GlobalTransaction& transaction) override;
  void OnAborting(const core::GlobalTransaction& transaction) override;
  void OnEnded(const core::GlobalTransaction& transaction) override;
  void OnCommit(size_t writes, size_t failed, base::Duration took) override;
  void OnRefused(const std::string& limit) override;
  void OnStoreHealth(bool ok, const std::string& error) override;

  // A request of the HTTP port was answered, so long after it came. `route` is one of a fixed set
  // (HttpRouter::Match::route), never what the client wrote.
  void OnHttpAnswer(std::string_view route, int status, base::Duration took);

  // The same for a call of DTM's gRPC service; `rpc` is its name in the protocol file.
  void OnRpcAnswer(std::string_view rpc, bool ok, base::Duration took);

  void OnAlertEnd(port::AlertEnd end);

  // The series now, in Prometheus' text format 0.0.4.
  std::string Render();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace saga::api
