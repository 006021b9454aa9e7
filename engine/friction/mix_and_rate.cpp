#include "engine/friction/mix_and_rate.hpp"

#include <algorithm>

namespace lotse {

std::vector<MixAndRate> mix_and_rate(std::span<const MixPart> parts) {
  std::vector<MixAndRate> result;
  result.reserve(parts.size());
  for (const MixPart& part : parts) {
    const double before = part.rate_before.value_or(part.rate_now.value_or(0));
    const double now = part.rate_now.value_or(before);
    result.push_back({.mix = (part.share_now - part.share_before) * (before + now) / 2,
                      .rate = (now - before) * (part.share_before + part.share_now) / 2});
  }
  return result;
}

bool is_reversal(double difference, std::span<const double> part_differences) {
  constexpr double no_move = 1e-9;
  if (part_differences.size() < 2) return false;
  const auto against = [&](double part) { return difference > 0 ? part < -no_move : part > no_move; };
  const bool moved = difference > no_move || difference < -no_move;
  return moved && std::ranges::all_of(part_differences, against);
}

}  // namespace lotse
