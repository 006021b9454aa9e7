#include "tests/properties/histories.hpp"

#include <fmt/format.h>
#include <rapidcheck.h>

#include <algorithm>

#include "engine/base/diagnostic.hpp"
#include "engine/journey/workspace.hpp"

namespace lotse::test {
namespace {

constexpr std::uint32_t positions = 5;
const Instant begin =
    parse_instant("2024-03-25T09:00:00Z").value();  // daylight saving begins within the week

const Channels& channels() {
  static const Channels loaded = load_channels("channels.yaml", R"(
channels:
  web: {}
  app: {}
  email: {purposes: [service]}
  call_center: {human: true}
)")
                                     .value.value();
  return loaded;
}

std::string maybe(Dice& dice, std::string_view text) {
  return dice.one_in(3) ? std::string(text) : std::string();
}

std::string pick(Dice& dice, std::initializer_list<std::string_view> texts) {
  return std::string(*(texts.begin() + dice.roll(static_cast<std::uint32_t>(texts.size()))));
}

std::string event_condition(Dice& dice) {
  return pick(dice,
              {"", "", ", when: event.ok", ", when: context.count > 1", ", when: event.n >= context.count"});
}

std::string lasting_condition(Dice& dice) {
  return pick(dice, {"", "", ", when: context.count > 1", ", when: visits.p1 > 0"});
}

/// A message or a task, by one of the four triggers.
std::string beside(Dice& dice, std::string_view target) {
  const std::string at =
      pick(dice, {"days: 1, time: \"08:00\"", "from: context.slot, days: -1, time: \"18:00\"",
                  "days: 0, time: \"02:30\""});
  switch (dice.roll(5)) {
    case 0:
      return fmt::format("{{to: {}{}}}", target, lasting_condition(dice));
    case 1:
      return fmt::format("{{to: {}, after: {}h{}}}", target, 12 * (1 + dice.roll(5)),
                         lasting_condition(dice));
    case 2:
      return fmt::format("{{to: {}, at: {{{}}}{}}}", target, at, maybe(dice, ", if_past: skip"));
    case 3:
      return fmt::format("{{to: {}, on: [p0, hint]{}}}", target, event_condition(dice));
    default:
      return fmt::format(
          "{{to: {}, after: 1d, split: s, share: 60}}, {{hold: true, after: 1d, split: s, share: 40}}",
          target);
  }
}

std::string position(Dice& dice, std::uint32_t index) {
  const bool last = index + 1 == positions;
  std::string text =
      fmt::format("  p{}: {{on: [p{}{}]", index, index, index > 1 && dice.one_in(2) ? ", shared" : "");
  if (index == 0) text += ", start: true";
  if (last || dice.one_in(6)) text += ", goal: true";
  text += maybe(dice, ", channels: [web, app]");
  text += ", capture: {count: context.count + 1" + maybe(dice, ", slot: event.slot") + "}";
  text += pick(dice, {"", "", "", ", turn: us", ", abandon_after: 1d", ", abandon_after: never",
                      ", off_path: ignore"});
  if (index > 0) text += pick(dice, {"", "", ", promise: 2d", ", promise: context.slot"});
  text += maybe(dice, ", asks: [slot]") + maybe(dice, ", needs: [slot, count]");
  if (last) return text + "}\n";
  text += ", next: [";
  if (dice.one_in(2)) text += fmt::format("{{to: p{}, when: event.ok}}, ", dice.roll(positions));
  text += fmt::format("{{to: p{}{}}}", index + 1, event_condition(dice));
  if (index > 0 && dice.one_in(2)) text += ", many";
  text += fmt::format(", {}", beside(dice, index == 0 ? "mail" : "call"));
  if (index > 0 && dice.one_in(2)) text += fmt::format(", {}", beside(dice, "mail"));
  return text + "]}\n";
}

Event made(Dice& dice, std::uint32_t number, std::string type) {
  // Two by two they may have the same id, from two sources.
  Event event{.id = fmt::format("{}{}", dice.roll(3), number / 2), .source = number % 2 == 0 ? "a" : "b"};
  event.type = std::move(type);
  event.channel = pick(dice, {"", "web", "app", "fax"});
  event.time = some_time(dice);
  event.arrived = event.time;
  event.ids = {{"user_id", "ada"}};
  Map properties;
  if (!dice.one_in(4)) properties.emplace_back(Value("order"), Value(pick(dice, {"x", "y"})));
  if (!dice.one_in(3)) properties.emplace_back(Value("ok"), Value(dice.one_in(2)));
  if (dice.one_in(2)) properties.emplace_back(Value("n"), Value(std::int64_t{dice.roll(4)}));
  if (dice.one_in(2)) properties.emplace_back(Value("slot"), Value(format_instant(some_time(dice))));
  if (event.type == "task_done") properties.emplace_back(Value("task"), Value("call"));
  if (event.type == "message_failed") properties.emplace_back(Value("touchpoint"), Value("mail"));
  if (event.type == event_type::handed_out) {
    properties.emplace_back(Value("journey"), Value("j"));
    properties.emplace_back(Value("touchpoint"), Value(pick(dice, {"mail", "call", "gone"})));
    properties.emplace_back(Value("key"), Value(hex({.high = number, .low = 7})));
    properties.emplace_back(Value("due"), Value(format_instant(some_time(dice))));
  }
  event.properties = Value(std::move(properties));
  if (dice.one_in(6)) event.traits = Value(Map{{Value("zone"), Value("America/New_York")}});
  return event;
}

}  // namespace

std::uint32_t Dice::roll(std::uint32_t sides) {
  if (next_ == bytes_.size()) return 0;
  return bytes_[next_++] % sides;
}

Dice draw_dice() {
  // All 256 values from the first test on: rapidcheck begins with small ones, which would leave out most
  // sides.
  const auto byte = rc::gen::resize(rc::kNominalSize, rc::gen::arbitrary<std::uint8_t>());
  return Dice(*rc::gen::container<std::vector<std::uint8_t>>(1'200, byte));
}

namespace {

std::string write_journey(Dice& dice) {
  std::string text = "journey: j\nversion: 1\n";
  text += maybe(dice, "key: event.order\n");
  text += fmt::format("reentry: {}\n", pick(dice, {"after_end", "always", "never", "unless_goal_achieved"}));
  text += fmt::format("abandon_after: {}d\n", 1 + dice.roll(5));
  text += maybe(dice, "off_path: ignore\n");
  text += "value: context.count\nsegments: {many: context.count > 2, zone: customer.zone}\n";
  text += "context: {count: {type: integer, default: 0}, slot: {type: timestamp" +
          maybe(dice, ", fresh_for: 3d") + "}}\n";
  text += fmt::format("remember: [{{on: fact, capture: {{count: event.n, slot: event.slot}}{}}}]\n",
                      maybe(dice, ", instances: all"));
  text += fmt::format("exit_when: [{{on: quit, outcome: lost{}{}}}]\n", maybe(dice, ", when: event.ok"),
                      maybe(dice, ", instances: all"));
  text += maybe(dice, "promises: [{name: soon, from: p0, until: p2, within: 36h}]\n");
  text += "feedback: [{on: [rated, p2], scale: nps, score: event.n}]\n";
  text += maybe(dice, "anywhere: [{to: info, on: hint}]\n");
  const bool informs = text.ends_with("on: hint}]\n");
  text += "touchpoints:\n";
  for (std::uint32_t index = 0; index < positions; ++index) text += position(dice, index);
  text += fmt::format(
      "  mail: {{channels: [email], send: {{template: m, purpose: service, stale_after: 12h, with: "
      "{{n: context.count}}}}{}{}}}\n",
      pick(dice, {"", ", next: [{to: call, on: message_failed}, {to: call, after: 1d}]", ", ends: told",
                  ", goal: true"}),
      maybe(dice, ", about: p0"));
  text += fmt::format(
      "  call: {{channels: [call_center], handover: {{team: t{}}}, promise: 4h, next: [{{to: again, on: "
      "task_done}}]}}\n",
      maybe(dice, ", keep: true"));
  text += "  again: {channels: [email], send: {template: a, purpose: service}" + maybe(dice, ", ends: told") +
          "}\n";
  if (text.find(", many") != std::string::npos) text += "  many: {when: context.count > 3, next: [p4]}\n";
  if (informs) text += "  info: {channels: [email], send: {template: i, purpose: service}}\n";
  return text;
}

}  // namespace

/// What the loader refuses for its meaning is drawn again; the plainest journey is always accepted.
std::string draw_journey(Dice& dice) {
  for (int attempt = 0; attempt < 4; ++attempt) {
    std::string text = write_journey(dice);
    if (load_journey("j.yaml", text, channels()).value) return text;
  }
  Dice plain(std::vector<std::uint8_t>{});
  return write_journey(plain);
}

Tracker tracker_of(const std::string& journey) { return tracker_of(journey, {}); }

Tracker tracker_of(const std::string& first, const std::string& second) {
  JourneyVersions versions;
  for (const std::string& text : {first, second}) {
    if (text.empty()) continue;
    const auto loaded = load_journey("j.yaml", text, channels());
    if (!loaded.value) RC_FAIL(render(loaded.findings) + "\n" + text);
    versions.in_force.push_back(versions.versions.empty() ? Instant::min() : begin + std::chrono::days(3));
    versions.versions.push_back(*loaded.value);
  }
  WorkspaceSettings settings;
  settings.zone = "Europe/Berlin";
  return {{std::move(versions)}, std::move(settings)};
}

Instant some_time(Dice& dice) {
  const Instant day = begin + std::chrono::hours(12) * dice.roll(20);
  return dice.one_in(4) ? day + std::chrono::minutes(dice.roll(200)) : day;
}

Instant the_end() { return begin + std::chrono::days(60); }

std::vector<Event> draw_history(Dice& dice, std::uint32_t most) {
  std::vector<Event> events;
  const std::uint32_t count = dice.roll(most + 1);
  for (std::uint32_t number = 0; number < count; ++number) {
    const std::string type =
        pick(dice, {"p0", "p0", "p1", "p1", "p2", "p2", "p3", "p4", "shared", "fact", "quit", "rated", "hint",
                    "task_done", "message_failed", "unheard-of", "effect_handed_out"});
    events.push_back(made(dice, number, type));
  }
  return events;
}

Event hand_out_of(const Tracker& tracker, const CustomerState& state, const Effect& effect, Instant at_time) {
  const Journey& journey = tracker.version(0, at(state.journeys[0].instances, effect.instance).version);
  Event event{.id = "out-" + hex(effect.key), .source = "lotse"};
  event.type = event_type::handed_out;
  event.channel = "email";
  event.time = at_time;
  event.arrived = at_time;
  event.ids = {{"user_id", "ada"}};
  event.properties = Value(Map{{Value("journey"), Value(journey.id)},
                               {Value("touchpoint"), Value(at(journey.touchpoints, effect.touchpoint).id)},
                               {Value("key"), Value(hex(effect.key))},
                               {Value("due"), Value(format_instant(effect.due))}});
  return event;
}

void draw_hand_outs(Dice& dice, const Tracker& tracker, std::vector<Event>& events) {
  const CustomerState state = tracker.derive(some_customer, events, the_end());
  for (const Effect& effect : state.journeys[0].effects) {
    const bool recorded = effect.handed_out.has_value();
    if (!recorded && dice.one_in(2)) {
      events.push_back(
          hand_out_of(tracker, state, effect, effect.due + std::chrono::hours(6) * dice.roll(3)));
    }
    if (effect.deadline && dice.one_in(2)) {
      Event overdue = hand_out_of(tracker, state, effect, *effect.deadline + Duration(1));
      overdue.id = "late-" + hex(effect.key);
      overdue.type = event_type::task_overdue;
      events.push_back(std::move(overdue));
    }
  }
}

void shuffle(Dice& dice, std::vector<Event>& events) {
  for (std::size_t i = events.size(); i > 1; --i) {
    std::swap(events[i - 1], events[dice.roll(static_cast<std::uint32_t>(i))]);
  }
}

void Keeper::take(const Event& event) {
  events_.push_back(event);
  if (Tracker::in_order(state_, event) && !tracker_.needs_history(state_, event.time - Duration(1))) {
    tracker_.advance(state_, event);
  } else {
    const Instant now = std::max(state_.clock, event.time);
    state_ = tracker_.derive(state_.customer, events_, now);
  }
}

void Keeper::wait(Instant now) {
  if (tracker_.needs_history(state_, now)) {
    state_ = tracker_.derive(state_.customer, events_, now);
  } else {
    tracker_.advance_to(state_, now);
  }
}

}  // namespace lotse::test
