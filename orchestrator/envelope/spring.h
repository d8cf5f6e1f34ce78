#pragma once

// The headers by which Spring Kafka, and the tools that know it, tell where a dead letter comes
// from: its KafkaHeaders.DLT_*. Texts are UTF-8 without an end; numbers are binary, big-endian.

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace saga::envelope {

inline constexpr char kSpringTopic[] = "kafka_dlt-original-topic";
inline constexpr char kSpringPartition[] = "kafka_dlt-original-partition";  // int32
inline constexpr char kSpringOffset[] = "kafka_dlt-original-offset";        // int64
inline constexpr char kSpringTime[] = "kafka_dlt-original-timestamp";       // int64, milliseconds
inline constexpr char kSpringTimeType[] = "kafka_dlt-original-timestamp-type";  // text
inline constexpr char kSpringGroup[] = "kafka_dlt-original-consumer-group";
inline constexpr char kSpringErrorClass[] = "kafka_dlt-exception-fqcn";
inline constexpr char kSpringErrorText[] = "kafka_dlt-exception-message";

// 4 and 8 bytes, big-endian.
std::string BigEndian(int32_t value);
std::string BigEndian(int64_t value);
// Nothing when it has another length.
std::optional<int32_t> Int32OfBigEndian(absl::string_view bytes);
std::optional<int64_t> Int64OfBigEndian(absl::string_view bytes);

}  // namespace saga::envelope
