#include "channels/http/token_file.hpp"

#include <chrono>

namespace lotse::http {

TokenFile::Stamp TokenFile::stamp() const {
  struct stat found{};
  if (::stat(file_.c_str(), &found) != 0) return {};
  const auto since_epoch =
      std::chrono::seconds(found.st_mtim.tv_sec) + std::chrono::nanoseconds(found.st_mtim.tv_nsec);
  return {
      .inode = found.st_ino, .size = found.st_size, .modified = since_epoch.count(), .mode = found.st_mode};
}

std::optional<Result<Tokens>> TokenFile::take_changed() {
  const Stamp now = stamp();  // before it is read: what changes meanwhile is seen the next time
  if (now == seen_) return std::nullopt;
  Result<Tokens> tokens = Tokens::load(file_);
  if (tokens) {
    seen_ = now;
    told_.reset();
    return tokens;
  }
  // Tried again the next time: what keeps a file from being read may pass without a trace on it.
  if (now == told_) return std::nullopt;
  told_ = now;
  return tokens;
}

}  // namespace lotse::http
