#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>

#include "engine/runtime/dialect.hpp"

namespace lotse::http {

/// Bytes in one piece, which grow without being cleared. `Post::padding` readable bytes always lie behind
/// them.
class Buffer {
 public:
  [[nodiscard]] std::string_view view() const { return {bytes_.get(), size_}; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::size_t capacity() const { return capacity_; }

  /// Where the next bytes are to be written, `room()` at most; then grown() is called.
  [[nodiscard]] char* end() { return bytes_.get() + size_; }
  [[nodiscard]] std::size_t room() const { return capacity_ - size_; }
  void grown(std::size_t size) { size_ += size; }

  void reserve(std::size_t capacity) {
    if (capacity <= capacity_) return;
    move_into(capacity);
  }
  void append(std::string_view bytes) {
    if (bytes.size() > room())
      reserve(size_ + bytes.size() > 2 * capacity_ ? size_ + bytes.size() : 2 * capacity_);
    if (!bytes.empty()) std::memcpy(end(), bytes.data(), bytes.size());
    size_ += bytes.size();
  }
  /// Drops the bytes in front.
  void consume(std::size_t size) {
    size_ -= size;
    if (size > 0 && size_ > 0) std::memmove(bytes_.get(), bytes_.get() + size, size_);
  }
  /// Cuts out `size` bytes at `at`.
  void erase(std::size_t at, std::size_t size) {
    if (size > 0) std::memmove(bytes_.get() + at, bytes_.get() + at + size, size_ - at - size);
    size_ -= size;
  }
  void clear() { size_ = 0; }
  /// Gives memory back beyond `capacity` and what is in use.
  void shrink(std::size_t capacity) {
    if (capacity < size_) capacity = size_;
    if (capacity < capacity_) move_into(capacity);
  }

 private:
  void move_into(std::size_t capacity) {
    // Padding is cleared, so that whoever looks ahead reads what was written.
    auto bytes = std::make_unique_for_overwrite<char[]>(capacity + Post::padding);
    if (size_ > 0) std::memcpy(bytes.get(), bytes_.get(), size_);
    std::memset(bytes.get() + capacity, 0, Post::padding);
    bytes_ = std::move(bytes);
    capacity_ = capacity;
  }

  std::unique_ptr<char[]> bytes_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace lotse::http
