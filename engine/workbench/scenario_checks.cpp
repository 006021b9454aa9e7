#include "engine/workbench/scenario_checks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <utility>

#include "engine/journey/shape.hpp"

namespace lotse::scenario {

using shape::NameStyle;
using yaml::Kind;
using yaml::Node;

namespace {

constexpr std::array<std::string_view, 17> kKeys{"position",
                                                 "status",
                                                 "outcome",
                                                 "channel",
                                                 "stage",
                                                 "instances",
                                                 "context",
                                                 "visited",
                                                 "stays",
                                                 "sent",
                                                 "not_sent",
                                                 "tasks",
                                                 "feedback",
                                                 "coming",
                                                 "promises",
                                                 "unattributed_feedback",
                                                 "starts_without_key"};
constexpr std::array<std::string_view, 5> kStatuses{"active", "achieved", "exited", "dropped", "none"};
constexpr std::array<std::string_view, 7> kCauses{"open",    "advanced", "hopped",  "went_back",
                                                  "dropped", "exited",   "achieved"};
constexpr std::array<std::string_view, 8> kEntries{"start",   "transition", "milestone", "went_back",
                                                   "skipped", "elsewhere",  "hop",       "returned"};
constexpr std::array<std::string_view, 4> kTaskStatuses{"none", "open", "done", "withdrawn"};
constexpr std::array<std::string_view, 5> kScales{"nps", "csat5", "ces7", "stars", "sentiment"};

/// A value as it stands in the file, short.
std::string written(const Node& node) {
  switch (node.kind) {
    case Kind::null:
      return "nothing";
    case Kind::scalar:
      return node.text;
    case Kind::sequence: {
      std::string text;
      for (const Node* item : node.items) text += (text.empty() ? "" : ", ") + written(*item);
      return "[" + text + "]";
    }
    case Kind::mapping:
      break;
  }
  std::string text;
  for (const yaml::Entry& entry : node.entries) {
    text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", entry.key->text, written(*entry.value));
  }
  return "{" + text + "}";
}

std::string found_text(const Value* value, const Zone& zone) {
  if (value == nullptr || value->is_null()) return "unknown";
  if (std::holds_alternative<Timestamp>(value->rep())) return local_text(*value->instant(), zone);
  return value->string() != nullptr ? *value->string() : describe(*value);
}

/// Whether a value is as the file has it: a scalar by its meaning (numbers by amount, instants by time), a
/// list item by item, a mapping by the keys that it names. `~` expects nothing to be there.
bool matches(const Node& node, const Value* value, const Zone& zone) {
  const bool absent = value == nullptr || value->is_null();
  if (node.kind == Kind::null) return absent;
  if (absent) return false;
  if (node.kind == Kind::mapping) {
    return std::ranges::all_of(node.entries, [&](const yaml::Entry& entry) {
      return matches(*entry.value, value->find(entry.key->text), zone);
    });
  }
  if (node.kind == Kind::sequence) {
    const List* list = value->list();
    if (list == nullptr || list->size() != node.items.size()) return false;
    for (std::size_t index = 0; index < list->size(); ++index) {
      if (!matches(*node.items[index], &(*list)[index], zone)) return false;
    }
    return true;
  }
  const Value wanted = shape::to_value(node);
  if (std::holds_alternative<Timestamp>(value->rep()))
    return value->instant() == read_local_instant(node.text, zone);
  if (const auto number = wanted.number()) return value->number() == number;
  if (wanted.identical(*value)) return true;
  if (const auto* duration = std::get_if<CelDuration>(&value->rep())) {
    const auto expected = parse_duration(node.text);
    return expected && *expected == std::chrono::seconds(duration->seconds);
  }
  // A text that another system wrote otherwise: the same instant is the same value.
  const auto instant = read_local_instant(node.text, zone);
  return instant && value->string() != nullptr && value->instant() == instant;
}

const Touchpoint& touchpoint_of(const Situation& situation, TouchpointIndex index) {
  return lotse::at(situation.journey().touchpoints, index);
}

std::string position_text(const Situation& situation) {
  const Instance* instance = situation.instance;
  if (instance == nullptr) return fmt::format("{} is not in the journey", situation.customer);
  const Stay& stay = instance->stays.back();
  const std::string& id = touchpoint_of(situation, stay.at).id;
  const std::string since = local_text(stay.entered, situation.zone);
  if (!instance->ended) return fmt::format("{} stands at `{}` since {}", situation.customer, id, since);
  return fmt::format("{} left at `{}` ({}) at {}", situation.customer, id,
                     kCauses.at(static_cast<std::size_t>(stay.cause)),
                     local_text(instance->ended_at, situation.zone));
}

std::string stays_text(const Situation& situation) {
  std::string text;
  if (situation.instance == nullptr) return "nothing";
  for (const Stay& stay : situation.instance->stays) {
    text += (text.empty() ? "" : ", ") + touchpoint_of(situation, stay.at).id;
  }
  return text;
}

/// An effect with the journey version that it belongs to.
struct FoundEffect {
  const Effect* effect;
  const Journey* journey;
  const Touchpoint* touchpoint;
};

std::vector<FoundEffect> effects_of(const Situation& situation, bool tasks) {
  std::vector<FoundEffect> found;
  for (const Effect& effect : situation.state.effects) {
    const Instance& instance = lotse::at(situation.state.instances, effect.instance);
    const Journey& journey = *lotse::at(situation.versions.versions, instance.version);
    const Touchpoint& touchpoint = lotse::at(journey.touchpoints, effect.touchpoint);
    if ((touchpoint.kind == TouchpointKind::handover) == tasks)
      found.push_back({&effect, &journey, &touchpoint});
  }
  return found;
}

std::string effects_text(const Situation& situation, const std::vector<FoundEffect>& effects) {
  std::string text;
  for (const FoundEffect& found : effects) {
    text += fmt::format("{}`{}` at {}", text.empty() ? "" : ", ", found.touchpoint->id,
                        local_text(found.effect->due, situation.zone));
    if (found.effect->task != TaskStatus::none) {
      text += fmt::format(" ({})", kTaskStatuses.at(static_cast<std::size_t>(found.effect->task)));
    }
  }
  return text.empty() ? "nothing" : text;
}

bool matches_instant(const Node& node, Instant instant, const Zone& zone) {
  return read_local_instant(node.text, zone) == instant;
}

bool matches_with(const Node& with, const FoundEffect& found, const Zone& zone) {
  if (!found.touchpoint->send) return false;
  const auto& names = found.touchpoint->send->with;
  return std::ranges::all_of(with.entries, [&](const yaml::Entry& entry) {
    for (std::size_t index = 0; index < names.size() && index < found.effect->with.size(); ++index) {
      if (names[index].first == entry.key->text)
        return matches(*entry.value, &found.effect->with[index], zone);
    }
    return false;
  });
}

bool matches_effect(const Node& item, const FoundEffect& found, const Zone& zone) {
  if (item.kind == Kind::scalar) return item.text == found.touchpoint->id;
  return std::ranges::all_of(item.entries, [&](const yaml::Entry& entry) {
    const std::string& key = entry.key->text;
    const Node& value = *entry.value;
    if (key == "touchpoint") return value.text == found.touchpoint->id;
    if (key == "at") return matches_instant(value, found.effect->due, zone);
    if (key == "due") return found.effect->deadline && matches_instant(value, *found.effect->deadline, zone);
    if (key == "team") return found.touchpoint->handover && value.text == found.touchpoint->handover->team;
    if (key == "status") return value.text == kTaskStatuses.at(static_cast<std::size_t>(found.effect->task));
    if (key == "with") return matches_with(value, found, zone);
    if (key == "template")
      return found.touchpoint->send && value.text == found.touchpoint->send->template_name;
    // `channel`: the one that is tried first, or by which it was handed out.
    const auto channel = found.effect->channel
                             ? found.effect->channel
                             : (found.touchpoint->channels.empty() ? std::optional<ChannelIndex>()
                                                                   : found.touchpoint->channels.front());
    return channel && value.text == lotse::at(found.journey->channels, *channel);
  });
}

bool matches_stay(const Node& item, const Situation& situation, const Stay& stay) {
  const std::string& id = touchpoint_of(situation, stay.at).id;
  if (item.kind == Kind::scalar) return item.text == id;
  return std::ranges::all_of(item.entries, [&](const yaml::Entry& entry) {
    const std::string& key = entry.key->text;
    const Node& value = *entry.value;
    if (key == "touchpoint") return value.text == id;
    if (key == "channel")
      return stay.channel && value.text == lotse::at(situation.journey().channels, *stay.channel);
    if (key == "entry") return value.text == kEntries.at(static_cast<std::size_t>(stay.entry));
    if (key == "left") return value.text == kCauses.at(static_cast<std::size_t>(stay.cause));
    if (key == "entered") return matches_instant(value, stay.entered, situation.zone);
    if (key == "repeats")
      return Value(std::int64_t{stay.repeats}).number() == shape::to_value(value).number();
    if (key == "recovered") return stay.recovered.has_value() == (value.text == "true");
    return stay.forced_hop == (value.text == "true");  // forced_hop
  });
}

bool matches_feedback(const Node& item, const Situation& situation, const Stay& stay,
                      const Feedback& feedback) {
  return std::ranges::all_of(item.entries, [&](const yaml::Entry& entry) {
    const std::string& key = entry.key->text;
    const Node& value = *entry.value;
    if (key == "touchpoint") return value.text == touchpoint_of(situation, stay.at).id;
    if (key == "scale") return value.text == kScales.at(static_cast<std::size_t>(feedback.scale));
    if (key == "score") return shape::to_value(value).number() == feedback.score;
    if (key == "at") return matches_instant(value, feedback.at, situation.zone);
    return value.text == feedback.comment;  // comment
  });
}

std::string feedback_text(const Situation& situation) {
  std::string text;
  for (const Instance& instance : situation.state.instances) {
    const Journey& journey = *lotse::at(situation.versions.versions, instance.version);
    for (const Stay& stay : instance.stays) {
      for (const Feedback& feedback : stay.feedback) {
        text += fmt::format("{}{} {} about `{}`", text.empty() ? "" : ", ",
                            kScales.at(static_cast<std::size_t>(feedback.scale)), feedback.score,
                            lotse::at(journey.touchpoints, stay.at).id);
      }
    }
  }
  return text.empty() ? "none" : text;
}

/// The instance's status in a word; `none` where there is no instance.
std::string_view status_word(const Situation& situation) {
  return situation.instance == nullptr ? "none"
                                       : kStatuses.at(static_cast<std::size_t>(situation.instance->status()));
}

std::string word_of(const Situation& situation, std::string_view key) {
  const Instance* instance = situation.instance;
  if (key == "status") return std::string(status_word(situation));
  if (instance == nullptr) return "none";
  const Stay& stay = instance->stays.back();
  if (key == "outcome") {
    if (instance->restarted) return "restarted";
    return instance->outcome ? lotse::at(situation.journey().outcomes, *instance->outcome) : "none";
  }
  if (key == "channel") return stay.channel ? lotse::at(situation.journey().channels, *stay.channel) : "none";
  const auto stage = touchpoint_of(situation, stay.at).stage;
  return stage ? lotse::at(situation.journey().stages, *stage) : "none";
}

std::int64_t number_of(const Situation& situation, std::string_view key) {
  if (key == "instances") return static_cast<std::int64_t>(situation.state.instances.size());
  if (key == "unattributed_feedback") return situation.state.unattributed_feedback;
  return situation.state.starts_without_key;
}

}  // namespace

std::string local_text(Instant at, const Zone& zone) {
  std::string text = format_instant(Instant(zone.local(at).time_since_epoch()));
  text[10] = ' ';
  text.pop_back();
  if (text.ends_with(":00")) text.resize(text.size() - 3);
  return text;
}

std::string_view promise_status(const PromiseRecord& record, Instant now) {
  const Instant until = record.reached.value_or(now);
  if (until > record.deadline) return "broken";
  return record.reached ? "kept" : "open";
}

std::optional<Instant> read_local_instant(std::string_view text, const Zone& zone) {
  if (const auto instant = parse_instant(text)) return instant;
  constexpr std::size_t day = 10;      // 2024-03-01
  constexpr std::size_t minutes = 16;  // 2024-03-01 09:00
  std::string whole(text);
  if (text.size() == day) whole += " 00:00:00";
  if (text.size() == minutes) whole += ":00";
  const auto wall = parse_instant(whole, /*assume_utc=*/true);
  if (!wall) return std::nullopt;
  return zone.instant(std::chrono::local_time<Duration>(wall->time_since_epoch()));
}

std::vector<std::string_view> CheckReader::keys() { return {kKeys.begin(), kKeys.end()}; }

std::vector<Check> CheckReader::read(const Node& expect) {
  checks_.clear();
  for (const yaml::Entry& entry : expect.entries) read_entry(entry);
  return std::move(checks_);
}

void CheckReader::read_entry(const yaml::Entry& entry) {
  const std::string& key = entry.key->text;
  const Node& value = *entry.value;
  if (key == "position") return read_position(value);
  if (key == "status" || key == "outcome" || key == "channel" || key == "stage") return read_word(entry);
  if (key == "instances" || key == "unattributed_feedback" || key == "starts_without_key")
    return read_number(entry);
  if (key == "context") return read_context(value);
  if (key == "visited") return read_visited(value);
  if (key == "stays") return read_stays(value);
  if (key == "sent") return read_effects(value, /*tasks=*/false);
  if (key == "tasks") return read_effects(value, /*tasks=*/true);
  if (key == "not_sent") return read_not_sent(value);
  if (key == "feedback") return read_feedback(value);
  if (key == "coming") return read_coming(value);
  if (key == "promises") return read_promises(value);
}

void CheckReader::add(const Node& node, std::function<std::optional<std::string>(const Situation&)> missed) {
  checks_.push_back({.where = findings_.location(node.mark),
                     .missed = [keep = document_, check = std::move(missed)](const Situation& situation) {
                       return check(situation);
                     }});
}

bool CheckReader::is_touchpoint(const Node& node) {
  const auto known = [&](const auto& version) { return version->find_touchpoint(node.text).has_value(); };
  if (node.kind == Kind::scalar && std::ranges::any_of(versions_.versions, known)) return true;
  std::vector<std::string_view> names;
  for (const Touchpoint& touchpoint : versions_.versions.back()->touchpoints) names.push_back(touchpoint.id);
  findings_.error("T002", node.mark,
                  fmt::format("`{}` is no touchpoint of `{}`", written(node), versions_.versions.back()->id),
                  did_you_mean(node.text, names));
  return false;
}

bool CheckReader::is_list(const Node& node, std::string_view key) {
  if (node.kind == Kind::sequence) return true;
  shape::wrong_type(findings_, node, fmt::format("`{}`", key), "a list",
                    fmt::format("write `{}: [...]`", key));
  return false;
}

/// A touchpoint's name, or a mapping with these keys.
bool CheckReader::is_item(const Node& item, std::string_view key, const std::vector<std::string_view>& keys) {
  if (item.kind == Kind::scalar) return is_touchpoint(item);
  shape::Section section(findings_, item, fmt::format("an item of `{}`", key));
  if (!section.is_mapping()) return false;
  const std::size_t before = findings_.errors();
  section.allow(keys);
  if (const Node* touchpoint = item.find("touchpoint"); touchpoint != nullptr && !is_touchpoint(*touchpoint))
    return false;
  for (const std::string_view instant : {"at", "due", "entered"}) {
    const Node* node = item.find(instant);
    if (node != nullptr && !read_local_instant(node->text, zone_)) {
      findings_.error(
          "T003", node->mark, fmt::format("`{}` is no point in time", written(*node)),
          "write `2024-03-01 10:00`, in the test's zone, or with an offset: `2024-03-01T10:00:00Z`");
    }
  }
  return findings_.errors() == before;
}

void CheckReader::read_position(const Node& node) {
  const bool none = node.text == "none";
  if (!none && !is_touchpoint(node)) return;
  add(node, [&node, none](const Situation& situation) -> std::optional<std::string> {
    const Instance* instance = situation.instance;
    const bool stands = instance != nullptr && !instance->ended;
    const bool there = stands && touchpoint_of(situation, instance->stays.back().at).id == node.text;
    if (none ? !stands : there) return std::nullopt;
    return fmt::format("expected position `{}`, but {}", node.text, position_text(situation));
  });
}

void CheckReader::read_word(const yaml::Entry& entry) {
  const std::string& key = entry.key->text;
  const Node& node = *entry.value;
  const Journey& journey = *versions_.versions.back();
  std::vector<std::string_view> words{"none"};
  if (key == "status") words.assign(kStatuses.begin(), kStatuses.end());
  if (key == "outcome") words.insert(words.end(), journey.outcomes.begin(), journey.outcomes.end());
  if (key == "outcome") words.emplace_back("restarted");
  if (key == "channel") words.insert(words.end(), journey.channels.begin(), journey.channels.end());
  if (key == "stage") words.insert(words.end(), journey.stages.begin(), journey.stages.end());
  if (std::ranges::find(words, node.text) == words.end()) {
    findings_.error("T002", node.mark, fmt::format("`{}` is no {}", written(node), key),
                    did_you_mean_or_list(node.text, words));
    return;
  }
  add(node, [&node, key](const Situation& situation) -> std::optional<std::string> {
    const std::string found = word_of(situation, key);
    if (found == node.text) return std::nullopt;
    return fmt::format("expected {} `{}`, found `{}`: {}", key, node.text, found, position_text(situation));
  });
}

void CheckReader::read_number(const yaml::Entry& entry) {
  const std::string& key = entry.key->text;
  constexpr std::int64_t most = 1'000'000;
  const auto wanted = shape::read_integer(findings_, *entry.value, fmt::format("`{}`", key), 0, most);
  if (!wanted) return;
  add(*entry.value, [key, wanted](const Situation& situation) -> std::optional<std::string> {
    const std::int64_t found = number_of(situation, key);
    if (found == *wanted) return std::nullopt;
    return fmt::format("expected {} `{}`, found {}", *wanted, key, found);
  });
}

void CheckReader::read_context(const Node& node) {
  shape::Section section(findings_, node, "`context`");
  if (!section.is_mapping()) return;
  const Journey& journey = *versions_.versions.back();
  std::vector<std::string_view> names;
  for (const ContextField& field : journey.context) names.push_back(field.name);
  for (const yaml::Entry& entry : node.entries) {
    const std::string& name = entry.key->text;
    if (std::ranges::find(names, name) == names.end()) {
      findings_.error("T002", entry.key->mark,
                      fmt::format("`{}` is no context field of `{}`", name, journey.id),
                      did_you_mean_or_list(name, names));
      continue;
    }
    const Node& wanted = *entry.value;
    add(wanted, [&wanted, name](const Situation& situation) -> std::optional<std::string> {
      const auto& fields = situation.journey().context;
      const auto field = std::ranges::find(fields, name, &ContextField::name);
      const Value* value = nullptr;
      if (situation.instance != nullptr && field != fields.end()) {
        const auto& kept = situation.instance->context.at(static_cast<std::size_t>(field - fields.begin()));
        if (kept) value = &*kept;
      }
      if (matches(wanted, value, situation.zone)) return std::nullopt;
      return fmt::format("expected `{}` to be {}, found {}", name,
                         wanted.kind == Kind::null ? "unknown" : written(wanted),
                         found_text(value, situation.zone));
    });
  }
}

void CheckReader::read_visited(const Node& node) {
  if (!is_list(node, "visited")) return;
  for (const Node* item : node.items) {
    if (!is_touchpoint(*item)) return;
  }
  add(node, [&node](const Situation& situation) -> std::optional<std::string> {
    std::vector<std::string_view> wanted;
    std::vector<std::string_view> found;
    for (const Node* item : node.items) wanted.push_back(item->text);
    if (situation.instance != nullptr) {
      for (const Stay& stay : situation.instance->stays)
        found.push_back(touchpoint_of(situation, stay.at).id);
    }
    if (wanted == found) return std::nullopt;
    return fmt::format("expected the path {}, found {}", fmt::join(wanted, ", "), stays_text(situation));
  });
}

void CheckReader::read_stays(const Node& node) {
  if (!is_list(node, "stays")) return;
  static const std::vector<std::string_view> known{"touchpoint", "channel", "entry",     "left",
                                                   "entered",    "repeats", "recovered", "forced_hop"};
  for (const Node* item : node.items) {
    if (!is_item(*item, "stays", known)) continue;
    add(*item, [item](const Situation& situation) -> std::optional<std::string> {
      const Instance* instance = situation.instance;
      const auto fits = [&](const Stay& stay) { return matches_stay(*item, situation, stay); };
      if (instance != nullptr && std::ranges::any_of(instance->stays, fits)) return std::nullopt;
      std::string found;
      for (const Stay& stay : instance == nullptr ? std::vector<Stay>{} : instance->stays) {
        found +=
            fmt::format("{}`{}` ({}{}, {})", found.empty() ? "" : ", ", touchpoint_of(situation, stay.at).id,
                        kEntries.at(static_cast<std::size_t>(stay.entry)),
                        stay.channel ? " by " + lotse::at(situation.journey().channels, *stay.channel) : "",
                        kCauses.at(static_cast<std::size_t>(stay.cause)));
      }
      return fmt::format("expected a stay {}, found {}", written(*item), found.empty() ? "none" : found);
    });
  }
}

void CheckReader::read_effects(const Node& node, bool tasks) {
  const std::string_view key = tasks ? "tasks" : "sent";
  if (!is_list(node, key)) return;
  const std::string_view verb = tasks ? "opened" : "sent";
  if (node.items.empty()) {
    add(node, [tasks, verb](const Situation& situation) -> std::optional<std::string> {
      const auto found = effects_of(situation, tasks);
      if (found.empty()) return std::nullopt;
      return fmt::format("expected nothing to be {}, found {}", verb, effects_text(situation, found));
    });
    return;
  }
  static const std::vector<std::string_view> of_messages{"touchpoint", "at", "channel", "template", "with"};
  static const std::vector<std::string_view> of_tasks{"touchpoint", "at", "channel", "team", "status", "due"};
  for (const Node* item : node.items) {
    if (!is_item(*item, key, tasks ? of_tasks : of_messages)) continue;
    add(*item, [item, tasks, verb](const Situation& situation) -> std::optional<std::string> {
      const auto found = effects_of(situation, tasks);
      const auto fits = [&](const FoundEffect& effect) {
        return matches_effect(*item, effect, situation.zone);
      };
      if (std::ranges::any_of(found, fits)) return std::nullopt;
      return fmt::format("expected {} to be {}, found {}", written(*item), verb,
                         effects_text(situation, found));
    });
  }
}

void CheckReader::read_not_sent(const Node& node) {
  if (!is_list(node, "not_sent")) return;
  for (const Node* item : node.items) {
    if (!is_touchpoint(*item)) continue;
    add(*item, [item](const Situation& situation) -> std::optional<std::string> {
      for (const bool tasks : {false, true}) {
        const auto found = effects_of(situation, tasks);
        const auto it =
            std::ranges::find_if(found, [&](const FoundEffect& e) { return e.touchpoint->id == item->text; });
        if (it == found.end()) continue;
        return fmt::format("expected no `{}`, but it was {} at {}", item->text, tasks ? "opened" : "sent",
                           local_text(it->effect->due, situation.zone));
      }
      return std::nullopt;
    });
  }
}

void CheckReader::read_feedback(const Node& node) {
  if (!is_list(node, "feedback")) return;
  if (node.items.empty()) {
    add(node, [](const Situation& situation) -> std::optional<std::string> {
      std::string found = feedback_text(situation);
      if (found == "none") return std::nullopt;
      return fmt::format("expected no feedback, found {}", found);
    });
    return;
  }
  static const std::vector<std::string_view> known{"touchpoint", "scale", "score", "comment", "at"};
  for (const Node* item : node.items) {
    if (!is_item(*item, "feedback", known)) continue;
    add(*item, [item](const Situation& situation) -> std::optional<std::string> {
      if (situation.instance != nullptr) {
        for (const Stay& stay : situation.instance->stays) {
          const auto fits = [&](const Feedback& feedback) {
            return matches_feedback(*item, situation, stay, feedback);
          };
          if (std::ranges::any_of(stay.feedback, fits)) return std::nullopt;
        }
      }
      return fmt::format("expected feedback {}, found {}", written(*item), feedback_text(situation));
    });
  }
}

void CheckReader::read_coming(const Node& node) {
  if (!is_list(node, "coming")) return;
  static const std::vector<std::string_view> known{"touchpoint", "at"};
  const auto coming = [](const Situation& situation) {
    std::vector<std::pair<std::string, Instant>> found;
    if (situation.instance == nullptr) return found;
    const Journey& journey = situation.journey();
    for (const PendingTransition& pending : situation.instance->pending) {
      // One that has passed, or hangs on what is not known yet, waits for the context and not for the clock.
      if (pending.due == Instant::max()) continue;
      const auto& listed =
          pending.carrier ? lotse::at(journey.touchpoints, *pending.carrier).next : journey.anywhere;
      const Transition& transition = listed.at(pending.transition);
      found.emplace_back(transition.to ? lotse::at(journey.touchpoints, *transition.to).id : "hold",
                         pending.due);
    }
    return found;
  };
  const auto text = [coming](const Situation& situation) {
    std::string found;
    for (const auto& [id, due] : coming(situation)) {
      found += fmt::format("{}`{}` at {}", found.empty() ? "" : ", ", id, local_text(due, situation.zone));
    }
    return found.empty() ? std::string("nothing") : found;
  };
  if (node.items.empty()) {
    add(node, [coming, text](const Situation& situation) -> std::optional<std::string> {
      if (coming(situation).empty()) return std::nullopt;
      return fmt::format("expected nothing to be still to come, found {}", text(situation));
    });
    return;
  }
  for (const Node* item : node.items) {
    if (!is_item(*item, "coming", known)) continue;
    add(*item, [item, coming, text](const Situation& situation) -> std::optional<std::string> {
      const Node* id = item->kind == Kind::scalar ? item : item->find("touchpoint");
      const Node* due = item->find("at");
      for (const auto& [found_id, found_due] : coming(situation)) {
        if (id != nullptr && id->text != found_id) continue;
        if (due == nullptr || matches_instant(*due, found_due, situation.zone)) return std::nullopt;
      }
      return fmt::format("expected {} to be still to come, found {}", written(*item), text(situation));
    });
  }
}

void CheckReader::read_promises(const Node& node) {
  shape::Section section(findings_, node, "`promises`");
  if (!section.is_mapping()) return;
  const auto& promises = versions_.versions.back()->promises;
  static const std::vector<std::string_view> words{"kept", "broken", "open", "none"};
  for (const yaml::Entry& entry : node.entries) {
    std::vector<std::string_view> names;
    for (const JourneyPromise& promise : promises) names.push_back(promise.name);
    if (std::ranges::find(names, entry.key->text) == names.end()) {
      findings_.error("T002", entry.key->mark, fmt::format("`{}` is no promise", entry.key->text),
                      did_you_mean_or_list(entry.key->text, names));
      continue;
    }
    if (std::ranges::find(words, entry.value->text) == words.end()) {
      findings_.error("T002", entry.value->mark,
                      fmt::format("a promise is never `{}`", written(*entry.value)),
                      did_you_mean_or_list(entry.value->text, words));
      continue;
    }
    const Node& wanted = *entry.value;
    add(wanted, [&wanted, name = entry.key->text](const Situation& situation) -> std::optional<std::string> {
      std::string_view found = "none";
      if (situation.instance != nullptr) {
        for (const PromiseRecord& record : situation.instance->promises) {
          if (situation.journey().promises.at(record.promise).name == name)
            found = promise_status(record, situation.now);
        }
      }
      if (found == wanted.text) return std::nullopt;
      return fmt::format("expected the promise `{}` to be {}, found {}", name, wanted.text, found);
    });
  }
}

}  // namespace lotse::scenario
