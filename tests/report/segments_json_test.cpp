#include "engine/report/segments_json.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "tests/support/one_line.hpp"

namespace lotse::test {
namespace {

/// Stays with one segment; `codes` by stay.
StayTable with_values(std::vector<std::string> values, std::vector<std::uint32_t> codes) {
  StayTable table;
  table.segments = {"plan"};
  for (std::uint32_t code = 0; code < values.size(); ++code) table.segment_sets.push_back(code);
  table.segment_values = {std::move(values)};
  table.segment_set = std::move(codes);
  return table;
}

}  // namespace

TEST_CASE("segments json: the values that most stays have come first, and those of none are left out",
          "[report]") {
  const StayTable table = with_values({"cable", "dsl", "fibre", "lte"}, {2, 0, 2, 1, 2, 0});

  CHECK(on_one_line(segments_json(table)) ==
        R"({"segments": [{"name": "plan", "values": ["fibre", "cable", "dsl"], "more": 0}]})");
}

TEST_CASE("segments json: a segment as fine as a person is cut short, and says so", "[report]") {
  std::vector<std::string> values;
  std::vector<std::uint32_t> codes;
  for (std::uint32_t i = 0; i < 130; ++i) {
    values.push_back("v" + std::to_string(1000 + i));
    codes.push_back(i);
  }
  const std::string json = segments_json(with_values(std::move(values), std::move(codes)));

  CHECK(json.find("\"v1099\"") != std::string::npos);
  CHECK(json.find("\"v1100\"") == std::string::npos);
  CHECK(json.find("\"more\": 30") != std::string::npos);
}

TEST_CASE("segments json: without segments there are none", "[report]") {
  CHECK(on_one_line(segments_json({})) == R"({"segments": []})");
}

}  // namespace lotse::test
