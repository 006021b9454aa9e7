#include "engine/report/friction_tables.hpp"

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/report/friction_details.hpp"

namespace lotse {
namespace {

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

}  // namespace

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

}  // namespace lotse
