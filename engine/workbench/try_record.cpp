#include "engine/workbench/try_record.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "engine/journey/yaml.hpp"
#include "engine/report/customer_words.hpp"
#include "engine/workbench/scenario.hpp"
#include "engine/workbench/scenario_checks.hpp"
#include "engine/workbench/world.hpp"
#include "engine/workbench/yaml_text.hpp"

namespace lotse::trial {

namespace {

/// `2024-03-01 10:00`; with its offset where the wall clock shows that time twice.
std::string time_text(Instant at, const Zone& zone) {
  std::string text = scenario::local_text(at, zone);
  return scenario::read_local_instant(text, zone) == at ? text : yaml_scalar(format_instant(at));
}

/// A value on one line, which reads back as the same.
std::string flow(const Value& value, const Zone& zone) {
  if (value.is_null()) return "~";
  if (value.string() != nullptr) return yaml_scalar(*value.string());
  if (std::holds_alternative<Timestamp>(value.rep())) return time_text(*value.instant(), zone);
  if (const List* list = value.list()) {
    std::string text;
    for (const Value& item : *list) text += (text.empty() ? "" : ", ") + flow(item, zone);
    return "[" + text + "]";
  }
  if (const Map* map = value.map()) {
    std::string text;
    for (const auto& [name, item] : *map)
      text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", flow(name, zone), flow(item, zone));
    return "{" + text + "}";
  }
  const std::string text = to_json(value);
  return text.starts_with('"') ? text.substr(1, text.size() - 2) : text;  // a duration: 90s
}

/// The instance that an expectation of its customer looks at, with the `key` that picks it; what is no newest
/// instance of its key cannot be looked at.
const Instance* expected_instance(const Change& change, std::optional<Value>& key) {
  const JourneyState& state = change.after.journeys.front();
  if (state.instances.empty()) return nullptr;
  const std::vector<ChangedInstance> changed = changed_instances(change);
  const Instance* instance = changed.empty() ? &state.instances.back() : changed.back().after;
  if (instance == &state.instances.back()) return instance;
  key = instance->key;
  return instance->key && scenario::chosen_instance(state, key) == instance ? instance : nullptr;
}

/// The keys of one `expect`, each a line or a few, without indentation.
class Expected {
 public:
  Expected(const Change& change, bool whole) : change_(change), whole_(whole) {}

  std::vector<std::string> lines(bool name_customer) {
    std::optional<Value> key;
    const auto& state = change_.after.journeys.front();
    const Instance* instance = expected_instance(change_, key);
    if (name_customer) add("customer", change_.customer);
    if (key) add("key", flow(*key, change_.zone));
    if (instance != nullptr) {
      of_instance(*instance);
    } else if (state.instances.empty()) {
      add("position", "none");
      add("status", "none");
    }
    if (whole_ || state.instances.size() != change_.before.journeys.front().instances.size())
      add("instances", fmt::format("{}", state.instances.size()));
    effects();
    if (whole_ && instance != nullptr) coming(*instance);
    return std::move(lines_);
  }

 private:
  void add(std::string_view key, std::string_view text) {
    lines_.push_back(fmt::format("{}: {}", key, text));
  }

  void add_list(std::string_view key, const std::vector<std::string>& items) {
    if (items.empty()) return add(key, "[]");
    lines_.push_back(fmt::format("{}:", key));
    for (const std::string& item : items) lines_.push_back("  - " + item);
  }

  void of_instance(const Instance& instance) {
    const Journey& journey = journey_of(*change_.versions, instance);
    const Stay& stay = instance.stays.back();
    add("position", instance.ended ? "none" : yaml_scalar(at(journey.touchpoints, stay.at).id));
    add("status", customer::word(instance.status()));
    if (instance.restarted) {
      add("outcome", "restarted");
    } else if (instance.outcome) {
      add("outcome", yaml_scalar(at(journey.outcomes, *instance.outcome)));
    }
    if (whole_) visited(journey, instance);
    context(journey, instance);
    feedback(journey, instance);
    if (whole_) promises(journey, instance);
  }

  void visited(const Journey& journey, const Instance& instance) {
    std::vector<std::string> path;
    for (const Stay& stay : instance.stays) path.push_back(yaml_scalar(at(journey.touchpoints, stay.at).id));
    add("visited", fmt::format("[{}]", fmt::join(path, ", ")));
  }

  /// The instance as it was before the step; null where there was none.
  [[nodiscard]] const Instance* earlier(const Instance& instance) const {
    for (const ChangedInstance& changed : changed_instances(change_)) {
      if (changed.after == &instance) return changed.before;
    }
    return nullptr;
  }

  void context(const Journey& journey, const Instance& instance) {
    const Instance* before = earlier(instance);
    std::vector<std::string> fields;
    for (std::size_t i = 0; i < journey.context.size(); ++i) {
      const auto& now = instance.context.at(i);
      const std::optional<Value> then = before == nullptr ? std::nullopt : before->context.at(i);
      const bool same = now.has_value() == then.has_value() && (!now || now->identical(*then));
      if (same) continue;
      fields.push_back(fmt::format("{}: {}", journey.context[i].name, now ? flow(*now, change_.zone) : "~"));
    }
    if (!fields.empty()) add("context", fmt::format("{{{}}}", fmt::join(fields, ", ")));
  }

  void feedback(const Journey& journey, const Instance& instance) {
    const Instance* before = earlier(instance);
    std::vector<std::string> items;
    for (std::size_t i = 0; i < instance.stays.size(); ++i) {
      const Stay& stay = instance.stays[i];
      const bool old = before != nullptr && i < before->stays.size();
      for (std::size_t k = old ? before->stays[i].feedback.size() : 0; k < stay.feedback.size(); ++k) {
        const Feedback& given = stay.feedback[k];
        items.push_back(fmt::format("{{touchpoint: {}, scale: {}, score: {}}}",
                                    yaml_scalar(at(journey.touchpoints, stay.at).id),
                                    customer::word(given.scale), to_json(Value(given.score))));
      }
    }
    if (!items.empty()) add_list("feedback", items);
  }

  void promises(const Journey& journey, const Instance& instance) {
    std::vector<std::string> items;
    for (const PromiseRecord& record : instance.promises) {
      // Of several of one name the last is compared; they stand in order.
      const std::string name = yaml_scalar(journey.promises.at(record.promise).name) + ": ";
      std::erase_if(items, [&](const std::string& item) { return item.starts_with(name); });
      items.push_back(name + std::string(scenario::promise_status(record, change_.until)));
    }
    if (!items.empty()) add("promises", fmt::format("{{{}}}", fmt::join(items, ", ")));
  }

  void effects() {
    std::vector<std::string> sent;
    std::vector<std::string> tasks;
    for (const Effect* effect : new_effects(change_)) {
      (effect->task == TaskStatus::none ? sent : tasks).push_back(effect_item(*effect));
    }
    if (!sent.empty() || (whole_ && !any_effect(/*tasks=*/false))) add_list("sent", sent);
    if (!tasks.empty() || (whole_ && !any_effect(/*tasks=*/true))) add_list("tasks", tasks);
    if (whole_) not_sent();
  }

  [[nodiscard]] bool any_effect(bool tasks) const {
    return std::ranges::any_of(change_.after.journeys.front().effects, [&](const Effect& effect) {
      return (effect.task != TaskStatus::none) == tasks;
    });
  }

  void not_sent() {
    const JourneyState& state = change_.after.journeys.front();
    const Journey& newest = *change_.versions->versions.back();
    std::vector<std::string> names;
    for (const Touchpoint& touchpoint : newest.touchpoints) {
      if (touchpoint.kind != TouchpointKind::outbound && touchpoint.kind != TouchpointKind::handover)
        continue;
      const bool sent = std::ranges::any_of(state.effects, [&](const Effect& effect) {
        const Journey& journey = journey_of(*change_.versions, at(state.instances, effect.instance));
        return at(journey.touchpoints, effect.touchpoint).id == touchpoint.id;
      });
      if (!sent) names.push_back(yaml_scalar(touchpoint.id));
    }
    if (!names.empty()) add("not_sent", fmt::format("[{}]", fmt::join(names, ", ")));
  }

  [[nodiscard]] std::string effect_item(const Effect& effect) const {
    const Instance& instance = at(change_.after.journeys.front().instances, effect.instance);
    const Journey& journey = journey_of(*change_.versions, instance);
    const Touchpoint& touchpoint = at(journey.touchpoints, effect.touchpoint);
    std::string item = fmt::format("touchpoint: {}, at: {}", yaml_scalar(touchpoint.id), time(effect.due));
    if (!touchpoint.channels.empty())
      item += ", channel: " + yaml_scalar(at(journey.channels, touchpoint.channels.front()));
    if (touchpoint.handover) {
      item += fmt::format(", team: {}, status: {}", yaml_scalar(touchpoint.handover->team),
                          customer::word(effect.task));
      if (effect.deadline) item += ", due: " + time(*effect.deadline);
    }
    if (touchpoint.send) {
      item += ", template: " + yaml_scalar(touchpoint.send->template_name);
      std::vector<std::string> with;
      for (std::size_t i = 0; i < effect.with.size(); ++i)
        with.push_back(
            fmt::format("{}: {}", touchpoint.send->with.at(i).first, flow(effect.with[i], change_.zone)));
      if (!with.empty()) item += fmt::format(", with: {{{}}}", fmt::join(with, ", "));
    }
    return "{" + item + "}";
  }

  void coming(const Instance& instance) {
    const Journey& journey = journey_of(*change_.versions, instance);
    std::vector<std::string> items;
    for (const PendingTransition& pending : instance.pending) {
      if (pending.due == Instant::max()) continue;
      const auto& listed =
          pending.carrier ? at(journey.touchpoints, *pending.carrier).next : journey.anywhere;
      const Transition& transition = listed.at(pending.transition);
      // A hold is no touchpoint that a test could name.
      if (transition.to)
        items.push_back(fmt::format("{{touchpoint: {}, at: {}}}",
                                    yaml_scalar(at(journey.touchpoints, *transition.to).id),
                                    time(pending.due)));
    }
    if (!items.empty() || instance.pending.empty()) add_list("coming", items);
  }

  [[nodiscard]] std::string time(Instant at) const { return time_text(at, change_.zone); }

  const Change& change_;
  bool whole_;  ///< everything, not only what the change brought
  std::vector<std::string> lines_;
};

/// The lines of one test, without the indentation of the list.
class TestWriter {
 public:
  TestWriter(const Recording& recording, bool with_journey, bool with_zone)
      : recording_(recording),
        with_journey_(with_journey),
        with_zone_(with_zone),
        several_(recording.finally.size() > 1) {}

  std::vector<std::string> write() {
    line("- test: {}", yaml_scalar(recording_.name));
    if (with_journey_) line("  journey: {}", yaml_scalar(recording_.journey));
    if (with_zone_) line("  zone: {}", yaml_scalar(recording_.zone));
    customers();
    line("  given:");
    for (const RecordedStep& step : recording_.steps) write(step);
    if (recording_.finally.empty()) return std::move(lines_);
    line("  expect:");
    expectations(recording_.finally, "    ", true);
    return std::move(lines_);
  }

 private:
  template <class... Parts>
  void line(fmt::format_string<Parts...> format, Parts&&... parts) {
    lines_.push_back(fmt::format(format, std::forward<Parts>(parts)...));
  }

  void customers() {
    std::vector<std::string> chosen;
    for (const RecordedCustomer& customer : recording_.customers) {
      std::vector<std::string> arms;
      for (const auto& [split, arm] : customer.arms)
        arms.push_back(fmt::format("{}: {}", yaml_scalar(split), yaml_scalar(arm)));
      if (!arms.empty())
        chosen.push_back(
            fmt::format("{}: {{split: {{{}}}}}", yaml_scalar(customer.name), fmt::join(arms, ", ")));
    }
    if (!chosen.empty()) line("  customers: {{{}}}", fmt::join(chosen, ", "));
  }

  void write(const RecordedStep& step) {
    std::vector<std::string> keys;
    const Zone& zone = recording_.finally.front().zone;
    if (!clock_) {
      keys.push_back("at: " + time_text(step.at, zone));
    } else if (step.at != *clock_) {
      keys.push_back("after: " + format_duration(step.at - *clock_));
    }
    clock_ = step.at;
    if (step.event) event(step, zone, keys);
    if (keys.empty()) return;  // a wait that took no time
    for (std::size_t i = 0; i < keys.size(); ++i) line("    {} {}", i == 0 ? "-" : " ", keys[i]);
    if (step.changes.empty()) return;
    line("      expect:");
    expectations(step.changes, "        ", false);
  }

  void event(const RecordedStep& step, const Zone& zone, std::vector<std::string>& keys) {
    keys.push_back("event: " + yaml_scalar(step.event->type));
    if (step.customer != customer_) keys.push_back("customer: " + yaml_scalar(step.customer));
    customer_ = step.customer;
    if (!step.event->channel.empty()) keys.push_back("channel: " + yaml_scalar(step.event->channel));
    if (!step.event->properties.map()->empty())
      keys.push_back("properties: " + flow(step.event->properties, zone));
    if (!step.event->traits.map()->empty()) keys.push_back("traits: " + flow(step.event->traits, zone));
  }

  void expectations(const std::vector<Change>& changes, std::string_view indent, bool whole) {
    for (const Change& change : changes) {
      const bool in_list = changes.size() > 1;
      bool first = in_list;
      const bool name_customer = in_list || (several_ && change.customer != customer_);
      for (const std::string& text : Expected(change, whole).lines(name_customer || whole)) {
        line("{}{}{}", indent, in_list ? (first ? "- " : "  ") : "", text);
        first = false;
      }
    }
  }

  const Recording& recording_;
  bool with_journey_;
  bool with_zone_;
  bool several_;
  std::optional<Instant> clock_;  ///< of the steps so far
  std::string customer_;          ///< of the last event
  std::vector<std::string> lines_;
};

Error no_place(const std::string& file, std::string_view why) {
  return {.code = ErrorCode::bad_input,
          .message = fmt::format("no test can be added to `{}`: {}; choose another file", file, why)};
}

/// Where in a test file a test is to be added.
struct Place {
  std::size_t offset = 0;
  std::size_t indent = 0;
  bool with_journey = false;
  bool with_zone = false;
};

/// Before the line of the next key, and the comments above it.
std::size_t end_of_tests(std::string_view text, std::size_t next_key) {
  std::size_t end = text.rfind('\n', next_key) + 1;  // npos + 1: the file begins with it
  while (end > 0) {
    const std::size_t begin = end < 2 ? 0 : text.rfind('\n', end - 2) + 1;
    const std::string_view line = text.substr(begin, end - begin);
    if (!line.starts_with('#') && line.find_first_not_of(" \r\n") != std::string_view::npos) break;
    end = begin;
  }
  return end;
}

Result<Place> find_place(const std::string& file, const std::string& text, const Recording& recording) {
  Findings findings(file, text);
  const auto document = yaml::parse(findings, FileLimits{});
  if (!document) return tl::make_unexpected(no_place(file, findings.take().front().message));
  const yaml::Node& root = document->root();
  const yaml::Node* tests = root.find("tests");
  if (tests == nullptr || tests->kind != yaml::Kind::sequence || tests->flow || tests->items.empty())
    return tl::make_unexpected(no_place(file, "its `tests` is no list of one test after the other"));
  const Mark& first = tests->items.front()->mark;
  const std::string_view before(text.data(), first.offset);
  const std::size_t line = before.rfind('\n') + 1;
  const std::size_t dash = before.find('-', line);
  if (dash == std::string_view::npos)
    return tl::make_unexpected(no_place(file, "its first test does not begin with `- `"));
  const yaml::Node* journey = root.find("journey");
  const yaml::Node* zone = root.find("zone");
  Place place{.offset = text.size(),
              .indent = dash - line,
              .with_journey = journey == nullptr || journey->text != recording.journey,
              .with_zone = zone != nullptr && zone->text != recording.zone};
  for (const yaml::Entry& entry : root.entries) {
    if (entry.key->mark.offset > first.offset)
      place.offset = std::min(place.offset, end_of_tests(text, entry.key->mark.offset));
  }
  return place;
}

std::string test_text(const Recording& recording, const Place& place) {
  std::string text;
  for (const std::string& line : TestWriter(recording, place.with_journey, place.with_zone).write())
    text += std::string(place.indent, ' ') + line + '\n';
  return text;
}

/// What is written must load, have one test more, and pass.
Result<void> try_out(const std::string& file, const std::string& text, const std::string& name,
                     const Workspace& workspace) {
  const auto loaded = scenario::load_scenarios(file, text, workspace);
  if (!loaded.value)
    return fail(ErrorCode::bad_input,
                fmt::format("the test cannot be written:\n{}", render(loaded.findings)));
  bool found = false;
  for (const scenario::Scenario& test : loaded.value->scenarios) {
    if (test.name != name) continue;
    found = true;
    const scenario::Outcome outcome = scenario::run(*loaded.value, test, workspace);
    if (!outcome.passed())
      return fail(ErrorCode::bad_input,
                  fmt::format("the recording would not pass as a test:\n{}", render(outcome.failures)));
  }
  if (!found) return tl::make_unexpected(no_place(file, "the test does not become one of its tests"));
  return {};
}

}  // namespace

Result<std::string> with_recording(const std::string& file, const std::string& text,
                                   const Recording& recording, const Workspace& workspace) {
  std::string made;
  if (text.empty()) {
    made = fmt::format("# Recorded by `lotse try`.\njourney: {}\n\ntests:\n{}",
                       yaml_scalar(recording.journey), test_text(recording, {.indent = 2}));
  } else {
    const auto there = scenario::load_scenarios(file, text, workspace);
    if (!there.value)
      return tl::make_unexpected(no_place(file, "it has mistakes:\n" + render(there.findings)));
    for (const scenario::Scenario& test : there.value->scenarios) {
      if (test.name == recording.name)
        return fail(ErrorCode::conflict,
                    fmt::format("`{}` has a test called `{}` already; give another name", file, test.name));
    }
    LOTSE_TRY(const Place place, find_place(file, text, recording));
    std::string head = text.substr(0, place.offset);
    if (!head.ends_with('\n')) head += '\n';
    const std::string rest = text.substr(place.offset);
    const bool apart = rest.empty() || rest.starts_with('\n');
    made = fmt::format("{}\n{}{}{}", head, test_text(recording, place), apart ? "" : "\n", rest);
  }
  LOTSE_CHECK(try_out(file, made, recording.name, workspace));
  return made;
}

}  // namespace lotse::trial
