#include "engine/runtime/doctor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <string>
#include <vector>

#include "engine/runtime/engine.hpp"
#include "engine/store/backup.hpp"
#include "engine/store/sqlite.hpp"
#include "tests/runtime/shop.hpp"
#include "tests/support/folder.hpp"

namespace lotse {
namespace {

namespace fs = std::filesystem;

void fill(const fs::path& file) {
  auto engine = test::open(file).value();
  std::vector<Event> events;
  for (int i = 0; i < 300; ++i) {
    events.push_back(test::event(i, fmt::format("e{}", i), i % 3 == 0 ? "ordered" : "arrived",
                                 fmt::format("u{}", i % 50)));
  }
  for (int at = 0; at < 300; at += 50) {
    REQUIRE(engine->ingest(std::span(events).subspan(static_cast<std::size_t>(at), 50)));
  }
  REQUIRE(engine->erase(std::vector<Identifier>{{"user_id", "u7"}}).value() == 1);
}

void change(const fs::path& file, const std::string& sql) {
  auto connection = sqlite::Connection::open(file, sqlite::Mode::write).value();
  REQUIRE(connection.execute(sql));
}

std::vector<std::string> findings(const fs::path& file, const Workspace& workspace = test::shop()) {
  std::vector<std::string> found;
  for (const StoreFinding& finding : examine_store(workspace, file).findings) {
    if (finding.found.find("are free on the disk") != std::string::npos) continue;  // of this machine
    CHECK_FALSE(finding.advice.empty());
    found.push_back(finding.found);
  }
  return found;
}

TEST_CASE("doctor: a sound store has no findings, and it says what it looked at", "[runtime][doctor]") {
  const test::Folder folder;
  fill(folder / "s.lotse");

  CHECK(findings(folder / "s.lotse").empty());
  const StoreExamination full = examine_store(test::shop(), folder / "s.lotse", {.customers = SIZE_MAX});
  CHECK(full.looked_at == std::vector<std::string>{"300 events, 6 of them erased",
                                                   "2 journeys, 49 of 49 customers derived anew"});
}

TEST_CASE("doctor: each kind of damage is found, and named", "[runtime][doctor]") {
  struct Row {
    const char* why;
    const char* sql;
    const char* found;
  };
  const auto row = GENERATE(
      Row{"a row of the log is gone", "DELETE FROM log WHERE first = 51",
          "the log: event 101 follows on event 50"},
      Row{"a row counts wrongly", "UPDATE log SET count = 49 WHERE first = 51",
          "the log's row 51: 50 places for 49 events"},
      Row{"places are cut", "UPDATE log SET places = substr(places, 1, 80) WHERE first = 51",
          "the log's row 51: 10 places for 50 events"},
      Row{"a place points nowhere",
          "UPDATE log SET places = X'00000000FFFFFF7F' || substr(places, 9) WHERE first = 51",
          "event 51: its place in the log is wrong"},
      Row{"a chain leads elsewhere",
          "UPDATE log SET places = X'05000000' || substr(places, 5) WHERE first = 51",
          "event 51: names event 5 as the one before it, and that is 1"},
      Row{"a text is no event", "UPDATE log SET body = replace(body, '\"e52\"', '\"e5\"\"') WHERE first = 51",
          "event 53: a stored event cannot be read"},
      Row{"another id than the fingerprint's", "INSERT INTO fingerprint VALUES (1, zeroblob(8))",
          "event 1: its fingerprint is not that of its source and id"},
      Row{"more fingerprints than events", "INSERT INTO fingerprint VALUES (1, zeroblob(8000))",
          "fingerprints of 1000 events, and the log has 300"},
      Row{"the check-point is ahead of the log", "UPDATE checkpoint SET value = 400 WHERE name = 'position'",
          "the check-point stands for 400 events, and the log has 300"},
      Row{"the image of identities is cut",
          "UPDATE checkpoint_part SET bytes = substr(bytes, 1, 100) WHERE name LIKE 'id%'",
          "the check-point cannot be used: identities: the check-point is damaged"},
      Row{"an erasure is not finished", "UPDATE erasure SET value = 1 WHERE name = 'pending'",
          "an erasure is not finished: old pages may hold what it took away"},
      Row{"a kept journey cannot be read",
          "INSERT INTO journey_version SELECT journey, 0, 'x', in_force, file, 'nonsense' FROM "
          "journey_version "
          "WHERE journey = 'order'",
          "journey `order` version 0 is kept in the store"},
      Row{"another program's schema", "PRAGMA user_version = 99", "the store has schema version 99"},
      Row{"another customer's state",
          "UPDATE customer_state SET state = (SELECT state FROM customer_state LIMIT 1)",
          "stands is not what the events lead to"});
  CAPTURE(row.why);
  const test::Folder folder;
  fill(folder / "s.lotse");

  change(folder / "s.lotse", row.sql);

  const std::vector<std::string> found = findings(folder / "s.lotse");
  CAPTURE(found);
  CHECK(std::ranges::any_of(
      found, [&](const std::string& text) { return text.find(row.found) != std::string::npos; }));
}

TEST_CASE("doctor: bytes that were overwritten, a file that is missing, one that others may read",
          "[runtime][doctor]") {
  const test::Folder folder;
  fill(folder / "s.lotse");
  CHECK(findings(folder / "none.lotse") ==
        std::vector<std::string>{(folder / "none.lotse").string() + ": no such store"});
  fs::permissions(folder / "s.lotse", fs::perms::others_read, fs::perm_options::add);
  const auto readable = findings(folder / "s.lotse");
  REQUIRE(readable.size() == 1);
  CHECK(readable[0].find("every user of this machine may read it") != std::string::npos);

  {
    std::fstream file(folder / "s.lotse", std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(5 * 4096);
    file << std::string(4096, 'x');
  }

  CHECK(findings(folder / "s.lotse").size() > 1);
}

TEST_CASE("backup: a copy made beside the writer is whole, and overwrites nothing", "[runtime][backup]") {
  const test::Folder folder;
  fill(folder / "s.lotse");
  auto engine = test::open(folder / "s.lotse").value();
  REQUIRE(engine->ingest(std::vector{test::event(5'000, "last", "arrived", "u1")})->accepted == 1);

  REQUIRE(backup_store(folder / "s.lotse", folder / "copy.lotse"));

  REQUIRE(engine->ingest(std::vector{test::event(5'001, "later", "arrived", "u1")})->accepted == 1);
  CHECK(findings(folder / "copy.lotse").empty());
  CHECK(test::open(folder / "copy.lotse").value()->counts()->events == 301);
  const auto again = backup_store(folder / "s.lotse", folder / "copy.lotse");
  REQUIRE(!again);
  CHECK(again.error().code == ErrorCode::conflict);
  CHECK(again.error().message.ends_with("copy.lotse: is there already; a backup goes into a new file"));
  CHECK(backup_store(folder / "none.lotse", folder / "c.lotse").error().code == ErrorCode::not_found);
  CHECK_FALSE(fs::exists(folder / "c.lotse"));
  CHECK_FALSE(fs::exists(folder / "copy.lotse.part"));
}

}  // namespace
}  // namespace lotse
