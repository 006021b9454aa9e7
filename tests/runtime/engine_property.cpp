#include <fmt/format.h>
#include <rapidcheck.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>
#include <string>
#include <vector>

#include "engine/runtime/engine.hpp"
#include "tests/runtime/shop.hpp"
#include "tests/support/dice.hpp"
#include "tests/support/folder.hpp"

namespace lotse {
namespace {

/// The same content under the same ids some times more, with an altered content at times.
std::vector<Event> with_repeats(test::Dice& dice, const std::vector<Event>& events) {
  std::vector<Event> sent = events;
  for (std::size_t i = 0; i < events.size() / 3; ++i) {
    Event again = sent[dice(sent.size())];
    if (dice.one_in(3)) again.type = "paid";
    // Behind its first occurrence: which one is first decides.
    sent.push_back(std::move(again));
  }
  return sent;
}

void feed(Engine& engine, test::Dice& dice, const std::vector<Event>& events, std::size_t from,
          std::size_t to) {
  while (from < to) {
    const std::size_t size = std::min<std::size_t>(1 + dice(std::size_t{40}), to - from);
    REQUIRE(engine.ingest(std::span(events).subspan(from, size)));
    from += size;
  }
}

constexpr Instant kAsOf = Instant(std::chrono::minutes(28'000'000 + 60 * 600));

TEST_CASE("engine: any order of arrival, repeats and restarts give what was sent (P1, P2, P3, P8)",
          "[runtime][property]") {
  const Workspace workspace = test::shop();
  const bool holds = rc::check([&workspace](unsigned seed) {
    test::Dice dice(seed);
    std::vector<Event> events = test::history(dice, 1 + dice(std::size_t{80}));
    dice.shuffle(events);
    const std::vector<Event> sent = with_repeats(dice, events);
    const test::Folder folder;
    std::size_t at = 0;
    while (at < sent.size()) {
      // Closing without a check-point leaves what a crash leaves: the log, and an older check-point if there
      // is one.
      auto engine = test::open(folder / "s.lotse", workspace).value();
      const std::size_t next = std::min(sent.size(), at + 1 + dice(std::size_t{60}));
      feed(*engine, dice, sent, at, next);
      if (dice.one_in(2)) REQUIRE(engine->checkpoint());
      // A sender that got no answer sends again.
      at = dice.one_in(3) ? next - std::min<std::size_t>(next, dice(std::size_t{5})) : next;
    }
    auto engine = test::open(folder / "s.lotse", workspace).value();

    const std::vector<CustomerState> expected = test::expected_states(workspace, sent, kAsOf);
    RC_ASSERT(test::states(*engine, {.as_of = kAsOf}) == expected);
    RC_ASSERT(test::states(*engine, {.as_of = kAsOf}, 3) == expected);
    RC_ASSERT(engine->counts().value().events == events.size());
  });
  REQUIRE(holds);
}

TEST_CASE("engine: the state as of an earlier instant is that of the events up to it (P5)",
          "[runtime][property]") {
  const Workspace workspace = test::shop();
  const bool holds = rc::check([&workspace](unsigned seed) {
    test::Dice dice(seed);
    std::vector<Event> events = test::history(dice, 1 + dice(std::size_t{60}));
    dice.shuffle(events);
    const Instant as_of = test::minute(dice(std::int64_t{60}) * 600 + 5);
    const std::size_t known = dice(events.size() + 1);
    const test::Folder folder;
    EngineOptions options;
    std::int64_t now = 100'000;
    options.clock = [&now] { return test::minute(now); };
    auto engine = test::open(folder / "s.lotse", workspace, options).value();
    feed(*engine, dice, events, 0, known);
    now = 200'000;
    feed(*engine, dice, events, known, events.size());

    RC_ASSERT(test::states(*engine, {.as_of = as_of}) == test::expected_states(workspace, events, as_of));
    const std::vector<Event> known_events(events.begin(),
                                          events.begin() + static_cast<std::ptrdiff_t>(known));
    const Moment then{.as_of = as_of, .known_at = test::minute(150'000)};
    const std::vector<CustomerState> expected = test::expected_states(workspace, known_events, as_of);
    RC_ASSERT(test::states(*engine, then) == expected);

    // Each customer on its own, by each of its identifiers, is the same.
    std::set<std::string> found;
    for (const Event& event : events) {
      for (const Identifier& id : event.ids) {
        const auto view = engine->customer(id, then).value();
        if (!view) continue;
        const auto one = std::ranges::find(expected, view->state.customer, &CustomerState::customer);
        RC_ASSERT(one != expected.end());
        RC_ASSERT(view->state == *one);
        RC_ASSERT(std::ranges::count(view->identifiers, id) == 1);
        RC_ASSERT(view->events.size() == one->events);
        found.insert(view->state.customer);
      }
    }
    RC_ASSERT(found.size() == expected.size());
  });
  REQUIRE(holds);
}

TEST_CASE("engine: a hash that collides at will changes nothing", "[runtime][property]") {
  const Workspace workspace = test::shop();
  const bool holds = rc::check([&workspace](unsigned seed) {
    test::Dice dice(seed);
    const std::vector<Event> events = test::history(dice, 1 + dice(std::size_t{40}));
    const std::vector<Event> sent = with_repeats(dice, events);
    const test::Folder folder;
    EngineOptions options;
    options.fingerprint = [](std::string_view key) -> std::uint64_t { return key.size() % 2; };
    const auto middle = sent.size() / 2;
    feed(*test::open(folder / "s.lotse", workspace, options).value(), dice, sent, 0, middle);
    auto engine = test::open(folder / "s.lotse", workspace, options).value();
    feed(*engine, dice, sent, middle, sent.size());

    RC_ASSERT(engine->counts().value().events == events.size());
    RC_ASSERT(test::states(*engine, {.as_of = kAsOf}) == test::expected_states(workspace, sent, kAsOf));
  });
  REQUIRE(holds);
}

}  // namespace
}  // namespace lotse
