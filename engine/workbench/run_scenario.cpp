#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "engine/identity/identity.hpp"
#include "engine/tracking/tracker.hpp"
#include "engine/workbench/coverage.hpp"
#include "engine/workbench/link_kind.hpp"
#include "engine/workbench/scenario.hpp"

namespace lotse::scenario {

namespace {

class Lines : public Trace {
 public:
  explicit Lines(Zone zone) : zone_(zone) {}
  void add(Item item) override {
    const bool outside = item.kind == Kind::event;
    text_ += fmt::format("    {}  {}{}\n", local_text(item.at), outside ? "" : "  ", item.text);
  }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  /// `2024-03-01 10:00:00`, in the test's zone.
  [[nodiscard]] std::string local_text(Instant at) const {
    std::string text = format_instant(Instant(zone_.local(at).time_since_epoch()));
    text[10] = ' ';
    text.pop_back();  // the Z, which it is not
    return text;
  }

  Zone zone_;
  std::string text_;
};

/// The events so far, and who they are about.
class World {
 public:
  World(const Workspace& workspace, const JourneyVersions& versions)
      : tracker_({versions}, workspace.settings),
        identities_({.namespace_rank = workspace.settings.namespace_rank,
                     .limits = workspace.settings.identity_limits,
                     .never = workspace.settings.identity_never}) {}

  void happen(const Event& event) {
    const IdentityOutcome outcome = identities_.add(event.key(), link_kind(event), event.ids);
    if (outcome.primary) events_.emplace_back(*outcome.primary, event);
  }

  /// The state of the customer with this identifier, and what led to it.
  [[nodiscard]] CustomerState state_of(const Identifier& identifier, Instant now,
                                       Trace* trace = nullptr) const {
    const auto node = identities_.find(identifier);
    if (!node) return tracker_.fresh(identifier.name_space + ":" + identifier.value);
    const CustomerNumber customer = identities_.customer_of(*node);
    std::vector<Event> own;
    for (const auto& [primary, event] : events_) {
      if (identities_.customer_of(primary) == customer) own.push_back(event);
    }
    const std::string name = identities_.name_of(customer);
    hand_out(name, own, now);
    CustomerState state = tracker_.derive(name, own, now, trace);
    recall_values(state, own);
    return state;
  }

 private:
  /// A state drops the template values of an effect whose stay has ended, for nobody sends it any more; a
  /// test asks what it was sent with. As of its due time they are still there.
  void recall_values(CustomerState& state, const std::vector<Event>& events) const {
    JourneyState& journey = state.journeys.front();
    for (Effect& effect : journey.effects) {
      const Instance& instance = at(journey.instances, effect.instance);
      const auto& send = at(tracker_.version(0, instance.version).touchpoints, effect.touchpoint).send;
      if (!effect.ended || !send || send->with.empty()) continue;
      const CustomerState then = tracker_.derive(state.customer, events, effect.due);
      const auto same = std::ranges::find(then.journeys.front().effects, effect.key, &Effect::key);
      if (same != then.journeys.front().effects.end()) effect.with = same->with;
    }
  }

  /// A message that ends the journey or reaches its goal does so when it is handed out, as the engine would
  /// at once.
  void hand_out(const std::string& name, std::vector<Event>& events, Instant now) const {
    const Journey& journey = *tracker_.journeys().front().versions.back();
    const bool needed = std::ranges::any_of(journey.touchpoints, decides_when_sent);
    constexpr int most = 100;  // each round hands out what the one before brought about
    for (int round = 0; needed && round < most; ++round) {
      const CustomerState state = tracker_.derive(name, events, now);
      const std::size_t before = events.size();
      for (const Effect& effect : state.journeys.front().effects) {
        const Instance& instance = at(state.journeys.front().instances, effect.instance);
        const Touchpoint& touchpoint =
            at(tracker_.version(0, instance.version).touchpoints, effect.touchpoint);
        if (effect.handed_out || !decides_when_sent(touchpoint)) continue;
        events.push_back(handed_out(journey, touchpoint, effect));
      }
      if (events.size() == before) return;
    }
  }

  static bool decides_when_sent(const Touchpoint& touchpoint) {
    return touchpoint.kind == TouchpointKind::outbound && (touchpoint.goal || touchpoint.ends);
  }

  static Event handed_out(const Journey& journey, const Touchpoint& touchpoint, const Effect& effect) {
    Event event;
    event.id = "~" + hex(effect.key);  // after the author's events of that instant
    event.source = "lotse";
    event.type = event_type::handed_out;
    event.time = effect.due;
    event.arrived = effect.due;
    event.properties = Value(Map{{Value("journey"), Value(journey.id)},
                                 {Value("touchpoint"), Value(touchpoint.id)},
                                 {Value("key"), Value(hex(effect.key))},
                                 {Value("due"), Value(format_instant(effect.due))}});
    return event;
  }

  Tracker tracker_;
  Identities identities_;
  std::vector<std::pair<NodeIndex, Event>> events_;  // under the identifier that ranks highest
};

const Instance* chosen_instance(const JourneyState& state, const std::optional<Value>& key) {
  const Instance* chosen = nullptr;
  for (const Instance& instance : state.instances) {
    if (!key || (instance.key && instance.key->identical(*key))) chosen = &instance;
  }
  return chosen;
}

Diagnostic failure(const ScenarioFile& file, const Location& where, std::string message) {
  Diagnostic made;
  made.code = "failed";
  made.where = where;
  made.message = std::move(message);
  made.source_line = line_of(file.text, where.line);
  return made;
}

/// The state of a customer of the test, told to `coverage` where there is one.
CustomerState looked_at(const World& world, const Scenario& scenario, const Identifier& identifier,
                        Instant now, Coverage* coverage) {
  if (coverage == nullptr) return world.state_of(identifier, now);
  Coverage::Steps steps;
  CustomerState state = world.state_of(identifier, now, &steps);
  coverage->add(scenario.journey, state.journeys.front(), steps);
  return state;
}

}  // namespace

Outcome run(const ScenarioFile& file, const Scenario& scenario, const Workspace& workspace,
            Coverage* coverage) {
  Outcome outcome{.name = scenario.name, .where = scenario.where};
  const JourneyVersions& versions = workspace.journeys[scenario.journey];
  World world(workspace, versions);
  std::set<std::pair<std::string, Instant>> failed_at;  // by customer
  for (const Moment& moment : scenario.moments) {
    if (moment.event) world.happen(*moment.event);
    for (const Expectation& expectation : moment.expected) {
      const Identifier& identifier = scenario.customers.at(expectation.customer);
      const CustomerState state = looked_at(world, scenario, identifier, moment.at, coverage);
      const JourneyState& journey = state.journeys.front();
      const Situation situation{.versions = versions,
                                .state = journey,
                                .instance = chosen_instance(journey, expectation.key),
                                .now = moment.at,
                                .zone = scenario.zone,
                                .customer = expectation.customer};
      for (const Check& check : expectation.checks) {
        const auto found = check.missed(situation);
        if (!found) continue;
        outcome.failures.push_back(failure(file, check.where, *found));
        failed_at.emplace(expectation.customer, moment.at);
      }
    }
  }
  for (auto last = failed_at.begin(); last != failed_at.end(); ++last) {
    const auto next = std::next(last);
    if (next != failed_at.end() && next->first == last->first) continue;  // the later trace holds the earlier
    Lines lines(scenario.zone);
    [[maybe_unused]] const CustomerState state =
        world.state_of(scenario.customers.at(last->first), last->second, &lines);
    outcome.trace += fmt::format("  what happened to {}:\n{}", last->first,
                                 lines.text().empty() ? "    nothing\n" : lines.text());
  }
  if (coverage != nullptr && !scenario.moments.empty()) {
    for (const auto& [name, identifier] : scenario.customers)
      (void)looked_at(world, scenario, identifier, scenario.moments.back().at, coverage);
  }
  return outcome;
}

const Journey& Situation::journey() const {
  return instance == nullptr ? *versions.versions.back() : *lotse::at(versions.versions, instance->version);
}

std::vector<Outcome> run(const ScenarioFile& file, const Workspace& workspace) {
  std::vector<Outcome> outcomes;
  for (const Scenario& scenario : file.scenarios) outcomes.push_back(run(file, scenario, workspace));
  return outcomes;
}

}  // namespace lotse::scenario
