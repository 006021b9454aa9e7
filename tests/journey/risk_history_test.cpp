#include "engine/journey/risk_history.hpp"

#include <catch2/catch.hpp>
#include <chrono>

namespace lotse {
namespace {

using namespace std::chrono_literals;

constexpr Instant night(int number) {
  return Instant{std::chrono::sys_days{std::chrono::year{2024} / 3 / 1} + std::chrono::days(number) + 3h};
}

RiskSteps curve(std::uint32_t version, std::string touchpoint, std::vector<RiskSteps::Step> steps) {
  return {.version = version, .touchpoint = std::move(touchpoint), .steps = std::move(steps)};
}

RiskHistory history() {
  return RiskHistory(
      {{.at = night(2), .curves = {curve(1, "order", {{0h, 60}})}},
       {.at = night(1),
        .curves = {curve(2, "order", {{0h, 5}}), curve(1, "visit", {{0h, 7}}),
                   curve(1, "order", {{0h, 20}, {48h, 40}, {240h, std::nullopt}, {480h, 90}})}}});
}

}  // namespace

TEST_CASE("risk_history: the last refresh at or before the instant counts", "[journey][risk]") {
  const RiskHistory risks = history();
  CHECK_FALSE(risks.at(1, "order", 1h, night(1) - 1ms));
  CHECK(risks.at(1, "order", 1h, night(1)) == 0.2);
  CHECK(risks.at(1, "order", 1h, night(2) - 1ms) == 0.2);
  CHECK(risks.at(1, "order", 1h, night(2)) == 0.6);
  CHECK(risks.at(1, "order", 1h, night(99)) == 0.6);
  CHECK(risks.refreshes().front().at == night(1));
}

TEST_CASE("risk_history: a curve is a step curve of the age, by version and touchpoint", "[journey][risk]") {
  const RiskHistory risks = history();
  struct Row {
    const char* why;
    std::uint32_t version;
    const char* touchpoint;
    Duration age;
    std::optional<double> risk;
  };
  const auto row =
      GENERATE(Row{"from its beginning", 1, "order", 0h, 0.2},
               Row{"up to a step", 1, "order", 48h - 1ms, 0.2}, Row{"from the step on", 1, "order", 48h, 0.4},
               Row{"where too few were seen", 1, "order", 250h, std::nullopt},
               Row{"and beyond", 1, "order", 500h, 0.9}, Row{"another version", 2, "order", 48h, 0.05},
               Row{"another touchpoint", 1, "visit", 48h, 0.07},
               Row{"a version without a curve", 3, "order", 0h, std::nullopt},
               Row{"a touchpoint without one", 1, "online", 0h, std::nullopt},
               Row{"no age", 1, "order", -1ms, std::nullopt});
  CAPTURE(row.why);
  CHECK(risks.at(row.version, row.touchpoint, row.age, night(1)) == row.risk);
}

TEST_CASE("risk_history: of two refreshes at one instant the later one counts", "[journey][risk]") {
  const RiskHistory risks({{.at = night(1), .curves = {curve(1, "order", {{0h, 20}})}},
                           {.at = night(1), .curves = {curve(1, "order", {{0h, 30}})}}});
  CHECK(risks.refreshes().size() == 1);
  CHECK(risks.at(1, "order", 0h, night(1)) == 0.3);
  CHECK_FALSE(RiskHistory().at(1, "order", 0h, night(1)));
}

TEST_CASE("risk_history: equal refreshes have equal digests, one at a time or together", "[journey][risk]") {
  const RiskHistory together = history();
  RiskHistory one_by_one;
  CHECK(one_by_one.digest().empty());
  std::vector<std::string> digests;
  for (const RiskRefresh& refresh : together.refreshes()) {
    one_by_one.add(refresh);
    digests.push_back(one_by_one.digest());
  }
  CHECK(one_by_one.digest() == together.digest());
  CHECK(one_by_one.refreshes() == together.refreshes());
  CHECK(digests[0] != digests[1]);
  RiskRefresh other = together.refreshes().back();
  other.at += 1ms;
  CHECK(RiskHistory({together.refreshes().front(), other}).digest() != together.digest());
}

TEST_CASE("risk_history: the text of curves does not depend on their order, and reads back",
          "[journey][risk]") {
  const std::vector<RiskSteps> curves = history().refreshes()[0].curves;
  const std::string text = risk_text({curves.rbegin(), curves.rend()});
  CHECK(text ==
        "1 order 0:20 172800000:40 864000000:- 1728000000:90\n"
        "1 visit 0:7\n"
        "2 order 0:5\n");
  const auto read = read_risk(text);
  REQUIRE(read);
  CHECK(*read == curves);
  CHECK(risk_text({}).empty());
  CHECK(read_risk("").value().empty());
}

TEST_CASE("risk_history: text that is no curves is refused", "[journey][risk]") {
  for (const char* text :
       {"1 order\n", "order 0:1\n", "1 order 0:101\n", "1 order 5:1 5:2\n", "1 order 9:1 5:2\n",
        "1 order 0:1 x\n", "1 order -1:4\n", "\n", "1  0:1\n", "1 order 0:1:2\n"}) {
    CAPTURE(text);
    const auto read = read_risk(text);
    REQUIRE_FALSE(read);
    CHECK(read.error().code == ErrorCode::storage);
  }
}

}  // namespace lotse
