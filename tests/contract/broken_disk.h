#pragma once

// A disk that can be broken and mended: an SQLite VFS in front of the real one. Every file opened
// through it obeys the same switches.

#include <atomic>
#include <cstdint>

namespace saga::contract {

struct BrokenDisk {
  // Name for SqliteOptions::vfs; registers the VFS on the first call.
  static const char* Name();

  // Writes fail as on a full disk once this many more bytes were written; negative: never.
  static std::atomic<int64_t> room;
  // This many syncs fail as on a dying disk. What was written before stays written.
  static std::atomic<int> failing_syncs;
  // Every read and write fails.
  static std::atomic<bool> dead;

  static void Mend();
};

}  // namespace saga::contract
