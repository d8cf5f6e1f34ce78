#pragma once

// What dlq import is going to do with each item of its file.

#include <string>
#include <vector>

#include "cli/command/command.h"
#include "cli/command/dead_letter_file.h"

namespace saga::cli {

struct PlannedItem {
  enum class Act { kReplay, kEditAndReplay, kRefused };

  ImportedItem item;
  Act act = Act::kReplay;
  std::string text;  // kRefused: why
};

// Reads the file. Anything but kOk: complained, with the line.
ExitCode ReadItems(const std::string& file, std::vector<PlannedItem>* plan);

// Compares each item with the dead letter that sagad has, and decides. Anything but kOk:
// complained that sagad could not be asked.
ExitCode CheckItems(Call& call, std::vector<PlannedItem>* plan);

// Gives those that need it their new payload; one that sagad refuses is refused here.
ExitCode EditItems(Call& call, std::vector<PlannedItem>* plan);

void PrintPlan(const Call& call, const std::vector<PlannedItem>& plan);

}  // namespace saga::cli
