#include "engine/workbench/split_arms.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "engine/base/hash.hpp"
#include "engine/journey/splits.hpp"

namespace lotse::scenario {

std::vector<NamedArm> arms_of(const Journey& journey, SplitIndex split) {
  std::vector<NamedArm> arms;
  for (const Touchpoint& touchpoint : journey.touchpoints) {
    for (const Transition& transition : touchpoint.next) {
      if (transition.split != split) continue;
      arms.push_back(
          {.name = transition.to ? std::string_view(at(journey.touchpoints, *transition.to).id) : "hold",
           .transition = &transition});
    }
  }
  return arms;
}

std::optional<Identifier> in_arms(Identifier identifier, std::span<const SplitArm> arms) {
  const std::string base = identifier.value;
  constexpr int most = 100'000;
  for (int attempt = 0; attempt < most; ++attempt) {
    if (attempt > 0) identifier.value = fmt::format("{}-{}", base, attempt);
    const std::string name = identifier.name_space + ":" + identifier.value;
    const bool fits = std::ranges::all_of(
        arms, [&](const SplitArm& arm) { return falls_to(*arm.arm, split_fraction(name, arm.split)); });
    if (fits) return identifier;
  }
  return std::nullopt;
}

}  // namespace lotse::scenario
