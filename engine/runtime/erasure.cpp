// Erasure of customers. docs/decisions/0080-erasure.md says why it goes in these steps.
#include <algorithm>
#include <iterator>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "engine/base/assert.hpp"
#include "engine/runtime/customer_facts.hpp"
#include "engine/runtime/engine.hpp"
#include "engine/runtime/engine_rep.hpp"
#include "engine/store/tombstone.hpp"

namespace lotse {

/// What an erasure takes away, and what it leaves.
struct Engine::Rep::ErasurePlan {
  std::vector<CustomerNumber> customers;  ///< ascending
  std::vector<NodeIndex> nodes;           ///< theirs, ascending
  std::set<Identifier> identifiers;       ///< of the nodes
  std::vector<EventNumber> events;        ///< theirs, ascending
  std::vector<EventNumber> redacted;      ///< of others, which name one of the identifiers; ascending
  std::vector<std::pair<NodeIndex, Instant>> seen;  ///< of others: when what remains names them first
  std::vector<CustomerState> remains;

  [[nodiscard]] bool has(NodeIndex node) const { return std::ranges::binary_search(nodes, node); }
  [[nodiscard]] bool names(const Event& event) const {
    return std::ranges::any_of(event.ids, [&](const Identifier& id) { return identifiers.contains(id); });
  }
};

namespace {

void sort_unique(auto& numbers) {
  std::ranges::sort(numbers);
  const auto repeated = std::ranges::unique(numbers);
  numbers.erase(repeated.begin(), repeated.end());
}

}  // namespace

Result<Engine::Rep::ErasurePlan> Engine::Rep::plan_erasure(std::span<const Identifier> identifiers) {
  LOTSE_CHECK(projection.settle(store->log(), gate));
  const Identities& who = projection.identities();
  ErasurePlan plan;
  for (const Identifier& identifier : identifiers) {
    if (const auto node = who.find(identifier)) plan.customers.push_back(who.customer_of(*node));
  }
  sort_unique(plan.customers);
  for (const CustomerNumber customer : plan.customers)
    std::ranges::copy(who.members(customer), std::back_inserter(plan.nodes));
  std::ranges::sort(plan.nodes);
  for (const NodeIndex node : plan.nodes) plan.identifiers.insert(who.identifier(node));
  LOTSE_CHECK(store->log().follow(projection.heads(plan.nodes),
                                  [&](std::size_t, const LoggedText& event) -> Result<void> {
                                    plan.events.push_back(event.number);
                                    return {};
                                  }));
  std::ranges::sort(plan.events);
  return plan;
}

/// Refused links and unlinks connect customers: the events of these others may name an erased identifier, and
/// theirs may have been named by an erased event, even first or only there.
Result<void> Engine::Rep::look_at_neighbours(ErasurePlan& plan) {
  const Identities& who = projection.identities();
  std::vector<NodeIndex> neighbours;
  for (const NodeIndex node : plan.nodes) {
    for (const NodeIndex other : who.linked_with(node)) {
      if (!plan.has(other)) neighbours.push_back(other);
    }
  }
  sort_unique(neighbours);
  EventReader reader;
  std::vector<NodeIndex> known_by_nothing_else;
  for (const NodeIndex neighbour : neighbours) {
    const Identifier identifier = who.identifier(neighbour);
    std::vector<NodeIndex> naming = {neighbour};
    for (const NodeIndex other : who.linked_with(neighbour)) {
      if (!plan.has(other)) naming.push_back(other);
    }
    Instant first = Instant::max();
    LOTSE_CHECK(store->log().follow(projection.heads(naming),
                                    [&](std::size_t chain, const LoggedText& text) -> Result<void> {
                                      LOTSE_TRY(const Event event, reader.read(text.text));
                                      if (chain == 0 && plan.names(event))
                                        plan.redacted.push_back(text.number);
                                      if (std::ranges::find(event.ids, identifier) != event.ids.end())
                                        first = std::min(first, event.time);
                                      return {};
                                    }));
    if (first == Instant::max()) {
      known_by_nothing_else.push_back(neighbour);
    } else {
      plan.seen.emplace_back(neighbour, first);
    }
  }
  sort_unique(plan.redacted);
  for (const NodeIndex node : known_by_nothing_else) plan.identifiers.insert(who.identifier(node));
  std::ranges::copy(known_by_nothing_else, std::back_inserter(plan.nodes));
  std::ranges::sort(plan.nodes);
  return {};
}

Result<void> Engine::Rep::write_erasure(ErasurePlan& plan) {
  if (checkpoint) {  // it holds them still: a new one takes its place
    projection.retouch(std::span(checkpoint->customers).subspan(checkpoint->customers_written));
    checkpoint.reset();
  }
  EventReader reader;
  LOTSE_CHECK(store->begin());
  LOTSE_CHECK(store->set_erasure_pending(true));

  std::vector<EventNumber> rewritten;
  std::ranges::merge(plan.events, plan.redacted, std::back_inserter(rewritten));
  const auto text_of = [&](const LoggedText& event) -> Result<std::string> {
    if (std::ranges::binary_search(plan.events, event.number)) {
      const std::string_view key = key_of(event.text);
      return tombstone(tombstone_mark(erasure_salt, key), fingerprint(key));
    }
    LOTSE_CHECK(store->add_redacted(event.number, content_hash(event.text)));
    return reader.without(event.text, [&](const Identifier& id) { return plan.identifiers.contains(id); });
  };
  LOTSE_CHECK(store->log().rewrite(rewritten, text_of));
  LOTSE_CHECK(store->drop_conflicts(plan.events, [&](std::string_view text) {
    const auto event = reader.read(text);
    return event && plan.names(*event);
  }));
  const std::vector<Identifier> names(plan.identifiers.begin(), plan.identifiers.end());
  LOTSE_CHECK(store->outbox().erase(names));
  // What gave no event has no form in which an identifier could be looked for, and may be cut before it.
  LOTSE_CHECK(store->drop_rejects());

  const Instant now = options.clock();
  const Instant last = projection.last_event_time().value_or(Instant::min());
  for (const CustomerNumber customer : plan.customers) {
    const std::string_view bytes = projection.states().find(customer);
    if (bytes.empty()) continue;
    CustomerState state = decode(bytes);
    tracker->advance_to(state, last);
    const Instant erased = std::max({now, last + Duration(1), state.clock + Duration(1)});
    // The views are as of the last event; reports may ask for any moment up to now.
    const std::string facts =
        customer_facts(*tracker, std::span<const Identifier>(), remains_of(*tracker, state, erased));
    tracker->advance_to(state, erased - Duration(1));
    const CustomerState& kept = plan.remains.emplace_back(remains_of(*tracker, state, erased));
    LOTSE_CHECK(store->add_remains(
        {.last_event = state.last_event->time, .remains = remains_json(*tracker, kept), .facts = facts}));
  }
  for (const NodeIndex node : plan.nodes) LOTSE_CHECK(store->erase_customer(node.value()));
  return store->commit();
}

Result<std::uint64_t> Engine::Rep::begin_erasure(std::span<const Identifier> identifiers) {
  if (broken) return tl::unexpected(*broken);
  LOTSE_TRY(ErasurePlan plan, plan_erasure(identifiers));
  if (plan.customers.empty()) return 0;
  LOTSE_CHECK(look_at_neighbours(plan));
  const std::optional<Instant> last = projection.last_event_time();
  if (auto written = write_erasure(plan); !written) {
    broken = written.error();
    return tl::unexpected(written.error());
  }
  erasure_pending = true;
  erased_since_checkpoint = true;
  {
    const Gate::Stay stay(gate);
    projection.erase(plan.nodes, plan.seen);
  }
  remains.add(plan.remains, last.value_or(Instant::min()));
  return plan.customers.size();
}

Result<std::uint64_t> Engine::erase(std::span<const Identifier> identifiers) {
  LOTSE_ASSERT(rep_->options.access == Access::write);
  LOTSE_TRY(const std::uint64_t erased, rep_->begin_erasure(identifiers));
  LOTSE_CHECK(rep_->finish_erasure(*this));
  return erased;
}

Result<void> Engine::Rep::finish_erasure(Engine& engine) {
  constexpr std::chrono::milliseconds patience(2'000);
  if (!erasure_pending) return {};
  if (erased_since_checkpoint) LOTSE_CHECK(engine.checkpoint());
  return cut_wal(patience);
}

Result<void> Engine::Rep::cut_wal(std::chrono::milliseconds patience) {
  if (auto truncated = store->truncate_wal(patience); !truncated) {
    if (truncated.error().code != ErrorCode::unavailable) return truncated;
    return fail(ErrorCode::unavailable,
                truncated.error().message +
                    ", in which there are pages from before the erasure; all else is erased: end the reader "
                    "(a report, an SQL session) and erase again");
  }
  LOTSE_CHECK(store->begin());
  LOTSE_CHECK(store->set_erasure_pending(false));
  LOTSE_CHECK(store->commit());
  erasure_pending = false;
  return {};
}

Result<void> Engine::Rep::load_remains() {
  LOTSE_TRY(erasure_salt, store->erasure_salt());
  LOTSE_TRY(remains, Remains::load(*store, *tracker));
  projection.witness(remains.last_event());
  return {};
}

}  // namespace lotse
