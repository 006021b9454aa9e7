// How what is in the outbox leaves: attempts, their ends, retries, other channels, dead letters.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "engine/base/hash.hpp"
#include "engine/runtime/live_outreach.hpp"
#include "engine/runtime/live_outreach_parts.hpp"

namespace lotse {
namespace {

using namespace std::chrono_literals;

/// Standard Webhooks, "Retry schedule"; after the last of them an entry is dead.
constexpr std::array<Duration, 9> kRetries{5s, 5min, 30min, 2h, 5h, 10h, 14h, 20h, 24h};
/// A receiver's wish to be left alone is obeyed up to here.
constexpr Duration kRetryAfterMax = 24h;
/// Attempts under way by one route: a receiver that hangs holds up nobody else.
constexpr std::size_t kUnderWayMax = 64;
constexpr std::size_t kAttemptsAtATime = 256;
/// So long what waits for its customer's state to be derived anew is left alone.
constexpr Duration kUnsettledWait = 100ms;

/// Up to a tenth later, so that what failed together does not come again together; by the id, so that equal
/// runs are equal.
Duration with_jitter(Duration wait, std::string_view id, std::uint32_t attempts) {
  constexpr std::uint64_t steps = 1000;
  const std::uint64_t chance = fast_hash(id, attempts) % steps;
  return wait +
         Duration(wait.count() / 10 * static_cast<std::int64_t>(chance) / static_cast<std::int64_t>(steps));
}

}  // namespace

void LiveOutreach::keep(OutboxEntry entry) {
  forget(entry.id);
  due_[entry.route].emplace(entry.next, entry.id);
  std::string id = entry.id;
  waiting_.insert_or_assign(std::move(id), Waiting{.entry = std::move(entry)});
}

void LiveOutreach::forget(std::string_view id) {
  const auto known = waiting_.find(id);
  if (known == waiting_.end()) return;
  const OutboxEntry& entry = known->second.entry;
  due_[entry.route].erase({entry.next, entry.id});
  waiting_.erase(known);
}

const std::shared_ptr<ChannelAdapter>* LiveOutreach::adapter_of(std::string_view route) const {
  const auto found = adapters_.find(route);
  return found == adapters_.end() || closed_.contains(route) ? nullptr : &found->second;
}

/// What has no way out any more goes by another; only where nothing at all has one it waits.
bool LiveOutreach::may_begin(std::string_view route) const {
  if (adapters_.empty()) return false;
  const auto used = in_use_.find(route);
  return adapter_of(route) == nullptr || used == in_use_.end() || used->second < kUnderWayMax;
}

Result<void> LiveOutreach::begin_attempts(Instant now, Round& round) {
  std::size_t begun = 0;
  for (auto& [route, due] : due_) {
    while (!due.empty() && due.begin()->first <= now && may_begin(route) && begun < kAttemptsAtATime) {
      const std::string id = due.begin()->second;
      due.erase(due.begin());
      ++begun;
      LOTSE_CHECK(begin(id, now, round));
    }
  }
  return {};
}

Result<void> LiveOutreach::begin(const std::string& id, Instant now, Round& round) {
  Waiting& waiting = waiting_.at(id);
  if (!is_settled(waiting.entry)) {
    waiting.entry.next = now + kUnsettledWait;
    due_[waiting.entry.route].emplace(waiting.entry.next, id);
    return {};
  }
  if (adapter_of(waiting.entry.route) != nullptr) {
    return is_wanted(waiting.entry, now, round) ? attempt(waiting, now) : Result<void>();
  }
  OutboxEntry entry = waiting.entry;
  if (entry.kind == OutboxEntry::Kind::task && !closed_.contains(entry.route)) {
    round.gone.push_back(id);  // a team without a ticket system has the list of tasks
    return {};
  }
  entry.error = closed_.contains(entry.route) ? "the receiver wants nothing more" : "there is no way out";
  if (std::ranges::find(entry.failed, entry.route) == entry.failed.end()) entry.failed.push_back(entry.route);
  give_up(std::move(entry), now, round);
  return {};
}

Result<void> LiveOutreach::attempt(Waiting& waiting, Instant now) {
  const OutboxEntry& entry = waiting.entry;
  LOTSE_TRY(std::string body, rep_.store->outbox().body(entry.id));
  waiting.under_way = true;
  ++in_use_[entry.route];
  const auto adapter = *adapter_of(entry.route);
  attempts_.emplace(++attempt_, adapter);
  adapter->deliver({.id = entry.id, .body = std::move(body), .at = now},
                   [this, number = attempt_, id = entry.id, route = entry.route](Delivery delivery) {
                     post_([this, ended = Ended{number, id, route, std::move(delivery)}]() mutable {
                       attempts_.erase(ended.attempt);
                       --in_use_[ended.route];
                       ended_.push_back(std::move(ended));
                     });
                   });
  return {};
}

/// Whether what is known of its customer is all that was acknowledged.
bool LiveOutreach::is_settled(const OutboxEntry& entry) const {
  if (!entry.customer) return true;
  const Identities& who = rep_.projection.identities();
  const auto node = who.find(*entry.customer);
  return !node || rep_.projection.settled(who.customer_of(*node));
}

void LiveOutreach::look_at_ends(Instant now, Round& round) {
  std::vector<Ended> unsettled;
  for (Ended& ended : std::exchange(ended_, {})) {
    const auto known = waiting_.find(ended.id);
    if (known != waiting_.end() && !is_settled(known->second.entry)) {
      unsettled.push_back(std::move(ended));
    } else {
      look_at(ended, now, round);
    }
  }
  ended_ = std::move(unsettled);
}

/// Looked at just before every attempt: what was right when it was handed out may not be any more.
bool LiveOutreach::is_wanted(OutboxEntry& entry, Instant now, Round& round) {
  if (entry.kind == OutboxEntry::Kind::alert) return true;
  const auto number = find(entry);
  if (!number) {  // erased
    round.gone.push_back(entry.id);
    return false;
  }
  const std::unique_ptr<Customer> customer = customer_of(*number, entry.effect);
  const std::optional<Subject> subject = subject_of(*customer, entry);
  if (entry.kind == OutboxEntry::Kind::task) {
    const bool open = subject && subject->effect.task == TaskStatus::open;
    if (!open) round.gone.push_back(entry.id);
    return open;
  }
  if (const auto reason = unwanted(subject, entry, now)) {
    withdraw(*customer, entry, *reason, now, round);
    return false;
  }
  if (std::ranges::find(entry.failed, entry.route) != entry.failed.end()) {  // another channel was deferred
    send(*subject, &entry, now, round);
    return false;
  }
  return passes_again(*subject, entry, now, round);
}

/// Why a message is not to leave any more, before policy is asked; nothing if it is.
std::optional<std::string_view> LiveOutreach::unwanted(const std::optional<Subject>& subject,
                                                       const OutboxEntry& entry, Instant now) {
  if (!subject) return "disproved";
  const Effect& effect = subject->effect;
  const Duration fresh_for = effect.stale_at - effect.deferred_until.value_or(effect.due);
  if (now > entry.next + fresh_for) return "stale";  // nobody was there to try in time
  if (subject->instance.version_end == VersionEnd::stopped) return "stopped";
  if (entry.deferred && effect.ended) return "stay_ended";
  return std::nullopt;
}

/// Caps have counted it already; all else may have changed since it was handed out.
bool LiveOutreach::passes_again(const Subject& subject, OutboxEntry& entry, Instant now, Round& round) {
  Recipient recipient = subject.customer.recipient;
  recipient.sent.clear();
  const PolicyDecision decision = lotse::decide(
      *workspace_, recipient,
      {.channels = {&entry.route, 1}, .purpose = subject.touchpoint.send->purpose, .failed = {}}, now);
  if (decision.kind == PolicyDecision::Kind::send) return true;
  if (decision.kind == PolicyDecision::Kind::defer) {
    put_off(subject, entry, decision, now, round);
    return false;
  }
  const Refusal refusal = decision.verdicts.front().refusal.value_or(Refusal::no_adapter);
  if (refusal == Refusal::no_address || refusal == Refusal::address_failed) {
    OutboxEntry failed = entry;
    failed.failed.push_back(failed.route);
    failed.error = name_of(refusal);
    give_up(std::move(failed), now, round);
  } else {
    withdraw(subject.customer, entry, name_of(refusal), now, round);
  }
  return false;
}

void LiveOutreach::withdraw(const Customer& customer, const OutboxEntry& entry, std::string_view reason,
                            Instant now, Round& round) {
  Event event = event_about(customer, entry, event_type::message_withdrawn, now, round);
  add_property(event, "reason", Value(std::string(reason)));
  const std::uint32_t unseen = from_before_.contains(entry.id) ? 1 : 0;
  add_property(event, "attempts", Value(std::int64_t{entry.attempts + unseen}));
  round.events.push_back(std::move(event));
  round.gone.push_back(entry.id);
  ++counts_.withdrawn;
}

void LiveOutreach::look_at(const Ended& ended, Instant now, Round& round) {
  const auto known = waiting_.find(ended.id);
  if (known == waiting_.end() || !known->second.under_way) return;  // erased meanwhile
  known->second.under_way = false;
  OutboxEntry entry = known->second.entry;
  ++entry.attempts;
  entry.deferred = false;
  entry.error = ended.delivery.detail;
  switch (ended.delivery.kind) {
    case Delivery::Kind::delivered:
      ++counts_.delivered;
      return arrived(entry, now, round);
    case Delivery::Kind::failed:
      ++counts_.failed_attempts;
      return retry(std::move(entry), ended.delivery, now, round);
    case Delivery::Kind::gone:
      closed_.insert(entry.route);
      alert("channel_gone", entry, ended.delivery.detail, now, round);
      break;
    case Delivery::Kind::address_refused:
      refuse_address(entry, now, round);
      break;
    case Delivery::Kind::refused:
      break;
  }
  ++counts_.failed_attempts;
  entry.failed.push_back(entry.route);
  give_up(std::move(entry), now, round);
}

void LiveOutreach::arrived(const OutboxEntry& entry, Instant now, Round& round) {
  round.gone.push_back(entry.id);
  const auto number = entry.kind == OutboxEntry::Kind::message ? find(entry) : std::nullopt;
  if (!number) return;
  round.events.push_back(
      event_about(*customer_of(*number, entry.effect), entry, event_type::message_sent, now, round));
}

void LiveOutreach::refuse_address(const OutboxEntry& entry, Instant now, Round& round) {
  const auto number = find(entry);
  if (!number) return;
  const std::unique_ptr<Customer> customer = customer_of(*number, entry.effect);
  Event event = event_about(*customer, entry, event_type::address_failed, now, round);
  add_property(event, "address", Value(entry.address));
  round.events.push_back(std::move(event));
}

void LiveOutreach::retry(OutboxEntry entry, const Delivery& delivery, Instant now, Round& round) {
  if (entry.attempts > kRetries.size()) {
    entry.failed.push_back(entry.route);
    return give_up(std::move(entry), now, round);
  }
  const Duration wait = with_jitter(kRetries[entry.attempts - 1], entry.id, entry.attempts);
  entry.next = now + std::max(wait, std::min(delivery.retry_after.value_or(Duration(0)), kRetryAfterMax));
  if (entry.next > entry.stale_at && has_other_channel(entry)) {
    entry.failed.push_back(entry.route);
    return give_up(std::move(entry), now, round);
  }
  round.changed.push_back(std::move(entry));
}

bool LiveOutreach::has_other_channel(const OutboxEntry& entry) const {
  const auto number = entry.kind == OutboxEntry::Kind::message ? find(entry) : std::nullopt;
  if (!number) return false;
  const std::unique_ptr<Customer> customer = customer_of(*number, entry.effect);
  const std::optional<Subject> subject = subject_of(*customer, entry);
  if (!subject) return false;
  return std::ranges::any_of(subject->touchpoint.channels, [&](ChannelIndex channel) {
    const std::string& name = at(subject->journey.channels, channel);
    return name != entry.route && std::ranges::find(entry.failed, name) == entry.failed.end();
  });
}

/// Its channel will not take it. A message tries the next one; what is left goes to the dead letters.
void LiveOutreach::give_up(OutboxEntry entry, Instant now, Round& round) {
  if (entry.kind == OutboxEntry::Kind::message) {
    const auto number = find(entry);
    const auto customer = number ? customer_of(*number, entry.effect) : nullptr;
    const std::optional<Subject> subject = customer ? subject_of(*customer, entry) : std::nullopt;
    if (subject) return send(*subject, &entry, now, round);
    if (customer) return withdraw(*customer, entry, "disproved", now, round);
    round.gone.push_back(entry.id);
    return;
  }
  entry.dead = true;
  if (entry.kind == OutboxEntry::Kind::task) alert("dead_letter", entry, entry.error, now, round);
  round.changed.push_back(std::move(entry));
}

/// To the owner of the touchpoint, once a day for the same thing.
void LiveOutreach::alert(std::string_view what, const OutboxEntry& about, std::string detail, Instant now,
                         Round& round) {
  const auto& channel = workspace_->channels.alerts;
  const auto* adapter = channel ? adapter_of(*channel) : nullptr;
  const Touchpoint* touchpoint = touchpoint_of(about.journey, about.touchpoint);
  if (adapter == nullptr || touchpoint == nullptr || about.kind == OutboxEntry::Kind::alert) return;
  const auto day = std::chrono::floor<std::chrono::days>(now).time_since_epoch().count();
  std::string id = fmt::format("alert:{}:{}:{}:{}", what, about.journey, about.touchpoint, day);
  if (!alerted_.insert(id).second || waiting_.contains(id)) return;
  const Outgoing outgoing{
      .kind = Outgoing::Kind::alert,
      .id = id,
      .handed_out = now,
      .due = now,
      .journey = about.journey,
      .touchpoint = about.touchpoint,
      .channel = *channel,
      .template_name = std::string(what),
      .title = fmt::format("{}: {}", touchpoint->title, what),
      .address = touchpoint->owner,
      .with = Value(Map{{Value("route"), Value(about.route)}, {Value("detail"), Value(std::move(detail))}})};
  auto body = (*adapter)->compose(outgoing);
  if (!body) return;
  round.put.push_back({OutboxEntry{.id = std::move(id),
                                   .kind = OutboxEntry::Kind::alert,
                                   .route = *channel,
                                   .journey = about.journey,
                                   .touchpoint = about.touchpoint,
                                   .made = now,
                                   .stale_at = now,
                                   .next = now},
                       *std::move(body)});
}

std::optional<CustomerNumber> LiveOutreach::find(const OutboxEntry& entry) const {
  if (!entry.customer) return std::nullopt;
  const Identities& who = rep_.projection.identities();
  const auto node = who.find(*entry.customer);
  if (!node) return std::nullopt;
  const CustomerNumber number = who.customer_of(*node);
  if (rep_.projection.states().find(number).empty()) return std::nullopt;
  return number;
}

std::optional<LiveOutreach::Subject> LiveOutreach::subject_of(Customer& customer,
                                                              const OutboxEntry& entry) const {
  const auto key = parse_effect_key(entry.effect);
  for (std::uint32_t journey = 0; key && journey < customer.state.journeys.size(); ++journey) {
    for (const Effect& effect : customer.state.journeys[journey].effects) {
      if (effect.known_as() == *key) return subject_of(customer, journey, effect);
    }
  }
  return std::nullopt;
}

Event LiveOutreach::event_about(const Customer& customer, const OutboxEntry& entry, std::string_view type,
                                Instant now, Round& round) const {
  Event event{.id = fmt::format("{}:{}", type, entry.id),
              .source = std::string(event_source),
              .type = std::string(type),
              .channel = entry.route,
              .time = time_of_next(customer, now, round),
              .ids = {customer.named}};
  add_property(event, "journey", Value(entry.journey));
  add_property(event, "touchpoint", Value(entry.touchpoint));
  add_property(event, "key", Value(entry.effect));
  return event;
}

Result<void> LiveOutreach::forget_erased() {
  LOTSE_TRY(counts_.dead, rep_.store->outbox().count_dead());
  if (waiting_.empty()) return {};
  std::set<std::string, std::less<>> left;
  LOTSE_TRY(const std::vector<OutboxEntry> entries, rep_.store->outbox().waiting());
  for (const OutboxEntry& entry : entries) left.insert(entry.id);
  std::vector<std::string> erased;
  for (const auto& [id, waiting] : waiting_) {
    if (!left.contains(id)) erased.push_back(id);
  }
  for (const std::string& id : erased) forget(id);
  return {};
}

Result<bool> LiveOutreach::revive(std::string_view id, Instant now) {
  LOTSE_TRY(auto entry, rep_.store->outbox().find(id));
  if (!entry || !entry->dead) return false;
  entry->dead = false;
  entry->attempts = 0;
  entry->next = now;
  std::erase(entry->failed, entry->route);
  Round round;
  round.changed.push_back(*std::move(entry));
  LOTSE_CHECK(write(round));
  --counts_.dead;
  return true;
}

}  // namespace lotse
