#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "engine/report/map_layout.hpp"
#include "engine/report/text.hpp"

/// Curves between neighbouring columns stay in the gutter between them, and corridors are free of cards over
/// the whole width; so there is always a way that crosses no card, and the shortest free one is taken.
namespace lotse::map {

namespace {

enum class Side : std::uint8_t { left, right, top, bottom };

struct Shape {
  Side out = Side::right;
  Side in = Side::left;
  std::optional<double> corridor{};  ///< height of the horizontal part
  std::optional<double>
      track{};  ///< of a steep curve in one gutter: how far from the gutter's left end it climbs
};

constexpr double kReach = kGutter * 0.8;  // how far a curve leaves a card before it runs along a corridor

Point middle_of(const Rect& box, Side side) {
  switch (side) {
    case Side::left:
      return {box.x, box.middle().y};
    case Side::right:
      return {box.right(), box.middle().y};
    case Side::top:
      return {box.middle().x, box.y};
    case Side::bottom:
      break;
  }
  return {box.middle().x, box.bottom()};
}

/// The direction in which a curve leaves (or comes to) a side.
Point outward(Side side) {
  switch (side) {
    case Side::left:
      return {-1, 0};
    case Side::right:
      return {1, 0};
    case Side::top:
      return {0, -1};
    case Side::bottom:
      break;
  }
  return {0, 1};
}

Point moved(Point point, Point direction, double by) {
  return {point.x + direction.x * by, point.y + direction.y * by};
}

/// One cubic from a to b, leaving and arriving at right angles to the sides.
std::vector<Point> direct(const Shape& shape, Point a, Point b) {
  const bool bracket = shape.out == shape.in;
  if (shape.track && !bracket) {
    const double x = std::min(a.x, b.x) + *shape.track;
    return {a, {x, a.y}, {x, b.y}, b};
  }
  const bool upright = shape.out == Side::top || shape.out == Side::bottom;
  const double along = upright ? std::abs(b.y - a.y) : std::abs(b.x - a.x);
  double pull = std::min(along * 0.5, 130.0);
  if (bracket) pull = kGutter * 0.75;
  if (bracket && shape.track) pull = shape.out == Side::right ? *shape.track : kGutter - *shape.track;
  return {a, moved(a, outward(shape.out), pull), moved(b, outward(shape.in), pull), b};
}

/// Out into the gutter, along the corridor, in from the gutter.
std::vector<Point> by_corridor(Point a, Side out, Point b, Side in, double height) {
  const Point from{a.x + outward(out).x * kReach, height};
  const Point to{b.x + outward(in).x * kReach, height};
  const auto into = [&](Point end, double direction) {
    return Point{end.x + direction * kReach * 0.55, end.y};
  };
  return {a,
          into(a, outward(out).x),
          into(from, -outward(out).x),
          from,
          {from.x + (to.x - from.x) / 3, height},
          {to.x - (to.x - from.x) / 3, height},
          to,
          into(to, -outward(in).x),
          into(b, outward(in).x),
          b};
}

std::vector<Point> curve_of(const Shape& shape, Point a, Point b) {
  return shape.corridor ? by_corridor(a, shape.out, b, shape.in, *shape.corridor) : direct(shape, a, b);
}

bool inside(const Rect& box, Point point, double margin) {
  return point.x > box.x - margin && point.x < box.right() + margin && point.y > box.y - margin &&
         point.y < box.bottom() + margin;
}

/// Length, and how many of the sampled points lie on a card that is not one of the two ends.
struct Judged {
  double length = 0;
  int hits = 0;
};

Judged judge(const Layout& layout, const Edge& edge, const std::vector<Point>& curve) {
  constexpr int samples = 60;
  Judged judged;
  Point last = curve.front();
  for (int sample = 1; sample <= samples; ++sample) {
    const Point point = point_at(curve, static_cast<double>(sample) / samples);
    judged.length += std::hypot(point.x - last.x, point.y - last.y);
    last = point;
    for (std::size_t card = 0; card < layout.cards.size(); ++card) {
      if (card != edge.from && card != edge.to && inside(layout.cards[card].box, point, 3)) ++judged.hits;
    }
  }
  return judged;
}

/// The horizontal part of a curve that runs along a corridor.
struct Used {
  double height;
  double left;
  double right;
};

class Router {
 public:
  explicit Router(Layout& layout) : layout_(layout), shapes_(layout.edges.size()) {}

  void run() {
    for (std::size_t index = 0; index < shapes_.size(); ++index)
      shapes_[index] = choose(layout_.edges[index]);
    const auto ports = spread();
    avoid_cards(ports);
    assign_tracks(ports);
    for (std::size_t index = 0; index < shapes_.size(); ++index) {
      layout_.edges[index].curve = curve_of(shapes_[index], ports[index].first, ports[index].second);
    }
    for (Edge& edge : layout_.edges) label(edge);
  }

 private:
  [[nodiscard]] std::vector<Shape> candidates(const Edge& edge) const {
    const Card& from = layout_.cards[edge.from];
    const Card& to = layout_.cards[edge.to];
    if (from.column == to.column) {
      const bool down = from.box.y < to.box.y;
      return {{.out = down ? Side::bottom : Side::top, .in = down ? Side::top : Side::bottom},
              {.out = Side::right, .in = Side::right},
              {.out = Side::left, .in = Side::left}};
    }
    const bool onward = from.column < to.column;
    const Side out = onward ? Side::right : Side::left;
    const Side in = onward ? Side::left : Side::right;
    std::vector<Shape> shapes{{.out = out, .in = in}};
    const std::size_t columns = onward ? to.column - from.column : from.column - to.column;
    if (columns > 1) {
      for (const Lane& lane : layout_.lanes) {
        for (const double height : lane.corridors)
          shapes.push_back({.out = out, .in = in, .corridor = height});
      }
    }
    return shapes;
  }

  [[nodiscard]] std::pair<Point, Point> middles(const Edge& edge, const Shape& shape) const {
    return {middle_of(layout_.cards[edge.from].box, shape.out),
            middle_of(layout_.cards[edge.to].box, shape.in)};
  }

  /// The shape with the shortest free way between the middles of its sides.
  Shape choose(const Edge& edge) {
    Shape best;
    double least = std::numeric_limits<double>::infinity();
    for (const Shape& shape : candidates(edge)) {
      const auto [a, b] = middles(edge, shape);
      const std::vector<Point> curve = curve_of(shape, a, b);
      const Judged judged = judge(layout_, edge, curve);
      constexpr double hit_cost = 2000;
      constexpr double shared_cost = 90;
      double cost = judged.length + hit_cost * judged.hits;
      if (shape.corridor) cost += shared_cost * crowd(*shape.corridor, curve);
      if (cost < least) {
        least = cost;
        best = shape;
      }
    }
    if (best.corridor) enter_corridor(edge, best);
    return best;
  }

  /// Side by side with those that run there already: 0, +5, -5.
  void enter_corridor(const Edge& edge, Shape& shape) {
    const auto [a, b] = middles(edge, shape);
    const std::vector<Point> curve = curve_of(shape, a, b);
    const double others = crowd(*shape.corridor, curve);
    used_.push_back({.height = *shape.corridor,
                     .left = std::min(curve[3].x, curve[6].x),
                     .right = std::max(curve[3].x, curve[6].x)});
    constexpr double step = 5;
    if (others == 1) *shape.corridor += step;
    if (others > 1) *shape.corridor -= step;
  }

  /// A straight way that was free from the middle of its side may not be from its port: then along a
  /// corridor.
  void avoid_cards(const std::vector<std::pair<Point, Point>>& ports) {
    for (std::size_t index = 0; index < shapes_.size(); ++index) {
      const Edge& edge = layout_.edges[index];
      const auto& [a, b] = ports[index];
      if (shapes_[index].corridor || judge(layout_, edge, curve_of(shapes_[index], a, b)).hits == 0) continue;
      double least = std::numeric_limits<double>::infinity();
      Shape best = shapes_[index];
      for (const Shape& shape : candidates(edge)) {
        if (!shape.corridor) continue;
        const double length = judge(layout_, edge, curve_of(shape, a, b)).length;
        if (length < least) {
          least = length;
          best = shape;
        }
      }
      if (best.corridor) enter_corridor(edge, best);
      shapes_[index] = best;
    }
  }

  /// How many curves run along this corridor where this one would.
  [[nodiscard]] double crowd(double height, const std::vector<Point>& curve) const {
    const double left = std::min(curve[3].x, curve[6].x);
    const double right = std::max(curve[3].x, curve[6].x);
    return static_cast<double>(std::ranges::count_if(used_, [&](const Used& used) {
      constexpr double near = 9;
      return std::abs(used.height - height) < near && used.left < right && left < used.right;
    }));
  }

  struct End {
    std::size_t edge;
    bool out;
    double order;  ///< where the other end lies along the side
  };

  /// Both ends of every edge, spread over the sides that they share so that no curve hides another.
  [[nodiscard]] std::vector<std::pair<Point, Point>> spread() const {
    std::map<std::pair<std::size_t, Side>, std::vector<End>> sides;
    for (std::size_t index = 0; index < shapes_.size(); ++index) {
      const Edge& edge = layout_.edges[index];
      const Shape& shape = shapes_[index];
      sides[{edge.from, shape.out}].push_back({index, true, order(shape, edge.to, shape.out)});
      sides[{edge.to, shape.in}].push_back({index, false, order(shape, edge.from, shape.in)});
    }
    std::vector<std::pair<Point, Point>> ports(shapes_.size());
    for (auto& [place, ends] : sides) {
      std::ranges::sort(ends, [](const End& a, const End& b) {
        return std::tuple(a.order, a.edge, a.out) < std::tuple(b.order, b.edge, b.out);
      });
      spread_side(place.first, place.second, ends, ports);
    }
    return ports;
  }

  [[nodiscard]] double order(const Shape& shape, std::size_t other, Side side) const {
    const Point middle = layout_.cards[other].box.middle();
    if (side == Side::top || side == Side::bottom) return middle.x;
    return shape.corridor.value_or(middle.y);
  }

  void spread_side(std::size_t card, Side side, const std::vector<End>& ends,
                   std::vector<std::pair<Point, Point>>& ports) const {
    const Rect& box = layout_.cards[card].box;
    const bool vertical = side == Side::left || side == Side::right;
    constexpr double corner = 8;
    constexpr double gap = 5;
    const double room = (vertical ? box.height : box.width) - 2 * corner;
    double total = -gap;
    for (const End& end : ends) total += layout_.edges[end.edge].width + gap;
    const double scale = total > room ? room / total : 1;
    double cursor = -total * scale / 2;
    for (const End& end : ends) {
      const double half = layout_.edges[end.edge].width * scale / 2;
      Point port = middle_of(box, side);
      (vertical ? port.y : port.x) += cursor + half;
      (end.out ? ports[end.edge].first : ports[end.edge].second) = port;
      cursor += 2 * half + gap * scale;
    }
  }

  /// Steep curves that share a gutter climb beside each other: of two that go down the upper one further
  /// right (then they do not cross), of two that go up the lower one.
  void assign_tracks(const std::vector<std::pair<Point, Point>>& ports) {
    struct Climb {
      double order;
      std::size_t edge;
    };
    std::map<std::size_t, std::vector<Climb>> gutters;  // by the column left of it, from 1; 0: left of all
    for (std::size_t index = 0; index < shapes_.size(); ++index) {
      const auto& [a, b] = ports[index];
      constexpr double flat = 40;
      const Shape& shape = shapes_[index];
      if (shape.corridor || shape.out == Side::top || shape.out == Side::bottom || std::abs(a.y - b.y) < flat)
        continue;
      const std::size_t from = layout_.cards[layout_.edges[index].from].column;
      const std::size_t to = layout_.cards[layout_.edges[index].to].column;
      if (std::max(from, to) - std::min(from, to) > 1) continue;
      const bool left_side = from == to && shape.out == Side::left;
      const Point& left = a.x <= b.x ? a : b;
      const Point& right = a.x <= b.x ? b : a;
      constexpr double far = 1e6;
      gutters[std::min(from, to) + (left_side ? 0 : 1)].push_back(
          {.order = left.y < right.y ? far - left.y : left.y, .edge = index});
    }
    for (auto& [gutter, climbs] : gutters) {
      std::ranges::sort(climbs, [](const Climb& x, const Climb& y) {
        return std::pair(x.order, x.edge) < std::pair(y.order, y.edge);
      });
      constexpr double gap = 11;
      double total = 0;
      for (const Climb& climb : climbs) total += layout_.edges[climb.edge].width + gap;
      const double scale = std::min(1.0, kGutter * 0.8 / total);
      double cursor = (kGutter - total * scale) / 2;
      for (const Climb& climb : climbs) {
        const double width = (layout_.edges[climb.edge].width + gap) * scale;
        shapes_[climb.edge].track = cursor + width / 2;
        cursor += width;
      }
    }
  }

  /// The count's text where it lies on no card and on no other text; none where there is no such place.
  void label(Edge& edge) {
    if (edge.count == 0 || edge.kind == EdgeKind::beside) return;
    const double width = text_width(grouped(edge.count), kSmallSize, true) + 4;
    constexpr double height = 14;
    struct Try {
      double t;
      double above;
    };
    std::vector<Try> places;
    const Point& a = edge.curve.front();
    const Point& b = edge.curve.back();
    // On a short curve the text would hide it; above it then.
    if (std::abs(a.y - b.y) < height && std::abs(a.x - b.x) < 2 * width) {
      places.push_back({.t = 0.5, .above = edge.width / 2 + height / 2 + 1});
    }
    for (const double t : {0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74, 0.18, 0.82})
      places.push_back({.t = t, .above = 0});
    for (const Try& place : places) {
      Point middle = point_at(edge.curve, place.t);
      middle.y -= place.above;
      const Rect box{middle.x - width / 2, middle.y - height / 2, width, height};
      const auto overlaps = [&](const Rect& other) {
        return box.x < other.right() && other.x < box.right() && box.y < other.bottom() &&
               other.y < box.bottom();
      };
      const bool on_card =
          std::ranges::any_of(layout_.cards, [&](const Card& card) { return overlaps(card.box); });
      if (on_card || std::ranges::any_of(labels_, overlaps)) continue;
      labels_.push_back(box);
      edge.label = middle;
      return;
    }
  }

  Layout& layout_;
  std::vector<Shape> shapes_;
  std::vector<Used> used_;
  std::vector<Rect> labels_;
};

}  // namespace

Point point_at(const std::vector<Point>& curve, double t) {
  const std::size_t segments = (curve.size() - 1) / 3;
  const double scaled = std::clamp(t, 0.0, 1.0) * static_cast<double>(segments);
  const std::size_t segment = std::min(segments - 1, static_cast<std::size_t>(scaled));
  const double u = scaled - static_cast<double>(segment);
  const double v = 1 - u;
  const std::array<double, 4> weight = {v * v * v, 3 * v * v * u, 3 * v * u * u, u * u * u};
  Point point;
  for (std::size_t index = 0; index < weight.size(); ++index) {
    const Point& control = curve[3 * segment + index];
    point.x += weight.at(index) * control.x;
    point.y += weight.at(index) * control.y;
  }
  return point;
}

void route(Layout& layout) { Router(layout).run(); }

}  // namespace lotse::map
