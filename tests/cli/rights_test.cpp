#include <catch2/catch.hpp>
#include <filesystem>
#include <string>

#include "tests/cli/program.hpp"
#include "tests/support/paths.hpp"

namespace lotse::test {

namespace {

/// The example workspace with a few hundred simulated customers in its store.
void fill(const Folder& folder) {
  std::filesystem::copy(source_dir() / "journeys/broadband", folder.path(),
                        std::filesystem::copy_options::recursive);
  REQUIRE(
      lotse({"simulate", ".", "--customers", "40", "--seed", "1", "--output", "events.ndjson"}, folder.path())
          .status == 0);
  REQUIRE(lotse({"ingest", "events.ndjson", "--quiet"}, folder.path()).status == 0);
  std::filesystem::permissions(folder.path() / "lotse.db",
                               std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

}  // namespace

TEST_CASE("cli erase: says whom it would erase, does it with --yes, and reports stay as they were",
          "[cli][rights]") {
  const Folder folder;
  fill(folder);
  const auto run = [&](std::vector<std::string> arguments) { return lotse(arguments, folder.path()); };
  const std::string friction = run({"report", "friction", "--format", "json"}).out;
  const std::string kpi = run({"report", "kpi", "--format", "json"}).out;
  const std::string map = run({"map"}).out;
  REQUIRE(folder.read("lotse.db").find("u000007") != std::string::npos);

  const Run asked = run({"erase", "u000007"});
  const Run done = run({"erase", "u000007", "--yes"});

  CHECK(asked.status == 2);
  CHECK(asked.err.find("this would erase ") != std::string::npos);
  CHECK(done.status == 0);
  CHECK(done.out.ends_with("; what reports count of them stays, without a name\n"));
  CHECK(folder.read("lotse.db").find("u000007") == std::string::npos);
  CHECK(run({"customer", "u000007"}).err.find("nobody is known as `u000007`") != std::string::npos);
  CHECK(run({"report", "friction", "--format", "json"}).out == friction);
  CHECK(run({"report", "kpi", "--format", "json"}).out == kpi);
  CHECK(run({"map"}).out == map);
  CHECK(run({"report", "risk", "--limit", "1000"}).out.find("u000007") == std::string::npos);
  CHECK(run({"erase", "u000007", "--yes"}).status == 2);
  CHECK(run({"ingest", "events.ndjson"}).out.find("duplicate") != std::string::npos);
  CHECK(run({"report", "friction", "--format", "json"}).out == friction);
}

TEST_CASE("cli export: everything about a customer, with every event", "[cli][rights]") {
  const Folder folder;
  fill(folder);

  const Run run = lotse({"export", "user_id:u000003"}, folder.path());

  CHECK(run.status == 0);
  for (const char* const member :
       {"\"customer\":", "\"identifiers\":", "\"refused_links\":", "\"events\":[{\"id\":", "\"conflicts\":",
        "\"state\":{", "\"timeline\":"}) {
    CAPTURE(member);
    CHECK(run.out.find(member) != std::string::npos);
  }
  CHECK(run.out.find("•••") == std::string::npos);
  CHECK(lotse({"export", "nobody"}, folder.path()).status == 2);
}

TEST_CASE("cli retain: erases the silent, and first says how many", "[cli][rights]") {
  const Folder folder;
  fill(folder);

  const Run unsaid = lotse({"retain", "--dry-run"}, folder.path());
  const Run dry = lotse({"retain", "--older", "1d", "--dry-run"}, folder.path());
  folder.write("lotse.yaml", folder.read("lotse.yaml") + "retention: {older: 1d}\n");
  const Run by_file = lotse({"retain", "--dry-run"}, folder.path());
  const Run recent = lotse({"retain", "--older", "1y"}, folder.path());

  CHECK(unsaid.status == 2);
  CHECK(unsaid.err.find("neither --older nor `retention` in lotse.yaml says after how much silence customers "
                        "are erased, such as 730d") != std::string::npos);
  CHECK(by_file.status == 0);
  CHECK(by_file.out.substr(0, by_file.out.find(':')) == dry.out.substr(0, dry.out.find(':')));
  CHECK(dry.status == 0);
  CHECK(dry.out.find(" customers would be erased: silent since ") != std::string::npos);
  CHECK(recent.status == 2);
  CHECK(recent.err.find("--older: `1y` is no duration of a day or more, such as 730d") != std::string::npos);
}

TEST_CASE("cli backup and doctor: a copy that is sound; a damaged one is told, with what to do",
          "[cli][rights]") {
  const Folder folder;
  fill(folder);

  const Run copied = lotse({"backup", "copy.db"}, folder.path());
  const Run again = lotse({"backup", "copy.db"}, folder.path());
  const Run sound = lotse({"doctor", "copy.db", "--full"}, folder.path());
  folder.write("nonsense.db", "no database");
  const Run damaged = lotse({"doctor", "nonsense.db"}, folder.path());

  CHECK(copied.status == 0);
  CHECK(copied.out.starts_with("copy.db: a checked copy of "));
  CHECK(again.status == 2);
  CHECK(sound.status == 0);
  CHECK(sound.out.find("customers derived anew") != std::string::npos);
  CHECK(sound.out.ends_with("copy.db: sound\n"));
  CHECK(damaged.status == 1);
  CHECK(damaged.out.find("error: nonsense.db: this file is no Lotse store") != std::string::npos);
  CHECK(damaged.out.find("  hint: restore the latest backup") != std::string::npos);
}

}  // namespace lotse::test
