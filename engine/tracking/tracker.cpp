#include "engine/tracking/tracker.hpp"

#include <algorithm>

#include "engine/base/assert.hpp"
#include "engine/tracking/effect_records.hpp"
#include "engine/tracking/reactions.hpp"
#include "engine/tracking/step.hpp"

namespace lotse {
namespace {

/// Without duplicates by (source, id), the first in the span kept, and not later than `now`; by EventKey.
std::vector<const Event*> in_order_of_time(std::span<const Event> events, Instant now) {
  std::vector<const Event*> kept;
  kept.reserve(events.size());
  for (const Event& event : events) kept.push_back(&event);
  const auto identity = [](const Event* event) { return std::tie(event->source, event->id); };
  std::ranges::stable_sort(kept, {}, identity);
  const auto duplicates = std::ranges::unique(kept, {}, identity);
  kept.erase(duplicates.begin(), duplicates.end());
  std::erase_if(kept, [&](const Event* event) { return event->time > now; });
  std::ranges::sort(kept, {},
                    [](const Event* event) { return std::tie(event->time, event->id, event->source); });
  return kept;
}

bool is_later(const Event& event, const EventKey& key) {
  return std::tie(event.time, event.id, event.source) > std::tie(key.time, key.id, key.source);
}

/// Later traits win; a new name goes to the end.
void merge_traits(Value& traits, const Value& news) {
  const Map* map = news.map();
  if (map == nullptr || map->empty()) return;
  Map merged = *traits.map();
  bool changed = false;
  for (const auto& [name, value] : *map) {
    const auto known =
        std::ranges::find_if(merged, [&](const auto& entry) { return entry.first.identical(name); });
    if (known == merged.end()) {
      merged.emplace_back(name, value);
      changed = true;
    } else if (!known->second.identical(value)) {
      known->second = value;
      changed = true;
    }
  }
  if (changed) traits = Value(std::move(merged));
}

bool is_of_one_effect(std::string_view type) {
  return std::ranges::find(effect_records, type) != effect_records.end();
}

/// Calls `visit(journey, instance, due)` for the next timer of each instance that has one.
template <class Visit>
void for_each_timer(const std::vector<JourneyVersions>& journeys, CustomerState& state, Visit&& visit) {
  const Instant since = state.last_step();
  for (std::uint32_t journey = 0; journey < journeys.size(); ++journey) {
    for (Instance& instance : state.journeys[journey].instances) {
      const Instant due = Step::next_timer(journeys[journey], instance, since);
      if (due != Instant::max()) visit(journey, instance, due);
    }
  }
}

bool contains(const std::vector<Replay>& replays, const Replay& replay) {
  return std::ranges::any_of(replays, [&](const Replay& known) {
    return known.journey == replay.journey && known.version == replay.version &&
           known.opened == replay.opened && same_key(known.key, replay.key);
  });
}

}  // namespace

Tracker::Tracker(std::vector<JourneyVersions> journeys, WorkspaceSettings settings)
    : journeys_(std::move(journeys)), settings_(std::move(settings)) {
  for (const JourneyVersions& journey : journeys_) {
    LOTSE_ASSERT(!journey.versions.empty() && journey.versions.size() == journey.in_force.size());
  }
  index_ = std::make_shared<const Index>(journeys_);
}

const Journey& Tracker::version(std::uint32_t journey, VersionIndex version) const {
  return *at(journeys_[journey].versions, version);
}

CustomerState Tracker::fresh(std::string_view customer) const {
  CustomerState state;
  state.customer = customer;
  state.journeys.resize(journeys_.size());
  return state;
}

/// Which instances a newer version derives anew is known when its time has come: then all begins again, with
/// those opened in it.
CustomerState Tracker::derive(std::string_view customer, std::span<const Event> events, Instant now,
                              Trace* trace, const Seen& seen) const {
  const std::vector<const Event*> ordered = in_order_of_time(events, now);
  std::vector<Replay> replays;
  CustomerState state = fresh(customer);
  if (index_->replays) {
    while (!derive_once(state, ordered, now, {.replays = &replays})) state = fresh(customer);
    if (trace == nullptr && !seen) return state;
    state = fresh(customer);
  }
  const bool done =
      derive_once(state, ordered, now, {.trace = trace, .replays = &replays, .seen = seen ? &seen : nullptr});
  LOTSE_ASSERT(done);
  return state;
}

/// False: one more instance is to be derived anew.
bool Tracker::derive_once(CustomerState& state, const std::vector<const Event*>& events, Instant now,
                          const Pass& pass) const {
  for (const Event* event : events) {
    if (!take(state, *event, pass)) return false;
  }
  return go_to(state, now, pass);
}

bool Tracker::in_order(const CustomerState& state, const Event& event) {
  return event.time > state.last_timer && (!state.last_event || is_later(event, *state.last_event));
}

bool Tracker::derives_anew() const { return index_->replays; }

bool Tracker::needs_history(const CustomerState& state, Instant until) const {
  if (!index_->replays || state.next_timer > until) return false;
  CustomerState then = state;
  return !go_to(then, until, {});
}

void Tracker::advance(CustomerState& state, const Event& event, Trace* trace) const {
  take(state, event, {.trace = trace});
}

bool Tracker::take(CustomerState& state, const Event& event, const Pass& pass) const {
  LOTSE_ASSERT(in_order(state, event) && state.journeys.size() == journeys_.size());
  while (next_step(state, pass) < event.time) {
    if (fire(state, pass)) continue;
    if (pass.replays != nullptr) return false;
    break;
  }

  if (!state.last_event) state.last_event.emplace();
  state.last_event->time = event.time;
  state.last_event->id = event.id;
  state.last_event->source = event.source;
  state.clock = std::max(state.clock, event.time);
  ++state.events;
  merge_traits(state.traits, event.traits);
  note_permission(event, state.consents, state.address_failures);
  if (pass.trace != nullptr) {
    pass.trace->add({.at = event.time,
                     .kind = Trace::Kind::event,
                     .phrase = event.channel.empty() ? Phrase::verbatim(event.type)
                                                     : phrase("{} by {}", event.type, event.channel)});
  }
  if (is_of_one_effect(event.type)) note_of_effect(state, event, pass);
  if (const auto found = index_->concerns.find(std::string_view(event.type));
      found != index_->concerns.end()) {
    for (const Concern& concern : found->second) {
      Step({journeys_[concern.journey], settings_, concern.journey, state, pass.trace, pass.replays}, event,
           concern)
          .apply();
    }
    look_ahead(state);
  }
  if (pass.seen != nullptr) (*pass.seen)(state, &event);
  return true;
}

void Tracker::note_of_effect(CustomerState& state, const Event& event, const Pass& pass) const {
  const Value* id = event.properties.find("journey");
  if (id == nullptr || id->string() == nullptr) return;
  const auto journey = index_->journey_by_id.find(*id->string());
  if (journey == index_->journey_by_id.end()) return;
  Step({journeys_[journey->second], settings_, journey->second, state, pass.trace}, event).note_of_effect();
  look_ahead(state);
}

void Tracker::advance_to(CustomerState& state, Instant now, Trace* trace) const {
  go_to(state, now, {.trace = trace});
}

bool Tracker::go_to(CustomerState& state, Instant now, const Pass& pass) const {
  for (Instant next = next_step(state, pass); next <= now && next != Instant::max();
       next = next_step(state, pass)) {
    if (fire(state, pass)) continue;
    state.clock = std::max(state.clock, state.next_timer - Duration(1));
    return false;
  }
  state.clock = std::max(state.clock, now);
  return true;
}

/// When the next timer is due, or a newer version takes an instance over that is derived under it already.
/// That is a step too: by it a later event at an earlier time counts as out of order, for it may decide what
/// is taken over.
Instant Tracker::next_step(const CustomerState& state, const Pass& pass) {
  Instant next = state.next_timer;
  if (pass.replays == nullptr) return next;
  for (const Replay& replay : *pass.replays) {
    if (replay.due > state.last_timer) next = std::min(next, replay.due);
  }
  return next;
}

/// The timer that is due next; of several the first in the order of journeys and instances, which do not see
/// each other. False, and nothing is fired: an instance is to be derived anew from then on.
bool Tracker::fire(CustomerState& state, const Pass& pass) const {
  const Instant due = next_step(state, pass);
  if (due < state.next_timer) {
    state.last_timer = due;
    state.clock = std::max(state.clock, due);
    look_ahead(state);
    return true;
  }
  std::uint32_t journey = 0;
  Instance* instance = nullptr;
  for_each_timer(journeys_, state, [&](std::uint32_t its_journey, Instance& candidate, Instant its_due) {
    if (instance != nullptr || its_due != due) return;
    journey = its_journey;
    instance = &candidate;
  });
  LOTSE_ASSERT(instance != nullptr);
  if (const auto newer = Step::replayed_by(journeys_[journey], *instance, due)) {
    Replay replay{
        .journey = journey, .version = *newer, .opened = instance->opened, .key = instance->key, .due = due};
    if (pass.replays == nullptr) return false;
    if (!contains(*pass.replays, replay)) {
      pass.replays->push_back(std::move(replay));
      return false;
    }
  }
  state.last_timer = due;
  state.clock = std::max(state.clock, due);
  Step({journeys_[journey], settings_, journey, state, pass.trace, pass.replays}, due).fire(*instance);
  look_ahead(state);
  if (pass.seen != nullptr) (*pass.seen)(state, nullptr);
  return true;
}

void Tracker::look_ahead(CustomerState& state) const {
  state.next_timer = Instant::max();
  for_each_timer(journeys_, state, [&](std::uint32_t, Instance&, Instant due) {
    state.next_timer = std::min(state.next_timer, due);
  });
  const Instant since = state.last_step();  // not the clock, which goes on while somebody only waits
  state.next_effect = Instant::max();
  for (const JourneyState& journey : state.journeys) {
    for (const Effect& effect : journey.effects)
      state.next_effect = std::min(state.next_effect, effect.to_be_decided(since));
  }
}

std::optional<Instant> Tracker::next_due(const CustomerState& state) {
  if (state.next_timer == Instant::max()) return std::nullopt;
  return state.next_timer;
}

}  // namespace lotse
