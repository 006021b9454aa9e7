#include <fmt/format.h>
#include <sqlite3.h>

#include <array>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "engine/runtime/engine.hpp"
#include "engine/store/rejects.hpp"
#include "engine/store/sqlite.hpp"
#include "tests/runtime/shop.hpp"
#include "tests/runtime/traces.hpp"
#include "tests/support/folder.hpp"

namespace lotse {
namespace {

using test::minute;

Value map(std::vector<std::pair<std::string, std::string>> entries) {
  Map map;
  for (auto& [name, value] : entries) map.emplace_back(Value(name), Value(value));
  return Value(std::move(map));
}

std::string uuid(int customer) {
  return fmt::format("0b5e8f6e-5bd3-4c6a-9d0e-{:012x}", 0xabcdef00U + static_cast<unsigned>(customer));
}

/// A customer's events, each text of which names that customer alone.
std::vector<Event> orders_of(int customer, int round) {
  const auto named = [&](std::string_view what) { return fmt::format("{}-of-{:04}", what, customer); };
  std::vector<Event> events;
  const char* const types[] = {"arrived", "ordered", "paid", "rated"};
  for (int i = 0; i < 4; ++i) {
    Event event = test::event(round * 5'000 + i * 60 + customer % 50,
                              fmt::format("{}-{}-{}", named("event"), round, i), types[i], named("user"));
    if (i == 0) event.ids.push_back({"anonymous_id", uuid(customer)});
    if (i == 1) event.ids.push_back({"email", named("mail") + "@example.net"});
    event.properties =
        map({{"order", fmt::format("{}-{}", named("order"), round)},
             {"address", named("street") + std::string(static_cast<std::size_t>(customer % 300), 'x')}});
    event.traits = map({{"plan", customer % 2 == 0 ? "small" : "large"}, {"name", named("name")}});
    events.push_back(std::move(event));
  }
  return events;
}

std::vector<std::string> traces_of(int customer) {
  std::vector<std::string> traces = {uuid(customer)};
  for (const char* const what : {"event", "user", "mail", "order", "street", "name"}) {
    traces.push_back(fmt::format("{}-of-{:04}", what, customer));
  }
  return traces;
}

/// A store that has grown over some check-points, as stores do, so that SQLite has moved rows about.
void fill(Engine& engine, int customers, int rounds) {
  for (int round = 0; round < rounds; ++round) {
    std::vector<Event> events;
    for (int customer = 0; customer < customers; ++customer) {
      if (round > 0 && customer % 3 == round % 3) continue;
      std::ranges::move(orders_of(customer, round), std::back_inserter(events));
    }
    for (std::size_t at = 0; at < events.size(); at += 100) {
      REQUIRE(engine.ingest(std::span(events).subspan(at, std::min<std::size_t>(100, events.size() - at))));
    }
    REQUIRE(engine.checkpoint());
  }
}

std::vector<Identifier> users(std::initializer_list<int> customers) {
  std::vector<Identifier> ids;
  for (const int customer : customers) ids.push_back({"user_id", fmt::format("user-of-{:04}", customer)});
  return ids;
}

std::int64_t query(const std::filesystem::path& file, std::string_view sql) {
  auto connection = sqlite::Connection::open(file, sqlite::Mode::read).value();
  return connection.integer(sql).value().value_or(-1);
}

TEST_CASE("engine: of an erased customer no byte is left in any file of the store", "[runtime][erasure]") {
  const test::Folder folder;
  auto engine = test::open(folder / "s.lotse").value();
  fill(*engine, 300, 4);
  std::vector<Event> other = orders_of(7, 0);  // kept as a conflict
  other[2].properties = map({{"order", "other-of-0007"}});
  REQUIRE(engine->ingest(other)->conflict == 1);
  std::vector<std::string> traces;
  for (const int customer : {7, 8, 150, 299})
    std::ranges::copy(traces_of(customer), std::back_inserter(traces));
  traces.emplace_back("other-of-0007");
  // The search finds what is there: without erasure it would find all of this afterwards too.
  REQUIRE(test::found_in(test::bytes_of(folder.path()), traces).size() == traces.size());

  CHECK(engine->erase(users({7, 8, 150, 299})).value() == 4);

  CHECK(test::found_in(test::bytes_of(folder.path()), traces) == std::vector<std::string>());
  engine = nullptr;
  CHECK(test::found_in(test::bytes_of(folder.path()), traces) == std::vector<std::string>());
  CHECK(test::found_in(test::bytes_of(folder.path()), traces_of(9)).size() == traces_of(9).size());
}

TEST_CASE("engine: rejects go with an erasure, for they may hold a piece of an identifier",
          "[runtime][erasure]") {
  const test::Folder folder;
  auto engine = test::open(folder / "s.lotse").value();
  fill(*engine, 3, 1);
  const Reject cut{.arrived = minute(1),
                   .sender = "web",
                   .dialect = "native",
                   .reason = "not JSON",
                   .detail = {},
                   .place = "/0",
                   .text = R"({"ids": {"user_id": "user-of-00)"};
  REQUIRE(engine->ingest({}, std::span(&cut, 1), 10));
  REQUIRE(query(folder / "s.lotse", "SELECT count(*) FROM rejected") == 1);

  REQUIRE(engine->erase(users({1})).value() == 1);

  CHECK(query(folder / "s.lotse", "SELECT count(*) FROM rejected") == 0);
  CHECK(test::found_in(test::bytes_of(folder.path()), {cut.text}).empty());
}

TEST_CASE("engine: erasing many at once and one after the other leaves no byte either",
          "[runtime][erasure]") {
  const test::Folder folder;
  auto engine = test::open(folder / "s.lotse").value();
  fill(*engine, 120, 3);
  std::vector<Identifier> all;
  std::vector<std::string> traces;
  for (int customer = 0; customer < 120; ++customer) {
    std::ranges::copy(traces_of(customer), std::back_inserter(traces));
    if (customer >= 10) all.push_back(users({customer}).front());
  }

  for (int customer = 0; customer < 10; ++customer) CHECK(engine->erase(users({customer})).value() == 1);
  CHECK(engine->erase(all).value() == 110);

  CHECK(test::found_in(test::bytes_of(folder.path()), traces) == std::vector<std::string>());
  CHECK(engine->counts()->customers == 0);
  CHECK(engine->counts()->identifiers == 0);
  CHECK(query(folder / "s.lotse", "SELECT count(*) FROM erased") == 120);
}

TEST_CASE("engine: an unknown identifier erases nobody", "[runtime][erasure]") {
  const test::Folder folder;
  auto engine = test::open(folder / "s.lotse").value();
  fill(*engine, 3, 1);

  CHECK(engine->erase(std::vector<Identifier>{{"user_id", "nobody"}}).value() == 0);
  CHECK(engine->counts()->customers == 3);
}

TEST_CASE("engine: others' events lose an erased identifier that they named, and are known when sent again",
          "[runtime][erasure]") {
  const test::Folder folder;
  auto engine = test::open(folder / "s.lotse").value();
  Event ada = test::event(10, "e1", "arrived", "ada-the-first");
  ada.ids.push_back({"anonymous_id", "kiosk-in-the-hall"});
  Event bob = test::event(20, "e2", "arrived", "bob-the-second");
  bob.ids.push_back({"anonymous_id", "kiosk-in-the-hall"});  // refused: it is Ada's
  REQUIRE(engine->ingest(std::vector{ada, bob})->accepted == 2);
  REQUIRE(engine->counts()->refused_links == 1);

  REQUIRE(engine->erase(std::vector<Identifier>{{"user_id", "ada-the-first"}}).value() == 1);

  CHECK(test::found_in(test::bytes_of(folder.path()), {"ada-the-first", "kiosk-in-the-hall"}).empty());
  CHECK(engine->counts()->refused_links == 0);
  const auto view = engine->customer({"user_id", "bob-the-second"}).value();
  REQUIRE(view);
  CHECK(view->events.at(0).ids == std::vector<Identifier>{{"user_id", "bob-the-second"}});
  const IngestOutcome again = engine->ingest(std::vector{ada, bob}).value();
  CHECK(again.duplicate == 2);
  CHECK(again.conflict == 0);
  CHECK(test::found_in(test::bytes_of(folder.path()), {"ada-the-first", "kiosk-in-the-hall"}).empty());
}

TEST_CASE("engine: an identifier can come again after its customer was erased, as a new customer's",
          "[runtime][erasure]") {
  const test::Folder folder;
  auto engine = test::open(folder / "s.lotse").value();
  fill(*engine, 3, 1);
  REQUIRE(engine->erase(users({1})).value() == 1);

  REQUIRE(engine->ingest(std::vector{test::event(20'000, "new", "arrived", "user-of-0001")})->accepted == 1);

  const auto view = engine->customer({"user_id", "user-of-0001"}).value();
  REQUIRE(view);
  CHECK(view->events.size() == 1);
  CHECK(engine->counts()->customers == 3);
}

TEST_CASE("engine: a reader of old pages keeps an erasure from being finished; erasing again finishes it",
          "[runtime][erasure]") {
  const test::Folder folder;
  auto engine = test::open(folder / "s.lotse").value();
  fill(*engine, 20, 1);
  auto reader = sqlite::Connection::open(folder / "s.lotse", sqlite::Mode::read).value();
  REQUIRE(reader.execute("BEGIN; SELECT count(*) FROM events"));

  const auto blocked = engine->erase(users({3}));

  REQUIRE(!blocked);
  CHECK(blocked.error().code == ErrorCode::unavailable);
  CHECK(blocked.error().message.ends_with(
      "s.lotse: a reader that began before still needs the write-ahead log, in which there are pages from "
      "before the "
      "erasure; all else is erased: end the reader (a report, an SQL session) and erase again"));
  CHECK(engine->customer(users({3}).front())->has_value() == false);
  REQUIRE(reader.execute("COMMIT"));
  CHECK(engine->erase(users({3})).value() == 0);
  CHECK(test::found_in(test::bytes_of(folder.path()), traces_of(3)).empty());
  CHECK(query(folder / "s.lotse", "SELECT value FROM erasure WHERE name = 'pending'") == 0);
}

TEST_CASE("engine: an erasure that was interrupted is finished when the store is opened",
          "[runtime][erasure]") {
  const test::Folder folder;
  {
    auto engine = test::open(folder / "s.lotse").value();
    fill(*engine, 20, 1);
    auto reader = sqlite::Connection::open(folder / "s.lotse", sqlite::Mode::read).value();
    REQUIRE(reader.execute("BEGIN; SELECT count(*) FROM events"));
    REQUIRE(!engine->erase(users({3})));  // as if it ended here
    REQUIRE(query(folder / "s.lotse", "SELECT value FROM erasure WHERE name = 'pending'") == 1);
  }

  auto engine = test::open(folder / "s.lotse").value();

  CHECK(engine->recovery().rebuilt);
  CHECK(engine->recovery().reason == "an erasure was interrupted");
  CHECK(query(folder / "s.lotse", "SELECT value FROM erasure WHERE name = 'pending'") == 0);
  CHECK(test::found_in(test::bytes_of(folder.path()), traces_of(3)).empty());
}

TEST_CASE("views: erased customers are counted without a name", "[runtime][erasure][views]") {
  const test::Folder folder;
  auto engine = test::open(folder / "s.lotse").value();
  fill(*engine, 30, 2);
  constexpr std::array totals = {"SELECT count(*) FROM stays", "SELECT count(*) FROM instances",
                                 "SELECT count(*) FROM feedback", "SELECT count(*) FROM effects",
                                 "SELECT sum(touchpoint = 'paid') FROM stays"};
  std::vector<std::int64_t> before;
  for (const char* const sql : totals) before.push_back(query(folder / "s.lotse", sql));

  REQUIRE(engine->erase(users({4, 5})).value() == 2);

  std::vector<std::int64_t> after;
  for (const char* const sql : totals) after.push_back(query(folder / "s.lotse", sql));
  CHECK(after == before);
  CHECK(query(folder / "s.lotse", "SELECT count(*) FROM customers") == 28);
  CHECK(query(folder / "s.lotse", "SELECT count(*) FROM stays WHERE customer IS NULL AND number < 0") > 0);
  CHECK(query(folder / "s.lotse", "SELECT count(*) FROM events") ==
        query(folder / "s.lotse", "SELECT sum(count) FROM log") - 4 - 8);
}

TEST_CASE("engine: the record of a customer has every event as it was received, conflicts and refused links",
          "[runtime][rights]") {
  const test::Folder folder;
  auto engine = test::open(folder / "s.lotse").value();
  Event ada = test::event(10, "e1", "arrived", "ada");
  ada.ids.push_back({"anonymous_id", "kiosk"});
  Event bob = test::event(20, "e2", "arrived", "bob");
  bob.ids.push_back({"anonymous_id", "kiosk"});
  Event early = test::event(2'000'000, "e3", "arrived", "ada");  // from the future
  Event other = ada;
  other.type = "looked";
  REQUIRE(engine->ingest(std::vector{ada, bob, early, other})->conflict == 1);

  const auto record = engine->record({"anonymous_id", "kiosk"}).value();

  REQUIRE(record);
  CHECK(record->identifiers == std::vector<Identifier>{{"anonymous_id", "kiosk"}, {"user_id", "ada"}});
  REQUIRE(record->events.size() == 2);
  CHECK(record->events[0].event.id == "e1");
  CHECK_FALSE(record->events[0].claimed);
  CHECK(record->events[1].claimed == minute(2'000'000));
  CHECK(record->events[1].event.time == minute(1'000'000));
  REQUIRE(record->conflicts.size() == 1);
  CHECK(record->conflicts[0].event.type == "looked");
  REQUIRE(record->refused.size() == 1);
  CHECK(record->refused[0].primary == Identifier{"user_id", "bob"});
  CHECK(record->refused[0].reason == "limit of user_id");
  CHECK_FALSE(engine->record({"user_id", "nobody"}).value());
}

TEST_CASE("engine: silent is who neither acted nor was heard of since", "[runtime][rights]") {
  const test::Folder folder;
  EngineOptions options;
  std::int64_t now = 100;
  options.clock = [&now] { return minute(now); };
  auto engine = test::open(folder / "s.lotse", test::shop(), options).value();
  REQUIRE(engine->ingest(
      std::vector{test::event(10, "e1", "arrived", "old"), test::event(10, "e2", "arrived", "late")}));
  now = 5'000;
  REQUIRE(engine->ingest(std::vector{test::event(20, "e3", "looked", "late"),  // old, but it arrived only now
                                     test::event(4'000, "e4", "arrived", "new")}));

  const auto silent = [&](std::int64_t since) {
    SilenceSearch search{.before = minute(since)};
    std::vector<Identifier> found = engine->find_silent(search, 10).value();
    CHECK(search.ended);
    return found;
  };
  CHECK(silent(3'000) == std::vector<Identifier>{{"user_id", "old"}});
  CHECK(silent(10).empty());
  CHECK(silent(9'000).size() == 3);
  SilenceSearch bit_by_bit{.before = minute(9'000)};
  CHECK(engine->find_silent(bit_by_bit, 2).value().size() == 2);
  CHECK_FALSE(bit_by_bit.ended);
  CHECK(engine->find_silent(bit_by_bit, 10).value().size() == 1);
  CHECK(bit_by_bit.ended);
  SilenceSearch by_looks{.before = minute(3'000)};
  CHECK(engine->find_silent(by_looks, 10, 1).value().size() == 1);  // whoever is looked at first
  CHECK(engine->find_silent(by_looks, 10, 1).value().empty());
}

}  // namespace
}  // namespace lotse
