#include "engine/runtime/state_table.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <string>

#include "tests/support/dice.hpp"

namespace lotse {
namespace {

/// Bytes that tell whose they are and how long.
std::string bytes_of(std::uint32_t customer, std::size_t length, unsigned version) {
  std::string bytes(length, static_cast<char>('a' + (customer + version) % 26));
  bytes.front() = static_cast<char>(customer);
  return bytes;
}

void check_equal(const StateTable& table, const std::map<std::uint32_t, std::string>& expected) {
  std::size_t equal = 0;
  for (const auto& [customer, bytes] : expected)
    equal += table.find(CustomerNumber(customer)) == bytes ? 1U : 0U;
  CHECK(equal == expected.size());
  CHECK(table.size() == expected.size());
}

TEST_CASE("state table: large states are kept as well, and little beside them", "[runtime]") {
  StateTable table;
  std::map<std::uint32_t, std::string> expected;
  std::size_t length = 0;
  for (const std::size_t kib : {40U, 130U, 400U, 600U, 1'100U}) {
    for (std::uint32_t i = 0; i < 60; ++i) {
      const auto customer = static_cast<std::uint32_t>(expected.size());
      expected[customer] = bytes_of(customer, kib * 1'024 + i, 0);
      length += expected[customer].size();
      table.set(CustomerNumber(customer), expected[customer]);
    }
  }
  check_equal(table, expected);
  CHECK(table.bytes() < length + length / 4 + (std::size_t{8} << 20U));
}

TEST_CASE("state table: keeps the last bytes of every customer through growth, shrinking and erasing",
          "[runtime]") {
  test::Dice dice(3);
  StateTable table;
  std::map<std::uint32_t, std::string> expected;
  for (unsigned step = 0; step < 300'000; ++step) {
    const std::uint32_t customer = dice(20'000U);
    if (dice.one_in(10)) {
      table.erase(CustomerNumber(customer));
      expected.erase(customer);
      continue;
    }
    expected[customer] = bytes_of(customer, 1 + dice(std::size_t{600}), step);
    table.set(CustomerNumber(customer), expected[customer]);
  }

  check_equal(table, expected);
  std::size_t payload = 0;
  for (const auto& [customer, bytes] : expected) payload += bytes.size() + 12;
  CHECK(table.bytes() < payload * 5 / 4 + (8U << 20U));
  CHECK(table.end() == 20'000);
  CHECK(table.find(CustomerNumber(99'999)).empty());
}

TEST_CASE("state table: states that only grow leave no more than a fifth of waste", "[runtime]") {
  StateTable table;
  constexpr std::uint32_t customers = 50'000;
  for (std::size_t length = 40; length <= 240; length += 20) {
    for (std::uint32_t customer = 0; customer < customers; ++customer) {
      table.set(CustomerNumber(customer), bytes_of(customer, length, 0));
    }
  }

  CHECK(table.bytes() < customers * (240 + 12) * 5 / 4 + (5U << 20U));
}

TEST_CASE("state table: a state may be larger than a chunk", "[runtime]") {
  StateTable table;
  std::map<std::uint32_t, std::string> expected;
  for (unsigned round = 0; round < 20; ++round) {
    for (const std::uint32_t customer : {1U, 5U, 9U}) {
      expected[customer] = bytes_of(customer, (std::size_t{3} << 20U) + round * 1'000, round);
      table.set(CustomerNumber(customer), expected[customer]);
    }
    expected[2] = bytes_of(2, 10 + round, round);
    table.set(CustomerNumber(2), expected[2]);
  }

  check_equal(table, expected);
  CHECK(table.bytes() < 20U << 20U);
  for (const auto& [customer, bytes] : expected) table.erase(CustomerNumber(customer));
  CHECK(table.size() == 0);
}

}  // namespace
}  // namespace lotse
