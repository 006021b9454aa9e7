#include "engine/report/explanation_text.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "tests/report/sample.hpp"
#include "tests/support/one_line.hpp"

namespace lotse::test {
namespace {

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

/// 30 of 100 drop on day 10, 50 move on on day 1, 20 came yesterday; the file's target is 10 %.
Explanation of_the_order() {
  std::vector<JourneyState> customers;
  for (int i = 0; i < 100; ++i) {
    customers.push_back(i < 30   ? customer({stay(order, day(0), Cause::dropped, day(10))})
                        : i < 80 ? customer({stay(order, day(0), Cause::advanced, day(1)),
                                             stay(online, day(1), Cause::exited, day(1))})
                                 : customer({stay(order, day(39))}));
  }
  Journey journey = hand_made_journey();
  journey.touchpoints[order].target = 0.1;
  return explain(table_of(customers, day(40), versions_of({journey})), {}, "drop_off:order").value();
}

std::vector<std::string> names_of(std::size_t count) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < count; ++i) names.push_back("user_id:u" + std::to_string(i));
  return names;
}

}  // namespace

TEST_CASE("explanation: every figure on the way from the stays to the verdict", "[report][explain]") {
  const std::vector<std::string> names = names_of(100);
  const std::string text = explanation_table(of_the_order(), {.customers = names, .most = 2});

  // S(1) = 50/100; the 20 young ones are censored there; 30 of 30 drop on day 10: F = 0.5.
  for (const std::string_view part :
       {"drop_off:order: confirmed, order\n",
        "Entered: 100 stays by 100 customers; left by 2024-04-10T00:00:00Z: 80, "
        "open: 20.",
        "F_dropped(h) = 0.5 by Aalen-Johansen", "Var = 0.0025", "The target that the file declares: 0.1.",
        "   1d      100    50        0              20          0.0           50.0\n",
        "  10d       30    30       30               0         50.0            0.0\n",
        "binomial mid-p, one-sided", "At q = 0.1: confirmed.", "CASES: the first 2 of 30\n",
        "2024-03-11T00:00:00Z  user_id:u0\n", "2024-03-11T00:00:00Z  user_id:u1\n"}) {
    CAPTURE(part, text);
    std::string unwrapped = text;
    const bool prose = part.find("\n") == std::string_view::npos;
    if (prose) std::ranges::replace(unwrapped, '\n', ' ');
    CHECK(has(unwrapped, part));
  }
  CHECK_FALSE(has(text, "user_id:u2\n"));
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) CHECK(display_width(line) <= 100);
}

TEST_CASE("explanation: who may not see customers sees how many there are", "[report][explain]") {
  const Explanation explained = of_the_order();
  CHECK(has(explanation_table(explained, {}), "CASES: 30, whose customers you may not see\n"));
  CHECK_FALSE(has(explanation_markdown(explained, {}), "user_id"));
  CHECK(has(explanation_json(explained, {}), "\"customer\": null"));
  const std::string csv = explanation_csv(explained, {});
  CHECK(csv.starts_with("finding,when,customer\r\ndrop_off:order,2024-03-11T00:00:00Z,\r\n"));
  CHECK(std::ranges::count(csv, '\n') == 31);
}

TEST_CASE("explanation: all cases are in the data formats", "[report][explain]") {
  const std::vector<std::string> names = names_of(100);
  const Explanation explained = of_the_order();
  const std::string csv = explanation_csv(explained, {.customers = names, .most = 2});
  CHECK(has(csv, "drop_off:order,2024-03-11T00:00:00Z,user_id:u29\r\n"));
  const std::string json = explanation_json(explained, {.customers = names, .most = 2});
  CHECK(has(json, "\"id\": \"drop_off:order\""));
  CHECK(has(json, "\"customer\": \"user_id:u29\""));
  CHECK(has(json, "\"share\": 0.5"));
}

TEST_CASE("explanation: what the sentences are made of is beside them", "[report][explain]") {
  const std::string json = on_one_line(explanation_json(of_the_order(), {}));
  for (
      const std::string_view part :
      {R"("population": {"customers": 100, "instances": 100, "stays": 150, "from": null, "to": null, )"
       R"("where": null, "achieved_observed": 0.625})",
       R"("stays": {"entered": 100, "customers": 100, "resolved": 80, "open": 20, "mature": 80, )"
       R"("horizon_seconds": 1.728e+06})",
       R"("estimate": {"x": null, "n": null, "variance": 0.0025, "design_effect": 1, )"
       R"("mean_lateness_seconds": null, "n_eff": 100, "rate": 0.5, "interval": [0.403832, 0.596168]})",
       R"("baseline": {"source": "target", "rate": 0.1, "cells": 0, "shrunk": 0.5, "from": null, "to": null})",
       R"("test": {"excess": 0.4, "excess_interval": [0.303832, 0.496168], "margin": 0.01, "tested": true, )",
       R"("more_needed": 0, "q": 0.1, "m": 2, "p_plain_alone": 3.23218e-24, "p_plain": 6.46436e-24, )"
       R"("p_material_alone": 3.09536e-15, "p_material": 6.19072e-15, "explained": null, "affected": 40, )"
       R"("affected_low": 30.3832, "reach": 1})",
       R"("until_seconds": 864000, "at_risk": 30, "left": 30, "cases": 30, "open": 0, "share": 0.5, )"
       R"("interval": [0.403832, 0.596168], "remaining": 0})"}) {
    CAPTURE(part, json);
    CHECK(has(json, part));
  }
}

TEST_CASE("explanation: the peers of a part are told, and every signal has its words", "[report][explain]") {
  FrictionQuery query;
  query.by = "region";
  const StayTable table = sample_table();
  const FrictionReport report = friction_report(table, query).value();
  for (const auto* rows : {&report.rows, &report.parts}) {
    for (std::uint32_t row = 0; row < rows->size(); ++row) {
      for (const Signal signal : all_signals) {
        if (!(*rows)[row].judged[static_cast<std::size_t>(signal)]) continue;
        Finding cell;
        cell.scope = rows == &report.rows ? Scope::touchpoint : Scope::part;
        cell.row = row;
        cell.signal = signal;
        const auto explained = explain(table, query, finding_id(report, cell));
        REQUIRE(explained);
        const std::string text = explanation_table(*explained, {});
        CAPTURE(text);
        CHECK(has(text, "A case is a"));
        CHECK(has(text, "\nAGAINST\n"));
        if (!explained->peers.empty()) CHECK(has(text, "\ncell "));
      }
    }
  }
}

}  // namespace lotse::test
