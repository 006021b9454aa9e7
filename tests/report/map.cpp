#include "engine/report/map.hpp"

#include <rapidcheck.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <pugixml.hpp>
#include <set>
#include <string>
#include <vector>

#include "engine/report/map_layout.hpp"

namespace lotse {
namespace {

using map::Card;
using map::Edge;
using map::Layout;
using map::Point;
using map::Rect;

Touchpoint touchpoint(std::string id, std::string title, TouchpointKind kind,
                      std::vector<std::uint32_t> channels) {
  Touchpoint made;
  made.id = std::move(id);
  made.title = std::move(title);
  made.kind = kind;
  for (const std::uint32_t channel : channels) made.channels.push_back(ChannelIndex{channel});
  return made;
}

void lead(Journey& journey, std::uint32_t from, std::uint32_t to) {
  Transition transition;
  transition.to = TouchpointIndex{to};
  journey.touchpoints[from].next.push_back(transition);
}

/// Order → pay (goal), with a reminder beside the order.
Journey small_journey() {
  Journey journey;
  journey.id = "shop";
  journey.title = "Buy \"it\" & <enjoy>";
  journey.stages = {"look", "buy"};
  journey.channels = {"web", "app", "email"};
  journey.touchpoints = {touchpoint("order", "Order", TouchpointKind::inbound, {0, 1}),
                         touchpoint("reminder", "Reminder", TouchpointKind::outbound, {2}),
                         touchpoint("pay", "Pay", TouchpointKind::inbound, {1})};
  journey.touchpoints[0].stage = StageIndex{0};
  journey.touchpoints[2].stage = StageIndex{1};
  journey.touchpoints[0].start = true;
  journey.touchpoints[2].goal = true;
  lead(journey, 0, 1);
  lead(journey, 0, 2);
  return journey;
}

MapInput with_counts(const Journey& journey) {
  MapInput input;
  input.journey = &journey;
  input.touchpoints = {{.entered = 12345, .open = 10, .drop_off = 0.25, .negative = 0.031, .feedback = 40},
                       {.entered = 500},
                       {.entered = 9000, .drop_off = 0.0}};
  input.flows = {{.from = TouchpointIndex{0}, .to = TouchpointIndex{2}, .count = 8800},
                 {.from = TouchpointIndex{2}, .to = TouchpointIndex{0}, .count = 70, .off_path = true}};
  return input;
}

/// Any journey: cycles, self-loops, unreachable touchpoints, no stages, texts of any length.
Journey any_journey() {
  static const std::vector<std::string> titles = {
      "Offer",
      "Krankenversicherungsbescheinigung hochgeladen",
      "",
      "A very long name of a touchpoint that nobody would ever want to read on a card",
      "日本語のとても長いタッチポイントの名前です",
      "a_b-c d"};
  Journey journey;
  journey.id = "any";
  const auto count = *rc::gen::inRange<std::uint32_t>(1, 25);
  const auto stages = *rc::gen::inRange<std::uint32_t>(0, 5);
  const auto channels = *rc::gen::inRange<std::uint32_t>(1, 6);
  for (std::uint32_t stage = 0; stage < stages; ++stage)
    journey.stages.push_back("stage " + std::to_string(stage));
  for (std::uint32_t channel = 0; channel < channels; ++channel) {
    journey.channels.push_back("channel_" + std::to_string(channel));
  }
  for (std::uint32_t index = 0; index < count; ++index) {
    Touchpoint made = touchpoint("t" + std::to_string(index), *rc::gen::elementOf(titles),
                                 static_cast<TouchpointKind>(*rc::gen::inRange(0, 4)), {});
    const auto own = *rc::gen::inRange<std::uint32_t>(0, 4);
    for (std::uint32_t channel = 0; channel < own; ++channel) {
      made.channels.push_back(ChannelIndex{*rc::gen::inRange<std::uint32_t>(0, channels)});
    }
    if (stages > 0 && *rc::gen::inRange(0, 3) > 0)
      made.stage = StageIndex{*rc::gen::inRange<std::uint32_t>(0, stages)};
    made.moment_of_truth = *rc::gen::arbitrary<bool>();
    made.start = index == 0 || *rc::gen::inRange(0, 8) == 0;
    journey.touchpoints.push_back(std::move(made));
  }
  const auto edges = *rc::gen::inRange<std::uint32_t>(0, 2 * count);
  for (std::uint32_t edge = 0; edge < edges; ++edge) {
    lead(journey, *rc::gen::inRange<std::uint32_t>(0, count), *rc::gen::inRange<std::uint32_t>(0, count));
  }
  return journey;
}

MapInput any_counts(const Journey& journey) {
  MapInput input;
  input.journey = &journey;
  input.deviations = *rc::gen::arbitrary<bool>();
  if (*rc::gen::arbitrary<bool>()) return input;
  std::set<std::pair<std::uint32_t, std::uint32_t>> pairs;
  for (std::uint32_t index = 0; index < journey.touchpoints.size(); ++index) {
    MapTouchpoint counts{.entered = *rc::gen::inRange<std::uint64_t>(0, 100'000'000)};
    if (*rc::gen::arbitrary<bool>()) counts.drop_off = *rc::gen::inRange(0, 101) / 100.0;
    if (*rc::gen::arbitrary<bool>()) counts.negative = *rc::gen::inRange(0, 101) / 100.0;
    input.touchpoints.push_back(counts);
    const auto to =
        *rc::gen::inRange<std::uint32_t>(0, static_cast<std::uint32_t>(journey.touchpoints.size()));
    if (pairs.emplace(index, to).second) {
      input.flows.push_back({.from = TouchpointIndex{index},
                             .to = TouchpointIndex{to},
                             .count = *rc::gen::inRange<std::uint64_t>(0, 100'000),
                             .off_path = *rc::gen::arbitrary<bool>()});
    }
  }
  return input;
}

bool overlap(const Rect& a, const Rect& b) {
  return a.x < b.right() && b.x < a.right() && a.y < b.bottom() && b.y < a.bottom();
}

bool on_border(const Rect& box, Point point) {
  constexpr double near = 0.01;
  const bool x_inside = point.x > box.x - near && point.x < box.right() + near;
  const bool y_inside = point.y > box.y - near && point.y < box.bottom() + near;
  const bool on_x = std::abs(point.x - box.x) < near || std::abs(point.x - box.right()) < near;
  const bool on_y = std::abs(point.y - box.y) < near || std::abs(point.y - box.bottom()) < near;
  return x_inside && y_inside && (on_x || on_y);
}

template <class Property>
void for_any_map(const std::string& what, Property&& property) {
  REQUIRE(rc::check(what, [&property] {
    const Journey journey = any_journey();
    const MapInput input = any_counts(journey);
    property(journey, input, map::lay_out(input));
  }));
}

}  // namespace

TEST_CASE("map layout: no two cards overlap, and each lies in its lane", "[report][map][property]") {
  for_any_map("cards apart", [](const Journey& journey, const MapInput&, const Layout& layout) {
    RC_ASSERT(layout.cards.size() == journey.touchpoints.size());
    for (std::size_t a = 0; a < layout.cards.size(); ++a) {
      const Card& card = layout.cards[a];
      const map::Lane& lane = layout.lanes.at(card.lane);
      RC_ASSERT(card.box.y >= lane.top && card.box.bottom() <= lane.top + lane.height);
      RC_ASSERT(card.box.x >= layout.grid_left && card.box.right() <= layout.width);
      for (std::size_t b = a + 1; b < layout.cards.size(); ++b)
        RC_ASSERT(!overlap(card.box, layout.cards[b].box));
    }
  });
}

TEST_CASE("map layout: a touchpoint with a stage lies under its heading", "[report][map][property]") {
  for_any_map("under the heading", [](const Journey& journey, const MapInput&, const Layout& layout) {
    for (const Card& card : layout.cards) {
      const auto stage = at(journey.touchpoints, card.touchpoint).stage;
      if (!stage) continue;
      const auto band = std::ranges::find(layout.stages, at(journey.stages, *stage), &map::StageBand::title);
      RC_ASSERT(band != layout.stages.end());
      RC_ASSERT(card.box.x >= band->left && card.box.right() <= band->right);
    }
  });
}

TEST_CASE("map layout: every line of text fits its card", "[report][map][property]") {
  for_any_map("texts fit", [](const Journey&, const MapInput&, const Layout& layout) {
    const double inner = map::kCardWidth - 2 * map::kCardPadding;
    for (const Card& card : layout.cards) {
      RC_ASSERT(!card.title.empty() && card.title.size() <= 2);
      for (const std::string& line : card.title)
        RC_ASSERT(map::text_width(line, map::kTitleSize - 1) <= inner);
      for (const std::string& line : card.notes) RC_ASSERT(map::text_width(line, map::kNoteSize) <= inner);
    }
  });
}

TEST_CASE("map layout: a curve begins and ends at the borders of its cards and crosses no other card",
          "[report][map][property]") {
  for_any_map("curves", [](const Journey&, const MapInput&, const Layout& layout) {
    for (const Edge& edge : layout.edges) {
      RC_ASSERT(edge.from != edge.to);
      RC_ASSERT(edge.curve.size() % 3 == 1);
      RC_ASSERT(on_border(layout.cards.at(edge.from).box, edge.curve.front()));
      RC_ASSERT(on_border(layout.cards.at(edge.to).box, edge.curve.back()));
      for (int sample = 0; sample <= 100; ++sample) {
        const Point point = map::point_at(edge.curve, sample / 100.0);
        for (std::size_t card = 0; card < layout.cards.size(); ++card) {
          if (card == edge.from || card == edge.to) continue;
          const Rect& box = layout.cards[card].box;
          RC_ASSERT(!overlap(box, {.x = point.x, .y = point.y, .width = 0.001, .height = 0.001}));
        }
      }
    }
  });
}

TEST_CASE("map svg: is well-formed XML with every touchpoint, whatever the texts",
          "[report][map][property]") {
  REQUIRE(rc::check("well-formed", [] {
    Journey journey = any_journey();
    journey.title = *rc::gen::string<std::string>();
    std::ranges::replace_if(journey.title, [](char c) { return static_cast<unsigned char>(c) > 126; }, '?');
    const MapInput input = any_counts(journey);

    const std::string svg = map_svg(input);

    pugi::xml_document document;
    RC_ASSERT(document.load_string(svg.c_str()));
    RC_ASSERT(std::string_view(document.document_element().name()) == "svg");
    for (const Touchpoint& made : journey.touchpoints) RC_ASSERT(svg.find(made.id) != std::string::npos);
    RC_ASSERT(svg == map_svg(input));
  }));
}

TEST_CASE("map svg: texts of the author never become markup", "[report][map]") {
  Journey journey = small_journey();
  journey.touchpoints[0].title = "<script>alert('x')</script>";
  journey.touchpoints[0].description = "a < b && \"c\"";
  MapInput input = with_counts(journey);
  input.caption = "</svg>\x01";

  const std::string svg = map_svg(input);

  CHECK(svg.find("<script") == std::string::npos);
  CHECK(svg.find("\x01") == std::string::npos);
  CHECK(svg.find("</svg>") == svg.size() - 7);
  CHECK(svg.find("a &lt; b &amp;&amp; &quot;c&quot;") != std::string::npos);
}

TEST_CASE("map svg: says how many came, went, fell silent and were unhappy", "[report][map]") {
  const Journey journey = small_journey();
  const MapInput input = with_counts(journey);

  const std::string svg = map_svg(input);

  CHECK(svg.find(">12,345 came, 10 here</text>") != std::string::npos);
  CHECK(svg.find(">25 %</text>") != std::string::npos);
  CHECK(svg.find(">3.1 %</text>") != std::string::npos);
  CHECK(svg.find(">500 sent</text>") != std::string::npos);
  CHECK(svg.find("<title>order → pay: 8,800, 71 % of those who reached order</title>") != std::string::npos);
}

TEST_CASE("map svg: deviations are drawn only where they are asked for", "[report][map]") {
  const Journey journey = small_journey();
  MapInput input = with_counts(journey);

  const std::string without = map_svg(input);
  input.deviations = true;
  const std::string with = map_svg(input);

  CHECK(without.find("pay → order") == std::string::npos);
  CHECK(with.find("<title>pay → order (off the path): 70, 0.8 % of those who reached pay</title>") !=
        std::string::npos);
}

TEST_CASE("map svg: coverage colours what tests reached and took, and says what they did not",
          "[report][map]") {
  Journey journey = small_journey();
  lead(journey, 0, 2);  // two ways to pay
  Transition hold;
  journey.touchpoints[0].next.push_back(hold);
  Transition anywhere;
  anywhere.to = TouchpointIndex{1};
  journey.anywhere.push_back(anywhere);
  std::uint32_t ordinal = 0;
  for (Transition& transition : journey.touchpoints[0].next) transition.ordinal = ordinal++;
  journey.anywhere[0].ordinal = ordinal;
  MapInput input;
  input.journey = &journey;
  input.coverage = MapCoverage{.reached = {true, false, true}, .taken = {false, true, false, false, false}};

  const std::string svg = map_svg(input);
  input.coverage->reached = {true, true, true};
  input.coverage->taken = {true, true, true, true, true};
  const std::string all = map_svg(input);

  const auto count = [](const std::string& text, std::string_view part) {
    std::size_t found = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
    return found;
  };
  CHECK(count(svg, R"(fill="#ecfdf3" stroke="#15803d")") == 2);
  CHECK(count(svg, R"(fill="#fef2f2" stroke="#b91c1c" stroke-width="1" stroke-dasharray="3 4")") == 1);
  CHECK(svg.find("<title>order → reminder: not taken</title><path class=\"none\"") != std::string::npos);
  CHECK(svg.find("<title>order → pay: taken in part</title><path class=\"some\"") != std::string::npos);
  CHECK(svg.find(">hold: never</text>") != std::string::npos);
  CHECK(svg.find(">from anywhere: never</text>") != std::string::npos);
  CHECK(svg.find(">no test reached it</text>") != std::string::npos);
  CHECK(count(all, R"(fill="#ecfdf3" stroke="#15803d")") == 3);
  CHECK(all.find("<title>order → pay</title><path class=\"taken\"") != std::string::npos);
  CHECK(all.find("never") == std::string::npos);
  pugi::xml_document document;
  CHECK(document.load_string(svg.c_str()));
}

TEST_CASE("map layout: what no test took fits its card", "[report][map]") {
  for (const char* text : {"from anywhere: never", "hold: never"})
    CHECK(map::text_width(text, map::kNoteSize, true) <= map::kCardWidth - 2 * map::kCardPadding);
}

TEST_CASE("map dot: stages are clusters, messages dashed, counts on the arrows", "[report][map]") {
  const Journey journey = small_journey();
  MapInput input = with_counts(journey);
  input.deviations = true;

  CHECK(map_dot(input) == R"(digraph "shop" {
  label="Buy \"it\" & <enjoy>"; labelloc=t; rankdir=LR; fontname="Helvetica";
  node [shape=box, style=rounded, fontname="Helvetica", fontsize=11];
  edge [fontname="Helvetica", fontsize=9, color="#6f9bc8"];
  subgraph cluster_0 {
    label="look"; color="#c3cedb";
    "order" [label="Order\nweb, app\n12,345, 25 % drop-off, 3.1 % unhappy"];
  }
  subgraph cluster_1 {
    label="buy"; color="#c3cedb";
    "pay" [label="Pay\napp\n9,000, 0 % drop-off", color="#15803d", penwidth=2.4];
  }
  "reminder" [label="Reminder\nemail\n500", style="rounded,dashed", color="#9aa8ba", shape=note];
  "order" -> "reminder" [style=dashed, color="#9aa8ba"];
  "order" -> "pay" [label="8,800", penwidth=8.0];
  "pay" -> "order" [style=dashed, color="#b4557d", label="70", penwidth=1.1];
}
)");
}

TEST_CASE("map mermaid: ids are numbers and texts are entities", "[report][map]") {
  Journey journey = small_journey();
  journey.touchpoints[0].title = "Say \"hi\" #1 <b>";
  MapInput input;
  input.journey = &journey;

  CHECK(map_mermaid(input) == R"(flowchart LR
  subgraph s0["look"]
    t0("Say #quot;hi#quot; #35;1 #lt;b#gt;<br/>web, app")
  end
  subgraph s1["buy"]
    t2("Pay<br/>app")
  end
    t1>"Reminder<br/>email"]
  t0 -.-> t1
  t0 --> t2
  style t2 stroke:#15803d,stroke-width:3px
)");
}

TEST_CASE("map text: lines break at words and say that something was cut", "[report][map]") {
  struct Row {
    const char* why;
    const char* text;
    double width;
    std::vector<std::string> lines;
  };
  const auto row = GENERATE(values<Row>(
      {{"it fits", "Pay now", 100, {"Pay now"}},
       {"two words, two lines", "Order confirmed", 100, {"Order", "confirmed"}},
       {"an id breaks after its underscore", "order_confirmed", 100, {"order_", "confirmed"}},
       {"a word too long breaks where it must", "Donaudampfschifffahrt", 100, {"Donaudampfs", "chifffahrt"}},
       {"what does not fit two lines is cut", "one two three four five six", 60, {"one two", "three…"}},
       {"nothing is one empty line", "", 60, {""}}}));
  CAPTURE(row.why);

  CHECK(map::wrap_text(row.text, row.width, 2, 14) == row.lines);
}

}  // namespace lotse
