#include "tests/runtime/shop.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include "engine/base/assert.hpp"
#include "engine/runtime/projection.hpp"

namespace lotse::test {

std::string order_yaml(std::uint32_t version, std::string_view abandon_after) {
  return fmt::format(R"(
journey: order
version: {}
title: From order to use
owner: shop@example.net
key: event.order
abandon_after: {}
value: context.amount
stages: [buy, use]
segments: {{plan: customer.plan}}
context:
  amount: {{type: number, default: 0}}
exit_when:
  - {{on: cancelled, outcome: lost}}
feedback:
  - {{on: rated, scale: stars, score: event.score}}
touchpoints:
  ordered:
    stage: buy
    channels: [web, store]
    start: true
    on: ordered
    capture: {{amount: event.amount}}
    next: [thanks, paid, {{to: reminder, after: 2d}}]
  thanks: {{channels: [email], send: {{template: thanks, purpose: service}}}}
  reminder: {{channels: [email], send: {{template: reminder, purpose: service}}, next: [{{to: call, after: 3d}}]}}
  call: {{channels: [call_center], handover: {{team: sales}}, promise: 4h}}
  paid:
    stage: buy
    channels: [web, store]
    on: paid
    promise: 3d
    next: [used]
  used:
    stage: use
    channels: [app]
    on: used
    asks: [amount]
    goal: true
)",
                     version, abandon_after);
}

std::string visit_yaml() {
  return R"(
journey: visit
version: 1
title: Visits of the shop
owner: shop@example.net
abandon_after: 1d
reentry: always
stages: [look]
touchpoints:
  arrived:
    stage: look
    channels: [web, app, store]
    start: true
    on: arrived
    next: [looked]
  looked:
    stage: look
    channels: [web, app, store]
    on: [looked, ordered]
    ends: done
)";
}

std::string rescue_yaml() {
  return R"(
journey: rescue
version: 1
key: event.order
abandon_after: 2d
touchpoints:
  ordered: {on: ordered, start: true, next: [{to: call, after: 1d, when: risk > 0.4}, used]}
  call: {handover: {team: desk}}
  used: {on: used, goal: true}
)";
}

Workspace shop(const std::vector<std::string>& journeys) {
  Workspace workspace;
  auto channels = load_channels("channels.yaml", R"(
channels:
  web: {title: Web}
  app: {title: App}
  store: {title: Store, human: true}
  call_center: {title: Call centre, human: true}
  email: {title: E-mail, adapter: log, purposes: [service]}
)");
  LOTSE_ASSERT(channels.value);
  workspace.channels = *std::move(channels.value);
  std::map<std::string, JourneyVersions> by_id;
  for (const std::string& text : journeys) {
    auto loaded = load_journey("journeys/test.yaml", text, workspace.channels, workspace.settings);
    if (!loaded.value) fmt::print(stderr, "{}", render(loaded.findings));
    LOTSE_ASSERT(loaded.value);
    JourneyVersions& versions = by_id[(*loaded.value)->id];
    versions.in_force.push_back(versions.versions.empty() ? Instant::min() : minute(0));
    versions.versions.push_back(*std::move(loaded.value));
  }
  for (auto& [id, versions] : by_id) workspace.journeys.push_back(std::move(versions));
  return workspace;
}

Result<std::unique_ptr<Engine>> open(const std::filesystem::path& file, const Workspace& workspace,
                                     EngineOptions options) {
  if (!options.clock) options.clock = [] { return minute(1'000'000); };
  return Engine::open(workspace, file, std::move(options));
}

Instant minute(std::int64_t minute) { return Instant(std::chrono::minutes(28'000'000 + minute)); }

Event event(std::int64_t at, std::string id, std::string type, std::string user) {
  Event event;
  event.id = std::move(id);
  event.source = "shop";
  event.type = std::move(type);
  event.channel = "web";
  event.time = minute(at);
  event.ids = {{"user_id", std::move(user)}};
  return event;
}

std::vector<Event> history(Dice& dice, std::size_t count) {
  const auto pick = [&dice](const std::vector<std::string>& from) { return from[dice(from.size())]; };
  const auto identifier = [&]() -> Identifier {
    switch (dice(3)) {
      case 0:
        return {"user_id", fmt::format("user-{}-here", dice(4))};
      case 1:
        return {"anonymous_id", fmt::format("device-{}-there", dice(std::size_t{5}))};
      default:
        return {"email", fmt::format("mail-{}@example.net", dice(3))};
    }
  };
  std::vector<Event> events;
  for (std::size_t i = 0; i < count; ++i) {
    Event made =
        event(dice(std::int64_t{60}) * 600, fmt::format("event-{:03}-id", i),
              pick({"arrived", "looked", "ordered", "ordered", "paid", "paid", "used", "rated", "cancelled",
                    "identify", "unlink", "effect_handed_out", "message_failed", "task_done", "other"}),
              "nobody");
    made.source = pick({"shop", "crm"});
    made.channel = pick({"web", "app", "store", "", "fax"});
    made.ids = {identifier()};
    if (dice.one_in(4)) made.ids.push_back(identifier());
    made.properties = Value(Map{{Value("order"), Value(fmt::format("o{}", dice(3)))},
                                {Value("amount"), Value(dice(std::int64_t{100}))},
                                {Value("score"), Value(1 + dice(std::int64_t{5}))},
                                {Value("journey"), Value("order")},
                                {Value("touchpoint"), Value(pick({"thanks", "reminder", "call"}))},
                                {Value("note"), Value(fmt::format("note-{:03}-text", i))},
                                {Value("task"), Value("call")}});
    if (dice.one_in(5)) {
      made.traits = Value(Map{{Value("plan"), Value(pick({"small", "large"}))},
                              {Value("nick"), Value(fmt::format("nick-{:03}-name", i))}});
    }
    events.push_back(std::move(made));
  }
  return events;
}

std::vector<CustomerState> expected_states(const Workspace& workspace, const std::vector<Event>& events,
                                           Instant as_of) {
  std::set<std::pair<std::string, std::string>> known;
  std::vector<Event> kept;
  for (const Event& event : events) {
    if (known.emplace(event.source, event.id).second && event.time <= as_of) kept.push_back(event);
  }
  Identities identities({.namespace_rank = workspace.settings.namespace_rank,
                         .limits = workspace.settings.identity_limits,
                         .never = workspace.settings.identity_never});
  std::vector<NodeIndex> primaries;
  for (const Event& event : kept) {
    primaries.push_back(identities.add(event.key(), link_kind(event.type), event.ids).primary.value());
  }
  std::map<CustomerNumber, std::vector<Event>> histories;
  for (std::size_t i = 0; i < kept.size(); ++i)
    histories[identities.customer_of(primaries[i])].push_back(kept[i]);
  const Tracker tracker(workspace.journeys, workspace.settings);
  std::vector<CustomerState> states;
  for (const auto& [customer, history] : histories) {
    states.push_back(tracker.derive(identities.name_of(customer), history, as_of));
  }
  std::ranges::sort(states, {}, &CustomerState::customer);
  return states;
}

std::vector<CustomerState> states(Engine& engine, const Moment& moment, std::uint32_t partitions) {
  std::vector<std::vector<CustomerState>> parts(partitions);
  const auto visited = engine.for_each_state(
      moment, partitions,
      [&](std::uint32_t partition, const CustomerState& state) { parts[partition].push_back(state); });
  LOTSE_ASSERT(visited);
  std::vector<CustomerState> states;
  for (auto& part : parts) std::ranges::move(part, std::back_inserter(states));
  std::ranges::sort(states, {}, &CustomerState::customer);
  return states;
}

}  // namespace lotse::test
