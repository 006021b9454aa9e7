#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "channels/file/input.hpp"

namespace lotse::file {

/// Whole lines of a file.
struct Lines {
  std::string_view text;     ///< the piece of the file that they lie in
  std::string_view lines;    ///< each with its end, but for the file's last
  std::string_view cut_off;  ///< the beginning of a line behind them that is too long to be read; else empty
  std::uint64_t first = 1;   ///< number of the first line, from 1
};

/// Cuts a file at the ends of its lines. A line of more than `line_bytes_max` that goes on behind its piece
/// is cut off, and what follows of it is passed over.
class LineCutter {
 public:
  LineCutter(Window window, std::size_t line_bytes_max)
      : window_(std::move(window)), line_bytes_max_(line_bytes_max) {}

  /// Reads the next piece into `text`; false at the end of the file. Errors as Window::next.
  [[nodiscard]] Result<bool> next(std::string& text, Lines& lines);
  [[nodiscard]] const Input& input() const { return window_.input(); }

 private:
  Window window_;
  std::size_t line_bytes_max_;
  std::uint64_t line_ = 1;  ///< number of the next one
  bool skipping_ = false;   ///< within a line that was cut off
};

}  // namespace lotse::file
