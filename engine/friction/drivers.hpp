#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/friction/proportion.hpp"
#include "engine/friction/stay_table.hpp"
#include "engine/friction/tally.hpp"

namespace lotse {

/// What a customer did or met, E, that may go together with staying or dropping off.
enum class DriverKind : std::uint8_t {
  task,               ///< a task was opened during the stay
  negative_feedback,  ///< about the stay
  other_feedback,     ///< about the stay, none of it negative
  channel_change,     ///< went on with the stay in another channel
  deviation,          ///< entered it off the path: went back, skipped ahead, came from elsewhere
  forced_hop,         ///< entered it from another channel though no transition was designed to cross
  after_drop_off,     ///< entered it out of a drop-off
  message,            ///< a message of `touchpoint` was handed out during the stay
  visited,            ///< had visited `touchpoint` before in the instance
};

inline constexpr std::size_t landmark_count = 3;
inline constexpr std::array<double, landmark_count> landmark_shares = {0.25, 0.5, 0.75};  ///< of the median
inline constexpr double driver_q = 0.10;            ///< false discovery rate, within a place
inline constexpr std::uint64_t driver_sample = 20;  ///< least effective sample on either side

/// One E at one landmark, over the mature stays that still lasted then.
struct DriverAt {
  std::uint64_t with = 0;          ///< had E by then
  std::uint64_t dropped_with = 0;  ///< of those, dropped by the horizon
  std::uint64_t without = 0;       ///< had it not by then, whatever came later
  std::uint64_t dropped_without = 0;
  bool tested = false;       ///< enough on both sides
  double difference = 0;     ///< of the drop-off rates, with − without
  Interval interval{-1, 1};  ///< Newcombe's, 95 %, on the effective samples
  double p = 1;              ///< two-sided Fisher mid-p, adjusted over all E and landmarks of the place
  friend bool operator==(const DriverAt&, const DriverAt&) = default;
};

struct Driver {
  DriverKind kind = DriverKind::message;
  std::string touchpoint;  ///< id; of message and visited
  std::array<DriverAt, landmark_count> at{};
  /// At two landmarks the difference has opposite signs, and both intervals are clear of 0.
  bool sign_changes = false;
  friend bool operator==(const Driver&, const Driver&) = default;
};

struct Landmark {
  Duration after{0};        ///< since entry
  std::uint64_t there = 0;  ///< mature stays that still lasted then
  std::uint64_t dropped = 0;
  double design_effect = 1;  ///< of customers with several such stays
  friend bool operator==(const Landmark&, const Landmark&) = default;
};

struct Drivers {
  std::uint16_t place = no_index;
  std::optional<Duration>
      median{};  ///< dwell; nothing: not half of them are known to have left, no landmarks
  std::array<Landmark, landmark_count> landmarks{};
  std::uint32_t tested = 0;     ///< pairs of E and landmark, m
  std::vector<Driver> found{};  ///< significant at one landmark at least; by least p, kind, touchpoint
  friend bool operator==(const Drivers&, const Drivers&) = default;
};

/// What goes together with drop-off at each of `places`, in their order; each is an index of the table, once.
/// Landmark analysis (Anderson, Cain & Gelber 1983, J. Clin. Oncol. 1): at 25, 50 and 75 % of the median
/// dwell (Kaplan–Meier) the customers who are still there are parted by what they have had by then, and
/// followed to the horizon. Whoever compares all who ever had E with all who never had counts the time that
/// one must have stayed to get E as its effect (immortal-time bias). Left out: touchpoints from which
/// declared transitions lead to the place, and what fewer than driver_sample have, or have not. Samples are
/// divided by the design effect of the landmark. Nothing here says that E brings a drop-off about.
/// `selection.cut` is not looked at.
[[nodiscard]] std::vector<Drivers> drivers_of(const StayTable& table, const Selection& selection,
                                              std::span<const std::uint16_t> places, unsigned threads = 1);

/// Goes on after "customers who": `were sent nudge`, `gave negative feedback`.
[[nodiscard]] std::string describe(const Driver& driver);

}  // namespace lotse
