#include "engine/friction/mix_and_rate.hpp"

#include <rapidcheck.h>

#include <array>
#include <catch2/catch.hpp>
#include <cmath>
#include <numeric>

namespace lotse {
namespace {

struct Sums {
  double mix = 0;
  double rate = 0;
};

Sums sums_of(const std::vector<MixPart>& parts) {
  Sums sums;
  for (const MixAndRate& effect : mix_and_rate(parts)) {
    sums.mix += effect.mix;
    sums.rate += effect.rate;
  }
  return sums;
}

double difference_of(const std::vector<MixPart>& parts) {
  double difference = 0;
  for (const MixPart& part : parts) {
    difference += part.share_now * part.rate_now.value_or(0);
    difference -= part.share_before * part.rate_before.value_or(0);
  }
  return difference;
}

}  // namespace

TEST_CASE("mix_and_rate: computed by hand", "[friction][comparison]") {
  const std::vector<MixPart> parts = {
      {.share_before = 0.5, .share_now = 0.2, .rate_before = 0.1, .rate_now = 0.2},
      {.share_before = 0.5, .share_now = 0.8, .rate_before = 0.3, .rate_now = 0.3}};

  const auto effects = mix_and_rate(parts);

  CHECK(effects[0].mix == Approx(-0.3 * 0.15));
  CHECK(effects[0].rate == Approx(0.1 * 0.35));
  CHECK(effects[1].mix == Approx(0.3 * 0.3));
  CHECK(effects[1].rate == Approx(0).margin(1e-15));
  CHECK(difference_of(parts) == Approx(0.28 - 0.2));
}

TEST_CASE("mix_and_rate: a part that one population lacks is all mix", "[friction][comparison]") {
  const auto effects = mix_and_rate(
      std::vector<MixPart>{{.share_before = 1, .share_now = 0.6, .rate_before = 0.1, .rate_now = 0.1},
                           {.share_before = 0, .share_now = 0.4, .rate_before = {}, .rate_now = 0.5}});

  CHECK(effects[1].mix == Approx(0.4 * 0.5));
  CHECK(effects[1].rate == 0);
  const auto vanished = mix_and_rate(
      std::vector<MixPart>{{.share_before = 0.4, .share_now = 0, .rate_before = 0.5, .rate_now = {}}});
  CHECK(vanished[0].mix == Approx(-0.4 * 0.5));
  CHECK(vanished[0].rate == 0);
}

// Bickel, Hammel & O'Connell (1975, Science 187): admissions to the six largest departments at Berkeley,
// 1973, men as "before" and women as "now"; the counts are those of R's UCBAdmissions.
TEST_CASE("mix_and_rate: at Berkeley women are admitted less for the mix of departments, not for their rates",
          "[friction][comparison]") {
  struct Department {
    double men_admitted, men_rejected, women_admitted, women_rejected;
  };
  constexpr std::array departments = {Department{512, 313, 89, 19},   Department{353, 207, 17, 8},
                                      Department{120, 205, 202, 391}, Department{138, 279, 131, 244},
                                      Department{53, 138, 94, 299},   Department{22, 351, 24, 317}};
  std::vector<MixPart> parts;
  std::vector<double> moves;
  for (const Department& own : departments) {
    const double men = own.men_admitted + own.men_rejected;
    const double women = own.women_admitted + own.women_rejected;
    parts.push_back({.share_before = men / 2691,
                     .share_now = women / 1835,
                     .rate_before = own.men_admitted / men,
                     .rate_now = own.women_admitted / women});
    moves.push_back(*parts.back().rate_now - *parts.back().rate_before);
  }

  const Sums sums = sums_of(parts);

  CHECK(difference_of(parts) == Approx(557.0 / 1835 - 1198.0 / 2691));  // 30.4 % against 44.5 %
  CHECK(sums.mix == Approx(-0.1776739111522425));                       // exact fractions, computed apart
  CHECK(sums.rate == Approx(0.03602848290570063));
  // In two of the six women's rate is the lower one, so that not every part moves against the whole.
  CHECK_FALSE(is_reversal(difference_of(parts), moves));
}

TEST_CASE("mix_and_rate: mix and rate sum to the difference exactly", "[friction][comparison][property]") {
  const bool holds = rc::check([] {
    const auto weights = [](std::size_t count) {
      auto list = *rc::gen::container<std::vector<std::uint32_t>>(
          count, rc::gen::inRange<std::uint32_t>(0, 1'000'000));
      list[0] += 1;
      return list;
    };
    const auto count = *rc::gen::inRange<std::size_t>(1, 60);
    const auto before = weights(count);
    const auto now = weights(count);
    const auto rates = *rc::gen::container<std::vector<std::uint32_t>>(
        2 * count, rc::gen::inRange<std::uint32_t>(0, 1'000'001));
    const auto sum = [](const auto& list) { return std::accumulate(list.begin(), list.end(), 0.0); };
    std::vector<MixPart> parts;
    for (std::size_t i = 0; i < count; ++i) {
      MixPart& part = parts.emplace_back();
      part.share_before = before[i] / sum(before);
      part.share_now = now[i] / sum(now);
      if (before[i] > 0) part.rate_before = rates[2 * i] / 1e6;
      if (now[i] > 0) part.rate_now = rates[2 * i + 1] / 1e6;
    }

    const Sums sums = sums_of(parts);

    RC_ASSERT(std::abs(sums.mix + sums.rate - difference_of(parts)) < 1e-12);
  });
  REQUIRE(holds);
}

TEST_CASE("is_reversal: every part moves one way and the whole the other", "[friction][comparison]") {
  struct Row {
    const char* why;
    double difference;
    std::vector<double> parts;
    bool reversal;
  };
  const auto row = GENERATE(values<Row>({{"down though both rise", -0.1, {0.01, 0.02}, true},
                                         {"up though both fall", 0.1, {-0.01, -0.02}, true},
                                         {"one part goes along", -0.1, {0.01, -0.02}, false},
                                         {"one part rests", -0.1, {0.01, 0}, false},
                                         {"the whole rests", 0, {0.01, 0.02}, false},
                                         {"one part is no pattern", -0.1, {0.01}, false},
                                         {"no part", -0.1, {}, false},
                                         {"rounding is no move", -0.1, {1e-17, 1e-17}, false}}));
  CAPTURE(row.why);
  CHECK(is_reversal(row.difference, row.parts) == row.reversal);
}

}  // namespace lotse
