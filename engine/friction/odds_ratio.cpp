#include "engine/friction/odds_ratio.hpp"

#include <cmath>

namespace lotse {

std::optional<OddsRatio> mantel_haenszel(std::span<const FourFold> strata, double design_effect) {
  // The names of Robins, Breslow & Greenland: P, Q the concordant and discordant share; R, S the terms.
  double r_sum = 0;
  double s_sum = 0;
  double pr = 0;
  double ps_qr = 0;
  double qs = 0;
  for (const FourFold& stratum : strata) {
    const auto a = static_cast<double>(stratum.exposed_x);
    const auto b = static_cast<double>(stratum.exposed_rest);
    const auto c = static_cast<double>(stratum.other_x);
    const auto d = static_cast<double>(stratum.other_rest);
    const double n = a + b + c + d;
    if (!(n > 0)) continue;
    const double p = (a + d) / n;
    const double q = (b + c) / n;
    const double r = a * d / n;
    const double s = b * c / n;
    r_sum += r;
    s_sum += s;
    pr += p * r;
    ps_qr += p * s + q * r;
    qs += q * s;
  }
  if (!(r_sum > 0) || !(s_sum > 0)) return std::nullopt;
  const double variance = pr / (2 * r_sum * r_sum) + ps_qr / (2 * r_sum * s_sum) + qs / (2 * s_sum * s_sum);
  OddsRatio result;
  result.ratio = r_sum / s_sum;
  result.log = std::log(result.ratio);
  result.log_error = std::sqrt(variance * design_effect);
  result.interval = {std::exp(result.log - z95 * result.log_error),
                     std::exp(result.log + z95 * result.log_error)};
  return result;
}

}  // namespace lotse
