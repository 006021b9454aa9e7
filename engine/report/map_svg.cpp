#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/report/map.hpp"
#include "engine/report/map_layout.hpp"
#include "engine/report/text.hpp"

namespace lotse {

namespace {

using map::Card;
using map::Edge;
using map::EdgeKind;
using map::Layout;
using map::Point;
using map::Rect;

/// At most one decimal, and no `.0`: small files, equal on every machine.
std::string number(double value) {
  const double rounded = std::round(value * 10) / 10;
  std::string text = fmt::format("{:.1f}", rounded == 0 ? 0.0 : rounded);
  if (text.ends_with(".0")) text.resize(text.size() - 2);
  return text;
}

struct Color {
  double red;
  double green;
  double blue;
};

std::string css(Color color) {
  const auto part = [](double value) { return static_cast<int>(std::lround(value)); };
  return fmt::format("#{:02x}{:02x}{:02x}", part(color.red), part(color.green), part(color.blue));
}

Color mixed(Color from, Color to, double share) {
  return {from.red + (to.red - from.red) * share, from.green + (to.green - from.green) * share,
          from.blue + (to.blue - from.blue) * share};
}

constexpr Color kWhite{255, 255, 255};
constexpr Color kNone{238, 241, 245};
/// Both ramps end where dark text still has a contrast of 4.5 (WCAG 2.2 AA), and differ for every common
/// colour vision.
constexpr std::array<Color, 3> kDropRamp = {kNone, Color{253, 201, 149}, Color{240, 116, 58}};
constexpr std::array<Color, 3> kNegativeRamp = {kNone, Color{214, 196, 243}, Color{168, 138, 226}};
constexpr double kRampEnd = 0.5;  ///< shares from here on have the darkest colour

Color on_ramp(const std::array<Color, 3>& ramp, double share) {
  const double place = std::clamp(share / kRampEnd, 0.0, 1.0) * 2;
  return place <= 1 ? mixed(ramp[0], ramp[1], place) : mixed(ramp[1], ramp[2], place - 1);
}

constexpr std::string_view kStyle = R"(<style>
.lm text{font-family:Inter,"Segoe UI",Helvetica,Arial,"DejaVu Sans",sans-serif;fill:#1f2937}
.lm .title{font-size:21px;font-weight:700;fill:#0f172a}
.lm .caption{font-size:13px;fill:#475569}
.lm .stage{font-size:14px;font-weight:600;fill:#0f172a;text-anchor:middle}
.lm .lane{font-size:13px;font-weight:600;fill:#334155}
.lm .name{font-size:14px;font-weight:600;fill:#0f172a}
.lm .beside .name{font-size:13px;font-weight:400;fill:#1f2937}
.lm .small{font-size:11.5px;fill:#334155}
.lm .faint{font-size:10.5px;fill:#526071}
.lm .count{font-size:11.5px;fill:#1e3a5f;text-anchor:middle;font-weight:600}
.lm .halo{fill:#fff;stroke:#fff;stroke-width:4px;stroke-linejoin:round;opacity:.9}
.lm .flow{fill:none;stroke:#6f9bc8;stroke-opacity:.75}
.lm .tip{fill:#6f9bc8}
.lm .thin{fill:none;stroke:#9aa8ba;stroke-dasharray:4 3}
.lm .thintip{fill:#9aa8ba}
.lm .deviation{fill:none;stroke:#b4557d;stroke-opacity:.7;stroke-dasharray:7 4}
.lm .deviationtip{fill:#b4557d}
</style>
)";

/// Only where they are needed. Reached and missed differ in their line too, for readers who cannot tell green
/// from red.
constexpr std::string_view kCoverageStyle = R"(<style>
.lm .missing{font-size:10.5px;fill:#b91c1c;font-weight:600}
.lm .taken{fill:none;stroke:#15803d;stroke-opacity:.75}
.lm .takentip{fill:#15803d}
.lm .some{fill:none;stroke:#b45309;stroke-dasharray:12 4}
.lm .sometip{fill:#b45309}
.lm .none{fill:none;stroke:#b91c1c;stroke-dasharray:3 4}
.lm .nonetip{fill:#b91c1c}
</style>
)";
constexpr std::string_view kReachedColor = "#15803d";
constexpr std::string_view kMissedColor = "#b91c1c";

/// Small pictures, 14 by 14, drawn at their top left corner.
constexpr std::string_view kEnvelope = "M0 2.5h14v9.5H0zM0 3l7 5 7-5";
constexpr std::string_view kPerson = "M7 6.6a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM1 13.5a6 5.6 0 0 1 12 0z";
constexpr std::string_view kDiamond = "M7 0l7 7-7 7-7-7z";
constexpr std::string_view kPlay = "M-2.6 -4.4l7 4.4-7 4.4z";
constexpr std::string_view kFlag = "M-3 5.2v-10h7l-1.8 3 1.8 3h-5.6v4z";
constexpr std::string_view kExclamation = "M-1.3 -5.4h2.6l-.5 6.6h-1.6zM0 2.7a1.4 1.4 0 1 1 -.01 0z";
constexpr std::string_view kStop = "M-3.4 -3.4h6.8v6.8h-6.8z";

class Painter {
 public:
  Painter(const MapInput& input, const Layout& layout)
      : input_(input), journey_(*input.journey), layout_(layout) {}

  std::string paint() {
    const std::string title = journey_.title.empty() ? journey_.id : journey_.title;
    heading(title);
    lanes();
    stages();
    for (const EdgeKind kind : {EdgeKind::beside, EdgeKind::flow, EdgeKind::deviation}) {
      for (const Edge& edge : layout_.edges) {
        if (edge.kind == kind) flow(edge);
      }
    }
    for (const Card& card : layout_.cards) paint_card(card);
    for (const Edge& edge : layout_.edges) flow_count(edge);
    const double height = legend() + 26;
    const std::string body = std::exchange(out_, {});
    add(R"svg(<svg xmlns="http://www.w3.org/2000/svg" class="lm" viewBox="0 0 {0} {1}" width="{0}" height="{1}" )svg",
        number(layout_.width), number(height));
    add(R"svg(role="img" aria-label="{}">)svg", xml_escaped("Journey map: " + title));
    out_ += '\n';
    out_ += kStyle;
    if (input_.coverage) out_ += kCoverageStyle;
    add(R"svg(<rect width="{}" height="{}" fill="#fff"/>)svg", number(layout_.width), number(height));
    return out_ + '\n' + body + "</svg>\n";
  }

 private:
  template <class... Parts>
  void add(fmt::format_string<Parts...> format, Parts&&... parts) {
    fmt::format_to(std::back_inserter(out_), format, std::forward<Parts>(parts)...);
  }

  void text(double x, double y, std::string_view style, std::string_view content) {
    add(R"(<text x="{}" y="{}" class="{}">{}</text>)", number(x), number(y), style, xml_escaped(content));
    out_ += '\n';
  }

  void icon(std::string_view path, double x, double y, std::string_view fill, std::string_view stroke) {
    add(R"svg(<path d="{}" transform="translate({} {})" fill="{}" stroke="{}" stroke-width="1.3" stroke-linejoin="round"/>)svg",
        path, number(x), number(y), fill, stroke);
    out_ += '\n';
  }

  void badge(std::string_view path, double x, double y, std::string_view fill) {
    add(R"svg(<g transform="translate({} {})"><circle r="9.5" fill="{}" stroke="#fff" stroke-width="1.5"/><path d="{}" fill="#fff"/></g>)svg",
        number(x), number(y), fill, path);
    out_ += '\n';
  }

  void heading(const std::string& title) {
    text(20, 36, "title", map::wrap_text(title, layout_.width - 40, 1, 21, true).front());
    std::string caption = fmt::format("{} · version {}", journey_.id, journey_.version);
    if (!input_.caption.empty()) caption += " · " + input_.caption;
    text(20, 58, "caption", map::wrap_text(caption, layout_.width - 40, 1, 13).front());
  }

  void lanes() {
    for (std::size_t index = 0; index < layout_.lanes.size(); ++index) {
      const map::Lane& lane = layout_.lanes[index];
      add(R"(<rect x="20" y="{}" width="{}" height="{}" fill="{}"/>)", number(lane.top),
          number(layout_.width - 40), number(lane.height), index % 2 == 0 ? "#f6f8fb" : "#fff");
      out_ += '\n';
      const auto lines = map::wrap_text(lane.title, layout_.grid_left - 20 - 18, 2, 13, true);
      double y = lane.top + lane.height / 2 + 5 - 8 * static_cast<double>(lines.size() - 1);
      for (const std::string& line : lines) {
        text(30, y, "lane", line);
        y += 16;
      }
    }
    add(R"(<path d="M20 {0}H{1}M20 {2}H{1}" stroke="#d5dce5" fill="none"/>)", number(layout_.grid_top),
        number(layout_.width - 20), number(layout_.grid_bottom));
    out_ += '\n';
  }

  void stages() {
    constexpr double height = 26;
    const double top = layout_.grid_top - height - 6;
    for (const map::StageBand& band : layout_.stages) {
      // An arrow that points to the next stage.
      constexpr double tip = 10;
      const double left = band.left + 2;
      const double right = band.right - 2;
      add(R"(<path d="M{0} {1}H{2}l{3} {4}l-{3} {4}H{0}l{3} -{4}z" fill="#dfe7f1"/>)", number(left),
          number(top), number(right - tip), number(tip), number(height / 2));
      out_ += '\n';
      text((left + right) / 2, top + height / 2 + 5, "stage",
           map::wrap_text(band.title, right - left - 4 * tip, 1, 14, true).front());
      if (&band != &layout_.stages.front()) {
        add(R"(<path d="M{} {}V{}" stroke="#c3cedb" stroke-dasharray="2 5" fill="none"/>)", number(band.left),
            number(layout_.grid_top), number(layout_.grid_bottom));
        out_ += '\n';
      }
    }
  }

  [[nodiscard]] const std::string& name(std::size_t card) const {
    return at(journey_.touchpoints, layout_.cards[card].touchpoint).id;
  }

  static std::string_view style_of(const Edge& edge) {
    if (edge.taken) {
      switch (*edge.taken) {
        case map::Taken::all:
          return "taken";
        case map::Taken::some:
          return "some";
        case map::Taken::none:
          return "none";
      }
    }
    switch (edge.kind) {
      case EdgeKind::beside:
        return "thin";
      case EdgeKind::deviation:
        return "deviation";
      case EdgeKind::flow:
        break;
    }
    return "flow";
  }

  void flow(const Edge& edge) {
    const std::string_view style = style_of(edge);
    std::vector<Point> curve = edge.curve;
    // The curve ends where its tip begins.
    const double length = std::min(11.0, 5 + edge.width * 0.5);
    Point& end = curve[curve.size() - 1];
    Point& control = curve[curve.size() - 2];
    const double reach = std::max(0.1, std::hypot(end.x - control.x, end.y - control.y));
    const Point direction{(end.x - control.x) / reach, (end.y - control.y) / reach};
    const Point tip = end;
    end = {end.x - direction.x * length, end.y - direction.y * length};
    control = {control.x - direction.x * length, control.y - direction.y * length};

    add("<g><title>{}</title>", xml_escaped(flow_title(edge)));
    add(R"(<path class="{}" stroke-width="{}" d="M{} {})", style, number(edge.width), number(curve[0].x),
        number(curve[0].y));
    for (std::size_t index = 1; index < curve.size(); ++index) {
      add("{}{} {}", index % 3 == 1 ? "C" : " ", number(curve[index].x), number(curve[index].y));
    }
    const double half = std::max(3.6, edge.width / 2 + 2.5);
    const Point across{-direction.y * half, direction.x * half};
    add(R"("/><path class="{}tip" d="M{} {}L{} {}L{} {}z"/></g>)", style == "flow" ? "" : style,
        number(tip.x), number(tip.y), number(end.x + across.x), number(end.y + across.y),
        number(end.x - across.x), number(end.y - across.y));
    out_ += '\n';
  }

  [[nodiscard]] std::string flow_title(const Edge& edge) const {
    std::string title = fmt::format("{} → {}", name(edge.from), name(edge.to));
    if (edge.kind == EdgeKind::deviation) title += " (off the path)";
    if (edge.taken == map::Taken::some) title += ": taken in part";
    if (edge.taken == map::Taken::none) title += ": not taken";
    if (edge.count == 0) return title;
    title += fmt::format(": {}", grouped(edge.count));
    const std::uint64_t entered = input_.touchpoints.empty() ? 0 : input_.touchpoints[edge.from].entered;
    if (entered > 0) {
      title += fmt::format(", {} of those who reached {}",
                           rounded_percent(static_cast<double>(edge.count) / static_cast<double>(entered)),
                           name(edge.from));
    }
    return title;
  }

  void flow_count(const Edge& edge) {
    if (!edge.label) return;
    const std::string count = grouped(edge.count);
    text(edge.label->x, edge.label->y + 4, "count halo", count);
    text(edge.label->x, edge.label->y + 4, "count", count);
  }

  void paint_card(const Card& card) {
    const Touchpoint& touchpoint = at(journey_.touchpoints, card.touchpoint);
    const MapTouchpoint* counts =
        input_.touchpoints.empty() ? nullptr : &at(input_.touchpoints, card.touchpoint);
    add(R"(<g{}><title>{}</title>)", card.beside ? R"( class="beside")" : "",
        xml_escaped(card_title(touchpoint, counts)));
    out_ += '\n';
    card_box(card, touchpoint, counts);
    const double left = card.box.x + map::kCardPadding;
    double y = card.box.y + map::kCardPadding - 2;
    for (const std::string& line : card.title) {
      text(left, y + 13, "name", line);
      y += 18;
    }
    for (const std::string& note : card.notes) {
      text(left, y + 11, "faint", note);
      y += 16;
    }
    for (const std::string& line : card.missing) {
      text(left, y + 11, "missing", line);
      y += 16;
    }
    if (counts != nullptr) {
      const std::string line = count_line(touchpoint, *counts);
      const double room = card.box.width - 2 * map::kCardPadding + 4;
      const bool fits = map::text_width(line, map::kSmallSize) <= room;
      text(left, y + 12, "small", fits ? line : line.substr(0, line.find(',', line.find(' '))));
      y += 18;
      if (!card.beside) pills(left, y, *counts);
    }
    marks(card, touchpoint);
    out_ += "</g>\n";
  }

  /// Of a map of coverage.
  [[nodiscard]] bool is_reached(const Card& card) const {
    return input_.coverage->reached[card.touchpoint.value()];
  }

  void card_box(const Card& card, const Touchpoint& touchpoint, const MapTouchpoint* counts) {
    const Rect& box = card.box;
    std::string fill = "#fff";
    std::string stroke = "#64748b";
    std::string_view dash;
    if (touchpoint.kind == TouchpointKind::outbound) {
      fill = "#fbfcfe";
      stroke = "#9aa8ba";
      dash = R"( stroke-dasharray="4 3")";
    } else if (touchpoint.kind == TouchpointKind::handover) {
      fill = "#fffbf0";
      stroke = "#c9a24a";
    }
    const bool drops = counts != nullptr && counts->drop_off.has_value() && !card.beside;
    if (drops) fill = css(mixed(kWhite, on_ramp(kDropRamp, *counts->drop_off), 0.45));
    bool goal = touchpoint.goal;
    if (input_.coverage) {
      goal = false;  // its flag says so
      fill = is_reached(card) ? "#ecfdf3" : "#fef2f2";
      stroke = is_reached(card) ? kReachedColor : kMissedColor;
      dash = is_reached(card) ? "" : R"( stroke-dasharray="3 4")";
    }
    add(R"(<rect x="{}" y="{}" width="{}" height="{}" rx="{}" fill="{}" stroke="{}" stroke-width="{}"{}/>)",
        number(box.x), number(box.y), number(box.width), number(box.height),
        touchpoint.kind == TouchpointKind::milestone ? 18 : 8, fill, goal ? "#15803d" : stroke,
        goal          ? "2.4"
        : card.beside ? "1"
                      : "1.3",
        dash);
    out_ += '\n';
  }

  /// `8,412 came, 70 here`, in the words of the kind.
  static std::string count_line(const Touchpoint& touchpoint, const MapTouchpoint& counts) {
    const std::string_view verb = touchpoint.kind == TouchpointKind::outbound   ? "sent"
                                  : touchpoint.kind == TouchpointKind::handover ? "tasks"
                                                                                : "came";
    std::string line = fmt::format("{} {}", grouped(counts.entered), verb);
    if (counts.open > 0) line += fmt::format(", {} here", grouped(counts.open));
    return line;
  }

  void pills(double x, double y, const MapTouchpoint& counts) {
    if (counts.drop_off) {
      x += pill(x, y, on_ramp(kDropRamp, *counts.drop_off), rounded_percent(*counts.drop_off),
                "M0 0h8l-4 6z") +
           6;
    }
    if (counts.negative) {
      pill(x, y, on_ramp(kNegativeRamp, *counts.negative), rounded_percent(*counts.negative),
           "M4 -1a4 4 0 1 0 .01 0zM2 5.2q2 -2.6 4 0M2.6 1.6v.6M5.4 1.6v.6");
    }
  }

  /// A rounded box with a small picture and a share; gives its width.
  double pill(double x, double y, Color color, const std::string& share, std::string_view picture) {
    const double width = 24 + map::text_width(share, map::kSmallSize, true);
    const bool face = picture.find('q') != std::string_view::npos;
    add(R"(<rect x="{}" y="{}" width="{}" height="17" rx="8.5" fill="{}"/>)", number(x), number(y),
        number(width), css(color));
    add(R"svg(<path d="{}" transform="translate({} {})" fill="{}" stroke="{}" stroke-width="1.1" stroke-linecap="round"/>)svg",
        picture, number(x + 7), number(y + 5.6), face ? "none" : "#1f2937", face ? "#1f2937" : "none");
    text(x + 19, y + 12.6, "small", share);
    return width;
  }

  void marks(const Card& card, const Touchpoint& touchpoint) {
    const Rect& box = card.box;
    double x = box.right() - 20;
    if (touchpoint.kind == TouchpointKind::outbound) icon(kEnvelope, x, box.y + 7, "none", "#64748b");
    if (touchpoint.kind == TouchpointKind::handover) icon(kPerson, x, box.y + 7, "none", "#8a6d1f");
    if (card.beside) x -= 18;
    if (touchpoint.moment_of_truth) icon(kDiamond, x, box.y + 7, "#f5b800", "#a87900");
    double badge_x = box.x + 4;
    const auto next_badge = [&](std::string_view path, std::string_view fill) {
      badge(path, badge_x, box.y - 1, fill);
      badge_x += 21;
    };
    if (touchpoint.start) next_badge(kPlay, "#15803d");
    if (touchpoint.goal) next_badge(kFlag, "#15803d");
    if (touchpoint.ends) next_badge(kStop, "#475569");
    const bool friction = !input_.touchpoints.empty() && at(input_.touchpoints, card.touchpoint).friction;
    const bool missed = input_.coverage && !is_reached(card);
    if (friction || missed) badge(kExclamation, box.right() - 4, box.y - 1, kMissedColor);
  }

  [[nodiscard]] std::string card_title(const Touchpoint& touchpoint, const MapTouchpoint* counts) const {
    std::string title = touchpoint.title.empty() || touchpoint.title == touchpoint.id
                            ? touchpoint.id
                            : fmt::format("{} ({})", touchpoint.title, touchpoint.id);
    if (!touchpoint.description.empty()) title += "\n" + touchpoint.description;
    if (touchpoint.ends)
      title += fmt::format("\nends the journey: {}", at(journey_.outcomes, *touchpoint.ends));
    if (counts == nullptr) return title;
    title += "\n" + count_line(touchpoint, *counts);
    if (counts->drop_off) title += fmt::format("\n{} fell silent here", rounded_percent(*counts->drop_off));
    if (counts->negative) {
      title += fmt::format("\n{} of {} answers negative", rounded_percent(*counts->negative),
                           grouped(counts->feedback));
    }
    return title;
  }

  /// Gives where it ends.
  double legend() {
    double x = 30;
    double y = layout_.grid_bottom + 30;
    const auto room = [&](double width) {
      if (x > 30 && x + width > layout_.width - 20) {
        x = 30;
        y += 30;
      }
    };
    const auto words = [&](std::string_view content) {
      text(x, y + 4, "small", content);
      x += map::text_width(content, map::kSmallSize) + 20;
    };
    const auto marked = [&](std::string_view content, auto&& draw) {
      room(30 + map::text_width(content, map::kSmallSize));
      draw();
      x += 18;
      words(content);
    };
    const auto has = [&](auto&& test) { return std::ranges::any_of(journey_.touchpoints, test); };
    if (has([](const Touchpoint& t) { return t.start; })) {
      marked("start", [&] { badge(kPlay, x + 4, y, "#15803d"); });
    }
    if (has([](const Touchpoint& t) { return t.goal; })) {
      marked("goal", [&] { badge(kFlag, x + 4, y, "#15803d"); });
    }
    if (has([](const Touchpoint& t) { return t.ends.has_value(); })) {
      marked("ends the journey", [&] { badge(kStop, x + 4, y, "#475569"); });
    }
    if (has([](const Touchpoint& t) { return t.moment_of_truth; })) {
      marked("moment of truth", [&] { icon(kDiamond, x - 3, y - 7, "#f5b800", "#a87900"); });
    }
    if (has([](const Touchpoint& t) { return t.kind == TouchpointKind::outbound; })) {
      marked("message", [&] { icon(kEnvelope, x - 3, y - 7, "none", "#64748b"); });
    }
    if (has([](const Touchpoint& t) { return t.kind == TouchpointKind::handover; })) {
      marked("task for a person", [&] { icon(kPerson, x - 3, y - 7, "none", "#8a6d1f"); });
    }
    if (std::ranges::any_of(input_.touchpoints, &MapTouchpoint::friction)) {
      marked("friction found", [&] { badge(kExclamation, x + 4, y, "#b91c1c"); });
    }
    if (!input_.touchpoints.empty()) legend_of_counts(x, y, room, words);
    if (input_.coverage) legend_of_coverage(x, y, room, words);
    return y;
  }

  template <class Room, class Words>
  void legend_of_coverage(double& x, double& y, const Room& room, const Words& words) {
    room(200);
    badge(kExclamation, x + 4, y, kMissedColor);
    x += 18;
    words("no test reached it");
    const auto line = [&](std::string_view style, std::string_view label) {
      room(60 + map::text_width(label, map::kSmallSize));
      add(R"(<path class="{}" stroke-width="2.2" d="M{} {}h34"/>)", style, number(x - 4), number(y));
      out_ += '\n';
      x += 38;
      words(label);
    };
    line("taken", "a test went this way");
    line("some", "not by all transitions");
    line("none", "none went this way");
  }

  template <class Room, class Words>
  void legend_of_counts(double& x, double& y, const Room& room, const Words& words) {
    const auto ramp = [&](const std::array<Color, 3>& colors, std::string_view label) {
      const std::string end = rounded_percent(kRampEnd) + " and more";
      room(200 + map::text_width(label, map::kSmallSize) + map::text_width(end, map::kSmallSize));
      words(label);
      x -= 12;
      constexpr int steps = 10;
      for (int step = 0; step < steps; ++step) {
        add(R"(<rect x="{}" y="{}" width="9.4" height="12" fill="{}"/>)", number(x), number(y - 6),
            css(on_ramp(colors, kRampEnd * step / (steps - 1))));
        x += 9;
      }
      out_ += '\n';
      x += 8;
      words(end);
    };
    std::uint64_t most = 0;
    for (const Edge& edge : layout_.edges) most = std::max(most, edge.count);
    if (most > 0) {
      const std::string label = fmt::format("{} customers went this way", grouped(most));
      room(60 + map::text_width(label, map::kSmallSize));
      add(R"(<path class="flow" stroke-width="{}" d="M{} {}h34"/>)", number(map::kMostFlowWidth),
          number(x - 4), number(y));
      out_ += '\n';
      x += 38;
      words(label);
    }
    if (std::ranges::any_of(layout_.edges,
                            [](const Edge& edge) { return edge.kind == EdgeKind::deviation; })) {
      room(160);
      add(R"(<path class="deviation" stroke-width="2" d="M{} {}h34"/>)", number(x - 4), number(y));
      out_ += '\n';
      x += 38;
      words("off the declared path");
    }
    ramp(kDropRamp, "drop-off, silent for good: none");
    ramp(kNegativeRamp, "negative feedback: none");
  }

  const MapInput& input_;
  const Journey& journey_;
  const Layout& layout_;
  std::string out_;
};

}  // namespace

std::string map_svg(const MapInput& input) {
  const Layout layout = map::lay_out(input);
  return Painter(input, layout).paint();
}

}  // namespace lotse
