#include "engine/expression/value.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

namespace lotse {
namespace {

Value integer(std::int64_t value) { return Value(value); }

}  // namespace

TEST_CASE("value: describe gives the CEL literal, to_json the JSON text", "[expression][value]") {
  struct Row {
    const char* why;
    Value value;
    const char* described;
    const char* json;
  };
  const auto row = GENERATE(
      Row{"null", Value(), "null", "null"}, Row{"a bool", Value(true), "true", "true"},
      Row{"the least int", integer(INT64_MIN), "-9223372036854775808", "-9223372036854775808"},
      Row{"a uint is marked in CEL only", Value(std::uint64_t{3}), "3u", "3"},
      Row{"a whole double stays a double", Value(1.0), "1.0", "1.0"},
      Row{"the shortest digits that read back", Value(0.1), "0.1", "0.1"},
      Row{"an exponent is enough of a mark", Value(1e300), "1e+300", "1e+300"},
      Row{"minus zero keeps its sign", Value(-0.0), "-0.0", "-0.0"},
      Row{"JSON has no infinity", Value(HUGE_VAL), "double(\"inf\")", "null"},
      Row{"quotes, backslashes and controls are escaped", Value("a\"b\\c\n\x1f"), "\"a\\\"b\\\\c\\n\\u001f\"",
          "\"a\\\"b\\\\c\\n\\u001f\""},
      Row{"text beyond ASCII is left as it is", Value("Grüße 🐱"), "\"Grüße 🐱\"", "\"Grüße 🐱\""},
      Row{"bytes are base64 in JSON",
          Value(Bytes{"\xff"
                      "a\"\\"}),
          "b\"\\xffa\\x22\\x5c\"", "\"/2EiXA==\""},
      Row{"no bytes", Value(Bytes{}), "b\"\"", "\"\""},
      Row{"a timestamp without its zero nanoseconds", Value(Timestamp{1704067200, 0}),
          "timestamp(\"2024-01-01T00:00:00Z\")", "\"2024-01-01T00:00:00Z\""},
      Row{"a timestamp with the fraction it has", Value(Timestamp{1704067200, 1'500'000}),
          "timestamp(\"2024-01-01T00:00:00.0015Z\")", "\"2024-01-01T00:00:00.0015Z\""},
      Row{"a negative duration", Value(CelDuration{-1, -500'000'000}), "duration(\"-1.5s\")", "\"-1.5s\""},
      Row{"a list", Value(List{integer(1), Value("a"), Value(List{})}), "[1, \"a\", []]", "[1,\"a\",[]]"},
      Row{"a map keeps its order, and its keys become texts",
          Value(Map{{Value("b"), integer(1)}, {integer(2), Value()}, {Value(true), Value(Map{})}}),
          "{\"b\": 1, 2: null, true: {}}", "{\"b\":1,\"2\":null,\"true\":{}}"},
      Row{"a type", Value(TypeName{"int"}), "int", "\"int\""});
  CAPTURE(row.why);

  CHECK(describe(row.value) == row.described);
  CHECK(to_json(row.value) == row.json);
}

TEST_CASE("value: identical tells representations apart that CEL's == does not", "[expression][value]") {
  struct Row {
    const char* why;
    Value a;
    Value b;
    bool identical;
  };
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto row = GENERATE_COPY(
      Row{"NaN is itself", Value(nan), Value(nan), true},
      Row{"the zeros differ", Value(0.0), Value(-0.0), false},
      Row{"types differ", integer(1), Value(1.0), false},
      Row{"texts by content", Value("a"), Value("a"), true},
      Row{"lists by elements", Value(List{integer(1)}), Value(List{integer(1)}), true},
      Row{"a longer list", Value(List{integer(1)}), Value(List{integer(1), integer(2)}), false},
      Row{"maps by entries in order", Value(Map{{Value("a"), integer(1)}, {Value("b"), integer(2)}}),
          Value(Map{{Value("b"), integer(2)}, {Value("a"), integer(1)}}), false},
      Row{"bytes by content", Value(Bytes{"x"}), Value(Bytes{"x"}), true},
      Row{"a string is no bytes", Value("x"), Value(Bytes{"x"}), false},
      Row{"null is null", Value(), Value(), true});
  CAPTURE(row.why);

  CHECK(row.a.identical(row.b) == row.identical);
  CHECK(row.b.identical(row.a) == row.identical);
}

TEST_CASE("value: its parts are found by type and by key", "[expression][value]") {
  const Value map(Map{{integer(1), Value("by int")}, {Value("amount"), integer(5)}});

  REQUIRE(map.find("amount") != nullptr);
  CHECK(map.find("amount")->number() == 5.0);
  CHECK(map.find("1") == nullptr);
  CHECK(Value("text").find("amount") == nullptr);
  CHECK(Value("text").number() == std::nullopt);
  CHECK(Value(std::uint64_t{7}).number() == 7.0);
  CHECK(Value("2024-01-01T00:00:00Z").instant() == Value(Timestamp{1704067200, 999}).instant());
  CHECK(Value("soon").instant() == std::nullopt);
  CHECK(map.list() == nullptr);
}

TEST_CASE("value: instants before 1970 are cut towards the past", "[expression][value]") {
  const Instant before{Duration{-1}};

  CHECK(to_timestamp(before) == Timestamp{-1, 999'000'000});
  CHECK(to_instant(Timestamp{-1, 999'999'999}) == before);
  CHECK(to_instant(to_timestamp(before)) == before);
}

}  // namespace lotse
