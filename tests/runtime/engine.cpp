#include "engine/runtime/engine.hpp"

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "engine/store/sqlite.hpp"
#include "tests/runtime/shop.hpp"
#include "tests/support/folder.hpp"

namespace lotse {
namespace {

using test::minute;

TEST_CASE("intake: what cannot be stored is rejected with its reason, the rest is taken", "[runtime]") {
  struct Row {
    const char* why;
    std::function<void(Event&)> spoil;
    const char* reason;
    std::string detail;
  };
  Value deep;
  for (int level = 0; level < 17; ++level) deep = Value(List{deep});
  const auto row = GENERATE_COPY(values<Row>({
      {"no id", [](Event& e) { e.id.clear(); }, "id: empty", ""},
      {"a long id", [](Event& e) { e.id.assign(513, 'x'); }, "id: longer than 512 bytes", "513 bytes"},
      {"a long source", [](Event& e) { e.source.assign(600, 'x'); }, "source: longer than 512 bytes",
       "600 bytes"},
      {"no type", [](Event& e) { e.type.clear(); }, "type: empty", ""},
      {"a long channel", [](Event& e) { e.channel.assign(513, 'x'); }, "channel: longer than 512 bytes",
       "513 bytes"},
      {"nobody", [](Event& e) { e.ids.clear(); }, "ids: none given", ""},
      {"a crowd", [](Event& e) { e.ids.resize(33, {"email", "x"}); }, "ids: more than 32", "33"},
      {"an identifier of nothing", [](Event& e) { e.ids[0].name_space.clear(); }, "ids: a namespace: empty",
       ""},
      {"a long identifier", [](Event& e) { e.ids[0].value.assign(513, 'x'); },
       "ids: an identifier: longer than 512 bytes", "513 bytes"},
      {"somebody unknown", [](Event& e) { e.ids[0].value = "unknown"; }, "ids: none of them names a customer",
       ""},
      {"long ago", [](Event& e) { e.time = Instant(Duration(-2'300'000'000'000)); }, "time: before 1900",
       "1897-02-11T15:06:40Z"},
      {"far ahead", [](Event& e) { e.time = Instant(Duration(300'000'000'000'000)); }, "time: after 9999",
       ""},
      {"no map", [](Event& e) { e.properties = Value(List{}); }, "properties: no map", "[]"},
      {"no names", [](Event& e) { e.traits = Value(Map{{Value(std::int64_t{1}), Value()}}); },
       "traits: a key is no string", "1"},
      {"a tower", [deep](Event& e) { e.properties = Value(Map{{Value("p"), deep}}); },
       "properties: nested too deep", ""},
      {"a novel", [](Event& e) { e.properties = Value(Map{{Value("p"), Value(std::string(33'000, 'x'))}}); },
       "larger than 32768 bytes", "33089 bytes"},
      {"Latin-1", [](Event& e) { e.type = "caf\xe9"; }, "text that is no UTF-8", ""},
  }));
  CAPTURE(row.why);
  const test::Folder folder;
  const auto engine = test::open(folder / "s.lotse").value();
  std::vector<Event> events{test::event(1, "a", "arrived", "anna"), test::event(2, "b", "arrived", "bert"),
                            test::event(3, "c", "arrived", "cleo")};
  row.spoil(events[1]);

  const IngestOutcome outcome = engine->ingest(events).value();

  CHECK(outcome.accepted == 2);
  REQUIRE(outcome.rejected.size() == 1);
  CHECK(outcome.rejected[0].index == 1);
  CHECK(outcome.rejected[0].reason == row.reason);
  CHECK(outcome.rejected[0].detail == row.detail);
  CHECK(engine->counts().value().customers == 2);
}

TEST_CASE("intake: a value without a JSON form counts as its JSON form from the start", "[runtime]") {
  const test::Folder folder;
  Event event = test::event(1, "a", "ordered", "anna");
  event.properties = Value(Map{{Value("order"), Value(std::uint64_t{7})}, {Value("at"), Value(minute(3))}});
  std::vector<CustomerState> before;
  {
    const auto engine = test::open(folder / "s.lotse").value();
    REQUIRE(engine->ingest(std::vector{event}).value().accepted == 1);
    before = test::states(*engine);
  }

  const auto engine = test::open(folder / "s.lotse").value();

  CHECK(before.front().journeys[0].instances.front().key->identical(Value(std::int64_t{7})));
  CHECK(test::states(*engine) == before);
}

TEST_CASE("intake: an event from the future gets the time of its arrival, once and for ever", "[runtime]") {
  const test::Folder folder;
  std::int64_t now = 1'000;
  EngineOptions options;
  options.clock = [&now] { return minute(now); };
  const auto engine = test::open(folder / "s.lotse", test::shop(), options).value();
  const std::vector events{test::event(1'005, "in-tolerance", "arrived", "anna"),
                           test::event(9'000, "ahead", "arrived", "bert")};

  const IngestOutcome first = engine->ingest(events).value();
  now = 2'000;
  const IngestOutcome second = engine->ingest(events).value();

  CHECK(first == IngestOutcome{.accepted = 2, .from_future = 1, .rejected = {}});
  CHECK(second == IngestOutcome{.duplicate = 2, .rejected = {}});
  CHECK(engine->counts().value().from_future == 1);
  CHECK(engine->last_event_time() == minute(1'005));
  const auto bert = engine->customer({"user_id", "bert"}).value();
  REQUIRE(bert);
  CHECK(bert->events.front().time == minute(1'000));
  CHECK(bert->events.front().from_future);
}

TEST_CASE("engine: other content under a known id changes nothing and is counted once", "[runtime]") {
  const test::Folder folder;
  const auto engine = test::open(folder / "s.lotse").value();
  Event event = test::event(1, "a", "arrived", "anna");
  Event other = event;
  other.type = "ordered";
  REQUIRE(engine->ingest(std::vector{event}));
  const auto before = test::states(*engine);

  CHECK(engine->ingest(std::vector{other, event}).value() ==
        IngestOutcome{.duplicate = 1, .conflict = 1, .rejected = {}});
  CHECK(engine->ingest(std::vector{other}).value().conflict == 1);
  CHECK(engine->counts().value().conflicts == 1);
  CHECK(test::states(*engine) == before);
}

TEST_CASE("engine: what several post at once is taken as it happened, each one's own in its order",
          "[runtime]") {
  const test::Folder folder;
  {
    const auto engine = test::open(folder / "s.lotse").value();
    Event again =
        test::event(9, "late", "ordered", "anna");  // another content under an id of its own request
    auto one = engine->prepare({test::event(1, "first", "arrived", "anna"),
                                test::event(9, "late", "arrived", "anna"), again,
                                test::event(8, "behind", "arrived", "ben")});
    auto other = engine->prepare(
        {test::event(2, "second", "arrived", "ben"), test::event(1, "first", "arrived", "anna"),
         test::event(3, "third", "arrived", "anna"), test::event(4, "nobody", "", "ben")});
    const std::vector<PreparedEvents*> group{&one, &other};

    const auto outcomes = engine->ingest(group, {}, 0).value();

    REQUIRE(outcomes.size() == 2);
    CHECK(outcomes[0] == IngestOutcome{.accepted = 3, .conflict = 1, .rejected = {}});
    CHECK(outcomes[1].accepted == 2);
    CHECK(outcomes[1].duplicate == 1);
    REQUIRE(outcomes[1].rejected.size() == 1);
    CHECK(outcomes[1].rejected[0].index == 3);
  }
  auto store = sqlite::Connection::open(folder / "s.lotse", sqlite::Mode::read).value();
  auto events =
      store.prepare("SELECT group_concat(id, ' ') FROM (SELECT id FROM events ORDER BY number)").value();
  REQUIRE(events.step().value());
  CHECK(events.bytes(0) == "first second third late behind");
}

TEST_CASE("engine: the same id from another source is another event", "[runtime]") {
  const test::Folder folder;
  const auto engine = test::open(folder / "s.lotse").value();
  std::vector events{test::event(1, "a", "arrived", "anna"), test::event(1, "a", "arrived", "anna")};
  events[1].source = "crm";

  CHECK(engine->ingest(events).value().accepted == 2);
}

TEST_CASE("engine: a restart replays what is behind the check-point, and no more", "[runtime]") {
  const test::Folder folder;
  const auto file = folder / "s.lotse";
  {
    const auto engine = test::open(file).value();
    CHECK(engine->recovery().replayed == 0);
    CHECK_FALSE(engine->recovery().rebuilt);
    REQUIRE(engine->ingest(
        std::vector{test::event(1, "a", "ordered", "anna"), test::event(2, "b", "arrived", "bert")}));
    REQUIRE(engine->checkpoint());
    REQUIRE(engine->ingest(std::vector{test::event(3, "c", "arrived", "cleo")}));
  }
  {
    const auto engine = test::open(file).value();
    CHECK(engine->recovery().replayed == 1);
    CHECK_FALSE(engine->recovery().rebuilt);
    CHECK(engine->counts().value().customers == 3);
  }
}

TEST_CASE("engine: other journeys or settings lead to states derived anew", "[runtime]") {
  const test::Folder folder;
  const auto file = folder / "s.lotse";
  const std::vector events{test::event(1, "a", "ordered", "anna"), test::event(30, "b", "arrived", "anna")};
  {
    const auto engine = test::open(file, test::shop({test::order_yaml()})).value();
    REQUIRE(engine->ingest(events));
    REQUIRE(engine->checkpoint());
  }

  SECTION("a journey more") {
    const auto engine = test::open(file, test::shop()).value();
    CHECK(engine->recovery().rebuilt);
    CHECK(engine->recovery().reason == "changed since the last check-point: journey visit 1");
    CHECK(test::states(*engine) == test::expected_states(test::shop(), events, minute(30)));
    REQUIRE(engine->checkpoint());
  }
  SECTION("another zone") {
    Workspace workspace = test::shop({test::order_yaml()});
    workspace.settings.zone = "Europe/Berlin";
    const auto engine = test::open(file, workspace).value();
    CHECK(engine->recovery().rebuilt);
    CHECK(engine->recovery().reason == "changed since the last check-point: settings");
  }
  SECTION("a reader with other journeys derives for itself") {
    EngineOptions options;
    options.access = Access::read;
    const auto engine = test::open(file, test::shop(), options).value();
    CHECK(engine->recovery().rebuilt);
    CHECK(test::states(*engine) == test::expected_states(test::shop(), events, minute(30)));
  }
}

TEST_CASE("engine: a published version with other content is refused", "[runtime]") {
  const test::Folder folder;
  const auto file = folder / "s.lotse";
  REQUIRE(test::open(file));

  const auto engine = test::open(file, test::shop({test::order_yaml(1, "11d"), test::visit_yaml()}));

  REQUIRE_FALSE(engine);
  CHECK(engine.error().code == ErrorCode::conflict);
  const auto hash = [](const char* abandon_after) {
    const Workspace shop = test::shop({test::order_yaml(1, abandon_after)});
    return shop.journeys[0].versions[0]->content_hash.substr(0, 12);
  };
  CHECK(
      engine.error().message ==
      fmt::format("journeys/test.yaml: journey `order` version 1 was published with other content ({}) than "
                  "the file has now ({}): raise its `version`",
                  hash("10d"), hash("11d")));
}

TEST_CASE("engine: a raised version is in force from when it was first run, the old one is kept",
          "[runtime]") {
  const test::Folder folder;
  const auto file = folder / "s.lotse";
  std::int64_t now = 1'000;
  EngineOptions options;
  options.clock = [&now] { return minute(now); };
  const auto ordered = [](std::int64_t at, std::string id, std::string user) {
    Event event = test::event(at, std::move(id), "ordered", std::move(user));
    event.properties = Value(Map{{Value("order"), Value("order of " + event.ids[0].value)}});
    return event;
  };
  REQUIRE(test::open(file, test::shop({test::order_yaml(1)}), options)
              .value()
              ->ingest(std::vector{ordered(10, "a", "anna")}));
  now = 2'000;
  const Workspace raised = test::shop({test::order_yaml(2, "11d")});
  for (int restart = 0; restart < 2; ++restart, now = 3'000) {
    const auto engine = test::open(file, raised, options).value();
    REQUIRE(engine->tracker().journeys().size() == 1);
    const JourneyVersions& versions = engine->tracker().journeys().front();
    REQUIRE(versions.versions.size() == 2);
    CHECK(versions.versions[0]->version == 1);
    CHECK(versions.versions[1]->version == 2);
    CHECK(versions.in_force == std::vector{Instant::min(), minute(2'000)});
    REQUIRE(engine->ingest(std::vector{ordered(2'010, "b", "bert")}));
    const auto states = test::states(*engine);
    REQUIRE(states.size() == 2);
    REQUIRE(states[0].journeys[0].instances.size() == 1);
    REQUIRE(states[1].journeys[0].instances.size() == 1);
    CHECK(states[0].journeys[0].instances[0].version == VersionIndex(0));
    CHECK(states[1].journeys[0].instances[0].version == VersionIndex(1));
  }
}

TEST_CASE("engine: settings by which the log is chained cannot change under it", "[runtime]") {
  const test::Folder folder;
  const auto file = folder / "s.lotse";
  Workspace workspace = test::shop();
  SECTION("the ranks") { workspace.settings.namespace_rank = {"email", "user_id"}; }
  SECTION("the values that are nobody") { workspace.settings.identity_never = {"anna"}; }
  REQUIRE(test::open(file, workspace));  // while it is empty they may
  Event event = test::event(1, "a", "ordered", "anna");
  event.ids.push_back({"email", "anna@example.net"});
  REQUIRE(test::open(file).value()->ingest(std::vector{event}));

  const auto engine = test::open(file, workspace);

  REQUIRE_FALSE(engine);
  CHECK(
      engine.error() ==
      Error{
          ErrorCode::conflict,
          "`identity.rank` or `identity.never` in lotse.yaml is not what this store was begun with, and its "
          "events are kept by it: put the setting back, or ingest the logs into a new store"});
  CHECK(test::open(file));
}

TEST_CASE("engine: a version cannot be in force from before the one it follows", "[runtime]") {
  const test::Folder folder;
  const auto file = folder / "s.lotse";
  std::int64_t now = 1'000;
  EngineOptions options;
  options.clock = [&now] { return minute(now); };
  REQUIRE(test::open(file, test::shop({test::order_yaml(1)}), options));
  REQUIRE(test::open(file, test::shop({test::order_yaml(2)}), options));
  now = 500;

  const auto engine = test::open(file, test::shop({test::order_yaml(3)}), options);

  REQUIRE_FALSE(engine);
  CHECK(engine.error() ==
        Error{ErrorCode::conflict,
              "journeys/test.yaml: journey `order` version 3 would be in force from "
              "2023-03-28T19:00:00Z, not "
              "after version 2, which is from 2023-03-29T03:20:00Z: give a later `in_force_from`"});
}

TEST_CASE("engine: a reader beside a writer sees what was stored when it was opened", "[runtime]") {
  const test::Folder folder;
  const auto file = folder / "s.lotse";
  const auto writer = test::open(file).value();
  REQUIRE(writer->ingest(std::vector{test::event(1, "a", "ordered", "anna")}));
  EngineOptions options;
  options.access = Access::read;

  const auto reader = test::open(file, test::shop(), options).value();
  REQUIRE(writer->ingest(
      std::vector{test::event(2, "b", "ordered", "bert"), test::event(3, "c", "paid", "anna")}));
  REQUIRE(writer->checkpoint());

  CHECK(reader->counts().value().customers == 1);
  CHECK(reader->customer({"user_id", "anna"}).value()->events.size() == 1);
  CHECK_FALSE(reader->customer({"user_id", "bert"}).value());
  CHECK(test::open(file, test::shop(), options).value()->counts().value().customers == 2);
}

TEST_CASE("engine: a customer is found by any identifier, with or without its namespace", "[runtime]") {
  const test::Folder folder;
  const auto engine = test::open(folder / "s.lotse").value();
  Event event = test::event(1, "a", "ordered", "7");
  event.ids.push_back({"email", "anna@example.net"});
  Event other = test::event(1, "b", "ordered", "8");
  other.ids = {{"loyalty_id", "7"}};
  Event odd = test::event(1, "c", "ordered", "9");
  odd.ids = {{"vehicle", "urn:car:1"}};
  REQUIRE(engine->ingest(std::vector{event, other, odd}));

  CHECK(engine->find_identifiers("7") == std::vector<Identifier>{{"user_id", "7"}, {"loyalty_id", "7"}});
  CHECK(engine->find_identifiers("loyalty_id:7") == std::vector<Identifier>{{"loyalty_id", "7"}});
  CHECK(engine->find_identifiers("anna@example.net") ==
        std::vector<Identifier>{{"email", "anna@example.net"}});
  CHECK(engine->find_identifiers("urn:car:1") == std::vector<Identifier>{{"vehicle", "urn:car:1"}});
  CHECK(engine->find_identifiers("10").empty());
  const auto view = engine->customer({"email", "anna@example.net"}).value();
  REQUIRE(view);
  CHECK(view->identifiers == std::vector<Identifier>{{"email", "anna@example.net"}, {"user_id", "7"}});
  CHECK(view->events.size() == 1);
}

TEST_CASE("engine: an empty store has no customers and no last event", "[runtime]") {
  const test::Folder folder;
  const auto engine = test::open(folder / "s.lotse").value();

  CHECK(engine->counts().value() == EngineCounts{});
  CHECK_FALSE(engine->last_event_time());
  CHECK(test::states(*engine).empty());
  CHECK(engine->ingest(std::span<const Event>()).value() == IngestOutcome{});
  REQUIRE(engine->checkpoint());
}

TEST_CASE("engine: what was empty when it was check-pointed opens again", "[runtime]") {
  const test::Folder folder;
  REQUIRE(test::open(folder / "s.lotse").value()->checkpoint());
  CHECK(test::open(folder / "s.lotse").value()->counts().value() == EngineCounts{});
}

TEST_CASE("engine: check-points are written on the way when enough is new", "[runtime]") {
  const test::Folder folder;
  EngineOptions options;
  options.checkpoint_events = 10;
  {
    const auto engine = test::open(folder / "s.lotse", test::shop(), options).value();
    for (int i = 0; i < 25; ++i) {
      REQUIRE(engine->ingest(std::vector{test::event(i, fmt::format("e{}", i), "arrived", "anna")}));
    }
  }

  CHECK(test::open(folder / "s.lotse").value()->recovery().replayed == 5);
}

}  // namespace
}  // namespace lotse
