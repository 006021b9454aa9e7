#pragma once

#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <string_view>

#include "engine/runtime/dialect.hpp"
#include "tests/support/mangled.hpp"
#include "tests/support/post.hpp"

namespace lotse::test {

/// Sends `whole` in 20,000 mangled forms: each thing is taken or refused, once and with its place; what is
/// not taken at all is a fault of the sender; nothing that is told holds broken UTF-8. Each of the three
/// comes often.
inline void check_any_bytes(const Dialect& dialect, const std::string& path, std::string_view whole,
                            const Fields& headers) {
  const Sender sender{.source = "s", .channels = {"web"}};
  std::mt19937_64 dice(20'240'301);
  std::size_t taken = 0;
  std::size_t refused = 0;
  std::size_t faults = 0;
  for (int i = 0; i < 20'000; ++i) {
    const Posted posted(path, mangled(whole, dice), headers);
    CAPTURE(posted.post().body);

    static_cast<void>(dialect.keys(posted.post()));
    const auto understood = dialect.read(posted.post(), sender);

    if (!understood) {
      ++faults;
      REQUIRE((understood.error().status == 400 || understood.error().status == 413));
      REQUIRE_FALSE(find_bad_utf8(dialect.refused(posted.post(), understood.error()).body));
      continue;
    }
    REQUIRE(is_whole(*understood, understood->events.size() + understood->refused.size()));
    for (const RefusedPart& each : understood->refused) {
      REQUIRE_FALSE(each.reason.empty());
      REQUIRE_FALSE(find_bad_utf8(each.text + each.detail + each.place));
    }
    taken += understood->events.size();
    refused += understood->refused.size();
  }
  CHECK(taken > 1'000);
  CHECK(refused > 1'000);
  CHECK(faults > 1'000);
}

}  // namespace lotse::test
