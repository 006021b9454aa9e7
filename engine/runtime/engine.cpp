#include "engine/runtime/engine.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "engine/base/assert.hpp"
#include "engine/base/hash.hpp"
#include "engine/runtime/customer_facts.hpp"
#include "engine/runtime/customer_view.hpp"
#include "engine/runtime/engine_rep.hpp"
#include "engine/runtime/visit_states.hpp"
#include "engine/store/tombstone.hpp"

namespace lotse {
namespace {

std::uint64_t hash_of_key(std::string_view key) { return fast_hash(key); }

/// What a commit may wait for a check-point under way.
constexpr std::chrono::microseconds kCheckpointBudget(2'000);
/// The same for one that an erasure waits for.
constexpr std::chrono::microseconds kErasureBudget(10'000);

Instant system_clock_now() {
  return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
}

}  // namespace

IdentitySettings identity_settings(const WorkspaceSettings& settings) {
  return {.namespace_rank = settings.namespace_rank,
          .limits = settings.identity_limits,
          .never = settings.identity_never};
}

Result<void> replay_log(EventLog& log, EventNumber from, Projection& projection, EventNumber to) {
  EventReader reader;
  return log.scan(from, [&](const LoggedText& logged) -> Result<void> {
    if (logged.number > to) return {};
    LOTSE_TRY(const Event event, reader.read(logged.text));
    projection.replay(event, logged.number);
    return {};
  });
}

PreparedEvents::PreparedEvents() : intake_(std::make_unique<Intake>()) {}
PreparedEvents::PreparedEvents(PreparedEvents&&) noexcept = default;
PreparedEvents& PreparedEvents::operator=(PreparedEvents&&) noexcept = default;
PreparedEvents::~PreparedEvents() = default;
std::size_t PreparedEvents::size() const { return intake_->events.size(); }
const std::vector<Rejection>& PreparedEvents::rejected() const { return intake_->rejected; }
std::size_t PreparedEvents::bytes() const { return intake_->texts.size(); }
std::vector<Event> PreparedEvents::take_events() { return std::exchange(intake_->events, {}); }

Engine::Rep::Rep(EngineOptions options_, const Workspace& workspace, std::vector<JourneyVersions> journeys,
                 std::unique_ptr<Store> store_)
    : options(std::move(options_)),
      settings(workspace.settings),
      identity(identity_settings(workspace.settings)),
      meaning(meaning_of(journeys, workspace)),
      tracker(std::make_shared<const Tracker>(std::move(journeys), workspace.settings)),
      fingerprint(options.fingerprint != nullptr ? options.fingerprint : hash_of_key),
      future_tolerance(workspace.settings.future_tolerance),
      store(std::move(store_)),
      projection(*tracker, identity) {}

Engine::Engine(std::unique_ptr<Rep> rep) : rep_(std::move(rep)) {}
Engine::~Engine() = default;

Result<std::unique_ptr<Engine>> Engine::open(const Workspace& workspace, const std::filesystem::path& file,
                                             EngineOptions options) {
  if (!options.clock) options.clock = system_clock_now;
  LOTSE_TRY(auto store, options.access == Access::write ? Store::open_for_writing(file, options.wal_bytes)
                                                        : Store::open_for_reading(file));
  LOTSE_TRY(const auto published, store->published());
  LOTSE_TRY(const auto risks, store->risks());
  LOTSE_TRY(Publication publication, publication_of(workspace, published, risks, options.clock()));
  auto rep = std::make_unique<Rep>(std::move(options), workspace, publication.journeys, std::move(store));
  if (rep->options.access == Access::write) LOTSE_CHECK(rep->publish(publication));
  LOTSE_CHECK(rep->check_chains());
  LOTSE_CHECK(rep->recover());
  if (rep->options.access == Access::write) {
    LOTSE_CHECK(rep->fill_seen());
  } else {
    LOTSE_CHECK(rep->store->release());
  }
  auto engine = std::unique_ptr<Engine>(new Engine(std::move(rep)));
  if (engine->rep_->options.access == Access::write) {
    // A reader may still be in the way; the erasure stays pending then.
    const auto finished = engine->rep_->finish_erasure(*engine);
    if (!finished && finished.error().code != ErrorCode::unavailable) {
      return tl::unexpected(finished.error());
    }
  }
  return engine;
}

Result<void> Engine::Rep::publish(const Publication& publication) {
  if (publication.unpublished.empty()) return {};
  LOTSE_CHECK(store->begin());
  for (const Publication::New& version : publication.unpublished) {
    LOTSE_CHECK(store->publish(*version.journey, version.in_force));
  }
  return store->commit();
}

/// The log chains an event to the one before it under the same primary identifier, which the ranks and the
/// list of values that are nobody decide. Under others the chains would lead past events.
Result<void> Engine::Rep::check_chains() {
  const std::string ours = fmt::format("rank {}\nnever {}\n", fmt::join(identity.namespace_rank, " "),
                                       fmt::join(identity.never, "\nnever "));
  LOTSE_TRY(const auto begun_with, store->text_value("chains"));
  if (begun_with == ours) return {};
  if (begun_with && store->log().last() != no_event) {
    return fail(
        ErrorCode::conflict,
        "`identity.rank` or `identity.never` in lotse.yaml is not what this store was begun with, and its "
        "events are kept by it: put the setting back, or ingest the logs into a new store");
  }
  if (options.access != Access::write) return {};
  LOTSE_CHECK(store->begin());
  LOTSE_CHECK(store->set_value("chains", ours));
  return store->commit();
}

Result<void> Engine::Rep::recover() {
  LOTSE_TRY(const bool loaded, load_checkpoint());
  if (!loaded) {
    projection = Projection(*tracker, identity);
    checkpointed = no_event;
    checkpoint_whole = true;
  }
  recovery.rebuilt = !loaded && store->log().last() != no_event;
  recovery.replayed = store->log().last().value() - checkpointed.value();
  LOTSE_CHECK(replay_log(store->log(), EventNumber(checkpointed.value() + 1), projection));
  return load_remains();
}

Result<bool> Engine::Rep::load_checkpoint() {
  LOTSE_TRY(erasure_pending, store->erasure_pending());
  if (erasure_pending) {
    erased_since_checkpoint = true;
    recovery.reason = "an erasure was interrupted";
    return false;
  }
  LOTSE_TRY(const auto position, store->integer_value("position"));
  LOTSE_TRY(const auto known_meaning, store->text_value("meaning"));
  if (!position || !known_meaning) {
    recovery.reason = "no check-point yet";
    return false;
  }
  if (*known_meaning != meaning) {
    recovery.reason =
        fmt::format("changed since the last check-point: {}", describe_change(*known_meaning, meaning));
    return false;
  }
  Projection::Image image;
  LOTSE_TRY(const auto image_name, store->text_value("image"));
  LOTSE_TRY(image.identities, store->bytes("identities" + image_name.value_or("")));
  LOTSE_TRY(image.heads, store->bytes("heads" + image_name.value_or("")));
  LOTSE_TRY(const auto last_time, store->integer_value("last_time"));
  LOTSE_TRY(const auto from_future, store->integer_value("from_future"));
  image.last_time_ms = last_time.value_or(0);
  image.from_future = from_future.value_or(0);
  if (auto restored = projection.restore(image, identity); !restored) {
    recovery.reason = fmt::format("the check-point cannot be used: {}", restored.error().message);
    return false;
  }
  LOTSE_CHECK(store->for_each_state([this](const StoredCustomer& customer) {
    projection.restore_state(CustomerNumber(customer.number), customer.state);
  }));
  checkpointed = EventNumber(static_cast<std::uint32_t>(*position));
  return true;
}

Result<void> Engine::Rep::fill_seen() {
  EventLog& log = store->log();
  LOTSE_CHECK(log.scan(
      log.unchunked(),
      [&](const LoggedText& event) -> Result<void> {
        log.restore_fingerprint(is_tombstone(event.text) ? fingerprint_of(event.text)
                                                         : fingerprint(key_of(event.text)));
        return {};
      },
      Erased::visit));
  return seen.fill([&](const SeenEvents::Add& add) { return log.fingerprints(add); });
}

PreparedEvents Engine::prepare(std::vector<Event> events, PreparedEvents used) const {
  prepare_events(std::move(events), rep_->options.clock(),
                 rep_->future_tolerance.load(std::memory_order_relaxed), rep_->options.limits,
                 rep_->fingerprint, *used.intake_);
  return used;
}

Result<IngestOutcome> Engine::ingest(std::span<const Event> events) {
  PreparedEvents prepared = prepare(std::vector<Event>(events.begin(), events.end()));
  return ingest(prepared);
}

Result<IngestOutcome> Engine::ingest(PreparedEvents& events) {
  PreparedEvents* const one = &events;
  LOTSE_TRY(auto outcomes, ingest(std::span(&one, 1), {}, 0));
  return std::move(outcomes.front());
}

Result<std::vector<IngestOutcome>> Engine::ingest(std::span<PreparedEvents* const> group,
                                                  std::span<const Reject> rejects, std::size_t keep) {
  Rep& rep = *rep_;
  LOTSE_ASSERT(rep.options.access == Access::write);
  if (rep.broken) return tl::unexpected(*rep.broken);
  const auto take_all = [&]() -> Result<std::vector<IngestOutcome>> {
    LOTSE_TRY(std::vector<IngestOutcome> outcomes, rep.take(group));
    if (!rejects.empty()) {
      LOTSE_CHECK(rep.store->begin());
      LOTSE_CHECK(rep.store->add_rejects(rejects, keep));
    }
    if (rep.checkpoint) {
      LOTSE_CHECK(rep.continue_checkpoint(rep.erased_since_checkpoint ? kErasureBudget : kCheckpointBudget));
    }
    LOTSE_CHECK(rep.commit());
    return outcomes;
  };
  auto outcomes = take_all();
  if (!outcomes) {
    rep.broken = outcomes.error();
  } else if (rep.store->log().last().value() - rep.checkpointed.value() >= rep.options.checkpoint_events &&
             !rep.options.sliced_checkpoints) {
    LOTSE_CHECK(checkpoint());
  }
  return outcomes;
}

Result<Engine::Rep::Known> Engine::Rep::look_up(const Intake& prepared, const Intake::Item& item,
                                                std::vector<EventNumber>& candidates, EventNumber& stored) {
  candidates.clear();
  seen.candidates(item.fingerprint, candidates);
  for (const EventNumber candidate : candidates) {
    LOTSE_TRY(const LoggedText logged, store->log().read(candidate));
    if (is_tombstone(logged.text)) {  // what was erased stays so
      if (mark_of(logged.text) == tombstone_mark(erasure_salt, prepared.key(item))) return Known::duplicate;
      continue;
    }
    if (key_of(logged.text) != prepared.key(item)) continue;
    stored = candidate;
    if (same_content(logged.text, prepared.text(item))) return Known::duplicate;
    LOTSE_TRY(const bool redacted, store->is_redacted(stored, content_hash(prepared.text(item))));
    return redacted ? Known::duplicate : Known::conflict;
  }
  return Known::no;
}

Result<std::optional<Event>> Engine::Rep::find_event(std::string_view source, std::string_view id) {
  std::string text;
  const EventText written =
      append_event(text, Event{.id = std::string(id), .source = std::string(source)}, Instant{});
  const std::string_view key =
      std::string_view(text).substr(written.key_begin, written.key_end - written.key_begin);
  std::vector<EventNumber> candidates;
  seen.candidates(fingerprint(key), candidates);
  for (const EventNumber candidate : candidates) {
    LOTSE_TRY(const LoggedText logged, store->log().read(candidate));
    if (is_tombstone(logged.text) || key_of(logged.text) != key) continue;
    LOTSE_TRY(Event event, EventReader().read(logged.text));
    return event;
  }
  return std::optional<Event>();
}

/// The group's events as they happened: what several senders posted at once would else be out of order for
/// its customers, who would have to be derived anew.
std::vector<Engine::Rep::Turn> Engine::Rep::turns_of(std::span<PreparedEvents* const> group) {
  std::vector<Turn> turns;
  for (std::uint32_t request = 0; request < group.size(); ++request) {
    const Intake& prepared = *group[request]->intake_;
    Instant latest = Instant::min();
    for (std::uint32_t item = 0; item < prepared.items.size(); ++item) {
      latest = std::max(latest, prepared.events[prepared.items[item].index].time);
      turns.push_back({.time = latest, .request = request, .item = item});
    }
  }
  if (group.size() > 1) std::ranges::stable_sort(turns, {}, &Turn::time);
  return turns;
}

/// Customers come in any order, so that nearly every event's memory is cold: what the events `behind` the
/// present one will want is fetched while it is worked on.
void Engine::Rep::prefetch(std::span<PreparedEvents* const> group, std::span<const Turn> behind) const {
  constexpr std::size_t far = 12;
  constexpr std::size_t near = 6;
  if (far < behind.size()) {
    const Intake& prepared = *group[behind[far].request]->intake_;
    const Intake::Item& later = prepared.items[behind[far].item];
    seen.prefetch_shard(later.fingerprint);
    projection.prefetch_identifier(prepared.events[later.index]);
  }
  if (near < behind.size()) {
    const Intake& prepared = *group[behind[near].request]->intake_;
    const Intake::Item& next = prepared.items[behind[near].item];
    seen.prefetch_entry(next.fingerprint);
    projection.prefetch_state(prepared.events[next.index]);
  }
}

Result<std::vector<IngestOutcome>> Engine::Rep::take(std::span<PreparedEvents* const> group) {
  std::vector<IngestOutcome> outcomes;
  outcomes.reserve(group.size());
  for (PreparedEvents* const events : group)
    outcomes.push_back({.rejected = std::move(events->intake_->rejected)});
  const std::vector<Turn> turns = turns_of(group);
  std::vector<EventNumber> candidates;
  Gate::Stay stay(gate);
  for (std::size_t i = 0; i < turns.size(); ++i) {
    prefetch(group, std::span(turns).subspan(i));
    stay.pass();
    const Intake& prepared = *group[turns[i].request]->intake_;
    LOTSE_CHECK(take(prepared, prepared.items[turns[i].item], candidates, outcomes[turns[i].request]));
  }
  for (IngestOutcome& outcome : outcomes) std::ranges::stable_sort(outcome.rejected, {}, &Rejection::index);
  return outcomes;
}

Result<void> Engine::Rep::take(const Intake& prepared, const Intake::Item& item,
                               std::vector<EventNumber>& candidates, IngestOutcome& outcome) {
  EventNumber stored;
  LOTSE_TRY(const Known known, look_up(prepared, item, candidates, stored));
  if (known == Known::duplicate) {
    ++outcome.duplicate;
    return {};
  }
  if (known == Known::conflict) {
    ++outcome.conflict;
    const std::string_view text = prepared.text(item);
    LOTSE_CHECK(store->begin());
    LOTSE_TRY([[maybe_unused]] const bool is_new, store->add_conflict(stored, text, content_hash(text)));
    return {};
  }
  const Event& event = prepared.events[item.index];
  const auto placement = projection.place(event);
  if (!placement) {
    outcome.rejected.push_back(
        {.index = item.index, .reason = "ids: none of them names a customer", .detail = {}});
    return {};
  }
  LOTSE_CHECK(store->begin());
  LOTSE_TRY(const EventNumber number,
            store->log().append(prepared.text(item), item.fingerprint, placement->previous));
  seen.insert(item.fingerprint, number);
  projection.apply(*placement, event, number);
  if (!event.traceparent.empty())
    traces.note(projection.identities().customer_of(placement->primary), event.time, event.traceparent);
  ++outcome.accepted;
  outcome.from_future += event.from_future ? 1U : 0U;
  return {};
}

const Tracker& Engine::tracker() const { return *rep_->tracker; }
const Recovery& Engine::recovery() const { return rep_->recovery; }

Result<EngineCounts> Engine::counts() {
  if (rep_->broken) return tl::unexpected(*rep_->broken);
  LOTSE_CHECK(rep_->projection.settle(rep_->store->log(), rep_->gate));
  LOTSE_TRY(const std::uint64_t conflicts, rep_->store->conflicts());
  const IdentityStatistics identity = rep_->projection.identities().statistics();
  return EngineCounts{.events = rep_->store->log().last().value(),
                      .customers = rep_->projection.states().size(),
                      .identifiers = identity.identifiers,
                      .conflicts = conflicts,
                      .refused_links = identity.refused_by_limit + identity.refused_apart,
                      .from_future = rep_->projection.from_future()};
}

EngineMemory Engine::memory() const {
  const Projection::Memory derived = rep_->projection.memory();
  return {.identities = derived.identities,
          .states = derived.states,
          .chains = derived.heads,
          .seen = rep_->seen.bytes()};
}

std::optional<Instant> Engine::last_event_time() const { return rep_->projection.last_event_time(); }

std::vector<Identifier> Engine::find_identifiers(std::string_view value) const {
  const Identities& identities = rep_->projection.identities();
  std::vector<Identifier> found;
  const auto add = [&](Identifier identifier) {
    if (identities.find(identifier)) found.push_back(std::move(identifier));
  };
  if (const std::size_t colon = value.find(':'); colon != std::string_view::npos) {
    add({.name_space = std::string(value.substr(0, colon)), .value = std::string(value.substr(colon + 1))});
  }
  for (const std::string& name_space : rep_->identity.namespace_rank) {
    add({.name_space = name_space, .value = std::string(value)});
  }
  if (!found.empty()) return found;
  for (const std::string& name_space : identities.namespaces()) {  // those without a rank too
    add({.name_space = name_space, .value = std::string(value)});
  }
  std::ranges::sort(found);
  return found;
}

Instant Engine::Rep::resolve(Instant as_of) const {
  return as_of == Instant::max() ? projection.last_event_time().value_or(Instant::min()) : as_of;
}

bool Engine::Rep::is_live(const Moment& moment) const {
  return moment.known_at == Instant::max() &&
         resolve(moment.as_of) >= projection.last_event_time().value_or(Instant::min());
}

Result<std::optional<CustomerView>> Engine::customer(const Identifier& identifier, const Moment& moment) {
  if (rep_->broken) return tl::unexpected(*rep_->broken);
  const std::optional<Glimpse> seen = glimpse(rep_->projection, identifier);
  if (!seen) return std::optional<CustomerView>();
  return view_of(*seen, identifier, rep_->store->log(), *rep_->tracker, rep_->identity,
                 {.as_of = rep_->resolve(moment.as_of), .known_at = moment.known_at});
}

Result<void> Engine::for_each_state(const Moment& moment, std::uint32_t partitions,
                                    const std::function<void(std::uint32_t, const CustomerState&)>& visit) {
  LOTSE_ASSERT(partitions > 0);
  if (rep_->broken) return tl::unexpected(*rep_->broken);
  const Instant as_of = rep_->resolve(moment.as_of);
  std::optional<Projection> past;
  if (!rep_->is_live(moment)) {
    past.emplace(*rep_->tracker, rep_->identity, EventFilter{.as_of = as_of, .known_at = moment.known_at});
    LOTSE_CHECK(replay_log(rep_->store->log(), EventNumber(1), *past));
  }
  Projection& projection = past ? *past : rep_->projection;
  LOTSE_CHECK(projection.settle_to(rep_->store->log(), rep_->gate, as_of));
  visit_states(projection.states(), rep_->remains, *rep_->tracker, as_of, partitions, visit);
  return {};
}

}  // namespace lotse
