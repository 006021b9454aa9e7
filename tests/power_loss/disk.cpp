#include "tests/power_loss/disk.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <fstream>
#include <new>
#include <utility>

#include "engine/base/assert.hpp"

namespace lotse::test {

/// The index of a write-ahead log, shared by all who have it open.
struct SharedMemory {
  static constexpr std::size_t region_bytes = 32'768;
  std::vector<std::unique_ptr<std::array<char, region_bytes>>> regions;
  std::array<int, SQLITE_SHM_NLOCK> readers{};
  std::array<const Disk::Handle*, SQLITE_SHM_NLOCK> writer{};
  int users = 0;
};

struct Disk::File {
  std::uint32_t number = 0;
  std::string content;
  std::uint64_t failed_syncs = 0;
  // SQLite's locks: many share, one reserves, waits for the others to leave, and excludes.
  int sharing = 0;
  const Handle* reserved = nullptr;
  const Handle* pending = nullptr;
  const Handle* exclusive = nullptr;
  std::unique_ptr<SharedMemory> memory;
};

struct Disk::Handle {
  sqlite3_file base{};
  Disk* disk = nullptr;
  std::shared_ptr<File> file;
  bool sync_names = false;
  std::uint64_t failed_syncs_seen = 0;
  int lock = SQLITE_LOCK_NONE;
  bool mapped = false;
  std::uint32_t memory_shared = 0;     ///< one bit a lock
  std::uint32_t memory_exclusive = 0;  ///< one bit a lock
};

namespace {

std::mutex g_disks_mutex;
std::map<std::string, Disk*> g_disks;  // by folder

Disk* disk_of(const std::filesystem::path& path) {
  const std::lock_guard lock(g_disks_mutex);
  const auto disk = g_disks.find(path.parent_path().string());
  return disk == g_disks.end() ? nullptr : disk->second;
}

Disk::Handle& handle_of(sqlite3_file* file) { return *reinterpret_cast<Disk::Handle*>(file); }

}  // namespace

/// The functions that SQLite calls.
struct DiskVfs {
  static int close(sqlite3_file* base) {
    Disk::Handle& handle = handle_of(base);
    unlock(base, SQLITE_LOCK_NONE);
    handle.~Handle();
    return SQLITE_OK;
  }

  static int read(sqlite3_file* base, void* to, int amount, sqlite3_int64 offset) {
    Disk::Handle& handle = handle_of(base);
    const std::lock_guard lock(handle.disk->mutex_);
    if (handle.disk->faulty(DiskFault::Call::read)) return SQLITE_IOERR_READ;
    const std::string& content = handle.file->content;
    const auto begin = std::min(content.size(), static_cast<std::size_t>(offset));
    const auto size = std::min(content.size() - begin, static_cast<std::size_t>(amount));
    std::memcpy(to, content.data() + begin, size);
    if (size == static_cast<std::size_t>(amount)) return SQLITE_OK;
    std::memset(static_cast<char*>(to) + size, 0, static_cast<std::size_t>(amount) - size);
    return SQLITE_IOERR_SHORT_READ;
  }

  static int write(sqlite3_file* base, const void* from, int amount, sqlite3_int64 offset) {
    Disk::Handle& handle = handle_of(base);
    const std::lock_guard lock(handle.disk->mutex_);
    const auto fault = handle.disk->faulty(DiskFault::Call::write);
    if (fault == DiskFault::How::io_error) return SQLITE_IOERR_WRITE;
    if (fault == DiskFault::How::full) return SQLITE_FULL;
    const std::string bytes(static_cast<const char*>(from),
                            static_cast<std::size_t>(fault ? amount / 2 : amount));
    const auto begin = static_cast<std::size_t>(offset);
    std::string& content = handle.file->content;
    content.resize(std::max(content.size(), begin + bytes.size()));
    content.replace(begin, bytes.size(), bytes);
    record(handle, {.kind = DiskCall::Kind::write, .offset = begin, .bytes = bytes});
    return fault ? SQLITE_FULL : SQLITE_OK;
  }

  static int truncate(sqlite3_file* base, sqlite3_int64 size) {
    Disk::Handle& handle = handle_of(base);
    const std::lock_guard lock(handle.disk->mutex_);
    if (handle.disk->faulty(DiskFault::Call::truncate)) return SQLITE_IOERR_TRUNCATE;
    handle.file->content.resize(static_cast<std::size_t>(size));
    record(handle, {.kind = DiskCall::Kind::truncate, .offset = static_cast<std::uint64_t>(size)});
    return SQLITE_OK;
  }

  static int sync(sqlite3_file* base, int) {
    Disk::Handle& handle = handle_of(base);
    const std::lock_guard lock(handle.disk->mutex_);
    Disk::File& file = *handle.file;
    if (handle.disk->faulty(DiskFault::Call::sync)) {
      handle.failed_syncs_seen = ++file.failed_syncs;
      record(handle, {.kind = DiskCall::Kind::sync_lost});
      return SQLITE_IOERR_FSYNC;
    }
    record(handle, {.kind = DiskCall::Kind::sync});
    if (std::exchange(handle.failed_syncs_seen, file.failed_syncs) != file.failed_syncs)
      return SQLITE_IOERR_FSYNC;
    if (std::exchange(handle.sync_names, false)) record(handle, {.kind = DiskCall::Kind::sync_names});
    return SQLITE_OK;
  }

  static int file_size(sqlite3_file* base, sqlite3_int64* size) {
    const Disk::Handle& handle = handle_of(base);
    const std::lock_guard lock(handle.disk->mutex_);
    *size = static_cast<sqlite3_int64>(handle.file->content.size());
    return SQLITE_OK;
  }

  static int lock(sqlite3_file* base, int level) {
    Disk::Handle& handle = handle_of(base);
    const std::lock_guard guard(handle.disk->mutex_);
    Disk::File& file = *handle.file;
    const auto anothers = [&](const Disk::Handle* holder) { return holder != nullptr && holder != &handle; };
    if (handle.lock >= level) return SQLITE_OK;
    if (anothers(file.pending) || anothers(file.exclusive)) return SQLITE_BUSY;
    if (level == SQLITE_LOCK_SHARED) {
      ++file.sharing;
    } else {
      if (anothers(file.reserved)) return SQLITE_BUSY;
      if (level == SQLITE_LOCK_RESERVED) {
        file.reserved = &handle;
      } else {
        file.pending = &handle;
        handle.lock = SQLITE_LOCK_PENDING;
        if (file.sharing > 1) return SQLITE_BUSY;
        file.exclusive = &handle;
      }
    }
    handle.lock = level;
    return SQLITE_OK;
  }

  static int unlock(sqlite3_file* base, int level) {
    Disk::Handle& handle = handle_of(base);
    const std::lock_guard guard(handle.disk->mutex_);
    Disk::File& file = *handle.file;
    if (handle.lock <= level) return SQLITE_OK;
    for (const Disk::Handle** holder : {&file.reserved, &file.pending, &file.exclusive}) {
      if (*holder == &handle) *holder = nullptr;
    }
    if (level == SQLITE_LOCK_NONE) --file.sharing;
    handle.lock = level;
    return SQLITE_OK;
  }

  static int check_reserved_lock(sqlite3_file* base, int* reserved) {
    const Disk::Handle& handle = handle_of(base);
    const std::lock_guard guard(handle.disk->mutex_);
    *reserved = handle.file->reserved != nullptr || handle.file->exclusive != nullptr ? 1 : 0;
    return SQLITE_OK;
  }

  static int file_control(sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; }
  static int sector_size(sqlite3_file*) { return 4096; }
  static int device_characteristics(sqlite3_file*) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; }

  static int memory_map(sqlite3_file* base, int region, int, int extend, void volatile** to) {
    Disk::Handle& handle = handle_of(base);
    const std::lock_guard guard(handle.disk->mutex_);
    auto& memory = handle.file->memory;
    if (!memory) memory = std::make_unique<SharedMemory>();
    if (!std::exchange(handle.mapped, true)) ++memory->users;
    *to = nullptr;
    const auto index = static_cast<std::size_t>(region);
    if (index >= memory->regions.size()) {
      if (extend == 0) return SQLITE_OK;
      if (handle.disk->faulty(DiskFault::Call::shared_memory)) return SQLITE_IOERR_SHMSIZE;
      while (memory->regions.size() <= index) {
        memory->regions.push_back(std::make_unique<std::array<char, SharedMemory::region_bytes>>());
      }
    }
    *to = memory->regions[index]->data();
    return SQLITE_OK;
  }

  static int memory_lock(sqlite3_file* base, int offset, int count, int flags) {
    Disk::Handle& handle = handle_of(base);
    const std::lock_guard guard(handle.disk->mutex_);
    SharedMemory& memory = *handle.file->memory;
    const auto begin = static_cast<std::size_t>(offset);
    const auto end = begin + static_cast<std::size_t>(count);
    for (std::size_t i = begin; i < end; ++i) {
      const std::uint32_t bit = 1U << i;
      if ((flags & SQLITE_SHM_UNLOCK) != 0) {
        if ((handle.memory_shared & bit) != 0) --memory.readers[i];
        if ((handle.memory_exclusive & bit) != 0) memory.writer[i] = nullptr;
        handle.memory_shared &= ~bit;
        handle.memory_exclusive &= ~bit;
        continue;
      }
      if (memory.writer[i] != nullptr && memory.writer[i] != &handle) return SQLITE_BUSY;
      const bool exclusive = (flags & SQLITE_SHM_EXCLUSIVE) != 0;
      if (exclusive && memory.readers[i] > ((handle.memory_shared & bit) != 0 ? 1 : 0)) return SQLITE_BUSY;
    }
    if ((flags & SQLITE_SHM_UNLOCK) != 0) return SQLITE_OK;
    for (std::size_t i = begin; i < end; ++i) {
      const std::uint32_t bit = 1U << i;
      if ((flags & SQLITE_SHM_EXCLUSIVE) != 0) {
        memory.writer[i] = &handle;
        handle.memory_exclusive |= bit;
      } else if ((handle.memory_shared & bit) == 0) {
        ++memory.readers[i];
        handle.memory_shared |= bit;
      }
    }
    return SQLITE_OK;
  }

  static void memory_barrier(sqlite3_file*) { std::atomic_thread_fence(std::memory_order_seq_cst); }

  static int memory_unmap(sqlite3_file* base, int) {
    Disk::Handle& handle = handle_of(base);
    if (!handle.mapped) return SQLITE_OK;
    memory_lock(base, 0, SQLITE_SHM_NLOCK, SQLITE_SHM_UNLOCK | SQLITE_SHM_EXCLUSIVE);
    const std::lock_guard guard(handle.disk->mutex_);
    handle.mapped = false;
    if (--handle.file->memory->users == 0) handle.file->memory.reset();
    return SQLITE_OK;
  }

  static int open(sqlite3_vfs*, const char* name, sqlite3_file* base, int flags, int* flags_out) {
    static const sqlite3_io_methods methods{.iVersion = 2,
                                            .xClose = close,
                                            .xRead = read,
                                            .xWrite = write,
                                            .xTruncate = truncate,
                                            .xSync = sync,
                                            .xFileSize = file_size,
                                            .xLock = lock,
                                            .xUnlock = unlock,
                                            .xCheckReservedLock = check_reserved_lock,
                                            .xFileControl = file_control,
                                            .xSectorSize = sector_size,
                                            .xDeviceCharacteristics = device_characteristics,
                                            .xShmMap = memory_map,
                                            .xShmLock = memory_lock,
                                            .xShmBarrier = memory_barrier,
                                            .xShmUnmap = memory_unmap,
                                            .xFetch = nullptr,
                                            .xUnfetch = nullptr};
    base->pMethods = nullptr;
    LOTSE_ASSERT(name != nullptr);  // the store needs no temporary files
    Disk* const disk = disk_of(name);
    if (disk == nullptr) return SQLITE_CANTOPEN;
    const std::lock_guard guard(disk->mutex_);
    if (disk->faulty(DiskFault::Call::open)) return SQLITE_CANTOPEN;
    const std::string own = std::filesystem::path(name).filename().string();
    std::shared_ptr<Disk::File>& file = disk->names_[own];
    const bool made = file == nullptr;
    if (made) {
      if ((flags & SQLITE_OPEN_CREATE) == 0) {
        disk->names_.erase(own);
        return SQLITE_CANTOPEN;
      }
      file = std::make_shared<Disk::File>();
      file->number = disk->next_file_++;
      disk->add({.kind = DiskCall::Kind::create, .file = file->number, .name = own});
    }
    constexpr int journal = SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_SUPER_JOURNAL | SQLITE_OPEN_WAL;
    auto* const handle = new (base) Disk::Handle;
    handle->disk = disk;
    handle->file = file;
    handle->sync_names = made && (flags & journal) != 0;
    handle->failed_syncs_seen = file->failed_syncs;
    handle->base.pMethods = &methods;
    if (flags_out != nullptr) *flags_out = flags;
    return SQLITE_OK;
  }

  static int remove(sqlite3_vfs*, const char* name, int sync_names) {
    Disk* const disk = disk_of(name);
    if (disk == nullptr) return SQLITE_IOERR_DELETE;
    const std::lock_guard guard(disk->mutex_);
    if (disk->faulty(DiskFault::Call::remove)) return SQLITE_IOERR_DELETE;
    const std::string own = std::filesystem::path(name).filename().string();
    if (disk->names_.erase(own) == 0) return SQLITE_IOERR_DELETE_NOENT;
    disk->add({.kind = DiskCall::Kind::remove, .name = own});
    if ((sync_names & 1) != 0) disk->add({.kind = DiskCall::Kind::sync_names});
    return SQLITE_OK;
  }

  static int access(sqlite3_vfs*, const char* name, int, int* there) {
    Disk* const disk = disk_of(name);
    *there = 0;
    if (disk == nullptr) return SQLITE_OK;
    const std::lock_guard guard(disk->mutex_);
    *there = disk->names_.contains(std::filesystem::path(name).filename().string()) ? 1 : 0;
    return SQLITE_OK;
  }

  static int full_path(sqlite3_vfs*, const char* name, int size, char* to) {
    const std::string path = std::filesystem::absolute(name).string();
    if (path.size() >= static_cast<std::size_t>(size)) return SQLITE_CANTOPEN;
    std::memcpy(to, path.c_str(), path.size() + 1);
    return SQLITE_OK;
  }

  static void record(const Disk::Handle& handle, DiskCall call) {
    call.file = handle.file->number;
    handle.disk->add(std::move(call));
  }

  static void make_default() {
    static sqlite3_vfs vfs = [] {
      sqlite3_initialize();
      sqlite3_vfs own = *sqlite3_vfs_find("unix");  // its clock, sleep and chance
      own.szOsFile = sizeof(Disk::Handle);
      own.pNext = nullptr;
      own.zName = "lotse-test-disk";
      own.xOpen = open;
      own.xDelete = remove;
      own.xAccess = access;
      own.xFullPathname = full_path;
      return own;
    }();
    sqlite3_vfs_register(&vfs, 1);
  }
  static void make_unix_default() { sqlite3_vfs_register(sqlite3_vfs_find("unix"), 1); }
};

Disk::Disk(const DiskFiles& files) {
  for (const auto& [name, content] : files) {
    const auto file = std::make_shared<File>();
    file->number = next_file_++;
    file->content = content;
    names_.emplace(name, file);
  }
  std::ofstream(folder_ / "s.lotse");
  const std::lock_guard lock(g_disks_mutex);
  if (g_disks.empty()) DiskVfs::make_default();
  g_disks.emplace(folder_.path().string(), this);
}

Disk::~Disk() {
  const std::lock_guard lock(g_disks_mutex);
  g_disks.erase(folder_.path().string());
  if (g_disks.empty()) DiskVfs::make_unix_default();
}

void Disk::record() {
  const std::lock_guard lock(mutex_);
  recording_ = true;
  for (const auto& [name, file] : names_) {
    add({.kind = DiskCall::Kind::create, .file = file->number, .name = name});
    add({.kind = DiskCall::Kind::write, .file = file->number, .bytes = file->content});
    add({.kind = DiskCall::Kind::sync, .file = file->number});
  }
  add({.kind = DiskCall::Kind::sync_names});
}

std::vector<DiskCall> Disk::recording() const {
  const std::lock_guard lock(mutex_);
  return calls_;
}

void Disk::note(std::uint64_t value) {
  const std::lock_guard lock(mutex_);
  add({.kind = DiskCall::Kind::note, .offset = value});
}

void Disk::add(DiskCall call) {
  if (recording_) calls_.push_back(std::move(call));
}

void Disk::fail(const DiskFault& fault) {
  const std::lock_guard lock(mutex_);
  fault_ = fault;
}

bool Disk::failed() const {
  const std::lock_guard lock(mutex_);
  return failed_;
}

void Disk::heal() {
  const std::lock_guard lock(mutex_);
  fault_.reset();
}

std::uint64_t Disk::calls(DiskFault::Call call) const {
  const std::lock_guard lock(mutex_);
  return counts_[static_cast<std::size_t>(call)];
}

std::optional<DiskFault::How> Disk::faulty(DiskFault::Call call) {
  const std::uint64_t number = counts_[static_cast<std::size_t>(call)]++;
  if (!fault_ || fault_->call != call) return std::nullopt;
  const bool now = fault_->for_good ? number >= fault_->nth : number == fault_->nth;
  if (!now) return std::nullopt;
  failed_ = true;
  return fault_->how;
}

DiskFiles Disk::files() const {
  const std::lock_guard lock(mutex_);
  DiskFiles files;
  for (const auto& [name, file] : names_) files.emplace(name, file->content);
  return files;
}

}  // namespace lotse::test
