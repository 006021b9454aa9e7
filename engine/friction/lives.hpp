#pragma once

#include <cstdint>
#include <vector>

#include "engine/base/time.hpp"
#include "engine/friction/stay_table.hpp"

namespace lotse {

/// One customer in this journey, from the first opening to the last sign of life.
struct Life {
  Instant first{};
  Instant last{};
  std::uint64_t instances = 0;
  std::uint64_t achieved = 0;
  std::uint64_t valued = 0;       ///< instances with a value
  std::int64_t value = 0;         ///< of those, in ten-thousandths
  std::uint32_t segment_set = 0;  ///< at the first instance's opening; into StayTable::segment_sets
};

/// By StayTable::InstanceRow::customer.
[[nodiscard]] std::vector<Life> lives_of(const StayTable& table);

}  // namespace lotse
