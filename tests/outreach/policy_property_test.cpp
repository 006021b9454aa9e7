#include <date/tz.h>
#include <rapidcheck.h>
#include <rapidcheck/catch.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <optional>

#include "tests/outreach/support.hpp"

namespace lotse::test {

using namespace std::chrono_literals;

namespace {

const date::time_zone& any_zone() {
  const auto& zones = date::get_tzdb().zones;
  return zones[*rc::gen::inRange<std::size_t>(0, zones.size())];
}

/// Anywhere from 1970 to 2037; three times in four close to a clock change of the zone, where it has any.
Instant any_instant(const date::time_zone& zone) {
  const Instant anywhere(std::chrono::milliseconds(
      *rc::gen::inRange<std::int64_t>(0, std::chrono::milliseconds(24h * 365 * 68).count())));
  if (*rc::gen::inRange(0, 4) == 0) return anywhere;
  const auto change = zone.get_info(anywhere).end;
  if (change > date::sys_days(date::year(2037) / 12 / 31)) return anywhere;
  const Duration aside(*rc::gen::inRange<std::int64_t>(-Duration(30h).count(), Duration(30h).count()));
  return std::chrono::time_point_cast<Duration>(change) + aside;
}

LocalTime any_time() { return {static_cast<std::uint16_t>(*rc::gen::inRange(0, 24 * 60))}; }

/// The wall clock by the date library alone, and the rule by its words: nothing here is the product's.
struct Clock {
  const date::time_zone& zone;
  QuietHours quiet;
  std::vector<date::local_days> holidays;

  [[nodiscard]] bool is_quiet(Instant instant) const {
    const auto local = zone.to_local(instant);
    const auto day = date::floor<date::days>(local);
    if (quiet.holidays && std::ranges::find(holidays, day) != holidays.end()) return true;
    const auto minute = std::chrono::floor<std::chrono::minutes>(local - day).count();
    if (quiet.from < quiet.to) return minute >= quiet.from.minutes && minute < quiet.to.minutes;
    return minute >= quiet.from.minutes || minute < quiet.to.minutes;
  }
};

Clock any_clock(const date::time_zone& zone, Instant now) {
  Clock clock{.zone = zone, .quiet = {any_time(), any_time()}, .holidays = {}};
  // Not by drawing again: small draws may be the same for ever.
  if (clock.quiet.from == clock.quiet.to)
    clock.quiet.to.minutes = static_cast<std::uint16_t>((clock.quiet.to.minutes + 1) % (24 * 60));
  clock.quiet.holidays = *rc::gen::arbitrary<bool>();
  const auto today = date::floor<date::days>(zone.to_local(now));
  for (int day = -1; day < 3; ++day) {
    if (*rc::gen::arbitrary<bool>()) clock.holidays.push_back(today + date::days(day));
  }
  return clock;
}

}  // namespace

TEST_CASE("policy: quiet hours hold in every zone, around clock changes too",
          "[outreach][policy][property]") {
  rc::prop("nothing is sent in them; it waits for the first instant after", [] {
    const date::time_zone& zone = any_zone();
    const Instant now = any_instant(zone);
    const Clock clock = any_clock(zone, now);
    Workspace workspace = three_channels();
    channel(workspace, "app").quiet_hours = clock.quiet;
    for (const date::local_days day : clock.holidays)
      workspace.channels.holidays.push_back(date::format("%F", day));
    Customer customer;
    customer.set("zone", Value(zone.name()));
    RC_LOG() << zone.name() << " at " << format_instant(now) << ", quiet from minute "
             << clock.quiet.from.minutes << " to " << clock.quiet.to.minutes << "\n";

    const PolicyDecision decision = ask(workspace, customer, {.channels = {"app"}}, now);

    RC_TAG(decision.kind == PolicyDecision::Kind::send ? "sent" : "deferred");
    RC_ASSERT((decision.kind == PolicyDecision::Kind::send) == !clock.is_quiet(now));
    if (decision.kind == PolicyDecision::Kind::send) return;
    RC_ASSERT(decision.kind == PolicyDecision::Kind::defer);
    RC_ASSERT(decision.until > now);
    RC_ASSERT(!clock.is_quiet(decision.until));
    RC_ASSERT(clock.is_quiet(decision.until - 1ms));
    for (Instant minute = now; minute < decision.until; minute += 1min) RC_ASSERT(clock.is_quiet(minute));
    RC_ASSERT(ask(workspace, customer, {.channels = {"app"}}, decision.until).kind ==
              PolicyDecision::Kind::send);
  });
}

TEST_CASE("policy: no window has more messages than a cap allows", "[outreach][policy][property]") {
  rc::prop("whatever is asked for, and whenever", [] {
    Workspace workspace = three_channels();
    workspace.channels.purposes = {{"marketing", false}, {"service", false}};
    const auto any_caps = [] {
      std::vector<FrequencyCap> caps;
      for (int i = *rc::gen::inRange(0, 3); i > 0; --i) {
        caps.push_back({static_cast<std::uint32_t>(*rc::gen::inRange(1, 4)),
                        Duration(1h) * *rc::gen::inRange(1, 50),
                        *rc::gen::element<std::optional<std::string>>(std::nullopt, "service", "marketing")});
      }
      return caps;
    };
    workspace.channels.caps = any_caps();
    for (Channel& channel : workspace.channels.channels) channel.caps = any_caps();
    Customer customer;
    Instant now = instant("2026-01-01T00:00:00Z");
    std::size_t refused = 0;
    const std::vector<std::string> purposes{"service", "marketing"};
    for (int i = *rc::gen::inRange(1, 60); i > 0; --i) {
      now += Duration(10min) * *rc::gen::inRange(0, 30);
      const std::string& purpose = purposes[*rc::gen::inRange<std::size_t>(0, 2)];
      const PolicyDecision decision = ask(workspace, customer, {.purpose = purpose}, now);
      if (decision.kind != PolicyDecision::Kind::send) {
        ++refused;
        continue;
      }
      const auto used = std::ranges::find(workspace.channels.channels, decision.channel, &Channel::id);
      customer.sent.push_back({now, used->id, purpose});
    }

    RC_TAG(refused > 0 ? "capped" : "never capped");
    const auto holds = [&](const FrequencyCap& cap, std::string_view channel) {
      std::vector<Instant> counted;
      for (const SentMessage& sent : customer.sent) {
        if ((channel.empty() || sent.channel == channel) && (!cap.purpose || sent.purpose == *cap.purpose))
          counted.push_back(sent.at);
      }
      for (std::size_t first = 0; first + cap.count < counted.size(); ++first) {
        // `count` and one more within less than `per` would all be in one window.
        if (counted[first + cap.count] - counted[first] < cap.per) return false;
      }
      return true;
    };
    for (const FrequencyCap& cap : workspace.channels.caps) RC_ASSERT(holds(cap, ""));
    for (const Channel& channel : workspace.channels.channels)
      for (const FrequencyCap& cap : channel.caps) RC_ASSERT(holds(cap, channel.id));
  });
}

TEST_CASE("policy: who withdrew consent is sent nothing", "[outreach][policy][property]") {
  rc::prop("whatever else holds", [] {
    Workspace workspace = three_channels();
    const date::time_zone& zone = any_zone();
    const Instant now = any_instant(zone);
    Customer customer;
    customer.set("zone", Value(zone.name()));
    if (*rc::gen::arbitrary<bool>())
      customer.set("preferred_channel", Value(*rc::gen::element<std::string>("email", "sms", "app", "post")));
    for (Channel& channel : workspace.channels.channels) {
      if (*rc::gen::arbitrary<bool>()) channel.quiet_hours = any_clock(zone, now).quiet;
    }
    for (Purpose& purpose : workspace.channels.purposes) purpose.opt_in = *rc::gen::arbitrary<bool>();
    const auto purpose = *rc::gen::element<std::string>("service", "marketing", "survey");
    const auto other = *rc::gen::element<std::string>("service", "marketing", "survey");
    for (Channel& channel : workspace.channels.channels) channel.purposes.emplace_back("survey");
    // Each channel said no by its own entry, or by that for all; a yes for another purpose changes nothing.
    for (const char* name : {"email", "sms", "app", ""})
      customer.consents.push_back(said(false, purpose, name, now));
    if (*rc::gen::arbitrary<bool>())
      customer.consents.erase(customer.consents.begin(), customer.consents.end() - 1);
    if (other != purpose) customer.consents.push_back(said(true, other, "", now));

    const PolicyDecision decision = ask(workspace, customer, {.purpose = purpose}, now);

    RC_ASSERT(decision.kind == PolicyDecision::Kind::block);
    for (const ChannelVerdict& verdict : decision.verdicts)
      RC_ASSERT(verdict.refusal == Refusal::consent_withdrawn);
  });
}

}  // namespace lotse::test
