#include <catch2/catch.hpp>
#include <chrono>
#include <memory>
#include <string>

#include "engine/store/sqlite.hpp"
#include "engine/store/store.hpp"
#include "tests/support/folder.hpp"

namespace lotse {
namespace {

std::unique_ptr<Store> open(const std::filesystem::path& file) {
  return Store::open_for_writing(file, std::size_t{1} << 20U).value();
}

RecordedRisk risk(std::string journey, std::int64_t at, std::uint8_t percent) {
  using namespace std::chrono_literals;
  return {
      .journey = std::move(journey),
      .refresh = {.at = Instant(Duration(at)),
                  .curves = {{.version = 2,
                              .touchpoint = "ordered",
                              .steps = {{.from = 0h, .percent = percent}, {.from = 48h, .percent = {}}}}}}};
}

}  // namespace

TEST_CASE("store: recorded risks come back in the order in which they were recorded", "[store][risk]") {
  const test::Folder folder;
  {
    const auto store = open(folder / "s.lotse");
    CHECK(store->risks()->empty());
    REQUIRE(store->begin());
    REQUIRE(store->record_risk(risk("orders", 7'000, 40)));
    REQUIRE(store->record_risk(risk("visits", 7'000, 10)));
    REQUIRE(store->record_risk(risk("orders", 9'000, 60)));
    REQUIRE(store->commit());
  }

  const auto risks = open(folder / "s.lotse")->risks().value();

  REQUIRE(risks.size() == 3);
  CHECK(risks[0].journey == "orders");
  CHECK(risks[0].refresh == risk("orders", 7'000, 40).refresh);
  CHECK(risks[1].journey == "visits");
  CHECK(risks[2].refresh == risk("orders", 9'000, 60).refresh);
}

TEST_CASE("store: recorded risks are read in SQL by the journey and the time", "[store][risk]") {
  const test::Folder folder;
  const auto store = open(folder / "s.lotse");
  REQUIRE(store->begin());
  REQUIRE(store->record_risk(risk("orders", 1'709'262'000'000, 40)));
  REQUIRE(store->commit());

  auto reader = sqlite::Connection::open(folder / "s.lotse", sqlite::Mode::read).value();
  auto rows = reader.prepare("SELECT journey, at, curves FROM risk_refreshes").value();
  REQUIRE(rows.step().value());
  CHECK(rows.bytes(0) == "orders");
  CHECK(rows.bytes(1) == "2024-03-01T03:00:00.000Z");
  CHECK(rows.bytes(2) == "2 ordered 0:40 172800000:-\n");
}

TEST_CASE("store: a text that is no curve is told", "[store][risk]") {
  const test::Folder folder;
  const auto store = open(folder / "s.lotse");
  auto writer = sqlite::Connection::open(folder / "s.lotse", sqlite::Mode::write).value();
  REQUIRE(writer.execute("INSERT INTO risk_refresh (journey, at, curves) VALUES ('orders', 1, 'x')"));

  const auto risks = store->risks();

  REQUIRE_FALSE(risks);
  CHECK(risks.error().code == ErrorCode::storage);
}

}  // namespace lotse
