#include "engine/runtime/incident_ledger.hpp"

#include <catch2/catch.hpp>

namespace lotse {
namespace {

using What = IncidentNews::What;

Instant hour(int hours) { return Instant{} + Duration{std::chrono::hours(hours)}; }

Incident incident(std::string id, int opened, std::uint32_t changes = 1, std::optional<int> closed = {}) {
  Incident one;
  one.id = std::move(id);
  one.journey = "order";
  one.touchpoint = one.label = one.title = "buy";
  one.started = one.opened = one.updated = hour(opened);
  one.changes = changes;
  one.whole = true;
  one.scored = 100;
  one.dropped = 40;
  one.before = 0.2;
  if (closed) one.closed = one.recovered = hour(*closed);
  return one;
}

std::vector<What> kinds(const std::vector<IncidentNews>& news) {
  std::vector<What> list;
  for (const IncidentNews& one : news) list.push_back(one.what);
  return list;
}

/// As after a restart.
IncidentLedger again(const IncidentLedger& ledger) {
  auto read = IncidentLedger::read(ledger.text());
  REQUIRE(read);
  return *read;
}

}  // namespace

TEST_CASE("incident ledger: each change is told once, over restarts too", "[runtime][alerts]") {
  IncidentLedger ledger;
  CHECK(kinds(ledger.take({incident("a", 1)}, hour(2))) == std::vector{What::opened});
  ledger = again(ledger);
  CHECK(ledger.take({incident("a", 1)}, hour(3)).empty());
  CHECK(kinds(ledger.take({incident("a", 1, 3)}, hour(4))) == std::vector{What::updated});
  ledger = again(ledger);
  CHECK(ledger.take({incident("a", 1, 3)}, hour(5)).empty());
  const auto closed = ledger.take({incident("a", 1, 4, 6)}, hour(7));
  CHECK(kinds(closed) == std::vector{What::closed});
  CHECK(closed[0].changes == 4);
  ledger = again(ledger);
  CHECK(ledger.take({incident("a", 1, 4, 6)}, hour(8)).empty());
  REQUIRE(ledger.records().size() == 1);
  CHECK(ledger.records()[0].closed == hour(6));
  CHECK(ledger.records()[0].incident.find("sentence") != nullptr);
}

TEST_CASE("incident ledger: what was over before anybody looked is on record, and not told",
          "[runtime][alerts]") {
  IncidentLedger ledger;
  CHECK(kinds(ledger.take({incident("old", 1, 2, 5), incident("new", 8)}, hour(9))) ==
        std::vector{What::opened});
  REQUIRE(ledger.records().size() == 2);
  CHECK(ledger.records()[0].id == "new");  // open first
}

TEST_CASE("incident ledger: an incident whose beginning moves stays the one that its owner knows",
          "[runtime][alerts]") {
  IncidentLedger ledger;
  CHECK(ledger.take({incident("a", 10)}, hour(11)).size() == 1);
  CHECK(ledger.take({incident("b", 9)}, hour(12)).empty());
  CHECK(kinds(ledger.take({incident("b", 9, 2)}, hour(13))) == std::vector{What::updated});
  REQUIRE(ledger.records().size() == 1);
  CHECK(ledger.records()[0].id == "a");
  const auto closed = ledger.take({incident("b", 9, 3, 14)}, hour(15));
  REQUIRE(closed.size() == 1);
  CHECK(closed[0].id == "a");
}

TEST_CASE("incident ledger: what is not derived any more was no incident, and its owner hears so",
          "[runtime][alerts]") {
  IncidentLedger ledger;
  CHECK(ledger.take({incident("a", 10)}, hour(11)).size() == 1);
  const auto news = ledger.take({}, hour(12));
  CHECK(kinds(news) == std::vector{What::closed});
  CHECK(news[0].changes == 2);
  CHECK(ledger.records()[0].disproved);
  CHECK(ledger.records()[0].closed == hour(12));
  CHECK(again(ledger).take({}, hour(13)).empty());
  CHECK(again(ledger).records()[0].disproved);
}

TEST_CASE("incident ledger: what was disproved and is derived again is told again", "[runtime][alerts]") {
  IncidentLedger ledger;
  CHECK(ledger.take({incident("a", 10)}, hour(11)).size() == 1);
  CHECK(ledger.take({}, hour(12)).size() == 1);
  const auto news = again(ledger).take({incident("a", 10)}, hour(13));
  CHECK(kinds(news) == std::vector{What::opened});
  CHECK(news[0].changes == 3);
  CHECK(ledger.take({incident("a", 10)}, hour(13)).size() == 1);
  REQUIRE(ledger.records().size() == 1);
  CHECK_FALSE(ledger.records()[0].closed);
  CHECK_FALSE(ledger.records()[0].disproved);
  CHECK(ledger.take({incident("a", 10)}, hour(14)).empty());
}

TEST_CASE("incident ledger: each news has a number of its own, whatever late events take back",
          "[runtime][alerts]") {
  IncidentLedger ledger;
  CHECK(ledger.take({incident("a", 10)}, hour(11))[0].changes == 1);
  CHECK(ledger.take({incident("a", 10, 2)}, hour(12))[0].changes == 2);
  CHECK(ledger.take({incident("a", 10, 1)}, hour(13)).empty());
  CHECK(ledger.take({incident("a", 10, 2, 14)}, hour(15))[0].changes == 3);
}

TEST_CASE("incident ledger: of two that take the place of one, one is it and the other is new",
          "[runtime][alerts]") {
  IncidentLedger ledger;
  CHECK(ledger.take({incident("a", 10)}, hour(20)).size() == 1);
  const auto news = ledger.take({incident("b", 15), incident("c", 9, 2, 14)}, hour(21));
  CHECK(news.empty());  // b is a, and c was over before anybody looked
  CHECK(ledger.records().size() == 2);
  CHECK_FALSE(ledger.records()[0].closed);
  CHECK(ledger.take({incident("b", 15), incident("c", 9, 2, 14)}, hour(22)).empty());
}

TEST_CASE("incident ledger: the title says how it ended", "[runtime][alerts]") {
  IncidentLedger ledger;
  CHECK(ledger.take({incident("a", 1)}, hour(2))[0].title == "buy: more customers drop off");
  CHECK(ledger.take({incident("a", 1, 2, 6)}, hour(7))[0].title == "buy: drop-off has come down");
  IncidentLedger other;
  CHECK(other.take({incident("a", 1)}, hour(2)).size() == 1);
  Incident left = incident("a", 1, 2, 6);
  left.recovered.reset();
  CHECK(other.take({left}, hour(7))[0].title == "buy: nobody has come for four weeks");
}

TEST_CASE("incident ledger: another touchpoint's and another kind's are others", "[runtime][alerts]") {
  IncidentLedger ledger;
  CHECK(ledger.take({incident("a", 10)}, hour(11)).size() == 1);
  Incident silence = incident("s", 10);
  silence.kind = IncidentKind::silence;
  Incident elsewhere = incident("e", 10);
  elsewhere.touchpoint = "use";
  CHECK(ledger.take({incident("a", 10), silence, elsewhere}, hour(11)).size() == 2);
  CHECK(ledger.records().size() == 3);
  CHECK_FALSE(IncidentLedger::read("nonsense"));
}

}  // namespace lotse
