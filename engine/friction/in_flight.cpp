#include "engine/friction/in_flight.hpp"

#include <algorithm>
#include <utility>

#include "engine/base/assert.hpp"

namespace lotse {
namespace {

constexpr Instant unknown = Instant::max();  // a timer whose time the context does not tell yet

/// The instance's last stay as of then; null where it was not there yet.
const Stay* last_stay(const Instance& instance, Instant as_of) {
  const Stay* last = nullptr;
  for (const Stay& stay : instance.stays) {
    if (stay.entered <= as_of) last = &stay;
  }
  return last;
}

/// Timed transitions that are to come hold a drop-off back. A state that timers have taken further than
/// `as_of` says itself what came of the silence.
Instant silent_at(const Journey& journey, const Instance& instance, const Stay& stay) {
  if (stay.cause == Cause::dropped) return stay.left;
  const Touchpoint& position = at(journey.touchpoints, stay.at);
  const auto* window = std::get_if<Duration>(&position.abandon_after);
  const bool waiting = stay.cause == Cause::open && position.turn == Turn::customer && window != nullptr &&
                       instance.open_tasks == 0;
  if (!waiting) return never;
  Instant when = stay.last_activity + *window;
  for (const PendingTransition& pending : instance.pending) {
    if (pending.due != unknown) when = std::max(when, pending.due);
  }
  return when;
}

}  // namespace

void InFlight::add(std::string_view customer, const JourneyVersions& versions, const JourneyState& state,
                   Instant as_of) {
  for (const Instance& instance : state.instances) {
    const Stay* stay = last_stay(instance, as_of);
    if (stay == nullptr || (stay->cause != Cause::open && stay->left <= as_of)) continue;
    names_ += customer;
    const Journey& journey = *lotse::at(versions.versions, instance.version);
    rows_.push_back({.name_end = names_.size(), .silent_at = lotse::silent_at(journey, instance, *stay)});
  }
}

void InFlight::append(const InFlight& other) {
  const std::uint64_t before = names_.size();
  names_ += other.names_;
  for (Row row : other.rows_) {
    row.name_end += before;
    rows_.push_back(row);
  }
}

std::string_view InFlight::customer(std::size_t row) const {
  const std::uint64_t begin = row == 0 ? 0 : rows_[row - 1].name_end;
  return std::string_view(names_).substr(begin, rows_[row].name_end - begin);
}

Result<StaysInFlight> collect_in_flight(std::span<const JourneyVersions> journeys, std::size_t which,
                                        const Channels& channels, Instant as_of, std::uint32_t threads,
                                        const EachState& each) {
  std::vector<InFlight> parts(threads);
  const EachState noted = [&](const auto& take) {
    return each([&](std::uint32_t thread, const CustomerState& state) {
      take(thread, state);
      parts[thread].add(state.customer, journeys[which], state.journeys[which], as_of);
    });
  };
  LOTSE_TRY(StayTable table, collect_stays(journeys, which, channels, as_of, threads, noted));
  for (std::uint32_t thread = 1; thread < threads; ++thread) parts[0].append(parts[thread]);
  return StaysInFlight{.table = std::move(table), .in_flight = std::move(parts[0])};
}

}  // namespace lotse
