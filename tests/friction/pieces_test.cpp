#include "engine/friction/pieces.hpp"

#include <catch2/catch.hpp>

#include "tests/friction/hand_made.hpp"

namespace lotse::test {

TEST_CASE("pieces: together they are all instances, and no customer is cut", "[friction]") {
  std::vector<JourneyState> customers;
  for (std::size_t c = 0; c < 40; ++c) {
    JourneyState& one = customers.emplace_back();
    for (std::size_t i = 0; i <= c % 5; ++i) {
      one.instances.push_back(customer({stay(order, day(static_cast<double>(i)))}).instances[0]);
    }
  }
  const StayTable table = table_of(customers, day(10));
  REQUIRE(table.instances.size() == 120);
  const unsigned threads = GENERATE(0U, 1U, 2U, 7U, 1'000U);

  const std::vector<std::size_t> bounds = cut_in_pieces(table, threads);

  CHECK(bounds.front() == 0);
  CHECK(bounds.back() == 120);
  for (std::size_t i = 1; i < bounds.size(); ++i) {
    CHECK(bounds[i - 1] < bounds[i]);
    if (bounds[i] < 120)
      CHECK(table.instances[bounds[i]].customer != table.instances[bounds[i] - 1].customer);
  }
  CHECK(cut_in_pieces(table_of({}, day(0)), threads) == std::vector<std::size_t>{0});
}

TEST_CASE("end_of_stay: over the hops of a stay, never into another instance", "[friction]") {
  Stay called = stay(order, day(1), Cause::hopped, day(2), call_center);
  JourneyState one = customer({stay(order, day(0), Cause::hopped, day(1)), called,
                               stay(order, day(2), Cause::advanced, day(3)), stay(appointment, day(3))});
  // A table as of the instant of a hop may lack what comes after it in the same instant.
  JourneyState cut = customer({stay(order, day(0), Cause::hopped, day(1))});
  const StayTable table = table_of({one, cut, one}, day(9));

  CHECK(end_of_stay(table, 0) == 3);
  CHECK(end_of_stay(table, 3) == 4);
  CHECK(end_of_stay(table, 4) == 5);
  CHECK(end_of_stay(table, 5) == 8);
}

}  // namespace lotse::test
