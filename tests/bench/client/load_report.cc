#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/str_format.h"
#include "tests/bench/client/load.h"

namespace saga::bench {

nlohmann::json ToJson(const LoadReport& report) {
  return {{"ok", report.ok},
          {"failed", report.failed},
          {"errors", report.errors},
          {"texts", report.texts},
          {"seconds", report.seconds},
          {"per_second", report.per_second},
          {"latency_ms",
           {{"mean", report.latency.mean},
            {"p50", report.latency.p50},
            {"p90", report.latency.p90},
            {"p99", report.latency.p99},
            {"p999", report.latency.p999},
            {"max", report.latency.max}}},
          {"client_cpu_ms_per_transaction", report.client_cpu_ms},
          {"server_cpu_ms_per_transaction", report.server_cpu_ms},
          {"database_cpu_ms_per_transaction", report.database_cpu_ms},
          {"server_rss_kib", report.server_rss_kib},
          {"server_peak_rss_kib", report.server_peak_rss_kib}};
}

std::string ToText(const LoadReport& report) {
  std::string text = absl::StrFormat(
      "%.0f/s  ok %d  failed %d  errors %d  in %.1f s\n"
      "latency ms: p50 %.2f  p90 %.2f  p99 %.2f  p99.9 %.2f  max %.2f\n"
      "cpu ms per transaction: load program %.3f",
      report.per_second, report.ok, report.failed, report.errors, report.seconds,
      report.latency.p50, report.latency.p90, report.latency.p99, report.latency.p999,
      report.latency.max, report.client_cpu_ms);
  if (report.server_rss_kib > 0) {
    absl::StrAppendFormat(&text, ", server %.3f; server resident %.1f MiB (peak %.1f)",
                          report.server_cpu_ms, static_cast<double>(report.server_rss_kib) / 1024,
                          static_cast<double>(report.server_peak_rss_kib) / 1024);
  }
  if (report.database_cpu_ms > 0) {
    absl::StrAppendFormat(&text, ", database %.3f", report.database_cpu_ms);
  }
  text += "\n";
  for (const auto& [reason, count] : report.texts) {
    absl::StrAppendFormat(&text, "%8d x %s\n", count, reason);
  }
  return text;
}

}  // namespace saga::bench
