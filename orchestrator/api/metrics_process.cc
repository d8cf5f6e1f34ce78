#include "orchestrator/api/metrics_process.h"

#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>

namespace saga::api {

double ProcessStartSeconds() {
  // Ticks from boot to start are the 22nd field. The second, the program's name, may have blanks
  // and brackets in it.
  std::ifstream stat("/proc/self/stat");
  std::string line;
  std::getline(stat, line);
  const size_t name_end = line.rfind(')');
  if (name_end == std::string::npos) return 0;
  std::istringstream fields(line.substr(name_end + 1));
  std::string skipped;
  for (int field = 3; field < 22; ++field) fields >> skipped;
  double ticks = 0;
  if (!(fields >> ticks)) return 0;

  std::ifstream kernel("/proc/stat");
  while (std::getline(kernel, line)) {
    if (line.rfind("btime ", 0) != 0) continue;
    return std::stod(line.substr(6)) + ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
  }
  return 0;
}

uint64_t ResidentBytes() {
  std::ifstream statm("/proc/self/statm");
  uint64_t total = 0;
  uint64_t resident = 0;
  if (!(statm >> total >> resident)) return 0;
  return resident * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace saga::api
