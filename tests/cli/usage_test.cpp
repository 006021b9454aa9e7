#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "tests/cli/program.hpp"

namespace lotse::test {

TEST_CASE("cli: help names every command, with examples, in 100 columns", "[cli]") {
  const Run run = lotse({"--help"});

  CHECK(run.status == 0);
  CHECK(run.err.empty());
  CHECK(run.out.find("\nUsage: lotse [OPTIONS] [COMMAND]\n") != std::string::npos);
  CHECK(run.out.find("\nCommands:\n") != std::string::npos);
  for (const char* command : {"new", "check", "test", "simulate", "discover", "ingest", "map", "compare",
                              "customer", "completion", "help"}) {
    CAPTURE(command);
    CHECK(run.out.find(std::string("\n  ") + command + " ") != std::string::npos);
    const Run own = lotse({command, "--help"});
    CHECK(own.status == 0);
    CHECK(own.out.find("Examples:\n  lotse " + std::string(command)) != std::string::npos);
  }
  std::size_t line = 0;
  for (const char character : run.out) {
    line = character == '\n' ? 0 : line + 1;
    CHECK(line <= 110);
  }
}

TEST_CASE("cli: help COMMAND prints what COMMAND --help prints", "[cli]") {
  const auto words = GENERATE(
      values<std::vector<std::string>>({{}, {"check"}, {"report"}, {"report", "friction"}, {"help"}}));
  CAPTURE(words);
  std::vector<std::string> by_command{"help"};
  by_command.insert(by_command.end(), words.begin(), words.end());
  std::vector<std::string> by_option = words;
  by_option.push_back("--help");

  const Run run = lotse(by_command);

  CHECK(run.status == 0);
  CHECK(run.err == "");
  CHECK(run.out.find("\nUsage: lotse") != std::string::npos);
  CHECK(run.out == lotse(by_option).out);
}

TEST_CASE("cli: the version is one line", "[cli]") {
  const Run run = lotse({"--version"});

  CHECK(run.status == 0);
  CHECK(run.out.starts_with("lotse "));
  CHECK(run.out.find('\n') == run.out.size() - 1);
}

TEST_CASE("cli: what is not understood is named, with what was probably meant", "[cli]") {
  struct Row {
    std::vector<std::string> arguments;
    const char* message;
  };
  const auto row = GENERATE(values<Row>(
      {{{"chekc"},
        "lotse: error: `chekc` is no command; did you mean `lotse check`?\n  `lotse --help` says what there "
        "is\n"},
       {{"frobnicate"}, "lotse: error: `frobnicate` is no command\n  `lotse --help` says what there is\n"},
       {{"kpi", "--help"},
        "lotse: error: `kpi` is no command; did you mean `lotse report kpi`?\n  `lotse --help` says what "
        "there "
        "is\n"},
       {{"frction", "broadband-onboarding"},
        "lotse: error: `frction` is no command; did you mean `lotse report friction`?\n  `lotse --help` says "
        "what there is\n"},
       {{"report", "frction"},
        "lotse: error: `frction` is no command of `lotse report`; did you mean `lotse report friction`?\n"
        "  `lotse report --help` says what there is\n"},
       {{"report", "map", "--help"},
        "lotse: error: `map` is no command of `lotse report`; did you mean `lotse map`?\n"
        "  `lotse report --help` says what there is\n"},
       {{"report"},
        "lotse: error: `lotse report` needs one of its commands: friction, trend, kpi, scorecard, "
        "experiment, "
        "risk, incidents\n  `lotse "
        "report "
        "--help` says "
        "what there is\n"},
       {{"report", "kpi", "--churn_after", "3d"},
        "lotse: error: `--churn_after` is no option of `lotse report kpi`; did you mean `--churn-after`?\n"
        "  `lotse report kpi --help` says what there is\n"},
       {{"help", "kpi"},
        "lotse: error: `kpi` is no command; did you mean `lotse report kpi`?\n  `lotse --help` says what "
        "there "
        "is\n"},
       {{"help", "report", "frction"},
        "lotse: error: `frction` is no command of `lotse report`; did you mean `lotse report friction`?\n"
        "  `lotse report --help` says what there is\n"},
       {{"simulate", "--out", "x.ndjson"},
        "lotse: error: `--out` is no option of `lotse simulate`; did you mean `--output`?\n"
        "  `lotse simulate --help` says what there is\n"},
       {{"check", "--fromat", "json"},
        "lotse: error: `--fromat` is no option of `lotse check`; did you mean `--format`?\n"
        "  `lotse check --help` says what there is\n"},
       {{"map", "a", "b"},
        "lotse: error: `b` is no argument that was expected of `lotse map`\n  `lotse map --help` says what "
        "there is\n"},
       {{"map", "-w", "journeys/broadband", "broadband-onbording"},
        "lotse: error: `broadband-onbording` is no journey of `journeys/broadband`; did you mean "
        "`broadband-onboarding`?\n"},
       {{"check", "nowhere.yaml"}, "lotse: error: cannot read `nowhere.yaml`: No such file or directory\n"},
       {{"map", "-w", "nowhere"},
        "lotse: error: `nowhere` is no folder; --workspace names the folder with lotse.yaml, channels.yaml "
        "and journeys\n"},
       {{"simulate", "journeys/broadband", "--from", "yesterday"},
        "lotse: error: `yesterday` is no point in time; write a day (2024-03-01), a time (2024-03-01T09:00), "
        "a time with "
        "its offset (2024-03-01T09:00:00Z), `now`, or how long ago (-7d)\n"}}));
  CAPTURE(row.arguments);

  const Run run = lotse(row.arguments);

  CHECK(run.status == 2);
  CHECK(run.out.empty());
  CHECK(run.err == row.message);
}

TEST_CASE("cli: no command at all is a mistake that shows the help", "[cli]") {
  const Run run = lotse({});

  CHECK(run.status == 2);
  CHECK(run.err.find("\nCommands:\n") != std::string::npos);
}

TEST_CASE("cli: an output that cannot be written is the world's failure", "[cli]") {
  const Run run = lotse({"map", "-w", "journeys/broadband", "--no-counts", "-o", "/nowhere/map.svg"});

  CHECK(run.status == 3);
  CHECK(run.err == "lotse: error: cannot write `/nowhere/map.svg`: No such file or directory\n");
}

}  // namespace lotse::test
