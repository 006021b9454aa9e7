#include <catch2/catch.hpp>
#include <memory>
#include <string>

#include "engine/store/backup.hpp"
#include "engine/store/sqlite.hpp"
#include "engine/store/store.hpp"
#include "tests/support/folder.hpp"

namespace lotse {
namespace {

std::unique_ptr<Store> open(const std::filesystem::path& file) {
  return Store::open_for_writing(file, std::size_t{1} << 20U).value();
}

FindingChange said(std::string finding, FindingState state, std::int64_t at) {
  return {.journey = "orders",
          .finding = std::move(finding),
          .state = state,
          .at = Instant(Duration(at)),
          .by = "ada",
          .note = "more slots"};
}

void record(Store& store, const FindingChange& change) {
  REQUIRE(store.begin());
  REQUIRE(store.add_finding_change(change));
  REQUIRE(store.commit());
}

}  // namespace

TEST_CASE("store: what was said of findings comes back in its order, by journey, after opening again",
          "[store][states]") {
  const test::Folder folder;
  FindingChange first = said("drop_off:ordered", FindingState::seen, 7'000);
  FindingChange second = said("drop_off:ordered", FindingState::mended, 6'000);  // the clock was set back
  second.since = Instant(Duration(5'000));
  second.command = "0123456789abcdef0123456789abcdef";
  second.said = "fedcba9876543210fedcba9876543210";
  FindingChange other = said("repeat:visit", FindingState::accepted, 8'000);
  other.journey = "visits";
  {
    const auto store = open(folder / "s.lotse");
    CHECK(store->finding_changes("orders", "drop_off:ordered")->empty());
    for (const FindingChange* change : {&first, &second, &other}) record(*store, *change);
  }

  const auto store = open(folder / "s.lotse");

  first.number = 1;
  second.number = 2;
  const auto changes = store->finding_changes("orders", "drop_off:ordered").value();
  CHECK(changes == std::vector<FindingChange>{first, second});
  CHECK(store->finding_changes("visits", "repeat:visit")->size() == 1);
  CHECK(store->finding_changes("orders", "repeat:visit")->empty());
  CHECK(store->judged_findings("orders").value() == std::vector<std::string>{"drop_off:ordered"});
  CHECK(store->finding_change_by(second.command).value() == second);
  CHECK_FALSE(store->finding_change_by("another").value());
}

TEST_CASE("store: what was said of findings is in a backup", "[store][states]") {
  const test::Folder folder;
  const auto store = open(folder / "s.lotse");
  record(*store, said("drop_off:ordered", FindingState::seen, 7'000));

  REQUIRE(backup_store(folder / "s.lotse", folder / "copy.lotse"));

  CHECK(open(folder / "copy.lotse")->finding_changes("orders", "drop_off:ordered")->size() == 1);
}

TEST_CASE("store: of each finding the latest word up to then stands, and open is none", "[store][states]") {
  const test::Folder folder;
  const auto store = open(folder / "s.lotse");
  record(*store, said("repeat:visit", FindingState::seen, 1));
  record(*store, said("drop_off:ordered", FindingState::seen, 2));
  record(*store, said("repeat:visit", FindingState::accepted, 5));
  record(*store, said("drop_off:ordered", FindingState::open, 6));
  FindingChange other = said("drop_off:ordered", FindingState::seen, 3);
  other.journey = "visits";
  record(*store, other);
  const auto numbers = [&](std::optional<std::int64_t> at) {
    std::vector<std::uint64_t> all;
    const std::optional<Instant> as_of = at ? std::optional(Instant(Duration(*at))) : std::nullopt;
    const auto standing = store->standing_findings("orders", as_of).value();
    for (const FindingChange& change : standing) all.push_back(change.number);
    return all;
  };

  CHECK(numbers(0).empty());
  CHECK(numbers(1) == std::vector<std::uint64_t>{1});
  CHECK(numbers(4) == std::vector<std::uint64_t>{2, 1});  // by finding
  CHECK(numbers(5) == std::vector<std::uint64_t>{2, 3});
  CHECK(numbers({}) == std::vector<std::uint64_t>{3});
}

TEST_CASE("store: what was said of findings is read in SQL, all of it and what holds", "[store][states]") {
  const test::Folder folder;
  const auto store = open(folder / "s.lotse");
  record(*store, said("drop_off:ordered", FindingState::seen, 1'709'262'000'000));
  record(*store, said("repeat:visit", FindingState::accepted, 1'709'262'000'000));
  FindingChange mended = said("drop_off:ordered", FindingState::mended, 1'709'262'000'500);
  mended.since = Instant(Duration(1'709'262'000'000));
  record(*store, mended);

  auto reader = sqlite::Connection::open(folder / "s.lotse", sqlite::Mode::read).value();
  CHECK(reader.integer("SELECT count(*) FROM finding_changes").value() == 3);
  auto rows = reader.prepare("SELECT finding, state, at, by_whom, note, since FROM finding_states").value();
  REQUIRE(rows.step().value());
  CHECK(rows.bytes(0) == "drop_off:ordered");
  CHECK(rows.bytes(1) == "mended");
  CHECK(rows.bytes(2) == "2024-03-01T03:00:00.500Z");
  CHECK(rows.bytes(3) == "ada");
  CHECK(rows.bytes(4) == "more slots");
  CHECK(rows.bytes(5) == "2024-03-01T03:00:00.000Z");
  REQUIRE(rows.step().value());
  CHECK(rows.bytes(1) == "accepted");
  CHECK(rows.is_null(5));
  CHECK_FALSE(rows.step().value());
}

TEST_CASE("store: a row that says no state, or mended and not since when, is told", "[store][states]") {
  const test::Folder folder;
  const auto store = open(folder / "s.lotse");
  auto writer = sqlite::Connection::open(folder / "s.lotse", sqlite::Mode::write).value();
  const auto state = GENERATE(values<std::string>({"solved", "mended"}));
  REQUIRE(
      writer.execute("INSERT INTO finding_change (journey, finding, state, at, by_whom, note) VALUES "
                     "('orders', 'drop_off:ordered', '" +
                     state + "', 1, 'ada', '')"));

  const auto changes = store->finding_changes("orders", "drop_off:ordered");

  REQUIRE_FALSE(changes);
  CHECK(changes.error().code == ErrorCode::storage);
  CHECK(changes.error().message.starts_with("change 1 of a finding cannot be read: "));
}

}  // namespace lotse
