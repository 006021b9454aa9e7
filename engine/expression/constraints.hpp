#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/expression/outcomes.hpp"

/// Whether what a condition asks of one value can be true at once.
namespace lotse::cel {

enum class Asks : std::uint8_t {
  absent,  ///< has() is false
  present,
  one_of,
  none_of,
  less,
  less_equal,
  greater,
  greater_equal,
  not_less,  ///< these unlike greater_equal and so on also true of a NaN
  not_less_equal,
  not_greater,
  not_greater_equal,
};

/// One thing asked of the value of the text `path`. All but `absent` say as well that it has a value, and
/// those that order, that it is of the constant's kind.
struct Constraint {
  std::string path;
  Asks asks = Asks::present;
  std::vector<Value> constants;  ///< of absent and present none, of one_of and none_of any number, else one
};

/// Constants that can be reasoned with: null, booleans, texts, instants, durations, and numbers that a double
/// holds exactly, so that numbers of different types compare as they should.
[[nodiscard]] bool is_plain(const Value& value);

/// False where no value of the path that the last constraint is about, of which `known` holds, meets it
/// together with those before it. They can be met without it.
[[nodiscard]] bool can_meet_last(const std::vector<Constraint>& constraints, const KnownValue& known);

}  // namespace lotse::cel
