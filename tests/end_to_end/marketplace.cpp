#include <simdjson.h>

#include <catch2/catch.hpp>
#include <map>
#include <string>
#include <vector>

#include "tests/support/command.hpp"
#include "tests/support/folder.hpp"
#include "tests/support/skip.hpp"
#include "tests/support/table.hpp"

// 15,000 real orders. The expected figures come with the log, in `../shared/data/README.md`; they are facts
// of its events, checked by SQL over the store's documented views, and what the journey makes of them is told
// apart.

using namespace lotse;
using test::Table;

namespace {

const std::string workspace = "tests/end_to_end/marketplace";

/// The orders with what happened to each first, as an analyst would put them together.
/// They are temporary tables, for each of the facts reads them anew.
const std::string orders = R"(
  CREATE TEMP TABLE o AS
    SELECT properties ->> 'order' AS id,
           max(properties ->> 'state') AS state,
           max(properties ->> 'status') AS status,
           max(unixepoch(properties ->> 'promised')) AS promised,
           min(CASE type WHEN 'purchase' THEN time_ms / 1000 END) AS purchased,
           min(CASE type WHEN 'payment_approved' THEN time_ms / 1000 END) AS approved,
           min(CASE type WHEN 'handed_to_carrier' THEN time_ms / 1000 END) AS handed,
           min(CASE type WHEN 'delivered' THEN time_ms / 1000 END) AS delivered
    FROM events GROUP BY 1
)";
const std::string reviews = R"(
  CREATE TEMP TABLE r AS
    SELECT o.*, a.score,
           CASE WHEN delivered IS NULL THEN 'never' WHEN delivered > promised THEN 'late' ELSE 'on time' END AS kept,
           (delivered - promised) / 86400 AS days
    FROM (SELECT properties ->> 'order' AS reviewed, properties ->> 'score' AS score
          FROM events WHERE type = 'review_answered') AS a
    JOIN o ON o.id = a.reviewed
)";

/// The store with the whole log, made once.
const std::filesystem::path& store() {
  static const test::Folder folder;
  static const std::filesystem::path path = [] {
    const auto file = folder / "marketplace.lotse";
    const auto log = test::shared("data/olist/events_sample15k.csv.gz");
    const auto done = test::lotse({"ingest", log->string(), "--mapping", workspace + "/mapping.yaml",
                                   "--workspace", workspace, "--store", file.string()});
    INFO(done.out << done.err);
    REQUIRE(done.status == 0);
    return file;
  }();
  return path;
}

bool absent() { return !test::shared("data/olist/events_sample15k.csv.gz").has_value(); }

}  // namespace

TEST_CASE("marketplace: the stored events are those of the log", "[end_to_end]") {
  if (absent()) LOTSE_SKIP("../shared/data/olist is absent");
  const Table table(store());

  std::map<std::string, std::string> counts;
  for (const auto& row : table.rows("SELECT type, count(*) FROM events GROUP BY type"))
    counts[row[0]] = row[1];

  CHECK(counts == std::map<std::string, std::string>{{"purchase", "15000"},
                                                     {"payment_approved", "14969"},
                                                     {"handed_to_carrier", "14722"},
                                                     {"delivered", "14552"},
                                                     {"review_form_sent", "14944"},
                                                     {"review_answered", "14944"}});
  CHECK(table.value("SELECT count(*) FROM customers") == "14904");
}

TEST_CASE("marketplace: promises, scores and times are the log's, to the digits given", "[end_to_end]") {
  if (absent()) LOTSE_SKIP("../shared/data/olist is absent");
  const Table table(store());
  REQUIRE(table.rows(orders).empty());
  REQUIRE(table.rows(reviews).empty());
  struct Row {
    const char* why;
    const char* sql;
    double expected;
    double margin;  ///< half of the last digit given
  };
  const std::vector<Row> facts{
      {"delivered, %", "SELECT 100.0 * avg(status = 'delivered') FROM o", 97.01, 0.005},
      {"canceled, %", "SELECT 100.0 * avg(status = 'canceled') FROM o", 0.75, 0.005},
      {"unavailable, %", "SELECT 100.0 * avg(status = 'unavailable') FROM o", 0.59, 0.005},
      {"delivered orders", "SELECT count(delivered) FROM o", 14552, 0},
      {"delivered later than promised", "SELECT sum(delivered > promised) FROM o", 1156, 0},
      {"the same, %", "SELECT 100.0 * avg(delivered > promised) FROM o WHERE delivered IS NOT NULL", 7.94,
       0.005},
      {"mean score", "SELECT avg(score) FROM r", 4.084, 0.0005},
      {"mean score, on time", "SELECT avg(score) FROM r WHERE kept = 'on time'", 4.284, 0.0005},
      {"mean score, late", "SELECT avg(score) FROM r WHERE kept = 'late'", 2.603, 0.0005},
      {"mean score, never delivered", "SELECT avg(score) FROM r WHERE kept = 'never'", 1.742, 0.0005},
      {"scores 1-2", "SELECT sum(score <= 2) FROM r", 2179, 0},
      {"scores 1-2, on time", "SELECT sum(score <= 2) FROM r WHERE kept = 'on time'", 1251, 0},
      {"scores 1-2, late", "SELECT sum(score <= 2) FROM r WHERE kept = 'late'", 597, 0},
      {"scores 1-2, never delivered", "SELECT sum(score <= 2) FROM r WHERE kept = 'never'", 331, 0},
      {"scores 1-2, on time, %", "SELECT 100.0 * avg(score <= 2) FROM r WHERE kept = 'on time'", 9.35, 0.005},
      {"scores 1-2, late, %", "SELECT 100.0 * avg(score <= 2) FROM r WHERE kept = 'late'", 52.60, 0.005},
      {"scores 1-2, never delivered, %", "SELECT 100.0 * avg(score <= 2) FROM r WHERE kept = 'never'", 77.70,
       0.005},
      {"1 to 3 days late, %",
       "SELECT 100.0 * avg(score <= 2) FROM r WHERE kept = 'late' AND days BETWEEN 1 AND 3", 33.1, 0.05},
      {"4 to 7 days late, %",
       "SELECT 100.0 * avg(score <= 2) FROM r WHERE kept = 'late' AND days BETWEEN 4 AND 7", 68.3, 0.05},
      {"8 to 14 days late, %",
       "SELECT 100.0 * avg(score <= 2) FROM r WHERE kept = 'late' AND days BETWEEN 8 AND 14", 82.2, 0.05},
      {"15 days late or more, %", "SELECT 100.0 * avg(score <= 2) FROM r WHERE kept = 'late' AND days >= 15",
       73.6, 0.05},
      {"late in SP, %",
       "SELECT 100.0 * avg(delivered > promised) FROM o WHERE delivered IS NOT NULL AND state = 'SP'", 5.66,
       0.005},
      {"late in RJ, %",
       "SELECT 100.0 * avg(delivered > promised) FROM o WHERE delivered IS NOT NULL AND state = 'RJ'", 13.13,
       0.005},
      {"late in MA, %",
       "SELECT 100.0 * avg(delivered > promised) FROM o WHERE delivered IS NOT NULL AND state = 'MA'", 19.2,
       0.05},
      {"late in AL, %",
       "SELECT 100.0 * avg(delivered > promised) FROM o WHERE delivered IS NOT NULL AND state = 'AL'", 22.7,
       0.05},
      {"score in SP", "SELECT avg(score) FROM r WHERE state = 'SP'", 4.168, 0.0005},
      {"score in RJ", "SELECT avg(score) FROM r WHERE state = 'RJ'", 3.870, 0.0005},
      {"score in MA", "SELECT avg(score) FROM r WHERE state = 'MA'", 3.729, 0.0005},
      {"score in AL", "SELECT avg(score) FROM r WHERE state = 'AL'", 3.739, 0.0005},
  };

  for (const Row& fact : facts) {
    CAPTURE(fact.why);
    CHECK(table.number(fact.sql) == Approx(fact.expected).margin(fact.margin + 1e-9).epsilon(0));
  }
  CHECK(
      table.median("SELECT (approved - purchased) / 3600.0 FROM o WHERE approved + purchased IS NOT NULL") ==
      Approx(0.346).margin(0.0005).epsilon(0));
  CHECK(table.median("SELECT (handed - approved) / 3600.0 FROM o WHERE handed + approved IS NOT NULL") ==
        Approx(43.38).margin(0.005).epsilon(0));
  CHECK(table.median("SELECT (delivered - handed) / 3600.0 FROM o WHERE delivered + handed IS NOT NULL") ==
        Approx(169.20).margin(0.005).epsilon(0));
}

namespace {

/// The friction report as JSON, with more arguments.
simdjson::dom::element report(simdjson::dom::parser& parser, const std::vector<std::string>& more) {
  std::vector<std::string> arguments{"report",         "friction", "marketplace-order",
                                     "--workspace",    workspace,  "--store",
                                     store().string(), "--format", "json"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  const auto done = test::lotse(arguments);
  INFO(done.err);
  REQUIRE(done.status == 0);
  return parser.parse(done.out);
}

/// A share with its interval, as the report prints it.
struct Share {
  std::uint64_t x, n;
  double rate, low, high;
};
Share negative(simdjson::dom::element row) {
  const simdjson::dom::element share = row["feedback"]["negative"];
  return {.x = share["x"],
          .n = share["n"],
          .rate = share["rate"],
          .low = share["interval"].at(0),
          .high = share["interval"].at(1)};
}
simdjson::dom::element part_of(simdjson::dom::element rows, std::string_view part) {
  for (const auto row : rows.get_array()) {
    std::string_view name;
    if (row["part"].get(name) == simdjson::SUCCESS && name == part) return row;
  }
  FAIL("no row for " << part);
  return rows;
}

}  // namespace

TEST_CASE("marketplace: the journey's own figures differ from the log's only where its meaning does",
          "[end_to_end]") {
  if (absent()) LOTSE_SKIP("../shared/data/olist is absent");
  const Table table(store());

  // One instance an order; the goal is the delivery, so that all 14,552 are achieved and as many late as in
  // the log.
  CHECK(table.value("SELECT count(*) FROM instances") == "15000");
  CHECK(table.value("SELECT count(*) FROM instances WHERE status = 'achieved'") == "14552");
  CHECK(table.value("SELECT count(*) FROM stays WHERE touchpoint = 'delivered'") == "14552");
  CHECK(table.value("SELECT sum(reached_ms > deadline_ms) FROM promises") == "1156");
  // 445 more promises are broken by orders that never arrive (3 of the 448 undelivered are not due when the
  // log ends).
  CHECK(table.value("SELECT count(*) FROM promises WHERE reached IS NULL") == "448");
  // Of 14,944 answers 14,828 find a stay: 116 came over 30 days after the end, or before the order.
  CHECK(table.value("SELECT count(*) FROM feedback") == "14828");
  // 20 scores of 1 or 2 are among the 116.
  CHECK(table.value("SELECT sum(score <= 2) FROM feedback") == "2159");
}

TEST_CASE("marketplace: the report shows the broken promise as where bad reviews concentrate",
          "[end_to_end]") {
  if (absent()) LOTSE_SKIP("../shared/data/olist is absent");
  simdjson::dom::parser parser;

  const simdjson::dom::element overall = report(parser, {"--by", "promise"})["overall"];

  const Share broken = negative(part_of(overall, "broken"));
  const Share kept = negative(part_of(overall, "kept"));
  CHECK(broken.n == 1518);
  CHECK(broken.rate == Approx(0.599).margin(0.0005));
  CHECK(kept.rate == Approx(0.093).margin(0.0005));
  CHECK(broken.low > kept.high);
  CHECK(std::string_view(part_of(overall, "broken")["judged"]["negative_feedback"]["verdict"]) ==
        "confirmed");
}

TEST_CASE("marketplace: the report shows RJ as where bad reviews concentrate", "[end_to_end]") {
  if (absent()) LOTSE_SKIP("../shared/data/olist is absent");
  simdjson::dom::parser parser;

  const Share all = negative(part_of(report(parser, {"--by", "state"})["overall"], "RJ"));
  const std::string verdict{std::string_view(
      part_of(report(parser, {"--by", "state"})["overall"], "RJ")["judged"]["negative_feedback"]["verdict"])};
  const Share others = negative(report(parser, {"--where", "segments.state != 'RJ'"})["overall"].at(0));

  CHECK(all.rate == Approx(0.205).margin(0.0005));
  CHECK(all.low == Approx(0.187).margin(0.0005));
  CHECK(all.high == Approx(0.224).margin(0.0005));
  CHECK(others.rate == Approx(0.137).margin(0.0005));
  CHECK(all.low > others.high);
  CHECK(verdict == "confirmed");
}
