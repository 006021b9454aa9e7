#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "engine/journey/findings.hpp"
#include "engine/journey/shape.hpp"
#include "engine/journey/yaml.hpp"
#include "engine/workbench/simulation.hpp"

namespace lotse {

using shape::NameStyle;
using shape::Section;
using yaml::Kind;
using yaml::Node;
using yaml::ScalarType;

namespace {

/// Reads one simulation file. Codes: S001 a share, S002 a delay, S003 a value, S004 an unknown name, S005
/// another journey's file; shapes as everywhere (J010 to J019).
class SimulationReader {
 public:
  SimulationReader(Findings& findings, const Journey& journey) : findings_(findings), journey_(journey) {}

  Simulation read(const Node& node) {
    simulation_ = guess_simulation(journey_);
    simulation_.file = findings_.file();
    Section root(findings_, node, "a simulation file");
    if (!root.is_mapping()) return std::move(simulation_);
    constexpr std::array<std::string_view, 6> keys{"journey", "customers",   "draw",
                                                   "noise",   "touchpoints", "friction"};
    root.allow(keys);
    root.require("journey");
    if (const auto name = root.name("journey", NameStyle::slug); name && *name != journey_.id) {
      findings_.error("S005", root.find("journey")->mark,
                      fmt::format("this file simulates `{}`, not `{}`", *name, journey_.id));
    }
    read_customers(root);
    if (root.find("draw") != nullptr) simulation_.draw = read_sources(root, "draw");
    read_noise(root);
    for (const yaml::Entry& entry : root.entries("touchpoints", NameStyle::identifier))
      read_touchpoint(entry);
    for (const Node* item : root.items("friction")) read_friction(*item);
    check_references();
    return std::move(simulation_);
  }

 private:
  void read_customers(Section& root) {
    const Node* node = root.find("customers");
    if (node == nullptr) return;
    constexpr std::array<std::string_view, 3> keys{"traits", "anonymous", "ids"};
    Section section(findings_, *node, "`customers`");
    if (!section.is_mapping()) return;
    section.allow(keys);
    simulation_.traits = read_sources(section, "traits");
    simulation_.anonymous = share(section, "anonymous").value_or(0);
    for (const yaml::Entry& entry : section.entries("ids", NameStyle::slug)) {
      std::vector<std::string> names;
      if (entry.value->kind == Kind::scalar) names.push_back(entry.value->text);
      for (const Node* item : entry.value->items) names.push_back(item->text);
      check_channel(*entry.key);
      simulation_.ids.emplace_back(entry.key->text, std::move(names));
    }
  }

  void read_noise(Section& root) {
    const Node* node = root.find("noise");
    if (node == nullptr) return;
    constexpr std::array<std::string_view, 3> keys{"duplicates", "late", "late_by"};
    Section section(findings_, *node, "`noise`");
    if (!section.is_mapping()) return;
    section.allow(keys);
    simulation_.duplicates = share(section, "duplicates").value_or(0);
    simulation_.late = share(section, "late").value_or(0);
    simulation_.late_by = section.duration("late_by").value_or(simulation_.late_by);
  }

  void read_touchpoint(const yaml::Entry& entry) {
    const auto index = position(*entry.key);
    Section section(findings_, *entry.value, fmt::format("touchpoint `{}`", entry.key->text));
    if (!index || !section.is_mapping()) return;
    constexpr std::array<std::string_view, 11> keys{"event", "channels", "ids",    "properties",
                                                    "drop",  "next",     "repeat", "hop",
                                                    "also",  "feedback", "exit"};
    section.allow(keys);
    TouchpointSimulation& touchpoint = at(simulation_.touchpoints, *index);
    touchpoint.event = section.name("event", NameStyle::free).value_or(touchpoint.event);
    if (section.find("channels") != nullptr) touchpoint.channels = read_channels(section);
    for (const Node* name : section.names("ids", NameStyle::slug)) touchpoint.ids.push_back(name->text);
    if (section.find("properties") != nullptr) touchpoint.properties = read_sources(section, "properties");
    touchpoint.drop = share(section, "drop").value_or(touchpoint.drop);
    touchpoint.repeat = share(section, "repeat").value_or(0);
    if (section.find("next") != nullptr) read_next(section, touchpoint);
    read_hop(section, touchpoint);
    touchpoint.also = read_side_events(section, "also");
    touchpoint.feedback = read_side_events(section, "feedback");
    auto exits = read_side_events(section, "exit");
    if (!exits.empty()) touchpoint.exit = std::move(exits.front());
  }

  std::vector<std::pair<ChannelIndex, double>> read_channels(Section& section) {
    std::vector<std::pair<ChannelIndex, double>> channels;
    for (const yaml::Entry& entry : section.entries("channels", NameStyle::slug)) {
      const auto channel = check_channel(*entry.key);
      const auto weight = number(*entry.value, "a weight");
      if (channel && weight) channels.emplace_back(*channel, *weight);
    }
    return channels;
  }

  void read_next(Section& section, TouchpointSimulation& touchpoint) {
    touchpoint.next.clear();
    const Node* node = section.find("next");
    if (node->kind == Kind::sequence && node->items.empty()) return;  // the path ends here
    constexpr std::array<std::string_view, 3> keys{"share", "after", "at"};
    for (const yaml::Entry& entry : section.entries("next", NameStyle::identifier)) {
      const auto to = position(*entry.key);
      Section step(findings_, *entry.value, fmt::format("the step to `{}`", entry.key->text));
      if (!to || !step.is_mapping()) continue;
      step.allow(keys);
      NextStep next{.to = *to};
      if (const Node* weight = step.find("share")) next.share = number(*weight, "`share`").value_or(1);
      next.after = delay(step, "after").value_or(Delay{});
      next.at = step.name("at", NameStyle::identifier).value_or("");
      touchpoint.next.push_back(std::move(next));
    }
  }

  void read_hop(Section& section, TouchpointSimulation& touchpoint) {
    const Node* node = section.find("hop");
    if (node == nullptr) return;
    constexpr std::array<std::string_view, 2> keys{"to", "share"};
    Section hop(findings_, *node, "`hop`");
    if (!hop.is_mapping()) return;
    hop.allow(keys);
    if (const Node* to = hop.require("to")) touchpoint.hop_to = check_channel(*to);
    touchpoint.hop = share(hop, "share").value_or(0);
  }

  /// One event, or a list of them.
  std::vector<SideEvent> read_side_events(Section& section, std::string_view key) {
    std::vector<SideEvent> events;
    const Node* node = section.find(key);
    if (node == nullptr) return events;
    std::vector<const Node*> items = node->items;
    if (node->kind == Kind::mapping) items = {node};
    constexpr std::array<std::string_view, 5> keys{"event", "channel", "share", "after", "properties"};
    for (const Node* item : items) {
      Section side(findings_, *item, fmt::format("an event of `{}`", key));
      if (!side.is_mapping()) continue;
      side.allow(keys);
      side.require("event");
      SideEvent event;
      event.type = side.name("event", NameStyle::free).value_or("");
      if (const Node* channel = side.find("channel"); channel != nullptr && check_channel(*channel)) {
        event.channel = channel->text;
      }
      event.share = share(side, "share").value_or(1);
      event.after = delay(side, "after").value_or(Delay{});
      event.properties = read_sources(side, "properties");
      events.push_back(std::move(event));
    }
    return events;
  }

  void read_friction(const Node& node) {
    Section section(findings_, node, "a planted friction");
    if (!section.is_mapping()) return;
    constexpr std::array<std::string_view, 8> keys{"name", "at",  "where", "share",
                                                   "drop", "hop", "after", "score"};
    section.allow(keys);
    section.require("at");
    PlantedFriction planted;
    planted.name = section.text("name").value_or("");
    if (const Node* at = section.find("at")) planted.at = position(*at).value_or(TouchpointIndex{});
    for (const yaml::Entry& entry : section.entries("where", NameStyle::identifier)) {
      std::vector<Value> values;
      if (entry.value->kind == Kind::scalar) values.push_back(shape::to_value(*entry.value));
      for (const Node* item : entry.value->items) values.push_back(shape::to_value(*item));
      check_where(*entry.key);
      planted.where.emplace_back(entry.key->text, std::move(values));
    }
    planted.share = share(section, "share").value_or(1);
    planted.drop = share(section, "drop");
    planted.hop = share(section, "hop");
    planted.after = delay(section, "after");
    if (const Node* score = section.find("score")) planted.score = weights(*score);
    if (planted.name.empty()) planted.name = fmt::format("friction {}", simulation_.friction.size() + 1);
    simulation_.friction.push_back(std::move(planted));
  }

  void check_references() {
    std::vector<std::string_view> known{"key", "customer"};
    for (const ValueSources* sources : {&simulation_.draw, &simulation_.traits}) {
      for (const auto& [own, source] : *sources) known.push_back(own);
    }
    known.insert(known.end(), remembered_.begin(), remembered_.end());
    for (const Node* node : references_) {
      const std::string_view name = std::string_view(node->text).substr(1);
      if (std::ranges::find(known, name) != known.end()) continue;
      findings_.error("S004", node->mark, fmt::format("`${}` stands for nothing", name),
                      did_you_mean_or_list(name, known));
    }
  }

  void check_where(const Node& name) {
    std::vector<std::string_view> known{"channel", "delayed"};
    for (const ValueSources* sources : {&simulation_.draw, &simulation_.traits}) {
      for (const auto& [own, source] : *sources) known.push_back(own);
    }
    if (std::ranges::find(known, name.text) != known.end()) return;
    findings_.error("S004", name.mark, fmt::format("`{}` is neither drawn nor a trait", name.text),
                    did_you_mean_or_list(name.text, known));
  }

  ValueSources read_sources(Section& section, std::string_view key) {
    ValueSources sources;
    if (section.find(key) == nullptr) return sources;
    for (const yaml::Entry& entry : section.entries(key, NameStyle::slug)) {
      sources.emplace_back(entry.key->text, source(*entry.value));
    }
    return sources;
  }

  ValueSource source(const Node& node) {
    if (node.kind == Kind::scalar) {
      if (node.plain && node.text.starts_with('$')) {
        references_.push_back(&node);
        return {.how = NameReference{node.text.substr(1)}, .as = {}};
      }
      return {.how = shape::to_value(node), .as = {}};
    }
    if (node.kind != Kind::mapping) {
      findings_.error(
          "S003", node.mark, fmt::format("a value cannot be {}", shape::kind_of(node)),
          "write a value, `$name`, `{between: [1, 10]}`, `{after: [1d, 3d]}` or weights: `{a: 70, b: 30}`");
      return {};
    }
    ValueSource made;
    if (const Node* as = node.find("as")) {
      made.as = as->text;
      remembered_.push_back(as->text);
    }
    if (const Node* ends = node.find("between")) {
      made.how = between(*ends);
    } else if (const Node* after = node.find("after")) {
      made.how = delay_of(*after).value_or(Delay{});
    } else {
      made.how = weights(node);
    }
    return made;
  }

  Between between(const Node& node) {
    Between made;
    if (node.items.size() != 2) {
      findings_.error("S003", node.mark, "`between` is a list of two numbers", "write `between: [1, 10]`");
      return made;
    }
    made.from = number(*node.items[0], "an end of `between`").value_or(0);
    made.to = number(*node.items[1], "an end of `between`").value_or(0);
    made.whole = std::ranges::all_of(
        node.items, [](const Node* item) { return item->scalar_type() == ScalarType::integer; });
    return made;
  }

  Weights weights(const Node& node) {
    Weights made;
    if (node.kind != Kind::mapping) {
      findings_.error("S003", node.mark, "weights are a mapping", "write `{a: 70, b: 30}`");
      return made;
    }
    double total = 0;
    for (const yaml::Entry& entry : node.entries) {
      const auto weight = number(*entry.value, fmt::format("the weight of `{}`", entry.key->text));
      total += weight.value_or(1);
      made.items.emplace_back(shape::to_value(*entry.key), weight.value_or(1));
    }
    if (total <= 0) findings_.error("S003", node.mark, "the weights add up to nothing");
    return made;
  }

  std::optional<double> number(const Node& node, std::string_view what) {
    const auto value = node.kind == Kind::scalar ? shape::to_double(node) : std::nullopt;
    if (!value || *value < 0) {
      findings_.error("S003", node.mark, fmt::format("{} must be a number from 0", what));
      return std::nullopt;
    }
    return value;
  }

  /// `12%` or `0.12`.
  std::optional<double> share(Section& section, std::string_view key) {
    const Node* node = section.find(key);
    if (node == nullptr) return std::nullopt;
    std::optional<double> value;
    if (node->kind == Kind::scalar && node->text.ends_with('%')) {
      Node number = *node;
      number.text.pop_back();
      while (number.text.ends_with(' ')) number.text.pop_back();
      value = shape::to_double(number);
      constexpr double percent = 100;
      if (value) *value /= percent;
    } else if (node->kind == Kind::scalar) {
      value = shape::to_double(*node);
    }
    if (!value || *value < 0 || *value > 1) {
      findings_.error("S001", node->mark, fmt::format("`{}` is no share", key), "write `12%` or `0.12`");
      return std::nullopt;
    }
    return value;
  }

  std::optional<Delay> delay(Section& section, std::string_view key) {
    const Node* node = section.find(key);
    return node == nullptr ? std::nullopt : delay_of(*node);
  }

  /// `2h`, or `[1h, 3d]`: at some time between.
  std::optional<Delay> delay_of(const Node& node) {
    std::vector<Duration> ends;
    if (node.kind == Kind::scalar) {
      if (const auto duration = parse_duration(node.text)) ends = {*duration, *duration};
    }
    for (const Node* item : node.items) {
      if (const auto duration = parse_duration(item->text)) ends.push_back(*duration);
    }
    if (ends.size() != 2 || ends[0] > ends[1]) {
      findings_.error("S002", node.mark, "this is no delay",
                      "write `2h`, or `[1h, 3d]` for some time between");
      return std::nullopt;
    }
    return Delay{.from = ends[0], .to = ends[1]};
  }

  std::optional<ChannelIndex> check_channel(const Node& node) {
    const auto channel = journey_.find_channel(node.text);
    if (!channel) {
      const std::vector<std::string_view> known(journey_.channels.begin(), journey_.channels.end());
      findings_.error("S004", node.mark, fmt::format("`{}` is no channel", node.text),
                      did_you_mean_or_list(node.text, known));
    }
    return channel;
  }

  std::optional<TouchpointIndex> position(const Node& node) {
    const auto index = journey_.find_touchpoint(node.text);
    if (index && at(journey_.touchpoints, *index).kind == TouchpointKind::inbound) return index;
    std::vector<std::string_view> known;
    for (const Touchpoint& touchpoint : journey_.touchpoints) {
      if (touchpoint.kind == TouchpointKind::inbound) known.push_back(touchpoint.id);
    }
    findings_.error("S004", node.mark,
                    index ? fmt::format("`{}` is reached by no event", node.text)
                          : fmt::format("`{}` is no touchpoint", node.text),
                    index ? "simulate touchpoints with `on`; the others follow from them"
                          : did_you_mean(node.text, known));
    return std::nullopt;
  }

  Findings& findings_;
  const Journey& journey_;
  Simulation simulation_;
  std::vector<const Node*> references_;  // `$name`, looked up once all names are known
  std::vector<std::string> remembered_;  // by `as`
};

}  // namespace

Loaded<Simulation> load_simulation(std::string_view file, std::string_view text, const Journey& journey,
                                   const FileLimits& limits) {
  Findings findings(file, yaml::without_byte_order_mark(text));
  const auto document = yaml::parse(findings, limits);
  if (!document) return {std::nullopt, findings.take()};
  Simulation simulation = SimulationReader(findings, journey).read(document->root());
  if (findings.has_errors()) return {std::nullopt, findings.take()};
  return {std::move(simulation), findings.take()};
}

}  // namespace lotse
