#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/diagnostic.hpp"
#include "engine/journey/workspace.hpp"
#include "engine/tracking/event.hpp"
#include "engine/tracking/state.hpp"

/// Tests that a journey's authors write: `*.test.yaml`. docs/scenarios.md explains the format,
/// schemas/test.schema.json describes it to editors.
namespace lotse::scenario {

class Coverage;

/// Where the virtual clock begins, in the test's zone, if nothing else is said: a Monday morning.
inline constexpr std::string_view default_start = "2024-01-15 09:00";

/// What a check looks at: one customer at one instant of the virtual clock.
struct Situation {
  const JourneyVersions& versions;
  const JourneyState& state;
  const Instance* instance = nullptr;  ///< the chosen one, else the newest; null: the customer has none
  Instant now{};
  Zone zone;
  const std::string& customer;  ///< as the test calls them

  [[nodiscard]] const Journey& journey() const;  ///< the instance's version, else the newest
};

/// One thing that is expected, at its place in the file.
struct Check {
  Location where;
  /// What was found instead; nothing where it is as expected.
  std::function<std::optional<std::string>(const Situation&)> missed;
};

/// Checks about one customer.
struct Expectation {
  Location where;
  std::string customer;      ///< a name of Scenario::customers
  std::optional<Value> key;  ///< whose instance; left out: the newest
  std::vector<Check> checks;
};

/// A moment on the virtual clock: what happens there, and what is expected once it has happened.
struct Moment {
  Instant at{};  ///< of the clock afterwards; an event in the past leaves it where it is
  std::optional<Event> event;
  std::vector<Expectation> expected;
};

/// One test.
struct Scenario {
  std::string name;
  Location where;
  std::size_t journey = 0;  ///< into Workspace::journeys
  Zone zone = Zone::utc();
  std::vector<Moment> moments;
  std::map<std::string, Identifier>
      customers;  ///< what the test calls them → by which identifier they are found
};

struct ScenarioFile {
  std::string file;
  std::string text;
  std::vector<Scenario> scenarios;
};

/// The tests of a file, or all findings (T001 …): names are checked against the workspace's journeys.
[[nodiscard]] Loaded<ScenarioFile> load_scenarios(std::string_view file, std::string_view text,
                                                  const Workspace& workspace, const FileLimits& limits = {});

/// How one test went.
struct Outcome {
  std::string name;
  Location where;
  std::vector<Diagnostic> failures{};  ///< by place; empty: passed
  std::string trace{};  ///< of a failed one: what happened to its customers instead, one line each
  [[nodiscard]] bool passed() const { return failures.empty(); }
};

/// The workspace's test files: all `*.test.yaml` in it, at any depth, sorted; folders whose name begins with
/// a dot are left out.
[[nodiscard]] std::vector<std::filesystem::path> find_test_files(const std::filesystem::path& root);

/// Runs one test of a file. Pure: equal arguments give equal outcomes. `coverage`, where given, is told what
/// happened to the test's customers, looked at or not: at its end, and wherever something was expected (a
/// late event may undo what had happened by then).
[[nodiscard]] Outcome run(const ScenarioFile& file, const Scenario& scenario, const Workspace& workspace,
                          Coverage* coverage = nullptr);

/// Runs all tests of a file, each on its own.
[[nodiscard]] std::vector<Outcome> run(const ScenarioFile& file, const Workspace& workspace);

}  // namespace lotse::scenario
