#include "channels/file/line_cutter.hpp"

#include <cstring>

namespace lotse::file {
namespace {

std::uint64_t count_lines(std::string_view text) {
  std::uint64_t count = 0;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at < end) {
    const void* const found = std::memchr(at, '\n', static_cast<std::size_t>(end - at));
    at = found == nullptr ? end : static_cast<const char*>(found) + 1;
    ++count;
  }
  return count;
}

}  // namespace

Result<bool> LineCutter::next(std::string& text, Lines& lines) {
  LOTSE_TRY(const std::string_view piece, window_.next(text));
  if (piece.empty()) return false;
  const std::size_t newline = piece.rfind('\n');
  const std::size_t end = window_.at_end()                    ? piece.size()
                          : newline == std::string_view::npos ? 0
                                                              : newline + 1;
  std::string_view whole = piece.substr(0, end);
  std::string_view rest = piece.substr(end);
  if (skipping_ && !whole.empty()) {
    const std::size_t over = std::min(whole.find('\n'), whole.size() - 1) + 1;
    whole.remove_prefix(over);
    ++line_;
    skipping_ = false;
  }
  lines = {.text = piece, .lines = whole, .cut_off = {}, .first = line_};
  line_ += count_lines(whole);
  if (!skipping_ && rest.size() > line_bytes_max_) {
    lines.cut_off = rest;
    skipping_ = true;
  }
  if (skipping_) rest = {};
  window_.leave(rest);
  return true;
}

}  // namespace lotse::file
