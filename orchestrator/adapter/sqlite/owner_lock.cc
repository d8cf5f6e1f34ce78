#include "orchestrator/adapter/sqlite/owner_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace saga::adapter::sqlite {
namespace {

std::string ReadOwner(int file) {
  char text[32] = {};
  const ssize_t size = pread(file, text, sizeof(text) - 1, 0);
  const std::string owner(absl::StripAsciiWhitespace(
      absl::string_view(text, size > 0 ? static_cast<size_t>(size) : 0)));
  return owner.empty() ? "unknown" : owner;
}

}  // namespace

absl::StatusOr<std::unique_ptr<OwnerLock>> OwnerLock::Take(const std::string& path) {
  const std::string lock_path = path + ".lock";
  const int file = open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (file < 0) {
    const int error = errno;
    return absl::FailedPreconditionError(
        absl::StrCat(lock_path, " cannot be written: ", std::strerror(error),
                     ". Check that the directory exists and that the user that runs sagad may "
                     "write it, or choose "
                     "another --data-dir."));
  }
  if (flock(file, LOCK_EX | LOCK_NB) != 0) {
    const int error = errno;
    const std::string owner = ReadOwner(file);
    close(file);
    if (error == EWOULDBLOCK) {
      return absl::FailedPreconditionError(
          absl::StrCat(path, " is in use by another sagad (pid ", owner,
                       "). Stop it or choose another --data-dir."));
    }
    return absl::FailedPreconditionError(absl::StrCat(lock_path,
                                                      " cannot be locked: ", std::strerror(error),
                                                      ". Choose a --data-dir on a local disk."));
  }
  // The number is for people only; the lock does not depend on it, so a full disk does not stop a
  // start here.
  const std::string owner = absl::StrCat(getpid(), "\n");
  if (ftruncate(file, 0) == 0) (void)!pwrite(file, owner.data(), owner.size(), 0);
  return std::unique_ptr<OwnerLock>(new OwnerLock(file));
}

OwnerLock::~OwnerLock() { close(file_); }

}  // namespace saga::adapter::sqlite
