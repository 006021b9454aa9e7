#include <catch2/catch.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/cli/program.hpp"
#include "tests/support/paths.hpp"

namespace lotse::test {

namespace {

constexpr const char* example = "journeys/broadband";
constexpr const char* planted = "Two days without a booking bring the nudge";

/// The example with a mistake in the journey that one test catches.
void copy_with_mistake(const Folder& folder) {
  std::filesystem::copy(source_dir() / example, folder.path(), std::filesystem::copy_options::recursive);
  const std::string file = "journeys/broadband-onboarding.yaml";
  std::string text = folder.read(file);
  const std::string from = "{to: nudge,     after: 2d,";
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  folder.write(file, text.replace(at, from.size(), "{to: nudge,     after: 3d,"));
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("cli test: TAP on the standard output, and the status of the tests", "[cli]") {
  const Folder folder;
  copy_with_mistake(folder);

  const Run good = lotse({"test", example, "--format", "tap"});
  const Run bad = lotse({"test", folder.path().string(), "--format", "tap"});

  CHECK(good.status == 0);
  CHECK(good.err.empty());
  CHECK(good.out.starts_with("TAP version 14\n1.."));
  CHECK(!has(good.out, "not ok"));
  CHECK(bad.status == 1);
  CHECK(has(bad.out, std::string(" - ") + planted));
  CHECK(has(bad.out, "\n  severity: fail\n"));
  CHECK(has(bad.out, "what happened to ada:"));
}

TEST_CASE("cli test: with --output the file has JUnit's XML and the terminal the text", "[cli]") {
  const Folder folder;
  copy_with_mistake(folder);
  const std::string file = (folder.path() / "junit.xml").string();

  const Run run = lotse({"test", folder.path().string(), "--format", "junit", "--output", file});

  CHECK(run.status == 1);
  CHECK(has(run.out, std::string("FAILED  ") + planted));
  CHECK(folder.read("junit.xml").starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites "));
  CHECK(
      has(folder.read("junit.xml"), "<failure message=\"expected {touchpoint: nudge, at: 2024-03-03 10:00}"));
}

TEST_CASE("cli test: a file with mistakes is an error in the report, and so is a workspace with some",
          "[cli]") {
  const Folder folder;
  copy_with_mistake(folder);
  folder.write("tests/wrong.test.yaml", "tests: [{tset: x}]\n");
  const std::string file = (folder.path() / "junit.xml").string();
  const auto run = [&] {
    return lotse({"test", folder.path().string(), "--format", "junit", "-o", file, "--only", "evening"});
  };

  const Run mistakes = run();
  const std::string report = folder.read("junit.xml");
  folder.write("journeys/broadband-onboarding.yaml", "journey: [");
  const Run broken = run();

  CHECK(mistakes.status == 1);
  CHECK(has(report, "errors=\"1\""));
  CHECK(has(report, "wrong.test.yaml:1:"));
  CHECK(broken.status == 1);
  CHECK(has(folder.read("junit.xml"), "tests=\"1\" failures=\"0\" errors=\"1\""));
}

TEST_CASE("cli test: a report that cannot be written is a failure of the world", "[cli]") {
  CHECK(lotse({"test", example, "--format", "tap", "--output", "/nowhere/at/all"}).status == 3);
  CHECK(lotse({"test", example, "--format", "yaml"}).status == 2);
}

TEST_CASE("cli test: the example's tests go through every touchpoint and every transition", "[cli]") {
  const Run run = lotse({"test", example, "--quiet", "--coverage"});

  INFO(run.out);
  CHECK(run.status == 0);
  CHECK(run.out.ends_with(
      "\nbroadband-onboarding 3: 20 of 20 touchpoints reached, 31 of 31 transitions taken\n"));
}

TEST_CASE("cli test: coverage lists what no test went through, with its place, and draws it", "[cli]") {
  const Folder folder;

  const Run run = lotse({"test", example, "--only", "television", "--coverage", "--coverage-maps",
                         (folder.path() / "maps").string()});
  const Run number = lotse({"test", example, "--only", "television"});
  const Run none = lotse({"test", example, "--only", "no test is called this"});

  CHECK(run.status == 0);
  CHECK(has(run.out, "\nbroadband-onboarding 3: 0 of 20 touchpoints reached, 0 of 31 transitions taken\n"));
  CHECK(has(run.out, "\njourneys/broadband-onboarding.yaml:50:3: not reached: order\n"));
  CHECK(has(run.out, ": not taken: order → hold\n"));
  CHECK(has(run.out, ": not taken: anywhere → complaint\n"));
  CHECK(folder.read("maps/broadband-onboarding.svg").starts_with("<svg "));
  CHECK(has(folder.read("maps/broadband-onboarding.svg"), "from anywhere: never"));
  CHECK(has(number.out, "0 of 31 transitions taken\n"));
  CHECK(!has(number.out, "not taken"));
  CHECK(!has(none.out, "transitions"));
  CHECK(none.status == 2);  // a slip of the pen must not pass where tests are run by a machine
  CHECK(has(none.err, "--only: no test's name has `no test is called this`"));
}

TEST_CASE("cli test: the workspace is the one in which the paths lie", "[cli]") {
  const auto arguments = GENERATE(values<std::vector<std::string>>({
      {"journeys/broadband/tests/order.test.yaml"},
      {"journeys/broadband/tests/order.test.yaml", "journeys/broadband/tests/install.test.yaml"},
      {"journeys/broadband/tests"},
      {"journeys/broadband/"},
      {"-w", "journeys/broadband", "journeys/broadband/tests/order.test.yaml"},
  }));
  CAPTURE(arguments);
  std::vector<std::string> words{"test", "--quiet"};
  words.insert(words.end(), arguments.begin(), arguments.end());

  const Run run = lotse(words);

  CHECK(run.status == 0);
  CHECK(run.err == "");
  CHECK(has(run.out, " passed, 0 failed in "));
  CHECK(!has(run.out, "\n0 passed"));
}

TEST_CASE("cli test: a path that gives no test is named, and why", "[cli]") {
  const Folder folder;
  folder.write("alone.test.yaml", "journey: x\ntests: []\n");
  struct Row {
    std::vector<std::string> paths;
    std::string message;
  };
  const auto row = GENERATE(values<Row>({
      {{"nowhere.test.yaml"}, "cannot read `nowhere.test.yaml`: there is no such file or folder"},
      {{"journeys/broadband/journeys"}, "`journeys/broadband/journeys` has no *.test.yaml"},
      {{"journeys/broadband/tests/order.test.yaml", "journeys/starter/tests"},
       "`journeys/broadband/tests/order.test.yaml` and `journeys/starter/tests` lie in two workspaces; test "
       "them "
       "one after the other"},
  }));
  CAPTURE(row.paths);
  std::vector<std::string> words{"test"};
  words.insert(words.end(), row.paths.begin(), row.paths.end());

  const Run run = lotse(words);
  const Run alone = lotse({"test", "alone.test.yaml"}, folder.path());

  CHECK(run.status == 2);
  CHECK(run.out == "");
  CHECK(run.err == "lotse: error: " + row.message + "\n");
  CHECK(alone.status == 2);
  CHECK(alone.err ==
        "lotse: error: `alone.test.yaml` lies in no workspace (a folder with lotse.yaml, channels.yaml or "
        "journeys); --workspace names one\n");
}

}  // namespace lotse::test
