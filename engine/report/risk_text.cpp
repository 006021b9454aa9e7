#include "engine/report/risk_text.hpp"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "engine/report/json.hpp"

namespace lotse {
namespace {

const std::string dash = "–";

std::string money(const std::optional<double>& value) { return value ? fmt::format("{:.2f}", *value) : dash; }

/// `appointment; web; plan fibre`: the stays that the curve is of.
std::string cell_text(const RiskReport& report, const RiskRow& row) {
  std::string text = report.places[row.place].label;
  if (row.cell.by_channel) text += "; " + row.cell.channel;
  if (!row.cell.segment.empty()) text += fmt::format("; {} {}", row.cell.segment, row.cell.value);
  return text;
}

std::string silent_text(const RiskRow& row) {
  return row.silent_at ? format_instant(*row.silent_at) : std::string("our turn");
}

std::string risk_figure(const RiskRow& row) {
  return fmt::format("{} {}", percent_figure(row.estimate.risk), percent_interval(row.estimate.interval));
}

TextTable customer_table(const RiskReport& report) {
  using Align = TextTable::Align;
  TextTable table;
  table.column("at", Align::left);  // first, for in a narrow terminal the first column's names are shortened
  table.column("customer", Align::left);
  table.column("now by", Align::left);
  for (const char* head : {"here for", "risk % [95 %]", "at stake"}) table.column(head, Align::right);
  table.column("silent until", Align::left);
  table.column("owner", Align::left);
  table.column("curve of", Align::left);
  for (const RiskRow& row : report.rows) {
    const RiskPlace& place = report.places[row.place];
    table.row({place.label, row.customer, row.channel.empty() ? dash : row.channel,
               describe_duration(row.age) + (row.repeated ? " (again)" : ""), risk_figure(row),
               money(row.at_stake), silent_text(row), place.owner.empty() ? dash : place.owner,
               cell_text(report, row)});
  }
  return table;
}

TextTable place_table(const RiskReport& report) {
  using Align = TextTable::Align;
  TextTable table;
  table.column("touchpoint", Align::left, 28);
  for (const char* head : {"in flight", "to drop off", "at stake", "too few to say"}) {
    table.column(head, Align::right);
  }
  table.column("silence", Align::right);
  table.column("cut by", Align::left);
  table.column("owner", Align::left);
  for (const RiskPlace& place : report.places) {
    if (place.in_flight == 0) continue;
    table.row({place.label, grouped(place.in_flight),
               place.untold == place.in_flight ? dash : estimated(place.expected), money(place.at_stake),
               grouped(place.untold), format_duration(place.window),
               place.segment.empty() ? "channel" : "channel; " + place.segment,
               place.owner.empty() ? dash : place.owner});
  }
  return table;
}

TextTable calibration_table(const RiskReport& report) {
  using Align = TextTable::Align;
  TextTable table;
  for (const char* head : {"told %", "came true % [95 %]", "customers"}) table.column(head, Align::right);
  for (const CalibrationBin& bin : report.quality.bins) {
    table.row(
        {percent_figure(bin.expected),
         fmt::format("{} {}", percent_figure(bin.observed.rate()), percent_interval(bin.observed.interval)),
         grouped(bin.observed.n)});
  }
  return table;
}

std::string list_title(const RiskReport& report) {
  std::string title = fmt::format("{} of {}", grouped(report.rows.size()), grouped(report.matching));
  if (!report.touchpoint.empty()) title += fmt::format(" at {}", report.touchpoint);
  if (report.least_risk > 0) title += fmt::format(" with a risk of {} and more", percent(report.least_risk));
  return title;
}

std::string population_text(const RiskReport& report) {
  std::uint64_t in_flight = 0;
  std::uint64_t untold = 0;
  double expected = 0;
  for (const RiskPlace& place : report.places) {
    in_flight += place.in_flight;
    untold += place.untold;
    expected += place.expected;
  }
  std::string text = fmt::format("{} where silence counts as leaving; about {} of them to drop off.",
                                 count_of(in_flight, "customer") + " in flight", estimated(expected));
  if (untold > 0)
    text += fmt::format(" Of {} too few like them were watched long enough to say.", grouped(untold));
  return text;
}

std::vector<std::string> notes() {
  std::vector<std::string> list;
  list.push_back(
      "Risk: the share of those still here at this age (time since the touchpoint was entered) who drop off "
      "by "
      "the "
      "horizon, twice the silence that counts as leaving, or within one more such silence from now if that "
      "is "
      "later. Aalen-Johansen; whoever is still open is censored, never lost. The interval is of that share, "
      "not "
      "of one customer's fate.");
  list.push_back(
      fmt::format("Curves are of the touchpoint, cut by the channel by which it was entered, and by one "
                  "segment where that "
                  "tells more than it costs, as far as {:.0f} effective stays of that age are there, else "
                  "coarser: `curve "
                  "of`. No cell with fewer than {:.0f} watched long enough is used.",
                  RiskModel::finer_sample, RiskModel::least_mature));
  list.push_back(
      "A drop-off is dated when the silence has lasted: `silent until` is when that is if nothing comes. Age "
      "does not begin anew with a repeat (`again`), so that such a customer is judged as the mean of those "
      "still here at that age.");
  list.push_back(
      "At stake = risk × the journey's value × the share of those who go on from here that achieve.");
  return list;
}

std::string recalibration_text(const Recalibration& fit) {
  return fmt::format("slope {:.2f} ± {:.2f} and intercept {:+.2f} ± {:.2f} (1 and 0 are right)", fit.slope,
                     fit.slope_error, fit.intercept, fit.intercept_error);
}

const std::string hidden =
    "Customers are named to who may read customers as well as reports, and are left out here.";

std::string interval_json(const Interval& interval) {
  return fmt::format("[{}, {}]", json_number(interval.low), json_number(interval.high));
}

double seconds(Duration duration) { return static_cast<double>(duration.count()) / 1000; }

void write(JsonWriter& json, const RiskPlace& place) {
  json.begin_object().field("touchpoint", place.touchpoint).field("label", place.label);
  json.field("title", place.title).field("owner", place.owner);
  json.field("window", seconds(place.window)).key("segment");
  place.segment.empty() ? json.null() : json.value(place.segment);
  json.field("reach", place.reach).field("in_flight", place.in_flight).field("untold", place.untold);
  json.field("expected", place.expected).field("at_stake", place.at_stake).end_object();
}

void write(JsonWriter& json, const RiskReport& report, const RiskRow& row) {
  const RiskPlace& place = report.places[row.place];
  json.begin_object().field("customer", row.customer).field("touchpoint", place.touchpoint);
  json.field("label", place.label).field("owner", place.owner).key("channel");
  row.channel.empty() ? json.null() : json.value(row.channel);
  json.field("entered", format_instant(row.entered)).field("age", seconds(row.age));
  json.field("repeated", row.repeated).field("risk", row.estimate.risk);
  json.key("interval").raw(interval_json(row.estimate.interval)).field("n_eff", row.estimate.sample.n);
  json.field("by", format_instant(row.by));
  json.field("silent_at", row.silent_at ? std::optional(format_instant(*row.silent_at)) : std::nullopt);
  json.field("value", row.value).field("at_stake", row.at_stake);
  json.key("curve").begin_object().field("touchpoint", place.label).key("channel");
  row.cell.by_channel ? json.value(row.cell.channel) : json.null();
  json.key("segment");
  row.cell.segment.empty() ? json.null() : json.value(row.cell.segment);
  json.key("value");
  row.cell.segment.empty() ? json.null() : json.value(row.cell.value);
  json.end_object().end_object();
}

void write_quality(JsonWriter& json, const RiskReport& report) {
  const ForecastQuality& quality = report.quality;
  json.begin_object().field("sentence", quality_sentence(report));
  json.field("split_from", format_instant(report.judged_from))
      .field("split_to", format_instant(report.judged_to));
  json.field("judged", quality.judged).field("untold", report.judged_untold);
  json.field("dropped", quality.happened).field("expected", quality.expected);
  json.field("brier", quality.brier).field("brier_of_base_rate", quality.base).field("skill", quality.skill);
  json.field("observed_to_expected", quality.ratio).key("observed_to_expected_interval");
  quality.ratio ? json.raw(interval_json(quality.ratio_interval)) : json.null();
  const auto& fit = quality.recalibration;
  const auto figure = [&](double Recalibration::* which) {
    return fit ? std::optional(*fit.*which) : std::nullopt;
  };
  json.field("slope", figure(&Recalibration::slope))
      .field("slope_error", figure(&Recalibration::slope_error));
  json.field("intercept", figure(&Recalibration::intercept))
      .field("intercept_error", figure(&Recalibration::intercept_error));
  json.key("bins").begin_array();
  for (const CalibrationBin& bin : quality.bins) {
    json.begin_object().field("expected", bin.expected).field("observed", bin.observed.rate());
    json.key("interval").raw(interval_json(bin.observed.interval));
    json.field("dropped", bin.observed.x).field("n", bin.observed.n).end_object();
  }
  json.end_array().end_object();
}

}  // namespace

std::string quality_sentence(const RiskReport& report) {
  const ForecastQuality& quality = report.quality;
  const std::string who = fmt::format("{} in flight one horizon ago, by curves of what was known then",
                                      count_of(quality.judged, "customer"));
  if (quality.judged < enough_forecasts) {
    return fmt::format(
        "Too few to judge the risks by: {}; it takes {}. Until then take them as an order in which to look, "
        "not "
        "as probabilities.",
        who, enough_forecasts);
  }
  std::string text = fmt::format("{}: {} dropped off, {} were expected", who, grouped(quality.happened),
                                 estimated(quality.expected));
  if (quality.ratio) {
    text += fmt::format(", {:.2f} [{:.2f}, {:.2f}] times as many", *quality.ratio, quality.ratio_interval.low,
                        quality.ratio_interval.high);
  }
  text += fmt::format(". Brier score {:.4f}", *quality.brier);
  if (!quality.skill) {
    text += quality.happened == 0 ? "; nobody dropped off, so that skill cannot be told."
                                  : "; all dropped off, so that skill cannot be told.";
  } else {
    text += fmt::format(" against {:.4f} of the bare rate: a skill of {:+.1f} %", *quality.base,
                        100 * *quality.skill);
    text += *quality.skill > 0
                ? "."
                : ". The share that then dropped off, told of all alike, would have been no worse.";
  }
  if (quality.recalibration) {
    text += fmt::format(" Calibration: {}.", recalibration_text(*quality.recalibration));
  }
  const bool off = quality.ratio && (quality.ratio_interval.low > 1 || quality.ratio_interval.high < 1);
  if (off) {
    text += *quality.ratio > 1 ? " More dropped off than expected, beyond chance: the risks are too low."
                               : " Fewer dropped off than expected, beyond chance: the risks are too high.";
  }
  return text;
}

std::string risk_table(const RiskReport& report, const TextStyle& style) {
  const auto head = [&](std::string_view text) {
    return style.color ? fmt::format("\x1b[1m{}\x1b[0m\n", text) : fmt::format("{}\n", text);
  };
  std::string out = head(wrapped(fmt::format("Customers at risk of {} ({}), as of {}", report.title,
                                             report.journey, format_instant(report.as_of)),
                                 style.width));
  out += wrapped(population_text(report), style.width) + "\n";
  const auto section = [&](std::string_view title, const TextTable& table) {
    if (!table.empty()) out += "\n" + head(title) + table.text(style.width);
  };
  if (report.customers_hidden) {
    out += "\n" + wrapped(hidden, style.width) + "\n";
  } else {
    out += "\n" + head("WORST FIRST: " + list_title(report));
    if (!report.rows.empty()) out += customer_table(report).text(style.width);
  }
  section("BY TOUCHPOINT", place_table(report));
  out += "\n" + head("HOW GOOD IT IS") + wrapped(quality_sentence(report), style.width) + "\n";
  section("CALIBRATION", calibration_table(report));
  out += "\n" + head("WHAT THIS RESTS ON");
  for (const std::string& note : notes()) out += "- " + wrapped(note, style.width, 2, 2) + "\n";
  return out;
}

std::string risk_markdown(const RiskReport& report) {
  std::string out =
      fmt::format("# Customers at risk of {}\n\nJourney `{}`, as of {}. {}\n", markdown_escaped(report.title),
                  report.journey, format_instant(report.as_of), population_text(report));
  const auto section = [&](std::string_view title, const TextTable& table) {
    if (!table.empty()) out += fmt::format("\n## {}\n\n{}", title, table.markdown());
  };
  if (report.customers_hidden) {
    out += fmt::format("\n{}\n", hidden);
  } else {
    out += fmt::format("\n## Worst first: {}\n", list_title(report));
    if (!report.rows.empty()) out += "\n" + customer_table(report).markdown();
  }
  section("By touchpoint", place_table(report));
  out += fmt::format("\n## How good it is\n\n{}\n", markdown_escaped(quality_sentence(report)));
  section("Calibration", calibration_table(report));
  out += "\n## What this rests on\n\n";
  for (const std::string& note : notes()) out += fmt::format("- {}\n", markdown_escaped(note));
  return out;
}

std::string risk_csv(const RiskReport& report) {
  Csv csv;
  for (const char* head : {"customer", "touchpoint", "label", "owner", "channel", "entered", "age_s",
                           "repeated", "risk", "low", "high", "n_eff", "by", "silent_at", "value", "at_stake",
                           "curve_channel", "curve_segment", "curve_value"}) {
    csv.text(head);
  }
  csv.end_row();
  const auto maybe = [&](const std::optional<double>& value) {
    value ? static_cast<void>(csv.number(*value)) : static_cast<void>(csv.empty());
  };
  for (const RiskRow& row : report.rows) {
    const RiskPlace& place = report.places[row.place];
    csv.text(row.customer).text(place.touchpoint).text(place.label).text(place.owner).text(row.channel);
    csv.text(format_instant(row.entered)).number(seconds(row.age)).text(row.repeated ? "yes" : "no");
    csv.number(row.estimate.risk).number(row.estimate.interval.low).number(row.estimate.interval.high);
    csv.number(row.estimate.sample.n).text(format_instant(row.by));
    csv.text(row.silent_at ? format_instant(*row.silent_at) : std::string());
    maybe(row.value);
    maybe(row.at_stake);
    csv.text(row.cell.channel).text(row.cell.segment).text(row.cell.value).end_row();
  }
  return csv.str();
}

std::string risk_json(const RiskReport& report) {
  JsonWriter json;
  json.begin_object().field("report", "risk").field("format", std::uint64_t{1});
  json.field("journey", report.journey).field("title", report.title);
  json.field("as_of", format_instant(report.as_of)).key("touchpoint");
  report.touchpoint.empty() ? json.null() : json.value(report.touchpoint);
  json.field("least_risk", report.least_risk).field("limit", std::uint64_t{report.limit});
  json.field("matching", report.matching).key("touchpoints").begin_array();
  for (const RiskPlace& place : report.places) write(json, place);
  json.end_array().field("customers_hidden", report.customers_hidden).key("customers").begin_array();
  for (const RiskRow& row : report.rows) write(json, report, row);
  json.end_array().key("quality");
  write_quality(json, report);
  json.end_object();
  return std::move(json).str();
}

}  // namespace lotse
