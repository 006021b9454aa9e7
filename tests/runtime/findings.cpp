// What a team says of findings, put on record by a running engine.
#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <vector>

#include "engine/runtime/live_findings.hpp"
#include "tests/runtime/live_shop.hpp"
#include "tests/runtime/shop.hpp"
#include "tests/support/folder.hpp"

namespace lotse {
namespace {

using test::minute;
using test::order;
using test::send;
using test::start;
using test::TestClock;

FindingChange wanted(FindingState state, std::string note = {}) {
  return {.journey = "order",
          .finding = "drop_off:ordered",
          .state = state,
          .by = "ada",
          .note = std::move(note)};
}

}  // namespace

TEST_CASE("findings: a change has the engine's time, and outlives it", "[live][states]") {
  const test::Folder folder;
  TestClock clock(minute(10));
  {
    const auto live = start(folder / "s.lotse", clock);
    REQUIRE(change_finding(*live, wanted(FindingState::seen, "more slots")));
    clock.set(minute(20));
    const auto mended = change_finding(*live, wanted(FindingState::mended));
    REQUIRE(mended);
    CHECK(mended->at == minute(20));
    CHECK(mended->since == minute(20));  // left out: now
    CHECK(finding_changes(*live, "order", "drop_off:ordered")->size() == 2);
    REQUIRE(live->stop());
  }

  const auto live = start(folder / "s.lotse", clock);

  const auto changes = finding_changes(*live, "order", "drop_off:ordered").value();
  REQUIRE(changes.size() == 2);
  CHECK(changes[0].at == minute(10));
  CHECK(changes[0].note == "more slots");
  CHECK(changes[1].state == FindingState::mended);
}

TEST_CASE("findings: what cannot be meant is refused, and the engine goes on", "[live][states]") {
  const test::Folder folder;
  TestClock clock(minute(10));
  const auto live = start(folder / "s.lotse", clock);
  FindingChange ahead = wanted(FindingState::mended);
  ahead.since = minute(11);
  FindingChange seen_since = wanted(FindingState::seen);
  seen_since.since = minute(5);
  FindingChange nobody = wanted(FindingState::seen);
  nobody.by = "";
  FindingChange once = wanted(FindingState::seen);
  once.command = "k";

  CHECK(change_finding(*live, ahead).error().code == ErrorCode::bad_input);
  CHECK(change_finding(*live, seen_since).error().code == ErrorCode::bad_input);
  CHECK(change_finding(*live, nobody).error().code == ErrorCode::bad_input);
  REQUIRE(change_finding(*live, once));
  CHECK(change_finding(*live, once).error().code == ErrorCode::conflict);

  CHECK(finding_changes(*live, "order", "drop_off:ordered")->size() == 1);
  CHECK(finding_change_by(*live, "k")->has_value());
  CHECK(send(*live, {order(11, "e1", "ada", "o1")}));
}

TEST_CASE("findings: erasing a customer leaves what was said of findings alone", "[live][states]") {
  const test::Folder folder;
  TestClock clock(minute(10));
  const auto live = start(folder / "s.lotse", clock);
  REQUIRE(send(*live, {order(1, "e1", "ada", "o1")}));
  REQUIRE(change_finding(*live, wanted(FindingState::accepted)));

  REQUIRE(live->erase({"user_id", "ada"}).value());

  CHECK(finding_changes(*live, "order", "drop_off:ordered")->size() == 1);
}

TEST_CASE("findings: no more are kept than the most there may be", "[live][states]") {
  const test::Folder folder;
  TestClock clock(minute(10));
  {
    const auto live = start(folder / "s.lotse", clock);
    REQUIRE(live->stop());
  }
  {
    const auto store = Store::open_for_writing(folder / "s.lotse", std::size_t{1} << 20U).value();
    REQUIRE(store->begin());
    for (std::size_t i = 0; i < finding_changes_max; ++i)
      REQUIRE(store->add_finding_change(wanted(FindingState::seen)));
    REQUIRE(store->commit());
  }
  const auto live = start(folder / "s.lotse", clock);

  const auto more = change_finding(*live, wanted(FindingState::seen));

  REQUIRE_FALSE(more);
  CHECK(more.error().code == ErrorCode::conflict);
  FindingChange elsewhere = wanted(FindingState::seen);
  elsewhere.finding = "repeat:ordered";
  CHECK(change_finding(*live, elsewhere));
}

TEST_CASE("findings: what changes nothing is refused", "[live][states]") {
  const test::Folder folder;
  TestClock clock(minute(10));
  const auto live = start(folder / "s.lotse", clock);
  CHECK(change_finding(*live, wanted(FindingState::open)).error().code == ErrorCode::conflict);
  REQUIRE(change_finding(*live, wanted(FindingState::seen, "asked")));
  const auto again = change_finding(*live, wanted(FindingState::seen, "asked"));
  REQUIRE_FALSE(again);
  CHECK(again.error().code == ErrorCode::conflict);
  CHECK(again.error().message ==
        "`drop_off:ordered` is seen already, with this note: say another state or note");
  REQUIRE(change_finding(*live, wanted(FindingState::seen, "asked again")));
  FindingChange mended = wanted(FindingState::mended);
  REQUIRE(change_finding(*live, mended));
  clock.set(minute(20));
  CHECK_FALSE(change_finding(*live, mended));
  mended.since = minute(5);
  CHECK(change_finding(*live, mended));
  CHECK_FALSE(change_finding(*live, mended));

  CHECK(finding_changes(*live, "order", "drop_off:ordered")->size() == 4);
}

TEST_CASE("findings: of parts by segments, whose values are any text, there is a most", "[live][states]") {
  const test::Folder folder;
  TestClock clock(minute(10));
  const auto live = start(folder / "s.lotse", clock);
  const auto said = [&](const std::string& finding) {
    FindingChange change = wanted(FindingState::seen, fmt::format("{}", finding.size()));
    change.finding = finding;
    return change_finding(*live, change);
  };
  for (std::size_t i = 0; i < segment_findings_max; ++i)
    REQUIRE(said(fmt::format("repeat:ordered:plan={}", i)));

  const auto more = said("repeat:ordered:plan=x");

  REQUIRE_FALSE(more);
  CHECK(more.error().code == ErrorCode::conflict);
  CHECK(said("repeat:ordered:channel=web"));
  CHECK(said("repeat:ordered"));
  FindingChange known = wanted(FindingState::accepted);
  known.finding = "repeat:ordered:plan=7";
  CHECK(change_finding(*live, known));
}

TEST_CASE("findings: a note is one line of plain text", "[live][states]") {
  CHECK(clean_note("  more\nslots\tfrom\r\nMay on ").value() == "more slots from  May on");
  CHECK(clean_note(" \n ").value().empty());
  CHECK(clean_note(std::string(note_bytes_max, 'x')));
  CHECK_FALSE(clean_note(std::string(note_bytes_max + 1, 'x')));
  CHECK_FALSE(clean_note("a\x1b[31mred"));
  CHECK_FALSE(
      clean_note("a\xC2\x9B"
                 "31m"));  // C1 in UTF-8
  CHECK_FALSE(clean_note("\xFF"));
  CHECK(clean_note("größer, 本").value() == "größer, 本");
}

}  // namespace lotse
