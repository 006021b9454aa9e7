#include "tests/support/any_bytes.hpp"

#include <catch2/catch.hpp>
#include <string_view>

#include "channels/native/native.hpp"

namespace lotse::test {

TEST_CASE("native: whatever the bytes are, each thing is taken or refused, once", "[native][property]") {
  const std::string_view whole =
      R"([{"id":"a","type":"t","time":"2024-03-01T09:00:00Z","ids":{"u":1},"properties":{"x":[1,{"y":"z"}],"n":-1.5e3}},{"id":"b","type":"t","time":"2024-03-01T09:00:00Z","ids":{"u":"\u00e4"},"channel":"web"}])";

  check_any_bytes(*native::dialect(), "/v1/events", whole, {});
}

}  // namespace lotse::test
