// What becomes of due effects: decisions, and what they write. How they are delivered: live_deliveries.cpp.
#include "engine/runtime/live_outreach.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "engine/base/assert.hpp"
#include "engine/outreach/sent_messages.hpp"
#include "engine/runtime/live_outreach_parts.hpp"
#include "engine/store/event_text.hpp"

namespace lotse {
namespace {

/// Customers whose effects are decided on in one round: enough to share its commit, few enough that nobody
/// who posts waits for long.
constexpr std::size_t kCustomersAtATime = 256;

Value decision_value(const PolicyDecision& decision) {
  List list;
  for (const ChannelVerdict& verdict : decision.verdicts) {
    Map map{{Value("channel"), Value(verdict.channel)}};
    if (verdict.refusal) map.emplace_back(Value("refusal"), Value(std::string(name_of(*verdict.refusal))));
    if (verdict.until) map.emplace_back(Value("until"), Value(format_instant(*verdict.until)));
    if (!verdict.detail.empty()) map.emplace_back(Value("detail"), Value(verdict.detail));
    list.emplace_back(std::move(map));
  }
  return Value(std::move(list));
}

/// Of what was looked at, what tells most: a channel that is no way out in the first place tells least.
std::string reason_of(const PolicyDecision& decision) {
  std::optional<Refusal> reason;
  for (const ChannelVerdict& verdict : decision.verdicts) {
    if (verdict.refusal && (!reason || *reason < Refusal::failed_before)) reason = verdict.refusal;
  }
  return reason ? std::string(name_of(*reason)) : "no_channel";
}

std::vector<std::string> channel_names(const Journey& journey, const Touchpoint& touchpoint) {
  std::vector<std::string> names;
  for (const ChannelIndex channel : touchpoint.channels) names.push_back(at(journey.channels, channel));
  return names;
}

/// What was handed out a moment ago may be dated a moment ahead, and counts.
Instant time_of_policy(const Recipient& recipient, Instant now) {
  Instant latest = now;
  for (const SentMessage& sent : recipient.sent) latest = std::max(latest, sent.at);
  return latest;
}

}  // namespace

LiveOutreach::LiveOutreach(Engine& engine, Post post)
    : engine_(engine), rep_(*engine.rep_), post_(std::move(post)) {}

Result<void> LiveOutreach::use(std::shared_ptr<const Workspace> workspace, ChannelAdapters adapters) {
  workspace_ = std::move(workspace);
  adapters_ = std::move(adapters);
  closed_.clear();
  if (loaded_) return {};
  loaded_ = true;
  LOTSE_TRY(std::vector<OutboxEntry> waiting, rep_.store->outbox().waiting());
  for (OutboxEntry& entry : waiting) {
    from_before_.insert(entry.id);
    keep(std::move(entry));
  }
  LOTSE_TRY(counts_.dead, rep_.store->outbox().count_dead());
  return {};
}

Result<bool> LiveOutreach::go_on(Instant now) {
  Round round;
  look_at_ends(now, round);
  if (!adapters_.empty()) {
    for (const CustomerNumber customer : rep_.projection.take_undecided(now, kCustomersAtATime))
      decide(customer, now, round);
  }
  const bool decided = !round.empty();
  LOTSE_CHECK(write(round));
  Round stopped;  // what was just written may leave now, and what is no longer wanted is stopped
  LOTSE_CHECK(begin_attempts(now, stopped));
  const bool changed = decided || !stopped.empty();
  LOTSE_CHECK(write(stopped));
  return changed;
}

Result<void> LiveOutreach::record_ends(Instant now) {
  Round round;
  look_at_ends(now, round);
  return write(round);
}

std::optional<Instant> LiveOutreach::next() const {
  if (adapters_.empty()) return std::nullopt;
  std::optional<Instant> next = rep_.projection.next_undecided();
  for (const auto& [route, due] : due_) {
    if (due.empty() || !may_begin(route)) continue;
    next = std::min(next.value_or(Instant::max()), due.begin()->first);
  }
  return next;
}

OutreachCounts LiveOutreach::counts() const {
  OutreachCounts counts = counts_;
  counts.waiting = waiting_.size();
  return counts;
}

std::unique_ptr<LiveOutreach::Customer> LiveOutreach::customer_of(CustomerNumber number,
                                                                  std::string_view but) const {
  auto customer = std::make_unique<Customer>();
  customer->number = number;
  customer->state = decode(rep_.projection.states().find(number));
  const Identities& who = rep_.projection.identities();
  for (const NodeIndex node : who.members(number)) customer->identifiers.push_back(who.identifier(node));
  std::ranges::sort(customer->identifiers);
  customer->named = who.identifier(NodeIndex(number.value()));
  Recipient& recipient = customer->recipient;
  recipient = {.consents = customer->state.consents,
               .address_failures = customer->state.address_failures,
               .identifiers = customer->identifiers,
               .traits = &customer->state.traits,
               .sent = sent_messages(rep_.tracker->journeys(), customer->state, parse_effect_key(but))};
  return customer;
}

const Touchpoint* LiveOutreach::touchpoint_of(std::string_view journey, std::string_view touchpoint) const {
  for (const JourneyVersions& versions : rep_.tracker->journeys()) {
    if (versions.versions.front()->id != journey) continue;
    for (auto version = versions.versions.rbegin(); version != versions.versions.rend(); ++version) {
      if (const auto index = (*version)->find_touchpoint(touchpoint))
        return &at((*version)->touchpoints, *index);
    }
  }
  return nullptr;
}

void LiveOutreach::decide(CustomerNumber number, Instant now, Round& round) {
  const std::unique_ptr<Customer> customer = customer_of(number);
  Instant later = Instant::max();
  for (std::uint32_t journey = 0; journey < customer->state.journeys.size(); ++journey) {
    for (const Effect& effect : customer->state.journeys[journey].effects) {
      const Instant when = effect.to_be_decided(now);
      if (when > now) {
        later = std::min(later, when);
        continue;
      }
      const Subject subject = subject_of(*customer, journey, effect);
      if (effect.handed_out) {
        tell_overdue(subject, now, round);
      } else if (effect.task == TaskStatus::none) {
        send(subject, nullptr, now, round);
      } else {
        open_task(subject, now, round);
      }
    }
  }
  if (later != Instant::max()) rep_.projection.remind_of_effects(number, later);
}

LiveOutreach::Subject LiveOutreach::subject_of(Customer& customer, std::uint32_t journey,
                                               const Effect& effect) const {
  const Instance& instance = at(customer.state.journeys[journey].instances, effect.instance);
  const Journey& version = rep_.tracker->version(journey, instance.version);
  return {.customer = customer,
          .instance = instance,
          .journey = version,
          .touchpoint = at(version.touchpoints, effect.touchpoint),
          .effect = effect};
}

/// A task has no policy: the customer needs a person. Where its team has no ticket system it is in the list
/// of tasks alone.
void LiveOutreach::open_task(const Subject& subject, Instant now, Round& round) {
  const std::string& team = subject.touchpoint.handover->team;
  Event event = event_about(subject, event_type::handed_out, now, round);
  add_property(event, "due", Value(format_instant(subject.effect.due)));
  add_property(event, "team", Value(team));
  round.events.push_back(std::move(event));
  ++counts_.handed_out;
  const std::string route = "team:" + team;
  const auto* adapter = adapter_of(route);
  if (adapter == nullptr) return;
  const Outgoing outgoing = outgoing_of(subject, hex(subject.effect.key), now);
  auto body = (*adapter)->compose(outgoing);
  if (!body) return;
  OutboxEntry entry = entry_of(subject, outgoing.id, now);
  entry.kind = OutboxEntry::Kind::task;
  entry.route = route;
  round.put.push_back({std::move(entry), *std::move(body)});
}

/// Its promise has passed while it is open: that is a fact about the customer, and its owner's concern.
void LiveOutreach::tell_overdue(const Subject& subject, Instant now, Round& round) {
  Event event = event_about(subject, event_type::task_overdue, now, round);
  const std::string& team = subject.touchpoint.handover->team;
  add_property(event, "team", Value(team));
  add_property(event, "promised", Value(format_instant(*subject.effect.deadline)));
  round.events.push_back(std::move(event));
  OutboxEntry task = entry_of(subject, hex(subject.effect.known_as()), now);
  task.route = "team:" + team;
  alert("task_overdue", task, fmt::format("promised by {}", format_instant(*subject.effect.deadline)), now,
        round);
}

/// By the first channel that policy allows and that takes it; `instead_of`: what was handed out by a channel
/// that has failed.
void LiveOutreach::send(const Subject& subject, const OutboxEntry* instead_of, Instant now, Round& round) {
  const std::vector<std::string> channels = channel_names(subject.journey, subject.touchpoint);
  std::vector<std::string> failed = instead_of == nullptr ? std::vector<std::string>() : instead_of->failed;
  std::string error = instead_of == nullptr ? std::string() : instead_of->error;
  while (true) {
    const PolicyDecision decision =
        lotse::decide(*workspace_, subject.customer.recipient,
                      {.channels = channels, .purpose = subject.touchpoint.send->purpose, .failed = failed},
                      time_of_policy(subject.customer.recipient, now));
    if (decision.kind != PolicyDecision::Kind::send) {
      return leave_unsent(subject, instead_of, decision, error, now, round);
    }
    const auto* adapter = adapter_of(decision.channel);
    Outgoing outgoing =
        outgoing_of(subject,
                    failed.empty() ? hex(subject.effect.known_as())
                                   : fmt::format("{}-{}", hex(subject.effect.known_as()), failed.size() + 1),
                    now);
    outgoing.channel = decision.channel;
    outgoing.address = decision.address;
    if (instead_of != nullptr) refill(outgoing, *instead_of);
    auto body = adapter == nullptr
                    ? Result<std::string>(fail(ErrorCode::unavailable, "the channel takes nothing"))
                    : (*adapter)->compose(outgoing);
    if (!body) {
      error = body.error().message;
      failed.push_back(decision.channel);
      continue;
    }
    Event event = event_about(
        subject, instead_of == nullptr ? event_type::handed_out : event_type::message_rerouted, now, round);
    event.channel = decision.channel;
    add_property(event, "due", Value(format_instant(subject.effect.due)));
    add_property(event, "purpose", Value(subject.touchpoint.send->purpose));
    add_property(event, "decision", decision_value(decision));
    const Instant handed_out = event.time;
    round.events.push_back(std::move(event));
    OutboxEntry entry = entry_of(subject, outgoing.id, now);
    entry.route = decision.channel;
    entry.failed = std::move(failed);
    if (!decision.address.empty()) entry.address = address_mark(decision.address);
    round.put.push_back({std::move(entry), *std::move(body), to_json(outgoing.with)});
    if (instead_of != nullptr) {
      round.gone.push_back(instead_of->id);
      ++counts_.rerouted;
    } else {
      ++counts_.handed_out;
    }
    // What counts for a cap counts at once, also for what else is due now.
    subject.customer.recipient.sent.push_back({.at = handed_out,
                                               .channel = channel_named(subject.journey, decision.channel),
                                               .purpose = subject.touchpoint.send->purpose});
    return;
  }
}

void LiveOutreach::leave_unsent(const Subject& subject, const OutboxEntry* instead_of,
                                const PolicyDecision& decision, const std::string& error, Instant now,
                                Round& round) {
  const bool deferred = decision.kind == PolicyDecision::Kind::defer;
  if (instead_of != nullptr) {
    OutboxEntry entry = *instead_of;
    if (deferred) return put_off(subject, std::move(entry), decision, now, round);
    entry.dead = true;
    Event event = event_about(subject, event_type::message_failed, now, round);
    event.channel = entry.route;
    add_property(event, "reason", Value(entry.error));
    add_property(event, "decision", decision_value(decision));
    round.events.push_back(std::move(event));
    alert("dead_letter", entry, entry.error, now, round);
    round.changed.push_back(std::move(entry));
    return;
  }
  Event event =
      event_about(subject, deferred ? event_type::message_deferred : event_type::message_blocked, now, round);
  add_property(event, "due", Value(format_instant(subject.effect.due)));
  if (deferred) {
    event.id += ":" + fmt::format("{}", decision.until.time_since_epoch().count());
    add_property(event, "until", Value(format_instant(decision.until)));
  } else {
    add_property(event, "reason", Value(error.empty() ? reason_of(decision) : "cannot_be_made"));
    if (!error.empty()) add_property(event, "detail", Value(error));
  }
  add_property(event, "decision", decision_value(decision));
  round.events.push_back(std::move(event));
  ++(deferred ? counts_.deferred : counts_.blocked);
}

/// What was handed out waits for what policy waits for: on record, as any wait is.
void LiveOutreach::put_off(const Subject& subject, OutboxEntry entry, const PolicyDecision& decision,
                           Instant now, Round& round) {
  Event event = event_about(subject, event_type::message_deferred, now, round);
  event.id += fmt::format(":{}", decision.until.time_since_epoch().count());
  add_property(event, "due", Value(format_instant(subject.effect.due)));
  add_property(event, "until", Value(format_instant(decision.until)));
  add_property(event, "decision", decision_value(decision));
  round.events.push_back(std::move(event));
  entry.next = decision.until;
  entry.deferred = true;
  round.changed.push_back(std::move(entry));
  ++counts_.deferred;
}

/// As it was handed out, for its stay may have ended, and with it what the effect knew.
void LiveOutreach::refill(Outgoing& outgoing, const OutboxEntry& handed_out) const {
  auto fields = rep_.store->outbox().fields(handed_out.id);
  if (!fields) return;
  const std::size_t size = fields->size();
  fields->append(EventReader::padding, '\0');
  auto with = read_json_object(std::string_view(*fields).substr(0, size));
  if (with && !with->map()->empty()) outgoing.with = *std::move(with);
}

Outgoing LiveOutreach::outgoing_of(const Subject& subject, std::string id, Instant now) const {
  const Touchpoint& touchpoint = subject.touchpoint;
  Outgoing outgoing{.kind = touchpoint.send ? Outgoing::Kind::message : Outgoing::Kind::task,
                    .id = std::move(id),
                    .handed_out = now,
                    .due = subject.effect.due,
                    .journey = subject.journey.id,
                    .version = subject.journey.version,
                    .touchpoint = touchpoint.id,
                    .title = touchpoint.title,
                    .customer = subject.customer.state.customer,
                    .ids = subject.customer.identifiers,
                    .deadline = subject.effect.deadline,
                    .traceparent = rep_.traces.find(subject.customer.number, subject.effect.due)};
  Map with;
  if (touchpoint.send) {
    outgoing.purpose = touchpoint.send->purpose;
    outgoing.template_name = touchpoint.send->template_name;
    const std::size_t known = std::min(subject.effect.with.size(), touchpoint.send->with.size());
    for (std::size_t i = 0; i < known; ++i)
      with.emplace_back(Value(touchpoint.send->with[i].first), subject.effect.with[i]);
  } else {
    outgoing.team = touchpoint.handover->team;
    with = known_context(subject.journey, subject.instance);
  }
  outgoing.with = Value(std::move(with));
  return outgoing;
}

OutboxEntry LiveOutreach::entry_of(const Subject& subject, std::string id, Instant now) const {
  return {.id = std::move(id),
          .customer = subject.customer.named,
          .journey = subject.journey.id,
          .touchpoint = subject.touchpoint.id,
          .effect = hex(subject.effect.known_as()),
          .made = now,
          .stale_at = subject.effect.stale_at,
          .next = now};
}

Event LiveOutreach::event_about(const Subject& subject, std::string_view type, Instant now,
                                Round& round) const {
  const std::string key = hex(subject.effect.known_as());
  Event event{.id = fmt::format("{}:{}", type, key),
              .source = std::string(event_source),
              .type = std::string(type),
              .time = time_of_next(subject.customer, now, round),
              .ids = {subject.customer.named}};
  if (type == event_type::message_rerouted || type == event_type::message_failed)
    event.id += fmt::format(":{}", event.time.time_since_epoch().count());
  add_property(event, "journey", Value(subject.journey.id));
  add_property(event, "touchpoint", Value(subject.touchpoint.id));
  add_property(event, "key", Value(key));
  return event;
}

/// After all that the customer's state has seen, so that it need not be derived anew.
Instant LiveOutreach::time_of_next(const Customer& customer, Instant now, Round& round) const {
  auto [latest, first] = round.latest.try_emplace(customer.number, customer.state.last_step());
  latest->second = std::max(now, latest->second + Duration(1));
  return latest->second;
}

/// All of it is on disk when this returns, or nothing.
Result<void> LiveOutreach::write(Round& round) {
  if (round.empty()) return {};
  const auto write_all = [&]() -> Result<void> {
    LOTSE_CHECK(rep_.store->begin());
    if (!round.events.empty()) {
      PreparedEvents prepared = engine_.prepare(std::move(round.events));
      PreparedEvents* const one = &prepared;
      LOTSE_TRY([[maybe_unused]] const auto outcomes, rep_.take(std::span(&one, 1)));
    }
    Outbox& outbox = rep_.store->outbox();
    if (round.noted) LOTSE_CHECK(rep_.store->set_value(round.noted->name, round.noted->text));
    for (const std::string& id : round.gone) LOTSE_CHECK(outbox.erase(id));
    for (const auto& put : round.put) LOTSE_CHECK(outbox.put(put.entry, put.body, put.fields));
    for (const OutboxEntry& entry : round.changed) LOTSE_CHECK(outbox.update(entry));
    return rep_.commit();
  };
  if (auto written = write_all(); !written) {
    rep_.broken = written.error();
    return written;
  }
  for (const std::string& id : round.gone) forget(id);
  for (auto& put : round.put) keep(std::move(put.entry));
  for (OutboxEntry& entry : round.changed) {
    if (entry.dead) {
      forget(entry.id);
      ++counts_.dead;
    } else {
      keep(std::move(entry));
    }
  }
  return {};
}

}  // namespace lotse
