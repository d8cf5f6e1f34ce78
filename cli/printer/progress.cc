#include "cli/printer/progress.h"

#include <unistd.h>

#include <cstdio>

#include "absl/strings/str_cat.h"
#include "cli/printer/jobs.h"
#include "cli/printer/terminal.h"

namespace saga::cli {

namespace {

constexpr absl::Duration kBetweenLines = absl::Seconds(5);

}  // namespace

void ProgressLine::Show(const v1::Job& job, absl::Time now) {
  const uint64_t count = job.done() + job.failed() + job.skipped();
  if (begin_ == absl::InfinitePast()) {
    begin_ = now;
    begin_count_ = count;
  }
  const double seconds = absl::ToDoubleSeconds(now - begin_);
  const double rate = seconds < 1 ? -1 : static_cast<double>(count - begin_count_) / seconds;
  const std::string text = absl::StrCat(job.state(), ": ", Progress(job, rate));
  if (isatty(STDERR_FILENO) == 1) {
    // Back to the first column, and away with what a longer line left.
    std::fprintf(stderr, "\r%s\x1b[K", text.c_str());
    std::fflush(stderr);
    open_ = true;
    return;
  }
  if (now - shown_ < kBetweenLines || text == last_) return;
  shown_ = now;
  last_ = text;
  Complain(text);
}

void ProgressLine::End() {
  if (open_) std::fputc('\n', stderr);
  open_ = false;
}

}  // namespace saga::cli
