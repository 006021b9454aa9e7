#include "engine/report/comparison_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <tuple>

#include "engine/base/assert.hpp"

namespace lotse {
namespace {

constexpr std::size_t shown_parts = 8;  ///< of a split, in text
const std::string dash = "–";

std::string_view signal_words(Signal signal) {
  switch (signal) {
    case Signal::drop_off:
      return "drop-off";
    case Signal::negative_feedback:
      return "negative feedback";
    case Signal::broken_promise:
      return "broken promises";
    case Signal::escalation:
    case Signal::forced_hop:
    case Signal::repeat:
    case Signal::lost_context:
      break;  // not compared
  }
  LOTSE_ASSERT(false);
}

std::string_view verdict_words(ChangeVerdict verdict) {
  switch (verdict) {
    case ChangeVerdict::worse:
      return "worse";
    case ChangeVerdict::better:
      return "better";
    case ChangeVerdict::no_change_seen:
      return "no change seen";
    case ChangeVerdict::too_few:
      return "too few";
  }
  LOTSE_ASSERT(false);
}

std::string p_text(double p) { return p < 0.001 ? "<0.001" : fmt::format("{:.3f}", p); }

/// `order`; `order (v1 → v2)` where it was replaced.
std::string label_of(const TouchpointChange& row) {
  if (!row.changed) return row.label_now;
  const auto versions = [&](const std::string& label) {  // of `order (v1)`: two places have one each
    return label.substr(row.touchpoint.size() + 2, label.size() - row.touchpoint.size() - 3);
  };
  return fmt::format("{} ({} → {})", row.touchpoint, versions(row.label_before), versions(row.label_now));
}

struct Shown {
  const TouchpointChange* row;
  const SignalChange* change;
};

/// What is worse or better: worse first, then by signal, then by how many are concerned.
std::vector<Shown> changes_of(const ComparisonReport& report) {
  std::vector<Shown> shown;
  for (const TouchpointChange& row : report.touchpoints) {
    for (const SignalChange& change : row.signals) {
      const bool changed = change.verdict == ChangeVerdict::worse || change.verdict == ChangeVerdict::better;
      if (changed) shown.push_back({&row, &change});
    }
  }
  const auto key = [](const Shown& one) {
    const double concerned = std::abs(*one.change->difference()) * static_cast<double>(one.change->now->n);
    return std::tuple(one.change->verdict, one.change->signal, -concerned, label_of(*one.row));
  };
  std::ranges::stable_sort(shown, [&](const Shown& a, const Shown& b) { return key(a) < key(b); });
  return shown;
}

std::string verdict_counts(const ComparisonReport& report) {
  std::array<std::size_t, 4> counts{};
  for (const TouchpointChange& row : report.touchpoints) {
    for (const SignalChange& change : row.signals) ++counts[static_cast<std::size_t>(change.verdict)];
  }
  return fmt::format("{} worse, {} better, {} no change seen, {} too few", counts[0], counts[1], counts[2],
                     counts[3]);
}

std::string side_text(const ComparedSide& side) {
  std::string text = side.version ? fmt::format("version {}, ", *side.version) : std::string();
  text += fmt::format("{}, {}, {}", count_of(side.customers, "customer"), count_of(side.instances, "journey"),
                      count_of(side.stays, "stay"));
  if (side.from || side.to) text += " entered";
  if (side.from) text += fmt::format(" from {}", format_instant(*side.from));
  if (side.to) text += fmt::format("{}before {}", side.from ? " to " : " ", format_instant(*side.to));
  return text;
}

/// How many of now's would have been spared, or were spared, at the rate before.
std::string consequence_sentence(const SignalChange& change) {
  constexpr std::array nouns = {"lost", "unhappy", "let down"};
  const double difference = *change.difference();
  const double concerned = std::abs(difference) * static_cast<double>(change.now->n);
  return fmt::format("About {} {} {} than at the rate before.", estimated(concerned),
                     difference > 0 ? "more" : "fewer", nouns[static_cast<std::size_t>(change.signal)]);
}

std::string split_words(const SignalChange& change) {
  std::string text;
  for (const Decomposition& split : change.splits) {
    text += fmt::format(" By {}: mix {}, rate {}", split.cut, signed_points(split.mix),
                        signed_points(split.rate));
    if (split.residual != 0) text += fmt::format(", rest {}", signed_points(split.residual));
    text += ".";
  }
  return text;
}

std::string owner_words(const TouchpointChange& row) {
  return row.owner.empty() ? std::string() : fmt::format(" Owner: {}.", row.owner);
}

std::vector<std::string> reversals_of(const ComparisonReport& report) {
  std::vector<std::string> list;
  if (report.journey_drop_off && report.journey_drop_off->reversal)
    list.push_back(reversal_sentence("all touchpoints", Signal::drop_off, *report.journey_drop_off));
  for (const TouchpointChange& row : report.touchpoints) {
    for (const SignalChange& change : row.signals) {
      for (const Decomposition& split : change.splits) {
        if (split.reversal) list.push_back(reversal_sentence(label_of(row), change.signal, split));
      }
    }
  }
  return list;
}

TextTable signal_table(const ComparisonReport& report, Signal signal) {
  using Align = TextTable::Align;
  TextTable table;
  table.column("touchpoint", Align::left, 28);
  for (const char* head : {"before", "n", "now", "n", "points [95 %]", "p adj."})
    table.column(head, Align::right);
  table.column("verdict", Align::left);
  for (const TouchpointChange& row : report.touchpoints) {
    for (const SignalChange& change : row.signals) {
      if (change.signal != signal) continue;
      const auto rate = [&](const auto& side) { return side ? percent_figure(side->rate) : dash; };
      const auto size = [&](const auto& side) { return side ? estimated(side->sample.n) : dash; };
      const auto difference = change.difference();
      table.row({label_of(row), rate(change.before), size(change.before), rate(change.now), size(change.now),
                 difference ? signed_points(*difference) + " " + points_interval(change.interval) : dash,
                 change.tested ? p_text(change.p_adjusted) : dash,
                 std::string(verdict_words(change.verdict))});
    }
  }
  return table;
}

TextTable dwell_table(const ComparisonReport& report) {
  using Align = TextTable::Align;
  TextTable table;
  table.column("touchpoint", Align::left, 28);
  for (const char* head : {"before", "now", "difference", "within"}) table.column(head, Align::right);
  for (const TouchpointChange& row : report.touchpoints) {
    if (!row.dwell) continue;
    const DwellChange& dwell = *row.dwell;
    table.row(
        {label_of(row), fmt::format("{:.1f}", dwell.before_hours), fmt::format("{:.1f}", dwell.now_hours),
         fmt::format("{:+.1f}", dwell.now_hours - dwell.before_hours), describe_duration(dwell.within)});
  }
  return table;
}

/// Whole splits, each with its parts below it; those are indented, or named in full where text cannot be.
enum class Nesting : std::uint8_t { indented, in_words };

void add_split(TextTable& table, const std::string& title, const Decomposition& split, Nesting nesting) {
  table.row({title, dash, dash, percent_figure(split.before), percent_figure(split.now),
             signed_points(split.difference()), signed_points(split.mix), signed_points(split.rate),
             signed_points(split.residual)});
  std::vector<const PartChange*> parts;
  for (const PartChange& part : split.parts) parts.push_back(&part);
  const auto weight = [](const PartChange* part) {
    return std::abs(part->effect.mix) + std::abs(part->effect.rate);
  };
  std::ranges::stable_sort(parts, [&](const auto* a, const auto* b) { return weight(a) > weight(b); });
  const std::size_t count = std::min(parts.size(), shown_parts);
  const auto rate = [&](const auto& side) { return side ? percent_figure(side->rate) : dash; };
  for (std::size_t i = 0; i < count; ++i) {
    const PartChange& part = *parts[i];
    const std::string label =
        nesting == Nesting::indented ? "  " + part.part : fmt::format("{}: {}", title, part.part);
    table.row({label, percent_figure(part.share_before), percent_figure(part.share_now), rate(part.before),
               rate(part.now), "", signed_points(part.effect.mix), signed_points(part.effect.rate), ""});
  }
  if (count < parts.size() && nesting == Nesting::indented) {
    table.row({fmt::format("  and {} more, in json", parts.size() - count), "", "", "", "", "", "", "", ""});
  }
}

/// Of the whole journey, of what is worse or better, and of reversals.
TextTable split_table(const ComparisonReport& report, Nesting nesting) {
  using Align = TextTable::Align;
  TextTable table;
  table.column("", Align::left, 40);
  for (const char* head :
       {"share before", "share now", "rate before", "rate now", "points", "mix", "rate", "rest"}) {
    table.column(head, Align::right);
  }
  if (report.journey_drop_off) add_split(table, "drop-off by touchpoint", *report.journey_drop_off, nesting);
  for (const TouchpointChange& row : report.touchpoints) {
    for (const SignalChange& change : row.signals) {
      const bool said = change.verdict == ChangeVerdict::worse || change.verdict == ChangeVerdict::better;
      for (const Decomposition& split : change.splits) {
        if (!said && !split.reversal) continue;
        add_split(table, fmt::format("{}, {} by {}", label_of(row), signal_words(change.signal), split.cut),
                  split, nesting);
      }
    }
  }
  return table;
}

std::string score_text(const std::optional<ScaleSummary>& score) {
  if (!score) return dash;
  return score->nps ? fmt::format("{:+.1f} ± {:.1f}", *score->nps, z95 * *score->nps_standard_error)
                    : fmt::format("{:.2f} ± {:.2f}", score->mean, z95 * score->standard_error);
}

std::string score_difference(const ScoreChange& change) {
  if (!change.before || !change.now) return dash;
  const bool nps = change.scale == Scale::nps;
  const auto value = [&](const ScaleSummary& own) { return nps ? *own.nps : own.mean; };
  const auto error = [&](const ScaleSummary& own) {
    return nps ? *own.nps_standard_error : own.standard_error;
  };
  const double difference = value(*change.now) - value(*change.before);
  const double half = z95 * std::hypot(error(*change.now), error(*change.before));
  return nps ? fmt::format("{:+.1f} ± {:.1f}", difference, half)
             : fmt::format("{:+.2f} ± {:.2f}", difference, half);
}

std::string_view score_name(Scale scale) {
  switch (scale) {
    case Scale::nps:
      return "NPS";
    case Scale::csat5:
      return "CSAT, mean of 1-5";
    case Scale::ces7:
      return "CES, mean of 1-7 (7 is easy)";
    case Scale::stars:
      return "stars, mean of 1-5";
    case Scale::sentiment:
      return "sentiment, mean";
  }
  LOTSE_ASSERT(false);
}

TextTable figures_table(const ComparisonReport& report) {
  using Align = TextTable::Align;
  TextTable table;
  table.column("figure", Align::left, 36);
  for (const char* head : {"before", "n", "now", "n", "difference [95 %]"}) table.column(head, Align::right);
  if (report.achieved) {
    const AchievedChange& achieved = *report.achieved;
    table.row(
        {fmt::format("achieved % within {}", describe_duration(achieved.within)),
         percent_figure(achieved.before.rate), grouped(achieved.before.n), percent_figure(achieved.now.rate),
         grouped(achieved.now.n),
         signed_points(achieved.now.rate - achieved.before.rate) + " " + points_interval(achieved.interval)});
  }
  for (const ScoreChange& change : report.scores) {
    const auto answers = [&](const auto& side) { return side ? grouped(side->responses) : dash; };
    table.row({std::string(score_name(change.scale)), score_text(change.before), answers(change.before),
               score_text(change.now), answers(change.now), score_difference(change)});
  }
  return table;
}

std::string maturity_sentence(std::string_view name, const ComparedSide& side) {
  std::string text = fmt::format(
      "{}: {} of {} at touchpoints where silence counts as leaving {} mature (entered at least the horizon "
      "ago, twice that silence)",
      name, grouped(side.mature), count_of(side.at_risk, "stay"), side.mature == 1 ? "is" : "are");
  if (side.mature < side.at_risk) text += "; the others count for as long as they were watched";
  if (side.mature == 0) text += ". A period that ended earlier would tell more about drop-off";
  return text + ".";
}

std::string painted(ChangeVerdict verdict, const TextStyle& style) {
  const std::string word(verdict_words(verdict));
  if (!style.color) return word;
  return fmt::format("\x1b[{}m{}\x1b[0m", verdict == ChangeVerdict::worse ? "1;31" : "1;32", word);
}

std::string head(std::string_view text, const TextStyle& style) {
  return style.color ? fmt::format("\x1b[1m{}\x1b[0m\n", text) : fmt::format("{}\n", text);
}

std::string why_none(const ComparisonReport& report) {
  if (report.before.stays == 0 || report.now.stays == 0)
    return fmt::format("there are no stays {}", report.before.stays == 0 ? "before" : "now");
  return "no difference is both beyond chance and large enough to matter";
}

}  // namespace

std::string change_sentence(const SignalChange& change) {
  if (!change.before || !change.now) {
    const bool now = change.now.has_value();
    return fmt::format("{} {} {}; there is nothing {} to compare with", signal_words(change.signal),
                       percent(now ? change.now->rate : change.before->rate), now ? "now" : "before",
                       now ? "before" : "now");
  }
  std::string text = fmt::format("{} from {} to {}, {} points {}", signal_words(change.signal),
                                 percent(change.before->rate), percent(change.now->rate),
                                 signed_points(*change.difference()), points_interval(change.interval));
  text += change.tested ? fmt::format(" (adjusted p {}; worth {} and {})", p_text(change.p_adjusted),
                                      estimated(change.before->sample.n), estimated(change.now->sample.n))
                        : fmt::format(" (too few to say: worth {} and {})",
                                      estimated(change.before->sample.n), estimated(change.now->sample.n));
  return text;
}

std::string reversal_sentence(std::string_view subject, Signal signal, const Decomposition& split) {
  const bool fell = split.difference() < 0;
  std::string parts;
  std::size_t count = 0;
  for (const PartChange& part : split.parts) {
    if (!part.large || ++count > shown_parts) continue;
    parts += fmt::format("{}{} {} to {}", parts.empty() ? "" : ", ", part.part, percent(part.before->rate),
                         percent(part.now->rate));
  }
  if (count > shown_parts) parts += fmt::format(", and {} more", count - shown_parts);
  return fmt::format(
      "{}: {} {} from {} to {}, though by {} it {} in every part that is large enough ({}). What moved the "
      "whole is the mix of parts, not what happens in them (Simpson's reversal).",
      subject, signal_words(signal), fell ? "fell" : "rose", percent(split.before), percent(split.now),
      split.cut, fell ? "rose" : "fell", parts);
}

std::vector<std::string> assumptions(const ComparisonReport& report) {
  std::vector<std::string> list;
  list.push_back(fmt::format(
      "{} As of {}, stays not left by then are open, not lost: shares are Aalen-Johansen estimates at the "
      "horizon, or at the latest time after entry to which both sides were watched.",
      report.now.version ? "A stay belongs to the version of its instance."
                         : "A stay belongs to the period in which it was entered.",
      format_instant(report.as_of)));
  if (report.before.at_risk > 0) list.push_back(maturity_sentence("Before", report.before));
  if (report.now.at_risk > 0) list.push_back(maturity_sentence("Now", report.now));
  for (const TouchpointChange& row : report.touchpoints) {
    if (row.changed) {
      list.push_back(fmt::format(
          "{} was changed: {} before is compared with {} now, whatever else differs between them.",
          row.touchpoint, row.label_before, row.label_now));
    }
    for (const SignalChange& change : row.signals) {
      if (change.signal != Signal::drop_off || !change.before || !change.now) continue;
      if (change.cut_short) {
        list.push_back(
            fmt::format("{}: drop-off is read off {} after entry; not both sides were watched longer.",
                        label_of(row), describe_duration(change.within_now)));
      }
      if (change.within_before != change.within_now) {
        list.push_back(fmt::format(
            "{}: the silence that counts as leaving was changed; drop-off is read off {} after entry before, "
            "{} now.",
            label_of(row), describe_duration(change.within_before), describe_duration(change.within_now)));
      }
    }
  }
  std::string tests = fmt::format(
      "n is the sample that a share is worth; customers with several stays count as one unit. Verdicts: "
      "two-sided Fisher mid-p at a false discovery rate of q = {:g} (Benjamini-Hochberg) over touchpoints "
      "with "
      "20 and more on both sides, and a difference of more than one point and a tenth of the rate before",
      report.q);
  for (const SignalTests& own : report.tests) {
    tests += fmt::format("; {}: {} tested", signal_words(own.signal), own.tested);
    if (own.beyond_chance > 0) {
      tests += fmt::format(", {} beyond chance, at most {:.1f} of them expected to be false",
                           own.beyond_chance, own.expected_false);
    }
  }
  list.push_back(tests + ".");
  list.push_back(
      "Mix and rate (Kitagawa): what the difference owes to parts that became larger or smaller, and to what "
      "changed within them. Rest: under censoring, and where a stay goes on in another channel, the share of "
      "the whole is not exactly the sum of its parts'.");
  return list;
}

std::string comparison_table(const ComparisonReport& report, const TextStyle& style) {
  std::string out = head(wrapped(fmt::format("What changed in {} ({}), as of {}", report.title,
                                             report.journey, format_instant(report.as_of)),
                                 style.width),
                         style);
  out += wrapped("before: " + side_text(report.before), style.width, 8) + "\n";
  out += wrapped("now:    " + side_text(report.now), style.width, 8) + "\n\n";
  out += head(fmt::format("CHANGES: {}", verdict_counts(report)), style);
  std::size_t number = 0;
  for (const Shown& shown : changes_of(report)) {
    const std::string mark = fmt::format("{:>3}. ", ++number);
    const std::string text = fmt::format("{}: {}.", label_of(*shown.row), change_sentence(*shown.change));
    const std::size_t column = mark.size() + verdict_words(shown.change->verdict).size() + 2;
    out += mark + painted(shown.change->verdict, style) + "  " + wrapped(text, style.width, 5, column) + "\n";
    out += "     " +
           wrapped(consequence_sentence(*shown.change) + split_words(*shown.change) + owner_words(*shown.row),
                   style.width, 5, 5) +
           "\n";
  }
  if (number == 0) out += fmt::format("  None: {}.\n", why_none(report));
  const std::vector<std::string> reversals = reversals_of(report);
  if (!reversals.empty()) out += "\n" + head("REVERSALS", style);
  for (const std::string& sentence : reversals) out += "- " + wrapped(sentence, style.width, 2, 2) + "\n";
  const auto section = [&](std::string_view title, const TextTable& table) {
    if (!table.empty()) out += "\n" + head(title, style) + table.text(style.width);
  };
  section("DROP-OFF (shares in %)", signal_table(report, Signal::drop_off));
  section("NEGATIVE FEEDBACK (shares in % of answers)", signal_table(report, Signal::negative_feedback));
  section("BROKEN PROMISES (shares in % of those due)", signal_table(report, Signal::broken_promise));
  section("DWELL (mean hours, restricted)", dwell_table(report));
  section("MIX AND RATE (shares in %, differences in points)", split_table(report, Nesting::indented));
  section("KEY FIGURES", figures_table(report));
  out += "\n" + head("WHAT THIS RESTS ON", style);
  for (const std::string& sentence : assumptions(report))
    out += "- " + wrapped(sentence, style.width, 2, 2) + "\n";
  return out;
}

std::string comparison_markdown(const ComparisonReport& report) {
  std::string out = fmt::format("# What changed in {}\n\n", markdown_escaped(report.title));
  out += fmt::format("Journey `{}`, as of {}.\n\n", report.journey, format_instant(report.as_of));
  out += fmt::format("- Before: {}\n- Now: {}\n\n", markdown_escaped(side_text(report.before)),
                     markdown_escaped(side_text(report.now)));
  out += fmt::format("## Changes: {}\n\n", verdict_counts(report));
  std::size_t number = 0;
  for (const Shown& shown : changes_of(report)) {
    out +=
        fmt::format("{}. **{}** {}: {}. {}\n", ++number, verdict_words(shown.change->verdict),
                    markdown_escaped(label_of(*shown.row)), markdown_escaped(change_sentence(*shown.change)),
                    markdown_escaped(consequence_sentence(*shown.change) + split_words(*shown.change) +
                                     owner_words(*shown.row)));
  }
  if (number == 0) out += fmt::format("None: {}.\n", why_none(report));
  const std::vector<std::string> reversals = reversals_of(report);
  if (!reversals.empty()) out += "\n## Reversals\n\n";
  for (const std::string& sentence : reversals) out += fmt::format("- {}\n", markdown_escaped(sentence));
  const auto section = [&](std::string_view title, const TextTable& table) {
    if (!table.empty()) out += fmt::format("\n## {}\n\n{}", title, table.markdown());
  };
  section("Drop-off (shares in %)", signal_table(report, Signal::drop_off));
  section("Negative feedback (shares in % of answers)", signal_table(report, Signal::negative_feedback));
  section("Broken promises (shares in % of those due)", signal_table(report, Signal::broken_promise));
  section("Dwell (mean hours, restricted)", dwell_table(report));
  section("Mix and rate (shares in %, differences in points)", split_table(report, Nesting::in_words));
  section("Key figures", figures_table(report));
  out += "\n## What this rests on\n\n";
  for (const std::string& sentence : assumptions(report))
    out += fmt::format("- {}\n", markdown_escaped(sentence));
  return out;
}

}  // namespace lotse
