#pragma once

#include <optional>
#include <span>
#include <vector>

namespace lotse {

/// One part of two populations: how large it is in each, and what its rate is there. Shares sum to 1 over the
/// parts of a population. A rate is absent where the part is: it has no share there.
struct MixPart {
  double share_before = 0;
  double share_now = 0;
  std::optional<double> rate_before{};
  std::optional<double> rate_now{};
};

/// What a part contributes to the difference of the populations' rates.
struct MixAndRate {
  double mix = 0;   ///< because the part became larger or smaller
  double rate = 0;  ///< because its own rate changed
};

/// Kitagawa's split (1955, JASA 50) of Σ share_now·rate_now − Σ share_before·rate_before, with symmetric
/// weights so that no interaction is left over:
///
///     mix_k  = (share_now − share_before) · (rate_before + rate_now) / 2
///     rate_k = (rate_now − rate_before) · (share_before + share_now) / 2
///
/// The sum over all parts of both is exactly the difference. A part that one population lacks has no rate
/// there that could have changed: all of its contribution is mix. In the order of the parts.
[[nodiscard]] std::vector<MixAndRate> mix_and_rate(std::span<const MixPart> parts);

/// Simpson's reversal: there are at least two parts, and each moved against the whole. Differences within
/// 1e-9 of 0 are no move.
[[nodiscard]] bool is_reversal(double difference, std::span<const double> part_differences);

}  // namespace lotse
