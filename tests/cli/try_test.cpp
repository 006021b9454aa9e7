#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

#include "tests/cli/program.hpp"
#include "tests/support/paths.hpp"
#include "tests/support/skip.hpp"

namespace lotse::test {

namespace {

constexpr const char* journey = "journeys/broadband-onboarding.yaml";
constexpr const char* order =
    "order_placed channel=web order_id=o1 product=broadband plan=fibre amount=39.9 address=\"Mill Lane 7\"\n";

void copy_example(const Folder& folder) {
  std::filesystem::copy(source_dir() / "journeys/broadband", folder.path(),
                        std::filesystem::copy_options::recursive);
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("cli try: lines from a file read as a session, and what they save passes", "[cli][try]") {
  const Folder folder;
  copy_example(folder);
  const std::string script =
      std::string("# a first try\n") + order +
      "wait 1d\nslots_viewed channel=web\nmap\nsave tests/tried.test.yaml \"Looks for a slot\"\n";

  const Run run = lotse({"try", journey}, folder.path(), script);
  const Run tests = lotse({"test", "."}, folder.path());

  CHECK(run.err.empty());
  CHECK(run.status == 0);
  CHECK(has(run.out, "2024-01-15 09:00 c1> order_placed channel=web"));
  CHECK(has(run.out, "  position   – → order (order)\n"));
  CHECK(has(run.out, "  position   order → slot_search (order)\n"));
  CHECK(has(run.out, "▶ slot_search"));
  CHECK(has(run.out,
            "  saved to tests/tried.test.yaml; to run it:\n  lotse test -w . tests/tried.test.yaml\n"));
  CHECK(has(tests.out, "ok      Looks for a slot\n"));
  CHECK(tests.status == 0);
}

TEST_CASE("cli try: the session in docs/try.md is what the program prints", "[cli][try][docs]") {
  const Folder folder;
  std::filesystem::create_directories(folder.path() / "journeys");
  std::filesystem::copy(source_dir() / "journeys/broadband", folder.path() / "journeys/broadband",
                        std::filesystem::copy_options::recursive);
  std::ifstream page(source_dir() / "docs/try.md");
  const std::string text((std::istreambuf_iterator<char>(page)), std::istreambuf_iterator<char>());
  const std::string fence = "```text\n";
  const std::size_t begin = text.find(fence) + fence.size();
  const std::string session = text.substr(begin, text.find("```\n", begin) - begin);
  std::string typed;  // what stands behind the prompts
  std::istringstream lines(session);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t prompt = line.find("> ");
    if (line.starts_with("2024-") && prompt != std::string::npos) typed += line.substr(prompt + 2) + '\n';
  }

  const Run run =
      lotse({"try", "journeys/broadband/journeys/broadband-onboarding.yaml"}, folder.path(), typed);

  CHECK(std::ranges::count(typed, '\n') > 5);
  CHECK(run.out == session);
}

TEST_CASE("cli try: a line of a file that cannot be done gives status 1, the others are done", "[cli][try]") {
  const Run run =
      lotse({"try", "broadband-onboarding", "-w", "journeys/broadband", "--at", "2024-03-01T10:00"}, {},
            std::string("ordr_placed\n") + order + "save /nowhere/x.test.yaml\nquit\nmap\n");

  CHECK(run.status == 1);
  CHECK(has(run.out, "error: `ordr_placed` is no command"));
  CHECK(has(run.out, "Fri 2024-03-01 10:00  order_placed by web\n"));
  CHECK(has(run.out, "error: cannot write `/nowhere/x.test.yaml`"));
  CHECK_FALSE(has(run.out, "▶"));  // after `quit`
  CHECK(run.err == "lotse: 2 of the lines could not be done\n");
}

TEST_CASE("cli try: what cannot be tried is said", "[cli][try]") {
  const Run other = lotse({"try", "journeys/broadband/channels.yaml"});
  const Run unknown = lotse({"try", "broadband-onbording", "-w", "journeys/broadband"});
  const Run when = lotse({"try", "-w", "journeys/broadband", "--at", "soon"});

  CHECK(other.status == 2);
  CHECK(has(other.err, "`journeys/broadband/channels.yaml` is no journey of the workspace"));
  CHECK(unknown.status == 2);
  CHECK(has(unknown.err, "did you mean `broadband-onboarding`?"));
  CHECK(when.status == 2);
  CHECK(has(when.err, "`soon` is no point in time"));
}

TEST_CASE("cli try: on a terminal words are completed, the position moves, and a test is recorded",
          "[cli][try]") {
  const int terminal = ::posix_openpt(O_RDWR | O_NOCTTY);
  if (terminal < 0) LOTSE_SKIP("this machine gives no pseudo-terminal (/dev/pts is not mounted)");
  ::close(terminal);
  const Folder folder;
  copy_example(folder);
  const std::string file = (folder.path() / "tests/tried.test.yaml").string();
  Running running({"try", (folder.path() / journey).string(), "--color", "never"}, true);
  REQUIRE(running.writes("2024-01-15 09:00 c1> "));

  running.type("order_p\tpro\t\tchannel=w\torder_id=o1\n");
  CHECK(running.writes("  order_placed by web\r\n"));
  CHECK(running.writes("position   – → order (order)"));
  REQUIRE(running.writes("2024-01-15 09:00 c1 order> "));

  running.type("order_\t");
  CHECK(running.writes("order_cancelled  order_placed"));
  running.type("\x03");
  CHECK(running.writes("^C"));

  running.type("\x1b[A");  // the line before
  CHECK(running.writes("order_placed product=broadband channel=web"));
  running.type("\x03slots_v\tchannel=web\n");
  CHECK(running.writes("position   order → slot_search (order)"));
  REQUIRE(running.writes("c1 slot_search> "));

  running.type("save " + file + "\n");
  CHECK(running.writes("saved to " + file));
  REQUIRE(running.writes("c1 slot_search> ", 2));
  running.type("\x04");
  CHECK(running.ends() == 0);

  const Run tests = lotse({"test", "."}, folder.path());
  CHECK(has(tests.out, "ok      c1 goes order to slot_search\n"));
  CHECK(tests.status == 0);
}

}  // namespace lotse::test
