#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/friction/odds_ratio.hpp"
#include "engine/friction/proportion.hpp"
#include "engine/friction/signal.hpp"
#include "engine/friction/stay_table.hpp"
#include "engine/friction/tally.hpp"

namespace lotse {

/// What stays are told apart by when it is asked where a signal concentrates.
enum class AttributeKind : std::uint8_t {
  segment,     ///< a declared one, by its name
  channel,     ///< `channel`
  promise,     ///< `promise`: promise_state
  forced_hop,  ///< `forced_hop`: `yes`, came from another channel where nothing was designed to cross; `no`
  visit,       ///< `visit`: `first` stay at the touchpoint in the instance, or `repeat`
};

struct NamedCondition {
  AttributeKind kind{};
  std::string attribute;
  std::string value;
  friend bool operator==(const NamedCondition&, const NamedCondition&) = default;
};

/// The signals that it is asked of. What stays are told apart by is part of what a hop or a repeat is.
inline constexpr std::array concentrating_signals = {Signal::drop_off, Signal::negative_feedback,
                                                     Signal::broken_promise};

/// What is asked of: a touchpoint's signal, one of those.
struct ConcentrationQuery {
  std::uint16_t place = no_index;  ///< no_index: all touchpoints together, of negative feedback only
  Signal signal = Signal::drop_off;
  /// Nothing is scanned for: what is found is this condition, with p 1, or nothing where no stay, or every
  /// one, fulfils it. Held fixed are segments only: what happens on the way (a promise that is broken) is how
  /// one part gets worse than another, not whom it serves. And it is a proxy, with `adjusted`, only where
  /// that is sure: where the adjusted interval includes 1 and lies below the crude ratio.
  std::optional<NamedCondition> given{};
};

/// An odds ratio with one other attribute held fixed.
struct Adjusted {
  AttributeKind kind{};
  std::string attribute;
  OddsRatio odds;
  friend bool operator==(const Adjusted&, const Adjusted&) = default;
};

/// One or two conditions under which there is more of the signal than chance puts there. Those inside of what
/// was found before it are left out of both its sides.
struct Concentration {
  std::vector<NamedCondition> conditions;
  std::uint64_t n = 0;  ///< inside
  std::uint64_t x = 0;
  double n_share = 0;  ///< of all n of the query
  double x_share = 0;
  std::uint64_t n_outside = 0;
  std::uint64_t x_outside = 0;
  Interval inside;                  ///< of x/n, Wilson, n over the design effect
  Interval outside;                 ///< of x_outside/n_outside
  double excess = 0;                ///< x − n · rate outside
  double log_likelihood_ratio = 0;  ///< over the design effect
  double p = 1;                     ///< by permutations, over all that was tried
  std::optional<OddsRatio>
      odds{};  ///< crude; nothing where nobody outside, or everybody inside, has the signal
  /// Mantel–Haenszel, of that other attribute which moves the odds ratio most, or explains it. Only
  /// attributes that leave enough to compare: the half-width of the adjusted log is at most the crude log
  /// odds ratio.
  std::optional<Adjusted> adjusted{};
  /// With `adjusted` held fixed the log odds ratio is under half: the conditions rather stand for that
  /// attribute. That the interval includes 1 would say nothing: it is wider where there is less to compare.
  bool proxy = false;

  [[nodiscard]] double rate() const { return static_cast<double>(x) / static_cast<double>(n); }
  [[nodiscard]] double rate_outside() const {
    return static_cast<double>(x_outside) / static_cast<double>(n_outside);
  }
  /// The attribute that explains it; empty: none does.
  [[nodiscard]] std::string explained_by() const { return proxy ? adjusted->attribute : ""; }
  friend bool operator==(const Concentration&, const Concentration&) = default;
};

struct Concentrations {
  std::uint64_t n = 0;  ///< drop-off: mature stays; negative feedback: answers; broken promises: those due
  std::uint64_t x = 0;
  double design_effect = 1;          ///< of n on customers
  std::uint64_t tried = 0;           ///< conditions and pairs of them
  std::vector<Concentration> found;  ///< at most 3, the strongest first
  friend bool operator==(const Concentrations&, const Concentrations&) = default;
};

/// Where each query's signal concentrates, by the declared segments, the channel, the promises' standing,
/// forced hops and first or repeated stays; all as of the stay's entry, of feedback as of its answer, of a
/// promise as of the stay in which it was made. Of an attribute's values the 60 most frequent are conditions.
/// `selection.cut` is not looked at. One pass over the table whatever the number of queries; the same
/// whatever `threads`. docs/methods/concentration.md
[[nodiscard]] std::vector<Concentrations> concentrate(const StayTable& table, const Selection& selection,
                                                      std::span<const ConcentrationQuery> queries,
                                                      unsigned threads = 1);

}  // namespace lotse
