#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/journey/journey.hpp"

namespace lotse {

/// Shares are counted in hundredths of a per cent.
inline constexpr std::uint32_t whole_share = 10'000;

/// Whether who stands at `fraction` of a split's hash (split_fraction()) falls to this arm.
[[nodiscard]] bool falls_to(const Transition& arm, double fraction);

/// The touchpoint that an arm leads to, `hold` for the control group.
[[nodiscard]] std::string arm_name(const Journey& journey, const Transition& arm);

/// The arms of one split in one list of transitions, whose shares make a whole.
struct SplitList {
  std::optional<TouchpointIndex> carrier{};  ///< the touchpoint whose `next` it is; nothing: `anywhere`
  std::vector<const Transition*> arms{};     ///< in the order of the file
};

/// Every list of the journey that has arms of that split, in the order of the file, `anywhere` last. What
/// points into it lives as long as the journey.
[[nodiscard]] std::vector<SplitList> lists_of(const Journey& journey, SplitIndex split);

}  // namespace lotse
