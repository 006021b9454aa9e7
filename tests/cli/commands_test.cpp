#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <string>

#include "tests/cli/program.hpp"
#include "tests/support/paths.hpp"

namespace lotse::test {

namespace {

constexpr const char* example = "journeys/broadband";

void copy_example(const Folder& folder) {
  std::filesystem::copy(source_dir() / example, folder.path(), std::filesystem::copy_options::recursive);
}

void replace(const Folder& folder, const std::string& file, const std::string& from, const std::string& to) {
  std::string text = folder.read(file);
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  folder.write(file, text.replace(at, from.size(), to));
}

constexpr const char* journey_file = "journeys/broadband-onboarding.yaml";

}  // namespace

TEST_CASE("cli check: the example workspace has no findings", "[cli]") {
  const Run run = lotse({"check", example});

  CHECK(run.status == 0);
  CHECK(run.err == "");
  CHECK(run.out.ends_with(": no findings\n"));
}

TEST_CASE("cli check: a mistake in the journey is shown with its place, and the status says so", "[cli]") {
  const Folder folder;
  copy_example(folder);
  replace(folder, journey_file, "      - appointment\n", "      - apointment\n");

  const Run run = lotse({"check", folder.path().string()});
  const Run json = lotse({"check", folder.path().string(), "--format", "json"});

  CHECK(run.status == 1);
  CHECK(run.err ==
        "journeys/broadband-onboarding.yaml:62:9: error: `apointment` is no touchpoint [J030]\n"
        "          - apointment\n"
        "            ^\n"
        "  hint: did you mean `appointment`?\n");
  CHECK(run.out.ends_with(": 1 error\n"));
  CHECK(json.status == 1);
  CHECK(json.out.find("\"severity\": \"error\"") != std::string::npos);
  CHECK(json.err == "");
}

TEST_CASE("cli check: a single file is checked with the channels of its workspace", "[cli]") {
  const Run run = lotse({"check", std::string(example) + "/" + journey_file});

  CHECK(run.status == 0);
  CHECK(run.err == "");
}

TEST_CASE("cli check: a folder inside a workspace is checked as the workspace", "[cli]") {
  const std::string whole = lotse({"check", example}).out;

  CHECK(lotse({"check", std::string(example) + "/journeys"}).out == whole);
  CHECK(lotse({"check", "../tests"}, source_dir() / example / "journeys").out == whole);
  CHECK(lotse({"check", "docs"}).err.starts_with("docs: error: there is no journey here [J061]\n"));
}

TEST_CASE("cli check: a mapping file is checked as one", "[cli]") {
  const Folder folder;
  folder.write("orders.mapping.yaml", "time: at\ntype: what\nids: {user_id: who}\nchanel: where\n");

  const Run well = lotse({"check", "tests/end_to_end/marketplace/mapping.yaml"});
  const Run wrong = lotse({"check", "orders.mapping.yaml"}, folder.path());

  CHECK(well.status == 0);
  CHECK(well.err == "");
  CHECK(wrong.status == 1);
  CHECK(wrong.err.starts_with("orders.mapping.yaml:4:1: error: `chanel` is no key of the mapping [J010]\n"));
}

TEST_CASE("cli check: a test that names what does not exist is a finding too", "[cli]") {
  const Folder folder;
  copy_example(folder);
  replace(folder, "tests/order.test.yaml", "not_sent: [nudge, call_back]", "not_sent: [nugde, call_back]");

  const Run run = lotse({"check", folder.path().string()});

  CHECK(run.status == 1);
  CHECK(run.err.find("`nugde` is no touchpoint of `broadband-onboarding` [T002]") != std::string::npos);
}

TEST_CASE("cli test: the example's tests pass", "[cli]") {
  const Run run = lotse({"test", example});

  INFO(run.out);
  CHECK(run.status == 0);
  CHECK(run.out.find("FAILED") == std::string::npos);
  CHECK(run.out.find(" passed, 0 failed in 2 files") != std::string::npos);
}

TEST_CASE("cli test: a mistake planted in the journey is caught, and the output tells what is wrong",
          "[cli]") {
  const Folder folder;
  copy_example(folder);
  replace(folder, journey_file, "{to: nudge,     after: 2d,", "{to: nudge,     after: 3d,");

  const Run run = lotse({"test", folder.path().string(), "--quiet"});

  CHECK(run.status == 1);
  CHECK(run.out.find("FAILED  Two days without a booking bring the nudge") != std::string::npos);
  CHECK(run.out.find("expected {touchpoint: nudge, at: 2024-03-03 10:00") != std::string::npos);
  CHECK(run.out.find("what happened to ada:") != std::string::npos);
}

TEST_CASE("cli simulate: equal seeds give equal files, plain or gzipped", "[cli]") {
  const Folder folder;
  const auto run = [&](const char* out, const char* seed) {
    return lotse({"simulate", example, "--customers", "50", "--seed", seed, "--output",
                  (folder.path() / out).string(), "--truth", (folder.path() / "truth.json").string()});
  };

  CHECK(run("a.ndjson", "1").status == 0);
  CHECK(run("b.ndjson", "1").status == 0);
  CHECK(run("c.ndjson", "2").status == 0);
  CHECK(run("d.ndjson.gz", "1").status == 0);

  const std::string a = folder.read("a.ndjson");
  CHECK(std::ranges::count(a, '\n') > 150);
  CHECK(a.starts_with("{\"id\":\""));
  CHECK(a == folder.read("b.ndjson"));
  CHECK(a != folder.read("c.ndjson"));
  CHECK(folder.read("d.ndjson.gz").starts_with("\x1f\x8b"));
  CHECK(folder.read("truth.json").find("\"touchpoint\": \"slot_search\"") != std::string::npos);
}

TEST_CASE("cli map: draws the declared journey in three formats", "[cli]") {
  const Run svg = lotse({"map", "-w", example, "--no-counts"});
  const Run dot = lotse({"map", "broadband-onboarding", "-w", example, "--no-counts", "--format", "dot"});
  const Run mermaid = lotse({"map", "-w", example, "--no-counts", "--format", "mermaid"});

  CHECK(svg.status == 0);
  CHECK(svg.out.starts_with("<svg "));
  CHECK(svg.out.find(">Technician visit</text>") != std::string::npos);
  CHECK(dot.out.starts_with("digraph \"broadband-onboarding\" {\n"));
  CHECK(mermaid.out.starts_with("flowchart LR\n"));
}

TEST_CASE("cli map: the output's name tells the format, and one that lotse cannot draw is refused", "[cli]") {
  const Folder folder;
  const auto draw = [&](const std::string& name) {
    return lotse({"map", "-w", example, "--no-counts", "-o", (folder.path() / name).string()});
  };

  CHECK(draw("map.svg").status == 0);
  CHECK(draw("map.gv").status == 0);
  CHECK(draw("map.mmd").status == 0);
  CHECK(draw("map").status == 0);
  const Run png = draw("map.png");
  const Run forced = lotse({"map", "-w", example, "--no-counts", "--format", "mermaid", "-o",
                            (folder.path() / "map.txt").string()});

  CHECK(folder.read("map.svg").starts_with("<svg "));
  CHECK(folder.read("map.gv").starts_with("digraph "));
  CHECK(folder.read("map.mmd").starts_with("flowchart "));
  CHECK(folder.read("map").starts_with("<svg "));
  CHECK(png.status == 2);
  CHECK(png.err.ends_with(
      "map.png`: a map is .svg, .dot or .gv (Graphviz), .mmd or .mermaid, .json; for another "
      "name --format says which\n"));
  CHECK_FALSE(std::filesystem::exists(folder.path() / "map.png"));
  CHECK(forced.status == 0);
  CHECK(folder.read("map.txt").starts_with("flowchart "));
}

}  // namespace lotse::test
