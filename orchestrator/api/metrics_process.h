#pragma once

// What the kernel knows about this process, for the process_* series.

#include <cstdint>

namespace saga::api {

// Unix time in seconds; 0 when /proc does not say. Asked once, it does not change.
double ProcessStartSeconds();

// 0 when /proc does not say.
uint64_t ResidentBytes();

}  // namespace saga::api
