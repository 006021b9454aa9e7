#include "engine/report/comparison_text.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <sstream>

#include "engine/report/report_request.hpp"
#include "tests/friction/hand_made.hpp"
#include "tests/support/paths.hpp"

namespace lotse::test {
namespace {

void add(std::vector<JourneyState>& customers, int lost, int count, double entered, const char* size,
         At at = order, std::uint32_t version = 0) {
  for (int i = 0; i < count; ++i) {
    const bool drops = i < lost;
    Stay one =
        stay(at, day(entered), drops ? Cause::dropped : Cause::exited, day(entered + (drops ? 10 : 1)));
    if (at == order && i % 10 == 0) {
      one.feedback.push_back({.at = day(entered),
                              .scale = Scale::nps,
                              .score = i % 20 == 0 ? 9.0 : 3.0,
                              .comment = {},
                              .segments = {}});
    }
    JourneyState state = customer({one}, {{Value(size)}});
    state.instances[0].version = VersionIndex{version};
    customers.push_back(state);
  }
}

/// Kidney stones as in comparison_test.cpp, and an appointment that loses more and more.
std::vector<JourneyState> stones() {
  std::vector<JourneyState> customers;
  add(customers, 6, 87, 5, "small");
  add(customers, 71, 263, 5, "=large");
  add(customers, 36, 270, 35, "small");
  add(customers, 25, 80, 35, "=large");
  add(customers, 10, 100, 6, "small", appointment);
  add(customers, 30, 100, 36, "small", appointment);
  return customers;
}

/// Before: days 0 to 28; now: 28 to 56.
const ComparisonQuery two_months{.from = day(28), .to = day(56)};

JourneyVersions with_size(std::vector<Journey> journeys = {hand_made_journey()}) {
  for (Journey& journey : journeys)
    journey.segments = {{.name = "size", .value = *Expression::compile("\"x\"", {})}};
  return versions_of(std::move(journeys));
}

ComparisonReport report_of(const std::vector<JourneyState>& customers, unsigned threads = 1,
                           const ComparisonQuery& query = two_months,
                           const JourneyVersions& versions = with_size()) {
  auto report = comparison_report(table_of(customers, day(120), versions), query, threads);
  REQUIRE(report);
  return *std::move(report);
}

std::size_t widest_line(const std::string& text) {
  std::istringstream lines(text);
  std::size_t widest = 0;
  for (std::string line; std::getline(lines, line);) widest = std::max(widest, display_width(line));
  return widest;
}

}  // namespace

TEST_CASE("comparison formats: the whole of each", "[report][comparison]") {
  const auto row = GENERATE(values<std::pair<const char*, const char*>>(
      {{"table", "txt"}, {"md", "md"}, {"csv", "csv"}, {"json", "json"}}));
  CAPTURE(row.first);
  std::ifstream file(source_dir() / "tests/golden" / (std::string("comparison.") + row.second),
                     std::ios::binary);
  const std::string golden{std::istreambuf_iterator<char>(file), {}};

  CHECK(comparison_in(row.first, report_of(stones())) == golden);
}

TEST_CASE("comparison formats: the same bytes for any order of customers and any number of threads",
          "[report][comparison]") {
  std::vector<JourneyState> customers = stones();
  const ComparisonReport one = report_of(customers, 1);
  std::reverse(customers.begin(), customers.end());
  const ComparisonReport other = report_of(customers, 3);
  for (const std::string_view format : report_formats()) {
    CAPTURE(format);
    CHECK(comparison_in(format, one) == comparison_in(format, other));
  }
}

TEST_CASE("comparison_table: fits whatever the names and the figures are", "[report][comparison]") {
  ComparisonReport report = report_of(stones());
  for (TouchpointChange& row : report.touchpoints) {
    row.label_before = row.label_now = std::string(60, 'l');
    for (SignalChange& change : row.signals) {
      change.verdict = ChangeVerdict::worse;
      change.before->sample.n = change.now->sample.n = 123'456'789;
      for (Decomposition& split : change.splits) {
        split.reversal = true;
        for (PartChange& part : split.parts) part.part = std::string(150, 'p');
      }
    }
    row.dwell = {.within = Duration{1'234 * 24h + 23h}, .before_hours = 123'456, .now_hours = 1};
  }
  const std::size_t width = GENERATE(100U, 120U);
  const std::string text = comparison_table(report, {.width = width, .color = false});
  CAPTURE(text);
  CHECK(widest_line(text) <= width);
  CHECK(text.find("123,456,789") != std::string::npos);
}

TEST_CASE("comparison_table: colour adds escape sequences and nothing else", "[report][comparison]") {
  const ComparisonReport report = report_of(stones());
  std::string painted = comparison_table(report, {.width = 100, .color = true});
  REQUIRE(painted.find("\x1b[1;31mworse\x1b[0m") != std::string::npos);
  for (std::size_t at = painted.find('\x1b'); at != std::string::npos; at = painted.find('\x1b')) {
    painted.erase(at, painted.find('m', at) + 1 - at);
  }
  CHECK(painted == comparison_table(report));
}

TEST_CASE("comparison_csv: every row has the head's columns, and formulas are disarmed",
          "[report][comparison]") {
  const std::string csv = comparison_csv(report_of(stones()));
  std::istringstream lines(csv);
  std::ptrdiff_t columns = -1;
  std::size_t rows = 0;
  for (std::string line; std::getline(lines, line); ++rows) {
    CAPTURE(line);
    REQUIRE(line.back() == '\r');
    const auto count = std::count(line.begin(), line.end(), ',');
    if (columns < 0) columns = count;
    CHECK(count == columns);
  }
  CHECK(rows > 10);
  CHECK(csv.find(",size,'=large,") != std::string::npos);
}

TEST_CASE("comparison formats: what was changed between versions is named", "[report][comparison]") {
  Journey second = hand_made_journey(2);
  second.touchpoints[appointment].abandon_after = Duration{5 * 24h};
  std::vector<JourneyState> customers;
  add(customers, 10, 100, 5, "small", appointment, 0);
  add(customers, 40, 100, 5, "small", appointment, 1);
  const ComparisonQuery query{.versions = VersionPair{.before = 1, .now = 2}};

  const ComparisonReport report = report_of(customers, 1, query, with_size({hand_made_journey(1), second}));

  const std::string text = comparison_table(report, {.width = 1000, .color = false});
  CAPTURE(text);
  CHECK(text.find("before: version 1, 100 customers, 100 journeys, 100 stays\n") != std::string::npos);
  CHECK(text.find("appointment (v1 → v2): drop-off from 10.0 % to") != std::string::npos);
  CHECK(
      text.find("- appointment was changed: appointment (v1) before is compared with appointment (v2) now") !=
      std::string::npos);
  CHECK(text.find("drop-off is read off 20d after entry before, 10d now.") != std::string::npos);
  CHECK(comparison_json(report).find("\"label_before\": \"appointment (v1)\"") != std::string::npos);
}

TEST_CASE("comparison_table: young periods say how much of them is mature", "[report][comparison]") {
  std::vector<JourneyState> customers;
  add(customers, 10, 100, 10, "small", appointment);
  add(customers, 10, 100, 36, "small", appointment);
  customers.push_back(customer({stay(appointment, day(40))}, {{Value("small")}}));
  const auto report =
      comparison_report(table_of(customers, day(50), with_size()), {.from = day(28), .to = day(50)});
  REQUIRE(report);

  const std::string text = comparison_table(*report, {.width = 1000, .color = false});

  CAPTURE(text);
  CHECK(text.find(
            "- Before: 100 of 100 stays at touchpoints where silence counts as leaving are mature (entered "
            "at least the horizon ago, twice that silence).\n") != std::string::npos);
  CHECK(text.find(
            "- Now: 0 of 101 stays at touchpoints where silence counts as leaving are mature (entered at "
            "least the horizon ago, twice that silence); the others count for as long as they were "
            "watched. A period that ended earlier would tell more about drop-off.\n") != std::string::npos);
  CHECK(
      text.find("- appointment: drop-off is read off 10d after entry; not both sides were watched longer.") !=
      std::string::npos);
}

TEST_CASE("comparison_table: nothing on a side is said", "[report][comparison]") {
  std::vector<JourneyState> customers;
  add(customers, 10, 100, 36, "small");
  const std::string text = comparison_table(report_of(customers), {.width = 1000, .color = false});
  CAPTURE(text);
  CHECK(text.find(
            "CHANGES: 0 worse, 0 better, 0 no change seen, 2 too few\n  None: there are no stays before.") !=
        std::string::npos);
  CHECK(change_sentence(report_of(customers).touchpoints[0].signals[0]) ==
        "drop-off 10.0 % now; there is nothing before to compare with");
}

}  // namespace lotse::test
