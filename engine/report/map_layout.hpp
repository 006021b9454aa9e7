#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/report/map.hpp"

/// Where everything on the map goes, apart from how it is painted: pure functions, tested for what a picture
/// must keep (no two cards overlap, every text fits, every curve begins and ends at its cards).
namespace lotse::map {

struct Point {
  double x = 0;
  double y = 0;
  friend bool operator==(const Point&, const Point&) = default;
};
struct Rect {
  double x = 0;
  double y = 0;
  double width = 0;
  double height = 0;
  [[nodiscard]] double right() const { return x + width; }
  [[nodiscard]] double bottom() const { return y + height; }
  [[nodiscard]] Point middle() const { return {x + width / 2, y + height / 2}; }
  friend bool operator==(const Rect&, const Rect&) = default;
};

/// One touchpoint.
struct Card {
  TouchpointIndex touchpoint;
  Rect box;
  std::size_t lane = 0;
  std::size_t column = 0;
  std::size_t slot = 0;              ///< row within the lane
  bool beside = false;               ///< a message or a task: smaller and lighter
  bool anywhere = false;             ///< every touchpoint leads here
  std::vector<std::string> title{};  ///< one or two lines that fit
  std::vector<std::string> notes{};  ///< smaller lines: its channels, "from anywhere"; cut to fit
  std::vector<std::string>
      missing{};  ///< of a map of coverage: transitions without a curve that no test took
};

/// A row of the map: one channel.
struct Lane {
  std::string title;
  double top = 0;
  double height = 0;
  std::vector<double> corridors{};  ///< heights free of cards over the whole width, for curves
};

/// A group of columns under one heading.
struct StageBand {
  std::string title;
  double left = 0;
  double right = 0;
};

enum class EdgeKind : std::uint8_t {
  flow,       ///< a declared way from position to position
  beside,     ///< to or from a message or a task
  deviation,  ///< went without a transition
};

/// How many of the transitions that a curve stands for tests took.
enum class Taken : std::uint8_t { all, some, none };

/// A curve from card to card: a start and cubic Bézier segments of three points each.
struct Edge {
  std::size_t from = 0;  ///< into Layout::cards
  std::size_t to = 0;
  EdgeKind kind = EdgeKind::flow;
  std::uint64_t count = 0;
  std::optional<Taken> taken{};  ///< of a map of coverage
  double width = 1;              ///< of the stroke
  std::vector<Point> curve{};    ///< 1 + 3 n points
  std::optional<Point> label{};  ///< middle of the count's text, where it is free; nothing: no room
};

struct Layout {
  double width = 0;
  std::vector<Card> cards;  ///< by TouchpointIndex
  std::vector<Lane> lanes;
  std::vector<StageBand> stages;  ///< none in a journey without stages
  std::vector<Edge> edges;        ///< by (from, to)
  double grid_left = 0;           ///< where the first column's gutter begins; lane titles are left of it
  double grid_top = 0;
  double grid_bottom = 0;  ///< the legend begins below
};

/// Sizes in user units of the SVG (pixels at 100 %).
inline constexpr double kCardWidth = 158;
inline constexpr double kGutter = 54;  ///< between columns: room for curves
inline constexpr double kTitleSize = 14;
inline constexpr double kSmallSize = 11.5;
inline constexpr double kNoteSize = 10.5;
inline constexpr double kCardPadding = 10;
inline constexpr double kMostFlowWidth = 15;
inline constexpr std::size_t kColumnBudget = 8;  ///< more columns than this only where there are more stages

/// Requires input.journey; counts may be absent.
[[nodiscard]] Layout lay_out(const MapInput& input);

/// The shapes of all edges, given the cards. Part of lay_out.
void route(Layout& layout);

/// Width of a text in a usual sans-serif face, on the wide side (DejaVu Sans), so that narrower faces fit
/// too.
[[nodiscard]] double text_width(std::string_view text, double size, bool bold = false);

/// At most `lines` lines of at most `width`, broken at spaces, hyphens and underscores, or within a word that
/// is too long; the last ends with `…` where something was cut. Never empty.
[[nodiscard]] std::vector<std::string> wrap_text(std::string_view text, double width, std::size_t lines,
                                                 double size, bool bold = false);

/// A point of an edge's curve; t in [0, 1] over all its segments.
[[nodiscard]] Point point_at(const std::vector<Point>& curve, double t);

}  // namespace lotse::map
