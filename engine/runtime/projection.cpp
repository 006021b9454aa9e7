#include "engine/runtime/projection.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "engine/base/assert.hpp"

namespace lotse {
namespace {

/// EventTexts that settle() holds at a time. More would read the log less often where many customers are
/// marked.
constexpr std::size_t kSettleBytes = std::size_t{64} << 20U;
constexpr std::size_t kTypicalEventBytes = 300;

template <class T>
void grow_to(std::vector<T>& vector, std::size_t size) {
  if (size <= vector.size()) return;
  if (size > vector.capacity()) vector.reserve(size + size / 8);
  vector.resize(size);
}

Instant last_time(std::span<const Event> events) {
  Instant last = Instant::min();
  for (const Event& event : events) last = std::max(last, event.time);
  return last;
}

}  // namespace

LinkKind link_kind(std::string_view type) {
  if (type == event_type::identify || type == event_type::alias) return LinkKind::explicit_link;
  if (type == event_type::unlink) return LinkKind::unlink;
  return LinkKind::seen_together;
}

Projection::Projection(const Tracker& tracker, IdentitySettings settings, EventFilter filter)
    : tracker_(&tracker), filter_(filter), identities_(std::move(settings)) {}

std::optional<Projection::Placement> Projection::place(const Event& event) {
  IdentityOutcome outcome = identities_.add(event.key(), link_kind(event.type), event.ids);
  if (!outcome.primary) return std::nullopt;
  grow_to(heads_, identities_.size());
  return Placement{
      .primary = *outcome.primary, .previous = at(heads_, *outcome.primary), .identity = std::move(outcome)};
}

void Projection::apply(const Placement& placement, const Event& event, EventNumber number) {
  heads_[placement.primary.value()] = number;
  last_time_ = std::max(last_time_, event.time);
  from_future_ += event.from_future ? 1U : 0U;
  for (const CustomerNumber customer : placement.identity.gone) {
    if (!states_.find(customer).empty()) erase(customer);
  }
  for (const CustomerNumber customer : placement.identity.gone) {
    if (customer.value() < marked_.size() && marked_[customer.value()]) {
      marked_[customer.value()] = false;
      --marks_;
    }
  }
  for (const CustomerNumber customer : placement.identity.changed) mark(customer);
  advance(placement.identity.customer, event);
}

void Projection::replay(const Event& event, EventNumber number) {
  if (!filter_.takes(event)) return;
  const auto placement = place(event);
  LOTSE_ASSERT(placement);  // the log has no event without a customer
  apply(*placement, event, number);
}

void Projection::mark(CustomerNumber customer) {
  grow_to(marked_, std::size_t{customer.value()} + 1);
  if (marked_[customer.value()]) return;
  marked_[customer.value()] = true;
  ++marks_;
}

void Projection::touch(CustomerNumber customer) {
  grow_to(touched_, std::size_t{customer.value()} + 1);
  touched_[customer.value()] = true;
}

void Projection::advance(CustomerNumber customer, const Event& event) {
  if (customer.value() < marked_.size() && marked_[customer.value()]) return;
  const std::string_view bytes = states_.find(customer);
  std::optional<CustomerState> first;
  if (bytes.empty()) first = tracker_->fresh(identities_.name_of(customer));
  CustomerState& state = first ? *first : decoder_.decode(bytes);
  if (!Tracker::in_order(state, event) || tracker_->needs_history(state, event.time - Duration(1))) {
    mark(customer);
    return;
  }
  if (moves_ != nullptr) moves_->before(state);
  tracker_->advance(state, event);
  if (moves_ != nullptr) moves_->after(*tracker_, state);
  set(customer, state);
}

void Projection::set(CustomerNumber customer, const CustomerState& state) {
  if (timers_) remind(customer, state);
  encode(state, encoded_);
  states_.set(customer, encoded_);
  if (timers_) {
    if (has_open_task(encoded_)) {
      with_open_tasks_.insert(customer);
    } else {
      with_open_tasks_.erase(customer);
    }
  }
  touch(customer);
}

void Projection::erase(CustomerNumber customer) {
  states_.erase(customer);
  with_open_tasks_.erase(customer);
  touch(customer);
}

/// Requires that the customer's state is still the one before.
void Projection::remind(CustomerNumber customer, const CustomerState& state) {
  // Entries that no longer stand are passed over when their time comes; too many of them are thrown out
  // before.
  constexpr std::size_t slack = 4096;
  if (timers_->size() + deciding_->size() > 2 * states_.size() + slack) keep_timers();
  // What is undecided may have been given already, and left aside: it is said again with every change.
  if (state.next_effect != Instant::max()) deciding_->add(state.next_effect, customer);
  const std::string_view before = states_.find(customer);
  const bool known = !before.empty() && next_timer(before) == state.next_timer;
  if (state.next_timer != Instant::max() && !known) timers_->add(state.next_timer, customer);
}

void Projection::keep_timers() {
  std::vector<TimerQueue::Entry> timers;
  std::vector<TimerQueue::Entry> deciding;
  timers.reserve(states_.size() + 1);
  with_open_tasks_.clear();
  for (std::uint32_t number = 0; number < states_.end(); ++number) {
    const CustomerNumber customer(number);
    const std::string_view bytes = states_.find(customer);
    if (bytes.empty()) continue;
    if (next_timer(bytes) != Instant::max()) timers.push_back({next_timer(bytes), customer});
    if (next_effect(bytes) != Instant::max()) deciding.push_back({next_effect(bytes), customer});
    if (has_open_task(bytes)) with_open_tasks_.insert(with_open_tasks_.end(), customer);
  }
  timers_.emplace().assign(std::move(timers));
  deciding_.emplace().assign(std::move(deciding));
}

std::vector<CustomerNumber> Projection::take_undecided(Instant now, std::size_t most) {
  LOTSE_ASSERT(deciding_);
  std::vector<CustomerNumber> customers;
  std::vector<TimerQueue::Entry> waiting;
  for (auto first = deciding_->first(); first && first->due <= now && customers.size() < most;
       first = deciding_->first()) {
    deciding_->pop();
    const std::string_view bytes = states_.find(first->customer);
    if (bytes.empty() || next_effect(bytes) > now) continue;
    if (!settled(first->customer)) {
      waiting.push_back(*first);
    } else {
      customers.push_back(first->customer);
    }
  }
  for (const TimerQueue::Entry& entry : waiting) deciding_->add(entry.due, entry.customer);
  std::ranges::sort(customers);
  const auto repeated = std::ranges::unique(customers);
  customers.erase(repeated.begin(), repeated.end());
  return customers;
}

std::optional<Instant> Projection::next_undecided() const {
  const auto first = deciding_ ? deciding_->first() : std::nullopt;
  return first ? std::optional(first->due) : std::nullopt;
}

std::size_t Projection::fire_due(Instant now, std::size_t customers_max, Gate& gate) {
  LOTSE_ASSERT(timers_);
  Gate::Stay stay(gate);
  std::size_t fired = 0;
  std::vector<TimerQueue::Entry> waiting;
  for (auto first = timers_->first(); first && first->due <= now && fired < customers_max;
       first = timers_->first()) {
    timers_->pop();
    const std::string_view bytes = states_.find(first->customer);
    if (bytes.empty() || next_timer(bytes) != first->due) continue;
    if (!settled(first->customer)) {
      waiting.push_back(*first);
      continue;
    }
    CustomerState& state = decoder_.decode(bytes);
    // One timer's time, not `now`: among customers too they fire in the order of their time.
    if (moves_ != nullptr) moves_->before(state);
    if (tracker_->needs_history(state, first->due)) {
      settle_to_ = std::max(settle_to_, first->due);
      mark(first->customer);
      continue;
    }
    tracker_->advance_to(state, first->due);
    if (moves_ != nullptr) moves_->after(*tracker_, state);
    set(first->customer, state);
    ++fired;
    stay.pass();
  }
  for (const TimerQueue::Entry& entry : waiting) timers_->add(entry.due, entry.customer);
  return fired;
}

std::optional<Instant> Projection::next_due() const {
  const auto first = timers_ ? timers_->first() : std::nullopt;
  return first ? std::optional(first->due) : std::nullopt;
}

void Projection::prefetch_state(const Event& event) const {
  const auto node = identities_.find(event.ids.front());
  if (node) states_.prefetch(identities_.customer_of(*node));
}

Result<void> Projection::settle(EventLog& log, Gate& gate) {
  if (marks_ == 0) return {};
  const std::size_t events_each = log.last().value() / std::max<std::size_t>(1, states_.size()) + 1;
  const std::size_t batch = std::max<std::size_t>(1, kSettleBytes / (events_each * kTypicalEventBytes));
  std::vector<CustomerNumber> customers;
  for (std::uint32_t number = 0; number < marked_.size(); ++number) {
    if (!marked_[number]) continue;
    customers.emplace_back(number);
    if (customers.size() < batch) continue;
    LOTSE_CHECK(settle(log, gate, customers));
    customers.clear();
  }
  return settle(log, gate, customers);
}

Result<void> Projection::settle(EventLog& log, Gate& gate, std::span<const CustomerNumber> customers) {
  std::vector<EventNumber> heads;
  std::vector<std::uint32_t> owner;  // by chain: into customers
  for (std::uint32_t i = 0; i < customers.size(); ++i) {
    for (const NodeIndex node : identities_.members(customers[i])) {
      if (at(heads_, node) == no_event) continue;
      heads.push_back(at(heads_, node));
      owner.push_back(i);
    }
  }
  std::vector<EventTexts> texts(customers.size());
  LOTSE_CHECK(log.follow(heads, [&](std::size_t chain, const LoggedText& event) -> Result<void> {
    texts[owner[chain]].add(event.text);
    return {};
  }));
  EventReader reader;
  for (std::size_t i = 0; i < customers.size(); ++i) {
    LOTSE_TRY(const std::vector<Event> events, texts[i].read(reader, filter_));
    texts[i] = {};
    std::optional<CustomerState> state;
    if (!events.empty()) {
      state = tracker_->derive(identities_.name_of(customers[i]), events,
                               std::max(last_time(events), settle_to_));
    }
    const Gate::Stay stay(gate);
    if (state) {
      set(customers[i], *state);
    } else {
      erase(customers[i]);
    }
    marked_[customers[i].value()] = false;
    --marks_;
  }
  return {};
}

Result<void> Projection::settle_to(EventLog& log, Gate& gate, Instant until) {
  LOTSE_CHECK(settle(log, gate));
  if (!tracker_->derives_anew()) return {};
  for (std::uint32_t number = 0; number < states_.end(); ++number) {
    const std::string_view bytes = states_.find(CustomerNumber(number));
    if (bytes.empty() || next_timer(bytes) > until) continue;
    if (tracker_->needs_history(decoder_.decode(bytes), until)) mark(CustomerNumber(number));
  }
  const Instant before = std::exchange(settle_to_, std::max(settle_to_, until));
  auto settled = settle(log, gate);
  settle_to_ = before;
  return settled;
}

std::vector<EventNumber> Projection::heads(std::span<const NodeIndex> nodes) const {
  std::vector<EventNumber> heads;
  heads.reserve(nodes.size());
  for (const NodeIndex node : nodes) heads.push_back(at(heads_, node));
  return heads;
}

void Projection::erase(std::span<const NodeIndex> nodes,
                       std::span<const std::pair<NodeIndex, Instant>> seen) {
  for (const NodeIndex node : nodes) {
    const CustomerNumber customer(node.value());
    heads_[node.value()] = no_event;
    erase(customer);
    if (settled(customer)) continue;
    marked_[customer.value()] = false;
    --marks_;
  }
  for (const CustomerNumber customer : identities_.erase(nodes, seen).changed) mark(customer);
}

void Projection::retouch(std::span<const CustomerNumber> customers) {
  for (const CustomerNumber customer : customers) touch(customer);
}

std::optional<Instant> Projection::last_event_time() const {
  return last_time_ == Instant::min() ? std::nullopt : std::optional(last_time_);
}

void Projection::advance_to_last_event() {
  for (std::uint32_t number = 0; number < states_.end(); ++number) {
    const CustomerNumber customer(number);
    const std::string_view bytes = states_.find(customer);
    if (bytes.empty() || next_timer(bytes) > last_time_) continue;
    CustomerState& state = decoder_.decode(bytes);
    tracker_->advance_to(state, last_time_);
    set(customer, state);
  }
}

void Projection::for_each_touched(const std::function<void(CustomerNumber)>& visit) const {
  for (std::uint32_t number = 0; number < touched_.size(); ++number) {
    if (touched_[number]) visit(CustomerNumber(number));
  }
}

void Projection::clear_touched() { touched_.clear(); }

Projection::Image Projection::image() const {
  LOTSE_ASSERT(marks_ == 0);
  Image image{
      .heads = std::string(reinterpret_cast<const char*>(heads_.data()), heads_.size() * sizeof(EventNumber)),
      .last_time_ms = last_time_.time_since_epoch().count(),
      .from_future = static_cast<std::int64_t>(from_future_)};
  identities_.save(image.identities);
  return image;
}

Result<void> Projection::restore(const Image& image, IdentitySettings settings) {
  LOTSE_TRY(identities_, Identities::load(image.identities, std::move(settings)));
  if (image.heads.size() != identities_.size() * sizeof(EventNumber)) {
    return fail(ErrorCode::storage, "the check-point's identities and chains do not belong together");
  }
  heads_.resize(identities_.size());
  if (!heads_.empty()) std::memcpy(heads_.data(), image.heads.data(), image.heads.size());
  last_time_ = Instant(Duration(image.last_time_ms));
  from_future_ = static_cast<std::uint64_t>(image.from_future);
  return {};
}

Projection::Memory Projection::memory() const {
  return {.identities = identities_.statistics().bytes,
          .states = states_.bytes(),
          .heads = heads_.capacity() * sizeof(EventNumber)};
}

}  // namespace lotse
