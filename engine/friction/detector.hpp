#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "engine/base/time.hpp"

namespace lotse {

/// Likelihood ratios of one stay, dropped or not, under each alternative against the null: products of them
/// are evidence that the share of drop-offs is no longer what the null says.
struct LikelihoodRatios {
  static constexpr std::size_t alternatives = 5;
  std::array<double, alternatives> dropped{};
  std::array<double, alternatives> stayed{};
  friend bool operator==(const LikelihoodRatios&, const LikelihoodRatios&) = default;
};

/// Null: a stay drops with a probability of at most `q`. Alternatives: min(q·f, (1 + q)/2) for f in {1.15,
/// 1.3, 1.6, 2.2, 3.5}. A q under 0.005 is taken as 0.005, which only widens the null. Where q is 1 nothing
/// can be worse: all ratios are 0, and there is never an alarm.
[[nodiscard]] LikelihoodRatios rise_above(double q);

/// The mirror of rise_above(). Null: a stay drops with a probability of at least `raised`. Alternatives:
/// max(raised/f, q) for the same f, that is from `raised` towards `q`. Requires q < raised; a `raised` over
/// 0.995 is taken as 0.995.
[[nodiscard]] LikelihoodRatios fall_below(double raised, double q);

/// Watches a stream of stays for a change of their share of drop-offs, and may be asked after each: the
/// mixture e-SR detector (Shin, Ramdas & Rinaldo 2024, E-detectors: a nonparametric framework for sequential
/// change detection, New England Journal of Statistics in Data Science 2; Shiryaev 1963, Roberts 1966).
///
///     R ← (1 + R) · L  for each alternative; alarm when the mean of R reaches `threshold`
///
/// As long as the null holds, P(an alarm within n stays) ≤ n / threshold, whenever one looks. The ratios may
/// change between stays by what was known before.
class Detector {
 public:
  /// From `since` on, which may be in the middle of an instant, the share is likeliest to have changed: the
  /// greatest product of ratios of all starts and alternatives (Page's CUSUM, 1954).
  struct Alarm {
    double evidence = 0;               ///< the mean of R
    Instant since{};                   ///< when the first stay after the change was scored
    std::uint64_t before = 0;          ///< stays seen up to then, since the detector was made
    std::uint64_t dropped_before = 0;  ///< … of them dropped
  };

  explicit Detector(const LikelihoodRatios& ratios) : ratios_(ratios) {}

  /// From the next stay on; the evidence so far stands.
  void aim(const LikelihoodRatios& ratios) { ratios_ = ratios; }
  /// Forgets the evidence, and goes on counting stays.
  void restart();
  /// One more stay. After an alarm the evidence begins anew, so that it never exceeds a few times
  /// `threshold`, which is to be 1 to 1e300.
  [[nodiscard]] std::optional<Alarm> add(bool dropped, Instant at, double threshold);

  [[nodiscard]] double evidence() const;  ///< the mean of R
  [[nodiscard]] std::uint64_t seen() const { return seen_; }
  [[nodiscard]] std::uint64_t dropped() const { return dropped_; }

 private:
  /// The likeliest start under one alternative.
  struct Start {
    double product = 0;
    Instant at{};
    std::uint64_t seen = 0;
    std::uint64_t dropped = 0;
  };

  LikelihoodRatios ratios_;
  std::array<double, LikelihoodRatios::alternatives> r_{};
  std::array<Start, LikelihoodRatios::alternatives> starts_{};
  std::uint64_t seen_ = 0;
  std::uint64_t dropped_ = 0;
};

}  // namespace lotse
