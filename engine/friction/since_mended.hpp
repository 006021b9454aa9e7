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

/// Why a claim is inconclusive.
enum class Unsettled : std::uint8_t {
  too_early,    ///< a share by the horizon, and no stay since has been watched so long
  few_before,   ///< too few came before: however many come since, they alone will not tell
  few_since,    ///< SinceMended::more_needed will
  near_margin,  ///< enough came; the difference lies too near zero or the margin
};

/// Why a report does not judge a claim at all.
enum class NotJudged : std::uint8_t {
  other_cut,    ///< it is of a part, and the report is not cut by what it is a part of
  beyond_most,  ///< mended_judged_max later ones are judged
  not_counted,  ///< no stay of the report was there
};

inline constexpr std::size_t mended_judged_max = 50;
/// The chance that a claim that changes nothing is called better or worse at any of all looks at it.
inline constexpr double mended_alpha = 0.05;

/// A finding's signal in the stays entered since it is claimed to be mended, against those before.
struct SinceMended {
  Instant since{};
  Instant before_from{};  ///< before: entered from here to before `since`
  SignalChange change{};  ///< without splits; `interval` holds at every look, `p` is not adjusted
  MendedVerdict verdict = MendedVerdict::inconclusive;
  std::optional<Unsettled> unsettled{};        ///< of an inconclusive one
  std::optional<std::uint64_t> more_needed{};  ///< of few_since: about so many more stays
  std::optional<Instant> ready{};              ///< of too_early: when it no longer is
};

/// Judges by what was compared, unless that is too early: better or worse where the difference lies beyond
/// the margin and anytime_difference() excludes zero, no difference where that excludes a betterment by the
/// margin. The interval becomes that one. However often it is asked while stays come, one that is
/// unchanged is called better or worse with a probability of at most mended_alpha.
void settle(SinceMended& found);

/// What holds of a finding as of a report: the latest that was said about it, which is not `open`.
struct StandingState {
  FindingChange change;
  std::optional<SinceMended> since_mended{};  ///< of mended ones that are judged
  std::optional<NotJudged> not_judged{};      ///< of the other mended ones
};

/// `better`, `no_difference`, `worse`, `inconclusive`.
[[nodiscard]] std::string_view name(MendedVerdict verdict);
/// `too_early`, `few_before`, `few_since`, `near_margin`.
[[nodiscard]] std::string_view name(Unsettled why);
/// `other_cut`, `beyond_most`, `not_counted`.
[[nodiscard]] std::string_view name(NotJudged why);
/// Claimed to be mended, and it is not: no difference, or worse.
[[nodiscard]] bool is_not_better(const StandingState& standing);

}  // namespace lotse
