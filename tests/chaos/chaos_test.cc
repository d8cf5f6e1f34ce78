// Purchases while database nodes and sagad nodes are killed and paused: README.md.
//
//   chaos_purchases [--purchases=N] [--faults=N] [--pause-ms=N] [--seed=N] [--galera]

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdio>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "tests/chaos/audit.h"
#include "tests/chaos/buyers.h"
#include "tests/chaos/cluster.h"
#include "tests/chaos/fault.h"

namespace saga::chaos {
namespace {

struct Options {
  int purchases = 300;
  int faults = 12;
  int pause_ms = 1000;
  uint64_t seed = 0;
  bool galera = false;
} options;

constexpr int kProducts = 3;
constexpr absl::Duration kPatience = absl::Minutes(5);

TEST(Chaos, NothingIsLostAndNothingIsTwice) {
  std::printf("seed %lu\n", options.seed);
  Cluster cluster({.galera = options.galera});
  // One in five meets an empty shelf: three pieces a purchase in the mean.
  const int64_t stock = options.purchases * 4 / 5;
  for (int product = 1; product <= kProducts; ++product) {
    cluster.product->Post("SetStock", {{"product_id", product}, {"size_id", 1}, {"stock", stock}});
  }

  const std::vector<Fault> faults =
      DrawFaults(options.seed, options.faults, cluster.nodes(), cluster.databases.size());
  std::map<std::string, int> fired;
  int under_load = 0;
  Buyers buyers(cluster, options.purchases, kProducts, absl::Milliseconds(options.pause_ms));
  for (size_t i = 0; i < faults.size(); ++i) {
    const int at = static_cast<int>((i + 1) * options.purchases / (faults.size() + 1));
    const bool reached =
        fixture::WaitUntil(kPatience, [&] { return buyers.taken() >= at || buyers.done(); });
    ASSERT_TRUE(reached && buyers.taken() >= at) << buyers.taken() << " purchases of " << at;
    std::printf("after %d: %s\n", buyers.taken(), ToString(faults[i]).c_str());
    std::fflush(stdout);
    EXPECT_EQ(Fire(faults[i], cluster), "") << ToString(faults[i]);
    ++fired[KindOf(faults[i])];
    if (buyers.taken() > at) ++under_load;
  }
  EXPECT_TRUE(fixture::WaitUntil(kPatience, [&] { return buyers.done(); }));
  EXPECT_EQ(buyers.taken(), options.purchases);
  EXPECT_TRUE(WaitForEnds(cluster, kPatience));

  const Verdict verdict = Audit(cluster, buyers.purchases(), kProducts, stock);
  std::printf("%d paid, %d undone, %d callbacks repeated\n", verdict.paid, verdict.undone,
              buyers.repeated());
  for (const auto& [kind, count] : fired) {
    std::printf("%s: %d\n", kind.c_str(), count);
    EXPECT_GE(count, options.faults / 6) << kind;
  }
  EXPECT_EQ(fired.size(), 6u);
  EXPECT_GE(under_load, options.faults * 3 / 4) << "hardly anybody bought during the faults";
  EXPECT_EQ(absl::StrJoin(verdict.findings, "\n"), "");
  EXPECT_GE(verdict.undone, options.purchases / 20) << "too few were undone to say something";
  for (int i = 0; i < cluster.nodes(); ++i) {
    if (HasFailure()) std::printf("%s\n", cluster.sagad(i).process().Stderr().c_str());
  }
}

bool ReadArgument(absl::string_view argument) {
  if (argument == "--galera") return options.galera = true;
  if (absl::ConsumePrefix(&argument, "--purchases="))
    return absl::SimpleAtoi(argument, &options.purchases);
  if (absl::ConsumePrefix(&argument, "--faults="))
    return absl::SimpleAtoi(argument, &options.faults);
  if (absl::ConsumePrefix(&argument, "--pause-ms="))
    return absl::SimpleAtoi(argument, &options.pause_ms);
  return absl::ConsumePrefix(&argument, "--seed=") && absl::SimpleAtoi(argument, &options.seed);
}

}  // namespace
}  // namespace saga::chaos

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  saga::chaos::options.seed = std::random_device()();
  for (int i = 1; i < argc; ++i) {
    if (!saga::chaos::ReadArgument(argv[i])) {
      std::fprintf(stderr,
                   "usage: chaos_purchases [--purchases=N] [--faults=N] [--pause-ms=N] [--seed=N] "
                   "[--galera]\n");
      return 2;
    }
  }
  return RUN_ALL_TESTS();
}
