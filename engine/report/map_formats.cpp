#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/report/journey_words.hpp"
#include "engine/report/json.hpp"
#include "engine/report/map.hpp"
#include "engine/report/text.hpp"

namespace lotse {

namespace {

/// An arrow of the graph, as both formats draw it.
struct Arrow {
  std::size_t from = 0;
  std::size_t to = 0;
  std::uint64_t count = 0;
  bool beside = false;     ///< to or from a message or a task
  bool deviation = false;  ///< no transition declares it
};

bool is_beside(const Touchpoint& touchpoint) {
  return touchpoint.kind == TouchpointKind::outbound || touchpoint.kind == TouchpointKind::handover;
}

std::uint64_t flow_count(const MapInput& input, std::size_t from, std::size_t to) {
  for (const MapFlow& flow : input.flows) {
    if (flow.from.value() == from && flow.to.value() == to) return flow.count;
  }
  return 0;
}

std::vector<Arrow> arrows_of(const MapInput& input) {
  const Journey& journey = *input.journey;
  std::vector<Arrow> arrows;
  std::set<std::pair<std::size_t, std::size_t>> declared;
  for (std::size_t from = 0; from < journey.touchpoints.size(); ++from) {
    for (const Transition& transition : journey.touchpoints[from].next) {
      if (!transition.to) continue;
      const std::size_t to = transition.to->value();
      if (!declared.emplace(from, to).second) continue;
      arrows.push_back(
          {.from = from,
           .to = to,
           .count = flow_count(input, from, to),
           .beside = is_beside(journey.touchpoints[from]) || is_beside(journey.touchpoints[to])});
    }
  }
  for (const MapFlow& flow : input.flows) {
    if (flow.count == 0 || declared.contains({flow.from.value(), flow.to.value()})) continue;
    if (flow.off_path && !input.deviations) continue;
    arrows.push_back(
        {.from = flow.from.value(), .to = flow.to.value(), .count = flow.count, .deviation = flow.off_path});
  }
  return arrows;
}

/// The touchpoints of each stage, and at the end those of none; with the stage's title.
std::vector<std::pair<std::optional<std::string>, std::vector<std::size_t>>> groups_of(
    const Journey& journey) {
  std::vector<std::pair<std::optional<std::string>, std::vector<std::size_t>>> groups;
  for (const std::string& stage : journey.stages) groups.emplace_back(stage, std::vector<std::size_t>{});
  groups.emplace_back(std::nullopt, std::vector<std::size_t>{});
  for (std::size_t index = 0; index < journey.touchpoints.size(); ++index) {
    const auto stage = journey.touchpoints[index].stage;
    (stage ? groups[stage->value()] : groups.back()).second.push_back(index);
  }
  return groups;
}

/// The lines of a node's text: title, channels, and what the report says of it.
std::vector<std::string> lines_of(const MapInput& input, std::size_t index) {
  const Touchpoint& touchpoint = input.journey->touchpoints[index];
  std::vector<std::string> lines{touchpoint.title.empty() ? touchpoint.id : touchpoint.title};
  std::string channels;
  for (const ChannelIndex channel : touchpoint.channels) {
    channels += (channels.empty() ? "" : ", ") + at(input.journey->channels, channel);
  }
  if (!channels.empty()) lines.push_back(channels);
  if (input.touchpoints.empty()) return lines;
  const MapTouchpoint& counts = input.touchpoints[index];
  std::string figures = grouped(counts.entered);
  if (counts.drop_off) figures += fmt::format(", {} drop-off", rounded_percent(*counts.drop_off));
  if (counts.negative) figures += fmt::format(", {} unhappy", rounded_percent(*counts.negative));
  lines.push_back(figures);
  return lines;
}

/// Within a quoted string of DOT: backslash, quote and line break.
std::string dot_escaped(std::string_view text) {
  std::string out;
  for (const char character : text) {
    if (character == '"' || character == '\\') out += '\\';
    if (character == '\n') {
      out += "\\n";
    } else {
      out += character;
    }
  }
  return out;
}

/// Within a quoted label of Mermaid, which reads HTML entities (with `#` for `&`) and knows no backslash.
std::string mermaid_escaped(std::string_view text) {
  std::string out;
  for (const char character : text) {
    switch (character) {
      case '"':
        out += "#quot;";
        break;
      case '<':
        out += "#lt;";
        break;
      case '>':
        out += "#gt;";
        break;
      case '&':
        out += "#amp;";
        break;
      case '#':
        out += "#35;";
        break;
      case '`':
        out += "#96;";
        break;
      case '\n':
        out += ' ';
        break;
      default:
        out += character;
    }
  }
  return out;
}

std::string joined(const std::vector<std::string>& lines, std::string_view separator,
                   std::string (*escape)(std::string_view)) {
  std::string text;
  for (const std::string& line : lines) {
    if (!text.empty()) text += separator;
    text += escape(line);
  }
  return text;
}

std::string_view dot_style(const Touchpoint& touchpoint) {
  switch (touchpoint.kind) {
    case TouchpointKind::inbound:
      return touchpoint.goal ? R"(, color="#15803d", penwidth=2.4)" : "";
    case TouchpointKind::milestone:
      return ", shape=hexagon";
    case TouchpointKind::outbound:
      return R"(, style="rounded,dashed", color="#9aa8ba", shape=note)";
    case TouchpointKind::handover:
      break;
  }
  return R"(, color="#c9a24a", shape=component)";
}

}  // namespace

std::string map_dot(const MapInput& input) {
  const Journey& journey = *input.journey;
  std::string out;
  const auto add = [&out]<class... Parts>(fmt::format_string<Parts...> format, Parts&&... parts) {
    fmt::format_to(std::back_inserter(out), format, std::forward<Parts>(parts)...);
  };
  add("digraph \"{}\" {{\n", dot_escaped(journey.id));
  add("  label=\"{}\"; labelloc=t; rankdir=LR; fontname=\"Helvetica\";\n",
      dot_escaped(journey.title.empty() ? journey.id : journey.title));
  add("  node [shape=box, style=rounded, fontname=\"Helvetica\", fontsize=11];\n");
  add("  edge [fontname=\"Helvetica\", fontsize=9, color=\"#6f9bc8\"];\n");
  std::size_t cluster = 0;
  for (const auto& [stage, members] : groups_of(journey)) {
    if (members.empty()) continue;
    if (stage)
      add("  subgraph cluster_{} {{\n    label=\"{}\"; color=\"#c3cedb\";\n", cluster++, dot_escaped(*stage));
    for (const std::size_t index : members) {
      const Touchpoint& touchpoint = journey.touchpoints[index];
      add("  {}\"{}\" [label=\"{}\"{}];\n", stage ? "  " : "", dot_escaped(touchpoint.id),
          joined(lines_of(input, index), "\\n", dot_escaped), dot_style(touchpoint));
    }
    if (stage) add("  }}\n");
  }
  std::uint64_t most = 1;
  const std::vector<Arrow> arrows = arrows_of(input);
  for (const Arrow& arrow : arrows) most = std::max(most, arrow.count);
  for (const Arrow& arrow : arrows) {
    add("  \"{}\" -> \"{}\"", dot_escaped(journey.touchpoints[arrow.from].id),
        dot_escaped(journey.touchpoints[arrow.to].id));
    std::string attributes;
    if (arrow.beside) attributes = R"(style=dashed, color="#9aa8ba")";
    if (arrow.deviation) attributes = R"(style=dashed, color="#b4557d")";
    if (arrow.count > 0) {
      constexpr double widest = 7;
      attributes += fmt::format(R"({}label="{}", penwidth={:.1f})", attributes.empty() ? "" : ", ",
                                grouped(arrow.count),
                                1 + widest * static_cast<double>(arrow.count) / static_cast<double>(most));
    }
    add("{};\n", attributes.empty() ? "" : " [" + attributes + "]");
  }
  add("}}\n");
  return out;
}

std::string map_mermaid(const MapInput& input) {
  const Journey& journey = *input.journey;
  std::string out = "flowchart LR\n";
  const auto add = [&out]<class... Parts>(fmt::format_string<Parts...> format, Parts&&... parts) {
    fmt::format_to(std::back_inserter(out), format, std::forward<Parts>(parts)...);
  };
  std::size_t cluster = 0;
  for (const auto& [stage, members] : groups_of(journey)) {
    if (members.empty()) continue;
    if (stage) add("  subgraph s{}[\"{}\"]\n", cluster++, mermaid_escaped(*stage));
    for (const std::size_t index : members) {
      // Ids are numbered: a touchpoint called `end` or `graph` would be a word of the language.
      const std::string text = joined(lines_of(input, index), "<br/>", mermaid_escaped);
      switch (journey.touchpoints[index].kind) {
        case TouchpointKind::inbound:
          add("    t{}(\"{}\")\n", index, text);
          break;
        case TouchpointKind::milestone:
          add("    t{}{{{{\"{}\"}}}}\n", index, text);
          break;
        case TouchpointKind::outbound:
          add("    t{}>\"{}\"]\n", index, text);
          break;
        case TouchpointKind::handover:
          add("    t{}[/\"{}\"/]\n", index, text);
          break;
      }
    }
    if (stage) add("  end\n");
  }
  for (const Arrow& arrow : arrows_of(input)) {
    add("  t{} {}{} t{}\n", arrow.from, arrow.beside || arrow.deviation ? "-.->" : "-->",
        arrow.count > 0 ? fmt::format("|{}|", grouped(arrow.count)) : "", arrow.to);
  }
  for (std::size_t index = 0; index < journey.touchpoints.size(); ++index) {
    if (journey.touchpoints[index].goal) add("  style t{} stroke:#15803d,stroke-width:3px\n", index);
  }
  return out;
}

namespace {

void write_touchpoint(JsonWriter& json, const MapInput& input, std::size_t index) {
  const Journey& journey = *input.journey;
  const Touchpoint& touchpoint = journey.touchpoints[index];
  json.begin_object().field("id", touchpoint.id).field("title", touchpoint.title);
  json.field("kind", name_of(touchpoint.kind)).field("turn", name_of(touchpoint.turn));
  json.field("stage", touchpoint.stage ? std::optional(at(journey.stages, *touchpoint.stage)) : std::nullopt);
  json.key("channels").begin_array();
  for (const ChannelIndex channel : touchpoint.channels) json.value(at(journey.channels, channel));
  json.end_array();
  json.field("start", touchpoint.start).field("goal", touchpoint.goal);
  json.field("moment_of_truth", touchpoint.moment_of_truth);
  if (!input.touchpoints.empty()) {
    const MapTouchpoint& counts = input.touchpoints[index];
    json.field("entered", counts.entered).field("open", counts.open).field("drop_off", counts.drop_off);
    json.field("negative", counts.negative).field("feedback", counts.feedback);
    json.field("friction", counts.friction);
  }
  json.end_object();
}

}  // namespace

std::string map_json(const MapInput& input) {
  const Journey& journey = *input.journey;
  JsonWriter json;
  json.begin_object().field("journey", journey.id).field("version", std::uint64_t{journey.version});
  json.field("title", journey.title).field("caption", input.caption);
  json.key("stages").begin_array();
  for (const std::string& stage : journey.stages) json.value(stage);
  json.end_array().key("channels").begin_array();
  for (const auto& [id, title] : input.channel_titles) {
    json.begin_object().field("id", id).field("title", title).end_object();
  }
  json.end_array().key("touchpoints").begin_array();
  for (std::size_t index = 0; index < journey.touchpoints.size(); ++index) {
    write_touchpoint(json, input, index);
  }
  json.end_array().key("flows").begin_array();
  for (const Arrow& arrow : arrows_of(input)) {
    json.begin_object().field("from", journey.touchpoints[arrow.from].id);
    json.field("to", journey.touchpoints[arrow.to].id).field("count", arrow.count);
    json.field("deviation", arrow.deviation).end_object();
  }
  return std::move(json.end_array().end_object()).str();
}

}  // namespace lotse
