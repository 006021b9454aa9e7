#include "engine/base/replace_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <system_error>

#include "engine/base/descriptor.hpp"

namespace lotse {
namespace {

namespace fs = std::filesystem;

Result<void> write_all(int file, std::string_view text, const fs::path& path) {
  while (!text.empty()) {
    const ssize_t count = ::write(file, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return tl::make_unexpected(cannot("write", path, errno));
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  if (::fsync(file) != 0) return tl::make_unexpected(cannot("write", path, errno));
  return {};
}

/// Root writes for the service's user.
void give_to_owner(int file, const fs::path& path, const fs::path& folder) {
  if (::geteuid() != 0) return;
  struct stat owner{};
  if (::stat(path.c_str(), &owner) != 0 && ::stat(folder.c_str(), &owner) != 0) return;
  [[maybe_unused]] const int given = ::fchown(file, owner.st_uid, owner.st_gid);
}

}  // namespace

Error cannot(std::string_view what, const fs::path& path, int error) {
  return {.code = ErrorCode::storage,
          .message =
              fmt::format("cannot {} `{}`: {}", what, path.string(), std::generic_category().message(error))};
}

fs::path folder_of(const fs::path& file) {
  return file.has_parent_path() ? file.parent_path() : fs::path(".");
}

Result<void> replace_file(const fs::path& file, std::string_view text, fs::perms mode) {
  const fs::path folder = folder_of(file);
  std::string written_to = file.string() + ".XXXXXX";
  const Descriptor out(::mkostemp(written_to.data(), O_CLOEXEC));
  if (out.number() < 0) return tl::make_unexpected(cannot("write", file, errno));
  give_to_owner(out.number(), file, folder);
  Result<void> written = write_all(out.number(), text, file);
  if (written && ::fchmod(out.number(), static_cast<mode_t>(mode)) != 0)
    written = tl::make_unexpected(cannot("write", file, errno));
  if (written && ::rename(written_to.c_str(), file.c_str()) != 0)
    written = tl::make_unexpected(cannot("write", file, errno));
  if (!written) {
    ::unlink(written_to.c_str());
    return written;
  }
  const Descriptor directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.number() < 0 || ::fsync(directory.number()) != 0)
    return tl::make_unexpected(cannot("write", folder, errno));
  return {};
}

}  // namespace lotse
