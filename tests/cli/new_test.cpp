#include <sys/resource.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "tests/cli/program.hpp"
#include "tests/support/paths.hpp"

namespace lotse::test {

namespace {

namespace fs = std::filesystem;

std::set<std::string> files_in(const fs::path& folder) {
  std::set<std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) files.insert(entry.path().lexically_relative(folder).generic_string());
  }
  return files;
}

}  // namespace

TEST_CASE("cli new: everything works at once in the workspace that it makes", "[cli][new]") {
  const Folder folder;
  const fs::path shop = folder.path() / "shop";

  const Run made = lotse({"new", "shop"}, folder.path());

  CHECK(made.status == 0);
  CHECK(made.err == "");
  CHECK(made.out.starts_with(
      "Made shop: the journey trial-to-subscription, its tests, and a log of 500 invented customers\n"));
  for (const std::string& file : files_in(shop)) {
    CAPTURE(file);
    CHECK(made.out.find("\n  shop/" + file + "\n") != std::string::npos);
  }

  const Run check = lotse({"check"}, shop);
  CHECK(check.status == 0);
  CHECK(check.err == "");
  CHECK(check.out == "1 journey, 9 touchpoints, 10 tests: no findings\n");

  const Run test = lotse({"test", "--coverage"}, shop);
  CHECK(test.status == 0);
  CHECK(test.out.find("10 passed, 0 failed in 1 file") != std::string::npos);
  CHECK(test.out.ends_with(
      "trial-to-subscription 1: 9 of 9 touchpoints reached, 11 of 11 transitions taken\n"));

  const Run ingest = lotse({"ingest", "events.ndjson"}, shop);
  CHECK(ingest.status == 0);
  CHECK(ingest.err == "");
  CHECK(ingest.out.find(" of 500 customers\n") != std::string::npos);
  CHECK(ingest.out.find("rejected") == std::string::npos);

  const Run friction = lotse({"report", "friction"}, shop);
  CHECK(friction.status == 0);
  CHECK(friction.out.find("FINDINGS: 1 confirmed, 0 suspected") != std::string::npos);
  CHECK(friction.out.find("  1. confirmed  checkout: drop-off") != std::string::npos);

  REQUIRE(lotse({"report", "friction", "-o", "friction.html"}, shop).status == 0);
  std::ifstream file(shop / "friction.html");
  const std::string page{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  CHECK(page.starts_with("<!doctype html>"));
  CHECK(page.find("id=\"drop_off:checkout\"") != std::string::npos);
  CHECK(page.find("class=\"lm\"") != std::string::npos);  // the map
  CHECK(page.ends_with("</html>\n"));
  const Run other = lotse({"report", "kpi", "--format", "html"}, shop);
  CHECK(other.status == 2);

  const Run explain = lotse({"explain", "drop_off:checkout", "--customers", "3"}, shop);
  CHECK(explain.status == 0);
  CHECK(explain.out.starts_with("drop_off:checkout: confirmed, checkout\n"));
  CHECK(explain.out.find("\nCASES: the first 3 of ") != std::string::npos);
  CHECK(explain.out.find("  user_id:u0") != std::string::npos);
  const Run misspelt = lotse({"explain", "drop_of:checkout"}, shop);
  CHECK(misspelt.status != 0);
  CHECK(misspelt.err.find("did you mean `drop_off:checkout`?") != std::string::npos);

  const Run kpi = lotse({"report", "kpi"}, shop);
  CHECK(kpi.status == 0);
  CHECK(kpi.out.find("CSAT, 4-5 of 5") != std::string::npos);

  const Run scorecard = lotse({"report", "scorecard"}, shop);
  CHECK(scorecard.status == 0);
  CHECK(scorecard.out.find("EXPERIENCE │ BUSINESS") != std::string::npos);
  const Run unknown = lotse({"report", "scorecard", "--by", "nothing"}, shop);
  CHECK(unknown.status != 0);
  CHECK(unknown.err.find("`nothing` is no segment of `trial-to-subscription`") != std::string::npos);

  const Run simulate = lotse({"simulate", "-o", "more.ndjson", "--customers", "20"}, shop);
  CHECK(simulate.status == 0);

  const Run discover = lotse({"discover", "--events", "events.ndjson"}, shop);
  CHECK(discover.status == 0);
  CHECK(discover.out.find("\n  help_answered:\n") != std::string::npos);

  const Run map = lotse({"map"}, shop);
  CHECK(map.status == 0);
  CHECK(map.out.find(">Opens the</text>") != std::string::npos);

  const Run customer = lotse({"customer", "u000008"}, shop);
  CHECK(customer.status == 0);
}

TEST_CASE("cli new: each command that the README names works in its folder", "[cli][new]") {
  const Folder folder;
  REQUIRE(lotse({"new", folder.path().string()}).status == 0);
  const std::string readme = folder.read("README.md");
  std::size_t commands = 0;

  for (std::size_t at = readme.find("\n    lotse "); at != std::string::npos;
       at = readme.find("\n    lotse ", at + 1)) {
    std::string line = readme.substr(at + 11, readme.find('\n', at + 1) - at - 11);
    line = line.substr(0, line.find(" #"));
    std::vector<std::string> arguments;
    for (std::size_t begin = 0; begin < line.size();) {
      const std::size_t end = std::min(line.find(' ', begin), line.size());
      if (end > begin) arguments.push_back(line.substr(begin, end - begin));
      begin = end + 1;
    }
    CAPTURE(line);
    const Run run = lotse(arguments, folder.path());
    CHECK(run.status == 0);
    ++commands;
  }

  CHECK(commands == 9);
}

TEST_CASE("cli new: the same name gives the same files, another name another journey", "[cli][new]") {
  const Folder folder;

  REQUIRE(lotse({"new", "a"}, folder.path()).status == 0);
  REQUIRE(lotse({"new", "deep/er/b/"}, folder.path()).status == 0);
  REQUIRE(lotse({"new", "c", "--name", "first-order"}, folder.path()).status == 0);

  const auto files = files_in(folder.path() / "a");
  CHECK(files == files_in(folder.path() / "deep/er/b"));
  for (const std::string& file : files) {
    CAPTURE(file);
    CHECK(folder.read("a/" + file) == folder.read("deep/er/b/" + file));
  }
  CHECK(fs::exists(folder.path() / "c/journeys/first-order.yaml"));
  for (const std::string& file : files_in(folder.path() / "c")) {
    CAPTURE(file);
    CHECK(folder.read("c/" + file).find("trial-to-subscription") == std::string::npos);
  }
  CHECK(lotse({"check", "c"}, folder.path()).out == "1 journey, 9 touchpoints, 10 tests: no findings\n");
  CHECK(lotse({"test", "c"}, folder.path()).status == 0);
}

TEST_CASE("cli new: an empty folder is used, the current one too", "[cli][new]") {
  const Folder folder;

  const Run run = lotse({"new", "."}, folder.path());

  CHECK(run.status == 0);
  CHECK(run.out.starts_with("Made .: the journey"));
  CHECK(run.out.find("  cd ") == std::string::npos);
  CHECK(lotse({"check"}, folder.path()).status == 0);
}

TEST_CASE("cli new: a schema stands where each file's first line says", "[cli][new]") {
  const Folder folder;
  REQUIRE(lotse({"new", folder.path().string()}).status == 0);
  constexpr std::string_view marker = "# yaml-language-server: $schema=";
  std::size_t marked = 0;

  for (const std::string& file : files_in(folder.path())) {
    if (!file.ends_with(".yaml")) continue;
    CAPTURE(file);
    const std::string text = folder.read(file);
    REQUIRE(text.starts_with(marker));
    const std::string schema = text.substr(marker.size(), text.find('\n') - marker.size());
    const fs::path target = (fs::path(file).parent_path() / schema).lexically_normal();
    std::ifstream ours(source_dir() / "schemas" / target.filename(), std::ios::binary);
    CHECK(folder.read(target.string()) == std::string(std::istreambuf_iterator<char>(ours), {}));
    ++marked;
  }

  CHECK(marked == 5);
}

TEST_CASE("cli new: what is refused leaves nothing behind", "[cli][new]") {
  struct Row {
    const char* why;
    std::vector<std::string> arguments;
    std::string message;
  };
  const auto row = GENERATE(values<Row>(
      {{"a folder with a file",
        {"new", "used"},
        "lotse: error: `used` is not empty (it has `notes.txt`); a new or an empty folder was expected\n"},
       {"a file",
        {"new", "used/notes.txt"},
        "lotse: error: `used/notes.txt` is a file; a new or an empty folder was expected\n"},
       {"a name that is none",
        {"new", "x", "--name", "a b"},
        "lotse: error: `a b` cannot be a journey's name: letters, digits, `_`, `-` and `.`, a letter or "
        "digit "
        "first\n"},
       {"a name that YAML reads as a number",
        {"new", "x/y", "--name", "12"},
        "lotse: error: `12` cannot be a journey's name: `journey` must be text; this is a whole number\n"},
       {"a name whose file would be something else",
        {"new", "x", "--name", "my.test"},
        "lotse: error: `my.test` cannot be the journey's name here: my.test.yaml would be taken for "
        "tests\n"}}));
  CAPTURE(row.why);
  const Folder folder;
  folder.write("used/notes.txt", "mine");

  const Run run = lotse(row.arguments, folder.path());

  CHECK(run.status == 2);
  CHECK(run.out == "");
  CHECK(run.err == row.message);
  CHECK(files_in(folder.path()) == std::set<std::string>{"used/notes.txt"});
  CHECK_FALSE(fs::exists(folder.path() / "x"));
}

TEST_CASE("cli new: a disk that is full leaves nothing half-made", "[cli][new]") {
  const Folder folder;
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);  // then the write fails instead; children inherit it
  const rlimit full{.rlim_cur = 100'000, .rlim_max = before.rlim_max};  // the log is larger
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &full) == 0);

  const Run run = lotse({"new", "a/b"}, folder.path());
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);

  CHECK(run.status == 3);
  CHECK(run.err == "lotse: error: cannot write `a/b/events.ndjson`: File too large\n");
  CHECK(fs::is_empty(folder.path()));
}

}  // namespace lotse::test
