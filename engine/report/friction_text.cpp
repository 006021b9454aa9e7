#include "engine/report/friction_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "engine/report/friction_details.hpp"

namespace lotse {
namespace {

constexpr std::size_t shown_inconclusive = 8;

/// Where a figure would say something that is not so: a dash.
const std::string dash = "–";

std::string figure(double share) { return percent_figure(share); }

const Interval& dropped_interval(const FrictionRow& row) {
  return row.split.interval[static_cast<std::size_t>(Cause::dropped)];
}
double share_of(const FrictionRow& row, Cause cause) {
  return row.split.share[static_cast<std::size_t>(cause)];
}

std::string dropped_cell(const FrictionRow& row) {
  if (row.entered == 0) return dash;
  if (row.turn != Turn::customer) return "our turn";
  if (!row.window) return "never";
  return figure(share_of(row, Cause::dropped)) + " " + percent_interval(dropped_interval(row));
}

std::string unhappy_cell(const FrictionRow& row) {
  const Proportion& negative = row.feedback.negative;
  if (negative.n == 0) return dash;
  return figure(negative.rate()) + " " + percent_interval(negative.interval);
}

/// Whole touchpoints, each with its parts below it; those are indented, or named in full where text cannot
/// be.
enum class Nesting : std::uint8_t { indented, in_words };
std::string part_label(const FrictionRow& row, std::string_view whole, Nesting nesting) {
  return nesting == Nesting::indented ? "  " + *row.part : fmt::format("{}, {}", whole, *row.part);
}
std::vector<std::pair<std::string, const FrictionRow*>> ordered_rows(const FrictionReport& report,
                                                                     Nesting nesting) {
  std::vector<std::pair<std::string, const FrictionRow*>> rows;
  std::size_t part = 0;
  for (const FrictionRow& row : report.rows) {
    rows.emplace_back(row.label, &row);
    for (; part < report.parts.size() && report.parts[part].label == row.label; ++part) {
      rows.emplace_back(part_label(report.parts[part], row.label, nesting), &report.parts[part]);
    }
  }
  return rows;
}

TextTable stays_table(const FrictionReport& report, Nesting nesting) {
  using Align = TextTable::Align;
  TextTable table;
  table.column("touchpoint", Align::left, 24);
  for (const char* head :
       {"entered", "moved on", "dropped % [95 %]", "open", "n_eff", "median", "p90", "past promise"}) {
    table.column(head, Align::right);
  }
  for (const auto& [label, row] : ordered_rows(report, nesting)) {
    const bool any = row->entered > 0;
    const double moved = share_of(*row, Cause::advanced) + share_of(*row, Cause::achieved);
    table.row({label, grouped(row->entered), any ? figure(moved) : dash, dropped_cell(*row),
               any ? figure(share_of(*row, Cause::open)) : dash, any ? estimated(row->n_eff) : dash,
               dwell_text(row->dwell.median), dwell_text(row->dwell.p90),
               row->past_promise.n > 0 ? figure(row->past_promise.rate()) : dash});
  }
  return table;
}

TextTable feedback_table(const FrictionReport& report, Nesting nesting) {
  using Align = TextTable::Align;
  TextTable table;
  table.column("touchpoint", Align::left, 24);
  for (const char* head : {"answers", "negative % [95 %]", "answered %", "scores"}) {
    table.column(head, head == std::string_view("scores") ? Align::left : Align::right);
  }
  const auto add = [&](const std::string& label, const FrictionRow& row) {
    if (row.feedback.negative.n == 0) return;
    std::string scores;
    for (const ScaleSummary& scale : row.feedback.scales) {
      scores += scores.empty() ? "" : "; ";
      scores += scale.nps ? fmt::format("NPS {:+.0f} ± {:.0f}", *scale.nps, z95 * *scale.nps_standard_error)
                          : fmt::format("{} {:.2f} ± {:.2f}", name(scale.scale), scale.mean,
                                        z95 * scale.standard_error);
    }
    table.row({label, grouped(row.feedback.negative.n), unhappy_cell(row),
               figure(row.feedback.answered.rate()), scores});
  };
  for (const auto& [label, row] : ordered_rows(report, nesting)) add(label, *row);
  for (const FrictionRow& row : report.overall)
    add(row.part ? part_label(row, "all", nesting) : "all touchpoints", row);
  return table;
}

TextTable effort_table(const FrictionReport& report, Nesting nesting) {
  using Align = TextTable::Align;
  TextTable table;
  table.column("touchpoint", Align::left, 24);
  for (const char* head : {"repeats", "returns", "same again", "time in them", "hops forced", "designed",
                           "to a person", "escalated %"}) {
    table.column(head, Align::right);
  }
  for (const auto& [label, row] : ordered_rows(report, nesting)) {
    const Waste& waste = row->waste;
    const bool any =
        waste.repeats + waste.stays + row->hops.designed + row->hops.forced > 0 || row->containment;
    if (!any) continue;
    table.row({label, grouped(waste.repeats), grouped(waste.returns), grouped(waste.hops),
               waste.stays > 0 ? describe_duration(waste.time) : dash, grouped(row->hops.forced),
               grouped(row->hops.designed), grouped(row->hops.assist_pull),
               row->containment ? figure(row->containment->escalated) : dash});
  }
  return table;
}

TextTable promise_table(const FrictionReport& report) {
  using Align = TextTable::Align;
  TextTable table;
  table.column("promise", Align::left, 40);
  for (const char* head : {"made", "due", "broken % [95 %]"}) table.column(head, Align::right);
  for (const PromiseSummary& promise : report.promises) {
    if (promise.made == 0) continue;
    const Proportion& broken = promise.broken;
    table.row({promise.task ? promise.name + " (task)" : promise.name, grouped(promise.made),
               grouped(broken.n),
               broken.n > 0 ? figure(broken.rate()) + " " + percent_interval(broken.interval) : dash});
  }
  return table;
}

TextTable lost_table(const FrictionReport& report) {
  using Align = TextTable::Align;
  TextTable table;
  table.column("touchpoint", Align::left, 40);
  table.column("field", Align::left, 24);
  table.column("", Align::left);
  table.column("stays", Align::right);
  for (const LostItem& item : report.lost) {
    const bool again = item.what == LostContext::What::asked_again;
    table.row(
        {item.touchpoint, item.field, again ? "asked again" : "told, and missing", grouped(item.stays)});
  }
  return table;
}

std::string painted(Verdict verdict, const TextStyle& style) {
  const std::string word(name(verdict));
  if (!style.color) return word;
  const char* const code = verdict == Verdict::confirmed   ? "1;31"
                           : verdict == Verdict::suspected ? "33"
                                                           : "2";
  return fmt::format("\x1b[{}m{}\x1b[0m", code, word);
}

std::string head(std::string_view text, const TextStyle& style) {
  return style.color ? fmt::format("\x1b[1m{}\x1b[0m\n", text) : fmt::format("{}\n", text);
}

std::string owner_words(const FrictionReport& report, const Finding& finding) {
  const std::string& owner = row_of(report, finding).owner;
  return owner.empty() ? std::string() : fmt::format(" Owner: {}.", owner);
}

std::string findings_text(const FrictionReport& report, const TextStyle& style) {
  std::string out;
  std::size_t number = 0;
  std::size_t inconclusive = 0;
  for (const Finding& finding : report.findings) {
    const Verdict verdict = judgement_of(report, finding).verdict;
    if (verdict == Verdict::inconclusive && ++inconclusive > shown_inconclusive) continue;
    const std::string mark = fmt::format("{:>3}. ", ++number);
    const std::string text =
        fmt::format("{}: {}.", subject_of(report, finding), evidence_sentence(report, finding));
    const std::size_t column = mark.size() + name(verdict).size() + 2;
    out += mark + painted(verdict, style) + "  " + wrapped(text, style.width, 5, column) + "\n";
    std::string consequence = consequence_sentence(report, finding) + ".";
    consequence.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(consequence.front())));
    const std::string id = fmt::format(" [{}]", finding_id(report, finding));
    out += "     " + wrapped(consequence + owner_words(report, finding) + id, style.width, 5, 5) + "\n";
    for (const std::string& detail : detail_sentences(finding))
      out += "     - " + wrapped(detail, style.width, 7, 7) + "\n";
  }
  if (inconclusive > shown_inconclusive) {
    out +=
        fmt::format("     and {} more inconclusive, in --format json.\n", inconclusive - shown_inconclusive);
  }
  if (report.findings.empty()) out += fmt::format("  None: {}.\n", why_none(report));
  return out;
}

}  // namespace

std::string friction_table(const FrictionReport& report, const TextStyle& style) {
  std::string out = head(wrapped(fmt::format("Friction in {} ({}), as of {}", report.title, report.journey,
                                             format_instant(report.as_of)),
                                 style.width),
                         style);
  out += wrapped(population_sentence(report), style.width) + "\n";
  if (const std::string cost = cost_sentence(report); !cost.empty()) out += wrapped(cost, style.width) + "\n";
  out += "\n";
  out += head(fmt::format("FINDINGS: {}", verdict_counts(report)), style);
  out += findings_text(report, style);
  if (!report.explained.empty()) out += "\n" + head("WORSE ONLY THROUGH WHOM IT SERVES", style);
  for (const ExplainedPart& part : report.explained)
    out += "- " + wrapped(explained_sentence(report, part), style.width, 2, 2) + "\n";
  const auto section = [&](std::string_view title, const TextTable& table) {
    if (!table.empty()) out += "\n" + head(title, style) + table.text(style.width);
  };
  section("STAYS (shares in % by the horizon)", stays_table(report, Nesting::indented));
  section("FEEDBACK", feedback_table(report, Nesting::indented));
  section("EFFORT", effort_table(report, Nesting::indented));
  section("PROMISES", promise_table(report));
  section("LOST CONTEXT", lost_table(report));
  if (const auto timers = timer_sentences(report); !timers.empty()) {
    out += "\n" + head("TIMERS", style);
    for (const std::string& sentence : timers) out += "- " + wrapped(sentence, style.width, 2, 2) + "\n";
  }
  out += "\n" + head("WHAT THIS RESTS ON", style);
  for (const std::string& sentence : assumptions(report))
    out += "- " + wrapped(sentence, style.width, 2, 2) + "\n";
  return out;
}

std::string friction_markdown(const FrictionReport& report) {
  std::string out = fmt::format("# Friction in {}\n\n", markdown_escaped(report.title));
  out += fmt::format("Journey `{}`, as of {}. {}\n\n", report.journey, format_instant(report.as_of),
                     markdown_escaped(population_sentence(report)));
  if (const std::string cost = cost_sentence(report); !cost.empty()) out += markdown_escaped(cost) + "\n\n";
  out += fmt::format("## Findings: {}\n\n", verdict_counts(report));
  std::size_t number = 0;
  for (const Finding& finding : report.findings) {
    out += fmt::format("{}. **{}** {}: {}; {}.{}\n", ++number, name(judgement_of(report, finding).verdict),
                       markdown_escaped(subject_of(report, finding)),
                       markdown_escaped(evidence_sentence(report, finding)),
                       markdown_escaped(consequence_sentence(report, finding)),
                       markdown_escaped(owner_words(report, finding)));
    for (const std::string& detail : detail_sentences(finding))
      out += fmt::format("    - {}\n", markdown_escaped(detail));
  }
  if (report.findings.empty()) out += fmt::format("None: {}.\n", why_none(report));
  if (!report.explained.empty()) out += "\n## Worse only through whom it serves\n\n";
  for (const ExplainedPart& part : report.explained)
    out += fmt::format("- {}\n", markdown_escaped(explained_sentence(report, part)));
  const auto section = [&](std::string_view title, const TextTable& table) {
    if (!table.empty()) out += fmt::format("\n## {}\n\n{}", title, table.markdown());
  };
  section("Stays (shares in % by the horizon)", stays_table(report, Nesting::in_words));
  section("Feedback", feedback_table(report, Nesting::in_words));
  section("Effort", effort_table(report, Nesting::in_words));
  section("Promises", promise_table(report));
  section("Lost context", lost_table(report));
  if (const auto timers = timer_sentences(report); !timers.empty()) {
    out += "\n## Timers\n\n";
    for (const std::string& sentence : timers) out += fmt::format("- {}\n", markdown_escaped(sentence));
  }
  out += "\n## What this rests on\n\n";
  for (const std::string& sentence : assumptions(report))
    out += fmt::format("- {}\n", markdown_escaped(sentence));
  return out;
}

}  // namespace lotse
