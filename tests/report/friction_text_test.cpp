#include "engine/report/friction_text.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <sstream>

#include "tests/report/sample.hpp"

namespace lotse::test {
namespace {

FrictionReport report_by(const StayTable& table, const std::string& by, unsigned threads = 2) {
  FrictionQuery query;
  query.by = by;
  auto report = friction_report(table, query, threads);
  REQUIRE(report);
  return *report;
}

std::size_t widest_line(const std::string& text) {
  std::istringstream lines(text);
  std::size_t widest = 0;
  for (std::string line; std::getline(lines, line);) widest = std::max(widest, display_width(line));
  return widest;
}

}  // namespace

TEST_CASE("friction_table: fits in 100 columns, whatever it is cut by", "[report]") {
  const StayTable table = sample_table();
  for (const char* by : {"", "region", "channel", "promise"}) {
    CAPTURE(by);
    CHECK(widest_line(friction_table(report_by(table, by))) <= 100);
  }
}

TEST_CASE("friction_table: fits whatever the names and the figures are", "[report]") {
  FrictionReport report = report_by(sample_table(), "channel");
  report.title =
      "A journey whose title alone is longer than any terminal that somebody may still have open on "
      "the other screen";
  report.where = std::string(150, 'x');
  for (auto* rows : {&report.rows, &report.parts, &report.overall}) {
    for (FrictionRow& row : *rows) {
      row.label = std::string(60, 'l');
      if (row.part) row.part = std::string(150, 'p');
      row.entered = row.waste.repeats = row.waste.returns = row.waste.hops = row.hops.forced =
          row.hops.designed = row.hops.assist_pull = row.feedback.negative.n = 123'456'789;
      row.waste.stays = 1;
      row.waste.time = Duration{9'999 * 24h + 23h};
      row.n_eff = 123'456'789;
      row.dwell.median = row.dwell.p90 = Duration{1'234 * 24h + 23h};
      row.containment.emplace().escalated = 1;
      row.feedback.scales.clear();
      for (const Scale scale : {Scale::nps, Scale::csat5, Scale::ces7, Scale::stars, Scale::sentiment}) {
        row.feedback.scales.push_back({.scale = scale, .responses = 9, .negative = 1, .mean = 3});
      }
    }
  }
  for (PromiseSummary& promise : report.promises) promise.name = std::string(80, 'n');
  const std::size_t width = GENERATE(100U, 120U);
  const std::string text = friction_table(report, {.width = width, .color = false});
  CAPTURE(text);
  CHECK(widest_line(text) <= width);
  CHECK(text.find("123,456,789") != std::string::npos);
  CHECK(text.find("1234d 23h") != std::string::npos);
}

TEST_CASE("text table: what gives way where there is little room", "[report]") {
  TextTable table;
  table.column("touchpoint", TextTable::Align::left);
  table.column("moved on", TextTable::Align::right);
  table.column("scores", TextTable::Align::left);
  table.row({"technician_visit", "85.7", "NPS +31 ± 5; csat5 3.90 ± 0.06; stars 3.95 ± 0.33"});
  table.row({"order", "100.0", ""});
  struct Row {
    const char* why;
    std::size_t width;
    const char* text;
  };
  const auto row =
      GENERATE(Row{"all has room", 77,
                   "touchpoint        moved on  scores\n"
                   "technician_visit      85.7  NPS +31 ± 5; csat5 3.90 ± 0.06; stars 3.95 ± 0.33\n"
                   "order                100.0\n"},
               Row{"a list breaks", 76,
                   "touchpoint        moved on  scores\n"
                   "technician_visit      85.7  NPS +31 ± 5; csat5 3.90 ± 0.06;\n"
                   "                            stars 3.95 ± 0.33\n"
                   "order                100.0\n"},
               Row{"heads break", 50,
                   "                  moved\n"
                   "touchpoint           on  scores\n"
                   "technician_visit   85.7  NPS +31 ± 5;\n"
                   "                         csat5 3.90 ± 0.06;\n"
                   "                         stars 3.95 ± 0.33\n"
                   "order             100.0\n"},
               Row{"then the gap and the names", 41,
                   "           moved\n"
                   "touchpoint    on scores\n"
                   "technicia…  85.7 NPS +31 ± 5;\n"
                   "                 csat5 3.90 ± 0.06;\n"
                   "                 stars 3.95 ± 0.33\n"
                   "order      100.0\n"});
  CAPTURE(row.why);
  CHECK(table.text(row.width) == row.text);
}

TEST_CASE("friction_table: colour adds escape sequences and nothing else", "[report]") {
  const FrictionReport report = report_by(sample_table(), "region");
  std::string painted = friction_table(report, {.width = 100, .color = true});
  REQUIRE(painted.find("\x1b[1;31mconfirmed\x1b[0m") != std::string::npos);
  for (std::size_t at = painted.find('\x1b'); at != std::string::npos; at = painted.find('\x1b')) {
    painted.erase(at, painted.find('m', at) + 1 - at);
  }
  CHECK(painted == friction_table(report));
}

TEST_CASE("friction formats: the same bytes for any order of customers and any number of threads",
          "[report]") {
  std::vector<JourneyState> customers = sample_customers();
  const StayTable forwards = table_of(customers, day(60), sample_versions());
  std::reverse(customers.begin(), customers.end());
  const StayTable backwards = table_of(customers, day(60), sample_versions());
  for (const char* by : {"region", "channel", "promise"}) {
    CAPTURE(by);
    const FrictionReport one = report_by(forwards, by, 1);
    const FrictionReport other = report_by(backwards, by, 3);
    CHECK(friction_json(one) == friction_json(other));
    CHECK(friction_csv(one) == friction_csv(other));
    CHECK(friction_markdown(one) == friction_markdown(other));
    CHECK(friction_table(one) == friction_table(other));
  }
}

TEST_CASE("friction_csv: every row has the head's columns, and formulas are disarmed", "[report]") {
  const std::string csv = friction_csv(report_by(sample_table(), "region"));
  std::istringstream lines(csv);
  std::size_t columns = 0;
  std::size_t rows = 0;
  for (std::string line; std::getline(lines, line); ++rows) {
    REQUIRE(line.back() == '\r');
    const auto count = static_cast<std::size_t>(std::count(line.begin(), line.end(), ','));
    if (rows == 0) columns = count;
    CHECK(count == columns);
  }
  CHECK(rows == 1 + 5 + 10 + 3);
  CHECK(csv.find("part,order,order,'=south,") != std::string::npos);
}

TEST_CASE("csv: RFC 4180 with a guard against formulas", "[report]") {
  struct Row {
    const char* why;
    const char* text;
    const char* cell;
  };
  const auto row =
      GENERATE(Row{"plain", "order", "order"}, Row{"a comma is quoted", "a,b", "\"a,b\""},
               Row{"a quote is doubled", "say \"no\"", "\"say \"\"no\"\"\""},
               Row{"a line break is quoted", "a\nb", "\"a\nb\""}, Row{"equals", "=1+1", "'=1+1"},
               Row{"plus", "+49", "'+49"}, Row{"minus", "-x", "'-x"}, Row{"at", "@SUM(A1)", "'@SUM(A1)"},
               Row{"tab", "\t=1", "'\t=1"}, Row{"inside it is harmless", "a=b", "a=b"});
  CAPTURE(row.why);
  CHECK(Csv().text(row.text).str() == row.cell);
}

TEST_CASE("csv: numbers are numbers", "[report]") {
  CHECK(Csv().number(-5.25).number(std::uint64_t{7}).empty().number(1.0 / 3).str() == "-5.25,7,,0.333333");
}

TEST_CASE("text: XML takes every text, whatever its bytes", "[report]") {
  struct Row {
    const char* why;
    std::string text;
    const char* escaped;
  };
  const auto row = GENERATE(values<Row>(
      {{"the predefined entities", "<a b=\"c\"> & 'd'", "&lt;a b=&quot;c&quot;&gt; &amp; &#39;d&#39;"},
       {"letters of any script stay", "Zürich 東京 🙂", "Zürich 東京 🙂"},
       {"newlines and tabs stay", "a\n\tb", "a\n\tb"},
       {"a carriage return would be read as a newline", "a\r", "a&#13;"},
       {"control characters are forbidden", std::string("\0a\x1b", 3),
        "\xEF\xBF\xBD"
        "a\xEF\xBF\xBD"},
       {"so are U+FFFE and U+FFFF", "\xEF\xBF\xBE\xEF\xBF\xBF", "\xEF\xBF\xBD\xEF\xBF\xBD"},
       {"bytes that are no UTF-8", "\xff\xc3", "\xEF\xBF\xBD\xEF\xBF\xBD"}}));
  CAPTURE(row.why);

  CHECK(xml_escaped(row.text) == row.escaped);
}

TEST_CASE("text: figures as people read them", "[report]") {
  CHECK(grouped(0) == "0");
  CHECK(grouped(1234567) == "1,234,567");
  CHECK(estimated(9.94) == "9.9");
  CHECK(estimated(9.96) == "10");
  CHECK(estimated(12345.6) == "12,346");
  CHECK(percent(0.1234) == "12.3 %");
  CHECK(percent(0.0001) == "under 0.1 %");
  CHECK(percent(0) == "0.0 %");
  CHECK(count_of(1, "stay") == "1 stay");
  CHECK(shortened("Zählerstand", 5) == "Zähl…");
  CHECK(display_width("Zählerstand") == 11);
  CHECK(wrapped("one two three", 7, 2) == "one two\n  three");
  CHECK(wrapped("one two three", 7, 2, 4) == "one\n  two\n  three");
  CHECK(wrapped("a Zählerstand b", 6, 2) == "a\n  Zähl\n  erst\n  and\n  b");
  CHECK(markdown_escaped("a|b *c* <d>") == "a\\|b \\*c\\* \\<d\\>");
}

}  // namespace lotse::test
