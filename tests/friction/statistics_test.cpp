#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <vector>

#include "engine/friction/absorbing_chain.hpp"
#include "engine/friction/cluster.hpp"
#include "engine/friction/proportion.hpp"
#include "engine/friction/shrinkage.hpp"
#include "engine/friction/significance.hpp"

namespace lotse {

TEST_CASE("wilson: the published intervals", "[friction]") {
  struct Row {
    const char* why;
    double x, n, low, high;
  };
  // Newcombe 1998, Stat. Med. 17, 857-872, table I, method 3.
  const auto row =
      GENERATE(Row{"a large sample", 81, 263, 0.2553, 0.3662}, Row{"a small one", 15, 148, 0.0624, 0.1605},
               Row{"none of twenty", 0, 20, 0, 0.1611}, Row{"one of 29", 1, 29, 0.0061, 0.1718},
               Row{"no observation says nothing", 0, 0, 0, 1});
  CAPTURE(row.why);
  const Interval result = wilson({row.x, row.n});
  CHECK(result.low == Approx(row.low).margin(5e-5));
  CHECK(result.high == Approx(row.high).margin(5e-5));
}

TEST_CASE("newcombe_difference: the published intervals", "[friction]") {
  struct Row {
    const char* why;
    Share of, against;
    double low, high;
  };
  // Newcombe 1998, Stat. Med. 17, 873-890, table II, method 10.
  const auto row = GENERATE(Row{"(a) 56/70 - 48/80", {56, 70}, {48, 80}, 0.0524, 0.3339},
                            Row{"(b) 9/10 - 3/10", {9, 10}, {3, 10}, 0.1705, 0.8090},
                            Row{"(d) 5/56 - 0/29", {5, 56}, {0, 29}, -0.0381, 0.1926},
                            Row{"(h) 10/10 - 0/10", {10, 10}, {0, 10}, 0.6075, 1.0});
  CAPTURE(row.why);
  const Interval result = newcombe_difference(row.of, row.against);
  CHECK(result.low == Approx(row.low).margin(5e-5));
  CHECK(result.high == Approx(row.high).margin(5e-5));
}

TEST_CASE("newcombe_difference: against a declared target only the sample is uncertain", "[friction]") {
  const Interval of = wilson({30, 100});
  const Interval result = newcombe_difference({30, 100}, {0.2, std::numeric_limits<double>::infinity()});
  CHECK(result.low == Approx(of.low - 0.2));
  CHECK(result.high == Approx(of.high - 0.2));
}

TEST_CASE("mid-p: exact tests give R's numbers", "[friction]") {
  CHECK(binomial_mid_p(14, 40, 0.2) == Approx(0.013661611401084).epsilon(1e-10));
  CHECK(binomial_mid_p(0, 25, 0.1) == Approx(0.964105100615407).epsilon(1e-10));
  CHECK(binomial_mid_p(25, 25, 0.9) == Approx(0.0358948993845926).epsilon(1e-10));
  CHECK(binomial_mid_p(5400, 50000, 0.1) == Approx(1.85848865082576e-09).epsilon(1e-6));
  CHECK(fisher_mid_p(14, 40, 60, 300) == Approx(0.0204702474270612).epsilon(1e-10));
  CHECK(fisher_mid_p(0, 20, 5, 50) == Approx(0.912469736877112).epsilon(1e-10));
  CHECK(fisher_mid_p(20, 20, 40, 50) == Approx(0.0129470141414456).epsilon(1e-10));
  CHECK(fisher_mid_p(5400, 50000, 100000, 1000000) == Approx(4.43790000915997e-09).epsilon(1e-6));
}

TEST_CASE("mid-p: the ends", "[friction]") {
  CHECK(binomial_mid_p(0, 0, 0.1) == 0.5);
  CHECK(binomial_mid_p(1, 10, 0) == 0.0);
  CHECK(binomial_mid_p(0, 10, 0) == 0.5);
  CHECK(binomial_mid_p(10, 10, 1) == 0.5);
  CHECK(fisher_mid_p(0, 10, 0, 10) == 0.5);
  CHECK(fisher_mid_p(10, 10, 10, 10) == 0.5);
}

TEST_CASE("benjamini_hochberg: adjusted p-values are R's p.adjust", "[friction]") {
  const std::vector<double> p = {0.01, 0.04, 0.03, 0.2, 0.005};
  const std::vector<double> expected = {0.025, 0.05, 0.05, 0.2, 0.025};
  const std::vector<double> adjusted = benjamini_hochberg(p);
  for (std::size_t i = 0; i < p.size(); ++i) CHECK(adjusted[i] == Approx(expected[i]));
  CHECK(benjamini_hochberg({}).empty());
}

TEST_CASE("material_p: an excess within the margin is not material", "[friction]") {
  CHECK(material_margin(0.05) == Approx(0.01));
  CHECK(material_margin(0.4) == Approx(0.04));
  CHECK(material_p(0.25, 0.0004, 0.2, 0, 0.02) == Approx(normal_upper_tail(1.5)));
  CHECK(material_p(0.22, 0.0004, 0.2, 0, 0.02) == Approx(0.5));
  CHECK(normal_upper_tail(z95) == Approx(0.025));
}

TEST_CASE("peers_mean: equal rates pool, different ones weigh more alike", "[friction]") {
  const std::vector<Share> equal = {{10, 100}, {20, 200}, {5, 50}, {100, 1000}, {1, 10}};
  const auto same = peers_mean(equal);
  REQUIRE(same);
  CHECK(same->rate == Approx(0.1));
  CHECK(same->between == 0);
  CHECK(same->n == Approx(1360));

  // metafor's rma(method = "DL") on these rates with vi = p(1-p)/n at the pooled p: checked by hand below.
  const std::vector<Share> unequal = {{10, 100}, {80, 200}, {5, 50}, {100, 1000}, {6, 10}};
  const double p = 201.0 / 1360;
  double q = 0, w = 0, ww = 0;
  for (const Share& share : unequal) {
    const double weight = share.n / (p * (1 - p));
    q += weight * (share.rate() - p) * (share.rate() - p);
    w += weight;
    ww += weight * weight;
  }
  const auto mixed = peers_mean(unequal);
  REQUIRE(mixed);
  CHECK(mixed->between == Approx((q - 4) / (w - ww / w)));
  CHECK(mixed->rate > p);  // the large cell no longer rules
  CHECK(mixed->n < 1360);
  CHECK_FALSE(mixed->pooled);
}

TEST_CASE("peers_mean: under five cells the pooled rate, without any nothing", "[friction]") {
  const std::vector<Share> few = {{10, 100}, {80, 200}, {0, 0}};
  const auto pooled = peers_mean(few);
  REQUIRE(pooled);
  CHECK(pooled->pooled);
  CHECK(pooled->rate == Approx(0.3));
  const std::vector<Share> empty = {{0, 0}};
  CHECK_FALSE(peers_mean(empty));
}

TEST_CASE("shrunk_rate: a small cell is drawn to its peers, a large one hardly", "[friction]") {
  const Baseline peers{.rate = 0.1, .variance = 0.0001, .n = 500, .between = 0.0018, .pooled = false};
  CHECK(shrunk_rate({5, 10}, peers) == Approx((5 + 49 * 0.1) / (10 + 49)));
  CHECK(shrunk_rate({5000, 10000}, peers) == Approx(0.5).margin(0.003));
  CHECK(shrunk_rate({5, 10}, Baseline{.rate = 0.1, .between = 0}) == 0.1);
}

TEST_CASE("cluster: answers of one customer are not independent", "[friction]") {
  ClusterSums singles;
  for (int i = 0; i < 100; ++i) singles.add_customer(i < 30 ? 1 : 0, 1);
  CHECK(singles.ratio() == Approx(0.3));
  CHECK(singles.variance() == Approx(0.3 * 0.7 / 99));
  CHECK(design_effect(singles) == Approx(1));
  CHECK(effective_sample(singles).n == Approx(100));

  ClusterSums agreeing;  // the same 30 %, four answers each, all alike: worth the customers
  for (int i = 0; i < 100; ++i) agreeing.add_customer(i < 30 ? 4 : 0, 4);
  CHECK(design_effect(agreeing) == Approx(399.0 / 99));
  CHECK(effective_sample(agreeing).n == Approx(400 * 99.0 / 399));

  ClusterSums content;
  content.add_customer(0, 3);
  content.add_customer(0, 0);
  CHECK(content.customers == 1);
  CHECK(effective_sample(content).n == 1);
}

TEST_CASE("absorbing_chain: shares of success from each place", "[friction]") {
  // a → b 0.5, a ends 0.5; b → a 0.2, b → goal 0.6, b ends 0.2: c_b = 0.6 + 0.2 c_a, c_a = 0.5 c_b.
  const AbsorbingChain chain({0, 0.5, 0.2, 0}, {0, 0.6});
  CHECK(chain.success_from()[0] == Approx(1.0 / 3));
  CHECK(chain.success_from()[1] == Approx(2.0 / 3));
}

TEST_CASE("absorbing_chain: another row by Sherman-Morrison is the chain solved again", "[friction]") {
  const std::vector<double> moves = {0, 0.5, 0.1, 0.2, 0, 0.6, 0.3, 0.1, 0};
  const std::vector<double> success = {0.1, 0, 0.4};
  const AbsorbingChain chain(moves, success);
  auto changed = moves;
  changed[3] = 0.25;
  changed[5] = 0.7;
  const AbsorbingChain again(changed, {0.1, 0.05, 0.4});
  const auto quick = chain.with_row(1, {0.25, 0, 0.7}, 0.05);
  for (std::size_t i = 0; i < 3; ++i) CHECK(quick[i] == Approx(again.success_from()[i]).epsilon(1e-12));
}

TEST_CASE("absorbing_chain: a cycle without an end is never left", "[friction]") {
  const AbsorbingChain chain({0, 1, 0, 1, 0, 0, 0.5, 0, 0}, {0, 0, 0.5});
  CHECK(chain.success_from()[0] == 0);
  CHECK(chain.success_from()[2] == Approx(0.5));
}

}  // namespace lotse
