#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "engine/base/hash.hpp"

namespace lotse {

/// Tells duplicates as the store does, at intake: of events with one (source, id) the first in the log
/// counts, whatever the others say. About 25 bytes an event.
///
/// A table of its own, since looking an event up is one miss in the caches, which the caller can have fetched
/// ahead, and since it grows by reading itself from front to back: slots are by the upper bits of a hash.
class SeenOnce {
 public:
  /// 128 bits stand for (source, id): among ten billion events two would be taken for one another once in
  /// 10^18 logs.
  struct Fingerprint {
    std::uint64_t high = 0;  ///< never 0, which is an empty slot's
    std::uint64_t low = 0;
    friend bool operator==(const Fingerprint&, const Fingerprint&) = default;
  };
  [[nodiscard]] static Fingerprint fingerprint(std::string_view source, std::string_view id) {
    constexpr std::uint64_t other_seed = 0x9E3779B97F4A7C15ULL;
    const std::uint64_t seed = fast_hash(source);
    return {.high = fast_hash(id, seed ^ other_seed) | 1U, .low = fast_hash(id, seed)};
  }

  /// Has the memory fetched that first() will want.
  void prefetch(const Fingerprint& fingerprint) const {
    if (!slots_.empty()) __builtin_prefetch(&slots_[home(fingerprint)]);
  }
  /// Whether no event with this source and id was there before.
  bool first(const Fingerprint& fingerprint) {
    if (slots_.empty() || used_ * 8 >= slots_.size() * 5) grow();
    if (!put(fingerprint)) return false;
    ++used_;
    return true;
  }
  bool first(std::string_view source, std::string_view id) { return first(fingerprint(source, id)); }
  /// Gives the memory back; everything is new again.
  void clear() { *this = SeenOnce(); }

 private:
  [[nodiscard]] std::size_t home(const Fingerprint& fingerprint) const {
    return static_cast<std::size_t>(fingerprint.low >> shift_);
  }
  bool put(const Fingerprint& fingerprint) {
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t slot = home(fingerprint);; slot = (slot + 1) & mask) {
      if (slots_[slot] == fingerprint) return false;
      if (slots_[slot].high != 0) continue;
      slots_[slot] = fingerprint;
      return true;
    }
  }
  void grow() {
    constexpr unsigned first_bits = 12;
    constexpr unsigned hash_bits = 64;
    std::vector<Fingerprint> before;
    before.swap(slots_);
    shift_ = before.empty() ? hash_bits - first_bits : shift_ - 1;
    slots_.resize(std::size_t{1} << (hash_bits - shift_));
    for (const Fingerprint& fingerprint : before) {
      if (fingerprint.high != 0) put(fingerprint);
    }
  }

  std::vector<Fingerprint> slots_;
  std::size_t used_ = 0;
  unsigned shift_ = 0;
};

}  // namespace lotse
