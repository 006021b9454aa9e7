#include "engine/friction/multivariate_hypergeometric.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <map>
#include <numeric>
#include <vector>

namespace lotse {
namespace {

using Counts = std::vector<std::uint32_t>;

double log_choose(double n, double k) {
  return std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1);
}

/// P(counts) = Π C(size, count) / C(Σ size, drawn).
double probability(const Counts& sizes, const Counts& counts) {
  double log = 0;
  for (std::size_t i = 0; i < sizes.size(); ++i) log += log_choose(sizes[i], counts[i]);
  const double all = std::accumulate(sizes.begin(), sizes.end(), 0.0);
  return std::exp(log - log_choose(all, std::accumulate(counts.begin(), counts.end(), 0.0)));
}

}  // namespace

TEST_CASE("multivariate hypergeometric: every outcome is as frequent as its exact probability",
          "[friction][scan]") {
  struct Row {
    const char* why;
    Counts sizes;
    std::uint32_t drawn;
  };
  const auto row =
      GENERATE(Row{"three groups", {4, 9, 3}, 6}, Row{"single members", {1, 1, 1, 1, 1}, 2},
               Row{"an empty group among them", {6, 0, 7}, 5}, Row{"nearly everybody", {5, 6, 4}, 13},
               Row{"one of many", {9, 2, 5, 1}, 1}, Row{"two groups of hundreds", {150, 250}, 160});
  CAPTURE(row.why);
  std::mt19937_64 dice(41);
  MultivariateHypergeometric law(row.sizes, row.drawn);
  constexpr int draws = 60'000;
  std::map<Counts, int> seen;
  Counts counts(row.sizes.size());
  for (int i = 0; i < draws; ++i) {
    law.draw(dice, counts);
    ++seen[counts];
  }

  // Pearson's chi-square over outcomes expected at least five times; the others together.
  double chi = 0;
  double rest_seen = draws;
  double rest_expected = draws;
  int cells = 0;
  for (const auto& [outcome, times] : seen) {
    REQUIRE(std::accumulate(outcome.begin(), outcome.end(), 0U) == row.drawn);
    for (std::size_t g = 0; g < outcome.size(); ++g) REQUIRE(outcome[g] <= row.sizes[g]);
    const double expected = draws * probability(row.sizes, outcome);
    if (expected < 5) continue;
    chi += (times - expected) * (times - expected) / expected;
    rest_seen -= times;
    rest_expected -= expected;
    ++cells;
  }
  if (rest_expected > 5) chi += (rest_seen - rest_expected) * (rest_seen - rest_expected) / rest_expected;
  CAPTURE(chi, cells);
  REQUIRE(cells > 3);
  CHECK(chi < cells + 4 * std::sqrt(2.0 * cells));
}

TEST_CASE("multivariate hypergeometric: mean and covariances of large groups are the exact ones",
          "[friction][scan]") {
  const Counts sizes = {100'000, 200'000, 650'000, 50'000};
  constexpr double all = 1'000'000;
  constexpr double share = 0.15;
  std::mt19937_64 dice(42);
  MultivariateHypergeometric law(sizes, static_cast<std::uint32_t>(all * share));
  constexpr int draws = 20'000;
  std::array<double, 4> sum{};
  double squares = 0;
  double products = 0;
  Counts counts(4);
  for (int i = 0; i < draws; ++i) {
    law.draw(dice, counts);
    for (std::size_t g = 0; g < 4; ++g) sum[g] += counts[g];
    squares += (counts[0] - 15'000.0) * (counts[0] - 15'000.0);
    products += (counts[0] - 15'000.0) * (counts[2] - 97'500.0);
  }

  const double unit = share * (1 - share) * all / (all - 1);
  for (std::size_t g = 0; g < 4; ++g) {
    const double deviation = std::sqrt(sizes[g] * unit * (1 - sizes[g] / all));
    CHECK(std::abs(sum[g] / draws - sizes[g] * share) < 4 * deviation / std::sqrt(draws));
  }
  // Their relative errors: √(2/draws) and about √((1 + 1/ρ²)/draws).
  CHECK(squares / draws == Approx(100'000 * unit * 0.9).epsilon(0.04));
  CHECK(products / draws == Approx(-100'000 * 0.65 * unit).epsilon(0.08));
}

TEST_CASE("multivariate hypergeometric: nobody, everybody, no groups", "[friction][scan]") {
  std::mt19937_64 dice(43);
  Counts counts(3);
  MultivariateHypergeometric(Counts{3, 0, 5}, 0).draw(dice, counts);
  CHECK(counts == Counts{0, 0, 0});
  MultivariateHypergeometric(Counts{3, 0, 5}, 8).draw(dice, counts);
  CHECK(counts == Counts{3, 0, 5});
  Counts nothing;
  MultivariateHypergeometric(Counts{}, 0).draw(dice, nothing);
  CHECK(nothing.empty());
}

}  // namespace lotse
