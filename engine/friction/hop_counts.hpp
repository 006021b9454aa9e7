#pragma once

#include <cstdint>
#include <vector>

namespace lotse {

/// How often stays went on from one channel in another; channels are indices into StayTable::channels.
struct HopCount {
  std::uint16_t from = 0;
  std::uint16_t to = 0;
  std::uint64_t forced = 0;
  std::uint64_t designed = 0;  ///< along a transition that crosses channels
  friend bool operator==(const HopCount&, const HopCount&) = default;
};

/// Those of one cell, which add. A function of what was added alone, whatever the order and the partition.
class HopCounts {
 public:
  void add(const HopCount& more);
  void add(const HopCounts& other);
  /// By (from, to), each pair once.
  [[nodiscard]] const std::vector<HopCount>& pairs() const { return pairs_; }
  friend bool operator==(const HopCounts&, const HopCounts&) = default;

 private:
  std::vector<HopCount> pairs_;
};

}  // namespace lotse
