#include "engine/friction/hop_counts.hpp"

#include <algorithm>
#include <utility>

namespace lotse {

void HopCounts::add(const HopCount& more) {
  const auto key = [](const HopCount& pair) { return std::pair(pair.from, pair.to); };
  const auto at = std::ranges::lower_bound(pairs_, key(more), {}, key);
  if (at == pairs_.end() || key(*at) != key(more)) {
    pairs_.insert(at, more);
    return;
  }
  at->forced += more.forced;
  at->designed += more.designed;
}

void HopCounts::add(const HopCounts& other) {
  for (const HopCount& pair : other.pairs_) add(pair);
}

}  // namespace lotse
