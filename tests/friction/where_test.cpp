#include "engine/friction/where.hpp"

#include <catch2/catch.hpp>

#include "tests/friction/hand_made.hpp"
#include "tests/support/dice.hpp"

namespace lotse::test {
namespace {

/// Stays of every kind by columns, more than one thread takes at a time; they make no sense as walks.
StayTable random_stays() {
  Dice dice(77);
  Journey second = hand_made_journey(2);
  second.touchpoints[order].channels = {ChannelIndex{0}};  // so that both versions have a place of their own
  StayTable table =
      StayTableBuilder(versions_of({hand_made_journey(1), second}), hand_made_channels(), day(60)).finish();
  table.segments = {"plan", "region"};
  table.segment_values = {{"(none)", "cable", "fibre"}, {"east", "west"}};
  table.segment_sets = {0, 0, 1, 1, 2, 0, 2, 1, 1, 0};
  const auto places = static_cast<std::uint32_t>(table.places.size());
  for (std::uint32_t row = 0; row < 70'000; ++row) {
    if (row % 4 == 0) {
      StayTable::InstanceRow& instance = table.instances.emplace_back();
      instance.customer = table.customers++;
      instance.first_stay = row;
      instance.version = 1 + dice(2U);
      if (!dice.one_in(3)) instance.value = dice(std::int64_t{20}) * fixed_point;
    }
    const Instant entered = day(dice(59U));
    table.entered.push_back(entered);
    table.left.push_back(dice.one_in(5) ? never : entered + Duration{1h} * dice(240));
    table.deadline.push_back(dice.one_in(3) ? never : entered + Duration{1h} * dice(240));
    table.instance.push_back(static_cast<std::uint32_t>(table.instances.size() - 1));
    table.segment_set.push_back(dice(5U));
    table.place.push_back(static_cast<std::uint16_t>(dice(places)));
    table.to.push_back(no_index);
    table.awaits.push_back(no_index);
    table.channel.push_back(dice.one_in(7) ? no_index : static_cast<std::uint16_t>(dice(3)));
    table.repeats.push_back(static_cast<std::uint16_t>(dice(4)));
    table.cause.push_back(static_cast<Cause>(dice(7)));
    table.entry.push_back(static_cast<Entry>(dice(8)));
    table.flags.push_back(0);
    if (dice.one_in(6)) table.escalations.push_back({row, entered});
    if (dice.one_in(40)) table.escalations.push_back({row, entered + 1h});
  }
  return table;
}

const StayTable& stays() {
  static const StayTable table = random_stays();
  return table;
}

using Oracle = std::function<bool(const StayTable&, std::uint32_t)>;

/// What the condition lets through is what `expected` does, on any number of threads.
void check(const char* condition, const Oracle& expected) {
  CAPTURE(condition);
  const StayTable& table = stays();
  std::vector<bool> wanted(table.size());
  std::size_t kept = 0;
  for (std::uint32_t row = 0; row < table.size(); ++row) {
    wanted[row] = expected(table, row);
    kept += wanted[row] ? 1U : 0U;
  }
  CHECK(kept > 0);
  CHECK(kept < table.size());

  const auto alone = stays_where(table, condition);
  const auto together = stays_where(table, condition, 3);

  REQUIRE(alone);
  REQUIRE(together);
  CHECK((*alone == wanted));
  CHECK((*together == wanted));
}

const std::string& segment(const StayTable& table, std::uint32_t row, std::size_t which) {
  return table.segment_value(table.segment_set[row], which);
}
const StayTable::InstanceRow& instance(const StayTable& table, std::uint32_t row) {
  return table.instances[table.instance[row]];
}

}  // namespace

TEST_CASE("where: each variable of a stay is what its columns say", "[friction]") {
  check("touchpoint == 'visit'",
        [](const StayTable& t, std::uint32_t i) { return t.places[t.place[i]].id == "visit"; });
  check("stage == 'use'",
        [](const StayTable& t, std::uint32_t i) { return t.places[t.place[i]].stage == "use"; });
  check("channel == 'app'", [](const StayTable& t, std::uint32_t i) { return t.channel[i] == app; });
  check("channel == null", [](const StayTable& t, std::uint32_t i) { return t.channel[i] == no_index; });
  check("version == 2", [](const StayTable& t, std::uint32_t i) { return instance(t, i).version == 2; });
  check("entered >= timestamp('2024-03-21T00:00:00Z')",
        [](const StayTable& t, std::uint32_t i) { return t.entered[i] >= day(20); });
  check("left < timestamp('2024-03-21T00:00:00Z')",
        [](const StayTable& t, std::uint32_t i) { return t.left[i] < day(20); });
  check("dwell > duration('36h')", [](const StayTable& t, std::uint32_t i) {
    return std::min(t.left[i], t.as_of) - t.entered[i] > 36h;
  });
  check("escalated", [](const StayTable& t, std::uint32_t i) {
    return std::ranges::any_of(std::ranges::equal_range(t.escalations, i, {}, &StayTable::At::stay),
                               [](const auto&) { return true; });
  });
  check("repeats >= 2", [](const StayTable& t, std::uint32_t i) { return t.repeats[i] >= 2; });
  check("value > 9.5", [](const StayTable& t, std::uint32_t i) {
    return instance(t, i).value != no_value && instance(t, i).value > 95'000;
  });
  check("segments.plan == 'fibre'",
        [](const StayTable& t, std::uint32_t i) { return segment(t, i, 0) == "fibre"; });
  check("segments['region'] == 'west'",
        [](const StayTable& t, std::uint32_t i) { return segment(t, i, 1) == "west"; });
}

TEST_CASE("where: each cause, entry and state of a promise has its name", "[friction]") {
  const char* const causes[] = {"open", "advanced", "hopped", "went_back", "dropped", "exited", "achieved"};
  for (std::size_t i = 0; i < std::size(causes); ++i) {
    check(("cause == '" + std::string(causes[i]) + "'").c_str(),
          [i](const StayTable& t, std::uint32_t row) { return t.cause[row] == static_cast<Cause>(i); });
  }
  const char* const entries[] = {"start",   "transition", "milestone", "went_back",
                                 "skipped", "elsewhere",  "hop",       "returned"};
  for (std::size_t i = 0; i < std::size(entries); ++i) {
    check(("entry == '" + std::string(entries[i]) + "'").c_str(),
          [i](const StayTable& t, std::uint32_t row) { return t.entry[row] == static_cast<Entry>(i); });
  }
  check("promise == 'none'", [](const StayTable& t, std::uint32_t i) { return t.deadline[i] == never; });
  check("promise == 'kept'", [](const StayTable& t, std::uint32_t i) {
    return t.deadline[i] != never && t.left[i] <= t.deadline[i];
  });
  check("promise == 'broken'", [](const StayTable& t, std::uint32_t i) {
    return t.left[i] > t.deadline[i] && t.deadline[i] <= t.as_of;
  });
  check("promise == 'not due'", [](const StayTable& t, std::uint32_t i) {
    return t.deadline[i] != never && t.left[i] > t.deadline[i] && t.deadline[i] > t.as_of;
  });
}

TEST_CASE("where: variables together, few values or many", "[friction]") {
  check("segments.plan == 'fibre' && channel != 'call_center'", [](const StayTable& t, std::uint32_t i) {
    return segment(t, i, 0) == "fibre" && t.channel[i] != call_center;
  });
  check("segments.plan == 'cable' && dwell < duration('50h')", [](const StayTable& t, std::uint32_t i) {
    return segment(t, i, 0) == "cable" && std::min(t.left[i], t.as_of) - t.entered[i] < 50h;
  });
  // Too many combinations to remember an answer for each.
  check("repeats == 1 && cause == 'dropped' && entry == 'hop' && promise == 'kept' || touchpoint == 'bill'",
        [](const StayTable& t, std::uint32_t i) {
          return t.places[t.place[i]].id == "bill" ||
                 (t.repeats[i] == 1 && t.cause[i] == Cause::dropped && t.entry[i] == Entry::hop &&
                  t.deadline[i] != never && t.left[i] <= t.deadline[i]);
        });
  check(
      "size(segments) == 2 && segments.region + channel == 'westapp'",
      [](const StayTable& t, std::uint32_t i) { return segment(t, i, 1) == "west" && t.channel[i] == app; });
}

TEST_CASE("where: a stay for which the condition fails is left out", "[friction]") {
  check("!(left < timestamp('2024-03-21T00:00:00Z'))",
        [](const StayTable& t, std::uint32_t i) { return t.left[i] != never && t.left[i] >= day(20); });
  check("value <= 9.5", [](const StayTable& t, std::uint32_t i) {
    return instance(t, i).value != no_value && instance(t, i).value <= 95'000;
  });
  check("12 / (repeats - 1) > 0", [](const StayTable& t, std::uint32_t i) { return t.repeats[i] > 1; });
  check("left < timestamp('2024-03-21T00:00:00Z') || touchpoint == 'bill'",
        [](const StayTable& t, std::uint32_t i) {
          return t.left[i] < day(20) || t.places[t.place[i]].id == "bill";
        });
  const auto none = stays_where(stays(), "int(touchpoint) > 0");
  REQUIRE(none);
  CHECK(std::ranges::count(*none, true) == 0);
}

TEST_CASE("where: a condition that reads nothing, and a table without stays", "[friction]") {
  const auto all = stays_where(stays(), "1 < 2", 2);
  REQUIRE(all);
  CHECK(std::ranges::count(*all, false) == 0);
  const StayTable empty = table_of({}, day(1));
  for (const char* condition : {"channel == 'web'", "dwell > duration('1h')", "true"}) {
    const auto nothing = stays_where(empty, condition, 2);
    REQUIRE(nothing);
    CHECK(nothing->empty());
  }
}

}  // namespace lotse::test
