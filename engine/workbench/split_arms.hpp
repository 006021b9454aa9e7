#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/identifier.hpp"
#include "engine/journey/journey.hpp"

namespace lotse::scenario {

/// An arm of a split by its name: the touchpoint that it leads to, or `hold`.
struct NamedArm {
  std::string_view name;
  const Transition* transition;
};
/// The arms of one split, in the order of the file.
[[nodiscard]] std::vector<NamedArm> arms_of(const Journey& journey, SplitIndex split);

/// An arm that a customer is to fall into.
struct SplitArm {
  std::string split;
  const Transition* arm;
};
/// Splits are assigned by a hash of who the customer is; so who wants an arm gets a customer who falls into
/// it: `ada`, else `ada-1`, `ada-2` …; nothing where none of many does.
[[nodiscard]] std::optional<Identifier> in_arms(Identifier identifier, std::span<const SplitArm> arms);

}  // namespace lotse::scenario
