#include "engine/report/friction_html.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <string_view>

#include "engine/friction/friction_report.hpp"
#include "engine/report/friction_text.hpp"
#include "tests/report/sample.hpp"

namespace lotse::test {
namespace {

FrictionReport report_of(const char* by = "") {
  FrictionQuery query;
  query.by = by;
  auto report = friction_report(sample_table(), query);
  REQUIRE(report);
  return *std::move(report);
}

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

std::size_t count(std::string_view text, std::string_view part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

}  // namespace

TEST_CASE("friction_html: every finding has its place, under the name by which it is explained",
          "[report][html]") {
  const FrictionReport report = report_of("region");
  const std::string html = friction_html(report, "<svg id=\"map\"></svg>");

  REQUIRE_FALSE(report.findings.empty());
  for (const Finding& finding : report.findings)
    CHECK(has(html, "id=\"" + finding_id(report, finding) + "\""));
  CHECK(count(html, "<svg class=\"bar\"") == report.findings.size());
  CHECK(has(html, "<svg id=\"map\"></svg>"));
  for (const char* section :
       {"Stays (shares in % by the horizon)", "What this rests on", "How it is computed"})
    CHECK(has(html, section));
  CHECK(html == friction_html(report, "<svg id=\"map\"></svg>"));
}

TEST_CASE("friction_html: loads nothing, runs nothing, and says so to the browser", "[report][html]") {
  const std::string html = friction_html(report_of(), "<svg></svg>");

  CHECK(has(html, "default-src 'none'; style-src 'unsafe-inline'"));
  for (const char* foreign : {"<script", "src=", "href=", "url(", "@import", "http://", "https://"})
    CHECK_FALSE(has(html, foreign));
}

TEST_CASE("friction_html: whatever a file or a customer says is text", "[report][html]") {
  FrictionReport report = report_of();
  constexpr std::string_view hostile = "<img onerror=\"x\">&";
  report.title = report.where = hostile;
  for (FrictionRow& row : report.rows) row.title = row.label = row.owner = hostile;

  const std::string html = friction_html(report, "");

  CHECK_FALSE(has(html, "<img"));
  CHECK(has(html, "&lt;img onerror=&quot;x&quot;&gt;&amp;"));
}

TEST_CASE("friction_html: a report without findings says why", "[report][html]") {
  FrictionReport report = report_of();
  report.findings.clear();
  CHECK(has(friction_html(report, ""), "None: "));
}

}  // namespace lotse::test
