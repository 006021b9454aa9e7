#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/expression/expression.hpp"

namespace lotse {

/// What is known of a path before anything has happened.
struct KnownValue {
  TypeKind kind = TypeKind::dyn;                     ///< of every value that it may have
  bool there = false;                                ///< it always has a value
  bool finite = false;                               ///< neither it nor anything below it is a NaN
  std::optional<std::int64_t> least = std::nullopt;  ///< of an integer
  std::optional<std::int64_t> most = std::nullopt;
  /// It has no other value than these; empty: any of its kind.
  std::vector<Value> one_of = {};  // NOLINT(readability-redundant-member-init): g++ 12 warns of partial ones
};
/// By the path's text: `visits.order`, `channel`, `event.meta.type`.
using KnownValues = std::map<std::string, KnownValue, std::less<>>;

/// What a condition may come to. What is false here is proven for every activation that `known` is true of;
/// what is true may still be impossible.
struct Outcomes {
  bool holds = true;
  bool refuses = true;  ///< gives false
  bool fails = true;
};

/// Looks at comparisons with constants, `in` with a list of them, `has` and whatever `! && || ?:` join of
/// these; all else is a value that may be anything, but is the same wherever the same text stands. The
/// condition must have compiled.
[[nodiscard]] Outcomes possible_outcomes(const Expression& condition, const KnownValues& known = {});

}  // namespace lotse
