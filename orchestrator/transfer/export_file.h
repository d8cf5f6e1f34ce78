#pragma once

// The file of `sagad export` (proto/saga/store/v1/export.proto), written and read one record at a
// time.

#include <cstdio>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "orchestrator/base/time.h"
#include "orchestrator/port/store_transfer.h"
#include "orchestrator/transfer/content.h"
#include "orchestrator/transfer/sha256.h"

namespace saga::transfer {

inline constexpr uint32_t kExportFormat = 1;
// Bytes of one record; many times what the largest transaction takes.
inline constexpr uint64_t kMaxRecordBytes = 1ULL << 30;

struct ExportInfo {
  std::string store;    // of which kind the store was
  std::string program;  // which sagad wrote it
  base::Time create_time;
  uint64_t transactions = 0;
};

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using OpenFile = std::unique_ptr<std::FILE, CloseFile>;

// Thread safety: none.
class ExportWriter {
 public:
  // A new file that only its owner can read; what was there before is gone.
  static absl::StatusOr<std::unique_ptr<ExportWriter>> Create(const std::string& path,
                                                              const ExportInfo& info);
  absl::Status Add(const port::TransferRecord& record);
  // Writes the trailer; the file is durable when it returns.
  absl::Status Finish();

  const Counts& counts() const { return counts_; }

 private:
  ExportWriter(std::string path, OpenFile file) : path_(std::move(path)), file_(std::move(file)) {}
  absl::Status Write(const std::string& message);

  const std::string path_;
  OpenFile file_;
  Sha256 digest_;
  Counts counts_;
};

// Thread safety: none.
class ExportReader {
 public:
  // FailedPrecondition: not such a file, or of a format that this sagad does not know.
  static absl::StatusOr<std::unique_ptr<ExportReader>> Open(const std::string& path);

  const ExportInfo& info() const { return info_; }
  // nullopt behind the last one, when all that the trailer says is so. DataLoss: the file ends too
  // early, or is not as it was written.
  absl::StatusOr<std::optional<port::TransferRecord>> Next();

 private:
  ExportReader(std::string path, OpenFile file) : path_(std::move(path)), file_(std::move(file)) {}
  absl::Status ReadHeader();
  // The next message, and its length as it stands before it in the file.
  absl::Status ReadMessage(std::string* message, std::string* length);
  absl::Status Damaged(absl::string_view what) const;

  const std::string path_;
  OpenFile file_;
  ExportInfo info_;
  Sha256 digest_;
  Counts counts_;
};

}  // namespace saga::transfer
