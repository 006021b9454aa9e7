#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <string>
#include <thread>

#include "tests/cli/program.hpp"

namespace lotse::test {

namespace fs = std::filesystem;

namespace {

constexpr const char* example = "journeys/broadband";

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::string events() {
  std::string text;
  for (int customer = 0; customer < 30; ++customer) {
    const std::string id = std::to_string(customer);
    text += R"({"id":"a)" + id + R"(","type":"x","time":"2024-03-01T09:00:00Z","ids":{"user_id":"u)" + id +
            "\"}}\n";
    text += R"({"id":"b)" + id + R"(","type":"y","time":"2024-03-01T10:00:00Z","ids":{"user_id":"u)" + id +
            "\"}}\n";
  }
  return text;
}

}  // namespace

TEST_CASE("cli files: what is read is never written over", "[cli]") {
  const Folder folder;
  folder.write("events.ndjson", events());
  const Run made = lotse({"discover", "--events", "events.ndjson", "-o", "found.yaml"}, folder.path());
  REQUIRE(made.status == 0);
  const std::string journey = folder.read("found.yaml");
  const auto refused = [&](const std::vector<std::string>& arguments) {
    const Run run = lotse(arguments, folder.path());
    return run.status == 2 && has(run.err, "is read here, and would be lost");
  };

  CHECK(refused({"discover", "--events", "events.ndjson", "-o", "events.ndjson"}));
  CHECK(refused({"discover", "--events", "events.ndjson", "--update", "found.yaml", "-o", "found.yaml"}));
  CHECK(refused({"backtest", "found.yaml", "--events", "events.ndjson", "-o", "found.yaml"}));
  CHECK(refused({"backtest", "found.yaml", "--events", "events.ndjson", "-o", "./events.ndjson"}));
  CHECK(folder.read("found.yaml") == journey);
  CHECK(folder.read("events.ndjson") == events());
}

TEST_CASE("cli files: an output keeps the link, the permissions and the pipe that it goes to", "[cli]") {
  const Folder folder;
  folder.write("real.svg", "old");
  fs::permissions(folder.path() / "real.svg", fs::perms::owner_read | fs::perms::owner_write);
  fs::create_symlink("real.svg", folder.path() / "link.svg");
  const std::string link = (folder.path() / "link.svg").string();

  REQUIRE(lotse({"map", "-w", example, "--no-counts", "-o", link}).status == 0);
  CHECK(fs::is_symlink(link));
  CHECK(folder.read("real.svg").starts_with("<svg"));
  CHECK(fs::status(folder.path() / "real.svg").permissions() ==
        (fs::perms::owner_read | fs::perms::owner_write));

  const fs::path pipe = folder.path() / "pipe.svg";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  std::string read;
  std::jthread reader([&] { read = folder.read("pipe.svg"); });
  CHECK(lotse({"map", "-w", example, "--no-counts", "-o", pipe.string()}).status == 0);
  reader.join();
  CHECK(read == folder.read("real.svg"));
  CHECK(fs::is_fifo(pipe));
}

TEST_CASE("cli files: an empty name makes no workspace over the files that are here", "[cli]") {
  const Folder folder;
  folder.write("channels.yaml", "mine");

  const Run run = lotse({"new", ""}, folder.path());

  CHECK(run.status == 2);
  CHECK(run.err == "lotse: error: the name of the folder to make is empty\n");
  CHECK(folder.read("channels.yaml") == "mine");
}

TEST_CASE("cli files: a broken channels.yaml is told, and never taken for an empty one", "[cli]") {
  const Folder folder;
  folder.write("events.ndjson", events());
  folder.write("shop/channels.yaml", "channels:\n  web: {adaptr: log}\n");

  const Run run = lotse({"discover", "--events", "events.ndjson", "-w", "shop"}, folder.path());

  CHECK(run.status == 1);
  CHECK(has(run.err, "channels.yaml:2:9: error:"));
  CHECK(run.out.empty());
}

TEST_CASE("cli files: a test may lie outside the workspace that --workspace names", "[cli]") {
  const Folder folder;
  folder.write(
      "one.test.yaml",
      "tests:\n  - test: nothing happened\n    given:\n"
      "      - {at: 2024-03-01 10:00, customer: ada, event: elsewhere}\n    expect: {position: none}\n");

  const Run run = lotse({"test", "-w", example, (folder.path() / "one.test.yaml").string()});

  CAPTURE(run.err, run.out);
  CHECK(run.status == 0);
  CHECK(has(run.out, "1 passed"));
}

TEST_CASE("cli files: a report takes its format from the output's name", "[cli]") {
  const Folder folder;
  folder.write("events.ndjson", events());
  REQUIRE(lotse({"discover", "--events", "events.ndjson", "-o", "found.yaml"}, folder.path()).status == 0);
  const auto begins = [&](const std::string& output, const std::string& more) {
    std::vector<std::string> arguments{"backtest", "found.yaml", "--events", "events.ndjson", "-o", output};
    if (!more.empty()) arguments.insert(arguments.end(), {"--format", more});
    const Run run = lotse(arguments, folder.path());
    REQUIRE(run.status == 0);
    return folder.read(output).substr(0, 4);
  };

  CHECK(begins("a.md", "") == "# Ba");
  CHECK(begins("a.json", "") == "{\n  ");
  CHECK(begins("a.txt", "") == "Back");
  CHECK(begins("b.md", "table") == "Back");
}

TEST_CASE("cli files: a workspace without tests has not passed", "[cli]") {
  const Folder folder;
  folder.write("shop/journeys/a.yaml",
               "journey: a\ntouchpoints:\n  order: {start: true, on: ordered, next: paid}\n  paid: {on: "
               "paid, goal: true}\n");

  const Run run = lotse({"test", "shop"}, folder.path());

  CHECK(run.status == 2);
  CHECK(has(run.err, "has no *.test.yaml: nothing was tested"));
}

TEST_CASE("cli files: of a version that is not in force, trying it out says so", "[cli]") {
  const Folder folder;
  const std::string journey =
      "touchpoints:\n  order: {start: true, on: ordered, next: paid}\n  paid: {on: paid, goal: true}\n";
  folder.write("shop/journeys/a.yaml", "journey: a\nversion: 1\n" + journey);
  folder.write("shop/journeys/b.yaml",
               "journey: a\nversion: 2\nin_force_from: 2024-02-01T00:00:00Z\n" + journey);

  const auto warned = [&](const std::string& at) {
    const Run run = lotse({"try", "shop/journeys/b.yaml", "--at", at}, folder.path(), "quit\n");
    CHECK(run.status == 0);
    return has(run.err, "version 1 is in force (journeys/a.yaml), and it is what is played");
  };
  CHECK(warned("2024-01-15"));
  CHECK_FALSE(warned("2024-02-15"));
}

TEST_CASE("cli files: a mistake in channels.yaml is not told again for each use of a channel", "[cli]") {
  const Folder folder;
  folder.write("shop/channels.yaml", "channels:\n  web: {adaptr: log}\n");
  folder.write("shop/journeys/a.yaml",
               "journey: a\ntouchpoints:\n  order: {channels: [web], start: true, on: ordered, next: paid}\n"
               "  paid: {channels: [web], on: paid, goal: true}\n");

  const Run run = lotse({"check", "shop"}, folder.path());

  CHECK(run.status == 1);
  CHECK(has(run.err + run.out, "channels.yaml:2:9: error:"));
  CHECK_FALSE(has(run.err + run.out, "J032"));
}

}  // namespace lotse::test
