#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/friction/collect_stays.hpp"
#include "engine/friction/stay_table.hpp"

namespace lotse {

/// What a StayTable does not keep of the instances that are still open: who it is, and when it would be over.
class InFlight {
 public:
  struct Row {
    std::uint64_t name_end = 0;  ///< in names_
    Instant silent_at = never;   ///< when the drop-off is dated if nothing comes; never: nobody is waited for
  };

  /// The next customer's open instances, as of `as_of`. Those of nobody (erased) have an empty name.
  void add(std::string_view customer, const JourneyVersions& versions, const JourneyState& state,
           Instant as_of);
  /// The customers of another, after mine.
  void append(const InFlight& other);

  [[nodiscard]] std::size_t size() const { return rows_.size(); }
  [[nodiscard]] std::string_view customer(std::size_t row) const;
  [[nodiscard]] Instant silent_at(std::size_t row) const { return rows_[row].silent_at; }

 private:
  std::vector<Row> rows_;
  std::string names_;
};

/// The stays of a journey, and who of them is in flight: `in_flight` has a row for each instance whose last
/// stay is open in `table`, in the same order.
struct StaysInFlight {
  StayTable table;
  InFlight in_flight;
};

/// As collect_stays().
[[nodiscard]] Result<StaysInFlight> collect_in_flight(std::span<const JourneyVersions> journeys,
                                                      std::size_t which, const Channels& channels,
                                                      Instant as_of, std::uint32_t threads,
                                                      const EachState& each);

}  // namespace lotse
