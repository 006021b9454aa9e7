#include "engine/report/friction_html.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>
#include <vector>

#include "engine/report/finding_states_text.hpp"
#include "engine/report/friction_details.hpp"
#include "engine/report/friction_tables.hpp"
#include "engine/report/friction_text.hpp"
#include "engine/report/text.hpp"

namespace lotse {
namespace {

/// Colours reach a contrast of 4.5 on their grounds (WCAG 2.2 AA), and a verdict is a word and a mark beside.
constexpr std::string_view style = R"css(
:root { color-scheme: light dark; --ink: #16222b; --soft: #51606b; --line: #d5dbe0; --ground: #ffffff;
  --card: #f6f7f8; --bad: #a8321a; --maybe: #7a5200; --unknown: #51606b; --accent: #14567d; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8edf0; --soft: #a9b5bd; --line: #3a464e; --ground: #12181d;
  --card: #1b242b; --bad: #ff9c80; --maybe: #f0c260; --unknown: #a9b5bd; --accent: #8cc4e8; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 1rem/1.55 system-ui, sans-serif; }
main, header { max-width: 68rem; margin: 0 auto; padding: 1.5rem; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .3rem; }
h2 { font-size: 1.3rem; margin: 2.6rem 0 .8rem; border-top: 1px solid var(--line); padding-top: 1.2rem; }
h3 { font-size: 1.08rem; margin: 0; }
p { margin: .4rem 0; max-width: 46rem; }
.soft { color: var(--soft); }
.sum { display: flex; flex-wrap: wrap; gap: 1rem 2.6rem; margin: 1.2rem 0 0; padding: 0; list-style: none; }
.sum b { display: block; font-size: 1.6rem; font-variant-numeric: tabular-nums; }
ol.findings { list-style: none; padding: 0; margin: 0; }
ol.findings > li { border-left: .35rem solid var(--unknown); background: var(--card); margin: 0 0 1rem; padding: .9rem 1.2rem;
  break-inside: avoid; }
li.confirmed { border-color: var(--bad) !important; }
li.suspected { border-left-style: double !important; border-color: var(--maybe) !important; }
li.inconclusive { border-left-style: dashed !important; }
.verdict { font-weight: 600; }
.confirmed .verdict { color: var(--bad); }
.suspected .verdict { color: var(--maybe); }
.inconclusive .verdict { color: var(--unknown); }
.findings ul { margin: .5rem 0 0; padding-left: 1.2rem; color: var(--soft); }
.bar { display: block; width: 100%; max-width: 30rem; height: 2.6rem; margin: .3rem 0; }
.bar text { font-size: 11px; fill: var(--soft); }
.scroll { overflow-x: auto; }
.map { background: #ffffff; border: 1px solid var(--line); padding: .5rem; }
.map svg { max-width: 100%; height: auto; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; margin: 0 0 1.6rem; }
caption { text-align: left; font-weight: 600; padding: .4rem 0; }
th, td { padding: .3rem .7rem .3rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
tbody th { font-weight: 400; }
th.part { padding-left: 1.4rem; color: var(--soft); }
.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
@media print { body { font-size: 10pt; } h2 { break-after: avoid; } .scroll { overflow: visible; } }
)css";

/// Title and source of each method, as docs/methods has them.
constexpr std::array<std::pair<std::string_view, std::string_view>, 9> methods{{
    {"Shares by the horizon",
     "Aalen-Johansen with drop-off competing against all other ways to leave; who is still there is "
     "censored, never lost (Aalen & Johansen 1978; variance of Marubini & Valsecchi 1995)."},
    {"Intervals", "Wilson (1927) at the sample that the share is worth; of differences Newcombe (1998)."},
    {"Baselines",
     "The target of the file, else the same cell before, else its peers: their empirical-Bayes mean "
     "(DerSimonian & Laird 1986)."},
    {"Tests",
     "Binomial or Fisher mid-p (Lancaster 1961), and a margin that must be exceeded as well; the false "
     "discovery rate by Benjamini & Hochberg (1995)."},
    {"What it costs",
     "What is beyond the baseline times the share of those who go on from here that achieve, by the "
     "absorbing chain "
     "(Kemeny & Snell 1960)."},
    {"Where it concentrates",
     "A scan of conditions and pairs of them (Kulldorff 1997), p by permutations; odds ratios with another "
     "attribute held fixed (Mantel & Haenszel 1959)."},
    {"What goes together with it",
     "Landmarks (Anderson, Cain & Gelber 1983): what customers had done by then, among those still there. No "
     "cause yet."},
    {"Words of comments",
     "Log-odds with an informative Dirichlet prior (Monroe, Colaresi & Quinn 2008); personal data are "
     "masked."},
    {"Customers with several stays", "count as one unit: a design effect widens every interval."},
}};

std::string escaped(std::string_view text) { return xml_escaped(text); }

/// Of a rate on a scale from 0 to a round end beyond all that is drawn.
std::string bar(const Judgement& judgement) {
  constexpr double width = 480;
  constexpr double left = 6;
  const bool compared = judgement.source != BaselineSource::none;
  const double most = std::max(judgement.interval.high, compared ? judgement.baseline : 0.0);
  constexpr std::array ends{0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0};
  const double end =
      *std::ranges::find_if(ends, [&](double one) { return one >= most || one == ends.back(); });
  const auto x = [&](double share) { return left + (width - 2 * left) * std::min(share, end) / end; };
  std::string out =
      fmt::format("<svg class=\"bar\" viewBox=\"0 0 {0:.0f} 42\" role=\"img\" aria-label=\"{1} {2}{3}\">",
                  width, percent(judgement.rate), percent_interval(judgement.interval),
                  compared ? fmt::format(", baseline {}", percent(judgement.baseline)) : "");
  out += fmt::format("<line x1=\"{:.1f}\" y1=\"16\" x2=\"{:.1f}\" y2=\"16\" stroke=\"var(--line)\"/>", left,
                     width - left);
  constexpr double label = 60;  // of the baseline, which takes the place of a zero near it
  const bool low = compared && x(judgement.baseline) < label;
  if (!low) out += fmt::format("<text x=\"{:.1f}\" y=\"38\">0</text>", left);
  out += fmt::format("<text x=\"{:.1f}\" y=\"38\" text-anchor=\"end\">{}</text>", width - left, percent(end));
  out += fmt::format(
      "<line x1=\"{:.1f}\" y1=\"16\" x2=\"{:.1f}\" y2=\"16\" stroke=\"var(--ink)\" stroke-width=\"5\" "
      "opacity=\"0.45\"/>",
      x(judgement.interval.low), x(judgement.interval.high));
  out += fmt::format("<circle cx=\"{:.1f}\" cy=\"16\" r=\"5.5\" fill=\"var(--ink)\"/>", x(judgement.rate));
  if (compared) {
    out += fmt::format(
        "<line x1=\"{0:.1f}\" y1=\"4\" x2=\"{0:.1f}\" y2=\"28\" stroke=\"var(--accent)\" "
        "stroke-width=\"2.5\"/>"
        "<text x=\"{0:.1f}\" y=\"38\" text-anchor=\"{1}\">baseline</text>",
        x(judgement.baseline),
        low                                     ? "start"
        : x(judgement.baseline) > width - label ? "end"
                                                : "middle");
  }
  return out + "</svg>\n";
}

std::string_view mark(Verdict verdict) {
  return verdict == Verdict::confirmed ? "&#9670;" : verdict == Verdict::suspected ? "&#9671;" : "&#8943;";
}

std::string finding_item(const FrictionReport& report, const Finding& finding) {
  const Judgement& judgement = judgement_of(report, finding);
  const FrictionRow& row = row_of(report, finding);
  std::string out = fmt::format(
      "<li class=\"{0}\" id=\"{1}\"><h3>{2}{3}</h3>\n<p><span class=\"verdict\">{4} {0}</span> {5}.</p>\n",
      name(judgement.verdict), escaped(finding_id(report, finding)),
      escaped(row.title.empty() ? subject_of(report, finding) : row.title),
      row.title.empty()
          ? ""
          : fmt::format(" <span class=\"soft\">{}</span>", escaped(subject_of(report, finding))),
      mark(judgement.verdict), escaped(evidence_sentence(report, finding)));
  out += bar(judgement);
  std::string consequence = consequence_sentence(report, finding);
  if (!consequence.empty())
    consequence.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(consequence.front())));
  out += fmt::format("<p>{}.{}</p>\n", escaped(consequence),
                     row.owner.empty() ? "" : fmt::format(" Owner: {}.", escaped(row.owner)));
  for (const std::string& state : state_sentences(report, finding))
    out += fmt::format("<p>{}.</p>\n", escaped(state));
  const std::vector<std::string> details = detail_sentences(finding);
  if (!details.empty()) {
    out += "<ul>\n";
    for (const std::string& detail : details) out += fmt::format("<li>{}</li>\n", escaped(detail));
    out += "</ul>\n";
  }
  return out + "</li>\n";
}

std::string sums(const FrictionReport& report) {
  const Currencies& cost = report.currencies;
  std::string out = "<ul class=\"sum\">\n";
  const auto add = [&](std::string_view what, const std::string& figure, const std::string& more) {
    out += fmt::format("<li><b>{}</b>{}{}</li>\n", figure, what,
                       more.empty() ? "" : fmt::format("<br><span class=\"soft\">{}</span>", more));
  };
  add("customers lost beyond the baselines", estimated(cost.customers_lost),
      fmt::format("bounds added up: {}", estimated(cost.customers_lost_low)));
  add("unhappy beyond them", estimated(cost.unhappy),
      fmt::format("bounds added up: {}", estimated(cost.unhappy_low)));
  add("hours of customers' time", estimated(cost.hours), "");
  if (cost.value > 0) add("value at stake in those lost", estimated(cost.value), "");
  return out + "</ul>\n";
}

template <class Items, class Text>
std::string list_of(const Items& items, const Text& text) {
  std::string out = "<ul>\n";
  for (const auto& item : items) out += fmt::format("<li>{}</li>\n", escaped(text(item)));
  return out + "</ul>\n";
}

}  // namespace

std::string friction_html(const FrictionReport& report, std::string_view map) {
  const std::string title = fmt::format("Friction in {}", report.title);
  std::string out = fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
      "'unsafe-inline'\">\n"
      "<title>{}</title>\n<style>{}</style>\n</head>\n<body>\n<header>\n<h1>{}</h1>\n",
      escaped(title), style, escaped(title));
  out += fmt::format("<p class=\"soft\">Journey {}, as of {}{}{}.</p>\n<p>{}</p>\n{}</header>\n<main>\n",
                     escaped(report.journey), format_instant(report.as_of),
                     report.by.empty() ? "" : fmt::format(", by {}", escaped(report.by)),
                     report.where.empty() ? "" : fmt::format(", where {}", escaped(report.where)),
                     escaped(population_sentence(report)), sums(report));
  out += fmt::format("<h2>Findings: {}</h2>\n", escaped(verdict_counts(report)));
  if (report.findings.empty()) {
    out += fmt::format("<p>None: {}.</p>\n", escaped(why_none(report)));
  } else {
    out += "<ol class=\"findings\">\n";
    for (const Finding& finding : report.findings) out += finding_item(report, finding);
    out += "</ol>\n";
  }
  if (const auto mended = mended_sentences(report); !mended.empty())
    out += "<h2>Claimed mended</h2>\n" + list_of(mended, [](const std::string& text) { return text + "."; });
  if (!report.explained.empty()) {
    out += "<h2>Worse only through whom it serves</h2>\n" +
           list_of(report.explained,
                   [&](const ExplainedPart& part) { return explained_sentence(report, part) + "."; });
  }
  out += fmt::format(
      "<h2>The map</h2>\n<div class=\"map scroll\" tabindex=\"0\" role=\"region\" "
      "aria-label=\"The map\">{}</div>\n",
      map);
  out += "<h2>Figures</h2>\n";
  const auto table = [&](std::string_view caption, const TextTable& figures) {
    if (figures.empty()) return;
    out += fmt::format("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{}\">{}</div>\n",
                       escaped(caption), figures.html(caption));
  };
  table("Stays (shares in % by the horizon)", stays_table(report, Nesting::indented));
  table("Feedback", feedback_table(report, Nesting::indented));
  table("Effort", effort_table(report, Nesting::indented));
  table("Promises", promise_table(report));
  table("Lost context", lost_table(report));
  if (const auto timers = timer_sentences(report); !timers.empty())
    out += "<h2>Timers</h2>\n" + list_of(timers, [](const std::string& text) { return text; });
  out += "<h2>What this rests on</h2>\n" +
         list_of(assumptions(report), [](const std::string& text) { return text; });
  out += "<h2>How it is computed</h2>\n<dl>\n";
  for (const auto& [what, how] : methods)
    out += fmt::format("<dt><b>{}</b></dt><dd>{}</dd>\n", escaped(what), escaped(how));
  return out + "</dl>\n</main>\n</body>\n</html>\n";
}

}  // namespace lotse
