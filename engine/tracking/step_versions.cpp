// What becomes of an instance when a newer version takes it over, or its own is stopped. docs/versions.md.
#include <algorithm>

#include "engine/base/assert.hpp"
#include "engine/tracking/step.hpp"

namespace lotse {
namespace {

/// What `id` of an older version is in the newer one that takes over.
std::optional<TouchpointIndex> renamed(const Journey& newer, std::string_view id) {
  const auto& positions = newer.migrate->positions;
  const auto found = std::ranges::find(positions, id, [](const auto& entry) { return entry.first; });
  return found != positions.end() ? std::optional(found->second) : newer.find_touchpoint(id);
}

/// The same where it is of the same kind: a message does not become a position.
std::optional<TouchpointIndex> counterpart(const Journey& newer, const Touchpoint& old) {
  const auto found = renamed(newer, old.id);
  if (!found) return std::nullopt;
  const Touchpoint& target = at(newer.touchpoints, *found);
  const bool same = is_position(old) ? is_position(target) : target.kind == old.kind;
  return same ? found : std::nullopt;
}

bool takes_over(const JourneyVersions& versions, std::size_t newer, std::uint32_t older) {
  const auto& migrate = versions.versions[newer]->migrate;
  return migrate && std::ranges::find(migrate->from, older) != migrate->from.end() &&
         versions.in_force[newer] < versions.stopped_at(newer);
}

/// The first version that takes the instance over, from `since` on. What one could not derive anew at that
/// very instant stays out.
std::optional<std::size_t> successor(const JourneyVersions& versions, const Instance& instance,
                                     Instant since) {
  const Journey& own = *at(versions.versions, instance.version);
  for (std::size_t newer = instance.version.value() + 1; newer < versions.versions.size(); ++newer) {
    if (versions.in_force[newer] < since || !takes_over(versions, newer, own.version)) continue;
    if (versions.versions[newer]->migrate->replay) {
      if (instance.version_end != VersionEnd::kept || versions.in_force[newer] > since) return newer;
      continue;
    }
    if (counterpart(*versions.versions[newer], at(own.touchpoints, instance.stays.back().at))) return newer;
  }
  return std::nullopt;
}

template <class Named, class Name>
std::optional<std::uint32_t> place_of(const std::vector<Named>& things, const std::string& name, Name of) {
  const auto found = std::ranges::find(things, name, of);
  if (found == things.end()) return std::nullopt;
  return static_cast<std::uint32_t>(found - things.begin());
}

/// An instance of an older version as one of a newer, with its open stay (hops included) alone.
class Carried {
 public:
  Carried(const Instance& old, const Journey& older, const Journey& newer, std::size_t first)
      : old_(old), older_(older), newer_(newer), first_(first), made_(old) {}

  Instance take(VersionIndex version) && {
    made_.version = version;
    made_.pending.clear();
    take_context();
    take_visits();
    take_stays();
    take_beside();
    take_promises();
    return std::move(made_);
  }

 private:
  void take_context() {
    made_.context.clear();
    for (const ContextField& field : newer_.context) {
      const auto was = place_of(older_.context, field.name, &ContextField::name);
      std::optional<Value> value;
      if (was && old_.context[*was]) value = coerce(*old_.context[*was], field.type);
      made_.context.push_back(value ? std::move(value) : field.initial);
    }
    made_.collected.clear();
    for (const Collected& collected : old_.collected) {
      if (const auto here = field_here(collected.field)) made_.collected.push_back({*here, collected.at});
    }
  }

  [[nodiscard]] std::optional<FieldIndex> field_here(FieldIndex field) const {
    const auto here = place_of(newer_.context, at(older_.context, field).name, &ContextField::name);
    if (!here) return std::nullopt;
    return FieldIndex(static_cast<std::uint32_t>(*here));
  }

  /// What was lost is told as long as the newer version still asks there for the field, or needs it.
  void take_lost(Stay& stay) const {
    std::vector<LostContext> carried;
    for (const LostContext& lost : stay.lost) {
      const auto field = field_here(lost.field);
      const auto here = counterpart(newer_, at(older_.touchpoints, lost.at));
      if (!field || !here) continue;
      const Touchpoint& touchpoint = at(newer_.touchpoints, *here);
      const auto& wanted = lost.what == LostContext::What::asked_again ? touchpoint.asks : touchpoint.needs;
      if (std::ranges::find(wanted, *field) == wanted.end()) continue;
      carried.push_back({.field = *field, .at = *here, .what = lost.what, .when = lost.when});
    }
    stay.lost = std::move(carried);
  }

  void take_visits() {
    made_.visits.assign(newer_.touchpoints.size(), 0);
    for (std::size_t i = 0; i < old_.visits.size(); ++i) {
      const auto here = counterpart(newer_, older_.touchpoints[i]);
      if (here) at(made_.visits, *here) += old_.visits[i];
    }
  }

  void take_stays() {
    made_.segment_sets.clear();
    made_.stays.erase(made_.stays.begin(), made_.stays.begin() + static_cast<std::ptrdiff_t>(first_));
    for (Stay& stay : made_.stays) {
      const auto here = counterpart(newer_, at(older_.touchpoints, stay.at));
      LOTSE_ASSERT(here);
      stay.at = *here;
      stay.awaits.reset();
      take_lost(stay);
      stay.segments = segments(stay.segments);
      for (Feedback& feedback : stay.feedback) {
        if (feedback.segments) feedback.segments = segments(*feedback.segments);
      }
    }
  }

  std::uint32_t segments(std::uint32_t set) {
    std::vector<Value> tuple;
    for (const Segment& segment : newer_.segments) {
      const auto was = place_of(older_.segments, segment.name, &Segment::name);
      tuple.push_back(was ? old_.segment_sets[set][*was] : Value());
    }
    auto& sets = made_.segment_sets;
    const auto known = std::ranges::find_if(sets, [&](const std::vector<Value>& other) {
      return std::ranges::equal(other, tuple, [](const Value& a, const Value& b) { return a.identical(b); });
    });
    const auto index = static_cast<std::uint32_t>(known - sets.begin());
    if (known == sets.end()) sets.push_back(std::move(tuple));
    return index;
  }

  void take_beside() {
    made_.beside.clear();
    for (const Beside& beside : old_.beside) {
      const auto here = counterpart(newer_, at(older_.touchpoints, beside.touchpoint));
      if (here) made_.beside.push_back({.touchpoint = *here, .reached = beside.reached});
    }
  }

  void take_promises() {
    made_.promises.clear();
    for (PromiseRecord record : old_.promises) {
      const auto here =
          place_of(newer_.promises, older_.promises[record.promise].name, &JourneyPromise::name);
      if (!here) continue;
      record.promise = *here;
      made_.promises.push_back(record);
    }
  }

  const Instance& old_;
  const Journey& older_;
  const Journey& newer_;
  const std::size_t first_;
  Instance made_;
};

/// What stays behind of an instance that was taken over: its earlier stays, under its own version.
Instance left_behind(Instance old, const Journey& older, const Journey& newer, std::size_t first,
                     Instant now) {
  old.stays.resize(first);
  old.ended = true;
  old.ended_at = now;
  old.version_end = VersionEnd::moved;
  old.pending.clear();
  old.beside.clear();
  old.open_tasks = 0;
  std::erase_if(old.promises, [&](const PromiseRecord& record) {
    return place_of(newer.promises, older.promises[record.promise].name, &JourneyPromise::name).has_value();
  });
  return old;
}

/// What a message is filled with, by the names of the newer version; what it does not have is not known.
std::vector<Value> carried_with(std::vector<Value> values, const Touchpoint& old, const Touchpoint& here) {
  std::vector<Value> carried;
  if (values.empty() || !old.send || !here.send) return carried;
  for (const auto& [name, expression] : here.send->with) {
    const auto was =
        std::ranges::find_if(old.send->with, [&](const auto& entry) { return entry.first == name; });
    const auto place = static_cast<std::size_t>(was - old.send->with.begin());
    carried.push_back(place < values.size() ? std::move(values[place]) : Value());
  }
  return carried;
}

}  // namespace

Instant Step::next_version_change(const JourneyVersions& versions, const Instance& instance, Instant since) {
  const std::size_t own = instance.version.value();
  Instant next = Instant::max();
  if (const Instant stopped = versions.stopped_at(own); stopped >= since) next = stopped;
  if (own + 1 == versions.versions.size()) return next;
  const auto newer = successor(versions, instance, since);
  return newer ? std::min(next, versions.in_force[*newer]) : next;
}

std::optional<VersionIndex> Step::replayed_by(const JourneyVersions& versions, const Instance& instance,
                                              Instant due) {
  if (!instance.pending.empty() && instance.pending.front().due == due) return std::nullopt;
  const auto newer = successor(versions, instance, due);
  if (!newer || versions.in_force[*newer] != due || !versions.versions[*newer]->migrate->replay)
    return std::nullopt;
  return VersionIndex(static_cast<std::uint32_t>(*newer));
}

void Step::change_version(Instance& instance) {
  const auto newer = successor(where_.versions, instance, now_);
  if (newer && where_.versions.in_force[*newer] == now_) {
    if (where_.versions.versions[*newer]->migrate->replay) {
      instance.version_end = VersionEnd::kept;
      note(Trace::Kind::ignored, &instance, "version {} has no start for it: it goes on in its own",
           where_.versions.versions[*newer]->version);
      return;
    }
    move_to_version(index_of(instance), VersionIndex(static_cast<std::uint32_t>(*newer)));
    return;
  }
  note(Trace::Kind::exited, &instance, "version {} is stopped: it exits at {}", journey_of(instance).version,
       position(instance).id);
  instance.version_end = VersionEnd::stopped;
  end(instance, Cause::exited, std::nullopt);
}

/// The open stay goes on in the newer version, with what belongs to it; earlier ones stay behind. Moving
/// reaches nothing: no message is sent by it but for what a milestone, or a time still to come, brings.
void Step::move_to_version(InstanceIndex moving, VersionIndex to) {
  const Journey& newer = *at(where_.versions.versions, to);
  const Journey& older = journey_of(at(state_.instances, moving));
  std::size_t first = at(state_.instances, moving).stays.size() - 1;
  while (at(state_.instances, moving).stays[first].entry == Entry::hop) --first;

  Instance next = Carried(at(state_.instances, moving), older, newer, first).take(to);
  const InstanceIndex moved(moving.value() + (first > 0 ? 1U : 0U));
  next.open_tasks = carry_effects(moving, moved, first, newer);
  if (first > 0) {
    Instance& old = at(state_.instances, moving);
    old = left_behind(std::move(old), older, newer, first, now_);
    state_.instances.insert(state_.instances.begin() + moved.value(), std::move(next));
  } else {
    at(state_.instances, moving) = std::move(next);
  }

  Instance& instance = at(state_.instances, moved);
  note(Trace::Kind::moved, &instance, "version {} takes it over at {}", newer.version, position(instance).id);
  const Instant entered = whole_stay(instance, instance.stays.size() - 1).entered;
  const Touchpoint& here = position(instance);
  touch(instance, true);
  if (here.goal) achieve(instance);
  if (is_terminal(here)) return end_at(instance, instance.stays.back().at);
  arm(instance, instance.stays.back().at, entered);
  for (const Beside& beside : instance.beside) arm(instance, beside.touchpoint, beside.reached);
  arm(instance, std::nullopt, entered);
}

/// Messages and tasks of the open stay, and tasks that are kept, become those of the newer version; one whose
/// touchpoint it does not have is withdrawn. Gives how many tasks are open.
std::uint32_t Step::carry_effects(InstanceIndex from, InstanceIndex to, std::size_t first,
                                  const Journey& newer) {
  const Journey& older = journey_of(at(state_.instances, from));
  std::uint32_t open_tasks = 0;
  std::vector<Effect> kept;
  kept.reserve(state_.effects.size());
  for (Effect& effect : state_.effects) {
    const bool carried =
        effect.instance == from && (effect.stay.value() >= first || effect.task == TaskStatus::open);
    if (carried) {
      const Touchpoint& old = at(older.touchpoints, effect.touchpoint);
      const auto here = counterpart(newer, old);
      if (!here) {
        note(Trace::Kind::withdrawn, nullptr, "{} is withdrawn: version {} does not have it", old.id,
             newer.version);
        disprove(effect, old.id);
        continue;
      }
      effect.with = carried_with(std::move(effect.with), old, at(newer.touchpoints, *here));
      effect.touchpoint = *here;
      effect.stay = StayIndex(
          effect.stay.value() >= first ? effect.stay.value() - static_cast<std::uint32_t>(first) : 0U);
      effect.transition = 0;  // of the older version
      open_tasks += effect.task == TaskStatus::open ? 1U : 0U;
    }
    if (carried || effect.instance > from) {
      effect.instance = InstanceIndex(effect.instance.value() + (to.value() - from.value()));
    }
    kept.push_back(std::move(effect));
  }
  state_.effects = std::move(kept);
  return open_tasks;
}

/// What was handed out of it stays on record.
void Step::disprove(const Effect& effect, const std::string& touchpoint) {
  if (!effect.handed_out) return;
  const Journey& journey = *where_.versions.versions.front();
  state_.disproved.push_back({.touchpoint = touchpoint,
                              .key = effect.known_as(),
                              .due = effect.handed_out_as ? effect.handed_out_as->due : effect.due,
                              .at = *effect.handed_out,
                              .channel = effect.channel ? at(journey.channels, *effect.channel) : ""});
  std::ranges::stable_sort(state_.disproved, {}, &HandOut::at);
}

}  // namespace lotse
