#include "engine/friction/verdict.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <vector>

#include "engine/friction/incidence.hpp"

namespace lotse {
namespace {

Evidence evidence_of(double x, double n) {
  const double p = n > 0 ? x / n : 0;
  Evidence evidence;
  evidence.sample = {x, n};
  evidence.variance = n > 0 ? p * (1 - p) / n : 0;
  evidence.entered = n;
  return evidence;
}

/// Uniform in [0, 1) from raw draws: the std distributions differ between libraries.
double uniform(std::mt19937_64& dice) { return static_cast<double>(dice() >> 11U) * 0x1.0p-53; }

/// n stays that drop at time 60 with probability `p`, else advance at an exponential time of mean 20; entered
/// evenly over `over` days before as_of, so that the younger ones are still open.
std::vector<LeavingTime> censored_stays(std::mt19937_64& dice, std::size_t n, double p, double over) {
  std::vector<std::pair<std::int64_t, std::size_t>> seen;
  for (std::size_t i = 0; i < n; ++i) {
    const bool drops = uniform(dice) < p;
    const double lasts = drops ? 60 : std::min(59.0, -20 * std::log1p(-uniform(dice)));
    const double age = uniform(dice) * over;
    const double at = std::min(lasts, age);
    seen.emplace_back(static_cast<std::int64_t>(at * 1000), lasts > age ? 0U : drops ? 4U : 1U);
  }
  std::sort(seen.begin(), seen.end());
  std::vector<LeavingTime> times;
  for (const auto& [at, cause] : seen) {
    if (times.empty() || times.back().at != at) times.push_back({.at = at, .from = at, .count = {}});
    ++times.back().count[cause];
  }
  return times;
}

/// The drop-off of those stays by twice the window, entered over `over` days.
Evidence drop_evidence(const std::vector<LeavingTime>& times, std::size_t n, double over) {
  const Incidence incidence = aalen_johansen(times, 120'000);
  Evidence evidence;
  evidence.entered = static_cast<double>(n);
  evidence.variance = incidence.variance[4];
  evidence.sample = effective_sample(incidence.share[4], incidence.variance[4], evidence.entered,
                                     evidence.entered * std::max(0.0, 1 - 120 / over));
  return evidence;
}

struct Sampled {
  std::size_t n;
  double p;
};

/// How often the interval of n censored stays covers the true p: within 0.93 to 0.97.
void check_coverage(const Sampled& sampled, int runs) {
  std::mt19937_64 dice(20240301 + sampled.n);
  constexpr double over =
      150;  // days of entries; a drop-off is known after 60, so four in ten are censored before
  int covered = 0;
  for (int run = 0; run < runs; ++run) {
    const auto times = censored_stays(dice, sampled.n, sampled.p, over);
    const Interval interval = wilson(drop_evidence(times, sampled.n, over).sample);
    covered += interval.low <= sampled.p && sampled.p <= interval.high ? 1 : 0;
  }
  const double coverage = static_cast<double>(covered) / runs;
  WARN("coverage, n = " << sampled.n << ", p = " << sampled.p << ": " << coverage << " of " << runs
                        << " runs (bar: 0.93 to 0.97)");
  CHECK(coverage >= 0.93);
  CHECK(coverage <= 0.97);
}

/// With nothing to find, any finding is false: the false discovery rate is the share of runs that show one.
void check_null_report(std::uint64_t seed, int runs) {
  std::mt19937_64 dice(seed);
  int suspected = 0;
  int confirmed = 0;
  for (int run = 0; run < runs; ++run) {
    std::vector<Evidence> cells;
    for (int cell = 0; cell < 48; ++cell) {
      const auto n = static_cast<std::size_t>(50 + uniform(dice) * 750);
      const auto times = censored_stays(dice, n, 0.2, 200);
      cells.push_back(drop_evidence(times, n, 200));
    }
    bool any = false;
    bool sure = false;
    for (const Judgement& judgement : judge(cells).cells) {
      any = any || judgement.verdict <= Verdict::suspected;
      sure = sure || judgement.verdict == Verdict::confirmed;
    }
    suspected += any ? 1 : 0;
    confirmed += sure ? 1 : 0;
  }
  const double rate = static_cast<double>(suspected) / runs;
  const double sure_rate = static_cast<double>(confirmed) / runs;
  WARN("null report of 48 cells, " << runs << " runs: false discovery rate " << rate
                                   << " (bar: 0.11), confirmed " << sure_rate << " (bar: 0.02)");
  CHECK(rate <= 0.11);
  CHECK(sure_rate <= 0.02);
}

/// Five of 48 cells with half more drop-offs than the others: who leads the list.
void check_planted(int runs) {
  std::mt19937_64 dice(815);
  double found = 0;
  double loss_found = 0;
  double loss = 0;
  for (int run = 0; run < runs; ++run) {
    std::vector<Evidence> cells;
    std::vector<double> planted(48, 0);
    for (std::size_t cell = 0; cell < 48; ++cell) {
      const auto n = static_cast<std::size_t>(300 + uniform(dice) * 1200);
      const double p = cell < 5 ? 0.3 : 0.2;
      if (cell < 5) planted[cell] = static_cast<double>(n) * 0.1;
      const auto times = censored_stays(dice, n, p, 200);
      cells.push_back(drop_evidence(times, n, 200));
    }
    const Judgements result = judge(cells);
    std::vector<std::size_t> order(48);
    for (std::size_t i = 0; i < 48; ++i) order[i] = i;
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      const Judgement& x = result.cells[a];
      const Judgement& y = result.cells[b];
      if (x.verdict != y.verdict) return x.verdict < y.verdict;
      return x.affected_low > y.affected_low;
    });
    for (std::size_t i = 0; i < 48; ++i) {
      loss += planted[order[i]];
      if (i < 5) {
        found += order[i] < 5 ? 1 : 0;
        loss_found += planted[order[i]];
      }
    }
  }
  WARN("planted +50 % in 5 of 48, " << runs << " runs: precision of the top 5 " << found / (5 * runs)
                                    << " (bar: 0.75), share of the true loss " << loss_found / loss
                                    << " (bar: 0.92)");
  CHECK(found / (5 * runs) >= 0.75);
  CHECK(loss_found / loss >= 0.92);
}

}  // namespace

TEST_CASE("judge: a target goes before history, history before peers", "[friction]") {
  std::vector<Evidence> cells;
  for (int i = 0; i < 6; ++i) cells.push_back(evidence_of(30, 100));
  cells.push_back(evidence_of(60, 200));
  Evidence& cell = cells.back();
  const auto history = [](double x, double n) {
    const double p = x / n;
    return Evidence::History{.sample = {x, n}, .variance = p * (1 - p) / n};
  };
  const auto judged = [&](BaselineChoice choice = BaselineChoice::automatic) {
    return judge(cells, {.baseline = choice}).cells.back();
  };

  CHECK(judged().source == BaselineSource::peers);
  CHECK(judged().verdict == Verdict::fine);
  CHECK(judged(BaselineChoice::history).verdict == Verdict::none);

  cell.history = history(20, 200);
  CHECK(judged().source == BaselineSource::history);
  CHECK(judged().baseline == Approx(0.1));
  CHECK(judged().verdict == Verdict::confirmed);
  CHECK(judged().shrunk == Approx(judged(BaselineChoice::peers).shrunk));
  CHECK(judged(BaselineChoice::peers).source == BaselineSource::peers);
  CHECK(judged(BaselineChoice::target).source == BaselineSource::none);

  cell.history = history(2, 19);  // too few to be a baseline
  CHECK(judged().source == BaselineSource::peers);

  cell.history = history(20, 200);
  cell.target = 0.35;
  CHECK(judged().source == BaselineSource::target);
  CHECK(judged().verdict == Verdict::fine);
}

TEST_CASE("judge: history is a sample too, and its own chance counts", "[friction]") {
  // 30 of 100 against 20 of 100: against a known 20 % worse beyond chance, against a sample of that size not.
  Evidence cell = evidence_of(30, 100);
  cell.history = Evidence::History{.sample = {20, 100}, .variance = 0.2 * 0.8 / 100};
  CHECK(judge(std::vector{cell}, {.q = 0.05}).cells[0].verdict == Verdict::fine);
  cell.history.reset();
  cell.target = 0.2;
  CHECK(judge(std::vector{cell}, {.q = 0.05}).cells[0].verdict < Verdict::inconclusive);
}

TEST_CASE("judge: each verdict", "[friction]") {
  struct Row {
    const char* why;
    double x, n;
    std::optional<double> target;
    Verdict verdict;
  };
  const auto row =
      GENERATE(Row{"far above its target", 400, 1000, 0.2, Verdict::confirmed},
               Row{"above the target, within the margin", 2150, 10000, 0.2, Verdict::suspected},
               Row{"at its target", 200, 1000, 0.2, Verdict::fine},
               Row{"better than its target", 10, 1000, 0.2, Verdict::fine},
               Row{"too few to test, however bad", 15, 19, 0.2, Verdict::inconclusive},
               Row{"enough to test, too few to say that all is well", 5, 25, 0.2, Verdict::inconclusive},
               Row{"nobody entered", 0, 0, 0.2, Verdict::inconclusive},
               Row{"nothing to compare with", 400, 1000, std::nullopt, Verdict::none});
  CAPTURE(row.why);
  Evidence cell = evidence_of(row.x, row.n);
  cell.target = row.target;

  const Judgements result = judge(std::vector{cell});

  CHECK(result.cells[0].verdict == row.verdict);
  CHECK(result.tested == (row.target && row.n >= 20 ? 1U : 0U));
}

TEST_CASE("judge: customers lost are the excess over the baseline times the reach", "[friction]") {
  Evidence cell = evidence_of(300, 1000);
  cell.target = 0.2;
  cell.entered = 2000;
  cell.reach = 0.5;

  const Judgement result = judge(std::vector{cell}).cells[0];

  CHECK(result.affected == Approx(2000 * 0.1 * 0.5));
  CHECK(result.affected_low == Approx(2000 * (wilson({300, 1000}).low - 0.2) * 0.5));
  CHECK(result.source == BaselineSource::target);
  CHECK(result.margin == Approx(0.02));
}

TEST_CASE("judge: peers are the other cells of the group, never the cell itself", "[friction]") {
  std::vector<Evidence> cells(6, evidence_of(100, 1000));
  cells[0] = evidence_of(900, 1000);
  cells.push_back(evidence_of(500, 1000));
  cells.back().peer_group = 1;

  const Judgements result = judge(cells);

  CHECK(result.cells[0].baseline == Approx(0.1));
  CHECK(result.cells[0].verdict == Verdict::confirmed);
  CHECK(result.cells[0].source == BaselineSource::peers);
  CHECK(result.cells[1].baseline > 0.1);
  CHECK(result.cells.back().verdict == Verdict::none);
  CHECK(result.tested == 6);
  CHECK(result.expected_false == Approx(0.1));
}

TEST_CASE("judge: says how many more stays a verdict needs", "[friction]") {
  struct Row {
    const char* why;
    double x, n;
    std::uint64_t more;
  };
  const auto row =
      GENERATE(Row{"to twenty at least", 0, 12, 8}, Row{"to a half-width of 15 points at 50 %", 5, 10, 29},
               Row{"from nothing", 0, 0, 20});
  CAPTURE(row.why);
  Evidence cell = evidence_of(row.x, row.n);
  cell.target = 0.5;
  const Judgement result = judge(std::vector{cell}).cells[0];
  CHECK(result.verdict == Verdict::inconclusive);
  CHECK(result.more_needed == row.more);
  const double n = row.n + static_cast<double>(result.more_needed);
  CHECK(wilson({n * result.rate, n}).half_width() <= 0.15);
}

TEST_CASE("coverage: 95 % intervals under heavy censoring hold what they promise", "[friction][simulation]") {
  check_coverage(GENERATE(Sampled{100, 0.3}, Sampled{150, 0.2}, Sampled{400, 0.1}), 2'000);
}
TEST_CASE("coverage: 95 % intervals under heavy censoring hold it over 10,000 runs each",
          "[friction][simulation][.nightly]") {
  check_coverage(GENERATE(Sampled{100, 0.1}, Sampled{100, 0.3}, Sampled{100, 0.5}, Sampled{150, 0.2},
                          Sampled{400, 0.1}, Sampled{400, 0.7}, Sampled{1'000, 0.05}),
                 10'000);
}

TEST_CASE("null report: 48 alike cells are rarely called friction", "[friction][simulation]") {
  check_null_report(4711, 300);
}
TEST_CASE("null report: 48 alike cells are rarely called friction in 1,500 runs, of two seeds",
          "[friction][simulation][.nightly]") {
  check_null_report(GENERATE(4711U, 1848U), 1'500);
}

TEST_CASE("planted friction: half more drop-offs in 5 of 48 cells lead the list", "[friction][simulation]") {
  check_planted(100);
}
TEST_CASE("planted friction: half more drop-offs in 5 of 48 cells lead the list in 500 runs",
          "[friction][simulation][.nightly]") {
  check_planted(500);
}

}  // namespace lotse
