#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "tests/cli/program.hpp"
#include "tests/support/paths.hpp"
#include "tests/support/skip.hpp"

namespace lotse::test {

namespace {

constexpr const char* journey = "journeys/broadband-onboarding.yaml";
constexpr const char* declared = "{to: nudge,     after: 2d,";

void copy_example(const Folder& folder) {
  std::filesystem::copy(source_dir() / "journeys/broadband", folder.path(),
                        std::filesystem::copy_options::recursive);
}

void replace(const Folder& folder, const std::string& file, const std::string& from, const std::string& to) {
  std::string text = folder.read(file);
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  folder.write(file, text.replace(at, from.size(), to));
}

}  // namespace

TEST_CASE(
    "cli test --watch: runs again when a journey, a test or a folder with tests changes, ends with the last "
    "status",
    "[cli][watch]") {
  const Folder folder;
  copy_example(folder);
  Running running({"test", folder.path().string(), "--quiet", "--watch"}, false);
  REQUIRE(running.writes("; Ctrl-C ends\n"));

  replace(folder, journey, declared, "{to: nudge,     after: 3d,");
  CHECK(running.writes("FAILED  Two days without a booking bring the nudge"));
  CHECK(running.writes("; Ctrl-C ends\n", 2));
  replace(folder, journey, "{to: nudge,     after: 3d,", declared);
  CHECK(running.writes("; Ctrl-C ends\n", 3));
  // As many editors save: a new file beside, moved over the old one.
  std::filesystem::copy(folder.path() / "tests/order.test.yaml", folder.path() / ".saving");
  std::filesystem::rename(folder.path() / ".saving", folder.path() / "tests/order.test.yaml");
  CHECK(running.writes("; Ctrl-C ends\n", 4));
  folder.write("notes.txt", "nothing to do with tests");
  folder.write("more/new.test.yaml", "tests: [{test: t, given: [{after: 1d}], expect: {position: order}}]\n");
  CHECK(running.writes("FAILED  t\n"));
  CHECK(running.writes("1 failed in 3 files"));

  CHECK(running.interrupt() == 1);
}

TEST_CASE("cli test --watch: goes on after a journey that cannot be read", "[cli][watch]") {
  const Folder folder;
  copy_example(folder);
  const std::string text = folder.read(journey);
  folder.write(journey, "journey: [");
  Running running({"test", folder.path().string(), "--quiet", "--watch"}, false);
  REQUIRE(running.writes("; Ctrl-C ends\n"));

  folder.write(journey, text);
  CHECK(running.writes(" passed, 0 failed in 2 files"));

  CHECK(running.interrupt() == 0);
}

TEST_CASE("cli test --watch: redraws a terminal, and Ctrl-C there ends it", "[cli][watch]") {
  const int terminal = ::posix_openpt(O_RDWR | O_NOCTTY);
  if (terminal < 0) LOTSE_SKIP("this machine gives no pseudo-terminal (/dev/pts is not mounted)");
  ::close(terminal);
  const Folder folder;
  copy_example(folder);
  Running running({"test", folder.path().string(), "--quiet", "--watch"}, true);
  REQUIRE(running.writes("; Ctrl-C ends\r\n"));

  replace(folder, "channels.yaml", "title: E-mail", "title: Mail");
  CHECK(running.writes("; Ctrl-C ends\r\n", 2));

  CHECK(running.writes("\x1b[H\x1b[2J\x1b[3J", 2));
  CHECK(running.interrupt() == 0);
}

}  // namespace lotse::test
