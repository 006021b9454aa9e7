#include "engine/base/diagnostic.hpp"

#include <array>
#include <catch2/catch.hpp>

using namespace lotse;

TEST_CASE("render: shows a finding as a compiler does", "[base][diagnostic]") {
  const Diagnostic finding{
      .severity = Severity::error,
      .code = "J012",
      .where = {.file = "journeys/onboarding.yaml", .line = 7, .column = 11},
      .message = "unknown touchpoint `frist_order`",
      .source_line = "      to: frist_order",
      .hint = "did you mean `first_order`?",
      .notes = {{.where = {"journeys/onboarding.yaml", 3, 5}, .message = "declared here"}}};

  CHECK(render(finding) ==
        "journeys/onboarding.yaml:7:11: error: unknown touchpoint `frist_order` [J012]\n"
        "          to: frist_order\n"
        "              ^\n"
        "  hint: did you mean `first_order`?\n"
        "  journeys/onboarding.yaml:3:5: note: declared here\n");
}

TEST_CASE("render: a finding about a whole file has neither line nor caret", "[base][diagnostic]") {
  const Diagnostic finding{.severity = Severity::warning,
                           .code = {},
                           .where = {.file = "a.yaml"},
                           .message = "the file is empty",
                           .source_line = {},
                           .hint = {},
                           .notes = {}};

  CHECK(render(finding) == "a.yaml: warning: the file is empty\n");
}

TEST_CASE("render: the caret stands under its character behind tabs", "[base][diagnostic]") {
  const Diagnostic finding{.severity = Severity::error,
                           .code = {},
                           .where = {.file = "a.yaml", .line = 1, .column = 3},
                           .message = "m",
                           .source_line = "\tab",
                           .hint = {},
                           .notes = {}};

  CHECK(render(finding) == "a.yaml:1:3: error: m\n    \tab\n    \t ^\n");
}

TEST_CASE("nearest: offers what was probably meant, or nothing", "[base][diagnostic]") {
  static constexpr std::array<std::string_view, 4> names{"appointment", "order", "call_back", "online"};
  struct Row {
    const char* why;
    const char* word;
    const char* nearest;
  };
  const auto row = GENERATE(Row{"a letter left out", "appointmnt", "appointment"},
                            Row{"two letters swapped", "odrer", "order"},
                            Row{"a hyphen for an underscore", "call-back", "call_back"},
                            Row{"something else", "technician", ""}, Row{"nothing", "", ""});
  CAPTURE(row.why);

  CHECK(nearest(row.word, names) == row.nearest);
}

TEST_CASE("line_of: gives a line without its end", "[base][diagnostic]") {
  CHECK(line_of("a\r\nb\nc", 1) == "a");
  CHECK(line_of("a\r\nb\nc", 2) == "b");
  CHECK(line_of("a\r\nb\nc", 3) == "c");
  CHECK(line_of("a\r\nb\nc", 4).empty());
}
