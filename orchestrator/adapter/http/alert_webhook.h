#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "orchestrator/base/time.h"
#include "orchestrator/core/limits.h"
#include "orchestrator/port/alert_sink.h"

namespace saga::adapter {

struct AlertWebhookOptions {
  std::string url;  // http or https
  base::Duration timeout = core::kAlertTimeout;
  size_t queue = core::kAlertQueue;  // alerts that wait; further ones are dropped
  // Called once for every alert, with an error unless it was delivered. On the webhook's thread, or
  // inside Send or the destructor for one that is dropped; quick.
  std::function<void(port::AlertEnd end, const std::string& error)> on_end;
};

// Posts every alert as {"gid","status","branch","error","retry_count"} to a URL (protocol 6.3), one
// after the other, from a thread of its own. What the answer says is not read; a status of 2xx
// makes it delivered. Proxies named in the environment are not used, redirects are not followed,
// https certificates are checked against the system's authorities.
//
// Thread-safe.
class AlertWebhook final : public port::AlertSink {
 public:
  explicit AlertWebhook(AlertWebhookOptions options);
  // Does not wait: the alert on the wire is given up, and what waits is dropped.
  ~AlertWebhook() override;

  AlertWebhook(const AlertWebhook&) = delete;
  AlertWebhook& operator=(const AlertWebhook&) = delete;

  void Send(port::Alert alert) override;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace saga::adapter
