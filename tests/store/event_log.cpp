#include "engine/store/event_log.hpp"

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <map>
#include <string>
#include <vector>

#include "engine/store/store.hpp"
#include "tests/support/folder.hpp"

namespace lotse {
namespace {

std::unique_ptr<Store> open(const test::Folder& folder) {
  return std::move(Store::open_for_writing(folder / "s.lotse", 64U << 20U)).value();
}

std::string text_of(std::uint32_t number) { return fmt::format("[1,2,0,\"s\",\"{}\"]", number); }

/// Events `from` to `to`, each with the one `back` numbers earlier before it, committed in one group.
void append(Store& store, std::uint32_t from, std::uint32_t to, std::uint32_t back = 3) {
  REQUIRE(store.begin());
  for (std::uint32_t number = from; number <= to; ++number) {
    const EventNumber previous(number > back ? number - back : 0);
    REQUIRE(store.log().append(text_of(number), number * 1'000, previous).value() == EventNumber(number));
  }
  REQUIRE(store.commit());
}

std::vector<std::string> scan(Store& store, std::uint32_t from) {
  std::vector<std::string> texts;
  REQUIRE(store.log().scan(EventNumber(from), [&](const LoggedText& event) -> Result<void> {
    texts.emplace_back(event.text);
    return {};
  }));
  return texts;
}

TEST_CASE("event log: events come back in order, across rows, groups and a reopening", "[store]") {
  const test::Folder folder;
  std::vector<std::string> expected;
  for (std::uint32_t number = 1; number <= 200; ++number) expected.push_back(text_of(number));

  append(*open(folder), 1, 1);
  {
    const auto store = open(folder);
    append(*store, 2, 130);
    append(*store, 131, 200);
  }
  const auto store = open(folder);

  CHECK(store->log().last() == EventNumber(200));
  CHECK(scan(*store, 1) == expected);
  CHECK(scan(*store, 200) == std::vector{expected.back()});
  CHECK(scan(*store, 70) == std::vector(expected.begin() + 69, expected.end()));
  CHECK(scan(*store, 201).empty());
}

TEST_CASE("event log: every event can be read by its number, before and after it is on disk", "[store]") {
  const test::Folder folder;
  const auto store = open(folder);
  append(*store, 1, 100);
  REQUIRE(store->begin());
  for (std::uint32_t number = 101; number <= 250; ++number) {
    REQUIRE(store->log().append(text_of(number), number, no_event));
  }

  for (std::uint32_t step = 1; step <= 250; ++step) {
    const std::uint32_t number = step * 89 % 251;  // all of them, jumping about
    CHECK(store->log().read(EventNumber(number)).value().text == text_of(number));
  }
}

TEST_CASE("event log: chains are followed backwards, each to its first event", "[store]") {
  const test::Folder folder;
  const auto store = open(folder);
  append(*store, 1, 1'000);
  const std::vector<EventNumber> heads{EventNumber(1'000), no_event, EventNumber(998), EventNumber(2)};
  std::map<std::size_t, std::vector<std::uint32_t>> visited;

  REQUIRE(store->log().follow(heads, [&](std::size_t chain, const LoggedText& event) -> Result<void> {
    CHECK(event.text == text_of(event.number.value()));
    visited[chain].push_back(event.number.value());
    return {};
  }));

  CHECK(visited[0].size() == 334);
  CHECK(visited[0].front() == 1'000);
  CHECK(visited[0].back() == 1);
  CHECK(visited[2].size() == 333);
  CHECK(visited[2].back() == 2);
  CHECK(visited[3] == std::vector<std::uint32_t>{2});
  CHECK(visited.size() == 3);
}

TEST_CASE("event log: what was not committed is not there after a reopening", "[store]") {
  const test::Folder folder;
  {
    const auto store = open(folder);
    append(*store, 1, 10);
    REQUIRE(store->begin());
    REQUIRE(store->log().append(text_of(11), 11, no_event));
    REQUIRE(store->log().flush());
  }

  CHECK(open(folder)->log().last() == EventNumber(10));
}

TEST_CASE("event log: fingerprints come back from their chunks, and the rest is asked for", "[store]") {
  const test::Folder folder;
  const std::uint32_t count = EventLog::chunk_hashes * 2 + 5;
  append(*open(folder), 1, count);
  const auto store = open(folder);
  CHECK(store->log().unchunked() == EventNumber(EventLog::chunk_hashes * 2 + 1));
  for (std::uint32_t number = store->log().unchunked().value(); number <= count; ++number) {
    store->log().restore_fingerprint(number * 1'000);
  }
  std::vector<std::uint64_t> hashes;

  REQUIRE(store->log().fingerprints([&](EventNumber first, std::span<const std::uint64_t> some) {
    CHECK(first.value() == hashes.size() + 1);
    hashes.insert(hashes.end(), some.begin(), some.end());
  }));

  REQUIRE(hashes.size() == count);
  for (std::uint32_t number = 1; number <= count; ++number) CHECK(hashes[number - 1] == number * 1'000);
}

TEST_CASE("event log: a row or a chunk that is missing or cut is said to be damage", "[store]") {
  struct Row {
    const char* why;
    const char* damage;
    const char* message;
  };
  const auto row = GENERATE(
      Row{"a row in the middle", "DELETE FROM log WHERE first = 65", "event 65 is missing"},
      Row{"a cut text", "UPDATE log SET body = substr(body, 1, 50) WHERE first = 65", "row 65 of its log"},
      Row{"a cut index", "UPDATE log SET places = x'00' WHERE first = 65", "row 65 of its log"},
      Row{"a wrong count", "UPDATE log SET count = 3 WHERE first = 65", "row 65 of its log"});
  CAPTURE(row.why);
  const test::Folder folder;
  append(*open(folder), 1, 200);
  REQUIRE(sqlite::Connection::open(folder / "s.lotse", sqlite::Mode::write).value().execute(row.damage));
  const auto store = open(folder);

  const auto read = store->log().read(EventNumber(70));
  const auto scanned = store->log().scan(EventNumber(1), [](const LoggedText&) { return Result<void>(); });

  const std::string message = fmt::format("{}: the store is damaged: ", (folder / "s.lotse").string());
  REQUIRE_FALSE(scanned);
  CHECK(scanned.error() == Error{ErrorCode::storage, message + row.message});
  REQUIRE_FALSE(read);
  CHECK(read.error().code == ErrorCode::storage);
}

TEST_CASE("event log: a reader sees the log as of its opening while the writer goes on", "[store]") {
  const test::Folder folder;
  const auto store = open(folder);
  append(*store, 1, 100);
  const auto reader = Store::open_for_reading(folder / "s.lotse").value();
  append(*store, 101, 20'000);

  CHECK(scan(*reader, 1).size() == 100);
  REQUIRE(reader->release());
  CHECK(scan(*reader, 1).size() == 100);
  CHECK(reader->log().read(EventNumber(7)).value().text == text_of(7));
}

}  // namespace
}  // namespace lotse
