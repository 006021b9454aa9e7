#include "tests/support/any_bytes.hpp"

#include <catch2/catch.hpp>
#include <string_view>

#include "channels/cloudevents/cloudevents.hpp"

namespace lotse::test {

TEST_CASE("cloudevents: whatever the bytes are, each thing is taken or refused, once",
          "[cloudevents][property]") {
  const std::string_view whole =
      R"([{"specversion":"1.0","id":"e-1","source":"/crm","type":"t","time":"2024-03-01T09:00:00Z","userid":"a","data":{"ids":{"u":1},"properties":{"a":[1]}}},{"specversion":"1.0","id":"e-2","source":"/crm","type":"t","subject":"a:b","data_base64":"eyJhIjoxfQ=="}])";

  check_any_bytes(*cloudevents::dialect(), "/v1/cloudevents", whole,
                  {{"content-type", "application/cloudevents-batch+json"}});
}

}  // namespace lotse::test
