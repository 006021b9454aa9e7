#include <catch2/catch.hpp>

#include "channels/cloudevents/cloudevents.hpp"
#include "tests/support/mangled.hpp"
#include "tests/support/post.hpp"

namespace lotse::test {

TEST_CASE("cloudevents: whatever the bytes are, each thing is taken or refused, once",
          "[cloudevents][property]") {
  const std::string whole =
      R"([{"specversion":"1.0","id":"e-1","source":"/crm","type":"t","time":"2024-03-01T09:00:00Z","userid":"a","data":{"ids":{"u":1},"properties":{"a":[1]}}},{"specversion":"1.0","id":"e-2","source":"/crm","type":"t","subject":"a:b","data_base64":"eyJhIjoxfQ=="}])";
  const Sender sender{.source = "s", .channels = {"web"}};
  const auto dialect = cloudevents::dialect();
  std::mt19937_64 dice(20'240'301);
  std::size_t taken = 0;
  std::size_t refused = 0;
  std::size_t faults = 0;
  for (int i = 0; i < 20'000; ++i) {
    const Posted posted("/v1/cloudevents", mangled(whole, dice),
                        {{"content-type", "application/cloudevents-batch+json"}});
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
