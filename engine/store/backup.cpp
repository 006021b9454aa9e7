#include "engine/store/backup.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "engine/store/migrations.hpp"
#include "engine/store/sqlite.hpp"

namespace lotse {
namespace {

namespace fs = std::filesystem;

Result<void> checked_copy(const fs::path& from, const fs::path& to) {
  LOTSE_TRY(auto source, sqlite::Connection::open(from, sqlite::Mode::read));
  LOTSE_CHECK(check_schema(source));  // another program's file is none of ours
  LOTSE_TRY(auto target, sqlite::Connection::open(to, sqlite::Mode::create));
  LOTSE_CHECK(source.copy_to(target));
  LOTSE_CHECK(check_schema(target));
  LOTSE_TRY(auto check, target.prepare("PRAGMA integrity_check(1)"));
  LOTSE_TRY(const bool row, check.step());
  if (!row || check.bytes(0) != "ok") {
    return fail(ErrorCode::storage, fmt::format("{}: the store is damaged, and so would be its copy: {}",
                                                from.string(), row ? check.bytes(0) : "no answer"));
  }
  return {};
}

void remove_with_companions(const fs::path& file) {
  std::error_code ignored;
  for (const char* const ending : {"", "-wal", "-shm", "-journal"})
    fs::remove(file.string() + ending, ignored);
}

}  // namespace

Result<void> backup_store(const fs::path& from, const fs::path& to) {
  std::error_code error;
  if (fs::exists(fs::symlink_status(to, error))) {
    return fail(ErrorCode::conflict,
                fmt::format("{}: is there already; a backup goes into a new file", to.string()));
  }
  const fs::path part = to.string() + ".part";
  remove_with_companions(part);  // of a backup that was interrupted
  // As private as the store from its first byte on, and nobody else's who backs up into the same place.
  const int own = ::open(part.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
  if (own < 0) return fail(ErrorCode::storage, fmt::format("{}: {}", part.string(), std::strerror(errno)));
  ::close(own);
  if (auto copied = checked_copy(from, part); !copied) {
    remove_with_companions(part);
    return copied;
  }
  fs::permissions(part, fs::status(from, error).permissions(), error);
  fs::create_hard_link(part, to, error);  // unlike a rename it overwrites nothing
  if (error == std::errc::file_exists) {
    remove_with_companions(part);
    return fail(ErrorCode::conflict,
                fmt::format("{}: came to be there meanwhile; a backup goes into a new file", to.string()));
  }
  if (error) {
    const std::string why = error.message();
    fs::rename(part, to, error);  // a file system without links
    if (error) {
      remove_with_companions(part);
      return fail(ErrorCode::storage, fmt::format("{}: {}", to.string(), why));
    }
  }
  remove_with_companions(part);
  return {};
}

}  // namespace lotse
