#include "orchestrator/transfer/transfer.h"

#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"

namespace saga::transfer {
namespace {

// Calls `take` with each record of the file.
absl::Status ReadFile(const std::string& path,
                      absl::FunctionRef<absl::Status(port::TransferRecord)> take) {
  auto reader = ExportReader::Open(path);
  if (!reader.ok()) return reader.status();
  for (;;) {
    auto record = (*reader)->Next();
    if (!record.ok()) return record.status();
    if (!record->has_value()) return absl::OkStatus();
    if (absl::Status taken = take(**std::move(record)); !taken.ok()) return taken;
  }
}

Transferred Take(Content* content) {
  return {.counts = content->counts(), .digest = content->Digest()};
}

absl::StatusOr<Transferred> LookAtFile(const std::string& path) {
  Content content;
  absl::Status status = ReadFile(path, [&](const port::TransferRecord& record) {
    content.Add(record);
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  return Take(&content);
}

}  // namespace

absl::StatusOr<Transferred> Export(port::StoreReader& from, const std::string& path,
                                   ExportInfo info, Progress progress) {
  const absl::StatusOr<uint64_t> all = from.CountTransactions();
  if (!all.ok()) return all.status();
  info.transactions = *all;
  auto writer = ExportWriter::Create(path, info);
  if (!writer.ok()) return writer.status();
  Content content;
  absl::Status status = from.ReadAll([&](port::TransferRecord record) {
    content.Add(record);
    progress(content.counts().transactions, *all);
    return (*writer)->Add(record);
  });
  if (status.ok()) status = (*writer)->Finish();
  if (!status.ok()) return status;
  const Transferred written = Take(&content);
  // What cannot be read is told by the one who still has the store.
  const absl::StatusOr<Transferred> read = LookAtFile(path);
  if (!read.ok()) return read.status();
  if (read->counts != written.counts || read->digest != written.digest)
    return absl::DataLossError(absl::StrCat(path, " does not read back as it was written"));
  return written;
}

absl::StatusOr<Transferred> Look(port::StoreReader& store, uint64_t all, Progress progress) {
  Content content;
  absl::Status status = store.ReadAll([&](const port::TransferRecord& record) {
    content.Add(record);
    progress(content.counts().transactions, all);
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  return Take(&content);
}

absl::StatusOr<Transferred> Import(const std::string& path, port::StoreWriter& to,
                                   Progress progress) {
  const absl::StatusOr<Transferred> file = LookAtFile(path);
  if (!file.ok()) return file.status();
  const Transferred& wanted = *file;
  uint64_t done = 0;
  absl::Status status = ReadFile(path, [&](port::TransferRecord record) {
    done += std::holds_alternative<port::TransferTransaction>(record) ? 1 : 0;
    progress(done, 2 * wanted.counts.transactions);
    return to.Put(std::move(record));
  });
  if (status.ok()) status = to.Flush();
  if (!status.ok()) return status;
  const auto reading_back = [&](uint64_t read, uint64_t all) { progress(all + read, 2 * all); };
  absl::StatusOr<Transferred> found = Look(to.reader(), wanted.counts.transactions, reading_back);
  if (!found.ok()) return found.status();
  if (found->counts != wanted.counts || found->digest != wanted.digest) {
    return absl::DataLossError(absl::StrCat(
        "the store did not keep what the file holds: ", TextOf(found->counts), ", digest ",
        found->digest, ", instead of ", TextOf(wanted.counts), ", digest ", wanted.digest));
  }
  if (status = to.Publish(); !status.ok()) return status;
  return wanted;
}

}  // namespace saga::transfer
