#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/journey/journey.hpp"

namespace lotse {

/// What the map shows of one touchpoint; by TouchpointIndex.
struct MapTouchpoint {
  std::uint64_t entered = 0;  ///< stays; of a message how many were sent, of a task how many were opened
  std::uint64_t open = 0;     ///< stays not left yet
  std::optional<double>
      drop_off{};  ///< share in [0, 1] that fell silent here; nothing where there is none to say
  std::optional<double>
      negative{};              ///< share in [0, 1] of the feedback about this touchpoint that is negative
  std::uint64_t feedback = 0;  ///< answers behind `negative`
  bool friction = false;       ///< the report has a finding here: drawn with a mark
};

/// How many went from one position to the next.
struct MapFlow {
  TouchpointIndex from;
  TouchpointIndex to;
  std::uint64_t count = 0;
  bool off_path = false;  ///< a deviation: went without a transition
  friend auto operator<=>(const MapFlow&, const MapFlow&) = default;
};

/// Which parts of a journey its tests went through: colours the map instead of counts.
struct MapCoverage {
  std::vector<bool> reached;  ///< by TouchpointIndex
  std::vector<bool> taken;    ///< by Transition::ordinal
};

/// A journey and, if there is a report, what happened on it.
struct MapInput {
  const Journey* journey = nullptr;        ///< not null; must outlive the call
  std::vector<MapTouchpoint> touchpoints;  ///< by TouchpointIndex; empty: the map has no counts
  std::vector<MapFlow> flows;              ///< each (from, to, off_path) once
  std::vector<std::pair<std::string, std::string>>
      channel_titles;                     ///< id → title, for the lanes; may be empty
  std::string caption;                    ///< under the title: what the counts are about
  bool deviations = false;                ///< draw the deviations too, dashed
  std::optional<MapCoverage> coverage{};  ///< of the picture only; then without counts
};

/// The journey as a picture: stages are columns, channels lanes, touchpoints cards, flows curves as wide as
/// many went, drop-off and negative feedback colour, with a legend. Self-contained SVG 1.1 without scripts;
/// every text is escaped. Deterministic.
[[nodiscard]] std::string map_svg(const MapInput& input);

/// The same for Graphviz (stages as clusters) and for Mermaid (https://mermaid.js.org, `flowchart LR`).
[[nodiscard]] std::string map_dot(const MapInput& input);
[[nodiscard]] std::string map_mermaid(const MapInput& input);

/// The same as data, for who draws it otherwise: `{journey, version, title, caption, stages, channels,
/// touchpoints, flows}`; docs/api.md has its shape.
[[nodiscard]] std::string map_json(const MapInput& input);

}  // namespace lotse
