#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/time.hpp"
#include "engine/friction/proportion.hpp"
#include "engine/friction/scored_stays.hpp"
#include "engine/friction/stay_table.hpp"

namespace lotse {

enum class IncidentKind : std::uint8_t {
  drop_off,  ///< the share of stays that end in the customer's silence has risen
  silence,   ///< nobody comes where customers should
};

/// A channel or segment value of the touchpoint whose own share of drop-offs has risen; figures as of then.
struct IncidentPart {
  std::string cut;    ///< `channel` or a segment's name
  std::string value;  ///< the channel, or the segment's value
  Instant joined{};
  double before = 0;          ///< share of drop-offs in its reference
  std::uint64_t scored = 0;   ///< stays since its likeliest start of the change
  std::uint64_t dropped = 0;  ///< … of them
  [[nodiscard]] double since() const { return static_cast<double>(dropped) / static_cast<double>(scored); }
  friend bool operator==(const IncidentPart&, const IncidentPart&) = default;
};

/// Something at one touchpoint has got worse, beyond chance.
struct Incident {
  std::string id;  ///< 16 hexadecimal digits of (journey, touchpoint, its first version, kind, opened)
  IncidentKind kind = IncidentKind::drop_off;
  std::string journey;
  std::string touchpoint;  ///< id
  std::string label;       ///< as in the friction report
  std::string title;
  std::string owner;
  Instant started{};                   ///< the likeliest; of a silence the last entry before it
  Instant opened{};                    ///< when it was beyond chance
  Instant updated{};                   ///< when a further part joined, or the customers lost had doubled
  std::optional<Instant> closed{};     ///< when it was beyond doubt that it is over, or after four weeks
                                       ///< without a stay to go by
  std::optional<Instant> recovered{};  ///< the likeliest end; nothing where no stays were left to tell
  std::uint32_t changes = 1;           ///< opening, updates and closing so far

  // Of a drop-off, about the whole touchpoint where `whole`, else about the first of the parts; from
  // `started` to `recovered`, or so far.
  bool whole = false;
  bool by_target = false;           ///< `before` is the target of the file
  double before = 0;                ///< share of drop-offs in the reference
  std::uint64_t scored = 0;         ///< stays
  std::uint64_t dropped = 0;        ///< … of them
  double lost = 0;                  ///< dropped − scored · before
  Interval lost_interval{};         ///< 95 %, Newcombe's of the two shares times `scored`
  std::vector<IncidentPart> parts;  ///< in the order of joining

  // Of a silence.
  double expected = 0;    ///< entries from `started` on, by the weeks before
  double dispersion = 1;  ///< as in Silence

  // What "beyond chance" means: all of `watched` together alert falsely in fewer than one month in ten.
  double threshold = 0;       ///< A: a false alert comes once in so many stays, or gaps, at most
  std::uint64_t watched = 0;  ///< streams, or touchpoints, of all journeys then

  /// The share since the change.
  [[nodiscard]] double since() const {
    return scored > 0 ? static_cast<double>(dropped) / static_cast<double>(scored) : 0;
  }
  friend bool operator==(const Incident&, const Incident&) = default;
};

/// What alerts know of one touchpoint's drop-off as of now.
struct WatchedPlace {
  std::string label;
  std::string title;
  std::uint64_t streams = 0;  ///< watched: the whole, its channels and segment values that have a baseline
  bool by_target = false;
  Share reference;                ///< of the whole; by_target: the target with an infinite n
  std::uint64_t needed = 0;       ///< where it is not watched: so many more scored stays
  std::optional<Instant> from{};  ///< where none are needed any more: the week from which it is
};

/// Values in, text out: everything that an incident report says.
struct Incidents {
  std::string journey;
  std::string title;
  Instant as_of{};
  std::uint64_t streams = 0;         ///< watched now in all journeys
  std::uint64_t touchpoints = 0;     ///< watched for silence, likewise
  std::vector<Incident> incidents;   ///< open first, then the latest opened, then by id
  std::vector<WatchedPlace> places;  ///< with drop-off, in the order of the file
};

struct WatchSettings {
  std::optional<WatchLoad> load{};  ///< of all watched journeys; left out: of this one alone
};

/// Every incident of a journey up to the table's as_of, derived from its stays alone: as of a later instant
/// the earlier ones are the same, but for what came late. docs/methods/alerts.md has the rules.
[[nodiscard]] Incidents watch(const StayTable& table, const WatchSettings& settings = {});
/// The same of what has been scored already, `load` of all watched journeys.
[[nodiscard]] Incidents watch(const StayTable& table, const std::vector<ScoredPlace>& scored,
                              const WatchLoad& load);

[[nodiscard]] std::string_view name(IncidentKind kind);

}  // namespace lotse
