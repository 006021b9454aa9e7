#include "engine/base/base64.hpp"

#include <rapidcheck/catch.h>

#include <catch2/catch.hpp>
#include <string>

namespace lotse {

TEST_CASE("base64: RFC 4648's examples", "[base][base64]") {
  struct Row {
    const char* bytes;
    const char* text;
  };
  const auto row = GENERATE(Row{"", ""}, Row{"f", "Zg=="}, Row{"fo", "Zm8="}, Row{"foo", "Zm9v"},
                            Row{"foob", "Zm9vYg=="}, Row{"fooba", "Zm9vYmE="}, Row{"foobar", "Zm9vYmFy"});

  CHECK(encode_base64(row.bytes) == row.text);
  CHECK(decode_base64(row.text) == row.bytes);
}

TEST_CASE("base64: what is written is read back", "[base][base64][property]") {
  rc::prop("any bytes",
           [](const std::string& bytes) { RC_ASSERT(decode_base64(encode_base64(bytes)) == bytes); });
}

}  // namespace lotse
