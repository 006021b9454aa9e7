#include "engine/friction/concentration.hpp"

#include <fmt/format.h>
#include <rapidcheck.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <functional>
#include <random>

#include "tests/friction/random_customers.hpp"
#include "tests/support/dice.hpp"

namespace lotse::test {
namespace {

using Conditions = std::vector<NamedCondition>;

double uniform(std::mt19937_64& dice) { return static_cast<double>(dice() >> 11U) * 0x1.0p-53; }

JourneyVersions with_plan_and_region() {
  Journey journey = hand_made_journey();
  for (const char* name : {"plan", "region"}) {
    journey.segments.push_back({.name = name, .value = *Expression::compile("\"x\"", {})});
  }
  return versions_of({journey});
}

/// From order on to appointment on day 1, and from there gone, or on to visit on day 2.
std::vector<Stay> through_appointment(bool drops, By channel = web, By order_channel = web) {
  std::vector<Stay> stays = {stay(order, day(0), Cause::advanced, day(1), order_channel)};
  if (drops) {
    stays.push_back(stay(appointment, day(1), Cause::dropped, day(11), channel));
  } else {
    stays.push_back(stay(appointment, day(1), Cause::advanced, day(2), channel));
    stays.push_back(stay(visit, day(2), Cause::open, {}, channel));
  }
  return stays;
}

JourneyState with_segments(std::vector<Stay> stays, const std::string& plan,
                           const std::string& region = "south") {
  return customer(std::move(stays), {{Value(plan), Value(region)}});
}

Concentrations ask(const StayTable& table, std::uint16_t place, Signal signal = Signal::drop_off,
                   unsigned threads = 1) {
  const ConcentrationQuery query{place, signal};
  return concentrate(table, {}, {&query, 1}, threads)[0];
}

/// The conditions of what was found, in order.
std::vector<Conditions> conditions_of(const Concentrations& result) {
  std::vector<Conditions> all;
  for (const Concentration& found : result.found) all.push_back(found.conditions);
  return all;
}

/// `make(marked, has the signal)` of 100 marked customers, 60 of them with it, and 100 others, 10 of them
/// with it.
StayTable two_hundred(const std::function<JourneyState(bool, bool)>& make) {
  std::vector<JourneyState> customers;
  for (int i = 0; i < 200; ++i) customers.push_back(make(i < 100, i < 60 || i >= 190));
  return table_of(customers, day(60), with_plan_and_region());
}

/// Customers of five plans in two regions, who drop from `appointment` with what `rate` says of (plan,
/// north?). `in_north`, `elsewhere`: share of plans 0 to 2 there. A quarter are in the north.
StayTable plans_and_regions(std::uint64_t seed, double in_north, double elsewhere,
                            const std::function<double(std::uint64_t, bool)>& rate) {
  std::mt19937_64 dice(seed);
  std::vector<JourneyState> customers;
  for (int i = 0; i < 4'000; ++i) {
    const bool north = uniform(dice) < 0.25;
    const bool low = uniform(dice) < (north ? in_north : elsewhere);
    const std::uint64_t plan = low ? dice() % 3 : 3 + dice() % 2;
    const By channel = dice() % 2 == 0 ? web : app;
    const bool drops = uniform(dice) < rate(plan, north);
    customers.push_back(with_segments(through_appointment(drops, channel, channel),
                                      fmt::format("plan{}", plan),
                                      north ? "north" : fmt::format("region{}", dice() % 4)));
  }
  return table_of(customers, day(60), with_plan_and_region());
}

const NamedCondition in_the_north{AttributeKind::segment, "region", "north"};

/// Three plans of five are bad; the north has mostly those.
double proxies_called(int runs) {
  int called = 0;
  for (int run = 0; run < runs; ++run) {
    const Concentrations result =
        ask(plans_and_regions(static_cast<std::uint64_t>(run), 0.95, 0.15,
                              [](std::uint64_t plan, bool) { return plan < 3 ? 0.30 : 0.15; }),
            appointment);
    called += !result.found.empty() && result.found[0].conditions == Conditions{in_the_north} &&
                      result.found[0].explained_by() == "plan"
                  ? 1
                  : 0;
  }
  return static_cast<double>(called) / runs;
}

/// The north is bad, and has mostly three of the plans.
double own_causes_seen(int runs) {
  int seen = 0;
  for (int run = 0; run < runs; ++run) {
    const Concentrations result =
        ask(plans_and_regions(static_cast<std::uint64_t>(run), 0.80, 0.15,
                              [](std::uint64_t, bool north) { return north ? 0.30 : 0.15; }),
            appointment);
    seen += !result.found.empty() && result.found[0].conditions == Conditions{in_the_north} &&
                    result.found[0].adjusted && !result.found[0].proxy
                ? 1
                : 0;
  }
  return static_cast<double>(seen) / runs;
}

/// One plan is bad, and the north has much of it: that plan, and nothing else. By chance one scan in twenty
/// of the rest finds something more.
double plans_alone(int runs) {
  int alone = 0;
  for (int run = 0; run < runs; ++run) {
    const Concentrations result =
        ask(plans_and_regions(static_cast<std::uint64_t>(run), 0.80, 0.30,
                              [](std::uint64_t plan, bool) { return plan == 1 ? 0.30 : 0.15; }),
            appointment);
    const Conditions plan = {{AttributeKind::segment, "plan", "plan1"}};
    alone += conditions_of(result) == std::vector<Conditions>{plan} && !result.found[0].proxy ? 1 : 0;
  }
  return static_cast<double>(alone) / runs;
}

}  // namespace

TEST_CASE("concentration: each attribute is looked at, as of the stay's entry", "[friction][scan]") {
  struct Row {
    const char* why;
    std::function<JourneyState(bool, bool)> make;
    NamedCondition expected;
    std::uint64_t n_outside;
  };
  const auto row = GENERATE(
      Row{"a segment",
          [](bool marked, bool drops) {
            return with_segments(through_appointment(drops), marked ? "fibre" : "cable");
          },
          {AttributeKind::segment, "plan", "fibre"},
          100},
      Row{"the channel",
          [](bool marked, bool drops) {
            const By by = marked ? app : web;
            return with_segments(through_appointment(drops, by, by), "cable");
          },
          {AttributeKind::channel, "channel", "app"},
          100},
      Row{"no channel",
          [](bool marked, bool drops) {
            std::vector<Stay> stays = through_appointment(drops);
            if (marked) stays[1].channel.reset();
            return with_segments(stays, "cable");
          },
          {AttributeKind::channel, "channel", "(none)"},
          100},
      Row{"a promise that was broken before",
          [](bool marked, bool drops) {
            std::vector<Stay> stays = through_appointment(drops);
            if (marked) stays[0].deadline = day(0.5);
            return with_segments(stays, "cable");
          },
          {AttributeKind::promise, "promise", "broken"},
          100},
      Row{"coming by a forced hop",
          [](bool marked, bool drops) {
            std::vector<Stay> stays = through_appointment(drops, app, marked ? web : app);
            stays[1].forced_hop = marked;
            return with_segments(stays, "cable");
          },
          {AttributeKind::forced_hop, "forced_hop", "yes"},
          100},
      Row{"coming back, the first stay being one of the others",
          [](bool marked, bool drops) {
            std::vector<Stay> stays = through_appointment(drops);
            if (!marked) return with_segments(stays, "cable");
            for (Stay& later : stays) {
              later.entered += 4h;
              later.left += 4h;
            }
            stays.insert(stays.begin(), {stay(order, day(0), Cause::advanced, day(0) + 1h),
                                         stay(appointment, day(0) + 1h, Cause::went_back, day(0) + 4h)});
            stays[2].entry = Entry::went_back;
            return with_segments(stays, "cable");
          },
          {AttributeKind::visit, "visit", "repeat"},
          200});
  CAPTURE(row.why);

  const Concentrations result = ask(two_hundred(row.make), appointment);

  REQUIRE(result.found.size() == 1);
  const Concentration& found = result.found[0];
  CHECK(found.conditions == Conditions{row.expected});
  CHECK(result.n == 100 + row.n_outside);
  CHECK(result.x == 70);
  CHECK(result.tried == 2);
  CHECK(result.design_effect == Approx(1).epsilon(0.02));
  CHECK(found.n == 100);
  CHECK(found.x == 60);
  CHECK(found.n_outside == row.n_outside);
  CHECK(found.x_outside == 10);
}

TEST_CASE("concentration: the figures of a finding", "[friction][scan]") {
  const Concentrations result =
      ask(two_hundred([](bool marked, bool drops) {
            return with_segments(through_appointment(drops), marked ? "fibre" : "cable");
          }),
          appointment);

  REQUIRE(result.found.size() == 1);
  const Concentration& found = result.found[0];
  CHECK(result.design_effect == Approx(1));
  CHECK(found.n_share == Approx(0.5));
  CHECK(found.x_share == Approx(60.0 / 70));
  CHECK(found.rate() == Approx(0.6));
  CHECK(found.rate_outside() == Approx(0.1));
  CHECK(found.inside.low == Approx(wilson({60, 100}).low));
  CHECK(found.outside.high == Approx(wilson({10, 100}).high));
  CHECK(found.excess == Approx(60 - 100 * 0.1));
  CHECK(found.log_likelihood_ratio ==
        Approx(60 * std::log(0.6) + 40 * std::log(0.4) + 10 * std::log(0.1) + 90 * std::log(0.9) -
               70 * std::log(0.35) - 130 * std::log(0.65)));
  CHECK(found.p == Approx(1.0 / 200));
  REQUIRE(found.odds);
  CHECK(found.odds->ratio == Approx(60.0 * 90 / (40 * 10)));
  CHECK(!found.adjusted);
  CHECK(found.explained_by().empty());
}

TEST_CASE("concentration: an answer counts where and when it was given", "[friction][scan]") {
  const auto answering = [](bool marked, bool unhappy, bool by_segment) {
    Stay first = stay(order, day(0), Cause::hopped, day(1));
    Stay second = stay(order, day(1), Cause::open, {}, app);
    second.entry = Entry::hop;
    second.forced_hop = true;
    Stay& about = marked && !by_segment ? second : first;
    about.feedback.push_back({.at = day(0.5),
                              .scale = Scale::nps,
                              .score = unhappy ? 3.0 : 9.0,
                              .comment = {},
                              .segments = marked && by_segment ? 1U : 0U});
    return customer({first, second}, {{Value("cable"), Value("south")}, {Value("fibre"), Value("south")}});
  };
  struct Row {
    const char* why;
    bool by_segment;
    NamedCondition expected;
  };
  // After the forced hop: equal to the channel, which comes first.
  const auto row = GENERATE(Row{"a segment that changed", true, {AttributeKind::segment, "plan", "fibre"}},
                            Row{"the channel hopped to", false, {AttributeKind::channel, "channel", "app"}});
  CAPTURE(row.why);
  const StayTable table =
      two_hundred([&](bool marked, bool unhappy) { return answering(marked, unhappy, row.by_segment); });

  const auto here = ask(table, order, Signal::negative_feedback);
  const auto anywhere = ask(table, no_index, Signal::negative_feedback);
  const auto elsewhere = ask(table, appointment, Signal::negative_feedback);

  CHECK(conditions_of(here) == std::vector<Conditions>{{row.expected}});
  CHECK(here.n == 200);
  CHECK(here.x == 70);
  CHECK(anywhere == here);
  CHECK(elsewhere == Concentrations{});
}

TEST_CASE("concentration: a promise counts by the stay in which it was made", "[friction][scan]") {
  const StayTable table = two_hundred([](bool marked, bool late) {
    const Instant reached = late ? day(5) : day(1);
    Stay waiting = stay(order, day(0), Cause::advanced, reached, marked ? app : web);
    waiting.deadline = day(2);
    waiting.awaits = TouchpointIndex{appointment};
    return with_segments({waiting, stay(appointment, reached, Cause::open, {}, call_center)}, "cable");
  });

  const Concentrations result = ask(table, appointment, Signal::broken_promise);

  CHECK(conditions_of(result) == std::vector<Conditions>{{{AttributeKind::channel, "channel", "app"}}});
  CHECK(result.n == 200);
  CHECK(result.x == 70);
}

TEST_CASE("concentration: counts what tally counts, on any number of threads, in any order of customers",
          "[friction][scan][property]") {
  const JourneyVersions versions = with_plan();
  const bool holds = rc::check([&] {
    auto customers =
        random_customers(*rc::gen::arbitrary<std::uint64_t>(), *rc::gen::inRange<std::size_t>(0, 120));
    const Instant as_of = day(*rc::gen::inRange(0, 160));
    const StayTable table = table_of(customers, as_of, versions);
    std::vector<bool> keep(table.size());
    for (std::size_t i = 0; i < keep.size(); ++i) keep[i] = i % 7 != 3;
    Selection selection;
    selection.from = day(10);
    selection.to = day(80);
    selection.keep = &keep;
    std::vector<ConcentrationQuery> queries = {{no_index, Signal::negative_feedback}};
    for (std::uint16_t place = 0; place < table.places.size(); ++place) {
      for (const Signal signal : concentrating_signals) queries.push_back({place, signal});
    }

    const auto results = concentrate(table, selection, queries);

    const Tally tallied = tally(table, selection);
    for (std::size_t i = 0; i < queries.size(); ++i) {
      const auto found = tallied.cells.find({queries[i].place, std::nullopt});
      const CellTally cell = found == tallied.cells.end() ? CellTally{} : found->second;
      const ClusterSums& sums = queries[i].signal == Signal::drop_off            ? cell.mature_drops
                                : queries[i].signal == Signal::negative_feedback ? cell.negative
                                                                                 : cell.past_by_customer;
      RC_ASSERT(results[i].n == static_cast<std::uint64_t>(sums.n));
      RC_ASSERT(results[i].x == static_cast<std::uint64_t>(sums.x));
      RC_ASSERT(results[i].design_effect == design_effect(sums));
    }
    RC_ASSERT(results == concentrate(table, selection, queries, 3));
    const auto all = concentrate(table, {}, queries);
    Dice(*rc::gen::arbitrary<std::uint64_t>()).shuffle(customers);
    RC_ASSERT(all == concentrate(table_of(customers, as_of, versions), {}, queries, 2));
  });
  REQUIRE(holds);
}

TEST_CASE("concentration: the same on any number of threads and in any order, of what there is to find",
          "[friction][scan]") {
  std::mt19937_64 dice(11);
  std::vector<JourneyState> customers;
  for (int i = 0; i < 900; ++i) {
    const bool fibre = dice() % 3 == 0;
    const bool north = dice() % 3 == 0;
    const bool drops = uniform(dice) < (fibre ? 0.5 : north ? 0.35 : 0.1);
    customers.push_back(
        with_segments(through_appointment(drops), fibre ? "fibre" : "cable", north ? "north" : "south"));
  }
  const JourneyVersions versions = with_plan_and_region();
  const Concentrations expected = ask(table_of(customers, day(60), versions), appointment);
  REQUIRE(expected.found.size() == 2);
  REQUIRE(expected.found[0].adjusted);

  CHECK(ask(table_of(customers, day(60), versions), appointment, Signal::drop_off, 3) == expected);
  Dice(3).shuffle(customers);
  CHECK(ask(table_of(customers, day(60), versions), appointment) == expected);
}

TEST_CASE("concentration: a region that looks bad for its plans is called a proxy of the plan",
          "[friction][scan]") {
  const double share = proxies_called(20);
  WARN("proxy called one: " << share << " of 20");
  CHECK(share >= 0.95);
}

TEST_CASE("concentration: a region that is bad by itself is no proxy, whatever its plans are",
          "[friction][scan]") {
  const double share = own_causes_seen(20);
  WARN("a cause of its own called one: " << share << " of 20");
  CHECK(share >= 0.95);
}

TEST_CASE("concentration: where one plan is the cause, the region full of it is not found",
          "[friction][scan]") {
  const double share = plans_alone(20);
  WARN("the plan alone: " << share << " of 20");
  CHECK(share >= 0.90);
}

TEST_CASE("concentration: proxies, causes of their own and plans alone, many times",
          "[friction][scan][.nightly]") {
  constexpr int runs = 400;
  const double proxies = proxies_called(runs);
  const double own = own_causes_seen(runs);
  const double alone = plans_alone(runs);
  WARN("proxy called one: " << proxies << ", a cause of its own called one: " << own
                            << ", the plan alone: " << alone << " of " << runs);
  CHECK(proxies >= 0.95);
  CHECK(own >= 0.95);
  CHECK(alone >= 0.90);
}

TEST_CASE("concentration: beyond the 60 most frequent, values are no conditions", "[friction][scan]") {
  // 70 plans: the first 60 of 30 customers each; the others of 25, and there everybody drops.
  std::vector<JourneyState> customers;
  for (int plan = 0; plan < 70; ++plan) {
    const int count = plan < 60 ? 30 : 25;
    for (int i = 0; i < count; ++i) {
      customers.push_back(
          with_segments(through_appointment(plan >= 60 || i == 0), fmt::format("plan{:02}", plan)));
    }
  }
  const Concentrations result = ask(table_of(customers, day(60), with_plan_and_region()), appointment);
  CHECK(result.n == 60 * 30 + 10 * 25);
  CHECK(result.tried == 60);
  CHECK(result.found.empty());
}

TEST_CASE("concentration: what few customers do again and again is not taken for many", "[friction][scan]") {
  // 60 customers, ten of them on fibre; a stay at appointment in each of eight instances, left the same way
  // every time, by five of those ten and ten of the others.
  std::vector<JourneyState> customers;
  for (int i = 0; i < 60; ++i) {
    const bool drops = i % 6 == 0 ? i % 12 == 0 : i % 5 == 1;
    JourneyState state;
    for (int again = 0; again < 8; ++again) {
      state.instances.push_back(
          with_segments(through_appointment(drops), i % 6 == 0 ? "fibre" : "cable").instances[0]);
    }
    customers.push_back(state);
  }
  const Concentrations result = ask(table_of(customers, day(60), with_plan_and_region()), appointment);
  CHECK(result.n == 480);
  CHECK(result.design_effect == Approx(8).epsilon(0.05));
  CHECK(result.found.empty());

  // The same stays, each of a customer of its own.
  std::vector<JourneyState> strangers;
  for (const JourneyState& state : customers) {
    for (const Instance& instance : state.instances) {
      strangers.emplace_back().instances.push_back(instance);
    }
  }
  const Concentrations many = ask(table_of(strangers, day(60), with_plan_and_region()), appointment);
  CHECK(many.design_effect == Approx(1));
  CHECK(many.found.size() == 1);
}

TEST_CASE("concentration: nothing to find", "[friction][scan]") {
  struct Row {
    const char* why;
    std::vector<JourneyState> customers;
    std::uint64_t n, x;
  };
  const auto many = [](bool drops) {
    return std::vector<JourneyState>(50, with_segments(through_appointment(drops), "fibre"));
  };
  const auto row = GENERATE_COPY(Row{"nobody", {}, 0, 0}, Row{"one customer", {many(true)[0]}, 1, 1},
                                 Row{"all drop", many(true), 50, 50}, Row{"none drops", many(false), 50, 0});
  CAPTURE(row.why);
  const StayTable table = table_of(row.customers, day(60), with_plan_and_region());
  const Concentrations result = ask(table, appointment, Signal::drop_off, 3);
  CHECK(result.n == row.n);
  CHECK(result.x == row.x);
  CHECK(result.found.empty());
  CHECK(concentrate(table, {}, {}).empty());
}

}  // namespace lotse::test
