#include "tests/contract/broken_disk.h"

#include <sqlite3.h>

namespace saga::contract {

std::atomic<int64_t> BrokenDisk::room{-1};
std::atomic<int> BrokenDisk::failing_syncs{0};
std::atomic<bool> BrokenDisk::dead{false};

namespace {

// Our part of an open file; the real VFS's part lies behind it in the same memory.
struct File {
  sqlite3_file base;
  void* alignment;
};

sqlite3_vfs* Real() {
  static sqlite3_vfs* const real = sqlite3_vfs_find(nullptr);
  return real;
}

sqlite3_file* RealFile(sqlite3_file* file) {
  return reinterpret_cast<sqlite3_file*>(reinterpret_cast<File*>(file) + 1);
}

int Close(sqlite3_file* file) { return RealFile(file)->pMethods->xClose(RealFile(file)); }

int Read(sqlite3_file* file, void* to, int size, sqlite3_int64 at) {
  if (BrokenDisk::dead) return SQLITE_IOERR_READ;
  return RealFile(file)->pMethods->xRead(RealFile(file), to, size, at);
}

int Write(sqlite3_file* file, const void* from, int size, sqlite3_int64 at) {
  if (BrokenDisk::dead) return SQLITE_IOERR_WRITE;
  if (BrokenDisk::room >= 0) {
    if (BrokenDisk::room < size) return SQLITE_FULL;
    BrokenDisk::room -= size;
  }
  return RealFile(file)->pMethods->xWrite(RealFile(file), from, size, at);
}

int Truncate(sqlite3_file* file, sqlite3_int64 size) {
  return RealFile(file)->pMethods->xTruncate(RealFile(file), size);
}

int Sync(sqlite3_file* file, int flags) {
  if (BrokenDisk::dead) return SQLITE_IOERR_FSYNC;
  if (BrokenDisk::failing_syncs > 0) {
    --BrokenDisk::failing_syncs;
    return SQLITE_IOERR_FSYNC;
  }
  return RealFile(file)->pMethods->xSync(RealFile(file), flags);
}

int FileSize(sqlite3_file* file, sqlite3_int64* size) {
  return RealFile(file)->pMethods->xFileSize(RealFile(file), size);
}
int Lock(sqlite3_file* file, int level) {
  return RealFile(file)->pMethods->xLock(RealFile(file), level);
}
int Unlock(sqlite3_file* file, int level) {
  return RealFile(file)->pMethods->xUnlock(RealFile(file), level);
}
int CheckReservedLock(sqlite3_file* file, int* locked) {
  return RealFile(file)->pMethods->xCheckReservedLock(RealFile(file), locked);
}
int FileControl(sqlite3_file* file, int op, void* arg) {
  return RealFile(file)->pMethods->xFileControl(RealFile(file), op, arg);
}
int SectorSize(sqlite3_file* file) { return RealFile(file)->pMethods->xSectorSize(RealFile(file)); }
int DeviceCharacteristics(sqlite3_file* file) {
  return RealFile(file)->pMethods->xDeviceCharacteristics(RealFile(file));
}
int ShmMap(sqlite3_file* file, int page, int size, int extend, void volatile** memory) {
  return RealFile(file)->pMethods->xShmMap(RealFile(file), page, size, extend, memory);
}
int ShmLock(sqlite3_file* file, int offset, int count, int flags) {
  return RealFile(file)->pMethods->xShmLock(RealFile(file), offset, count, flags);
}
void ShmBarrier(sqlite3_file* file) { RealFile(file)->pMethods->xShmBarrier(RealFile(file)); }
int ShmUnmap(sqlite3_file* file, int remove) {
  return RealFile(file)->pMethods->xShmUnmap(RealFile(file), remove);
}

int Open(sqlite3_vfs*, sqlite3_filename name, sqlite3_file* file, int flags, int* out_flags) {
  static const sqlite3_io_methods methods = {2,
                                             Close,
                                             Read,
                                             Write,
                                             Truncate,
                                             Sync,
                                             FileSize,
                                             Lock,
                                             Unlock,
                                             CheckReservedLock,
                                             FileControl,
                                             SectorSize,
                                             DeviceCharacteristics,
                                             ShmMap,
                                             ShmLock,
                                             ShmBarrier,
                                             ShmUnmap,
                                             nullptr,
                                             nullptr};
  const int code = Real()->xOpen(Real(), name, RealFile(file), flags, out_flags);
  file->pMethods = RealFile(file)->pMethods == nullptr ? nullptr : &methods;
  return code;
}

}  // namespace

const char* BrokenDisk::Name() {
  static sqlite3_vfs vfs;
  static const bool registered = [] {
    vfs = *Real();
    vfs.szOsFile = static_cast<int>(sizeof(File)) + Real()->szOsFile;
    vfs.zName = "broken_disk";
    vfs.pNext = nullptr;
    vfs.xOpen = Open;
    return sqlite3_vfs_register(&vfs, 0) == SQLITE_OK;
  }();
  return registered ? vfs.zName : nullptr;
}

void BrokenDisk::Mend() {
  room = -1;
  failing_syncs = 0;
  dead = false;
}

}  // namespace saga::contract
