#include "engine/report/kpi_text.hpp"

#include <fmt/format.h>

#include <vector>

#include "engine/base/assert.hpp"
#include "engine/friction/friction_report.hpp"
#include "engine/report/json.hpp"

namespace lotse {
namespace {

const std::string dash = "–";

enum class Nesting : std::uint8_t { indented, in_words };

std::string label_of(const KpiRow& row, Nesting nesting) {
  switch (row.level) {
    case KpiLevel::journey:
      return "whole journey";
    case KpiLevel::stage:
      return nesting == Nesting::indented ? "  stage " + row.name : "stage " + row.name;
    case KpiLevel::segment:
      return fmt::format("{}{} {}", nesting == Nesting::indented ? "  " : "", row.name, row.part);
  }
  LOTSE_ASSERT(false);
}

/// The name that people know a scale's headline by.
std::string_view headline_name(Scale scale) {
  switch (scale) {
    case Scale::nps:
      return "NPS";
    case Scale::csat5:
      return "CSAT, 4-5 of 5";
    case Scale::ces7:
      return "CES, 5-7 of 7 (easy)";
    case Scale::stars:
      return "stars, 4-5 of 5";
    case Scale::sentiment:
      return "sentiment, 0.3 and more";
  }
  LOTSE_ASSERT(false);
}

std::string headline_text(const Score& score) {
  if (score.scale == Scale::nps) {
    return fmt::format("{:+.1f} [{:+.1f}, {:+.1f}]", score.headline, score.interval.low, score.interval.high);
  }
  return fmt::format("{} % {}", percent_figure(score.headline), percent_interval(score.interval));
}

std::string share_or_dash(const std::optional<double>& share) {
  return share ? percent_figure(*share) : dash;
}
std::string share_or_dash(std::uint64_t x, std::uint64_t n) {
  return n > 0 ? percent_figure(static_cast<double>(x) / static_cast<double>(n)) : dash;
}

TextTable score_table(const KpiReport& report, Nesting nesting) {
  using Align = TextTable::Align;
  TextTable table;
  table.column("", Align::left, 28);
  table.column("score", Align::left);
  for (const char* head : {"value [95 %]", "mean ± s.e.", "negative %", "answers", "customers"}) {
    table.column(head, Align::right);
  }
  for (const KpiRow& row : report.rows) {
    for (const Score& score : row.scores) {
      table.row({label_of(row, nesting), std::string(headline_name(score.scale)), headline_text(score),
                 fmt::format("{:.2f} ± {:.2f}", score.mean, score.standard_error),
                 percent_figure(score.negative), grouped(score.responses), grouped(score.customers)});
    }
  }
  return table;
}

TextTable churn_table(const KpiReport& report, Nesting nesting) {
  using Align = TextTable::Align;
  TextTable table;
  table.column("", Align::left, 28);
  for (const char* head :
       {"customers", "churned", "by 90 d %", "by 365 d %", "median life", "at start", "lost", "lost %"}) {
    table.column(head, Align::right);
  }
  for (const KpiRow& row : report.rows) {
    if (!row.churn) continue;
    const Churn& churn = *row.churn;
    table.row({label_of(row, nesting), grouped(churn.customers), grouped(churn.churned),
               share_or_dash(churn.by_90_days), share_or_dash(churn.by_365_days),
               dwell_text(churn.median_lifetime), grouped(churn.at_start), grouped(churn.lost),
               share_or_dash(churn.lost, churn.at_start)});
  }
  return table;
}

TextTable value_table(const KpiReport& report, Nesting nesting) {
  using Align = TextTable::Align;
  TextTable table;
  table.column("", Align::left, 28);
  for (const char* head : {"basket", "× a year", "× years", "= lifetime value", "journeys", "achieved %"}) {
    table.column(head, Align::right);
  }
  for (const KpiRow& row : report.rows) {
    if (!row.lifetime_value) continue;
    const LifetimeValue& value = *row.lifetime_value;
    table.row({label_of(row, nesting), fmt::format("{:.2f}", value.basket),
               fmt::format("{:.2f}", value.frequency), fmt::format("{:.2f}", value.lifetime),
               fmt::format("{:.2f}", value.value), grouped(row.instances),
               share_or_dash(row.achieved, row.instances)});
  }
  return table;
}

std::vector<std::string> notes(const KpiReport& report) {
  std::vector<std::string> list;
  list.push_back(fmt::format(
      "Scores are of answers given from {} to before {}; a customer with several answers counts as "
      "one unit in standard errors and intervals.",
      format_instant(report.from), format_instant(report.to)));
  if (report.churn_after) {
    list.push_back(fmt::format(
        "Churn: {} of silence since the last sign of life in this journey, dated when it had lasted that "
        "long. `by 90 d` "
        "and `by 365 d` are Kaplan-Meier shares of all customers since their first opening, those still "
        "there as of {} "
        "counting as neither; `lost %` is the plain ratio of those lost in the period to those at its start.",
        format_duration(*report.churn_after), format_instant(report.as_of)));
  } else {
    list.push_back(
        "Churn needs a silence that counts as leaving: the journey's abandon_after is `never`, and no "
        "--churn-after was given.");
  }
  list.push_back(
      "Lifetime value = basket (mean value of a journey that has one) × journeys a customer and year while "
      "with us × mean "
      "lifetime in years (area under the churn curve, up to the longest time watched). Revenue, not margin; "
      "not discounted.");
  if (report.unattributed_feedback > 0) {
    list.push_back(fmt::format("{} found no stay and are in no figure.",
                               count_of(report.unattributed_feedback, "answer")));
  }
  return list;
}

std::optional<double> days(const std::optional<Duration>& duration) {
  if (!duration) return std::nullopt;
  return static_cast<double>(duration->count()) / 86'400'000;
}

void write(JsonWriter& json, const Churn& churn) {
  json.begin_object();
  json.field("after_days", days(churn.after))
      .field("customers", churn.customers)
      .field("churned", churn.churned);
  json.field("by_90_days", churn.by_90_days).field("by_365_days", churn.by_365_days);
  json.field("median_lifetime_days", days(churn.median_lifetime))
      .field("mean_lifetime_days", days(churn.mean_lifetime));
  json.field("watched_days", days(churn.watched)).field("at_start", churn.at_start).field("lost", churn.lost);
  json.end_object();
}

}  // namespace

std::string kpi_table(const KpiReport& report, const TextStyle& style) {
  const auto head = [&](std::string_view text) {
    return style.color ? fmt::format("\x1b[1m{}\x1b[0m\n", text) : fmt::format("{}\n", text);
  };
  std::string out = head(wrapped(fmt::format("Key figures of {} ({}), as of {}", report.title, report.journey,
                                             format_instant(report.as_of)),
                                 style.width));
  const auto section = [&](std::string_view title, const TextTable& table) {
    if (!table.empty()) out += "\n" + head(title) + table.text(style.width);
  };
  section("SCORES", score_table(report, Nesting::indented));
  section("CHURN", churn_table(report, Nesting::indented));
  section("LIFETIME VALUE", value_table(report, Nesting::indented));
  out += "\n" + head("WHAT THIS RESTS ON");
  for (const std::string& note : notes(report)) out += "- " + wrapped(note, style.width, 2, 2) + "\n";
  return out;
}

std::string kpi_markdown(const KpiReport& report) {
  std::string out = fmt::format("# Key figures of {}\n\nJourney `{}`, as of {}.\n",
                                markdown_escaped(report.title), report.journey, format_instant(report.as_of));
  const auto section = [&](std::string_view title, const TextTable& table) {
    if (!table.empty()) out += fmt::format("\n## {}\n\n{}", title, table.markdown());
  };
  section("Scores", score_table(report, Nesting::in_words));
  section("Churn", churn_table(report, Nesting::in_words));
  section("Lifetime value", value_table(report, Nesting::in_words));
  out += "\n## What this rests on\n\n";
  for (const std::string& note : notes(report)) out += fmt::format("- {}\n", markdown_escaped(note));
  return out;
}

std::string kpi_csv(const KpiReport& report) {
  Csv csv;
  for (const char* head :
       {"level", "name", "part", "kpi", "value", "low", "high", "standard_error", "n", "customers"}) {
    csv.text(head);
  }
  csv.end_row();
  for (const KpiRow& row : report.rows) {
    const auto start = [&](std::string_view kpi) -> Csv& {
      return csv.text(name(row.level)).text(row.name).text(row.part).text(kpi);
    };
    const auto plain = [&](std::string_view kpi, const std::optional<double>& value, std::uint64_t n) {
      if (!value) return;
      start(kpi).number(*value).empty().empty().empty().number(n).number(row.customers).end_row();
    };
    for (const Score& score : row.scores) {
      start(name(score.scale))
          .number(score.headline)
          .number(score.interval.low)
          .number(score.interval.high)
          .empty();
      csv.number(score.responses).number(score.customers).end_row();
      start(fmt::format("{}_mean", name(score.scale)))
          .number(score.mean)
          .empty()
          .empty()
          .number(score.standard_error);
      csv.number(score.responses).number(score.customers).end_row();
    }
    if (row.churn) {
      plain("churn_by_90_days", row.churn->by_90_days, row.churn->customers);
      plain("churn_by_365_days", row.churn->by_365_days, row.churn->customers);
      plain("mean_lifetime_days", days(row.churn->mean_lifetime), row.churn->customers);
      if (row.churn->at_start > 0) {
        plain("churn_in_period",
              static_cast<double>(row.churn->lost) / static_cast<double>(row.churn->at_start),
              row.churn->at_start);
      }
    }
    if (row.lifetime_value) plain("lifetime_value", row.lifetime_value->value, row.instances);
  }
  return csv.str();
}

std::string kpi_json(const KpiReport& report) {
  JsonWriter json;
  json.begin_object();
  json.field("report", "kpi").field("format", std::uint64_t{1});
  json.field("journey", report.journey)
      .field("title", report.title)
      .field("as_of", format_instant(report.as_of));
  json.field("from", format_instant(report.from)).field("to", format_instant(report.to));
  json.field("churn_after_days", days(report.churn_after));
  json.field("unattributed_feedback", std::uint64_t{report.unattributed_feedback});
  json.key("rows").begin_array();
  for (const KpiRow& row : report.rows) {
    json.begin_object();
    json.field("level", name(row.level)).field("name", row.name).field("part", row.part);
    json.field("customers", row.customers).field("instances", row.instances).field("achieved", row.achieved);
    json.key("scores").begin_array();
    for (const Score& score : row.scores) {
      json.begin_object();
      json.field("scale", name(score.scale)).field("headline", score.headline);
      json.key("interval")
          .raw(fmt::format("[{}, {}]", json_number(score.interval.low), json_number(score.interval.high)));
      json.field("mean", score.mean)
          .field("standard_error", score.standard_error)
          .field("negative", score.negative);
      json.field("responses", score.responses).field("customers", score.customers);
      json.end_object();
    }
    json.end_array().key("churn");
    row.churn ? write(json, *row.churn) : static_cast<void>(json.null());
    json.key("lifetime_value");
    if (row.lifetime_value) {
      const LifetimeValue& value = *row.lifetime_value;
      json.begin_object().field("basket", value.basket).field("frequency_per_year", value.frequency);
      json.field("lifetime_years", value.lifetime).field("value", value.value).end_object();
    } else {
      json.null();
    }
    json.end_object();
  }
  json.end_array().end_object();
  return std::move(json).str();
}

}  // namespace lotse
