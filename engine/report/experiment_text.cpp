#include "engine/report/experiment_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "engine/base/assert.hpp"

namespace lotse {
namespace {

/// `+4.1`, in points.
std::string points(double difference) { return fmt::format("{:+.1f}", 100 * difference); }

/// `2 points`, `1.5 points`.
std::string points_of_margin(double margin) {
  const std::string figure = fmt::format("{:.1f}", 100 * margin);
  const std::string whole = figure.ends_with(".0") ? figure.substr(0, figure.size() - 2) : figure;
  return fmt::format("{} {}", whole, whole == "1" ? "point" : "points");
}

std::string of_anytime(const ArmComparison& comparison) {
  return fmt::format("{} points {}", points(comparison.difference), percent_interval(comparison.anytime));
}

/// What a difference that has been found is still worth while answers come in.
std::string proviso(const ExperimentResult& result) {
  if (result.is_final) return ", however often you look.";
  std::uint64_t open = 0;
  for (const ArmResult& arm : result.arms) open += arm.open;
  return fmt::format(
      " so far. {} may still achieve and {} as not achieved: --mature counts only those whose time is over.",
      count_of(open, "customer"), open == 1 ? "counts" : "count");
}

std::string unclear_sentence(const ArmComparison& comparison, const std::string& arm,
                             const std::string& control) {
  std::string text = fmt::format("Not enough customers to tell {} from {}: {}, that is ±{:.1f}", arm, control,
                                 of_anytime(comparison), 100 * comparison.anytime.half_width());
  if (const std::uint64_t more = comparison.more_needed.value_or(0); more > 0) {
    text += fmt::format("; about {} in all arms to see {}", count_of(more, "more customer"),
                        points_of_margin(comparison.margin));
  }
  text += ".";
  if (comparison.once.low > 0 || comparison.once.high < 0) {
    text += fmt::format(
        " The interval for a single look, {}, leaves zero out: that counts only if this look, and no other, "
        "was decided on beforehand.",
        percent_interval(comparison.once));
  }
  return text;
}

std::string ratio_warning(const ExperimentResult& result) {
  return fmt::format(
      "The arms are not as large as their shares say (chi-square {:.1f}, {} d.f., p {}): do not trust the "
      "comparison before you know why. Look for customers of one arm who were erased or merged into another "
      "identity after what was done to them, for events of one arm that are missing, for customers who were "
      "made to fall into an arm, and for a touchpoint that is reached because of the arm.",
      result.sample_ratio.chi_square, result.sample_ratio.degrees,
      result.sample_ratio.p < 1e-6 ? std::string("under 0.000001")
                                   : fmt::format("= {:.6f}", result.sample_ratio.p));
}

/// `nudge-test (versions 1, 2)`: the versions only where one split is several experiments.
std::string title_of(const ExperimentReport& report, const ExperimentResult& result) {
  std::size_t namesakes = 0;
  for (const ExperimentResult& other : report.experiments) namesakes += other.split == result.split ? 1U : 0U;
  if (namesakes < 2) return result.split;
  return fmt::format("{} ({} {})", result.split, result.versions.size() == 1 ? "version" : "versions",
                     fmt::join(result.versions, ", "));
}

std::string who_is_in(const ExperimentResult& result) {
  const std::string where = result.carriers.empty()
                                ? "entered the journey"
                                : fmt::format("reached {}", fmt::join(result.carriers, " or "));
  return fmt::format("{} since they {}; {} is the control.", count_of(result.customers, "customer"), where,
                     result.arms[result.control].name);
}

TextTable arm_table(const ExperimentResult& result) {
  using Align = TextTable::Align;
  TextTable table;
  table.column("arm", Align::left, 28);
  for (const char* head : {"share", "customers", "achieved", "rate % [95 %]", "still open", "got it"})
    table.column(head, Align::right);
  for (const ArmResult& arm : result.arms) {
    table.row({arm.name, percent(arm.share), grouped(arm.customers), grouped(arm.achieved),
               fmt::format("{} {}", percent_figure(arm.achieving().rate()), percent_interval(arm.interval)),
               grouped(arm.open), arm.name == "hold" ? "–" : grouped(arm.treated)});
  }
  return table;
}

TextTable comparison_table(const ExperimentResult& result) {
  using Align = TextTable::Align;
  TextTable table;
  table.column("against " + result.arms[result.control].name, Align::left, 28);
  for (const char* head : {"points", "at every look", "at one look"}) table.column(head, Align::right);
  for (const ArmComparison& comparison : result.comparisons) {
    if (comparison.contrast == Contrast::empty) continue;
    table.row({result.arms[comparison.arm].name, points(comparison.difference),
               percent_interval(comparison.anytime), percent_interval(comparison.once)});
  }
  return table;
}

std::vector<std::string> sentences(const ExperimentResult& result) {
  std::vector<std::string> list;
  if (result.ratio_is_off) list.push_back(ratio_warning(result));
  for (const ArmComparison& comparison : result.comparisons)
    list.push_back(comparison_sentence(result, comparison));
  return list;
}

std::string left_out(const ExperimentReport& report) {
  std::uint64_t before = 0;
  std::uint64_t recent = 0;
  std::uint64_t later = 0;
  for (const ExperimentResult& result : report.experiments) {
    before += result.achieved_before;
    recent += result.too_recent;
    later += result.later_instances;
  }
  std::vector<std::string> parts;
  if (before > 0)
    parts.push_back(fmt::format("{} had reached the goal before", count_of(before, "customer")));
  if (recent > 0)
    parts.push_back(fmt::format("{} came less than {} ago", count_of(recent, "customer"),
                                format_duration(*report.mature)));
  if (later > 0)
    parts.push_back(fmt::format("{} of customers who were in already", count_of(later, "instance")));
  if (report.erased > 0)
    parts.push_back(
        fmt::format("{} whose arm nobody knows any more", count_of(report.erased, "erased customer")));
  return parts.empty() ? std::string() : fmt::format("Left out: {}.", fmt::join(parts, "; "));
}

std::vector<std::string> notes(const ExperimentReport& report) {
  if (report.experiments.empty()) return {};
  std::vector<std::string> list;
  list.push_back(
      "A customer is in from the moment when the first instance reached the touchpoint whose transitions "
      "carry "
      "the split, whether or not the delay ran out and the message came (intention to treat), and counts "
      "once. "
      "Arms are recomputed from the published hash.");
  if (report.mature) {
    list.push_back(fmt::format(
        "Achieved: the goal was reached within {0} of that moment, of customers who came at least {0} ago.",
        format_duration(*report.mature)));
  } else {
    list.push_back(
        fmt::format("Achieved: the goal was reached after that moment and by {}; who is still open counts as "
                    "not achieved, "
                    "in every arm alike.",
                    format_instant(report.as_of)));
  }
  list.push_back(
      fmt::format("At every look: an asymptotic confidence sequence (normal mixture tuned for {} customers), "
                  "95 % for all "
                  "comparisons of an experiment together. At one look: Newcombe's interval, 95 % each, for "
                  "one look decided "
                  "on beforehand.",
                  grouped(static_cast<std::uint64_t>(anytime_tuned_for))));
  if (const std::string out = left_out(report); !out.empty()) list.push_back(out);
  return list;
}

std::string none_text(const ExperimentReport& report) {
  return fmt::format("{} has no split, so there is nothing to compare.", report.journey);
}

}  // namespace

std::string comparison_sentence(const ExperimentResult& result, const ArmComparison& comparison) {
  const std::string& arm = result.arms[comparison.arm].name;
  const std::string& control = result.arms[result.control].name;
  switch (comparison.contrast) {
    case Contrast::empty:
      return fmt::format("Nobody to compare yet: {} has {}, {} has {}.", arm,
                         count_of(result.arms[comparison.arm].customers, "customer"), control,
                         count_of(result.arms[result.control].customers, "customer"));
    case Contrast::more:
      return fmt::format("{} achieves more than {}: {}{}", arm, control, of_anytime(comparison),
                         proviso(result));
    case Contrast::less:
      return fmt::format("{} achieves less than {}: {}{}", arm, control, of_anytime(comparison),
                         proviso(result));
    case Contrast::alike:
      return fmt::format("{} and {} are alike, less than {} apart: {}{}", arm, control,
                         points_of_margin(comparison.margin), of_anytime(comparison), proviso(result));
    case Contrast::unclear:
      return unclear_sentence(comparison, arm, control);
  }
  LOTSE_ASSERT(false);
}

std::string experiment_table(const ExperimentReport& report, const TextStyle& style) {
  const auto head = [&](std::string_view text) {
    return style.color ? fmt::format("\x1b[1m{}\x1b[0m\n", text) : fmt::format("{}\n", text);
  };
  const auto paragraph = [&](std::string_view text) { return wrapped(text, style.width) + "\n"; };
  std::string out = head(wrapped(fmt::format("Experiments of {} ({}), as of {}", report.title, report.journey,
                                             format_instant(report.as_of)),
                                 style.width));
  if (report.experiments.empty()) return out + "\n" + paragraph(none_text(report));
  for (const ExperimentResult& result : report.experiments) {
    out += "\n" + head(title_of(report, result)) + paragraph(who_is_in(result)) + "\n";
    for (const std::string& sentence : sentences(result))
      out += "- " + wrapped(sentence, style.width, 2, 2) + "\n";
    out += "\n" + arm_table(result).text(style.width);
    if (const TextTable table = comparison_table(result); !table.empty())
      out += "\n" + table.text(style.width);
  }
  out += "\n" + head("WHAT THIS RESTS ON");
  for (const std::string& note : notes(report)) out += "- " + wrapped(note, style.width, 2, 2) + "\n";
  return out;
}

std::string experiment_markdown(const ExperimentReport& report) {
  std::string out = fmt::format("# Experiments of {}\n\nJourney `{}`, as of {}.\n",
                                markdown_escaped(report.title), report.journey, format_instant(report.as_of));
  const auto list = [&](const std::vector<std::string>& items) {
    for (const std::string& item : items) out += fmt::format("- {}\n", markdown_escaped(item));
  };
  if (report.experiments.empty()) return out + "\n" + markdown_escaped(none_text(report)) + "\n";
  for (const ExperimentResult& result : report.experiments) {
    out += fmt::format("\n## {}\n\n{}\n\n", markdown_escaped(title_of(report, result)),
                       markdown_escaped(who_is_in(result)));
    list(sentences(result));
    out += "\n" + arm_table(result).markdown();
    if (const TextTable table = comparison_table(result); !table.empty()) out += "\n" + table.markdown();
  }
  out += "\n## What this rests on\n\n";
  list(notes(report));
  return out;
}

std::string experiment_csv(const ExperimentReport& report) {
  Csv csv;
  for (const char* head : {"split", "versions", "arm", "control", "share", "customers", "achieved", "open",
                           "treated", "rate", "low", "high", "difference", "anytime_low", "anytime_high",
                           "once_low", "once_high", "finding", "sample_ratio_p"}) {
    csv.text(head);
  }
  csv.end_row();
  for (const ExperimentResult& result : report.experiments) {
    for (std::size_t i = 0; i < result.arms.size(); ++i) {
      const ArmResult& arm = result.arms[i];
      csv.text(result.split).text(fmt::format("{}", fmt::join(result.versions, " "))).text(arm.name);
      csv.text(arm.control ? "yes" : "no").number(arm.share).number(arm.customers).number(arm.achieved);
      csv.number(arm.open).number(arm.treated).number(arm.achieving().rate());
      csv.number(arm.interval.low).number(arm.interval.high);
      const auto own = std::ranges::find(result.comparisons, i, &ArmComparison::arm);
      if (own == result.comparisons.end() || own->contrast == Contrast::empty) {
        csv.empty().empty().empty().empty().empty();
      } else {
        csv.number(own->difference).number(own->anytime.low).number(own->anytime.high);
        csv.number(own->once.low).number(own->once.high);
      }
      csv.text(own == result.comparisons.end() ? "" : name(own->contrast))
          .number(result.sample_ratio.p)
          .end_row();
    }
  }
  return csv.str();
}

}  // namespace lotse
