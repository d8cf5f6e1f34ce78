#include "tests/chaos/fault.h"

#include <signal.h>

#include <algorithm>
#include <random>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace saga::chaos {
namespace {

// A lease is 5 s: some pauses end before it does, and some nodes wake up without theirs.
constexpr int kLongestPauseMs = 9000;
constexpr int kLongestAwayMs = 4000;

std::string What(const Fault& fault, bool numbers) {
  std::string text;
  const auto add = [&](const char* name, int number) {
    absl::StrAppend(&text, text.empty() ? " " : " and ", name);
    if (numbers) absl::StrAppend(&text, " ", number);
  };
  if (fault.sagad) add("sagad", fault.sagad_number);
  if (fault.database) add("database", fault.database_number);
  return absl::StrCat(fault.pause ? "pause" : "kill", text);
}

}  // namespace

std::string ToString(const Fault& fault) {
  return absl::StrCat(What(fault, true), " for ", absl::FormatDuration(fault.lasts));
}

std::string KindOf(const Fault& fault) { return What(fault, false); }

std::vector<Fault> DrawFaults(uint64_t seed, int count, int nodes, int databases) {
  std::mt19937_64 random(seed);
  std::vector<Fault> faults;
  for (int i = 0; i < count; ++i) {
    constexpr int kKinds = 6;
    const int kind = i % kKinds;
    Fault fault{.sagad = kind / 2 != 1, .database = kind / 2 != 0, .pause = kind % 2 == 1};
    fault.sagad_number = static_cast<int>(random() % nodes);
    fault.database_number = static_cast<int>(random() % databases);
    const int longest = fault.pause ? kLongestPauseMs : kLongestAwayMs;
    fault.lasts = absl::Milliseconds(200 + static_cast<int>(random() % longest));
    faults.push_back(fault);
  }
  // Not std::shuffle, which is another one in another library.
  for (size_t i = faults.size(); i > 1; --i) std::swap(faults[i - 1], faults[random() % i]);
  return faults;
}

std::string Fire(const Fault& fault, Cluster& cluster) {
  fixture::Sagad& sagad = cluster.sagad(fault.sagad_number);
  std::string problem;
  for (int i = 0; i < cluster.nodes(); ++i) {
    if (!cluster.sagad(i).process().Running()) {
      absl::StrAppend(&problem, "sagad ", i,
                      " ended by itself before: ", cluster.sagad(i).process().Stderr(), "; ");
    }
  }
  if (!problem.empty()) return problem;

  if (fault.pause) {
    if (fault.sagad) sagad.process().Signal(SIGSTOP);
    if (fault.database) cluster.databases.Pause(fault.database_number);
  } else {
    if (fault.sagad) sagad.Kill();
    if (fault.database) cluster.databases.Kill(fault.database_number);
  }
  absl::SleepFor(fault.lasts);  // the time for which it is gone is what is tested

  const int number = fault.database_number;
  if (fault.database &&
      !(fault.pause ? cluster.databases.Resume(number) : cluster.databases.Start(number))) {
    absl::StrAppend(&problem, "database ", number, " did not come back");
  }
  if (fault.sagad && fault.pause) {
    sagad.process().Signal(SIGCONT);
  } else if (fault.sagad && !cluster.RestartSagad(fault.sagad_number)) {
    absl::StrAppend(&problem, "sagad ", fault.sagad_number,
                    " did not come back: ", sagad.process().Stderr());
  }
  return problem;
}

}  // namespace saga::chaos
