#include "engine/journey/read_journey.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

namespace lotse {

using shape::NameStyle;
using shape::Section;
using yaml::Kind;
using yaml::Node;
using yaml::ScalarType;

namespace {

constexpr std::array<std::string_view, 21> journey_keys{
    "journey",       "version",  "title",    "description", "owner",   "key",      "reentry",
    "abandon_after", "value",    "stages",   "segments",    "context", "remember", "anywhere",
    "exit_when",     "promises", "feedback", "touchpoints", "migrate", "off_path", "in_force_from"};

constexpr Absent no_instance{.instance = true, .why = "`key` is read before there is an instance"};
constexpr Absent no_event_in_reports{.event = true, .why = "it is read at any time, not only at an event"};
constexpr Absent no_event_in_promises{.event = true, .why = "a promise is read without an event"};

constexpr std::array<std::string_view, 2> instances_words{"this", "all"};

/// A risk passes with time; what is kept from event to event would be that of some past moment.
void refuse_risk(Findings& findings, const PlacedExpression& expression, std::string_view name) {
  for (const Expression::Reference& reference : expression.expression.references()) {
    if (reference.variable != static_cast<std::uint32_t>(Variable::risk)) continue;
    findings.error("J037", expression.site.place(findings, reference.offset),
                   fmt::format("{} reads `risk`, but it is looked at only when something happens, and a risk "
                               "passes with time",
                               name),
                   "put it on a timed transition: {to: call_back, after: 2d, when: risk > 0.4}");
  }
}

struct TypeWord {
  std::string_view word;
  TypeKind kind;
};
constexpr std::array type_words{TypeWord{"string", TypeKind::string},
                                TypeWord{"number", TypeKind::floating},
                                TypeWord{"integer", TypeKind::integer},
                                TypeWord{"boolean", TypeKind::boolean},
                                TypeWord{"timestamp", TypeKind::timestamp},
                                TypeWord{"duration", TypeKind::duration},
                                TypeWord{"list", TypeKind::list},
                                TypeWord{"map", TypeKind::map},
                                TypeWord{"any", TypeKind::dyn}};

/// `default:` in the type of its field; nothing where it does not fit.
std::optional<Value> value_of_type(const Node& node, TypeKind type) {
  const bool scalar = node.kind == Kind::scalar;
  const ScalarType as = scalar ? node.scalar_type() : ScalarType::text;
  switch (type) {
    case TypeKind::dyn:
      return shape::to_value(node);
    case TypeKind::list:
      return node.kind == Kind::sequence ? std::optional(shape::to_value(node)) : std::nullopt;
    case TypeKind::map:
      return node.kind == Kind::mapping ? std::optional(shape::to_value(node)) : std::nullopt;
    case TypeKind::string:
      return scalar && as == ScalarType::text ? std::optional(Value(node.text)) : std::nullopt;
    case TypeKind::boolean:
      return scalar && as == ScalarType::boolean ? std::optional(shape::to_value(node)) : std::nullopt;
    case TypeKind::integer: {
      const auto value = scalar && as == ScalarType::integer ? shape::to_integer(node) : std::nullopt;
      return value ? std::optional(Value(*value)) : std::nullopt;
    }
    case TypeKind::floating: {
      const bool numeric = scalar && (as == ScalarType::integer || as == ScalarType::number);
      const auto value = numeric ? shape::to_double(node) : std::nullopt;
      return value ? std::optional(Value(*value)) : std::nullopt;
    }
    case TypeKind::timestamp: {
      const auto value = scalar && as == ScalarType::text ? parse_instant(node.text) : std::nullopt;
      return value ? std::optional(Value(*value)) : std::nullopt;
    }
    case TypeKind::duration: {
      const auto value = scalar && as == ScalarType::text ? parse_duration(node.text) : std::nullopt;
      if (!value) return std::nullopt;
      const auto seconds = std::chrono::floor<std::chrono::seconds>(*value);
      return Value(
          CelDuration{seconds.count(), static_cast<std::int32_t>((*value - seconds).count() * 1'000'000)});
    }
    case TypeKind::null:
    case TypeKind::unsigned_integer:
    case TypeKind::bytes:
    case TypeKind::type:
      break;
  }
  return std::nullopt;
}

}  // namespace

JourneyReader::JourneyReader(Findings& findings, const Channels& channels, const FileLimits& limits)
    : findings_(findings),
      channels_(channels),
      limits_(limits),
      expressions_(findings, journey_.environment) {
  for (const Channel& channel : channels.channels) {
    channel_names_.emplace(channel.id, static_cast<std::uint32_t>(journey_.channels.size()));
    journey_.channels.push_back(channel.id);
  }
}

Draft JourneyReader::read(const Node& node) {
  draft_.root = &node;
  Section root(findings_, node, "a journey file");
  if (!root.is_mapping()) return std::move(draft_);
  root.allow(journey_keys);
  read_head(root);
  read_stages(root);
  read_context(root);
  announce_touchpoints(root);
  make_environment();
  journey_.key = read_elsewhere(root, "key", Wanted::key, no_instance);
  journey_.value = read_elsewhere(root, "value", Wanted::number, no_event_in_reports);
  if (journey_.value) refuse_risk(findings_, draft_.elsewhere.back(), "`value`");
  read_segments(root);
  read_touchpoints(journey_.owner);
  read_transitions(root, "anywhere", journey_.anywhere, draft_.anywhere);
  read_remember(root);
  read_exits(root);
  read_promises(root);
  read_feedback(root);
  read_migration(root);
  sort_event_types();
  journey_.reads_risk = expressions_.refers_to(Variable::risk);
  std::uint32_t ordinal = 0;
  for (Touchpoint& touchpoint : journey_.touchpoints) {
    for (Transition& transition : touchpoint.next) transition.ordinal = ordinal++;
  }
  for (Transition& transition : journey_.anywhere) transition.ordinal = ordinal++;
  return std::move(draft_);
}

void JourneyReader::read_head(Section& root) {
  root.require("journey");
  journey_.id = root.name("journey", NameStyle::slug).value_or("");
  constexpr std::int64_t version_max = std::numeric_limits<std::int32_t>::max();
  journey_.version = static_cast<std::uint32_t>(root.integer("version", 1, version_max).value_or(1));
  journey_.title = root.text("title").value_or(journey_.id);
  journey_.description = root.text("description").value_or("");
  journey_.owner = root.text("owner").value_or("");
  constexpr std::array<std::string_view, 4> reentries{"never", "after_end", "unless_goal_achieved", "always"};
  if (const auto reentry = root.choice("reentry", reentries))
    journey_.reentry = static_cast<Reentry>(*reentry);
  journey_.abandon_after = read_abandon_after(root).value_or(default_abandon_after);
  constexpr std::array<std::string_view, 1> off_path{"ignore"};
  journey_.off_path_ignore = root.choice("off_path", off_path).has_value();
  if (const auto text = root.text("in_force_from")) {
    journey_.in_force_from = parse_instant(*text);
    if (!journey_.in_force_from) {
      findings_.error("J014", root.find("in_force_from")->mark, fmt::format("`{}` is no instant", *text),
                      "write it with its offset from UTC: 2024-03-01T09:00:00Z or 2024-03-01T09:00:00+01:00");
    }
  }
}

void JourneyReader::read_stages(Section& root) {
  for (const Node* stage : root.name_list("stages", NameStyle::slug)) {
    stage_names_.emplace(stage->text, static_cast<std::uint32_t>(journey_.stages.size()));
    journey_.stages.push_back(stage->text);
  }
}

void JourneyReader::read_context(Section& root) {
  constexpr std::array<std::string_view, 5> keys{"type", "default", "sensitive", "fresh_for", "description"};
  std::vector<std::string_view> words;
  for (const TypeWord& type : type_words) words.push_back(type.word);
  for (const yaml::Entry& entry : root.entries("context", NameStyle::identifier)) {
    Section section(findings_, *entry.value, fmt::format("context field `{}`", entry.key->text));
    ContextField field;
    field.name = entry.key->text;
    if (section.is_mapping()) {
      section.allow(keys);
      section.require("type");
      if (const auto type = section.choice("type", words)) field.type.kind = type_words[*type].kind;
      field.sensitive = section.boolean("sensitive").value_or(false);
      field.fresh_for = section.duration("fresh_for");
      field.description = section.text("description").value_or("");
      if (const Node* initial = section.find("default")) {
        field.initial = value_of_type(*initial, field.type.kind);
        if (!field.initial) {
          findings_.error("J038", initial->mark,
                          fmt::format("`{}` keeps {}; its default is {}", field.name, word_for(field.type),
                                      shape::kind_of(*initial)));
        }
      }
    }
    field_names_.emplace(field.name, static_cast<std::uint32_t>(journey_.context.size()));
    journey_.context.push_back(std::move(field));
  }
}

void JourneyReader::announce_touchpoints(Section& root) {
  const Node* node = root.require("touchpoints");
  if (node == nullptr) return;
  if (node->entries.size() > limits_.touchpoints) {
    findings_.error(
        "J003", node->mark,
        fmt::format("{} touchpoints; at most {} are read", node->entries.size(), limits_.touchpoints));
    return;
  }
  for (const yaml::Entry& entry : root.entries("touchpoints", NameStyle::identifier)) {
    const auto has = [&](std::string_view key) { return entry.value->find(key) != nullptr; };
    Announced announced{entry, std::nullopt};
    const int kinds = (has("on") ? 1 : 0) + (has("send") ? 1 : 0) + (has("handover") ? 1 : 0);
    if (kinds == 1) {
      announced.kind = has("on")     ? TouchpointKind::inbound
                       : has("send") ? TouchpointKind::outbound
                                     : TouchpointKind::handover;
    } else if (kinds == 0 && has("when")) {
      announced.kind = TouchpointKind::milestone;
    }
    touchpoint_names_.emplace(entry.key->text, static_cast<std::uint32_t>(announced_.size()));
    announced_.push_back(announced);
  }
}

void JourneyReader::make_environment() {
  const auto variable = [&](std::string name, TypeKind kind) {
    Environment::Variable made;
    made.name = std::move(name);
    made.type.kind = kind;
    journey_.environment.variables.push_back(std::move(made));
    return &journey_.environment.variables.back();
  };
  variable("event", TypeKind::dyn);
  Environment::Variable* context = variable("context", TypeKind::map);
  context->record = true;
  for (const ContextField& field : journey_.context) context->fields.push_back({field.name, field.type});
  variable("customer", TypeKind::dyn);
  Environment::Variable* visits = variable("visits", TypeKind::map);
  visits->record = true;
  for (const Announced& announced : announced_) {
    visits->fields.push_back({announced.entry.key->text, {TypeKind::integer, {}}});
  }
  variable("channel", TypeKind::string);
  variable("now", TypeKind::timestamp);
  variable("risk", TypeKind::floating);
}

void JourneyReader::read_segments(Section& root) {
  for (const yaml::Entry& entry : root.entries("segments", NameStyle::slug)) {
    auto value = expressions_.read(*entry.value, fmt::format("segment `{}`", entry.key->text),
                                   Wanted::anything, no_event_in_reports);
    if (!value) continue;
    refuse_risk(findings_, *value, fmt::format("segment `{}`", entry.key->text));
    journey_.segments.push_back({entry.key->text, value->expression});
    draft_.elsewhere.push_back(*std::move(value));
  }
}

void JourneyReader::read_remember(Section& root) {
  constexpr std::array<std::string_view, 4> keys{"on", "when", "capture", "instances"};
  for (const Node* item : root.items("remember")) {
    Section section(findings_, *item, "a `remember` rule");
    if (!section.is_mapping()) continue;
    section.allow(keys);
    section.require("on");
    section.require("capture");
    RememberRule rule;
    rule.on = read_event_types(section);
    rule.when = read_elsewhere(section, "when", Wanted::condition);
    rule.capture = read_capture(section, {}, draft_.elsewhere);
    rule.all_instances = section.choice("instances", instances_words) == 1;
    rule.where = findings_.location(item->mark);
    journey_.remember.push_back(std::move(rule));
  }
}

void JourneyReader::read_exits(Section& root) {
  constexpr std::array<std::string_view, 4> keys{"on", "when", "outcome", "instances"};
  for (const Node* item : root.items("exit_when")) {
    Section section(findings_, *item, "an `exit_when` rule");
    if (!section.is_mapping()) continue;
    section.allow(keys);
    section.require("on");
    section.require("outcome");
    ExitRule rule;
    rule.on = read_event_types(section);
    rule.when = read_elsewhere(section, "when", Wanted::condition);
    rule.outcome = read_outcome(section, "outcome").value_or(OutcomeIndex{});
    rule.all_instances = section.choice("instances", instances_words) == 1;
    rule.where = findings_.location(item->mark);
    journey_.exit_when.push_back(std::move(rule));
  }
}

void JourneyReader::read_promises(Section& root) {
  constexpr std::array<std::string_view, 5> keys{"name", "from", "until", "within", "by"};
  std::map<std::string, const Node*, std::less<>> seen;
  for (const Node* item : root.items("promises")) {
    Section section(findings_, *item, "a promise");
    if (!section.is_mapping()) continue;
    section.allow(keys);
    JourneyPromise promise;
    const Node* name = section.require("name");
    promise.name = section.name("name", NameStyle::slug).value_or("");
    if (!promise.name.empty()) {
      const auto [first, is_new] = seen.emplace(promise.name, name);
      if (!is_new) {
        findings_.error("J034", name->mark, fmt::format("two promises are called `{}`", promise.name))
            .notes.push_back({findings_.location(first->second->mark), "the first"});
      }
    }
    const auto end = [&](std::string_view key) {
      const Node* node = section.require(key);
      const bool named = node != nullptr && section.name(key, NameStyle::identifier).has_value();
      return named ? touchpoint(*node) : std::nullopt;
    };
    const auto from = end("from");
    const auto until = end("until");
    promise.from = from.value_or(TouchpointIndex{});
    promise.until = until.value_or(TouchpointIndex{});
    if (section.find("by") != nullptr) {
      section.refuse("within", "a promise has either `within` or `by`");
      promise.by = read_elsewhere(section, "by", Wanted::instant, no_event_in_promises);
    } else {
      section.require("within");
      promise.within = section.duration("within").value_or(Duration{0});
    }
    promise.where = findings_.location(item->mark);
    journey_.promises.push_back(std::move(promise));
  }
}

void JourneyReader::read_feedback(Section& root) {
  constexpr std::array<std::string_view, 6> keys{"on", "when", "scale", "score", "comment", "about"};
  constexpr std::array<std::string_view, 5> scales{"nps", "csat5", "ces7", "stars", "sentiment"};
  for (const Node* item : root.items("feedback")) {
    Section section(findings_, *item, "a `feedback` rule");
    if (!section.is_mapping()) continue;
    section.allow(keys);
    section.require("on");
    section.require("scale");
    section.require("score");
    const auto on = read_event_types(section);
    const auto scale = section.choice("scale", scales);
    const auto score = read_elsewhere(section, "score", Wanted::number);
    auto comment = read_elsewhere(section, "comment", Wanted::text);
    auto about = read_elsewhere(section, "about", Wanted::text);
    auto when = read_elsewhere(section, "when", Wanted::condition);
    if (!scale || !score) continue;
    journey_.feedback.push_back({on, static_cast<Scale>(*scale), *score, std::move(comment), std::move(about),
                                 std::move(when), findings_.location(item->mark)});
  }
}

void JourneyReader::read_migration(Section& root) {
  const Node* node = root.find("migrate");
  if (node == nullptr) return;
  constexpr std::array<std::string_view, 3> keys{"from", "positions", "replay"};
  Section section(findings_, *node, "`migrate`");
  if (!section.is_mapping()) return;
  section.allow(keys);
  Migration migration;
  const Node* from = section.require("from");
  if (from != nullptr && from->kind != Kind::sequence) {
    shape::wrong_type(findings_, *from, "`from`", "a list of versions", "write `from: [2]`");
  } else if (from != nullptr) {
    if (from->items.empty()) findings_.error("J017", from->mark, "`from` is an empty list");
    shape::refuse_repetitions(findings_, from->items, "`from`");
    for (const Node* item : from->items) {
      constexpr std::int64_t version_max = std::numeric_limits<std::int32_t>::max();
      const auto version = shape::read_integer(findings_, *item, "a version", 1, version_max);
      if (!version) continue;
      if (*version >= journey_.version) {
        findings_.error("J039", item->mark,
                        fmt::format("version {} takes over instances of older versions; {} is none",
                                    journey_.version, *version));
      }
      migration.from.push_back(static_cast<std::uint32_t>(*version));
    }
  }
  migration.replay = section.boolean("replay").value_or(false);
  if (section.find("replay") != nullptr) {
    section.refuse("positions", "`replay` derives the positions anew: leave `positions` out");
  }
  for (const yaml::Entry& entry : section.entries("positions", NameStyle::identifier)) {
    if (!shape::is_name(findings_, *entry.value, fmt::format("`{}`", entry.key->text), NameStyle::identifier))
      continue;
    if (const auto to = touchpoint(*entry.value)) migration.positions.emplace_back(entry.key->text, *to);
  }
  journey_.migrate = std::move(migration);
}

void JourneyReader::sort_event_types() {
  std::vector<std::uint32_t> sorted(event_types_.size());
  for (const auto& [type, provisional] : event_types_) {  // a std::map is in bytewise order
    sorted[provisional] = static_cast<std::uint32_t>(journey_.event_types.size());
    journey_.event_types.push_back(type);
  }
  const auto renumber = [&](std::vector<EventTypeIndex>& types) {
    for (EventTypeIndex& type : types) type = EventTypeIndex(sorted[type.value()]);
    std::sort(types.begin(), types.end());
  };
  for (Touchpoint& touchpoint : journey_.touchpoints) {
    renumber(touchpoint.on);
    for (Transition& transition : touchpoint.next) renumber(transition.on);
  }
  for (Transition& transition : journey_.anywhere) renumber(transition.on);
  for (RememberRule& rule : journey_.remember) renumber(rule.on);
  for (ExitRule& rule : journey_.exit_when) renumber(rule.on);
  for (FeedbackRule& rule : journey_.feedback) renumber(rule.on);
}

std::optional<AbandonAfter> JourneyReader::read_abandon_after(Section& section) {
  const Node* node = section.find("abandon_after");
  if (node == nullptr) return std::nullopt;
  if (node->kind == Kind::scalar && node->text == "never") return Never{};
  const auto duration = section.duration("abandon_after");
  if (!duration) return std::nullopt;
  if (*duration == Duration{0}) {
    findings_.error("J049", node->mark, "silence of no length at all would drop every customer at once",
                    "write how long silence must last, or `never`");
  }
  return *duration;
}

std::vector<EventTypeIndex> JourneyReader::read_event_types(Section& section) {
  std::vector<EventTypeIndex> types;
  for (const Node* name : section.names("on", NameStyle::free)) {
    const auto provisional = static_cast<std::uint32_t>(event_types_.size());
    types.emplace_back(event_types_.emplace(name->text, provisional).first->second);
  }
  return types;
}

std::vector<Capture> JourneyReader::read_capture(Section& section, const Absent& absent,
                                                 std::vector<PlacedExpression>& placed) {
  std::vector<Capture> captures;
  for (const yaml::Entry& entry : section.entries("capture", NameStyle::identifier)) {
    const auto field = look_up(field_names_, *entry.key, "J033", "context field");
    auto value =
        expressions_.read(*entry.value, fmt::format("`{}`", entry.key->text), Wanted::anything, absent);
    if (!field || !value) continue;
    const Type& type = journey_.context[*field].type;
    if (!can_hold(type, value->expression.type())) {
      findings_.error("J036", value->site.place(findings_, 0),
                      fmt::format("`{}` keeps {}; this gives {}", entry.key->text, word_for(type),
                                  word_for(value->expression.type())));
    }
    captures.push_back({FieldIndex(*field), value->expression});
    placed.push_back(*std::move(value));
  }
  return captures;
}

std::optional<Expression> JourneyReader::read_elsewhere(Section& section, std::string_view key, Wanted wanted,
                                                        const Absent& absent) {
  const Node* node = section.find(key);
  if (node == nullptr) return std::nullopt;
  const std::string name = fmt::format("`{}`", key);
  auto placed = wanted == Wanted::condition ? expressions_.read_condition(*node, name, absent)
                                            : expressions_.read(*node, name, wanted, absent);
  if (!placed) return std::nullopt;
  draft_.elsewhere.push_back(*placed);
  if (wanted == Wanted::condition) draft_.rule_conditions.push_back(*placed);
  return placed->expression;
}

std::optional<std::uint32_t> JourneyReader::look_up(const Names& names, const Node& node, const char* code,
                                                    std::string_view what) {
  const auto found = names.find(node.text);
  if (found != names.end()) return found->second;
  std::vector<std::string_view> candidates;
  for (const auto& [name, index] : names) candidates.push_back(name);
  std::string hint = did_you_mean_or_list(node.text, candidates);
  if (candidates.empty()) hint = fmt::format("no {} is declared", what);
  findings_.error(code, node.mark, fmt::format("`{}` is no {}", node.text, what), std::move(hint));
  return std::nullopt;
}

std::optional<TouchpointIndex> JourneyReader::touchpoint(const Node& node) {
  const auto index = look_up(touchpoint_names_, node, "J030", "touchpoint");
  return index ? std::optional(TouchpointIndex(*index)) : std::nullopt;
}

std::vector<FieldIndex> JourneyReader::read_fields(Section& section, std::string_view key) {
  std::vector<FieldIndex> fields;
  for (const Node* name : section.names(key, NameStyle::identifier)) {
    if (const auto field = look_up(field_names_, *name, "J033", "context field")) fields.emplace_back(*field);
  }
  return fields;
}

std::optional<OutcomeIndex> JourneyReader::read_outcome(Section& section, std::string_view key) {
  const auto name = section.name(key, NameStyle::slug);
  if (!name) return std::nullopt;
  const auto [found, is_new] =
      outcome_names_.emplace(*name, static_cast<std::uint32_t>(journey_.outcomes.size()));
  if (is_new) journey_.outcomes.push_back(*name);
  return OutcomeIndex(found->second);
}

}  // namespace lotse
