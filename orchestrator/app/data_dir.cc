#include "orchestrator/app/data_dir.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"

namespace saga::app {
namespace {

constexpr mode_t kOwnerOnly = 0700;

std::string PortsFile(const std::string& data_dir) {
  return absl::StrCat(data_dir, "/sagad.ports");
}

absl::Status Unusable(const std::string& path, absl::string_view what, int error) {
  return absl::FailedPreconditionError(absl::StrCat("data directory ", path, " ", what, ": ",
                                                    std::strerror(error),
                                                    "; correct that or choose another --data-dir"));
}

int MakeDirectories(const std::filesystem::path& path) {
  if (mkdir(path.c_str(), kOwnerOnly) == 0 || errno == EEXIST) return 0;
  if (errno != ENOENT || !path.has_parent_path() || path.parent_path() == path) return errno;
  if (const int error = MakeDirectories(path.parent_path()); error != 0) return error;
  return mkdir(path.c_str(), kOwnerOnly) == 0 || errno == EEXIST ? 0 : errno;
}

}  // namespace

absl::Status PrepareDataDir(const std::string& path) {
  std::string trimmed = path;
  while (trimmed.size() > 1 && trimmed.back() == '/') trimmed.pop_back();
  if (const int error = MakeDirectories(trimmed); error != 0)
    return Unusable(path, "cannot be created", error);
  struct stat info {};
  if (stat(trimmed.c_str(), &info) != 0) return Unusable(path, "cannot be used", errno);
  if (!S_ISDIR(info.st_mode)) return Unusable(path, "cannot be used", ENOTDIR);
  if (access(trimmed.c_str(), R_OK | W_OK | X_OK) != 0)
    return Unusable(path, "cannot be written to", errno);
  return absl::OkStatus();
}

absl::Status WritePortsFile(const std::string& data_dir, const std::string& grpc,
                            const std::string& http) {
  const std::string path = PortsFile(data_dir);
  const std::string unfinished = absl::StrCat(path, ".new");
  const nlohmann::ordered_json content = {{"pid", getpid()}, {"grpc", grpc}, {"http", http}};
  {
    std::ofstream out(unfinished, std::ios::trunc);
    out << content.dump() << "\n";
    out.close();
    if (!out.good()) return Unusable(data_dir, "cannot be written to", errno);
  }
  if (std::rename(unfinished.c_str(), path.c_str()) != 0)
    return Unusable(data_dir, "cannot be written to", errno);
  return absl::OkStatus();
}

void RemovePortsFile(const std::string& data_dir) { unlink(PortsFile(data_dir).c_str()); }

}  // namespace saga::app
