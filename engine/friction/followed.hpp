#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/base/time.hpp"
#include "engine/friction/incidence.hpp"
#include "engine/friction/proportion.hpp"

namespace lotse {

/// Journeys or customers that are followed from some moment until they are over, each by one cause, or are
/// last seen open (cause 0). Milliseconds. Equal for any order in which they are added.
class Followed {
 public:
  void add(std::int64_t lasted, std::size_t cause);
  [[nodiscard]] std::size_t size() const { return ends_.size(); }
  /// By distinct times, ascending.
  [[nodiscard]] std::vector<LeavingTime> times() const;

 private:
  struct End {
    std::int64_t lasted;
    std::size_t cause;
  };
  std::vector<End> ends_;
};

/// Aalen–Johansen share of the cause by the horizon, as the sample that it is worth. {0, 0} for no times.
[[nodiscard]] Share share_of(std::span<const LeavingTime> times, std::size_t cause, std::int64_t horizon,
                             double design_effect = 1);

/// How long, on average, what is followed is in a state before it is over: ∫ S(t) · Y_state(t) / Y(t) dt, S
/// being Kaplan–Meier's share not over at t, Y those followed at t, Y_state those of them in the state. With
/// all over it is the plain mean; with some still open it is unbiased where they are censored by the date
/// alone, which the mean of those over, or of the time so far, is not (Lin, Feuer, Etzioni & Wax 1997,
/// Biometrics 53, in the limit of short intervals).
class TimeInState {
 public:
  /// In the state from `begin` to `end` after the moment from which it is followed.
  void add(std::int64_t begin, std::int64_t end);
  [[nodiscard]] Duration mean(std::span<const LeavingTime> times) const;

 private:
  struct Change {
    std::int64_t at;
    std::int64_t by;
  };
  std::vector<Change> changes_;
};

}  // namespace lotse
