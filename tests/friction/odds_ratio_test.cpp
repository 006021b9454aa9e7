#include "engine/friction/odds_ratio.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

namespace lotse {

TEST_CASE("mantel_haenszel: R's mantelhaen.test of its UCBAdmissions", "[friction][scan]") {
  // Admitted, rejected of men and of women by department; mantelhaen.test(UCBAdmissions).
  const std::vector<FourFold> departments = {{512, 313, 89, 19},   {353, 207, 17, 8},  {120, 205, 202, 391},
                                             {138, 279, 131, 244}, {53, 138, 94, 299}, {22, 351, 24, 317}};
  const auto result = mantel_haenszel(departments);
  REQUIRE(result);
  CHECK(result->ratio == Approx(0.904696828259).epsilon(1e-11));
  CHECK(result->interval.low == Approx(0.771907361759).epsilon(1e-11));
  CHECK(result->interval.high == Approx(1.060329764437).epsilon(1e-11));
}

TEST_CASE("mantel_haenszel: one stratum is the cross product with Woolf's error", "[friction][scan]") {
  const FourFold one{30, 70, 15, 85};
  const auto result = mantel_haenszel({&one, 1});
  REQUIRE(result);
  CHECK(result->ratio == Approx(30.0 * 85 / (70 * 15)));
  CHECK(result->log_error == Approx(std::sqrt(1.0 / 30 + 1.0 / 70 + 1.0 / 15 + 1.0 / 85)));

  CHECK(mantel_haenszel({&one, 1}, 4)->log_error == Approx(2 * result->log_error));
}

TEST_CASE("mantel_haenszel: strata that cannot be compared add nothing", "[friction][scan]") {
  const std::vector<FourFold> strata = {{30, 70, 15, 85}, {40, 60, 0, 0}, {0, 0, 9, 1}, {0, 0, 0, 0}};
  CHECK(mantel_haenszel(strata) == mantel_haenszel({strata.data(), 1}));
}

TEST_CASE("mantel_haenszel: no finite ratio above 0 is none", "[friction][scan]") {
  struct Row {
    const char* why;
    FourFold counts;
  };
  const auto row = GENERATE(Row{"nobody", {0, 0, 0, 0}}, Row{"no others", {5, 5, 0, 0}},
                            Row{"none of the others", {5, 5, 0, 9}}, Row{"all of the exposed", {5, 0, 3, 9}},
                            Row{"none of the exposed", {0, 5, 3, 9}});
  CAPTURE(row.why);
  CHECK(!mantel_haenszel({&row.counts, 1}));
}

}  // namespace lotse
