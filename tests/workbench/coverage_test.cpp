#include "engine/workbench/coverage.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "engine/workbench/scenario.hpp"
#include "tests/support/paths.hpp"

namespace lotse {
namespace {

constexpr std::string_view channels_text = R"(channels:
  web: {}
  email: {adapter: log, purposes: [service]}
  call_center: {human: true}
)";

constexpr std::string_view shop_text = R"(journey: shop
context: {amount: {type: number, default: 0}}
anywhere: [{to: call, on: complained}]
touchpoints:
  order:
    channels: [web]
    start: true
    on: ordered
    capture: {amount: event.amount}
    next:
      - {to: delivery, when: event.whole}
      - {to: delivery, when: "!event.whole"}
      - {to: reminder, after: 1d, split: reminding, share: 50}
      - {hold: true, after: 1d, split: reminding, share: 50}
  reminder: {channels: [email], send: {template: reminder, purpose: service}, next: [review]}
  delivery: {on: delivered, goal: true, next: [review]}
  review:   {on: reviewed, ends: reviewed}
  call:     {channels: [call_center], handover: {team: sales}}
)";

JourneyVersions versions_of(const std::vector<std::string>& texts) {
  const Channels channels = load_channels("channels.yaml", channels_text).value.value();
  JourneyVersions versions;
  for (const std::string& text : texts) {
    const auto loaded = load_journey("shop.yaml", text, channels);
    INFO(render(loaded.findings));
    REQUIRE(loaded.value);
    versions.versions.push_back(*loaded.value);
    versions.in_force.push_back(Instant::min() + std::chrono::hours(versions.in_force.size()));
  }
  return versions;
}

Workspace shop_workspace(const std::vector<std::string>& texts = {std::string(shop_text)}) {
  Workspace workspace;
  workspace.channels = load_channels("channels.yaml", channels_text).value.value();
  workspace.journeys.push_back(versions_of(texts));
  return workspace;
}

/// Of all tests of the text.
std::vector<scenario::JourneyCoverage> coverage_of(const Workspace& workspace, const std::string& tests) {
  const auto loaded = scenario::load_scenarios("t.test.yaml", tests, workspace);
  INFO(render(loaded.findings));
  REQUIRE(loaded.value);
  scenario::Coverage coverage(workspace);
  for (const scenario::Scenario& test : loaded.value->scenarios) {
    const scenario::Outcome outcome = scenario::run(*loaded.value, test, workspace, &coverage);
    INFO(render(outcome.failures) << outcome.trace);
    CHECK(outcome.passed());
  }
  return coverage.journeys();
}

/// What is missing after one test with these steps.
std::string missing_after(const std::string& steps,
                          const std::string& customers = "ada: {split: {reminding: hold}}") {
  const Workspace workspace = shop_workspace();
  const auto coverage =
      coverage_of(workspace, "tests:\n  - test: t\n    customers: {" + customers + "}\n    given:\n" + steps);
  REQUIRE(coverage.size() == 1);
  return scenario::missing_text(coverage[0]);
}

const std::string order =
    "      - {at: 2024-03-01 10:00, customer: ada, event: ordered, channel: web, properties: {amount: 1}}\n";
const std::string holds = "ada: {split: {reminding: hold}}";
const std::string reminded = "ada: {split: {reminding: reminder}}";

}  // namespace

TEST_CASE("coverage: of two transitions to one touchpoint it tells which was taken",
          "[workbench][coverage]") {
  CHECK(missing_after(order + "      - {after: 1h, event: delivered, properties: {whole: false}}\n") ==
        "shop.yaml:11:9: not taken: order → delivery\n"
        "shop.yaml:13:9: not taken: order → reminder\n"
        "shop.yaml:14:9: not taken: order → hold\n"
        "shop.yaml:15:3: not reached: reminder\n"
        "shop.yaml:15:86: not taken: reminder → review\n"
        "shop.yaml:16:48: not taken: delivery → review\n"
        "shop.yaml:17:3: not reached: review\n"
        "shop.yaml:18:3: not reached: call\n"
        "shop.yaml:3:12: not taken: anywhere → call\n");
}

TEST_CASE("coverage: a control group is a transition, and a split has one for each arm",
          "[workbench][coverage]") {
  const std::string held = missing_after(order + "      - {after: 2d}\n", holds);
  const std::string sent = missing_after(order + "      - {after: 2d}\n", reminded);

  CHECK(held.find("order → hold") == std::string::npos);
  CHECK(held.find("order → reminder") != std::string::npos);
  CHECK(held.find("not reached: reminder") != std::string::npos);
  CHECK(sent.find("order → hold") != std::string::npos);
  CHECK(sent.find("order → reminder") == std::string::npos);
  CHECK(sent.find("not reached: reminder") == std::string::npos);
}

TEST_CASE("coverage: a position left by the transition of a message beside it is that message's",
          "[workbench][coverage]") {
  const std::string missing =
      missing_after(order + "      - {after: 2d}\n      - {after: 1h, event: reviewed}\n", reminded);

  CHECK(missing.find("reminder → review") == std::string::npos);
  CHECK(missing.find("delivery → review") != std::string::npos);
  CHECK(missing.find("not reached: review") == std::string::npos);
}

TEST_CASE("coverage: off the path a touchpoint is reached and no transition taken", "[workbench][coverage]") {
  const std::string missing = missing_after(order + "      - {after: 1h, event: reviewed}\n");

  CHECK(missing.find("not reached: review") == std::string::npos);
  CHECK(missing.find("reminder → review") != std::string::npos);
  CHECK(missing.find("delivery → review") != std::string::npos);
}

TEST_CASE("coverage: a transition of all touchpoints is taken from any", "[workbench][coverage]") {
  const std::string missing = missing_after(order + "      - {after: 1h, event: complained}\n");

  CHECK(missing.find("anywhere → call") == std::string::npos);
  CHECK(missing.find("not reached: call") == std::string::npos);
}

TEST_CASE("coverage: what a late event undoes was taken where somebody looked", "[workbench][coverage]") {
  const std::string late = "      - {at: 2024-03-01 12:00, event: delivered, properties: {whole: true}}\n";

  const std::string looked =
      missing_after(order + "      - {after: 2d, expect: {sent: [reminder]}}\n" + late, reminded);
  const std::string unseen = missing_after(order + "      - {after: 2d}\n" + late, reminded);

  CHECK(looked.find("order → reminder") == std::string::npos);
  CHECK(unseen.find("order → reminder") != std::string::npos);
}

TEST_CASE("coverage: older versions count where a test reached them, the newest always",
          "[workbench][coverage]") {
  const std::string old = "journey: shop\nversion: 1\nin_force_from: 2020-01-01T00:00:00Z\n" +
                          std::string(shop_text.substr(shop_text.find("context")));
  const std::string tests =
      "tests: [{test: t, given: [{at: 2024-03-01 10:00, event: ordered, channel: web, properties: {amount: "
      "1}}]}]\n";
  std::string newer = old;
  newer.replace(newer.find("version: 1"), 10, "version: 2");
  Workspace workspace = shop_workspace({old, newer});

  CHECK(coverage_of(workspace, tests).size() == 1);
  workspace.journeys[0].in_force = {parse_instant("2020-01-01T00:00:00Z").value(),
                                    parse_instant("2025-01-01T00:00:00Z").value()};
  const auto coverage = coverage_of(workspace, tests);

  REQUIRE(coverage.size() == 2);
  CHECK(scenario::summary(coverage[0]) == "shop 1: 1 of 5 touchpoints reached, 0 of 7 transitions taken");
  CHECK(scenario::summary(coverage[1]) == "shop 2: 0 of 5 touchpoints reached, 0 of 7 transitions taken");
}

TEST_CASE("coverage: the map gets what was reached and taken", "[workbench][coverage]") {
  const Workspace workspace = shop_workspace();
  const auto coverage =
      coverage_of(workspace,
                  "tests: [{test: t, given: [{at: 2024-03-01 10:00, event: ordered, channel: web, "
                  "properties: {amount: 1}}, {after: 1h, event: complained}]}]\n");

  const MapInput input = scenario::map_input(coverage.at(0), workspace.channels);

  REQUIRE(input.coverage);
  CHECK(input.coverage->reached == std::vector<bool>{true, false, false, false, true});
  CHECK(input.coverage->taken == std::vector<bool>{false, false, false, false, false, false, true});
  CHECK(input.caption == "by its tests 2 of 5 touchpoints reached, 1 of 7 transitions taken");
}

}  // namespace lotse
