#include "engine/friction/key_index.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <random>

namespace lotse {

TEST_CASE("key_index: keys have the numbers of their first coming", "[friction][scan]") {
  std::mt19937_64 dice(7);
  KeyIndex index;
  std::map<std::uint64_t, std::uint32_t> expected;
  for (int i = 0; i < 20'000; ++i) {
    // Few keys and many, small and large, so that some collide and the table grows.
    const std::uint64_t key = i % 2 == 0 ? dice() % 3'000 : dice() << 32U | (dice() % 3'000);
    const auto number = expected.try_emplace(key, static_cast<std::uint32_t>(expected.size())).first->second;
    REQUIRE(index.of(key) == number);
  }
  REQUIRE(index.keys().size() == expected.size());
  for (const auto& [key, number] : expected) CHECK(index.keys()[number] == key);
}

}  // namespace lotse
