#include <catch2/catch.hpp>
#include <cstdio>
#include <string>
#include <vector>

#include "engine/runtime/engine.hpp"
#include "engine/store/sqlite.hpp"
#include "tests/runtime/shop.hpp"
#include "tests/support/folder.hpp"

namespace lotse {
namespace {

/// Rows as the sqlite3 program prints them, so that what an analyst sees is what is tested.
std::vector<std::string> query(const std::filesystem::path& file, const std::string& sql) {
  auto connection = sqlite::Connection::open(file, sqlite::Mode::read).value();
  auto statement = connection.prepare(sql).value();
  std::vector<std::string> rows;
  while (statement.step().value()) {
    std::string row;
    for (int column = 0; column < statement.columns(); ++column) {
      if (column > 0) row += '|';
      row += statement.bytes(column);
    }
    rows.push_back(row);
  }
  return rows;
}

Event with(Event event, std::string channel, Map properties, Map traits = {}) {
  event.channel = std::move(channel);
  event.properties = Value(std::move(properties));
  event.traits = Value(std::move(traits));
  return event;
}

/// Two customers: one who goes from an order in the store to use, one who falls silent after ordering.
std::vector<Event> story() {
  const auto order = [](const char* id) { return std::pair(Value("order"), Value(id)); };
  const std::int64_t day = 24 * 60;
  std::vector<Event> events{
      with(test::event(0, "1", "ordered", "anna"), "store", {order("o1"), {Value("amount"), Value(12.5)}},
           {{Value("plan"), Value("large")}}),
      with(test::event(day, "2", "paid", "anna"), "web", {order("o1")}),
      with(test::event(day + 1, "3", "rated", "anna"), "email",
           {order("o1"), {Value("score"), Value(std::int64_t{2})}}),
      with(test::event(5 * day, "4", "used", "anna"), "app", {order("o1")}),
      with(test::event(day, "5", "ordered", "bert"), "web", {order("o2")}),
      with(test::event(40 * day, "6", "other", "cleo"), "", {}),
  };
  events[1].ids.push_back({"email", "anna@example.net"});
  return events;
}

TEST_CASE("views: tell in SQL what was stored and derived", "[runtime][views]") {
  const test::Folder folder;
  const auto file = folder / "s.lotse";
  {
    const auto engine = test::open(file, test::shop({test::order_yaml()})).value();
    REQUIRE(engine->ingest(story()).value().accepted == 6);
    Event conflict = story()[0];
    conflict.type = "paid";
    REQUIRE(engine->ingest(std::vector{conflict}).value().conflict == 1);
    REQUIRE(engine->checkpoint());
  }
  struct Row {
    const char* why;
    const char* sql;
    std::vector<std::string> rows;
  };
  const auto row = GENERATE(values<Row>({
      {"every event with its fields",
       "SELECT number, time, time_ms, source, id, type, channel, ids, properties, traits FROM events WHERE "
       "number < 3",
       {R"(1|2023-03-28T10:40:00.000Z|1680000000000|shop|1|ordered|store|{"user_id":"anna"}|{"order":"o1","amount":12.5}|{"plan":"large"})",
        R"(2|2023-03-29T10:40:00.000Z|1680086400000|shop|2|paid|web|{"user_id":"anna","email":"anna@example.net"}|{"order":"o1"}|{})"}},
      {"no channel is NULL", "SELECT count(*) FROM events WHERE channel IS NULL", {"1"}},
      {"arrival", "SELECT DISTINCT arrived, claimed_ms FROM events", {"2025-02-19T21:20:00.000Z|"}},
      {"facts by JSON path",
       "SELECT json_extract(properties, '$.order'), count(*) FROM events WHERE type = 'ordered' GROUP BY 1 "
       "ORDER BY 1",
       {"o1|1", "o2|1"}},
      {"conflicts", "SELECT number, source, id, type FROM conflicts", {"1|shop|1|paid"}},
      {"what the derived views stand for",
       "SELECT events, as_of FROM checkpoints",
       {"6|2023-05-07T10:40:00.000Z"}},
      {"customers",
       "SELECT customer, events, last_event, traits FROM customers ORDER BY customer",
       {R"(user_id:anna|4|2023-04-02T10:40:00.000Z|{"plan":"large"})",
        "user_id:bert|1|2023-03-29T10:40:00.000Z|{}", "user_id:cleo|1|2023-05-07T10:40:00.000Z|{}"}},
      {"identifiers",
       "SELECT customer, namespace, value FROM identifiers WHERE customer = 'user_id:anna' ORDER BY "
       "namespace",
       {"user_id:anna|email|anna@example.net", "user_id:anna|user_id|anna"}},
      {"journeys", "SELECT journey, version, in_force, file FROM journeys", {"order|1||journeys/test.yaml"}},
      {"instances",
       "SELECT customer, journey, version, instance, key, opened, status, ended, outcome, achieved, value, "
       "context FROM "
       "instances ORDER BY customer",
       {R"(user_id:anna|order|1|0|o1|2023-03-28T10:40:00.000Z|achieved|2023-04-02T10:40:00.000Z||2023-04-02T10:40:00.000Z|12.5|{"amount":12.5})",
        R"(user_id:bert|order|1|0|o2|2023-03-29T10:40:00.000Z|active||||0.0|{"amount":0.0})"}},
      {"stays of one who went through",
       "SELECT stay, touchpoint, stage, channel, entry, entered, cause, left_at, to_touchpoint, segments "
       "FROM stays WHERE "
       "customer = 'user_id:anna' ORDER BY stay",
       {R"(0|ordered|buy|store|start|2023-03-28T10:40:00.000Z|advanced|2023-03-29T10:40:00.000Z|paid|["large"])",
        R"(1|paid|buy|web|transition|2023-03-29T10:40:00.000Z|advanced|2023-04-02T10:40:00.000Z|used|["large"])",
        R"(2|used|use|app|transition|2023-04-02T10:40:00.000Z|achieved|2023-04-02T10:40:00.000Z||["large"])"}},
      {"feedback is about the stay in which it came",
       "SELECT customer, touchpoint, stay, time, scale, score FROM feedback",
       {"user_id:anna|paid|1|2023-03-29T10:41:00.000Z|stars|2.0"}},
      {"effects: one that was not handed out in its hour was stale before its stay ended",
       "SELECT customer, touchpoint, due, status, task FROM effects ORDER BY customer, due",
       {"user_id:anna|thanks|2023-03-28T10:40:00.000Z|stale|",
        "user_id:bert|thanks|2023-03-29T10:40:00.000Z|stale|",
        "user_id:bert|reminder|2023-03-31T10:40:00.000Z|stale|",
        "user_id:bert|call|2023-04-03T10:40:00.000Z|pending|open"}},
  }));
  CAPTURE(row.why);

  CHECK(query(file, row.sql) == row.rows);
}

TEST_CASE("views: a drop-off shows once the log has gone on, without an event of the customer",
          "[runtime][views]") {
  const test::Folder folder;
  const auto file = folder / "s.lotse";
  const auto engine = test::open(file, test::shop({test::visit_yaml()})).value();
  const std::string sql = "SELECT customer, cause, left_at FROM stays WHERE customer = 'user_id:anna'";
  REQUIRE(engine->ingest(std::vector{test::event(0, "a", "arrived", "anna")}));
  REQUIRE(engine->checkpoint());
  CHECK(query(file, sql) == std::vector<std::string>{"user_id:anna|open|"});

  REQUIRE(engine->ingest(std::vector{test::event(3 * 24 * 60, "b", "arrived", "bert")}));
  REQUIRE(engine->checkpoint());

  CHECK(query(file, sql) == std::vector<std::string>{"user_id:anna|dropped|2023-03-29T10:40:00.000Z"});
}

TEST_CASE("views: an effect is pending or stale as of the check-point, not as of its customer's last event",
          "[runtime][views]") {
  const test::Folder folder;
  const auto file = folder / "s.lotse";
  const auto engine = test::open(file, test::shop({test::order_yaml()})).value();
  const std::string sql = "SELECT status FROM effects";
  const Event ordered =
      with(test::event(0, "1", "ordered", "anna"), "store", {{Value("order"), Value("o1")}});
  REQUIRE(engine->ingest(std::vector{ordered}));
  REQUIRE(engine->checkpoint());
  CHECK(query(file, sql) == std::vector<std::string>{"pending"});

  REQUIRE(engine->ingest(std::vector{test::event(3 * 60, "2", "other", "bert")}));
  REQUIRE(engine->checkpoint());

  CHECK(query(file, sql) == std::vector<std::string>{"stale"});
}

TEST_CASE("views: customers who became one are one row", "[runtime][views]") {
  const test::Folder folder;
  const auto file = folder / "s.lotse";
  const auto engine = test::open(file).value();
  REQUIRE(engine->ingest(
      std::vector{test::event(0, "a", "arrived", "anna"), test::event(1, "b", "arrived", "bert")}));
  Event unknown = test::event(2, "c", "arrived", "x");
  unknown.ids = {{"anonymous_id", "a1"}};
  REQUIRE(engine->ingest(std::vector{unknown}));
  REQUIRE(engine->checkpoint());
  CHECK(query(file, "SELECT count(*) FROM customers") == std::vector<std::string>{"3"});

  Event link = test::event(3, "d", "identify", "anna");
  link.ids.push_back({"anonymous_id", "a1"});
  REQUIRE(engine->ingest(std::vector{link}));
  REQUIRE(engine->checkpoint());

  CHECK(query(file, "SELECT customer, events FROM customers ORDER BY 1") ==
        std::vector<std::string>{"user_id:anna|3", "user_id:bert|1"});
}

}  // namespace
}  // namespace lotse
