#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/time.hpp"
#include "engine/friction/mix_and_rate.hpp"
#include "engine/friction/proportion.hpp"
#include "engine/friction/signal.hpp"

namespace lotse {

/// What a comparison says of one signal at one touchpoint.
enum class ChangeVerdict : std::uint8_t {
  worse,           ///< a larger share, beyond chance and by more than the material margin
  better,          ///< a smaller one, likewise
  no_change_seen,  ///< no difference beyond chance, or none that is material
  too_few,         ///< under 20 on one side, or not watched for long enough
};

/// A share on one side.
struct ComparedRate {
  double rate = 0;
  Share sample;         ///< effective
  std::uint64_t n = 0;  ///< stays entered, answers, or promises that are due
};

/// One value of a cut, on both sides.
struct PartChange {
  std::string part;
  std::optional<ComparedRate> before{};  ///< nothing where there was none such
  std::optional<ComparedRate> now{};
  double share_before = 0;  ///< of the cut's n
  double share_now = 0;
  MixAndRate effect;   ///< in shares of 1: what the part contributes to the difference
  bool large = false;  ///< an effective sample of 20 and more on both sides
};

/// A difference split by the parts of a cut: difference = mix + rate + residual.
struct Decomposition {
  std::string cut;    ///< `channel`, a segment's name, or `touchpoint` for the whole journey
  double before = 0;  ///< of the whole
  double now = 0;
  double mix = 0;                 ///< Σ over the parts
  double rate = 0;                ///< Σ over the parts
  double residual = 0;            ///< shares under censoring are not exactly the sum of their parts'
  bool reversal = false;          ///< every large part moved against the whole (Simpson)
  std::vector<PartChange> parts;  ///< by value; beyond the most frequent as `(other)`
  [[nodiscard]] double difference() const { return now - before; }
};

struct SignalChange {
  Signal signal = Signal::drop_off;
  std::optional<ComparedRate> before{};
  std::optional<ComparedRate> now{};
  Duration within_before{0};  ///< drop-off: how long after entry the shares are read off
  Duration within_now{0};     ///< the same unless the touchpoint's horizon changed
  bool cut_short = false;     ///< drop-off: read off before the horizon, for nobody was watched so long
  Interval interval{-1, 1};   ///< Newcombe, 95 %, of now − before
  double margin = 0;          ///< δ, the material margin of the rate before
  bool tested = false;        ///< one of the m
  double p = 1;               ///< two-sided Fisher mid-p
  double p_adjusted = 1;      ///< by Benjamini–Hochberg over the tested of this signal
  ChangeVerdict verdict = ChangeVerdict::too_few;
  std::vector<Decomposition> splits;  ///< by channel, then by segment; where both sides have something
  /// Now − before; nothing where a side is empty.
  [[nodiscard]] std::optional<double> difference() const;
};

/// `worse`, `better`, `no_change_seen`, `too_few`.
[[nodiscard]] std::string_view name(ChangeVerdict verdict);

}  // namespace lotse
