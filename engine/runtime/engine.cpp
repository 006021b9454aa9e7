#include "engine/runtime/engine.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <thread>
#include <utility>

#include "engine/base/assert.hpp"
#include "engine/base/hash.hpp"
#include "engine/runtime/customer_facts.hpp"
#include "engine/runtime/engine_rep.hpp"

namespace lotse {
namespace {

std::uint64_t hash_of_key(std::string_view key) { return fast_hash(key); }

IdentitySettings identity_settings(const WorkspaceSettings& settings) {
  return {.namespace_rank = settings.namespace_rank,
          .limits = settings.identity_limits,
          .never = settings.identity_never};
}

Instant system_clock_now() {
  return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
}

/// Replays the log from `from` on. An event is parsed once; `also` sees its text.
Result<void> replay(EventLog& log, EventNumber from, Projection& projection) {
  EventReader reader;
  return log.scan(from, [&](const LoggedText& logged) -> Result<void> {
    LOTSE_TRY(const Event event, reader.read(logged.text));
    projection.replay(event, logged.number);
    return {};
  });
}

}  // namespace

PreparedEvents::PreparedEvents() : intake_(std::make_unique<Intake>()) {}
PreparedEvents::PreparedEvents(PreparedEvents&&) noexcept = default;
PreparedEvents& PreparedEvents::operator=(PreparedEvents&&) noexcept = default;
PreparedEvents::~PreparedEvents() = default;
std::size_t PreparedEvents::size() const { return intake_->events.size(); }
const std::vector<Rejection>& PreparedEvents::rejected() const { return intake_->rejected; }
std::vector<Event> PreparedEvents::take_events() { return std::exchange(intake_->events, {}); }

Engine::Rep::Rep(EngineOptions options_, const Workspace& workspace, std::vector<JourneyVersions> journeys,
                 std::unique_ptr<Store> store_)
    : options(std::move(options_)),
      settings(workspace.settings),
      identity(identity_settings(workspace.settings)),
      meaning(meaning_of(journeys, workspace)),
      tracker(std::move(journeys), workspace.settings),
      fingerprint(options.fingerprint != nullptr ? options.fingerprint : hash_of_key),
      store(std::move(store_)),
      projection(tracker, identity) {}

Engine::Engine(std::unique_ptr<Rep> rep) : rep_(std::move(rep)) {}
Engine::~Engine() = default;

Result<std::unique_ptr<Engine>> Engine::open(const Workspace& workspace, const std::filesystem::path& file,
                                             EngineOptions options) {
  if (!options.clock) options.clock = system_clock_now;
  LOTSE_TRY(auto store, options.access == Access::write ? Store::open_for_writing(file, options.wal_bytes)
                                                        : Store::open_for_reading(file));
  LOTSE_TRY(const auto published, store->published());
  LOTSE_TRY(Publication publication, publication_of(workspace, published, options.clock()));
  auto rep = std::make_unique<Rep>(std::move(options), workspace, publication.journeys, std::move(store));
  if (rep->options.access == Access::write) LOTSE_CHECK(rep->publish(publication));
  LOTSE_CHECK(rep->check_chains());
  LOTSE_CHECK(rep->recover());
  if (rep->options.access == Access::write) {
    LOTSE_CHECK(rep->fill_seen());
  } else {
    LOTSE_CHECK(rep->store->release());
  }
  return std::unique_ptr<Engine>(new Engine(std::move(rep)));
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
    projection = Projection(tracker, identity);
    checkpointed = no_event;
    checkpoint_whole = true;
  }
  recovery.rebuilt = !loaded && store->log().last() != no_event;
  recovery.replayed = store->log().last().value() - checkpointed.value();
  return replay(store->log(), EventNumber(checkpointed.value() + 1), projection);
}

Result<bool> Engine::Rep::load_checkpoint() {
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
  LOTSE_TRY(image.identities, store->bytes("identities"));
  LOTSE_TRY(image.heads, store->bytes("heads"));
  LOTSE_TRY(const auto last_time, store->integer_value("last_time"));
  LOTSE_TRY(const auto from_future, store->integer_value("from_future"));
  image.last_time_ms = last_time.value_or(0);
  image.from_future = from_future.value_or(0);
  if (auto restored = projection.restore(image, identity); !restored) {
    recovery.reason = fmt::format("the check-point cannot be used: {}", restored.error().message);
    return false;
  }
  LOTSE_CHECK(store->for_each_state([this](std::uint32_t number, std::string_view state) {
    projection.restore_state(CustomerNumber(number), state);
  }));
  checkpointed = EventNumber(static_cast<std::uint32_t>(*position));
  return true;
}

Result<void> Engine::Rep::fill_seen() {
  EventLog& log = store->log();
  LOTSE_CHECK(log.scan(log.unchunked(), [&](const LoggedText& event) -> Result<void> {
    log.restore_fingerprint(fingerprint(key_of(event.text)));
    return {};
  }));
  return seen.fill([&](const SeenEvents::Add& add) { return log.fingerprints(add); });
}

PreparedEvents Engine::prepare(std::vector<Event> events, PreparedEvents used) const {
  prepare_events(std::move(events), rep_->options.clock(), rep_->settings.future_tolerance,
                 rep_->options.limits, rep_->fingerprint, *used.intake_);
  return used;
}

Result<IngestOutcome> Engine::ingest(std::span<const Event> events) {
  PreparedEvents prepared = prepare(std::vector<Event>(events.begin(), events.end()));
  return ingest(prepared);
}

Result<IngestOutcome> Engine::ingest(PreparedEvents& events) {
  LOTSE_ASSERT(rep_->options.access == Access::write);
  if (rep_->broken) return tl::unexpected(*rep_->broken);
  Result<IngestOutcome> outcome = rep_->take(*events.intake_);
  if (!outcome) {
    rep_->broken = outcome.error();
    return outcome;
  }
  if (rep_->store->log().last().value() - rep_->checkpointed.value() >= rep_->options.checkpoint_events) {
    LOTSE_CHECK(checkpoint());
  }
  return outcome;
}

Result<Engine::Rep::Known> Engine::Rep::look_up(const Intake& prepared, const Intake::Item& item,
                                                std::vector<EventNumber>& candidates, EventNumber& stored) {
  candidates.clear();
  seen.candidates(item.fingerprint, candidates);
  for (const EventNumber candidate : candidates) {
    LOTSE_TRY(const LoggedText logged, store->log().read(candidate));
    if (key_of(logged.text) != prepared.key(item)) continue;
    stored = candidate;
    return same_content(logged.text, prepared.text(item)) ? Known::duplicate : Known::conflict;
  }
  return Known::no;
}

/// Customers come in any order, so that nearly every event's memory is cold: what the events behind `item`
/// will want is fetched while it is worked on.
void Engine::Rep::prefetch(const Intake& prepared, std::size_t item) const {
  constexpr std::size_t far = 12;
  constexpr std::size_t near = 6;
  if (item + far < prepared.items.size()) {
    const Intake::Item& later = prepared.items[item + far];
    seen.prefetch_shard(later.fingerprint);
    projection.prefetch_identifier(prepared.events[later.index]);
  }
  if (item + near < prepared.items.size()) {
    const Intake::Item& next = prepared.items[item + near];
    seen.prefetch_entry(next.fingerprint);
    projection.prefetch_state(prepared.events[next.index]);
  }
}

Result<IngestOutcome> Engine::Rep::take(Intake& prepared) {
  IngestOutcome outcome{.rejected = std::move(prepared.rejected)};
  std::vector<EventNumber> candidates;
  bool changed = false;
  for (std::size_t i = 0; i < prepared.items.size(); ++i) {
    const Intake::Item& item = prepared.items[i];
    prefetch(prepared, i);
    EventNumber stored;
    LOTSE_TRY(const Known known, look_up(prepared, item, candidates, stored));
    if (known == Known::duplicate) {
      ++outcome.duplicate;
      continue;
    }
    if (known == Known::conflict) {
      ++outcome.conflict;
      const std::string_view text = prepared.text(item);
      LOTSE_CHECK(store->begin());
      LOTSE_TRY([[maybe_unused]] const bool is_new, store->add_conflict(stored, text, content_hash(text)));
      changed = true;
      continue;
    }
    const Event& event = prepared.events[item.index];
    const auto placement = projection.place(event);
    if (!placement) {
      outcome.rejected.push_back(
          {.index = item.index, .reason = "ids: none of them names a customer", .detail = {}});
      continue;
    }
    LOTSE_CHECK(store->begin());
    LOTSE_TRY(const EventNumber number,
              store->log().append(prepared.text(item), item.fingerprint, placement->previous));
    seen.insert(item.fingerprint, number);
    projection.apply(*placement, event, number);
    ++outcome.accepted;
    outcome.from_future += event.from_future ? 1U : 0U;
    changed = true;
  }
  if (changed) LOTSE_CHECK(store->commit());
  std::ranges::stable_sort(outcome.rejected, {}, &Rejection::index);
  return outcome;
}

Result<void> Engine::checkpoint() {
  Rep& rep = *rep_;
  LOTSE_ASSERT(rep.options.access == Access::write);
  if (rep.broken) return tl::unexpected(*rep.broken);
  if (rep.store->log().last() == rep.checkpointed && !rep.checkpoint_whole) return {};
  LOTSE_CHECK(rep.projection.settle(rep.store->log()));
  rep.projection.advance_to_last_event();
  const auto write = [&rep]() -> Result<void> {
    Store& store = *rep.store;
    LOTSE_CHECK(store.begin());
    if (rep.checkpoint_whole) LOTSE_CHECK(store.erase_customers());
    Result<void> written;
    rep.projection.for_each_touched([&](CustomerNumber customer) {
      if (!written) return;
      const std::string_view state = rep.projection.states().find(customer);
      if (state.empty()) {
        written = store.erase_customer(customer.value());
        return;
      }
      const std::string facts =
          customer_facts(rep.tracker, rep.projection.identities(), customer, decode(state));
      written = store.put_customer({.number = customer.value(), .state = state, .facts = facts});
    });
    LOTSE_CHECK(written);
    const Projection::Image image = rep.projection.image();
    LOTSE_CHECK(store.set_bytes("identities", image.identities));
    LOTSE_CHECK(store.set_bytes("heads", image.heads));
    LOTSE_CHECK(store.set_value("last_time", image.last_time_ms));
    LOTSE_CHECK(store.set_value("from_future", image.from_future));
    LOTSE_CHECK(store.set_value("meaning", rep.meaning));
    LOTSE_CHECK(store.set_value("position", std::int64_t{store.log().last().value()}));
    return store.commit();
  };
  if (auto written = write(); !written) {
    rep.broken = written.error();
    return written;
  }
  rep.projection.clear_touched();
  rep.checkpoint_whole = false;
  rep.checkpointed = rep.store->log().last();
  return {};
}

const Tracker& Engine::tracker() const { return rep_->tracker; }
const Recovery& Engine::recovery() const { return rep_->recovery; }

Result<EngineCounts> Engine::counts() {
  if (rep_->broken) return tl::unexpected(*rep_->broken);
  LOTSE_CHECK(rep_->projection.settle(rep_->store->log()));
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
  for (std::uint32_t node = 0; node < identities.size(); ++node) {  // a namespace without a rank
    if (Identifier identifier = identities.identifier(NodeIndex(node)); identifier.value == value) {
      found.push_back(std::move(identifier));
    }
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
  const auto node = rep_->projection.identities().find(identifier);
  if (!node) return std::optional<CustomerView>();
  LOTSE_TRY(auto view, rep_->is_live(moment) ? rep_->live_customer(*node)
                                             : rep_->past_customer(*node, identifier, moment));
  if (view) rep_->tracker.advance_to(view->state, rep_->resolve(moment.as_of));
  return view;
}

Result<std::optional<CustomerView>> Engine::Rep::live_customer(NodeIndex node) {
  LOTSE_CHECK(projection.settle(store->log()));
  const Identities& identities = projection.identities();
  const CustomerNumber customer = identities.customer_of(node);
  const std::string_view state = projection.states().find(customer);
  if (state.empty()) return std::optional<CustomerView>();
  CustomerView view;
  view.state = decode(state);
  const std::vector<NodeIndex> members = identities.members(customer);
  for (const NodeIndex member : members) view.identifiers.push_back(identities.identifier(member));
  std::ranges::sort(view.identifiers);
  LOTSE_TRY(view.events, projection.history(store->log(), members));
  return view;
}

Result<std::optional<CustomerView>> Engine::Rep::past_customer(NodeIndex node, const Identifier& identifier,
                                                               const Moment& moment) {
  const std::vector<NodeIndex> related = projection.identities().related(node);
  LOTSE_TRY(std::vector<Event> events, projection.history(store->log(), related));
  const EventFilter filter{.as_of = resolve(moment.as_of), .known_at = moment.known_at};
  std::erase_if(events, [&](const Event& event) { return !filter.takes(event); });
  Identities then(identity);
  std::vector<NodeIndex> primaries;
  for (const Event& event : events) {
    const auto primary = then.add(event.key(), link_kind(event.type), event.ids).primary;
    LOTSE_ASSERT(primary);
    primaries.push_back(*primary);
  }
  const auto node_then = then.find(identifier);
  if (!node_then) return std::optional<CustomerView>();
  const CustomerNumber customer = then.customer_of(*node_then);
  CustomerView view;
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (then.customer_of(primaries[i]) == customer) view.events.push_back(std::move(events[i]));
  }
  if (view.events.empty()) return std::optional<CustomerView>();
  for (const NodeIndex member : then.members(customer)) view.identifiers.push_back(then.identifier(member));
  std::ranges::sort(view.identifiers);
  view.state = tracker.derive(then.name_of(customer), view.events, filter.as_of);
  return view;
}

Result<void> Engine::for_each_state(const Moment& moment, std::uint32_t partitions,
                                    const std::function<void(std::uint32_t, const CustomerState&)>& visit) {
  LOTSE_ASSERT(partitions > 0);
  if (rep_->broken) return tl::unexpected(*rep_->broken);
  const Instant as_of = rep_->resolve(moment.as_of);
  std::optional<Projection> past;
  if (!rep_->is_live(moment)) {
    past.emplace(rep_->tracker, rep_->identity, EventFilter{.as_of = as_of, .known_at = moment.known_at});
    LOTSE_CHECK(replay(rep_->store->log(), EventNumber(1), *past));
  }
  Projection& projection = past ? *past : rep_->projection;
  LOTSE_CHECK(projection.settle(rep_->store->log()));
  const StateTable& states = projection.states();
  const auto visit_part = [&](std::uint32_t partition) {
    const std::uint64_t end = states.end();
    const auto from = static_cast<std::uint32_t>(end * partition / partitions);
    const auto to = static_cast<std::uint32_t>(end * (partition + 1) / partitions);
    for (std::uint32_t number = from; number < to; ++number) {
      const std::string_view bytes = states.find(CustomerNumber(number));
      if (bytes.empty()) continue;
      CustomerState state = decode(bytes);
      rep_->tracker.advance_to(state, as_of);
      visit(partition, state);
    }
  };
  std::vector<std::jthread> threads;
  for (std::uint32_t partition = 1; partition < partitions; ++partition)
    threads.emplace_back(visit_part, partition);
  visit_part(0);
  return {};
}

}  // namespace lotse
