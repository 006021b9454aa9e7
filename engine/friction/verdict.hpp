#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "engine/friction/proportion.hpp"
#include "engine/friction/shrinkage.hpp"

namespace lotse {

/// What a report says about one signal in one cell, worst first. FRICTION: "Tests".
enum class Verdict : std::uint8_t {
  confirmed,     ///< worse than its baseline by more than the material margin, at the false discovery rate q
  suspected,     ///< worse than its baseline, perhaps not materially
  inconclusive,  ///< nothing rejected, and the sample too small to say that all is well
  fine,
  none,  ///< no baseline, or no such signal here
};

enum class BaselineSource : std::uint8_t {
  none,
  target,        ///< declared in the file
  history,       ///< the same cell in the window before
  peers,         ///< empirical-Bayes mean of the other cells of the same kind
  pooled_peers,  ///< their pooled rate: fewer than five
};

/// Which baselines a report may use.
enum class BaselineChoice : std::uint8_t {
  automatic,  ///< target, else history, else peers
  target,
  history,
  peers,
};

/// A cell's estimate of one signal, as the judge needs it.
struct Evidence {
  Share sample;         ///< effective; tests use floor(n) and round(x)
  double variance = 0;  ///< of the rate
  double entered = 0;   ///< customers' stays at risk: N of the customers lost
  double reach = 1;     ///< R: P(achieve | advance), 1 where the signal's currency is not customers lost
  std::optional<double> target{};  ///< declared baseline
  /// The same cell in the window before; counts as a baseline from JudgeOptions::least_sample on.
  struct History {
    Share sample;
    double variance = 0;
    friend bool operator==(const History&, const History&) = default;
  };
  std::optional<History> history{};
  std::uint32_t peer_group = 0;  ///< cells of one group are each other's peers
};

struct Judgement {
  Verdict verdict = Verdict::none;
  double rate = 0;
  double shrunk = 0;  ///< drawn to the peers; equals rate against a target, or without peers
  Interval interval;  ///< Wilson, 95 %
  Share sample;
  BaselineSource source = BaselineSource::none;
  double baseline = 0;
  double margin = 0;         ///< δ, the material margin
  Interval excess;           ///< Newcombe, of rate − baseline
  double p_plain = 1;        ///< mid-p, adjusted by Benjamini–Hochberg over the report's cells of this signal
  double p_material = 1;     ///< likewise
  double p_plain_alone = 1;  ///< before the adjustment
  double p_material_alone = 1;
  bool tested = false;            ///< n ≥ 20 and a baseline: one of the m
  double affected = 0;            ///< N · max(0, rate − baseline) · R
  double affected_low = 0;        ///< the same at the lower bound of the excess
  double reach = 1;               ///< R
  std::uint64_t more_needed = 0;  ///< of an inconclusive one: so many more (effective) stays
  friend bool operator==(const Judgement&, const Judgement&) = default;
};

/// The judgements of one signal over all cells of one report.
struct Judgements {
  std::vector<Judgement> cells;  ///< in the order of the evidence
  std::size_t tested = 0;        ///< m
  double expected_false = 0;     ///< q · (confirmed + suspected): at most so many of those shown, on average
};

struct JudgeOptions {
  double q = 0.10;
  double least_sample = 20;
  double widest_half = 0.15;  ///< beyond this half-width "nothing found" says nothing
  BaselineChoice baseline = BaselineChoice::automatic;
};

/// Baselines, tests, Benjamini–Hochberg and verdicts of one signal. Pure; the order of the cells matters to
/// nothing but the order of the answer.
[[nodiscard]] Judgements judge(std::span<const Evidence> cells, const JudgeOptions& options = {});

}  // namespace lotse
