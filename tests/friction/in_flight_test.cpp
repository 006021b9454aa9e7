#include "tests/friction/in_flight.hpp"

#include <catch2/catch.hpp>

namespace lotse::test {
namespace {

InFlight of(JourneyState state, double as_of) {
  return in_flight({{"user_id:ada", std::move(state)}}, day(as_of)).in_flight;
}

}  // namespace

TEST_CASE("in_flight: a drop-off is dated when the silence has lasted since the last sign of life",
          "[friction][risk]") {
  Stay one = stay(order, day(0));
  one.last_activity = day(3);
  const InFlight rows = of(customer({one}), 5);
  REQUIRE(rows.size() == 1);
  CHECK(rows.customer(0) == "user_id:ada");
  CHECK(rows.silent_at(0) == day(13));
}

TEST_CASE("in_flight: a timed transition holds the drop-off back, an open task rules it out",
          "[friction][risk]") {
  JourneyState nudged = customer({stay(order, day(0))});
  nudged.instances[0].pending = {{.carrier = {}, .transition = 0, .due = day(2)},
                                 {.carrier = {}, .transition = 1, .due = day(14)},
                                 {.carrier = {}, .transition = 2, .due = Instant::max()}};
  JourneyState ours = customer({stay(order, day(0))});
  ours.instances[0].open_tasks = 1;
  CHECK(of(nudged, 1).silent_at(0) == day(14));
  CHECK(of(ours, 1).silent_at(0) == never);
  CHECK(of(customer({stay(visit, day(0))}), 1).silent_at(0) == never);
}

TEST_CASE("in_flight: what had not happened by then is not told", "[friction][risk]") {
  // Left on day 4, silent on day 14; asked on day 3 and on day 6 by a state that knows it all.
  const JourneyState all = customer(
      {stay(order, day(0), Cause::advanced, day(4)), stay(appointment, day(4), Cause::dropped, day(14))});
  const InFlight early = of(all, 3);
  REQUIRE(early.size() == 1);
  CHECK(early.silent_at(0) == never);
  CHECK(of(all, 6).silent_at(0) == day(14));
  CHECK(of(all, 14).size() == 0);
  CHECK(of(all, -1).size() == 0);
}

TEST_CASE("in_flight: its rows are the open instances of the table, whatever the threads",
          "[friction][risk]") {
  std::vector<Named> customers;
  for (int i = 0; i < 20; ++i) {
    JourneyState state = i % 3 == 0 ? customer({stay(order, day(i), Cause::dropped, day(i + 10))})
                                    : customer({stay(order, day(i))});
    if (i % 5 == 0) state.instances.push_back(customer({stay(appointment, day(i + 1))}).instances[0]);
    customers.push_back({"user_id:" + std::to_string(i), state});
  }
  for (const std::uint32_t threads : {1U, 2U, 3U}) {
    const StaysInFlight stays = in_flight(customers, day(15), threads);
    std::size_t open = 0;
    for (std::size_t row = 0; row < stays.table.size(); ++row) {
      if (stays.table.cause[row] != Cause::open) continue;
      REQUIRE(open < stays.in_flight.size());
      if (stays.table.place[row] == order) {
        const auto number = std::stoi(std::string(stays.in_flight.customer(open).substr(8)));
        CHECK(stays.table.entered[row] == day(number));
      }
      ++open;
    }
    CHECK(open == stays.in_flight.size());
    CHECK(open > 8);
  }
}

}  // namespace lotse::test
