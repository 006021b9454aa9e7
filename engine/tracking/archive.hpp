#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/assert.hpp"
#include "engine/base/time.hpp"
#include "engine/expression/text_pool.hpp"
#include "engine/expression/value.hpp"

/// Compact bytes: variable-length numbers, instants as differences from the one before, flags for what is
/// mostly absent. Within one process or one build; nothing tells versions of a layout apart.
namespace lotse::packed {

inline constexpr std::int64_t instant_limit = std::int64_t{1} << 60;

inline std::uint64_t zigzag(std::int64_t value) {
  return (static_cast<std::uint64_t>(value) << 1U) ^ static_cast<std::uint64_t>(value >> 63U);
}
inline std::int64_t from_zigzag(std::uint64_t value) {
  return static_cast<std::int64_t>(value >> 1U) ^ -static_cast<std::int64_t>(value & 1U);
}

/// Appends to a buffer.
class Writer {
 public:
  static constexpr bool reads = false;
  /// Over what `bytes` holds; cut to the length at the end, so that one buffer serves many states.
  explicit Writer(std::string& bytes) : bytes_(bytes) {
    bytes_.resize(bytes_.capacity());
    at_ = bytes_.data();
    end_ = at_ + bytes_.size();
  }
  void finish() { bytes_.resize(static_cast<std::size_t>(at_ - bytes_.data())); }

  template <class T>
  void number(const T& value) {
    constexpr std::size_t longest = 10;
    make_room(longest);
    auto rest = static_cast<std::uint64_t>(value);
    while (rest >= 0x80) {
      *at_++ = static_cast<char>(static_cast<std::uint8_t>(rest) | 0x80U);
      rest >>= 7U;
    }
    *at_++ = static_cast<char>(rest);
  }
  void integer(const std::int64_t& value) { number(zigzag(value)); }
  void fixed(const std::uint64_t& value) { raw(&value, sizeof value); }
  void text(const std::string& value) {
    number(value.size());
    raw(value.data(), value.size());
  }
  /// Two low bits tell the unit of the difference: seconds, milliseconds, or one of the two ends of time.
  void instant(const Instant& value) {
    if (value == Instant::min()) return number(2U);
    if (value == Instant::max()) return number(6U);
    const std::int64_t now = value.time_since_epoch().count();
    LOTSE_ASSERT(-instant_limit < now && now < instant_limit);
    const std::int64_t distance = now - last_;
    last_ = now;
    if (distance % 1000 == 0) {
      number(zigzag(distance / 1000) << 2U);
    } else {
      number((zigzag(distance) << 2U) | 1U);
    }
  }
  std::uint32_t flags(std::initializer_list<bool> bits) {
    std::uint32_t flags = 0;
    std::uint32_t bit = 1;
    for (const bool set : bits) {
      if (set) flags |= bit;
      bit <<= 1U;
    }
    number(flags);
    return flags;
  }
  template <class T, class Each>
  void list(const std::vector<T>& values, Each&& each) {
    number(values.size());
    for (const T& value : values) each(value);
  }
  template <class T, class Each>
  void list_if(bool is_present, const std::vector<T>& values, Each&& each) {
    if (is_present) list(values, each);
  }
  template <class T, class Each>
  void present(bool is_present, const std::optional<T>& value, Each&& each) {
    if (is_present) each(*value);
  }

 private:
  void raw(const void* from, std::size_t count) {
    make_room(count);
    std::memcpy(at_, from, count);
    at_ += count;
  }
  void make_room(std::size_t count) {
    if (static_cast<std::size_t>(end_ - at_) < count) grow(count);
  }
  void grow(std::size_t count) {
    const auto used = static_cast<std::size_t>(at_ - bytes_.data());
    bytes_.resize(std::max<std::size_t>(used + count, 2 * bytes_.size()));
    at_ = bytes_.data() + used;
    end_ = bytes_.data() + bytes_.size();
  }

  std::string& bytes_;
  char* at_;
  char* end_;
  std::int64_t last_ = 0;
};

/// Reads what a Writer wrote, in the same order; asserts on anything else.
class Reader {
 public:
  static constexpr bool reads = true;
  explicit Reader(std::string_view bytes, TextPool* pool = nullptr) : bytes_(bytes), pool_(pool) {}

  template <class T>
  void number(T& value) {
    std::uint64_t result = 0;
    for (unsigned shift = 0;; shift += 7) {
      LOTSE_ASSERT(at_ < bytes_.size() && shift < 64);
      const auto byte = static_cast<std::uint8_t>(bytes_[at_++]);
      result |= static_cast<std::uint64_t>(byte & 0x7FU) << shift;
      if (byte < 0x80) break;
    }
    value = static_cast<T>(result);
  }
  void integer(std::int64_t& value) {
    std::uint64_t raw = 0;
    number(raw);
    value = from_zigzag(raw);
  }
  void fixed(std::uint64_t& value) {
    LOTSE_ASSERT(bytes_.size() - at_ >= sizeof value);
    std::memcpy(&value, bytes_.data() + at_, sizeof value);
    at_ += sizeof value;
  }
  void text(std::string& value) {
    const std::size_t length = size();
    value.assign(bytes_.substr(at_, length));
    at_ += length;
  }
  Value text_value() {
    const std::size_t length = size();
    const std::string_view text = bytes_.substr(at_, length);
    at_ += length;
    return pool_ == nullptr ? Value(text) : pool_->value(text);
  }
  void instant(Instant& value) {
    std::uint64_t raw = 0;
    number(raw);
    if ((raw & 3U) == 2) {
      value = raw == 2 ? Instant::min() : Instant::max();
      return;
    }
    last_ += from_zigzag(raw >> 2U) * ((raw & 1U) == 0 ? 1000 : 1);
    value = Instant(Duration(last_));
  }
  std::uint32_t flags(std::initializer_list<bool> /*ours*/) {
    std::uint32_t flags = 0;
    number(flags);
    return flags;
  }
  template <class T, class Each>
  void list(std::vector<T>& values, Each&& each) {
    values.resize(size());
    for (T& value : values) each(value);
  }
  template <class T, class Each>
  void list_if(bool is_present, std::vector<T>& values, Each&& each) {
    if (is_present) return list(values, each);
    values.clear();
  }
  template <class T, class Each>
  void present(bool is_present, std::optional<T>& value, Each&& each) {
    if (is_present) {
      each(value ? *value : value.emplace());
    } else {
      value.reset();
    }
  }
  [[nodiscard]] bool at_end() const { return at_ == bytes_.size(); }

 private:
  /// Of a text or a list; an element takes at least one byte.
  std::size_t size() {
    std::size_t result = 0;
    number(result);
    LOTSE_ASSERT(result <= bytes_.size() - at_);
    return result;
  }
  std::string_view bytes_;
  std::size_t at_ = 0;
  std::int64_t last_ = 0;
  TextPool* pool_;
};
template <class Archive, class T>
void code_real(Archive& archive, T& real) {
  auto raw = std::bit_cast<std::uint64_t>(real);
  archive.fixed(raw);
  if constexpr (Archive::reads) real = std::bit_cast<double>(raw);
}

/// A value: a tag, then the content.
void write(Writer& writer, const Value& value);
[[nodiscard]] Value read_value(Reader& reader);

}  // namespace lotse::packed
