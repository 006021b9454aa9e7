#pragma once

#include <bit>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "engine/base/assert.hpp"

namespace lotse {

/// From hashes to indices into a vector that its user holds: 8 bytes a slot, four fifths full at most, linear
/// probing from the hash's leading bits. The caller compares what the index stands for, so colliding hashes
/// are harmless.
class IndexTable {
 public:
  struct Slot {
    std::uint32_t tag = 0;  ///< the hash's upper half; its leading bits say where the slot belongs
    std::uint32_t index = empty;
  };
  static constexpr std::uint32_t empty = std::numeric_limits<std::uint32_t>::max();

  IndexTable() : slots_(std::size_t{1} << bits_min) {}

  /// The index stored under `hash` for which `same(index)` holds.
  template <class Same>
  [[nodiscard]] std::optional<std::uint32_t> find(std::uint64_t hash, Same&& same) const {
    const std::uint32_t tag = tag_of(hash);
    for (std::size_t at = home(tag);; at = (at + 1) & (slots_.size() - 1)) {
      const Slot& slot = slots_[at];
      if (slot.index == empty) return std::nullopt;
      if (slot.tag == tag && same(slot.index)) return slot.index;
    }
  }

  /// Has the memory fetched that find() begins with.
  void prefetch(std::uint64_t hash) const { __builtin_prefetch(&slots_[home(tag_of(hash))]); }

  /// Requires that find() under this hash does not give it already.
  void insert(std::uint64_t hash, std::uint32_t index) {
    LOTSE_ASSERT(index != empty);
    if ((size_ + 1) * 5 > slots_.size() * 4) grow();
    place({.tag = tag_of(hash), .index = index});
    ++size_;
  }

  /// Requires that `index` was inserted under this hash (asserted).
  void erase(std::uint64_t hash, std::uint32_t index) {
    const std::size_t mask = slots_.size() - 1;
    std::size_t hole = home(tag_of(hash));
    while (slots_[hole].index != index) {
      LOTSE_ASSERT(slots_[hole].index != empty);
      hole = (hole + 1) & mask;
    }
    // What lies behind the hole moves into it where it may: no search stops short of it then.
    for (std::size_t at = (hole + 1) & mask; slots_[at].index != empty; at = (at + 1) & mask) {
      const std::size_t from_home = (at - home(slots_[at].tag)) & mask;
      if (from_home < ((at - hole) & mask)) continue;
      slots_[hole] = slots_[at];
      hole = at;
    }
    slots_[hole] = {};
    --size_;
  }

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::size_t bytes() const { return slots_.capacity() * sizeof(Slot); }

  [[nodiscard]] const std::vector<Slot>& slots() const { return slots_; }
  /// What slots() gave. False if it cannot be.
  [[nodiscard]] bool restore(std::vector<Slot> slots) {
    if (!std::has_single_bit(slots.size()) || slots.size() < (std::size_t{1} << bits_min)) return false;
    slots_ = std::move(slots);
    bits_ = static_cast<unsigned>(std::countr_zero(slots_.size()));
    size_ = 0;
    for (const Slot& slot : slots_) size_ += slot.index != empty ? 1 : 0;
    return size_ * 5 <= slots_.size() * 4;
  }

 private:
  static constexpr unsigned bits_min = 4;

  [[nodiscard]] static std::uint32_t tag_of(std::uint64_t hash) {
    return static_cast<std::uint32_t>(hash >> 32U);
  }
  [[nodiscard]] std::size_t home(std::uint32_t tag) const { return tag >> (32U - bits_); }

  void place(Slot slot) {
    std::size_t at = home(slot.tag);
    while (slots_[at].index != empty) at = (at + 1) & (slots_.size() - 1);
    slots_[at] = slot;
  }

  void grow() {
    LOTSE_ASSERT(bits_ < 32);
    std::vector<Slot> old(slots_.size() * 2);
    old.swap(slots_);
    ++bits_;
    for (const Slot& slot : old) {  // in the order of their homes, so the new table is written front to back
      if (slot.index != empty) place(slot);
    }
  }

  std::vector<Slot> slots_;
  std::size_t size_ = 0;
  unsigned bits_ = bits_min;
};

}  // namespace lotse
