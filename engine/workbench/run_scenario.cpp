#include <fmt/format.h>

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/tracking/tracker.hpp"
#include "engine/workbench/coverage.hpp"
#include "engine/workbench/scenario.hpp"
#include "engine/workbench/world.hpp"

namespace lotse::scenario {

namespace {

class Lines : public Trace {
 public:
  explicit Lines(Zone zone) : zone_(zone) {}
  void add(Item item) override {
    const bool outside = item.kind == Kind::event;
    text_ += fmt::format("    {}  {}{}\n", local_text(item.at), outside ? "" : "  ", item.text());
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
