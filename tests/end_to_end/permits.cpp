#include <simdjson.h>

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "tests/support/command.hpp"
#include "tests/support/folder.hpp"
#include "tests/support/skip.hpp"
#include "tests/support/table.hpp"

// 1,434 real permit requests by contact channel; the expected figures are those of
// `../shared/data/README.md`.

using namespace lotse;
using test::Table;

namespace {

const std::string workspace = "tests/end_to_end/permits";

const std::string cases = R"(
  WITH c AS MATERIALIZED (
    SELECT ids ->> 'case' AS id, max(channel) AS channel, count(*) AS events,
           (max(time_ms) - min(time_ms)) / 86400000.0 AS days
    FROM events GROUP BY 1),
  last AS MATERIALIZED (
    SELECT type FROM (
      SELECT type, row_number() OVER (PARTITION BY ids ->> 'case' ORDER BY time_ms DESC, id DESC) AS rank FROM events)
    WHERE rank = 1)
)";

const std::filesystem::path& store() {
  static const test::Folder folder;
  static const std::filesystem::path path = [] {
    const auto file = folder / "permits.lotse";
    const auto log = test::shared("data/receipt_wabo/receipt.csv.gz");
    const auto done = test::lotse({"ingest", log->string(), "--mapping", workspace + "/mapping.yaml",
                                   "--workspace", workspace, "--store", file.string()});
    INFO(done.out << done.err);
    REQUIRE(done.status == 0);
    return file;
  }();
  return path;
}

bool absent() { return !test::shared("data/receipt_wabo/receipt.csv.gz").has_value(); }

}  // namespace

TEST_CASE("permits: cases and days by contact channel are the log's", "[end_to_end]") {
  if (absent()) LOTSE_SKIP("../shared/data/receipt_wabo is absent");
  const Table table(store());
  struct Row {
    std::string channel;
    double cases, median, mean;
  };

  CHECK(table.value("SELECT count(*) FROM events") == "8577");
  CHECK(table.value("SELECT count(DISTINCT type) FROM events") == "27");
  for (const Row& row :
       {Row{"Internet", 1250, 0.022, 5.190}, Row{"Desk", 109, 0.781, 5.882}, Row{"Post", 53, 4.057, 7.533},
        Row{"e-mail", 21, 0.024, 10.756}, Row{"Intern", 1, 0.969, 0.969}}) {
    CAPTURE(row.channel);
    const std::string of_channel = " FROM c WHERE channel = '" + row.channel + "'";
    CHECK(table.number(cases + "SELECT count(*)" + of_channel) == row.cases);
    CHECK(table.number(cases + "SELECT avg(days)" + of_channel) ==
          Approx(row.mean).margin(0.0005).epsilon(0));
    CHECK(table.median(cases + "SELECT days" + of_channel) == Approx(row.median).margin(0.0005).epsilon(0));
  }
  CHECK(table.value(cases + "SELECT count(*) FROM c WHERE events = 1") == "116");
  CHECK(table.value(cases + "SELECT count(*) FROM c WHERE events = 1 AND channel = 'Internet'") == "100");
  CHECK(table.value(cases + "SELECT count(*) FROM last WHERE type LIKE 'T05 %'") == "400");
  CHECK(table.value(cases + "SELECT count(*) FROM last WHERE type LIKE 'T10 %'") == "828");
}

TEST_CASE("permits: requests that stop at the first step are drop-offs there, and small cells get no verdict",
          "[end_to_end]") {
  if (absent()) LOTSE_SKIP("../shared/data/receipt_wabo is absent");
  const auto done = test::lotse({"report", "friction", "permit-receipt", "--workspace", workspace, "--store",
                                 store().string(), "--by", "channel", "--format", "json"});
  INFO(done.err);
  REQUIRE(done.status == 0);
  simdjson::dom::parser parser;
  const simdjson::dom::element report = parser.parse(done.out);

  const simdjson::dom::element received = report["touchpoints"].at(0);
  CHECK(std::string_view(received["touchpoint"]) == "received");
  CHECK(std::uint64_t(received["entered"]) == 1434);
  CHECK(double(received["split"]["dropped"]["share"]) == Approx(0.083).margin(0.001));
  CHECK(std::string_view(received["judged"]["drop_off"]["verdict"]) == "confirmed");
  std::size_t small_cells = 0;
  for (const auto part : report["parts"].get_array()) {
    const std::string_view channel = part["part"];
    if (channel != "e-mail" && channel != "Intern") continue;
    const simdjson::dom::element judged = part["judged"]["drop_off"];
    if (judged.is_null() || double(judged["n_eff"]) >= 20) continue;
    ++small_cells;
    CHECK(std::string_view(judged["verdict"]) == "inconclusive");
  }
  CHECK(small_cells >= 8);
}
