#include "engine/friction/followed.hpp"

#include <algorithm>
#include <cmath>

namespace lotse {

void Followed::add(std::int64_t lasted, std::size_t cause) { ends_.push_back({lasted, cause}); }

std::vector<LeavingTime> Followed::times() const {
  std::vector<End> sorted = ends_;
  std::sort(sorted.begin(), sorted.end(), [](const End& a, const End& b) { return a.lasted < b.lasted; });
  std::vector<LeavingTime> times;
  for (const End& end : sorted) {
    if (times.empty() || times.back().at != end.lasted) {
      times.push_back({.at = end.lasted, .from = end.lasted, .count = {}});
    }
    ++times.back().count[end.cause];
  }
  return times;
}

Share share_of(std::span<const LeavingTime> times, std::size_t cause, std::int64_t horizon,
               double design_effect) {
  if (times.empty()) return {};
  std::uint64_t entered = 0;
  std::uint64_t mature = 0;
  for (const LeavingTime& time : times) {
    entered += time.left() + time.censored();
    mature += time.left() + (time.at >= horizon ? time.censored() : 0);
  }
  const Incidence incidence = aalen_johansen(times, horizon);
  return effective_sample(incidence.share[cause], incidence.variance[cause], static_cast<double>(entered),
                          static_cast<double>(mature), design_effect);
}

void TimeInState::add(std::int64_t begin, std::int64_t end) {
  if (begin >= end) return;
  changes_.push_back({begin, 1});
  changes_.push_back({end, -1});
}

Duration TimeInState::mean(std::span<const LeavingTime> times) const {
  std::vector<Change> changes = changes_;
  std::sort(changes.begin(), changes.end(), [](const Change& a, const Change& b) { return a.at < b.at; });
  double at_risk = 0;
  for (const LeavingTime& time : times) at_risk += static_cast<double>(time.left() + time.censored());
  double not_over = 1;
  double sum = 0;
  std::int64_t in_state = 0;
  std::int64_t now = 0;
  std::size_t next = 0;
  const auto go_to = [&](std::int64_t at) {
    sum += not_over * static_cast<double>(in_state) / at_risk * static_cast<double>(at - now);
    now = at;
  };
  for (const LeavingTime& time : times) {
    while (next < changes.size() && changes[next].at <= time.at) {
      go_to(changes[next].at);
      in_state += changes[next++].by;
    }
    go_to(time.at);
    not_over *= 1 - static_cast<double>(time.left()) / at_risk;
    at_risk -= static_cast<double>(time.left() + time.censored());
  }
  return Duration{std::llround(sum)};
}

}  // namespace lotse
