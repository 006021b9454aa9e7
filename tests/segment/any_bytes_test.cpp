#include "tests/support/any_bytes.hpp"

#include <catch2/catch.hpp>
#include <string_view>

#include "channels/segment/segment.hpp"

namespace lotse::test {

TEST_CASE("segment: whatever the bytes are, each thing is taken or refused, once", "[segment][property]") {
  const std::string_view whole =
      R"({"batch":[{"type":"track","event":"Order Placed","messageId":"a","userId":"u","timestamp":"2024-03-01T09:00:00Z","properties":{"x":[1]},"context":{"page":{"path":"/"},"externalId":[{"type":"t","id":1}]}},{"type":"identify","anonymousId":7,"traits":{"email":"e"}}],"sentAt":"2024-03-01T09:00:00Z","writeKey":"k"})";

  check_any_bytes(*segment::dialect(), "/v1/batch", whole, {});
}

}  // namespace lotse::test
