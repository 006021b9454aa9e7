#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "engine/tracking/tracker.hpp"
#include "engine/workbench/simulation.hpp"
#include "tests/support/paths.hpp"

namespace lotse {
namespace {

using namespace std::chrono_literals;

std::string text_of(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  REQUIRE(in);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

const std::filesystem::path& example() {
  static const std::filesystem::path path = test::source_dir() / "journeys/broadband";
  return path;
}

const Workspace& workspace() {
  static const Workspace loaded = load_workspace(example()).value.value();
  return loaded;
}

const Journey& broadband() { return *workspace().journeys.front().versions.back(); }

const Simulation& example_simulation() {
  static const Simulation simulation =
      load_simulation("simulation.yaml", text_of(example() / "simulation.yaml"), broadband()).value.value();
  return simulation;
}

struct Log {
  std::vector<Event> events;
  SimulationTruth truth;
};

Log simulated(const Simulation& simulation, std::uint64_t customers, std::uint64_t seed) {
  Log log;
  const SimulationOptions options{.customers = customers,
                                  .seed = seed,
                                  .from = parse_instant("2024-01-01T00:00:00Z").value(),
                                  .span = std::chrono::days(60)};
  log.truth =
      simulate(broadband(), simulation, options, [&](const Event& event) { log.events.push_back(event); });
  return log;
}

std::string line(const Event& event) {
  std::string text = event.id + " " + event.type + " " + format_instant(event.time) + " " + event.channel;
  for (const Identifier& id : event.ids) text += " " + id.name_space + "=" + id.value;
  return text + " " + to_json(event.properties) + to_json(event.traits);
}

std::vector<std::string> lines(const Log& log) {
  std::vector<std::string> made;
  for (const Event& event : log.events) made.push_back(line(event));
  return made;
}

/// The states of all customers long after the last event. Who a customer is stands in the event ids.
std::vector<JourneyState> derived(const Log& log) {
  std::map<std::string, std::vector<Event>> by_customer;
  for (const Event& event : log.events) by_customer[event.id.substr(0, event.id.find('-'))].push_back(event);
  const Tracker tracker(workspace().journeys, workspace().settings);
  std::vector<JourneyState> states;
  for (const auto& [customer, events] : by_customer) {
    states.push_back(
        tracker.derive("user_id:u" + customer, events, parse_instant("2025-06-01T00:00:00Z").value())
            .journeys.front());
  }
  return states;
}

/// Counted from what the tracker makes of the events; touchpoints of the newest version.
StayCount counted(const std::vector<JourneyState>& states, const std::string& touchpoint) {
  StayCount count;
  const auto index = broadband().find_touchpoint(touchpoint).value();
  for (const JourneyState& state : states) {
    for (const Instance& instance : state.instances) {
      for (const Stay& stay : instance.stays) {
        if (stay.at != index) continue;
        ++count.entered;
        count.dropped += stay.cause == Cause::dropped ? 1 : 0;
        count.hopped += stay.cause == Cause::hopped ? 1 : 0;
        count.exited += stay.cause == Cause::exited ? 1 : 0;
      }
    }
  }
  return count;
}

const TruthRow& row(const SimulationTruth& truth, std::string_view touchpoint, std::string_view cut = "",
                    std::string_view value = "", std::string_view channel = "") {
  const auto found = std::ranges::find_if(truth.rows, [&](const TruthRow& r) {
    return r.touchpoint == touchpoint && r.cut == cut && r.value == value && r.channel == channel;
  });
  REQUIRE(found != truth.rows.end());
  return *found;
}

double drop_off(const TruthRow& row) {
  return static_cast<double>(row.count.dropped) / static_cast<double>(row.count.entered);
}

}  // namespace

TEST_CASE("simulate: equal seeds give equal logs, other seeds other ones", "[workbench][simulate]") {
  const auto once = lines(simulated(example_simulation(), 200, 1));
  const auto again = lines(simulated(example_simulation(), 200, 1));
  const auto other = lines(simulated(example_simulation(), 200, 2));

  CHECK(once == again);
  CHECK(once != other);
}

TEST_CASE("simulate: the log is in the order of arrival, with as many duplicates and late events as it says",
          "[workbench][simulate]") {
  const Log log = simulated(example_simulation(), 1000, 3);

  CHECK(std::ranges::is_sorted(log.events, {}, &Event::arrived));
  std::set<std::string> ids;
  std::uint64_t late = 0;
  for (const Event& event : log.events) {
    const bool is_new = ids.insert(event.id).second;
    late += is_new && event.arrived > event.time ? 1U : 0U;
  }
  CHECK(ids.size() == log.truth.events);
  CHECK(log.events.size() == log.truth.events + log.truth.duplicates);
  CHECK(log.truth.duplicates > 0);
  CHECK(late ==
        Approx(static_cast<double>(log.truth.late)).epsilon(0.1));  // of a late duplicate the first counts
}

TEST_CASE("simulate: what it calls the truth is what the tracker derives from the log",
          "[workbench][simulate]") {
  const Log log = simulated(example_simulation(), 1500, 4);

  const auto states = derived(log);

  for (const char* touchpoint :
       {"order", "slot_search", "appointment", "technician_visit", "online", "first_bill"}) {
    CAPTURE(touchpoint);
    const StayCount found = counted(states, touchpoint);
    const StayCount& told = row(log.truth, touchpoint).count;
    CHECK(found.entered == told.entered);
    CHECK(found.dropped == told.dropped);
    CHECK(found.hopped == told.hopped);
    CHECK(found.exited == told.exited);
  }
  std::uint64_t achieved = 0;
  for (const JourneyState& state : states) {
    for (const Instance& instance : state.instances) achieved += instance.achieved ? 1U : 0U;
  }
  CHECK(achieved == log.truth.achieved);
}

TEST_CASE("simulate: planted friction hits those for whom it is planted", "[workbench][simulate]") {
  const Log log = simulated(example_simulation(), 8000, 5);

  CHECK(drop_off(row(log.truth, "slot_search", "plan", "fibre", "web")) == Approx(0.42 * 0.7).margin(0.04));
  CHECK(drop_off(row(log.truth, "slot_search", "plan", "cable", "web")) == Approx(0.09 * 0.94).margin(0.03));
  CHECK(drop_off(row(log.truth, "slot_search", "plan", "fibre", "app")) == Approx(0.09 * 0.94).margin(0.04));
  CHECK(log.truth.planted.at(0).stays == row(log.truth, "slot_search", "plan", "fibre", "web").count.entered);
}

TEST_CASE("simulate: nine of the example's call-backs in ten keep their promise", "[workbench][simulate]") {
  const auto states = derived(simulated(example_simulation(), 1500, 4));

  const auto call_back = broadband().find_touchpoint("call_back").value();
  std::size_t due = 0;
  std::size_t kept = 0;
  for (const JourneyState& state : states) {
    for (const Effect& effect : state.effects) {
      if (effect.touchpoint != call_back) continue;
      REQUIRE(effect.deadline);
      due += !effect.ended || *effect.ended > *effect.deadline || effect.task == TaskStatus::done ? 1U : 0U;
      kept += effect.task == TaskStatus::done && *effect.ended <= *effect.deadline ? 1U : 0U;
    }
  }
  CHECK(due > 300);
  CHECK(static_cast<double>(kept) / static_cast<double>(due) == Approx(0.9).margin(0.05));
}

TEST_CASE("simulate: all events of a customer can be linked by their identifiers", "[workbench][simulate]") {
  const Log log = simulated(example_simulation(), 300, 6);

  std::map<std::string, std::set<std::string>> names;  // customer → values without their first letter
  std::size_t anonymous = 0;
  for (const Event& event : log.events) {
    const std::string customer = event.id.substr(0, event.id.find('-'));
    for (const Identifier& id : event.ids) {
      INFO(line(event));
      CHECK(id.value.find(customer) != std::string::npos);
      anonymous += id.name_space == "anonymous_id" ? 1U : 0U;
    }
  }
  CHECK(anonymous > 100);
}

TEST_CASE("simulate: a journey without a simulation file is walked all the same", "[workbench][simulate]") {
  const Log log = simulated(guess_simulation(broadband()), 500, 7);

  const auto states = derived(log);

  std::size_t opened = 0;
  for (const JourneyState& state : states) opened += state.instances.size();
  CHECK(opened == 500);  // `when: event.product == "broadband"` and the key are met
  CHECK(counted(states, "appointment").entered > 300);
  CHECK(counted(states, "technician_visit").entered > 200);
  CHECK(log.truth.achieved > 100);
}

TEST_CASE("simulation file: mistakes are found, with their place and what was meant",
          "[workbench][simulate]") {
  struct Row {
    const char* why;
    const char* text;
    const char* message;
  };
  const auto found = GENERATE(
      Row{"another journey", "journey: broadband-onboardin\n",
          "s.yaml:1:10: error: this file simulates `broadband-onboardin`, not `broadband-onboarding` [S005]\n"
          "    journey: broadband-onboardin\n"
          "             ^\n"},
      Row{"an unknown touchpoint", "journey: broadband-onboarding\ntouchpoints:\n  ordr: {drop: 1%}\n",
          "s.yaml:3:3: error: `ordr` is no touchpoint [S004]\n"
          "      ordr: {drop: 1%}\n"
          "      ^\n"
          "  hint: did you mean `order`?\n"},
      Row{"a message is nowhere to stand",
          "journey: broadband-onboarding\ntouchpoints:\n  nudge: {drop: 1%}\n",
          "s.yaml:3:3: error: `nudge` is reached by no event [S004]\n"
          "      nudge: {drop: 1%}\n"
          "      ^\n"
          "  hint: simulate touchpoints with `on`; the others follow from them\n"},
      Row{"a share beyond all", "journey: broadband-onboarding\ntouchpoints:\n  order: {drop: 120%}\n",
          "s.yaml:3:17: error: `drop` is no share [S001]\n"
          "      order: {drop: 120%}\n"
          "                    ^\n"
          "  hint: write `12%` or `0.12`\n"},
      Row{"a delay that ends before it begins",
          "journey: broadband-onboarding\ntouchpoints:\n  order: {next: {slot_search: {after: [3d, 1d]}}}\n",
          "s.yaml:3:39: error: this is no delay [S002]\n"
          "      order: {next: {slot_search: {after: [3d, 1d]}}}\n"
          "                                          ^\n"
          "  hint: write `2h`, or `[1h, 3d]` for some time between\n"},
      Row{"a name that stands for nothing",
          "journey: broadband-onboarding\ndraw: {plan: {a: 1}}\ntouchpoints:\n  order: {properties: {p: "
          "$plam}}\n",
          "s.yaml:4:27: error: `$plam` stands for nothing [S004]\n"
          "      order: {properties: {p: $plam}}\n"
          "                              ^\n"
          "  hint: did you mean `plan`?\n"},
      Row{"a condition on what is never drawn",
          "journey: broadband-onboarding\nfriction:\n  - {at: order, where: {chanel: web}}\n",
          "s.yaml:3:25: error: `chanel` is neither drawn nor a trait [S004]\n"
          "      - {at: order, where: {chanel: web}}\n"
          "                            ^\n"
          "  hint: did you mean `channel`?\n"});
  CAPTURE(found.why);

  const auto loaded = load_simulation("s.yaml", found.text, broadband());

  CHECK_FALSE(loaded.value);
  CHECK(render(loaded.findings) == found.message);
}

}  // namespace lotse
