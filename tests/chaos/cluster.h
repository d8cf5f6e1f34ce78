#pragma once

// What chaos is made in: databases, sagad nodes on them, and the shop that uses the nodes. Parts
// are killed, paused and brought back here; the shop's own services are left alone, so that what
// they hold can be audited.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/fixture/galera.h"
#include "tests/fixture/mariadb.h"
#include "tests/fixture/sagad.h"
#include "tests/fixture/temp_dir.h"
#include "tests/integration/participants/shop.h"

namespace saga::chaos {

// One MariaDB, or three that are one by Galera. Not thread-safe.
class Databases {
 public:
  explicit Databases(bool galera);

  int size() const { return galera_ == nullptr ? 1 : galera_->size(); }
  // As sagad takes it for --store.
  std::string Url(int database) const;

  void Kill(int database);
  void Pause(int database);
  // Each undoes the other and waits until all of them are one again; false when they do not become
  // that.
  bool Start(int database);
  bool Resume(int database);
  std::string Log() const;

 private:
  fixture::MariaDb& At(int database) const;
  bool WaitWhole();

  std::unique_ptr<fixture::Galera> galera_;
  std::unique_ptr<fixture::MariaDb> single_;
};

struct ClusterOptions {
  bool galera = false;
  int nodes = 2;
};

// Start, stop and restart from one thread; calls to the orders from any.
class Cluster {
 public:
  explicit Cluster(const ClusterOptions& options);

  int nodes() const { return static_cast<int>(sagads_.size()); }
  fixture::Sagad& sagad(int node) { return *sagads_[node]; }
  // Starts a node again after its end; false when it does not come up.
  bool RestartSagad(int node);

  Databases databases;
  // One for each node, all on the same data: the buyers choose.
  std::vector<std::unique_ptr<participants::Participant>> orders;
  std::unique_ptr<participants::Participant> product;
  // What `sagad verify` finds in the store; empty: nothing.
  std::string VerifyStore() const;
  // Rows of product's journal for an order, as "deduct restore".
  std::string JournalOf(int64_t order_id) const;

 private:
  fixture::TempDir dir_;
  std::vector<std::unique_ptr<fixture::Sagad>> sagads_;
};

}  // namespace saga::chaos
