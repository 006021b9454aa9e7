#include "engine/store/seen_events.hpp"

#include <rapidcheck.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <vector>

namespace lotse {
namespace {

std::vector<EventNumber> candidates(const SeenEvents& seen, std::uint64_t fingerprint) {
  std::vector<EventNumber> numbers;
  seen.candidates(fingerprint, numbers);
  return numbers;
}

TEST_CASE("seen events: every stored fingerprint is found, and few others", "[store]") {
  std::mt19937_64 random(7);
  SeenEvents seen;
  std::vector<std::uint64_t> fingerprints;
  for (std::uint32_t number = 1; number <= 300'000; ++number) {
    fingerprints.push_back(random());
    seen.insert(fingerprints.back(), EventNumber(number));
  }

  std::size_t missed = 0;
  for (std::uint32_t number = 1; number <= 300'000; ++number) {
    const auto found = candidates(seen, fingerprints[number - 1]);
    missed += std::ranges::count(found, EventNumber(number)) == 1 ? 0U : 1U;
  }
  std::size_t false_hits = 0;
  for (int i = 0; i < 300'000; ++i) false_hits += candidates(seen, random()).size();

  CHECK(missed == 0);
  CHECK(false_hits < 10);  // 300,000 · 300,000 / 2^40 = 0.08 expected
  CHECK(seen.bytes() < 300'000 * 16);
}

TEST_CASE("seen events: any fingerprints are kept like in a multimap, in bulk or one by one",
          "[store][property]") {
  const bool holds = rc::check([] {
    // Few distinct shards and tags, so that arrays grow and tags repeat.
    const auto part = rc::gen::inRange<std::uint64_t>(0, 40);
    const auto parts = *rc::gen::container<std::vector<std::pair<std::uint64_t, std::uint64_t>>>(
        rc::gen::pair(rc::gen::inRange<std::uint64_t>(0, 2), part));
    std::vector<std::uint64_t> fingerprints;
    for (const auto& [shard, tag] : parts)
      fingerprints.push_back(shard << 48U | (tag * 419'430) << 24U | tag);
    std::multimap<std::uint64_t, EventNumber> expected;
    SeenEvents one_by_one;
    std::uint32_t number = 0;
    for (const std::uint64_t fingerprint : fingerprints) {
      expected.emplace(fingerprint, EventNumber(++number));
      one_by_one.insert(fingerprint, EventNumber(number));
    }
    SeenEvents in_bulk;
    RC_ASSERT(in_bulk.fill([&](const SeenEvents::Add& add) -> Result<void> {
      add(EventNumber(1), fingerprints);
      return {};
    }));

    RC_ASSERT(in_bulk.size() == fingerprints.size());
    for (std::uint64_t shard = 0; shard < 2; ++shard) {
      for (std::uint64_t tag = 0; tag < 41; ++tag) {
        const std::uint64_t fingerprint = shard << 48U | (tag * 419'430) << 24U | tag;
        std::vector<EventNumber> numbers;
        const auto [begin, end] = expected.equal_range(fingerprint);
        for (auto it = begin; it != end; ++it) numbers.push_back(it->second);
        RC_ASSERT(candidates(one_by_one, fingerprint) == numbers);
        RC_ASSERT(candidates(in_bulk, fingerprint) == numbers);
      }
    }
  });
  REQUIRE(holds);
}

TEST_CASE("seen events: equal fingerprints of different events are all candidates", "[store]") {
  SeenEvents seen;
  for (std::uint32_t number = 1; number <= 1'000; ++number) seen.insert(0, EventNumber(number));

  CHECK(candidates(seen, 0).size() == 1'000);
  CHECK(candidates(seen, std::uint64_t{1} << 63U).empty());
}

}  // namespace
}  // namespace lotse
