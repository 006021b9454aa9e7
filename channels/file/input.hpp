#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/result.hpp"

namespace lotse::file {

/// The bytes of a file from front to back, inflated where it is gzipped (told by its first two bytes; several
/// members in a row are one text).
class Input {
 public:
  /// `-` is standard input. Errors: not_found, storage.
  [[nodiscard]] static Result<Input> open(const std::filesystem::path& path);
  Input(Input&&) noexcept;
  Input& operator=(Input&&) noexcept;
  ~Input();

  /// Reads up to `size` bytes; 0 at the end of the file. Errors: storage; bad_input for gzip that is damaged
  /// or ends early, once all before it has been read.
  [[nodiscard]] Result<std::size_t> read(char* to, std::size_t size);

  [[nodiscard]] const std::string& name() const;   ///< for messages
  [[nodiscard]] std::uint64_t bytes_read() const;  ///< of the file, compressed as it is
  [[nodiscard]] std::optional<std::uint64_t> bytes_total() const;

 private:
  struct Rep;
  explicit Input(std::unique_ptr<Rep> rep);
  std::unique_ptr<Rep> rep_;
};

/// Cuts an Input into pieces that end where its reader says: what the reader leaves of one piece begins the
/// next.
class Window {
 public:
  /// Readable bytes behind the text, which simdjson asks for.
  static constexpr std::size_t padding = 64;

  Window(Input input, std::size_t piece_bytes) : input_(std::move(input)), piece_bytes_(piece_bytes) {}

  /// The first bytes of the file (at most `size`), which stay to be read.
  [[nodiscard]] Result<std::string_view> peek(std::size_t size);
  /// Drops the first `size` bytes of what peek() gave.
  void skip(std::size_t size);

  /// Puts what is left and then more bytes into `text`, which afterwards has `padding` more bytes than the
  /// piece. Empty: the end. An Error comes after all that was read before it.
  [[nodiscard]] Result<std::string_view> next(std::string& text);
  /// The end of the last piece, to be read again with as much behind it at least.
  void leave(std::string_view rest) { rest_.assign(rest); }
  /// No more bytes follow the last piece.
  [[nodiscard]] bool at_end() const { return at_end_; }

  [[nodiscard]] const Input& input() const { return input_; }

 private:
  [[nodiscard]] std::size_t read(char* to, std::size_t size);

  Input input_;
  std::size_t piece_bytes_;
  std::string rest_;
  bool at_end_ = false;
  std::optional<Error> failure_;  ///< met behind bytes that were to be handed out first
};

}  // namespace lotse::file
