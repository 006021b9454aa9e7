#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/folder.hpp"

namespace lotse::test {

/// One thing that was done to a disk.
struct DiskCall {
  enum class Kind : std::uint8_t {
    create,      ///< `name` now stands for a new, empty file
    write,       ///< `bytes` at `offset`
    truncate,    ///< to `offset` bytes
    sync,        ///< all before this, of this file, is on the platter
    sync_lost,   ///< the sync failed, and what it should have brought to the platter never will be (see Disk)
    remove,      ///< `name` stands for nothing
    sync_names,  ///< names as they are now are on the platter
    note,        ///< of the test's own, in `offset`
  };
  Kind kind{};
  std::uint32_t file = 0;
  std::uint64_t offset = 0;
  std::string name{};
  std::string bytes{};
};

/// What a disk holds, by name.
using DiskFiles = std::map<std::string, std::string>;

/// A call that the disk answers with an error.
struct DiskFault {
  enum class Call : std::uint8_t { write, sync, truncate, open, remove, shared_memory, read };
  enum class How : std::uint8_t {
    io_error,     ///< EIO
    full,         ///< ENOSPC
    short_write,  ///< half of it, then ENOSPC
  };
  Call call{};
  How how = How::io_error;
  std::uint64_t nth = 0;  ///< of these calls, from 0
  bool for_good = false;  ///< all later ones too
};

/// A disk in memory under SQLite, recorded call by call. While one lives, SQLite's default VFS serves the
/// files of all Disks and nothing else.
///
/// It does what SQLite's own VFS for Unix does with its system calls, and says the same of itself (a test
/// compares them): sectors of 4096 bytes, and SQLITE_IOCAP_POWERSAFE_OVERWRITE. The claim is that a power
/// loss in the middle of a write leaves the bytes beside it as they were. It holds where a disk writes a
/// sector whole, torn or not at all, since the file system hands it the whole sector with the neighbours'
/// bytes as they are; crash states are made accordingly (crash.hpp). Names are safe once their folder has
/// been synced, which SQLite does with the first sync of a new journal or write-ahead log.
///
/// A failed sync loses what it should have saved, as on Linux, where the pages count as clean afterwards: a
/// later sync that succeeds says nothing about them. Each other handle of the file is told once, by its own
/// next sync (errseq_t). The shared memory beside a write-ahead log is no file here: SQLite makes it anew
/// when the first one opens the store, whatever a power loss left of it.
class Disk {
 public:
  explicit Disk(const DiskFiles& files = {});
  ~Disk();
  Disk(const Disk&) = delete;
  Disk& operator=(const Disk&) = delete;

  /// Where a file of the store lies: an empty one stands there on the real disk too, for those who look
  /// without SQLite.
  [[nodiscard]] std::filesystem::path path(const std::string& name) const { return folder_ / name; }

  /// From now on. What the disk holds already is recorded as written and synced.
  void record();
  [[nodiscard]] std::vector<DiskCall> recording() const;
  void note(std::uint64_t value);

  void fail(const DiskFault& fault);
  /// Whether the fault has been met.
  [[nodiscard]] bool failed() const;
  /// All calls succeed again.
  void heal();
  /// How often this call has been made.
  [[nodiscard]] std::uint64_t calls(DiskFault::Call call) const;

  /// As a process finds them that comes after this one: all that was written, synced or not.
  [[nodiscard]] DiskFiles files() const;

  // For the VFS.
  struct File;
  struct Handle;

 private:
  friend struct DiskVfs;
  void add(DiskCall call);
  [[nodiscard]] std::optional<DiskFault::How> faulty(DiskFault::Call call);

  Folder folder_;
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<File>> names_;
  std::uint32_t next_file_ = 1;
  bool recording_ = false;
  std::vector<DiskCall> calls_;
  std::optional<DiskFault> fault_;
  bool failed_ = false;
  std::array<std::uint64_t, 7> counts_{};
};

}  // namespace lotse::test
