#pragma once

#include <utility>
#include <vector>

#include "orchestrator/port/observer.h"

namespace saga::app {

// Tells several observers, in order. As thread-safe as they are.
class FanoutObserver final : public port::Observer {
 public:
  // They outlive this.
  explicit FanoutObserver(std::vector<port::Observer*> observers)
      : observers_(std::move(observers)) {}

  void OnOpened(const core::GlobalTransaction& transaction, bool recovered) override {
    for (port::Observer* observer : observers_) observer->OnOpened(transaction, recovered);
  }
  void OnBranchAnswered(const core::GlobalTransaction& transaction, const core::Branch& branch,
                        core::Outcome outcome, const std::string& text,
                        base::Duration took) override {
    for (port::Observer* observer : observers_)
      observer->OnBranchAnswered(transaction, branch, outcome, text, took);
  }
  void OnRested(const core::GlobalTransaction& transaction) override {
    for (port::Observer* observer : observers_) observer->OnRested(transaction);
  }
  void OnAborting(const core::GlobalTransaction& transaction) override {
    for (port::Observer* observer : observers_) observer->OnAborting(transaction);
  }
  void OnEnded(const core::GlobalTransaction& transaction) override {
    for (port::Observer* observer : observers_) observer->OnEnded(transaction);
  }
  void OnCommit(size_t writes, size_t failed, base::Duration took) override {
    for (port::Observer* observer : observers_) observer->OnCommit(writes, failed, took);
  }
  void OnRefused(const std::string& limit) override {
    for (port::Observer* observer : observers_) observer->OnRefused(limit);
  }
  void OnStoreHealth(bool ok, const std::string& error) override {
    for (port::Observer* observer : observers_) observer->OnStoreHealth(ok, error);
  }

 private:
  const std::vector<port::Observer*> observers_;
};

}  // namespace saga::app
