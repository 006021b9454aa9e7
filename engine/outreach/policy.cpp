#include "engine/outreach/policy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <utility>

#include "engine/tracking/customer_zone.hpp"

namespace lotse {
namespace {

using LocalInstant = std::chrono::local_time<Duration>;
using std::chrono::days;

std::string date_of(LocalInstant local) {
  const std::chrono::year_month_day date(std::chrono::floor<days>(local));
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()));
}

bool is_holiday(const QuietHours& quiet, std::span<const std::string> holidays, LocalInstant local) {
  if (!quiet.holidays || holidays.empty()) return false;
  return std::ranges::find(holidays, date_of(local)) != holidays.end();
}

bool is_quiet(const QuietHours& quiet, std::span<const std::string> holidays, LocalInstant local) {
  const auto time = local - std::chrono::floor<days>(local);
  const bool after_begin = time >= std::chrono::minutes(quiet.from.minutes);
  const bool before_end = time < std::chrono::minutes(quiet.to.minutes);
  const bool over_midnight = quiet.to < quiet.from;
  const bool in_window = over_midnight ? after_begin || before_end : after_begin && before_end;
  return in_window || is_holiday(quiet, holidays, local);
}

/// The next reading after `local` at which a window or a day ends.
LocalInstant next_edge(const QuietHours& quiet, LocalInstant local) {
  const auto day = std::chrono::floor<days>(local);
  const LocalInstant end = day + std::chrono::minutes(quiet.to.minutes);
  return local < end ? end : LocalInstant(day + days(1));
}

/// The first instant in (from, to] with another UTC offset than `from`, where `to` has another one.
Instant find_clock_change(const Zone& zone, Instant from, Instant to) {
  const auto before = zone.offset(from);
  while (to - from > Duration(1)) {
    const Instant middle = from + (to - from) / 2;
    (zone.offset(middle) == before ? from : to) = middle;
  }
  return to;
}

std::string clock(LocalTime time) { return fmt::format("{:02}:{:02}", time.minutes / 60, time.minutes % 60); }

ChannelVerdict refuse(std::string_view channel, Refusal why, std::string detail = {}) {
  return {.channel = std::string(channel), .refusal = why, .detail = std::move(detail)};
}

template <class T>
bool contains(std::span<const T> all, std::string_view wanted) {
  return std::ranges::find(all, wanted) != all.end();
}

/// What is asked of each channel for one message.
class Asking {
 public:
  Asking(const Workspace& workspace, const Recipient& recipient, const MessageRequest& request, Instant now)
      : workspace_(workspace), recipient_(recipient), request_(request), now_(now) {}

  [[nodiscard]] ChannelVerdict verdict(std::string_view name) const {
    const Channel* channel = find(name);
    if (channel == nullptr) return refuse(name, Refusal::no_adapter, "no such channel");
    if (channel->adapter == "none") return refuse(name, Refusal::no_adapter);
    if (!contains<std::string>(channel->purposes, request_.purpose))
      return refuse(name, Refusal::not_for_purpose);
    if (contains(request_.failed, name)) return refuse(name, Refusal::failed_before);
    for (const auto ask : {&Asking::consent, &Asking::reach, &Asking::caps, &Asking::quiet_hours}) {
      if (auto refusal = (this->*ask)(*channel)) return *std::move(refusal);
    }
    return {.channel = channel->id};
  }

  [[nodiscard]] ChannelVerdict in_contact(std::string_view name) const {
    const Channel* channel = find(name);
    if (channel == nullptr) return refuse(name, Refusal::no_adapter, "no such channel");
    const auto& purposes = channel->purposes;
    if (!purposes.empty() && !contains<std::string>(purposes, request_.purpose))
      return refuse(name, Refusal::not_for_purpose);
    for (const auto ask : {&Asking::consent, &Asking::caps}) {
      if (auto refusal = (this->*ask)(*channel)) return *std::move(refusal);
    }
    return {.channel = channel->id};
  }

  [[nodiscard]] const Channel* find(std::string_view name) const {
    const auto found = std::ranges::find(workspace_.channels.channels, name, &Channel::id);
    return found == workspace_.channels.channels.end() ? nullptr : &*found;
  }

 private:
  using Refused = std::optional<ChannelVerdict>;

  [[nodiscard]] Refused consent(const Channel& channel) const {
    const Consent* said = find_consent(recipient_.consents, request_.purpose, channel.id);
    if (said == nullptr) {
      const auto& purposes = workspace_.channels.purposes;
      const auto purpose = std::ranges::find(purposes, request_.purpose, &Purpose::id);
      if (purpose != purposes.end() && !purpose->opt_in) return std::nullopt;
      return refuse(channel.id, Refusal::consent_missing);
    }
    if (said->given) return std::nullopt;
    return refuse(channel.id, Refusal::consent_withdrawn, fmt::format("on {}", format_instant(said->since)));
  }

  [[nodiscard]] Refused reach(const Channel& channel) const {
    const auto address = address_of(channel, recipient_);
    if (!address) {
      return refuse(channel.id, Refusal::no_address,
                    fmt::format("neither a trait nor an identifier `{}`", *channel.address));
    }
    const auto& failures = recipient_.address_failures;
    const auto failure = std::ranges::find(failures, channel.id, &AddressFailure::channel);
    if (failure == failures.end()) return std::nullopt;
    // Another address has been told since.
    if (!failure->address.empty() && failure->address != address_mark(*address)) return std::nullopt;
    return refuse(channel.id, Refusal::address_failed, fmt::format("on {}", format_instant(failure->since)));
  }

  [[nodiscard]] Refused caps(const Channel& channel) const {
    for (const FrequencyCap& cap : channel.caps) {
      if (auto reached = check(cap, channel.id))
        return refuse(channel.id, Refusal::capped, *std::move(reached));
    }
    for (const FrequencyCap& cap : workspace_.channels.caps) {
      if (auto reached = check(cap, {}))
        return refuse(channel.id, Refusal::capped, *std::move(reached) + ", over all channels");
    }
    return std::nullopt;
  }

  /// How a cap on `channel` (empty: on all) is used up; nothing where it is not, or is for another purpose.
  [[nodiscard]] std::optional<std::string> check(const FrequencyCap& cap, std::string_view channel) const {
    if (cap.purpose && *cap.purpose != request_.purpose) return std::nullopt;
    std::uint32_t count = 0;
    Instant last{};
    for (auto sent = recipient_.sent.rbegin(); sent != recipient_.sent.rend(); ++sent) {
      if (sent->at <= now_ - cap.per) break;
      const bool counts = sent->at <= now_ && (channel.empty() || sent->channel == channel) &&
                          (!cap.purpose || sent->purpose == *cap.purpose);
      if (!counts) continue;
      if (count++ == 0) last = sent->at;
    }
    if (count < cap.count) return std::nullopt;
    return fmt::format("{}{} in {}, the last on {}", count, cap.purpose ? " for " + *cap.purpose : "",
                       format_duration(cap.per), format_instant(last));
  }

  [[nodiscard]] Refused quiet_hours(const Channel& channel) const {
    if (!channel.quiet_hours) return std::nullopt;
    const QuietHours& quiet = *channel.quiet_hours;
    const std::span<const std::string> holidays = workspace_.channels.holidays;
    const Zone zone = zone_of(*recipient_.traits, workspace_.settings);
    const LocalInstant local = zone.local(now_);
    if (!is_quiet(quiet, holidays, local)) return std::nullopt;
    ChannelVerdict verdict =
        refuse(channel.id, Refusal::quiet_hours,
               is_holiday(quiet, holidays, local)
                   ? fmt::format("holiday {} in {}", date_of(local), zone.name())
                   : fmt::format("{} to {} in {}", clock(quiet.from), clock(quiet.to), zone.name()));
    if (!quiet.drop) verdict.until = end_of_quiet(quiet, holidays, zone, now_);
    return verdict;
  }

  const Workspace& workspace_;
  const Recipient& recipient_;
  const MessageRequest& request_;
  Instant now_;
};

/// How early `channel` stands in the trait `preferred_channel`; last where it does not.
std::size_t preference(const Value& traits, std::string_view channel) {
  const Value* preferred = traits.find("preferred_channel");
  if (preferred == nullptr) return 0;
  const auto is_channel = [&](const Value& item) {
    return item.string() != nullptr && *item.string() == channel;
  };
  if (preferred->list() == nullptr) return is_channel(*preferred) ? 0 : 1;
  const auto& list = *preferred->list();
  return static_cast<std::size_t>(std::ranges::find_if(list, is_channel) - list.begin());
}

}  // namespace

std::string_view name_of(Refusal refusal) {
  constexpr std::array<std::string_view, 9> names{
      "no_adapter", "not_for_purpose", "failed_before", "consent_missing", "consent_withdrawn",
      "no_address", "address_failed",  "capped",        "quiet_hours"};
  return names[static_cast<std::size_t>(refusal)];
}

Instant end_of_quiet(const QuietHours& quiet, std::span<const std::string> holidays, const Zone& zone,
                     Instant from) {
  const Instant limit = from + days(14);
  Instant at = from;
  while (at < limit) {
    const LocalInstant local = zone.local(at);
    if (!is_quiet(quiet, holidays, local)) return at;
    const Instant edge = at + (next_edge(quiet, local) - local);
    // The clock may change before that; what it then shows may be outside, or further inside.
    at = zone.offset(edge) == zone.offset(at) ? edge : find_clock_change(zone, at, edge);
  }
  return limit;
}

std::optional<std::string> address_of(const Channel& channel, const Recipient& recipient) {
  if (!channel.address) return std::string();
  const Value* trait = recipient.traits->find(*channel.address);
  if (trait != nullptr && trait->string() != nullptr && !trait->string()->empty()) return *trait->string();
  const std::string* smallest = nullptr;
  for (const Identifier& identifier : recipient.identifiers) {
    if (identifier.name_space != *channel.address || identifier.value.empty()) continue;
    if (smallest == nullptr || identifier.value < *smallest) smallest = &identifier.value;
  }
  if (smallest == nullptr) return std::nullopt;
  return *smallest;
}

ChannelVerdict may_mention(const Workspace& workspace, const Recipient& recipient, std::string_view channel,
                           std::string_view purpose, Instant now) {
  const MessageRequest request{.channels = {}, .purpose = purpose, .failed = {}};
  return Asking(workspace, recipient, request, now).in_contact(channel);
}

PolicyDecision decide(const Workspace& workspace, const Recipient& recipient, const MessageRequest& request,
                      Instant now) {
  const Asking asking(workspace, recipient, request, now);
  PolicyDecision decision;
  const ChannelVerdict* best = nullptr;
  std::size_t best_preference = 0;
  decision.verdicts.reserve(request.channels.size());  // `best` points into it
  for (const std::string& channel : request.channels) {
    const ChannelVerdict& verdict = decision.verdicts.emplace_back(asking.verdict(channel));
    if (verdict.refusal) {
      if (!verdict.until || decision.kind == PolicyDecision::Kind::send) continue;
      const bool sooner = decision.kind == PolicyDecision::Kind::block || *verdict.until < decision.until;
      if (sooner) decision.until = *verdict.until;
      decision.kind = PolicyDecision::Kind::defer;
      continue;
    }
    decision.kind = PolicyDecision::Kind::send;
    const std::size_t rank = preference(*recipient.traits, channel);
    if (best != nullptr && best_preference <= rank) continue;
    best = &verdict;
    best_preference = rank;
  }
  if (best != nullptr) {
    decision.until = {};
    decision.channel = best->channel;
    decision.address = address_of(*asking.find(best->channel), recipient).value_or("");
  }
  return decision;
}

}  // namespace lotse
