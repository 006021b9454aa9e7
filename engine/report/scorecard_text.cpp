#include "engine/report/scorecard_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "engine/base/assert.hpp"
#include "engine/friction/friction_report.hpp"
#include "engine/report/json.hpp"

namespace lotse {
namespace {

const std::string dash = "–";

enum class Nesting : std::uint8_t { indented, in_words };

std::string label_of(const ScorecardRow& row, Nesting nesting) {
  const std::string indent = nesting == Nesting::indented ? "  " : "";
  switch (row.level) {
    case KpiLevel::journey:
      return "whole journey";
    case KpiLevel::stage:
      return fmt::format("{}stage {}", indent, row.name);
    case KpiLevel::segment:
      return fmt::format("{}{} {}", indent, row.name, row.part);
  }
  LOTSE_ASSERT(false);
}

/// The head of the score's column.
std::string score_name(const std::optional<Scale>& scale) {
  if (!scale) return "score";
  switch (*scale) {
    case Scale::nps:
      return "NPS";
    case Scale::csat5:
      return "CSAT %";
    case Scale::ces7:
      return "CES %";
    case Scale::stars:
      return "stars %";
    case Scale::sentiment:
      return "mood %";
  }
  LOTSE_ASSERT(false);
}

/// The headline without its sign of percent.
std::string score_text(const ScorecardRow& row) {
  if (!row.score) return dash;
  if (row.score->scale == Scale::nps) return fmt::format("{:+.1f}", row.score->headline);
  return percent_figure(row.score->headline);
}

std::string score_interval(const ScorecardRow& row) {
  if (!row.score) return dash;
  if (row.score->scale != Scale::nps) return percent_interval(row.score->interval);
  return fmt::format("[{:+.1f}, {:+.1f}]", row.score->interval.low, row.score->interval.high);
}

std::string share_text(const std::optional<EstimatedShare>& share) {
  return share ? percent_figure(share->rate) : dash;
}

std::string interval_text(const std::optional<EstimatedShare>& share) {
  return share ? percent_interval(share->interval) : dash;
}

std::string ratio_text(std::uint64_t x, std::uint64_t n) {
  return n > 0 ? percent_figure(static_cast<double>(x) / static_cast<double>(n)) : dash;
}

std::string per_hundred(std::uint64_t count, std::uint64_t journeys) {
  if (journeys == 0) return dash;
  return fmt::format("{:.1f}", 100 * static_cast<double>(count) / static_cast<double>(journeys));
}

/// `930`, `12.3k`, `4.5M`: as exact as a page of figures needs; the rest is in JSON and CSV.
std::string money(double amount) {
  constexpr std::array units = {"", "k", "M", "B"};
  std::size_t unit = 0;
  while (std::abs(amount) >= 999.5 && unit + 1 < units.size()) {
    amount /= 1'000;
    ++unit;
  }
  return fmt::format("{:.3g}{}", amount, units[unit]);
}

std::string money_or_dash(const std::optional<double>& amount) { return amount ? money(*amount) : dash; }

std::string cost_text(const ScorecardRow& row) {
  if (!row.handover_cost) return dash;
  return (row.handovers_without_cost > 0 ? "≥" : "") + money(*row.handover_cost);
}

double hours(Duration duration) { return static_cast<double>(duration.count()) / 3'600'000; }

std::string hours_text(Duration duration, std::uint64_t journeys) {
  if (journeys == 0) return dash;
  return hours(duration) < 9.95 ? fmt::format("{:.1f}", hours(duration))
                                : grouped(static_cast<std::uint64_t>(std::llround(hours(duration))));
}

/// What customers met, a line, what it was worth.
TextTable figures(const Scorecard& card, Nesting nesting) {
  using Align = TextTable::Align;
  TextTable table;
  table.column("", Align::left, 28);
  for (const std::string& head :
       {score_name(card.scale), std::string("neg. %"), std::string("drop %"), std::string("wait h"),
        std::string("late %"), std::string("tasks /100"), std::string("again /100"), std::string("│"),
        std::string("goal %"), std::string("value won"), std::string("value lost"), std::string("task cost"),
        std::string("churn %"), std::string("CLV")}) {
    table.column(head, Align::right);
  }
  for (const ScorecardRow& row : card.rows) {
    table.row({label_of(row, nesting), score_text(row), ratio_text(row.negative, row.answers),
               share_text(row.dropped_share), hours_text(row.waiting, row.journeys),
               share_text(row.broken_share), per_hundred(row.handovers, row.journeys),
               per_hundred(row.repeats + row.returns, row.journeys), "│", share_text(row.achieved_share),
               money_or_dash(row.value_achieved), money_or_dash(row.value_lost), cost_text(row),
               row.churn_by_90_days ? percent_figure(*row.churn_by_90_days) : dash,
               money_or_dash(row.lifetime_value)});
  }
  return table;
}

TextTable evidence(const Scorecard& card, Nesting nesting) {
  using Align = TextTable::Align;
  TextTable table;
  table.column("", Align::left, 28);
  for (const std::string& head :
       {std::string("journeys"), std::string("open"), std::string("answers"), score_name(card.scale),
        std::string("drop %"), std::string("late %"), std::string("goal %"), std::string("hours in all")}) {
    table.column(head, Align::right);
  }
  for (const ScorecardRow& row : card.rows) {
    table.row({label_of(row, nesting), grouped(row.journeys), grouped(row.open), grouped(row.answers),
               score_interval(row), interval_text(row.dropped_share), interval_text(row.broken_share),
               interval_text(row.achieved_share), hours_text(row.time, row.journeys)});
  }
  return table;
}

std::string points(const ShareDifference& difference) {
  return fmt::format("{:+.1f} points [{:+.1f}, {:+.1f}]", 100 * (difference.with - difference.without),
                     100 * difference.interval.low, 100 * difference.interval.high);
}

/// Who is compared, in words: those, and the others.
struct Sides {
  std::string with;
  std::string without;
};

Sides sides_of(const LandmarkComparison& comparison) {
  if (comparison.contrast == LandmarkContrast::negative_answer) {
    return {"customers whose first answer was negative", "whose was not"};
  }
  return {fmt::format("customers who had met friction {} into the journey ({:.0f} % of the median time)",
                      describe_duration(comparison.landmark), 100 * comparison.quarter),
          "who had not"};
}

std::string comparison_text(const LandmarkComparison& comparison) {
  const Sides sides = sides_of(comparison);
  if (comparison.with < least_compared || comparison.without < least_compared) {
    return fmt::format(
        "Not compared: {} ({}) and those {} ({}). Either side needs {} whose journey was not over.",
        sides.with, grouped(comparison.with), sides.without, grouped(comparison.without), least_compared);
  }
  LOTSE_ASSERT(comparison.achieved);
  const ShareDifference& achieved = *comparison.achieved;
  std::string text =
      fmt::format("Of {} {}, {} achieved within {}; of {} {}, {}: {}.", grouped(achieved.n_with), sides.with,
                  percent(achieved.with), describe_duration(achieved.within), grouped(achieved.n_without),
                  sides.without, percent(achieved.without), points(achieved));
  if (comparison.churned) {
    const ShareDifference& churned = *comparison.churned;
    text += fmt::format(" Gone silent within {}: {} against {}, {}.", describe_duration(churned.within),
                        percent(churned.with), percent(churned.without), points(churned));
  }
  return text;
}

/// Whether the landmarks disagree on who achieves more.
bool sign_changes(const Scorecard& card) {
  bool more = false;
  bool less = false;
  for (const LandmarkComparison& comparison : card.comparisons) {
    if (comparison.contrast != LandmarkContrast::friction || !comparison.achieved) continue;
    more = more || comparison.achieved->with > comparison.achieved->without;
    less = less || comparison.achieved->with < comparison.achieved->without;
  }
  return more && less;
}

std::vector<std::string> comparisons(const Scorecard& card) {
  std::vector<std::string> list;
  for (const LandmarkComparison& comparison : card.comparisons) list.push_back(comparison_text(comparison));
  if (!card.median) {
    list.push_back(
        "Friction: not compared, for fewer than half of the journeys are known to be over, so that there is "
        "no median time to look at.");
  }
  if (sign_changes(card)) {
    list.push_back("Friction: who achieves more changes with the moment that is looked at.");
  }
  return list;
}

std::string period_of(const Scorecard& card) {
  if (!card.from && !card.to) return "all journeys";
  if (!card.to) return fmt::format("journeys opened from {}", format_instant(*card.from));
  if (!card.from) return fmt::format("journeys opened before {}", format_instant(*card.to));
  return fmt::format("journeys opened from {} to before {}", format_instant(*card.from),
                     format_instant(*card.to));
}

std::string score_note(const Scorecard& card) {
  if (!card.scale) return "No answers were given in the period.";
  const char* what = "";
  switch (*card.scale) {
    case Scale::nps:
      what = "NPS: promoters less detractors, in points";
      break;
    case Scale::csat5:
      what = "CSAT: answers of 4 and 5 of 5";
      break;
    case Scale::ces7:
      what = "CES: answers of 5 to 7 of 7 (easy)";
      break;
    case Scale::stars:
      what = "stars: answers of 4 and 5";
      break;
    case Scale::sentiment:
      what = "mood: sentiment of 0.3 and more";
      break;
  }
  return fmt::format("{}. neg.: negative answers on all scales. Both of answers given in the period.", what);
}

std::string cost_note(const Scorecard& card) {
  const bool any =
      std::ranges::any_of(card.rows, [](const auto& row) { return row.handover_cost.has_value(); });
  const std::string what = "task cost: tasks opened, each at its team's `cost` in channels.yaml";
  if (card.teams_without_cost.empty()) return any ? what + "." : what + "; no team takes any.";
  std::string teams;
  for (const std::string& team : card.teams_without_cost) teams += (teams.empty() ? "" : ", ") + team;
  return fmt::format("{}. Not declared by {}{}.", what, teams,
                     any ? "; ≥ says that its tasks are left out" : ", so that no cost is known");
}

std::vector<std::string> notes(const Scorecard& card) {
  std::vector<std::string> list;
  list.push_back(
      fmt::format("Rows are of {}, and all that came of them by {}; a stage's of those that came there, a "
                  "segment's by its value at the opening. Left of the line: what customers met. Right: what "
                  "it was worth.",
                  period_of(card), format_instant(card.as_of)));
  list.push_back(score_note(card));
  list.push_back(
      "drop, goal: share of journeys that end in the customer's silence (of a stage: there), that achieve; "
      "Aalen-Johansen, so that an open journey counts as neither. wait: hours a journey until it is over "
      "that were our turn or a third party's, or had a task open; in all: all hours until then, the "
      "silence of a drop-off among them (of a stage: in it).");
  list.push_back(
      "late: journeys with a broken promise, of those with one that was kept or broken. tasks: handovers; "
      "again: repeats, returns and stays that went on in another channel; both a hundred journeys.");
  list.push_back(
      "value won, lost: sum of `value` of the journeys that have achieved, that have dropped, so far.");
  list.push_back(cost_note(card));
  if (card.churn_after) {
    list.push_back(fmt::format(
        "churn: customers gone silent for {} within 90 d of their first opening (Kaplan-Meier); CLV: "
        "lifetime value. Both of all customers, whatever the period, as in `lotse report kpi`.",
        format_duration(*card.churn_after)));
  } else {
    list.push_back(
        "No churn and no lifetime value (CLV): the journey's abandon_after is `never`, and no --churn-after "
        "was given.");
  }
  list.push_back(
      "What goes together: each customer counts once, and only if the journey was not over when they "
      "answered, or that far into it; they may differ in more than that. Intervals are 95 %.");
  if (card.folded > 0) {
    list.push_back(fmt::format("(other): the {} rarest values of segments together.", grouped(card.folded)));
  }
  if (card.unattributed_feedback > 0) {
    list.push_back(fmt::format("{} found no stay and are in no figure.",
                               count_of(card.unattributed_feedback, "answer")));
  }
  return list;
}

// JSON and CSV.

std::optional<double> days(const std::optional<Duration>& duration) {
  if (!duration) return std::nullopt;
  return static_cast<double>(duration->count()) / 86'400'000;
}

std::optional<std::string> instant_text(const std::optional<Instant>& at) {
  if (!at) return std::nullopt;
  return format_instant(*at);
}

std::string pair_of(const Interval& interval) {
  return fmt::format("[{}, {}]", json_number(interval.low), json_number(interval.high));
}

void write(JsonWriter& json, std::string_view name, const std::optional<EstimatedShare>& share) {
  json.key(name);
  if (!share) {
    json.null();
    return;
  }
  json.begin_object().field("rate", share->rate).field("n_eff", share->n_eff);
  json.key("interval").raw(pair_of(share->interval)).end_object();
}

void write(JsonWriter& json, std::string_view name, const std::optional<ShareDifference>& difference) {
  json.key(name);
  if (!difference) {
    json.null();
    return;
  }
  json.begin_object().field("n_with", difference->n_with).field("n_without", difference->n_without);
  json.field("with", difference->with).field("without", difference->without);
  json.field("difference", difference->with - difference->without);
  json.key("interval").raw(pair_of(difference->interval));
  json.field("within_days", days(difference->within)).end_object();
}

void write_experience(JsonWriter& json, const ScorecardRow& row) {
  json.key("experience").begin_object().key("score");
  if (row.score) {
    json.begin_object().field("headline", row.score->headline);
    json.key("interval").raw(pair_of(row.score->interval));
    json.field("responses", row.score->responses).end_object();
  } else {
    json.null();
  }
  json.field("answers", row.answers).field("negative", row.negative);
  write(json, "dropped", row.dropped_share);
  json.field("hours", hours(row.time)).field("hours_waiting", hours(row.waiting));
  json.field("promised", row.promised).field("broken", row.broken);
  write(json, "broken_promise", row.broken_share);
  json.field("handovers", row.handovers).field("repeats", row.repeats).field("returns", row.returns);
  json.field("hours_wasted", hours(row.wasted)).end_object();
}

void write_business(JsonWriter& json, const ScorecardRow& row) {
  json.key("business").begin_object();
  write(json, "achieved", row.achieved_share);
  json.field("value_achieved", row.value_achieved).field("value_lost", row.value_lost);
  json.field("handover_cost", row.handover_cost).field("handovers_without_cost", row.handovers_without_cost);
  json.field("churn_by_90_days", row.churn_by_90_days).field("lifetime_value", row.lifetime_value);
  json.end_object();
}

void write(JsonWriter& json, const LandmarkComparison& comparison) {
  json.begin_object().field("contrast", name(comparison.contrast));
  const bool at_age = comparison.contrast == LandmarkContrast::friction;
  json.field("landmark_days", at_age ? days(comparison.landmark) : std::nullopt);
  json.field("with", comparison.with).field("without", comparison.without);
  write(json, "achieved", comparison.achieved);
  write(json, "churned", comparison.churned);
  json.field("sentence", comparison_text(comparison)).end_object();
}

/// Rows of a long table: one figure each.
class FigureRows {
 public:
  FigureRows() {
    for (const char* head : {"level", "name", "part", "group", "figure", "value", "low", "high", "n"}) {
      csv_.text(head);
    }
    csv_.end_row();
  }
  void row(std::string_view level, std::string_view name, std::string_view part) {
    level_ = level;
    name_ = name;
    part_ = part;
  }
  void group(std::string_view group) { group_ = group; }
  void figure(std::string_view figure, double value, const std::optional<Interval>& interval, double n) {
    csv_.text(level_).text(name_).text(part_).text(group_).text(figure).number(value);
    if (interval) {
      csv_.number(interval->low).number(interval->high);
    } else {
      csv_.empty().empty();
    }
    csv_.number(n).end_row();
  }
  void figure(std::string_view figure, const std::optional<double>& value, std::uint64_t n) {
    if (value) this->figure(figure, *value, std::nullopt, static_cast<double>(n));
  }
  void figure(std::string_view figure, const std::optional<EstimatedShare>& share) {
    if (share) this->figure(figure, share->rate, share->interval, share->n_eff);
  }
  [[nodiscard]] const std::string& str() const { return csv_.str(); }

 private:
  Csv csv_;
  std::string level_;
  std::string name_;
  std::string part_;
  std::string group_;
};

void add_row(FigureRows& csv, const ScorecardRow& row) {
  const auto count = [&](std::string_view figure, std::uint64_t value) {
    csv.figure(figure, static_cast<double>(value), row.journeys);
  };
  csv.row(name(row.level), row.name, row.part);
  csv.group("journeys");
  count("achieved", row.achieved);
  count("dropped", row.dropped);
  count("dropped_later", row.dropped_later);
  count("ended", row.ended);
  count("open", row.open);
  csv.group("experience");
  if (row.score) {
    csv.figure(name(row.score->scale), row.score->headline, row.score->interval,
               static_cast<double>(row.score->responses));
  }
  if (row.answers > 0) {
    csv.figure("negative_share", static_cast<double>(row.negative) / static_cast<double>(row.answers),
               row.answers);
  }
  csv.figure("dropped_share", row.dropped_share);
  csv.figure("hours", hours(row.time), row.journeys);
  csv.figure("hours_waiting", hours(row.waiting), row.journeys);
  csv.figure("broken_promise_share", row.broken_share);
  count("handovers", row.handovers);
  count("repeats", row.repeats);
  count("returns", row.returns);
  csv.figure("hours_wasted", hours(row.wasted), row.journeys);
  csv.group("business");
  csv.figure("achieved_share", row.achieved_share);
  csv.figure("value_achieved", row.value_achieved, row.journeys);
  csv.figure("value_lost", row.value_lost, row.journeys);
  csv.figure("handover_cost", row.handover_cost, row.handovers - row.handovers_without_cost);
  csv.figure("churn_by_90_days", row.churn_by_90_days, row.customers);
  csv.figure("lifetime_value", row.lifetime_value, row.customers);
}

void add_row(FigureRows& csv, const LandmarkComparison& comparison) {
  const bool at_age = comparison.contrast == LandmarkContrast::friction;
  csv.row("comparison", name(comparison.contrast),
          at_age ? fmt::format("{:.0f} % of the median time", 100 * comparison.quarter) : "");
  csv.group("together");
  const auto add = [&](std::string_view figure, const std::optional<ShareDifference>& difference) {
    if (!difference) return;
    csv.figure(figure, difference->with - difference->without, difference->interval,
               static_cast<double>(difference->n_with + difference->n_without));
  };
  add("achieved_difference", comparison.achieved);
  add("churned_difference", comparison.churned);
}

}  // namespace

std::string scorecard_table(const Scorecard& card, const TextStyle& style) {
  const auto head = [&](std::string_view text) {
    return style.color ? fmt::format("\x1b[1m{}\x1b[0m\n", text) : fmt::format("{}\n", text);
  };
  const auto list = [&](const std::vector<std::string>& items) {
    std::string text;
    for (const std::string& item : items) text += "- " + wrapped(item, style.width, 2, 2) + "\n";
    return text;
  };
  std::string out = head(wrapped(fmt::format("Scorecard of {} ({}), {}, as of {}", card.title, card.journey,
                                             period_of(card), format_instant(card.as_of)),
                                 style.width));
  out += "\n" + head("EXPERIENCE │ BUSINESS") + figures(card, Nesting::indented).text(style.width);
  out += "\n" + head("HOW SURE [95 %]") + evidence(card, Nesting::indented).text(style.width);
  out += "\n" + head("WHAT GOES TOGETHER, NOT WHY") + list(comparisons(card));
  out += "\n" + head("WHAT THIS RESTS ON") + list(notes(card));
  return out;
}

std::string scorecard_markdown(const Scorecard& card) {
  const auto list = [](const std::vector<std::string>& items) {
    std::string text;
    for (const std::string& item : items) text += fmt::format("- {}\n", markdown_escaped(item));
    return text;
  };
  std::string out =
      fmt::format("# Scorecard of {}\n\nJourney `{}`, {}, as of {}.\n", markdown_escaped(card.title),
                  card.journey, period_of(card), format_instant(card.as_of));
  out += "\n## Experience │ business\n\n" + figures(card, Nesting::in_words).markdown();
  out += "\n## How sure [95 %]\n\n" + evidence(card, Nesting::in_words).markdown();
  out += "\n## What goes together, not why\n\n" + list(comparisons(card));
  out += "\n## What this rests on\n\n" + list(notes(card));
  return out;
}

std::string scorecard_csv(const Scorecard& card) {
  FigureRows csv;
  for (const ScorecardRow& row : card.rows) add_row(csv, row);
  for (const LandmarkComparison& comparison : card.comparisons) add_row(csv, comparison);
  return csv.str();
}

std::string scorecard_json(const Scorecard& card) {
  JsonWriter json;
  json.begin_object();
  json.field("report", "scorecard").field("format", std::uint64_t{1});
  json.field("journey", card.journey).field("title", card.title).field("as_of", format_instant(card.as_of));
  json.field("from", instant_text(card.from)).field("to", instant_text(card.to));
  json.field("by", card.by.empty() ? std::nullopt : std::optional(card.by));
  json.field("churn_after_days", days(card.churn_after));
  json.field("scale", card.scale ? std::optional(name(*card.scale)) : std::nullopt);
  json.key("teams_without_cost").begin_array();
  for (const std::string& team : card.teams_without_cost) json.value(team);
  json.end_array();
  json.field("folded", std::uint64_t{card.folded});
  json.field("unattributed_feedback", std::uint64_t{card.unattributed_feedback});
  json.field("median_days", days(card.median));
  json.key("rows").begin_array();
  for (const ScorecardRow& row : card.rows) {
    json.begin_object();
    json.field("level", name(row.level)).field("name", row.name).field("part", row.part);
    json.field("customers", row.customers).field("journeys", row.journeys).field("achieved", row.achieved);
    json.field("dropped", row.dropped).field("dropped_later", row.dropped_later);
    json.field("ended", row.ended).field("open", row.open);
    write_experience(json, row);
    write_business(json, row);
    json.end_object();
  }
  json.end_array().key("comparisons").begin_array();
  for (const LandmarkComparison& comparison : card.comparisons) write(json, comparison);
  json.end_array().end_object();
  return std::move(json).str();
}

}  // namespace lotse
