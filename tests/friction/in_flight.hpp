#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "engine/friction/in_flight.hpp"
#include "tests/friction/hand_made.hpp"

namespace lotse::test {

struct Named {
  std::string name;
  JourneyState state;
};

/// The customers as if they had been met by so many threads, in turns.
inline StaysInFlight in_flight(const std::vector<Named>& customers, Instant as_of, std::uint32_t threads = 1,
                               JourneyVersions versions = versions_of({hand_made_journey()})) {
  const std::vector<JourneyVersions> journeys{std::move(versions)};
  const EachState each = [&](const auto& take) -> Result<void> {
    for (std::size_t i = 0; i < customers.size(); ++i) {
      CustomerState state;
      state.customer = customers[i].name;
      state.journeys = {customers[i].state};
      take(static_cast<std::uint32_t>(i % threads), state);
    }
    return {};
  };
  return collect_in_flight(journeys, 0, hand_made_channels(), as_of, threads, each).value();
}

}  // namespace lotse::test
