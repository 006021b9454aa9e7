#include "engine/report/trend_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "engine/report/friction_text.hpp"
#include "engine/report/json.hpp"

namespace lotse {
namespace {

const std::string dash = "–";

bool is_young(const TrendPoint& point) { return point.mature < point.entered; }

std::string title_of(const TrendReport& report) {
  return fmt::format("{}: {} by {}, as of {}", report.label, words_of(report.signal),
                     format_duration(report.step), format_instant(report.as_of));
}

/// What is to be known beside the figures, a sentence each.
std::vector<std::string> notes(const TrendReport& report) {
  std::vector<std::string> list;
  list.push_back("Of the stays entered in each period; intervals are 95 % Wilson at what the rate is worth.");
  if (!report.where.empty()) list.push_back(fmt::format("Only stays where {}.", report.where));
  if (std::ranges::any_of(report.points, is_young)) {
    list.push_back(
        fmt::format("*: not all have had the {} in which they are watched; the rate may still "
                    "change.",
                    describe_duration(report.horizon)));
  }
  return list;
}

TextTable points_table(const TrendReport& report) {
  TextTable table;
  table.column("from", TextTable::Align::left);
  table.column("before", TextTable::Align::left);
  for (const char* head : {"entered", "mature", "rate %", "95 %"})
    table.column(head, TextTable::Align::right);
  table.column("", TextTable::Align::left);
  for (const TrendPoint& point : report.points) {
    table.row({format_instant(point.from), format_instant(point.to), grouped(point.entered),
               grouped(point.mature), point.rate ? percent_figure(*point.rate) : dash,
               point.rate ? percent_interval(point.interval) : dash, is_young(point) ? "*" : ""});
  }
  return table;
}

}  // namespace

std::string trend_table(const TrendReport& report, const TextStyle& style) {
  const std::string head = wrapped(title_of(report), style.width);
  std::string out = style.color ? fmt::format("\x1b[1m{}\x1b[0m\n", head) : head + "\n";
  out += "\n" + points_table(report).text(style.width) + "\n";
  for (const std::string& note : notes(report)) out += wrapped(note, style.width) + "\n";
  return out;
}

std::string trend_markdown(const TrendReport& report) {
  std::string out =
      fmt::format("# {}\n\n{}", markdown_escaped(title_of(report)), points_table(report).markdown());
  for (const std::string& note : notes(report)) out += fmt::format("\n{}\n", markdown_escaped(note));
  return out;
}

std::string trend_csv(const TrendReport& report) {
  Csv csv;
  for (const char* head :
       {"touchpoint", "signal", "from", "to", "entered", "mature", "n_eff", "rate", "rate_low", "rate_high"})
    csv.text(head);
  csv.end_row();
  for (const TrendPoint& point : report.points) {
    csv.text(report.label).text(name(report.signal)).text(format_instant(point.from));
    csv.text(format_instant(point.to)).number(point.entered).number(point.mature).number(point.n_eff);
    if (point.rate) {
      csv.number(*point.rate).number(point.interval.low).number(point.interval.high);
    } else {
      csv.empty().empty().empty();
    }
    csv.end_row();
  }
  return csv.str();
}

std::string trend_json(const TrendReport& report) {
  JsonWriter json;
  json.begin_object().field("report", "trend").field("format", std::uint64_t{1});
  json.field("journey", report.journey).field("title", report.title);
  json.field("as_of", format_instant(report.as_of)).field("touchpoint", report.touchpoint);
  json.field("label", report.label).field("touchpoint_title", report.touchpoint_title);
  json.field("signal", name(report.signal));
  json.field("where", report.where.empty() ? std::nullopt : std::optional(report.where));
  json.field("step_seconds", static_cast<double>(report.step.count()) / 1000);
  json.field("horizon_seconds", static_cast<double>(report.horizon.count()) / 1000);
  json.key("points").begin_array();
  for (const TrendPoint& point : report.points) {
    json.begin_object().field("from", format_instant(point.from)).field("to", format_instant(point.to));
    json.field("entered", point.entered).field("mature", point.mature).field("n_eff", point.n_eff);
    json.field("rate", point.rate).key("interval");
    json.raw(point.rate
                 ? fmt::format("[{}, {}]", json_number(point.interval.low), json_number(point.interval.high))
                 : "null");
    json.end_object();
  }
  return std::move(json.end_array().end_object()).str();
}

}  // namespace lotse
