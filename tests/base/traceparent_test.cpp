#include "engine/base/traceparent.hpp"

#include <catch2/catch.hpp>
#include <string>

using namespace lotse;

TEST_CASE("traceparent: as W3C Trace Context has it", "[base]") {
  const std::string good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  CHECK(is_traceparent(good));

  const auto with = [&](std::size_t at, std::string_view text) {
    return std::string(good).replace(at, text.size(), text);
  };
  CHECK_FALSE(is_traceparent(""));
  CHECK_FALSE(is_traceparent(good + "-x"));
  CHECK_FALSE(is_traceparent(good.substr(1)));
  CHECK_FALSE(is_traceparent(with(0, "01")));  // of a version that is not known, nothing is
  CHECK_FALSE(is_traceparent(with(3, "0AF7")));
  CHECK_FALSE(is_traceparent(with(3, std::string(32, '0'))));
  CHECK_FALSE(is_traceparent(with(36, std::string(16, '0'))));
  CHECK_FALSE(is_traceparent(with(35, "_")));
  CHECK_FALSE(is_traceparent(with(52, "_")));
  CHECK_FALSE(is_traceparent(with(53, "\r\n")));
}
