#include "engine/friction/pieces.hpp"

#include <algorithm>

namespace lotse {

std::vector<std::size_t> cut_in_pieces(const StayTable& table, unsigned threads) {
  constexpr std::size_t most = 16'384;
  const std::size_t count = table.instances.size();
  const std::size_t piece = std::clamp<std::size_t>(count / std::max(1U, threads), 1, most);
  std::vector<std::size_t> bounds = {0};
  while (bounds.back() < count) {
    std::size_t bound = std::min(count, bounds.back() + piece);
    while (bound < count && table.instances[bound].customer == table.instances[bound - 1].customer) ++bound;
    bounds.push_back(bound);
  }
  return bounds;
}

std::uint32_t first_stay_of(const StayTable& table, std::size_t instance) {
  return instance < table.instances.size() ? table.instances[instance].first_stay
                                           : static_cast<std::uint32_t>(table.size());
}

}  // namespace lotse
