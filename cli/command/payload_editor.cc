#include "cli/command/payload_editor.h"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/command/read_file.h"

namespace saga::cli {

namespace {

std::string FromEnvironment(const char* name, const char* otherwise) {
  const char* const value = std::getenv(name);
  return value != nullptr && *value != '\0' ? value : otherwise;
}

// The shell takes the editor's words apart ("code --wait"), but not the file's name.
bool RunEditor(const std::string& file) {
  const std::string script = absl::StrCat(FromEnvironment("EDITOR", "vi"), " \"$1\"");
  const std::vector<std::string> words = {"sh", "-c", script, "sh", file};
  std::vector<char*> argv;
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  pid_t child = 0;
  if (posix_spawn(&child, "/bin/sh", nullptr, nullptr, argv.data(), environ) != 0) return false;
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return false;
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

std::string EditText(std::string* text, std::string* file) {
  *file = absl::StrCat(FromEnvironment("TMPDIR", "/tmp"), "/sagactl-payload-XXXXXX");
  const int descriptor = mkstemp(file->data());  // readable by its owner only
  if (descriptor < 0) return absl::StrCat("cannot create ", *file, ": ", std::strerror(errno));
  close(descriptor);
  std::ofstream out(*file, std::ios::binary);
  out << *text;
  out.close();
  if (!out) return absl::StrCat("cannot write ", *file);
  if (!RunEditor(*file)) return "the editor failed; EDITOR says which one is used";
  return ReadFile(*file, text) ? "" : absl::StrCat("cannot read ", *file, " again");
}

}  // namespace saga::cli
