#include "engine/friction/tally.hpp"

#include <rapidcheck.h>

#include <catch2/catch.hpp>
#include <random>

#include "engine/friction/friction_report.hpp"
#include "tests/friction/random_customers.hpp"

namespace lotse::test {
namespace {

Selection selection_of(int cut) {
  Selection selection;
  selection.cut = static_cast<CutKind>(cut);
  return selection;
}

}  // namespace

TEST_CASE("tally: P10, tallies of disjoint customers add up to the tally of all", "[friction][property]") {
  const JourneyVersions versions = with_plan();
  const bool holds = rc::check([&] {
    const auto customers =
        random_customers(*rc::gen::arbitrary<std::uint64_t>(), *rc::gen::inRange<std::size_t>(0, 60));
    const auto mine = *rc::gen::container<std::vector<bool>>(customers.size(), rc::gen::arbitrary<bool>());
    const Selection selection = selection_of(*rc::gen::inRange(0, 4));
    const Instant as_of = day(*rc::gen::inRange(0, 160));
    std::vector<JourneyState> a;
    std::vector<JourneyState> b;
    for (std::size_t i = 0; i < customers.size(); ++i) (mine[i] ? a : b).push_back(customers[i]);
    const StayTable all = table_of(customers, as_of, versions);

    Tally sum = tally(table_of(a, as_of, versions), selection);
    sum.add(bins_of(all), tally(table_of(b, as_of, versions), selection));

    RC_ASSERT(sum == tally(all, selection));
    RC_ASSERT(sum == tally(all, selection, 3));
  });
  REQUIRE(holds);
}

TEST_CASE("tally: P7, stays entered are the stays left by each cause and those still open",
          "[friction][property]") {
  const JourneyVersions versions = with_plan();
  const bool holds = rc::check([&] {
    const auto customers =
        random_customers(*rc::gen::arbitrary<std::uint64_t>(), *rc::gen::inRange<std::size_t>(1, 40));
    const Tally all = tally(table_of(customers, day(*rc::gen::inRange(0, 160)), versions),
                            selection_of(*rc::gen::inRange(0, 4)));
    std::map<std::uint16_t, std::uint64_t> whole;
    std::map<std::uint16_t, std::uint64_t> parts;
    for (const auto& [key, cell] : all.cells) {
      if (key.place == no_index) continue;
      std::uint64_t sum = 0;
      for (const std::uint64_t count : cell.causes) sum += count;
      RC_ASSERT(sum == cell.entered);
      (key.part ? parts : whole)[key.place] +=
          cell.entered - cell.causes[static_cast<std::size_t>(Cause::hopped)];
    }
    // Parts that hopped in from another channel are one whole stay.
    if (!parts.empty()) RC_ASSERT(parts == whole);
  });
  REQUIRE(holds);
}

TEST_CASE("tally: a stay that hopped is one where channels are not told apart", "[friction]") {
  Stay first = stay(order, day(0), Cause::hopped, day(2), web);
  Stay second = stay(order, day(2), Cause::advanced, day(5), app);
  second.entry = Entry::hop;
  second.forced_hop = true;
  first.repeats = 2;
  const auto table = table_of({customer({first, second, stay(appointment, day(5))})}, day(6));

  const Tally whole = tally(table, {});
  const Tally by_channel = tally(table, selection_of(static_cast<int>(CutKind::channel)));

  const CellTally& joined = whole.cells.at({.place = 0, .part = {}});
  CHECK(joined.entered == 1);
  CHECK(joined.causes[static_cast<std::size_t>(Cause::advanced)] == 1);
  CHECK(joined.durations.times(bins_of(table))[0].at == 5 * 86'400'000);
  CHECK(joined.hops_in == 1);
  CHECK(joined.forced == 1);
  const std::vector<HopCount>& pairs = joined.hop_pairs.pairs();
  const auto forced = std::ranges::find(pairs, 1U, &HopCount::forced);
  REQUIRE(pairs.size() == 2);  // and back to the web, as designed
  REQUIRE(forced != pairs.end());
  CHECK(table.channels[forced->from] == "web");
  CHECK(table.channels[forced->to] == "app");
  CHECK(joined.repeats == 2);
  CHECK(joined.waste_ms == 3 * 86'400'000);
  const CellTally& web_part = by_channel.cells.at({.place = 0, .part = "web"});
  CHECK(web_part.causes[static_cast<std::size_t>(Cause::hopped)] == 1);
  CHECK(web_part.durations.times(bins_of(table))[0].at == 2 * 86'400'000);
  const CellTally& app_part = by_channel.cells.at({.place = 0, .part = "app"});
  CHECK(app_part.causes[static_cast<std::size_t>(Cause::advanced)] == 1);
  CHECK(app_part.waste_ms == 3 * 86'400'000);
}

TEST_CASE("tally: dates select stays by their entry", "[friction]") {
  const auto table =
      table_of({customer({stay(order, day(1), Cause::advanced, day(3)), stay(appointment, day(3))})}, day(6));
  struct Row {
    const char* why;
    double from, to;
    std::uint64_t stays;
  };
  const auto row = GENERATE(Row{"both", 0, 10, 2}, Row{"`to` is not in", 0, 3, 1},
                            Row{"`from` is in", 3, 10, 1}, Row{"none", 4, 10, 0});
  CAPTURE(row.why);
  Selection selection;
  selection.from = day(row.from);
  selection.to = day(row.to);
  CHECK(tally(table, selection).stays == row.stays);
}

TEST_CASE("tally: the promise's state is that of the moment", "[friction]") {
  const auto rated = [](At at, double entered, Cause cause, double left, double rated_at) {
    Stay one = stay(at, day(entered), cause, day(left));
    one.feedback.push_back(
        {.at = day(rated_at), .scale = Scale::stars, .score = 1, .comment = {}, .segments = {}});
    return one;
  };
  const auto with_promise = [](std::vector<Stay> stays, std::optional<Instant> reached) {
    JourneyState state = customer(std::move(stays));
    state.instances[0].promises.push_back(
        {.promise = 0, .made = day(0), .deadline = day(14), .reached = reached});
    return state;
  };
  const auto table = table_of(
      {with_promise({rated(order, 0, Cause::advanced, 5, 1), rated(online, 5, Cause::open, 0, 6)}, day(5)),
       with_promise({rated(order, 0, Cause::advanced, 20, 15), rated(online, 20, Cause::open, 0, 21)},
                    day(20)),
       with_promise({rated(order, 0, Cause::open, 0, 14)}, std::nullopt)},
      day(30));

  const Tally all = tally(table, selection_of(static_cast<int>(CutKind::promise)));

  const auto answers = [&](std::uint16_t place, const std::string& part) {
    const auto found = all.cells.find({.place = place, .part = part});
    return found == all.cells.end() ? 0 : found->second.negative.n;
  };
  CHECK(answers(0, promise_state::not_due) == 2);  // rated on day 1, and at the very instant of the deadline
  CHECK(answers(0, promise_state::broken) == 1);
  CHECK(answers(3, promise_state::kept) == 1);
  CHECK(answers(3, promise_state::broken) == 1);
  CHECK(answers(no_index, promise_state::broken) == 2);
  REQUIRE(all.promises.size() == 1);
  CHECK(all.promises[0] == PromiseTally{.made = 3, .due = 3, .broken = 2});
}

namespace {

Stay waiting(At at, double entered, Cause cause, double left, double deadline, At promised = visit) {
  Stay one = stay(at, day(entered), cause, day(left));
  one.deadline = day(deadline);
  one.awaits = TouchpointIndex{promised};
  return one;
}

}  // namespace

TEST_CASE("tally: a promise counts at the touchpoint that was promised, once it is due", "[friction]") {
  const auto late = stay(visit, day(3));
  struct Row {
    const char* why;
    std::vector<Stay> stays;
    std::uint64_t due, past;
  };
  const std::vector<Row> rows = {
      {"reached in time", {waiting(order, 0, Cause::advanced, 1, 2), stay(visit, day(1))}, 1, 0},
      {"reached at the very deadline", {waiting(order, 0, Cause::advanced, 2, 2), stay(visit, day(2))}, 1, 0},
      {"reached late", {waiting(order, 0, Cause::advanced, 3, 2), late}, 1, 1},
      {"still waited for after it", {waiting(order, 0, Cause::open, 0, 2)}, 1, 1},
      {"due at this instant", {waiting(order, 0, Cause::open, 0, 5)}, 1, 1},
      {"not due yet", {waiting(order, 0, Cause::open, 0, 9)}, 0, 0},
      {"kept before it is due counts when it is due",
       {waiting(order, 0, Cause::advanced, 1, 9), stay(visit, day(1))},
       0,
       0},
      {"who leaves the journey before is owed nothing", {waiting(order, 0, Cause::exited, 1, 2)}, 0, 0},
      {"who leaves it at the deadline was let down", {waiting(order, 0, Cause::exited, 2, 2)}, 1, 1},
      {"who fell silent before is owed it still", {waiting(order, 0, Cause::dropped, 1, 2)}, 1, 1},
      {"one promise, waited for at two touchpoints",
       {waiting(order, 0, Cause::advanced, 1, 2), waiting(appointment, 1, Cause::advanced, 3, 2), late},
       1,
       1},
      {"a new one takes its place in time",
       {waiting(order, 0, Cause::advanced, 1, 2), waiting(appointment, 1, Cause::advanced, 3, 4), late},
       1,
       0},
      {"a new one comes too late for the old",
       {waiting(order, 0, Cause::advanced, 2.5, 2), waiting(appointment, 2.5, Cause::advanced, 3, 4), late},
       2,
       1},
      {"moved on in time to where it is not awaited",
       {waiting(order, 0, Cause::advanced, 1, 2), stay(bill, day(1))},
       0,
       0},
      {"moved on there too late", {waiting(order, 0, Cause::advanced, 3, 2), stay(bill, day(3))}, 1, 1},
      {"who fell silent came back in time, and was promised it again",
       {waiting(order, 0, Cause::dropped, 1, 4), waiting(order, 2, Cause::advanced, 3, 4.5), late},
       2,
       0}};
  for (const Row& row : rows) {
    CAPTURE(row.why);
    const auto table = table_of({customer(row.stays), customer({stay(visit, day(0))})}, day(5));

    const Tally all = tally(table, {});

    for (const auto& [key, cell] : all.cells) {
      CAPTURE(key.place);
      CHECK(cell.due == (key.place == visit ? row.due : 0));
      CHECK(cell.past == (key.place == visit ? row.past : 0));
    }
    CHECK(all.cells.at({.place = visit, .part = {}}).past_by_customer.n ==
          static_cast<std::int64_t>(row.due));
  }
}

TEST_CASE("tally: a promise goes on through a hop, and counts under the channel in which it was made",
          "[friction]") {
  Stay first = waiting(order, 0, Cause::hopped, 3, 2, appointment);
  Stay second = waiting(order, 3, Cause::advanced, 4, 2, appointment);
  second.entry = Entry::hop;
  second.channel = ChannelIndex{app};
  const auto table =
      table_of({customer({first, second, stay(appointment, day(4), Cause::open, {}, app)})}, day(6));

  const Tally by_channel = tally(table, selection_of(static_cast<int>(CutKind::channel)));

  CHECK(by_channel.cells.at({.place = appointment, .part = {}}).past == 1);
  CHECK(by_channel.cells.at({.place = appointment, .part = "web"}).past == 1);
  CHECK(by_channel.cells.at({.place = appointment, .part = "app"}).due == 0);
}

TEST_CASE("tally: a promise counts only where its waiting is selected, and moves no other counter",
          "[friction]") {
  const auto table =
      table_of({customer({waiting(order, 1, Cause::advanced, 5, 2), stay(visit, day(5))})}, day(6));
  Selection selection;
  selection.from = day(2);
  CHECK(tally(table, selection).cells.at({.place = visit, .part = {}}).due == 0);
  selection = {};
  selection.to = day(2);
  const CellTally promised = tally(table, selection).cells.at({.place = visit, .part = {}});
  CHECK(promised.past == 1);
  CHECK(promised.entered == 0);
  CHECK(promised.customers == 0);
}

TEST_CASE("tally: who fell silent and is then taken out is owed nothing any more", "[friction]") {
  JourneyState state = customer({waiting(order, 0, Cause::dropped, 1, 4)});
  state.instances[0].outcome = OutcomeIndex(0);
  state.instances[0].ended_at = day(3);
  CHECK(tally(table_of({state}, day(6)), {}).cells.count({.place = visit, .part = {}}) == 0);

  state.instances[0].ended_at = day(5);
  CHECK(tally(table_of({state}, day(6)), {}).cells.at({.place = visit, .part = {}}).past == 1);
}

TEST_CASE("tally: today's traffic is that of the stays that are asked for", "[friction]") {
  const auto table = table_of({customer({stay(order, day(1))}), customer({stay(order, day(1))})}, day(2));
  const std::vector<bool> keep{true, false};
  Selection selection;
  selection.keep = &keep;
  CHECK(tally(table, {}).cells.at({.place = order, .part = {}}).recent == 2);
  CHECK(tally(table, selection).cells.at({.place = order, .part = {}}).recent == 1);
}

TEST_CASE("tally: a stay that is left out takes its escalation with it, and its cell stays", "[friction]") {
  const auto escalated = [](By channel, double after) {
    Stay one = stay(order, day(1), Cause::open, {}, channel);
    one.escalated = day(1 + after);
    return customer({one});
  };
  const auto table = table_of({escalated(app, 1), escalated(web, 3)}, day(9));
  const std::vector<bool> keep{false, true};
  const CutKind cut = GENERATE(CutKind::none, CutKind::channel, CutKind::promise);
  CAPTURE(cut);
  Selection selection = selection_of(static_cast<int>(cut));
  selection.keep = &keep;

  const Tally kept = tally(table, selection);

  const CellTally& whole = kept.cells.at({.place = order, .part = {}});
  CHECK(whole.entered == 1);
  REQUIRE(whole.escalated_at.times(bins_of(table)).size() == 1);
  CHECK(whole.escalated_at.times(bins_of(table))[0].at == Duration{72h}.count());
  if (cut == CutKind::channel) {
    CHECK(kept.cells.at({.place = order, .part = "app"}).entered == 0);
    CHECK(kept.cells.at({.place = order, .part = "web"}).entered == 1);
  }
}

TEST_CASE("tally: NPS has promoters from 9 and detractors to 6", "[friction]") {
  std::vector<JourneyState> customers;
  for (const double score : {0, 6, 7, 8, 9, 10, 10}) {
    Stay one = stay(order, day(0));
    one.feedback.push_back(
        {.at = day(1), .scale = Scale::nps, .score = score, .comment = {}, .segments = {}});
    customers.push_back(customer({one}));
  }
  const Tally all = tally(table_of(customers, day(2)), {});
  const ScaleTally& nps = all.cells.at({.place = 0, .part = {}}).scales[static_cast<std::size_t>(Scale::nps)];
  CHECK(nps.negative == 2);
  CHECK(nps.promoters.x == 3 - 2);
  CHECK(nps.promoters.n == 7);
}

TEST_CASE("is_negative: where each scale's unhappy end lies", "[friction]") {
  struct Row {
    Scale scale;
    double last_bad, first_good;
  };
  const auto row = GENERATE(Row{Scale::nps, 6, 7}, Row{Scale::csat5, 2, 3}, Row{Scale::ces7, 3, 4},
                            Row{Scale::stars, 2, 3}, Row{Scale::sentiment, -0.3, -0.29});
  const auto fixed = [](double score) { return std::llround(score * static_cast<double>(fixed_point)); };
  CHECK(is_negative_fixed(row.scale, fixed(row.last_bad)));
  CHECK_FALSE(is_negative_fixed(row.scale, fixed(row.first_good)));
}

TEST_CASE("durations: a horizon's own leavings lie in a bin of their own", "[friction]") {
  const std::vector<Duration> forced = {24h, 240h};
  const TimeBins bins(forced);
  const std::int64_t edge = Duration{240h}.count();
  CHECK(bins.to(bins.of(edge)) == edge);
  CHECK(bins.from(bins.of(edge)) == edge);
  CHECK(bins.to(bins.of(edge - 1)) == edge - 1);
  CHECK(bins.of(edge + 1) == bins.of(edge) + 1);
  CHECK(bins.of(-5) == bins.of(0));
  CHECK(bins.of(std::numeric_limits<std::int64_t>::max()) == bins.count() - 1);
}

TEST_CASE("durations: each lies in its bin, which is narrow", "[friction][property]") {
  const TimeBins bins(std::vector<Duration>{1h, 36h, 720h});
  const bool holds = rc::check([&] {
    const auto exponent = *rc::gen::inRange(0, 41);
    const auto duration = *rc::gen::inRange<std::int64_t>(0, std::int64_t{1} << exponent << 1);
    const std::uint32_t bin = bins.of(duration);
    RC_ASSERT(duration <= bins.to(bin));
    const std::int64_t below = bin == 0 ? -1 : bins.to(bin - 1);
    RC_ASSERT(duration > below);
    const std::int64_t width = bins.to(bin) - below;
    RC_ASSERT(width <= std::max<std::int64_t>(32, duration / 32 + 2));
  });
  REQUIRE(holds);
}

TEST_CASE("durations: binned shares are within 0.002 of the exact ones", "[friction]") {
  const std::vector<Duration> forced = {24h, 240h, 480h, 720h};
  const TimeBins bins(forced);
  std::mt19937_64 dice(99);
  const auto uniform = [&] { return static_cast<double>(dice() >> 11U) * 0x1.0p-53; };
  double worst = 0;
  for (int table = 0; table < 20; ++table) {
    DurationCounts counts;
    std::map<std::int64_t, LeavingTime> exact;
    for (int i = 0; i < 20'000; ++i) {
      // Moves on at an exponential time with a wave at the reminder's day, or drops at 10 days, 30 at the
      // timer.
      const double fate = uniform();
      double lasts = -4 * 86'400'000.0 * std::log1p(-uniform());
      if (fate < 0.2) lasts = 86'400'000.0 + uniform() * 3'600'000;
      Cause cause = Cause::advanced;
      if (fate > 0.7 || lasts > 864'000'000.0) {
        lasts = fate > 0.95 ? 30 * 86'400'000.0 : 864'000'000.0;
        cause = Cause::dropped;
      }
      const double age = uniform() * 60 * 86'400'000.0;
      if (age < lasts) cause = Cause::open;
      const auto at = static_cast<std::int64_t>(std::min(age, lasts));
      counts.add(bins, at, cause);
      LeavingTime& time = exact[at];
      time.at = time.from = at;
      ++time.count[static_cast<std::size_t>(cause)];
    }
    std::vector<LeavingTime> times;
    for (const auto& [at, time] : exact) times.push_back(time);
    REQUIRE(counts.binned());
    for (const Duration horizon : forced) {
      const Incidence a = aalen_johansen(times, horizon.count());
      const Incidence b = aalen_johansen(counts.times(bins), horizon.count());
      for (std::size_t cause = 0; cause < cause_count; ++cause) {
        worst = std::max(worst, std::abs(a.share[cause] - b.share[cause]));
        CHECK(std::sqrt(b.variance[cause]) == Approx(std::sqrt(a.variance[cause])).margin(1e-4));
      }
    }
  }
  WARN("binned against exact shares: at most " << worst << " apart");
  CHECK(worst <= 0.002);
}

}  // namespace lotse::test
