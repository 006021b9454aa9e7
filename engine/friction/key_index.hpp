#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace lotse {

/// Numbers the distinct keys that it is shown, from 0 in the order in which they come. Open addressing; a few
/// nanoseconds a key.
class KeyIndex {
 public:
  /// The key's number, a new one where it has none yet.
  std::uint32_t of(std::uint64_t key) {
    if (2 * (keys_.size() + 1) > slots_.size()) grow();
    std::uint32_t& slot = slots_[slot_of(key)];
    if (slot == 0) {
      keys_.push_back(key);
      slot = static_cast<std::uint32_t>(keys_.size());
    }
    return slot - 1;
  }
  [[nodiscard]] const std::vector<std::uint64_t>& keys() const { return keys_; }

 private:
  [[nodiscard]] std::size_t slot_of(std::uint64_t key) const {
    const std::size_t mask = slots_.size() - 1;
    std::size_t slot = (key * 0x9E3779B97F4A7C15U >> 32U) & mask;  // Fibonacci hashing
    while (slots_[slot] != 0 && keys_[slots_[slot] - 1] != key) slot = (slot + 1) & mask;
    return slot;
  }
  void grow() {
    slots_.assign(slots_.empty() ? 64 : 2 * slots_.size(), 0);
    for (std::size_t i = 0; i < keys_.size(); ++i) {
      slots_[slot_of(keys_[i])] = static_cast<std::uint32_t>(i + 1);
    }
  }

  std::vector<std::uint64_t> keys_;
  std::vector<std::uint32_t> slots_;  ///< a key's number + 1; 0: free. A power of two
};

}  // namespace lotse
