#include "engine/report/friction_text.hpp"

#include <fmt/format.h>

#include <cctype>

#include "engine/report/finding_states_text.hpp"
#include "engine/report/friction_details.hpp"
#include "engine/report/friction_tables.hpp"

namespace lotse {
namespace {

constexpr std::size_t shown_inconclusive = 8;

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
    for (const std::string& state : state_sentences(report, finding))
      out += "     " + wrapped(state + ".", style.width, 5, 5) + "\n";
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
  if (const auto mended = mended_sentences(report); !mended.empty()) {
    out += "\n" + head("CLAIMED MENDED", style);
    for (const std::string& sentence : mended)
      out += "- " + wrapped(sentence + ".", style.width, 2, 2) + "\n";
  }
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
    for (const std::string& state : state_sentences(report, finding))
      out += fmt::format("    - {}\n", markdown_escaped(state));
    for (const std::string& detail : detail_sentences(finding))
      out += fmt::format("    - {}\n", markdown_escaped(detail));
  }
  if (report.findings.empty()) out += fmt::format("None: {}.\n", why_none(report));
  if (const auto mended = mended_sentences(report); !mended.empty()) {
    out += "\n## Claimed mended\n\n";
    for (const std::string& sentence : mended) out += fmt::format("- {}\n", markdown_escaped(sentence));
  }
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
