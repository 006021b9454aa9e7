#include <fmt/format.h>
#include <rapidcheck.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "engine/friction/friction_report.hpp"
#include "engine/friction/kpi.hpp"
#include "engine/friction/stay_table.hpp"
#include "engine/report/friction_text.hpp"
#include "engine/report/kpi_text.hpp"
#include "engine/runtime/engine.hpp"
#include "engine/runtime/projection.hpp"
#include "tests/runtime/shop.hpp"
#include "tests/runtime/traces.hpp"
#include "tests/support/dice.hpp"
#include "tests/support/folder.hpp"

namespace lotse {
namespace {

/// Who belongs to whom, from what was sent.
struct Families {
  std::map<Identifier, std::uint32_t> customer_of;
  std::vector<std::uint32_t> owner;  ///< by event
};

Families families(const Workspace& workspace, const std::vector<Event>& events) {
  Identities identities({.namespace_rank = workspace.settings.namespace_rank,
                         .limits = workspace.settings.identity_limits,
                         .never = workspace.settings.identity_never});
  std::vector<NodeIndex> primaries;
  for (const Event& event : events) {
    primaries.push_back(identities.add(event.key(), link_kind(event.type), event.ids).primary.value());
  }
  Families families;
  for (const NodeIndex primary : primaries) families.owner.push_back(identities.customer_of(primary).value());
  for (std::uint32_t node = 0; node < identities.size(); ++node) {
    families.customer_of[identities.identifier(NodeIndex(node))] =
        identities.customer_of(NodeIndex(node)).value();
  }
  return families;
}

StayTable stays_of(Engine& engine, const Workspace& workspace, std::size_t journey, Instant as_of,
                   std::map<std::string, int>& effects) {
  StayTableBuilder builder(engine.tracker().journeys()[journey], workspace.channels, as_of);
  REQUIRE(engine.for_each_state({.as_of = as_of}, 1, [&](std::uint32_t, const CustomerState& state) {
    builder.add(state.journeys[journey], &state);
    for (const Effect& effect : state.journeys[journey].effects) {
      const auto version = at(state.journeys[journey].instances, effect.instance).version;
      const Journey& in = engine.tracker().version(static_cast<std::uint32_t>(journey), version);
      if (effect.due <= as_of) ++effects[at(in.touchpoints, effect.touchpoint).id];
    }
  }));
  return std::move(builder).finish();
}

/// Everything that reports say as of then, as text.
std::string reports(Engine& engine, const Workspace& workspace, Instant as_of) {
  std::string text;
  for (std::size_t journey = 0; journey < workspace.journeys.size(); ++journey) {
    std::map<std::string, int> effects;
    const StayTable stays = stays_of(engine, workspace, journey, as_of, effects);
    FrictionQuery query;
    text += friction_json(friction_report(stays, query).value());
    query.by = "channel";
    text += friction_json(friction_report(stays, query).value());
    query.by = "promise";
    text += friction_json(friction_report(stays, query).value());
    if (!stays.segments.empty()) {
      query.by = stays.segments.front();
      text += friction_json(friction_report(stays, query).value());
    }
    text += kpi_json(kpi_report(stays, {}).value());
    for (const auto& [touchpoint, count] : effects) text += fmt::format("{} {}\n", touchpoint, count);
  }
  return text;
}

constexpr Instant kAsOf = Instant(std::chrono::minutes(28'000'000 + 60 * 600));

TEST_CASE(
    "engine: after erasure nothing names the customer, the others stay as they are, and reports add up (P9)",
    "[runtime][property][erasure]") {
  const Workspace workspace = test::shop();
  const bool holds = rc::check([&workspace](unsigned seed) {
    test::Dice dice(seed);
    std::vector<Event> events = test::history(dice, 1 + dice(std::size_t{80}));
    dice.shuffle(events);
    const test::Folder folder;
    auto engine = test::open(folder / "s.lotse", workspace).value();
    for (std::size_t at = 0; at < events.size();) {
      const std::size_t size = std::min<std::size_t>(1 + dice(std::size_t{40}), events.size() - at);
      REQUIRE(engine->ingest(std::span(events).subspan(at, size)));
      at += size;
      if (dice.one_in(3)) REQUIRE(engine->checkpoint());
    }
    if (dice.one_in(2)) {
      engine = nullptr;
      engine = test::open(folder / "s.lotse", workspace).value();
    }
    const std::string before = reports(*engine, workspace, kAsOf);

    const Families who = families(workspace, events);
    std::set<std::uint32_t> chosen;
    std::vector<Identifier> asked;
    for (std::size_t i = 0; i <= dice(std::size_t{3}); ++i) {
      const Event& event = events[dice(events.size())];
      asked.push_back(event.ids.back());
      chosen.insert(who.customer_of.at(event.ids.back()));
    }
    RC_ASSERT(engine->erase(asked).value() == chosen.size());

    // What is left of what was sent.
    std::vector<Event> left;
    std::vector<std::string> traces;
    std::set<Identifier> erased;
    for (const auto& [identifier, customer] : who.customer_of) {
      if (chosen.contains(customer)) erased.insert(identifier);
    }
    for (std::size_t i = 0; i < events.size(); ++i) {
      if (!chosen.contains(who.owner[i])) {
        left.push_back(events[i]);
        std::erase_if(left.back().ids, [&](const Identifier& id) { return erased.contains(id); });
        continue;
      }
      traces.push_back(events[i].id);
      traces.push_back(*events[i].properties.find("note")->string());
      if (const Value* nick = events[i].traits.find("nick")) traces.push_back(*nick->string());
    }
    for (const Identifier& identifier : erased) traces.push_back(identifier.value);

    const auto check = [&] {
      RC_ASSERT(reports(*engine, workspace, kAsOf) == before);
      std::vector<CustomerState> states = test::states(*engine, {.as_of = kAsOf});
      std::erase_if(states, [](const CustomerState& state) { return state.customer.empty(); });
      RC_ASSERT(states == test::expected_states(workspace, left, kAsOf));
      RC_ASSERT(engine->counts().value().customers == states.size());
      for (const Identifier& identifier : erased)
        RC_ASSERT(!engine->customer(identifier).value().has_value());
    };
    check();
    const std::vector<std::string> found = test::found_in(test::bytes_of(folder.path()), traces);
    INFO(fmt::format("seed {}: {}", seed, found.empty() ? "" : found.front()));
    RC_ASSERT(found.empty());

    engine = nullptr;  // from the check-point
    engine = test::open(folder / "s.lotse", workspace).value();
    RC_ASSERT(!engine->recovery().rebuilt);
    check();
    Workspace other = workspace;  // from the log
    other.settings.stale_after = std::chrono::hours(2);
    engine = nullptr;
    engine = test::open(folder / "s.lotse", other).value();
    RC_ASSERT(engine->recovery().rebuilt || left.empty());
    RC_ASSERT(reports(*engine, workspace, kAsOf) == before);

    // Senders that send again bring nobody back.
    const IngestOutcome again = engine->ingest(events).value();
    RC_ASSERT(again.duplicate == events.size());
    RC_ASSERT(reports(*engine, workspace, kAsOf) == before);
  });
  REQUIRE(holds);
}

}  // namespace
}  // namespace lotse
