# What Prometheus scrapes.
saga_library(saga_api_metrics
  SOURCES metrics.cc metrics_dtm.cc metrics_label.cc metrics_process.cc metrics_scrape.cc
  DEPENDS saga_port saga_core prometheus-cpp::core absl::flat_hash_map absl::strings absl::synchronization)
