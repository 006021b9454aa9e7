#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/base/time.hpp"
#include "engine/friction/signal_change.hpp"
#include "engine/journey/finding_change.hpp"

namespace lotse {

/// Whether what is claimed to be mended is better. It is no difference where a material betterment can be
/// ruled out, and inconclusive where it cannot.
enum class MendedVerdict : std::uint8_t { better, no_difference, worse, inconclusive };

/// A finding's signal in the stays entered since it is claimed to be mended, against those before.
struct SinceMended {
  Instant since{};
  Instant before_from{};   ///< before: entered from here to before `since`
  SignalChange change{};   ///< without splits; p adjusted over what is claimed mended of this signal
  bool too_early = false;  ///< of a share by the horizon: no stay since has been watched so long
  MendedVerdict verdict = MendedVerdict::inconclusive;
  std::optional<std::uint64_t> more_needed{};  ///< of an inconclusive one: about so many more since
  std::optional<Instant> ready{};              ///< of one that is too early: when it no longer is
};

/// What holds of a finding as of a report: the latest that was said about it, which is not `open`.
struct StandingState {
  FindingChange change;
  std::optional<SinceMended> since_mended{};  ///< of mended ones, where the report counts their cell
};

/// `better`, `no_difference`, `worse`, `inconclusive`.
[[nodiscard]] std::string_view name(MendedVerdict verdict);
/// Claimed to be mended, and it is not: no difference, or worse.
[[nodiscard]] bool is_not_better(const StandingState& standing);

}  // namespace lotse
