#include "engine/friction/detector.hpp"

#include <algorithm>

#include "engine/base/assert.hpp"

namespace lotse {
namespace {

constexpr std::array<double, LikelihoodRatios::alternatives> factors = {1.15, 1.3, 1.6, 2.2, 3.5};
/// No share is taken to be nearer to 0 or 1 than this: no single stay is infinite evidence, and where nothing
/// ever happens the mean of R (which then tends to Σ L/(1 − L)/5, 513) stays below every threshold in use.
constexpr double least_rate = 0.005;

LikelihoodRatios ratios_of(const std::array<double, LikelihoodRatios::alternatives>& alternatives,
                           double null) {
  LikelihoodRatios ratios;
  for (std::size_t i = 0; i < alternatives.size(); ++i) {
    ratios.dropped[i] = alternatives[i] / null;
    ratios.stayed[i] = (1 - alternatives[i]) / (1 - null);
  }
  return ratios;
}

}  // namespace

LikelihoodRatios rise_above(double q) {
  LOTSE_ASSERT(q >= 0 && q <= 1);
  if (q == 1) return {};
  q = std::max(q, least_rate);
  std::array<double, LikelihoodRatios::alternatives> alternatives{};
  std::transform(factors.begin(), factors.end(), alternatives.begin(),
                 [q](double factor) { return std::min(q * factor, (1 + q) / 2); });
  return ratios_of(alternatives, q);
}

LikelihoodRatios fall_below(double raised, double q) {
  LOTSE_ASSERT(q >= 0 && q < raised && raised <= 1);
  raised = std::min(raised, 1 - least_rate);
  std::array<double, LikelihoodRatios::alternatives> alternatives{};
  std::transform(factors.begin(), factors.end(), alternatives.begin(),
                 [&](double factor) { return std::max(raised / factor, std::min(q, raised)); });
  return ratios_of(alternatives, raised);
}

void Detector::restart() {
  r_.fill(0);
  starts_.fill({});
}

std::optional<Detector::Alarm> Detector::add(bool dropped, Instant at, double threshold) {
  const auto& ratio = dropped ? ratios_.dropped : ratios_.stayed;
  double sum = 0;
  for (std::size_t i = 0; i < r_.size(); ++i) {
    Start& start = starts_[i];
    if (start.product <= 1) start = {.product = 1, .at = at, .seen = seen_, .dropped = dropped_};
    start.product *= ratio[i];
    r_[i] = (1 + r_[i]) * ratio[i];
    sum += r_[i];
  }
  ++seen_;
  dropped_ += dropped ? 1U : 0U;
  const double mean = sum / static_cast<double>(r_.size());
  if (mean < threshold) return std::nullopt;
  const Start& likeliest = *std::max_element(
      starts_.begin(), starts_.end(), [](const Start& a, const Start& b) { return a.product < b.product; });
  const Alarm alarm{
      .evidence = mean, .since = likeliest.at, .before = likeliest.seen, .dropped_before = likeliest.dropped};
  restart();
  return alarm;
}

double Detector::evidence() const {
  double sum = 0;
  for (const double r : r_) sum += r;
  return sum / static_cast<double>(r_.size());
}

}  // namespace lotse
