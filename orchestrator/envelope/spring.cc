#include "orchestrator/envelope/spring.h"

#include <cstddef>

namespace saga::envelope {
namespace {

std::string Bytes(uint64_t value, size_t length) {
  std::string result(length, '\0');
  for (size_t i = length; i > 0; --i) {
    result[i - 1] = static_cast<char>(value & 0xFF);
    value >>= 8;
  }
  return result;
}

std::optional<uint64_t> Number(absl::string_view bytes, size_t length) {
  if (bytes.size() != length) return std::nullopt;
  uint64_t result = 0;
  for (const char byte : bytes) result = result << 8 | static_cast<unsigned char>(byte);
  return result;
}

}  // namespace

std::string BigEndian(int32_t value) { return Bytes(static_cast<uint32_t>(value), sizeof(value)); }
std::string BigEndian(int64_t value) { return Bytes(static_cast<uint64_t>(value), sizeof(value)); }

std::optional<int32_t> Int32OfBigEndian(absl::string_view bytes) {
  const std::optional<uint64_t> number = Number(bytes, sizeof(int32_t));
  if (!number.has_value()) return std::nullopt;
  return static_cast<int32_t>(static_cast<uint32_t>(*number));
}

std::optional<int64_t> Int64OfBigEndian(absl::string_view bytes) {
  const std::optional<uint64_t> number = Number(bytes, sizeof(int64_t));
  if (!number.has_value()) return std::nullopt;
  return static_cast<int64_t>(*number);
}

}  // namespace saga::envelope
