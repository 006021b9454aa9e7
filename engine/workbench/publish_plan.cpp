#include "engine/workbench/publish_plan.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "engine/identity/identity.hpp"
#include "engine/runtime/projection.hpp"
#include "engine/store/event_text.hpp"

namespace lotse {
namespace {

using Planned = PublishPlan::Change;
using Fate = PublishPlan::Fate;

/// The versions that the store knows; a journey of which it knows none is left out.
std::vector<JourneyVersions> known_of(const Publication& publication) {
  const auto is_new = [&](const Journey& version) {
    return std::ranges::any_of(publication.unpublished,
                               [&](const Publication::New& one) { return one.journey.get() == &version; });
  };
  std::vector<JourneyVersions> known;
  for (const JourneyVersions& all : publication.journeys) {
    JourneyVersions own;
    for (std::size_t v = 0; v < all.versions.size(); ++v) {
      if (is_new(*all.versions[v])) continue;
      own.versions.push_back(all.versions[v]);
      own.in_force.push_back(own.in_force.empty() ? Instant::min() : all.in_force[v]);
      own.drains.push_back(all.drains[v]);
      own.stopped.push_back(all.stopped[v]);
    }
    own.risk = all.risk;
    if (!own.versions.empty()) known.push_back(std::move(own));
  }
  return known;
}

std::string position_of(const Journey& journey, const Instance& instance) {
  return at(journey.touchpoints, instance.stays.back().at).id;
}

std::string end_of(const Journey& journey, const Instance& instance) {
  switch (instance.status()) {
    case Status::active:
      return position_of(journey, instance);
    case Status::achieved:
      return instance.ended ? "(achieved)" : position_of(journey, instance);
    case Status::exited:
      return instance.outcome ? "(" + at(journey.outcomes, *instance.outcome) + ")" : "(exited)";
    case Status::dropped:
      return "(dropped)";
  }
  return {};
}

bool same_opening(const Instance& a, const Instance& b) {
  const bool same_key = a.key.has_value() == b.key.has_value() && (!a.key || a.key->identical(*b.key));
  return same_key && a.opened == b.opened;
}

/// What an instance has become: of those with its opening the last, for what was taken over follows it.
const Instance* become(const Instance& instance, const JourneyState& after) {
  const auto found = std::find_if(after.instances.rbegin(), after.instances.rend(),
                                  [&](const Instance& other) { return same_opening(instance, other); });
  return found == after.instances.rend() ? nullptr : &*found;
}

bool is_wanted(const Effect& effect, Instant now) {
  return effect.task == TaskStatus::open ||
         (effect.task == TaskStatus::none && effect.status(now) == EffectStatus::pending);
}

/// One journey with and without the change.
class Comparison {
 public:
  Comparison(const JourneyVersions& before, const JourneyVersions& after, Instant as_of, Planned& change)
      : before_(before), after_(after), as_of_(as_of), change_(change) {}

  void add(const JourneyState& was, const JourneyState& is) {
    for (const Instance& instance : was.instances) {
      if (!instance.ended) ++change_.instances[fate_of(instance, is)];
    }
    for (const Instance& instance : is.instances) {
      if (instance.ended || become(instance, was) != nullptr) continue;
      const Journey& journey = *at(after_.versions, instance.version);
      ++change_.instances[{
          .fate = Fate::opens, .to_version = journey.version, .to = position_of(journey, instance)}];
    }
    add_effects(was, is);
  }

 private:
  [[nodiscard]] PublishPlan::Group fate_of(const Instance& instance, const JourneyState& is) const {
    const Journey& own = *at(before_.versions, instance.version);
    PublishPlan::Group group{.version = own.version, .position = position_of(own, instance)};
    const Instance* now = become(instance, is);
    if (now == nullptr) {
      group.fate = Fate::exits;
      return group;
    }
    const Journey& journey = *at(after_.versions, now->version);
    if (journey.version != own.version) {
      group.fate = Fate::moves;
      group.to_version = journey.version;
      group.to = end_of(journey, *now);
    } else if (now->ended) {
      group.fate = Fate::exits;
    } else if (is_named(own.version)) {
      group.fate = Fate::unplaced;
    }
    return group;
  }

  /// Whether a version that is published now would take over from this one.
  [[nodiscard]] bool is_named(std::uint32_t version) const {
    return std::ranges::any_of(change_.published, [&](const PublishPlan::Version& published) {
      const auto newer = std::ranges::find_if(
          after_.versions, [&](const auto& journey) { return journey->version == published.number; });
      const auto& migrate = (*newer)->migrate;
      return migrate && std::ranges::find(migrate->from, version) != migrate->from.end();
    });
  }

  /// One is told from another by the key that the receiver knows it by.
  void add_effects(const JourneyState& was, const JourneyState& is) {
    std::set<EffectKey> wanted_before;
    std::set<EffectKey> settled_before;
    std::set<EffectKey> there_after;
    for (const Effect& effect : was.effects) {
      if (is_wanted(effect, as_of_)) wanted_before.insert(effect.known_as());
      if (effect.status(as_of_) != EffectStatus::stale) settled_before.insert(effect.known_as());
    }
    for (const Effect& effect : is.effects) {
      if (!is_wanted(effect, as_of_)) continue;
      there_after.insert(effect.known_as());
      const bool had =
          wanted_before.contains(effect.known_as()) || settled_before.contains(effect.known_as());
      if (!had && effect.status(as_of_) == EffectStatus::pending) ++change_.sent[sending(after_, is, effect)];
    }
    for (const Effect& effect : was.effects) {
      if (!is_wanted(effect, as_of_) || there_after.contains(effect.known_as())) continue;
      if (was_handed_out_only(effect, is)) continue;
      ++change_.withdrawn[sending(before_, was, effect)];
    }
  }

  /// A message that the change finds already handed out by then.
  [[nodiscard]] static bool was_handed_out_only(const Effect& effect, const JourneyState& is) {
    return effect.task == TaskStatus::none && std::ranges::any_of(is.effects, [&](const Effect& other) {
             return other.handed_out && other.known_as() == effect.known_as();
           });
  }

  static PublishPlan::Sending sending(const JourneyVersions& versions, const JourneyState& state,
                                      const Effect& effect) {
    const Journey& journey = *at(versions.versions, at(state.instances, effect.instance).version);
    return {.touchpoint = at(journey.touchpoints, effect.touchpoint).id,
            .task = effect.task != TaskStatus::none};
  }

  const JourneyVersions& before_;
  const JourneyVersions& after_;
  const Instant as_of_;
  Planned& change_;
};

/// Both projections see every event of the log.
Result<void> replay(EventLog& log, Projection& before, Projection& after) {
  EventReader reader;
  LOTSE_CHECK(log.scan(EventNumber(1), [&](const LoggedText& logged) -> Result<void> {
    LOTSE_TRY(const Event event, reader.read(logged.text));
    before.replay(event, logged.number);
    after.replay(event, logged.number);
    return {};
  }));
  return {};
}

CustomerState state_of(const Projection& projection, const Tracker& tracker, std::uint32_t customer,
                       Instant as_of) {
  CustomerState state = decode(projection.states().find(CustomerNumber(customer)));
  tracker.advance_to(state, as_of);
  return state;
}

}  // namespace

std::uint64_t PublishPlan::Change::count(Fate fate) const {
  std::uint64_t count = 0;
  for (const auto& [group, number] : instances) count += group.fate == fate ? number : 0;
  return count;
}

Result<PublishPlan> plan_publishing(Store& store, const Workspace& workspace, Instant now,
                                    const std::optional<VersionChange>& change) {
  LOTSE_TRY(std::vector<PublishedJourney> published, store.published());
  LOTSE_TRY(const std::vector<RecordedRisk> risks, store.risks());
  LOTSE_TRY(const Publication plain, publication_of(workspace, published, risks, now));
  const std::vector<JourneyVersions> known = known_of(plain);
  PublishPlan plan{.as_of = now, .changes = {}};
  Publication target = plain;
  if (change) {
    apply(published, *change);
    LOTSE_TRY(target, publication_of(workspace, published, risks, now));
    target = {.journeys = known_of(target), .unpublished = {}};
    plan.as_of = std::max(plan.as_of, change->at);
    plan.changes.emplace_back().journey = change->journey;
    plan.changes.back().change = change;
  }
  for (const Publication::New& version : target.unpublished) {
    const Journey& journey = *version.journey;
    if (plan.changes.empty() || plan.changes.back().journey != journey.id)
      plan.changes.emplace_back().journey = journey.id;
    plan.changes.back().published.push_back(
        {.number = journey.version, .in_force = version.in_force, .file = journey.file});
    plan.as_of = std::max(plan.as_of, version.in_force);
  }
  if (plan.changes.empty()) return plan;

  const auto last_event = [](const Projection& projection) {
    return projection.last_event_time().value_or(Instant::min());
  };
  const Tracker before(known, workspace.settings);
  const Tracker after(target.journeys, workspace.settings);
  const IdentitySettings identity{.namespace_rank = workspace.settings.namespace_rank,
                                  .limits = workspace.settings.identity_limits,
                                  .never = workspace.settings.identity_never};
  Projection without(before, identity);
  Projection with(after, identity);
  LOTSE_CHECK(replay(store.log(), without, with));
  plan.as_of = std::max(plan.as_of, last_event(with));
  Gate nobody;
  LOTSE_CHECK(without.settle_to(store.log(), nobody, plan.as_of));
  LOTSE_CHECK(with.settle_to(store.log(), nobody, plan.as_of));

  const auto place = [](const std::vector<JourneyVersions>& journeys, const std::string& id) {
    const auto found = std::ranges::find_if(
        journeys, [&](const JourneyVersions& versions) { return versions.versions.front()->id == id; });
    return found == journeys.end() ? std::nullopt
                                   : std::optional(static_cast<std::size_t>(found - journeys.begin()));
  };
  const JourneyVersions none;
  const JourneyState nothing;
  for (std::uint32_t number = 0; number < with.states().end(); ++number) {
    if (with.states().find(CustomerNumber(number)).empty()) continue;
    const CustomerState was = state_of(without, before, number, plan.as_of);
    const CustomerState is = state_of(with, after, number, plan.as_of);
    for (Planned& one : plan.changes) {
      const auto old = place(before.journeys(), one.journey);
      const auto own = place(after.journeys(), one.journey);
      Comparison comparison(old ? before.journeys()[*old] : none, after.journeys()[own.value()], plan.as_of,
                            one);
      comparison.add(old ? was.journeys[*old] : nothing, is.journeys[*own]);
    }
  }
  return plan;
}

}  // namespace lotse
