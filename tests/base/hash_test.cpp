#include "engine/base/hash.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "engine/base/strong.hpp"

using namespace lotse;

using CustomerName = Strong<struct CustomerNameTag, std::string>;
using JourneyName = Strong<struct JourneyNameTag, std::string>;
static_assert(!std::is_constructible_v<CustomerName, JourneyName>);
static_assert(!std::is_convertible_v<std::string, CustomerName>);

TEST_CASE("sha256: gives the digest of FIPS 180-4's example", "[base][hash]") {
  CHECK(hex(sha256("abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_CASE("split_fraction: is what anyone computes from SHA-256", "[base][hash]") {
  // python3: int.from_bytes(hashlib.sha256(b"user_id:4711\nnudge-test").digest()[:8], "big") / 2**64
  CHECK(split_fraction("user_id:4711", "nudge-test") == Approx(0.7541835868701943).epsilon(1e-12));
}

TEST_CASE("split_fraction: gives each share its part of the customers", "[base][hash]") {
  int below = 0;
  for (int i = 0; i < 20'000; ++i) {
    if (split_fraction("user_id:" + std::to_string(i), "nudge-test") < 0.45) ++below;
  }

  CHECK(below == Approx(9'000).margin(300));  // over four standard deviations of 70
}
