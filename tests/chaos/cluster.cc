#include "tests/chaos/cluster.h"

#include <signal.h>

#include <cstdio>

#include "absl/strings/str_cat.h"
#include "orchestrator/base/check.h"
#include "tests/fixture/lasting_port.h"

namespace saga::chaos {
namespace {

constexpr char kDatabase[] = "saga";
constexpr absl::Duration kPatience = absl::Seconds(180);

fixture::SagadOptions SagadOn(const std::string& data_dir, const std::string& store, int node) {
  return {.data_dir = data_dir,
          .args = {"--store", store, "--node-name", absl::StrCat("node-", node),
                   "--engine-retry-interval", "2s", "--engine-request-timeout", "1s"},
          .grpc_listen = absl::StrCat("127.0.0.1:", fixture::LastingPort()),
          .http_listen = absl::StrCat("127.0.0.1:", fixture::LastingPort())};
}

// Told to the reader before the program ends.
void MustBe(bool condition, const std::string& log) {
  if (!condition) std::fprintf(stderr, "%s\n", log.c_str());
  SAGA_CHECK(condition);
}

}  // namespace

Databases::Databases(bool galera) {
  if (galera) {
    galera_ = std::make_unique<fixture::Galera>();
  } else {
    single_ = std::make_unique<fixture::MariaDb>();
  }
  const bool whole = WaitWhole();
  MustBe(whole, Log());
  const fixture::Finished made =
      fixture::RunSql(At(0).address(), "", absl::StrCat("CREATE DATABASE ", kDatabase));
  MustBe(made.exit_code == 0, made.err);
}

fixture::MariaDb& Databases::At(int database) const {
  return galera_ == nullptr ? *single_ : galera_->node(database);
}

std::string Databases::Url(int database) const {
  return absl::StrCat("mysql://root@", At(database).address(), "/", kDatabase);
}

void Databases::Kill(int database) { At(database).Kill(); }
void Databases::Pause(int database) { At(database).Pause(); }

bool Databases::Start(int database) {
  if (galera_ == nullptr) {
    single_->Start();
  } else {
    galera_->Start(database);
  }
  return WaitWhole();
}

bool Databases::Resume(int database) {
  At(database).Resume();
  return WaitWhole();
}

bool Databases::WaitWhole() {
  if (galera_ == nullptr) return single_->WaitReady(kPatience);
  return fixture::WaitUntil(kPatience, [this] {
    for (int i = 0; i < galera_->size(); ++i) {
      if (galera_->SizeSeenBy(i) != galera_->size()) return false;
    }
    return true;
  });
}

std::string Databases::Log() const { return galera_ == nullptr ? single_->Log() : galera_->Logs(); }

Cluster::Cluster(const ClusterOptions& options) : databases(options.galera) {
  for (int i = 0; i < options.nodes; ++i) {
    const std::string store = databases.Url(i % databases.size());
    sagads_.push_back(
        std::make_unique<fixture::Sagad>(SagadOn(dir_.File(absl::StrCat("sagad", i)), store, i)));
    const bool ready = sagads_[i]->WaitReady();
    MustBe(ready, sagads_[i]->process().Stderr());
  }
  product = std::make_unique<participants::Participant>(
      "product", dir_.File("product"), std::vector<std::string>{"--delay-ms", "5"});
  for (const auto& sagad : sagads_) {
    orders.push_back(std::make_unique<participants::Participant>(
        "order", dir_.File("order"),
        std::vector<std::string>{"--sagad", sagad->grpc_address(), "--product-grpc",
                                 product->grpc(), "--product-http", product->http()}));
  }
}

bool Cluster::RestartSagad(int node) {
  sagads_[node]->Start();
  return sagads_[node]->WaitReady(kPatience);
}

std::string Cluster::VerifyStore() const {
  const fixture::Finished verified = fixture::Run(
      {.program = "sagad", .args = {"verify", "--store", databases.Url(0)}}, absl::Minutes(2));
  return verified.exit_code == 0 ? "" : verified.out + verified.err;
}

std::string Cluster::JournalOf(int64_t order_id) const {
  return participants::JournalOf(dir_.File("product/product.db"), order_id);
}

}  // namespace saga::chaos
