#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include "tests/cli/program.hpp"
#include "tests/support/paths.hpp"
#include "tests/support/skip.hpp"

namespace lotse::test {

namespace {

/// What the program answers to a shell; the last word is the one to complete.
std::string answer(std::vector<std::string> words, const std::filesystem::path& folder = {}) {
  words.insert(words.begin(), {"__complete", "--"});
  const Run run = lotse(words, folder);
  CHECK(run.status == 0);
  CHECK(run.err == "");
  return run.out;
}

/// Its words, or `:files`, `:folders`, without the descriptions.
std::vector<std::string> offered(const std::vector<std::string>& words) {
  std::istringstream lines(answer(words));
  std::vector<std::string> found;
  for (std::string line; std::getline(lines, line);) found.push_back(line.substr(0, line.find('\t')));
  return found;
}

bool is_here(const std::string& program) {
  return run({"sh", "-c", "command -v " + program}, source_dir()).status == 0;
}

/// With `lotse` in PATH, so that what is typed stays short.
struct LotseInPath {
  LotseInPath() : before(std::getenv("PATH")) {
    ::setenv("PATH", (std::filesystem::path(LOTSE_BINARY).parent_path().string() + ":" + before).c_str(), 1);
  }
  ~LotseInPath() { ::setenv("PATH", before.c_str(), 1); }
  std::string before;
};

/// Presses tab behind what is typed, and has the shell print the line that this gives.
void check_completed(Running& shell, const std::string& typed, const std::string& whole) {
  const std::string home = "\x01";  // Ctrl-A
  const std::string end = "\x05";   // Ctrl-E
  shell.type(typed + "\t" + home + "echo '<" + end + ">'\r");
  const bool completed = shell.writes("<" + whole + ">\r\n");
  CAPTURE(typed, shell.output());
  CHECK(completed);
}

}  // namespace

TEST_CASE("cli completion: what may stand where the cursor is", "[cli][completion]") {
  using Words = std::vector<std::string>;
  struct Row {
    const char* why;
    Words words;
    Words offered;
  };
  const auto row = GENERATE(values<Row>({
      {"commands by their beginning", {"re"}, {"report", "retain"}},
      {"commands inside a command",
       {"report", ""},
       {"friction", "trend", "kpi", "scorecard", "experiment", "risk", "incidents"}},
      {"and behind help", {"help", "report", "f"}, {"friction"}},
      {"options of the inner command", {"report", "kpi", "--ch"}, {"--churn-after"}},
      {"options of compare", {"compare", "--against"}, {"--against-from", "--against-to"}},
      {"its journeys", {"compare", "-w", "journeys/broadband", ""}, {"broadband-onboarding"}},
      {"not those of another", {"check", "--ch"}, {}},
      {"an option once", {"check", "--format", "json", "--f"}, {}},
      {"short names where they are asked for", {"check", "-w"}, {"-w"}},
      {"fixed words of an option", {"map", "--format", ""}, {"svg", "dot", "mermaid", "json"}},
      {"after an equals sign", {"map", "--format=m"}, {"--format=mermaid"}},
      {"fixed words of an argument", {"completion", "z"}, {"zsh"}},
      {"none where anything may stand", {"report", "friction", "--by", ""}, {}},
      {"journeys of a workspace", {"map", "-w", "journeys/broadband", ""}, {"broadband-onboarding"}},
      {"… named after an equals sign",
       {"map", "--workspace=journeys/starter", "t"},
       {"trial-to-subscription"}},
      {"… or in one word", {"map", "-wjourneys/starter", "t"}, {"trial-to-subscription"}},
      {"… or by an argument", {"simulate", "journeys/starter", "--journey", ""}, {"trial-to-subscription"}},
      {"no journeys where there is no workspace", {"map", "-w", "docs", "x"}, {}},
      {"files for an option", {"map", "-o", ""}, {":files"}},
      {"files for an argument", {"check", "jour"}, {":files"}},
      {"files for each of several", {"ingest", "a.ndjson", ""}, {":files"}},
      {"several values of an option", {"discover", "--events", "a", "b"}, {":files"}},
      {"options after them", {"discover", "--events", "a", "--no"}, {"--noise"}},
      {"folders", {"report", "kpi", "-w", ""}, {":folders"}},
      {"a folder to make", {"new", "sh"}, {":folders"}},
      {"a file after an equals sign", {"simulate", "--truth=x"}, {":files"}},
      {"no options after two dashes", {"map", "--", "--"}, {}},
      {"a word that nobody knows", {"frobnicate", ""}, {"--help", "--version"}},
  }));
  CAPTURE(row.why, row.words);

  CHECK(offered(row.words) == row.offered);
}

TEST_CASE("cli completion: every command and option is offered, with what its help says",
          "[cli][completion]") {
  const std::string commands = answer({""});
  const std::string options = answer({"report", "friction", "--"});
  const std::string help = lotse({"--help"}).out;
  const std::string inner_help = lotse({"report", "friction", "--help"}).out;

  std::size_t listed = 0;
  std::istringstream lines(help.substr(help.find("\nCommands:\n") + 11));
  for (std::string line; std::getline(lines, line) && line.starts_with("  ");) {
    const std::string name = line.substr(2, line.find(' ', 2) - 2);
    const std::string about = line.substr(line.find_first_not_of(' ', 2 + name.size()));
    CAPTURE(line);
    CHECK(("\n" + commands).find("\n" + name + "\t" + about + "\n") != std::string::npos);
    ++listed;
  }
  CHECK(listed >= 11);
  CHECK(commands.find("__complete") == std::string::npos);
  for (std::size_t at = inner_help.find("--"); at < inner_help.find("Examples:");
       at = inner_help.find("--", at + 1)) {
    const std::string name = inner_help.substr(at, inner_help.find_first_of(" \n,", at) - at);
    CAPTURE(name);
    CHECK(("\n" + options).find("\n" + name + "\t") != std::string::npos);
  }
}

TEST_CASE("cli completion: the current folder's journeys are offered with their titles",
          "[cli][completion]") {
  CHECK(answer({"report", "kpi", ""}, source_dir() / "journeys/starter") ==
        "trial-to-subscription\tFrom the free trial to the subscription\n");
}

TEST_CASE("cli completion: bash completes words, options, journeys, files and folders", "[cli][completion]") {
  const LotseInPath path;
  Running shell({"--norc", "--noprofile", "-i"}, true, "bash");
  shell.type("PS1='> '; source <(lotse completion bash); echo rea''dy\r");
  REQUIRE(shell.writes("ready"));

  check_completed(shell, "lotse rep", "lotse report ");
  check_completed(shell, "lotse report fri", "lotse report friction ");
  check_completed(shell, "lotse check --form", "lotse check --format ");
  check_completed(shell, "lotse check --format=js", "lotse check --format=json ");
  check_completed(shell, "lotse map -w journeys/starter tr",
                  "lotse map -w journeys/starter trial-to-subscription ");
  check_completed(shell, "lotse map -w \"journeys/broadband\" br",
                  "lotse map -w \"journeys/broadband\" broadband-onboarding ");
  check_completed(shell, "lotse check docs/comm", "lotse check docs/commands.md ");
  check_completed(shell, "lotse map -o docs/comm", "lotse map -o docs/commands.md ");
  check_completed(shell, "lotse map --output=docs/comm", "lotse map --output=docs/commands.md ");
  check_completed(shell, "lotse check -w journeys/star", "lotse check -w journeys/starter/");
  check_completed(shell, "lotse check -w docs/comm",
                  "lotse check -w docs/comm");  // no file where a folder is wanted
  shell.type("alias lo''tse=" LOTSE_BINARY "; PATH=/usr/bin:/bin; echo al''iased\r");
  REQUIRE(shell.writes("aliased"));
  check_completed(shell, "lotse completion fi", "lotse completion fish ");
}

TEST_CASE("cli completion: zsh completes words, options, journeys, files and folders", "[cli][completion]") {
  if (!is_here("zsh")) LOTSE_SKIP("zsh is not here (apt-get install zsh)");
  const LotseInPath path;
  Running shell({"-f", "-i"}, true, "zsh");
  shell.type(
      "PS1='> '; unset zle_bracketed_paste; autoload -U compinit; compinit -u -D; source <(lotse completion "
      "zsh); echo rea''dy\r");
  REQUIRE(shell.writes("ready"));

  // The blank or slash behind a completed word goes away again with the next key, as zsh does it.
  check_completed(shell, "lotse rep", "lotse report");
  check_completed(shell, "lotse report fri", "lotse report friction");
  check_completed(shell, "lotse check --form", "lotse check --format");
  check_completed(shell, "lotse check --format=js", "lotse check --format=json");
  check_completed(shell, "lotse map -w journeys/starter tr",
                  "lotse map -w journeys/starter trial-to-subscription");
  check_completed(shell, "lotse check docs/comm", "lotse check docs/commands.md");
  check_completed(shell, "lotse map --output=docs/comm", "lotse map --output=docs/commands.md");
  check_completed(shell, "lotse check -w journeys/star", "lotse check -w journeys/starter");
}

TEST_CASE("cli completion: fish completes words, options, journeys, files and folders", "[cli][completion]") {
  if (!is_here("fish")) LOTSE_SKIP("fish is not here (apt-get install fish)");
  const LotseInPath path;
  const auto completed = [](const std::string& typed) {
    return run({"fish", "--no-config", "-c", "lotse completion fish | source; complete -C '" + typed + "'"},
               source_dir())
        .out;
  };

  CHECK(completed("lotse rep") ==
        "report\tWhere customers are lost, key figures, experiments, risk and alerts\n");
  CHECK(completed("lotse report fri").starts_with("friction\t"));
  CHECK(completed("lotse check --form").starts_with("--format\ttext (default) or json"));
  CHECK(completed("lotse check --format=js").starts_with("--format=json\t"));
  CHECK(completed("lotse map -w journeys/starter tr") ==
        "trial-to-subscription\tFrom the free trial to the subscription\n");
  CHECK(completed("lotse check docs/comm").starts_with("docs/commands.md"));
  CHECK(completed("lotse map --output=docs/comm").starts_with("--output=docs/commands.md"));
  CHECK(completed("lotse check -w journeys/star").starts_with("journeys/starter/"));
  CHECK(completed("lotse check -w docs/comm") == "");
}

}  // namespace lotse::test
