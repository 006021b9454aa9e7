#include "engine/workbench/outcome_formats.hpp"

#include <catch2/catch.hpp>
#include <pugixml.hpp>
#include <string>
#include <vector>

namespace lotse {
namespace {

using scenario::FileOutcomes;

Diagnostic failed(std::string message, std::uint32_t line) {
  Diagnostic made;
  made.code = "failed";
  made.where = {.file = "tests/a.test.yaml", .line = line, .column = 5};
  made.message = std::move(message);
  made.source_line = "    sent: [x]";
  return made;
}

/// One that passed, one that failed twice, and a file with mistakes; names that each format has to escape.
std::vector<FileOutcomes> sample() {
  return {
      {.file = "tests/a.test.yaml",
       .tests = {{.outcome = {.name = "All <is> \"well\" & good", .where = {"tests/a.test.yaml", 3, 11}},
                  .seconds = 0.25},
                 {.outcome = {.name = "# SKIP \\ not\nreally",
                              .where = {"tests/a.test.yaml", 9, 11},
                              .failures = {failed("expected <x>, found `y`", 12), failed("second", 13)},
                              .trace = "  what happened to ada:\n    nothing\n"},
                  .seconds = 0.5}},
       .mistakes = {}},
      {.file = "tests/b.test.yaml", .tests = {}, .mistakes = "tests/b.test.yaml:1:1: error: `x` & <y>\n"}};
}

constexpr std::string_view kFailure =
    "tests/a.test.yaml:12:5: error: expected <x>, found `y` [failed]\n"
    "        sent: [x]\n"
    "        ^\n"
    "tests/a.test.yaml:13:5: error: second [failed]\n"
    "        sent: [x]\n"
    "        ^\n"
    "  what happened to ada:\n"
    "    nothing\n";

}  // namespace

TEST_CASE("outcome formats: a failure is told as the terminal tells it", "[workbench]") {
  CHECK(scenario::failure_text(sample()[0].tests[1].outcome) == kFailure);
  CHECK(scenario::failure_text(sample()[0].tests[0].outcome).empty());
}

TEST_CASE("outcome formats: TAP has a line a test and a YAML block where one failed", "[workbench]") {
  CHECK(scenario::tap_text(sample(), "shop 1: 2 of 3\nmore\n") ==
        R"(TAP version 14
1..3
# tests/a.test.yaml
ok 1 - All <is> "well" & good
not ok 2 - \# SKIP \\ not really
  ---
  message: "expected <x>, found `y`"
  severity: fail
  at: {file: "tests/a.test.yaml", line: 12, column: 5}
  text: |2
    tests/a.test.yaml:12:5: error: expected <x>, found `y` [failed]
            sent: [x]
            ^
    tests/a.test.yaml:13:5: error: second [failed]
            sent: [x]
            ^
      what happened to ada:
        nothing
  ...
# tests/b.test.yaml
not ok 3 - tests/b.test.yaml
  ---
  message: "it has mistakes, none of its tests ran"
  severity: fail
  at: {file: "tests/b.test.yaml", line: 0, column: 0}
  text: |2
    tests/b.test.yaml:1:1: error: `x` & <y>
  ...
# shop 1: 2 of 3
# more
)");
}

TEST_CASE("outcome formats: TAP without tests is a plan that skips", "[workbench]") {
  CHECK(scenario::tap_text({}) == "TAP version 14\n1..0 # SKIP no tests\n");
}

TEST_CASE(
    "outcome formats: JUnit has suites, cases, times and failures, and an XML parser gets the names back",
    "[workbench]") {
  pugi::xml_document document;
  REQUIRE(document.load_string(scenario::junit_text(sample()).c_str()));

  const pugi::xml_node all = document.child("testsuites");
  CHECK(all.attribute("tests").as_int() == 3);
  CHECK(all.attribute("failures").as_int() == 1);
  CHECK(all.attribute("errors").as_int() == 1);
  CHECK(all.attribute("time").as_double() == Approx(0.75));
  const pugi::xml_node first = all.first_child();
  CHECK(first.name() == std::string("testsuite"));
  CHECK(first.attribute("name").value() == std::string("tests/a.test.yaml"));
  CHECK(first.attribute("tests").as_int() == 2);
  CHECK(first.attribute("failures").as_int() == 1);
  CHECK(first.attribute("errors").as_int() == 0);
  const pugi::xml_node passed = first.first_child();
  CHECK(passed.name() == std::string("testcase"));
  CHECK(passed.attribute("name").value() == std::string("All <is> \"well\" & good"));
  CHECK(passed.attribute("classname").value() == std::string("tests.a"));
  CHECK(passed.attribute("file").value() == std::string("tests/a.test.yaml"));
  CHECK(passed.attribute("line").as_int() == 3);
  CHECK(passed.attribute("time").as_double() == Approx(0.25));
  CHECK(passed.first_child().empty());
  const pugi::xml_node failure = passed.next_sibling().first_child();
  CHECK(passed.next_sibling().attribute("name").value() == std::string("# SKIP \\ not really"));
  CHECK(failure.name() == std::string("failure"));
  CHECK(failure.attribute("message").value() == std::string("expected <x>, found `y`"));
  CHECK(failure.child_value() == std::string(kFailure));
  const pugi::xml_node error = first.next_sibling().first_child().first_child();
  CHECK(error.name() == std::string("error"));
  CHECK(error.child_value() == std::string("tests/b.test.yaml:1:1: error: `x` & <y>\n"));
}

TEST_CASE("outcome formats: no byte of a name breaks a line or the XML", "[workbench]") {
  const std::string name("a\x01\xff\xEF\xBF\xBE\r\n\x1b[31mz");
  std::vector<FileOutcomes> files = sample();
  files[0].tests[0].outcome.name = name;
  files[0].tests[1].outcome.trace = name;

  const std::string xml = scenario::junit_text(files);
  const std::string tap = scenario::tap_text(files);

  pugi::xml_document document;
  REQUIRE(document.load_string(xml.c_str()));
  CHECK(document.first_child().first_child().first_child().attribute("name").value() ==
        std::string("a \xEF\xBF\xBD\xEF\xBF\xBD   [31mz"));
  CHECK(xml.find('\x1b') == std::string::npos);
  CHECK(tap.find("ok 1 - a \xff") != std::string::npos);
  CHECK(tap.find('\x1b') == std::string::npos);
}

}  // namespace lotse
