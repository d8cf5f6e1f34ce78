#include "orchestrator/transfer/export_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "orchestrator/transfer/record_form.h"

namespace saga::transfer {
namespace {

using store::v1::ExportRecord;

constexpr mode_t kOwnerOnly = 0600;

absl::Status SystemFailure(const std::string& path, absl::string_view what) {
  const int error = errno;
  return absl::FailedPreconditionError(
      absl::StrCat(path, " cannot be ", what, ": ", std::strerror(error)));
}

OpenFile OpenAs(const std::string& path, int flags, const char* mode) {
  const int file = open(path.c_str(), flags | O_CLOEXEC, kOwnerOnly);
  return OpenFile(file < 0 ? nullptr : fdopen(file, mode));
}

std::string Varint(uint64_t value) {
  std::string bytes;
  for (; value >= 0x80; value >>= 7) bytes.push_back(static_cast<char>(value | 0x80));
  bytes.push_back(static_cast<char>(value));
  return bytes;
}

}  // namespace

absl::StatusOr<std::unique_ptr<ExportWriter>> ExportWriter::Create(const std::string& path,
                                                                   const ExportInfo& info) {
  OpenFile file = OpenAs(path, O_WRONLY | O_CREAT | O_TRUNC, "wb");
  if (file == nullptr) return SystemFailure(path, "written");
  std::unique_ptr<ExportWriter> writer(new ExportWriter(path, std::move(file)));
  ExportRecord record;
  record.mutable_header()->set_format(kExportFormat);
  record.mutable_header()->set_store(info.store);
  record.mutable_header()->set_program(info.program);
  record.mutable_header()->set_create_time_us(info.create_time.micros);
  record.mutable_header()->set_transactions(info.transactions);
  if (absl::Status status = writer->Write(record.SerializeAsString()); !status.ok()) return status;
  return writer;
}

absl::Status ExportWriter::Add(const port::TransferRecord& record) {
  counts_.Add(record);
  return Write(ToMessage(record).SerializeAsString());
}

absl::Status ExportWriter::Finish() {
  ExportRecord record;
  auto* const trailer = record.mutable_trailer();
  trailer->set_transactions(counts_.transactions);
  trailer->set_kv(counts_.kv);
  trailer->set_outbox(counts_.outbox);
  trailer->set_parked(counts_.parked);
  trailer->set_jobs(counts_.jobs);
  trailer->set_items(counts_.items);
  trailer->set_sha256(digest_.Take());
  const std::string message = record.SerializeAsString();
  const std::string bytes = absl::StrCat(Varint(message.size()), message);
  if (std::fwrite(bytes.data(), 1, bytes.size(), file_.get()) != bytes.size() ||
      std::fflush(file_.get()) != 0 || fsync(fileno(file_.get())) != 0)
    return SystemFailure(path_, "written");
  return absl::OkStatus();
}

absl::Status ExportWriter::Write(const std::string& message) {
  if (message.size() > kMaxRecordBytes) {
    return absl::ResourceExhaustedError(
        absl::StrCat(path_, ": a record of ", message.size(), " bytes is too large"));
  }
  const std::string length = Varint(message.size());
  digest_.Add(length);
  digest_.Add(message);
  if (std::fwrite(length.data(), 1, length.size(), file_.get()) != length.size() ||
      std::fwrite(message.data(), 1, message.size(), file_.get()) != message.size())
    return SystemFailure(path_, "written");
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<ExportReader>> ExportReader::Open(const std::string& path) {
  OpenFile file = OpenAs(path, O_RDONLY, "rb");
  if (file == nullptr) return SystemFailure(path, "read");
  std::unique_ptr<ExportReader> reader(new ExportReader(path, std::move(file)));
  if (absl::Status status = reader->ReadHeader(); !status.ok()) return status;
  return reader;
}

absl::Status ExportReader::ReadHeader() {
  std::string message;
  std::string length;
  ExportRecord record;
  const bool ours =
      ReadMessage(&message, &length).ok() && record.ParseFromString(message) && record.has_header();
  if (!ours) {
    return absl::FailedPreconditionError(absl::StrCat(path_, " is not a file of `sagad export`"));
  }
  const auto& header = record.header();
  if (header.format() != kExportFormat) {
    return absl::FailedPreconditionError(
        absl::StrCat(path_, " has format ", header.format(), "; this sagad knows format ",
                     kExportFormat, ". Use the sagad that wrote it, ", header.program()));
  }
  digest_.Add(length);
  digest_.Add(message);
  info_ = {.store = header.store(),
           .program = header.program(),
           .create_time = base::Time{header.create_time_us()},
           .transactions = header.transactions()};
  return absl::OkStatus();
}

absl::StatusOr<std::optional<port::TransferRecord>> ExportReader::Next() {
  std::string message;
  std::string length;
  if (absl::Status status = ReadMessage(&message, &length); !status.ok()) return status;
  ExportRecord record;
  if (!record.ParseFromString(message)) return Damaged("a record that makes no sense");
  if (record.has_trailer()) {
    const auto& trailer = record.trailer();
    const Counts told{.transactions = trailer.transactions(),
                      .kv = trailer.kv(),
                      .outbox = trailer.outbox(),
                      .parked = trailer.parked(),
                      .jobs = trailer.jobs(),
                      .items = trailer.items()};
    if (told != counts_)
      return Damaged(absl::StrCat(TextOf(counts_), ", where there were ", TextOf(told)));
    if (trailer.sha256() != digest_.Take()) return Damaged("its digest is another");
    if (std::fgetc(file_.get()) != EOF) return Damaged("something follows its end");
    return std::nullopt;
  }
  digest_.Add(length);
  digest_.Add(message);
  absl::StatusOr<port::TransferRecord> taken = FromMessage(record);
  if (!taken.ok()) return Damaged(taken.status().message());
  counts_.Add(*taken);
  return std::optional<port::TransferRecord>(*std::move(taken));
}

absl::Status ExportReader::ReadMessage(std::string* message, std::string* length) {
  uint64_t size = 0;
  for (int shift = 0;; shift += 7) {
    const int byte = std::fgetc(file_.get());
    if (byte == EOF || shift > 35) return Damaged("it ends too early");
    length->push_back(static_cast<char>(byte));
    size |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) break;
  }
  if (size > kMaxRecordBytes) return Damaged("a record that makes no sense");
  message->resize(size);
  if (std::fread(message->data(), 1, size, file_.get()) != size)
    return Damaged("it ends too early");
  return absl::OkStatus();
}

absl::Status ExportReader::Damaged(absl::string_view what) const {
  return absl::DataLossError(absl::StrCat(path_, " is not as it was written: ", what));
}

}  // namespace saga::transfer
