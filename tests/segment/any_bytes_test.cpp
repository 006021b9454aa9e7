#include <catch2/catch.hpp>

#include "channels/segment/segment.hpp"
#include "tests/support/mangled.hpp"
#include "tests/support/post.hpp"

namespace lotse::test {

TEST_CASE("segment: whatever the bytes are, each thing is taken or refused, once", "[segment][property]") {
  const std::string whole =
      R"({"batch":[{"type":"track","event":"Order Placed","messageId":"a","userId":"u","timestamp":"2024-03-01T09:00:00Z","properties":{"x":[1]},"context":{"page":{"path":"/"},"externalId":[{"type":"t","id":1}]}},{"type":"identify","anonymousId":7,"traits":{"email":"e"}}],"sentAt":"2024-03-01T09:00:00Z","writeKey":"k"})";
  const Sender sender{.source = "s", .channels = {"web"}};
  const auto dialect = segment::dialect();
  std::mt19937_64 dice(20'240'301);
  std::size_t taken = 0;
  std::size_t refused = 0;
  std::size_t faults = 0;
  for (int i = 0; i < 20'000; ++i) {
    const Posted posted("/v1/batch", mangled(whole, dice), {});
    CAPTURE(posted.post().body);

    static_cast<void>(dialect->keys(posted.post()));
    const auto understood = dialect->read(posted.post(), sender);

    if (!understood) {
      ++faults;
      REQUIRE((understood.error().status == 400 || understood.error().status == 413));
      REQUIRE_FALSE(find_bad_utf8(dialect->refused(posted.post(), understood.error()).body));
      continue;
    }
    REQUIRE(is_whole(*understood, understood->events.size() + understood->refused.size()));
    for (const Refusal& each : understood->refused) {
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
