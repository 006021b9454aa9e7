#include "engine/friction/experiment_statistics.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <vector>

#include "tests/support/dice.hpp"

namespace lotse {
namespace {

/// How a stream of customers, arm and outcome drawn at random, ended for who looked after each of them.
struct Peeked {
  int runs = 0;
  int anytime_wrong = 0;  ///< runs in which some anytime interval excluded the true difference
  int fixed_wrong = 0;    ///< the same of Newcombe's, from 20 customers in each arm on
};

bool excludes(const Interval& interval, double truth) {
  return truth < interval.low || truth > interval.high;
}

Peeked peek(double rate, double control_rate, double part) {
  constexpr int runs = 400;
  constexpr int customers = 2'000;
  test::Dice dice(7);
  const auto happens = [&](double chance) { return static_cast<double>(dice(1'000'000)) < chance * 1e6; };
  Peeked peeked;
  for (; peeked.runs < runs; ++peeked.runs) {
    Share of;
    Share against;
    bool anytime = false;
    bool fixed = false;
    for (int i = 0; i < customers; ++i) {
      const bool treated = happens(part);
      Share& arm = treated ? of : against;
      arm.n += 1;
      arm.x += happens(treated ? rate : control_rate) ? 1 : 0;
      const double truth = rate - control_rate;
      anytime = anytime || excludes(anytime_difference(of, against, 0.05), truth);
      fixed = fixed || (of.n >= 20 && against.n >= 20 && excludes(newcombe_difference(of, against), truth));
    }
    peeked.anytime_wrong += anytime ? 1 : 0;
    peeked.fixed_wrong += fixed ? 1 : 0;
  }
  return peeked;
}

}  // namespace

TEST_CASE("anytime_quantile: is the published mixture's", "[friction]") {
  // std_conjmix_margin(t, rho2, alpha)·√t of the authors' R package drconfseq, with rho2 = 7.93615e-3 for
  // alpha = 0.05 and 9.50334e-3 for 0.025, computed with another program.
  CHECK(anytime_quantile(1, 0.05) == Approx(27.603506));
  CHECK(anytime_quantile(100, 0.05) == Approx(3.855055));
  CHECK(anytime_quantile(1'000, 0.05) == Approx(3.035209));
  CHECK(anytime_quantile(1e6, 0.05) == Approx(3.869452));
  CHECK(anytime_quantile(1'000, 0.025) == Approx(3.279214));
  CHECK(std::isinf(anytime_quantile(0, 0.05)));
}

TEST_CASE("anytime_difference: lies around the difference and is wider than the fixed interval",
          "[friction]") {
  const Share of{260, 1'000};
  const Share against{200, 1'000};

  const Interval anytime = anytime_difference(of, against, 0.05);

  CHECK((anytime.low + anytime.high) / 2 == Approx(0.06));
  CHECK(anytime.half_width() > newcombe_difference(of, against).half_width());
  CHECK(anytime.half_width() < 2 * newcombe_difference(of, against).half_width());
  CHECK(anytime_difference({}, against, 0.05) == Interval{-1, 1});
  CHECK(anytime_difference({0, 50}, {0, 50}, 0.05).half_width() >
        0.05);  // no failure seen is not no variance
}

TEST_CASE(
    "anytime_difference: who looks after every customer is misled in at most 5 of 100 experiments, where the "
    "fixed interval misleads in many",
    "[friction][simulation]") {
  struct Row {
    const char* why;
    double rate, control_rate, part;
  };
  const auto row = GENERATE(Row{"no difference, halves", 0.2, 0.2, 0.5},
                            Row{"rare successes, a small control", 0.03, 0.03, 0.9},
                            Row{"a true difference is not excluded either", 0.36, 0.3, 0.5});
  CAPTURE(row.why);

  const Peeked peeked = peek(row.rate, row.control_rate, row.part);

  CAPTURE(peeked.anytime_wrong, peeked.fixed_wrong);
  CHECK(peeked.anytime_wrong <= peeked.runs * 5 / 100);
  CHECK(peeked.fixed_wrong >= peeked.runs * 15 / 100);
}

TEST_CASE("customers_needed: with so many the difference is seen in four of five experiments", "[friction]") {
  constexpr double rate = 0.24;
  constexpr double control_rate = 0.2;
  const double needed = customers_needed({rate * 300, 300}, {control_rate * 100, 100}, 0.04, 0.05);
  test::Dice dice(11);
  int seen = 0;
  constexpr int runs = 400;
  for (int run = 0; run < runs; ++run) {
    Share of;
    Share against;
    for (int i = 0; i < static_cast<int>(needed); ++i) {
      const bool treated = dice(4) != 0;
      Share& arm = treated ? of : against;
      arm.n += 1;
      arm.x += static_cast<double>(dice(1'000'000)) < (treated ? rate : control_rate) * 1e6 ? 1 : 0;
    }
    seen += anytime_difference(of, against, 0.05).low > 0 ? 1 : 0;
  }
  CAPTURE(needed);
  CHECK(seen > 0.74 * runs);
  CHECK(seen < 0.86 * runs);
  CHECK(customers_needed({72, 300}, {20, 100}, 0.02, 0.05) > 3.5 * needed);
}

TEST_CASE("chi_square_upper_tail: the tables' critical values", "[friction]") {
  struct Row {
    double x;
    unsigned degrees;
    double p;
  };
  // NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.4.
  const auto row =
      GENERATE(Row{3.841, 1, 0.05}, Row{5.991, 2, 0.05}, Row{7.815, 3, 0.05}, Row{11.070, 5, 0.05},
               Row{10.828, 1, 0.001}, Row{13.816, 2, 0.001}, Row{18.307, 10, 0.05});
  CHECK(chi_square_upper_tail(row.x, row.degrees) == Approx(row.p).epsilon(1e-3));
  CHECK(chi_square_upper_tail(0, row.degrees) == 1);
}

TEST_CASE("sample_ratio: Mendel's peas are as 9:3:3:1", "[friction]") {
  // Mendel 1866; chi-square 0.470 with 3 d.f. in every textbook since Pearson.
  const SampleRatio ratio = sample_ratio(std::vector<std::uint64_t>{315, 101, 108, 32},
                                         std::vector<double>{9.0 / 16, 3.0 / 16, 3.0 / 16, 1.0 / 16});
  CHECK(ratio.chi_square == Approx(0.470).margin(5e-4));
  CHECK(ratio.degrees == 3);
  CHECK(ratio.p == Approx(0.9254).margin(5e-4));
}

TEST_CASE("sample_ratio: an arm without a share has nobody", "[friction]") {
  const std::vector<double> shares{0.5, 0.5, 0};
  CHECK(sample_ratio(std::vector<std::uint64_t>{50, 50, 0}, shares) == SampleRatio{0, 1, 1});
  CHECK(sample_ratio(std::vector<std::uint64_t>{50, 50, 1}, shares).p == 0);
  CHECK(sample_ratio(std::vector<std::uint64_t>{0, 0, 0}, shares).p == 1);
}

}  // namespace lotse
