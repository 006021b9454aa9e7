#include "engine/workbench/backtest_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/assert.hpp"
#include "engine/report/friction_text.hpp"

namespace lotse::backtest {
namespace {

using Align = TextTable::Align;

constexpr std::size_t changes_shown = 15;
constexpr std::size_t values_shown = 6;  ///< of a segment
const std::string dash = "–";

/// A heading, a table below it, and what is said of it.
struct Section {
  std::string heading;
  TextTable table;
  std::string note;
};

std::string signed_count(std::uint64_t before, std::uint64_t after) {
  if (before == after) return "0";
  return after > before ? "+" + grouped(after - before) : "-" + grouped(before - after);
}

/// Rows of one figure: as it was, as it is, and the difference; or as it is alone.
class Figures {
 public:
  Figures(const Report& report, const char* what) : report_(report) {
    table_.column(what, Align::left, 36);
    if (!report.before) {
      table_.column("customers' journeys", Align::right);
      return;
    }
    for (const char* head : {"before", "after", "change"}) table_.column(head, Align::right);
  }
  template <class Get>
  void row(std::string label, Get&& get) {
    const std::uint64_t after = get(report_.after.totals);
    if (!report_.before) return table_.row({std::move(label), grouped(after)});
    const std::uint64_t before = get(report_.before->totals);
    table_.row({std::move(label), grouped(before), grouped(after), signed_count(before, after)});
  }
  [[nodiscard]] TextTable table() && { return std::move(table_); }

 private:
  const Report& report_;
  TextTable table_;
};

std::uint64_t value_or_none(const std::map<std::string, std::uint64_t, std::less<>>& counts,
                            const std::string& name) {
  const auto found = counts.find(name);
  return found == counts.end() ? 0 : found->second;
}

Section ends_section(const Report& report) {
  Figures figures(report, "");
  figures.row("entered", [](const Totals& totals) { return totals.instances; });
  for (const End end : {End::achieved, End::active, End::dropped, End::exited}) {
    figures.row("  " + std::string(word(end)),
                [&](const Totals& totals) { return totals.ends[static_cast<std::size_t>(end)]; });
  }
  std::set<std::string> outcomes;
  for (const Version* version : {&report.after, report.before ? &*report.before : nullptr}) {
    if (version == nullptr) continue;
    for (const auto& [outcome, count] : version->totals.outcomes) outcomes.insert(outcome);
  }
  for (const std::string& outcome : outcomes) {
    figures.row(outcome.empty() ? "    restarted" : "    " + outcome,
                [&](const Totals& totals) { return value_or_none(totals.outcomes, outcome); });
  }
  return {.heading = "How journeys end", .table = std::move(figures).table(), .note = {}};
}

const TouchpointCount* find(const Totals& totals, const std::string& id) {
  const auto found = std::ranges::find(totals.touchpoints, id, &TouchpointCount::id);
  return found == totals.touchpoints.end() ? nullptr : &*found;
}

/// Of the journey in question in its order, then those that only the other version has.
std::vector<TouchpointCount> all_touchpoints(const Report& report) {
  std::vector<TouchpointCount> all = report.after.totals.touchpoints;
  if (!report.before) return all;
  for (const TouchpointCount& touchpoint : report.before->totals.touchpoints) {
    if (find(report.after.totals, touchpoint.id) == nullptr) all.push_back(touchpoint);
  }
  return all;
}

bool is_sent(TouchpointKind kind) {
  return kind == TouchpointKind::outbound || kind == TouchpointKind::handover;
}

/// `12`, or `12 → 15 (+3)`, or a dash where the version does not have it.
template <class Get>
std::string both(const Report& report, const std::string& id, Get&& get) {
  const TouchpointCount* after = find(report.after.totals, id);
  const std::string is = after == nullptr ? dash : grouped(get(*after));
  if (!report.before) return is;
  const TouchpointCount* before = find(report.before->totals, id);
  const std::string was = before == nullptr ? dash : grouped(get(*before));
  return was == is ? is : was + " → " + is;
}

Section positions_section(const Report& report) {
  TextTable table;
  table.column("touchpoint", Align::left, 28);
  for (const char* head : {"reached", "stand there", "dropped there"}) table.column(head, Align::right);
  for (const TouchpointCount& touchpoint : all_touchpoints(report)) {
    if (is_sent(touchpoint.kind)) continue;
    table.row({touchpoint.id, both(report, touchpoint.id, [](const auto& own) { return own.reached; }),
               both(report, touchpoint.id, [](const auto& own) { return own.standing; }),
               both(report, touchpoint.id, [](const auto& own) { return own.dropped; })});
  }
  return {.heading = "Where they go", .table = std::move(table), .note = {}};
}

Section messages_section(const Report& report) {
  TextTable table;
  table.column("touchpoint", Align::left, 28);
  table.column("", Align::left);
  table.column("would go out", Align::right);
  for (const TouchpointCount& touchpoint : all_touchpoints(report)) {
    if (!is_sent(touchpoint.kind)) continue;
    table.row({touchpoint.id, touchpoint.kind == TouchpointKind::handover ? "task" : "message",
               both(report, touchpoint.id, [](const auto& own) { return own.reached; })});
  }
  return {.heading = "What would go out", .table = std::move(table), .note = {}};
}

/// `1,156 of 14,552, 7.9 %`.
std::string broken_text(const Totals& totals, const std::string& name) {
  const auto found = totals.promises.find(name);
  if (found == totals.promises.end()) return dash;
  const PromiseCount& count = found->second;
  const std::uint64_t due = count.kept + count.broken;
  if (due == 0) return "none due";
  return fmt::format("{} of {}, {}", grouped(count.broken), grouped(due),
                     percent(static_cast<double>(count.broken) / static_cast<double>(due)));
}

Section promises_section(const Report& report) {
  TextTable table;
  table.column("promise", Align::left, 28);
  if (report.before) table.column("broken before", Align::right);
  table.column(report.before ? "broken after" : "broken", Align::right);
  std::set<std::string> names;
  for (const auto& [name, count] : report.after.totals.promises) names.insert(name);
  if (report.before) {
    for (const auto& [name, count] : report.before->totals.promises) names.insert(name);
  }
  for (const std::string& name : names) {
    std::vector<std::string> cells{name};
    if (report.before) cells.push_back(broken_text(report.before->totals, name));
    cells.push_back(broken_text(report.after.totals, name));
    table.row(std::move(cells));
  }
  return {.heading = "Promises", .table = std::move(table), .note = {}};
}

Section matrix_section(const Comparison& against) {
  TextTable table;
  table.column("before \\ after", Align::left);
  for (std::size_t i = 0; i < end_count; ++i)
    table.column(std::string(word(static_cast<End>(i))), Align::right);
  table.column("all", Align::right);
  std::array<std::uint64_t, end_count> columns{};
  for (std::size_t i = 0; i < end_count; ++i) {
    std::vector<std::string> cells{std::string(word(static_cast<End>(i)))};
    std::uint64_t sum = 0;
    for (std::size_t k = 0; k < end_count; ++k) {
      cells.push_back(against.ends[i][k] == 0 ? dash : grouped(against.ends[i][k]));
      sum += against.ends[i][k];
      columns[k] += against.ends[i][k];
    }
    cells.push_back(grouped(sum));
    table.row(std::move(cells));
  }
  std::vector<std::string> cells{"all"};
  for (const std::uint64_t column : columns) cells.push_back(grouped(column));
  cells.push_back(grouped(against.instances));
  table.row(std::move(cells));
  return {.heading = "From one end to the other", .table = std::move(table), .note = {}};
}

std::string example_text(const Example& example) {
  return example.key.empty() ? example.customer : fmt::format("{} ({})", example.customer, example.key);
}

std::string examples_text(const std::vector<Example>& examples) {
  std::string text;
  for (const Example& example : examples) text += (text.empty() ? "" : "; ") + example_text(example);
  return text;
}

Section changes_section(const Comparison& against) {
  TextTable table;
  table.column("what differs", Align::left, 44);
  table.column("journeys", Align::right);
  table.column("for example", Align::left);
  std::size_t shown = 0;
  for (const ChangeCount& change : against.changes) {
    if (shown++ == changes_shown) break;
    table.row({sentence(change.change), grouped(change.instances), examples_text(change.examples)});
  }
  std::string note;
  if (against.changes.size() > changes_shown) {
    note = fmt::format("{} more kinds of difference are in --format json.",
                       against.changes.size() - changes_shown);
  }
  return {.heading = "Who would fare differently", .table = std::move(table), .note = std::move(note)};
}

Section segments_section(const Comparison& against) {
  TextTable table;
  table.column("segment", Align::left, 32);
  for (const char* head : {"journeys", "differ", "share"}) table.column(head, Align::right);
  SegmentCount rest;
  std::size_t of_segment = 0;
  std::size_t folded = 0;
  const auto row = [&](const std::string& value, const SegmentCount& count) {
    table.row({fmt::format("{} {}", count.segment, value), grouped(count.instances), grouped(count.changed),
               percent(static_cast<double>(count.changed) / static_cast<double>(count.instances))});
  };
  const auto close = [&] {
    if (folded > 0) row(fmt::format("({} others)", folded), rest);
    folded = 0;
    of_segment = 0;
  };
  for (const SegmentCount& count : against.segments) {
    if (count.segment != rest.segment) {
      close();
      rest = {.segment = count.segment, .value = {}, .instances = 0, .changed = 0};
    }
    if (of_segment++ < values_shown) {
      row(count.value, count);
      continue;
    }
    ++folded;
    rest.instances += count.instances;
    rest.changed += count.changed;
  }
  close();
  return {.heading = "By segment", .table = std::move(table), .note = {}};
}

const FrictionRow* row_of(const FrictionReport& report, const std::string& touchpoint) {
  const auto found = std::ranges::find(report.rows, touchpoint, &FrictionRow::touchpoint);
  return found == report.rows.end() ? nullptr : &*found;
}

std::string drop_text(const FrictionRow* row) {
  if (row == nullptr || row->entered == 0) return dash;
  if (row->turn != Turn::customer) return "our turn";
  if (!row->window) return "never";
  return percent_figure(row->split.share[static_cast<std::size_t>(Cause::dropped)]);
}
std::string share_text(const Proportion& proportion) {
  return proportion.n > 0 ? percent_figure(proportion.rate()) : dash;
}
std::string unhappy_text(const FrictionRow* row) {
  return row == nullptr ? dash : share_text(row->feedback.negative);
}
std::string past_text(const FrictionRow* row) {
  return row == nullptr ? dash : share_text(row->past_promise);
}

/// What is confirmed or suspected, as `drop_off at order`.
std::set<std::string> named(const FrictionReport& report) {
  std::set<std::string> names;
  for (const Finding& finding : report.findings) {
    const Judgement* judged = nullptr;
    if (finding.scope == Scope::touchpoint) {
      const auto& own = report.rows[finding.row].judged[static_cast<std::size_t>(finding.signal)];
      judged = own ? &*own : nullptr;
    }
    if (judged == nullptr || judged->verdict > Verdict::suspected) continue;
    names.insert(fmt::format("{} {} at {}", name(judged->verdict), name(finding.signal),
                             report.rows[finding.row].touchpoint));
  }
  return names;
}

std::string listed(std::string_view what, const std::set<std::string>& names) {
  return names.empty() ? std::string() : fmt::format("{}: {}. ", what, fmt::join(names, "; "));
}

/// What the findings of the two have in common, and what not.
std::string findings_text(const Report& report) {
  const std::set<std::string> after = named(report.after.friction);
  if (!report.before) return after.empty() ? "No findings." : listed("Findings", after);
  const std::set<std::string> before = named(report.before->friction);
  std::set<std::string> both;
  std::set<std::string> only_before;
  std::set<std::string> only_after;
  std::ranges::set_intersection(before, after, std::inserter(both, both.end()));
  std::ranges::set_difference(before, after, std::inserter(only_before, only_before.end()));
  std::ranges::set_difference(after, before, std::inserter(only_after, only_after.end()));
  if (before.empty() && after.empty()) return "No findings, before or after.";
  return listed("Findings only after", only_after) + listed("Findings only before", only_before) +
         listed("Findings before and after", both);
}

Section friction_section(const Report& report) {
  TextTable table;
  table.column("touchpoint", Align::left, 24);
  const auto column = [&](const char* what) {
    if (report.before) table.column(fmt::format("{} before", what), Align::right);
    table.column(report.before ? fmt::format("{} after", what) : std::string(what), Align::right);
  };
  column("dropped %");
  column("unhappy %");
  column("past promise %");
  for (const TouchpointCount& touchpoint : all_touchpoints(report)) {
    if (is_sent(touchpoint.kind)) continue;
    const FrictionRow* after = row_of(report.after.friction, touchpoint.id);
    const FrictionRow* before = report.before ? row_of(report.before->friction, touchpoint.id) : nullptr;
    std::vector<std::string> cells{touchpoint.id};
    for (const auto text : {drop_text, unhappy_text, past_text}) {
      if (report.before) cells.push_back(text(before));
      cells.push_back(text(after));
    }
    table.row(std::move(cells));
  }
  std::string note = findings_text(report);
  if (note.ends_with(' ')) note.pop_back();
  return {.heading = "Friction", .table = std::move(table), .note = std::move(note)};
}

std::string version_text(const Version& version) {
  return fmt::format("{}, version {}", version.file, version.number);
}

/// What was replayed, and by what.
std::vector<std::string> opening(const Report& report) {
  std::vector<std::string> lines;
  lines.push_back(fmt::format(
      "{} of {}, {} to {}", count_of(report.events, "event"), count_of(report.customers, "customer"),
      format_instant(report.first).substr(0, 10), format_instant(report.as_of).substr(0, 10)));
  if (report.before) {
    lines.push_back("before: " + version_text(*report.before));
    lines.push_back("after:  " + version_text(report.after));
  } else {
    lines.push_back(version_text(report.after));
  }
  const auto left_out = [&](std::uint64_t count, std::string_view what) {
    if (count > 0) lines.push_back(fmt::format("left out: {}", what));
  };
  left_out(report.duplicates,
           fmt::format("{}, known by source and id", count_of(report.duplicates, "duplicate")));
  left_out(report.from_future, fmt::format("{} from the future", count_of(report.from_future, "event")));
  left_out(report.nobodys,
           fmt::format("{} whose identifiers name nobody", count_of(report.nobodys, "event")));
  left_out(report.rejected, fmt::format("{} that gave no event", count_of(report.rejected, "record")));
  return lines;
}

std::string verdict(const Report& report) {
  const Comparison& against = *report.against;
  if (against.changed == 0)
    return fmt::format("None of {} would have gone differently.", count_of(against.instances, "journey"));
  return fmt::format("{} of {} ({}) would have gone differently, of {}.", grouped(against.changed),
                     count_of(against.instances, "journey"),
                     percent(static_cast<double>(against.changed) / static_cast<double>(against.instances)),
                     count_of(against.customers_changed, "customer"));
}

std::vector<Section> sections(const Report& report) {
  std::vector<Section> all;
  all.push_back(ends_section(report));
  if (report.against) {
    all.push_back(matrix_section(*report.against));
    all.push_back(changes_section(*report.against));
    all.push_back(segments_section(*report.against));
  }
  all.push_back(positions_section(report));
  all.push_back(messages_section(report));
  all.push_back(promises_section(report));
  all.push_back(friction_section(report));
  std::erase_if(all, [](const Section& section) { return section.table.empty(); });
  return all;
}

}  // namespace

std::string_view caveat() {
  return "Nothing was sent, and nobody was asked: customers did what they did under the journey of their "
         "time. Whom this one would have written to, called or left in peace might have acted otherwise, so "
         "read this as what the engine would have done, not as what customers would have done. Messages are "
         "counted as the journey has them due, before consent, caps and quiet hours.";
}

std::string sentence(const Change& change) {
  switch (change.kind) {
    case ChangeKind::end:
      return fmt::format("{} → {}", change.before, change.after);
    case ChangeKind::outcome:
      return fmt::format("exited: {} → {}", change.before.empty() ? "restarted" : change.before,
                         change.after.empty() ? "restarted" : change.after);
    case ChangeKind::place:
      return fmt::format("{} at {} → at {}", change.subject, change.before, change.after);
    case ChangeKind::way:
      return "the same end by another way";
    case ChangeKind::message_more:
      return fmt::format("{}: goes out, did not before", change.subject);
    case ChangeKind::message_less:
      return fmt::format("{}: does not go out any more", change.subject);
    case ChangeKind::message_at_other_time:
      return fmt::format("{}: goes out at another time", change.subject);
    case ChangeKind::promise:
      return fmt::format("promise {}: {} → {}", change.subject, change.before, change.after);
  }
  LOTSE_ASSERT(false);
}

std::string report_text(const Report& report, const TextStyle& style) {
  const auto bold = [&](const std::string& text) {
    return style.color ? fmt::format("\x1b[1m{}\x1b[0m", text) : text;
  };
  std::string text = bold(fmt::format("Back-test of {}: {}", report.journey, report.title)) + "\n";
  for (const std::string& line : opening(report)) text += wrapped(line, style.width, 2) + "\n";
  if (report.against) text += "\n" + bold(wrapped(verdict(report), style.width)) + "\n";
  for (const Section& section : sections(report)) {
    text += "\n" + bold(section.heading) + "\n" + section.table.text(style.width);
    if (!section.note.empty()) text += wrapped(section.note, style.width) + "\n";
  }
  return text + "\n" + wrapped(caveat(), style.width) + "\n";
}

std::string report_markdown(const Report& report) {
  std::string text = fmt::format("# Back-test of {}: {}\n\n", markdown_escaped(report.journey),
                                 markdown_escaped(report.title));
  for (const std::string& line : opening(report)) text += "- " + markdown_escaped(line) + "\n";
  if (report.against) text += "\n**" + markdown_escaped(verdict(report)) + "**\n";
  for (const Section& section : sections(report)) {
    text += "\n## " + section.heading + "\n\n" + section.table.markdown();
    if (!section.note.empty()) text += "\n" + markdown_escaped(section.note) + "\n";
  }
  return text + "\n" + std::string(caveat()) + "\n";
}

}  // namespace lotse::backtest
