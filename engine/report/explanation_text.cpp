#include "engine/report/explanation_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "engine/base/assert.hpp"
#include "engine/friction/finding_states.hpp"
#include "engine/report/explanation_figures.hpp"
#include "engine/report/finding_states_text.hpp"
#include "engine/report/friction_text.hpp"
#include "engine/report/json.hpp"

namespace lotse {
namespace {

constexpr auto dropped = static_cast<std::size_t>(Cause::dropped);

const FrictionRow& row_of(const Explanation& explanation) {
  return lotse::row_of(explanation.report, explanation.finding);
}
const Judgement& judged(const Explanation& explanation) {
  return judgement_of(explanation.report, explanation.finding);
}

std::string number(double value) { return json_number(value); }

/// What is counted, by signal: what is a case, and of what.
std::string definition(Signal signal) {
  switch (signal) {
    case Signal::drop_off:
      return "A case is a stay that ended in the customer's silence by the horizon; of all stays entered, "
             "the open "
             "ones censored.";
    case Signal::negative_feedback:
      return "A case is a negative answer (nps 6 and under, csat5 2, ces7 3, stars 2, sentiment -0.3); of "
             "all answers.";
    case Signal::broken_promise:
      return "A case is a promise to reach the touchpoint that was not kept by its deadline; of those whose "
             "deadline "
             "has come.";
    case Signal::escalation:
      return "A case is a stay in which a task was opened before the customer moved on or dropped; of all "
             "stays "
             "entered, the open ones censored.";
    case Signal::forced_hop:
      return "A case is a stay left for another channel where nothing was designed to cross; of all stays "
             "entered.";
    case Signal::repeat:
      return "A case is a stay that came back against the graph or went on in another channel; of all stays "
             "entered.";
    case Signal::lost_context:
      return "A case is a stay in which the customer was asked for what is known and fresh, or in which "
             "something told "
             "earlier was missing; of all stays entered.";
  }
  LOTSE_ASSERT(false);
}

std::vector<std::string> counted_sentences(const Explanation& explanation) {
  const FrictionRow& row = row_of(explanation);
  const Judgement& judgement = judged(explanation);
  std::vector<std::string> list = {definition(explanation.finding.signal)};
  if (explanation.finding.scope != Scope::overall) {
    list.push_back(
        fmt::format("Entered: {} by {}; left by {}: {}, open: {}. Mature (entered at least the horizon of {} "
                    "before): {}.",
                    count_of(row.entered, "stay"), count_of(row.customers, "customer"),
                    format_instant(explanation.report.as_of), grouped(row.resolved), grouped(row.open),
                    describe_duration(row.horizon), grouped(row.mature)));
  }
  switch (explanation.finding.signal) {
    case Signal::drop_off:
      list.push_back(fmt::format(
          "F_dropped(h) = {} by Aalen-Johansen (curve below), Var = {} (Marubini & Valsecchi), "
          "design effect of stays on customers {}, so n_eff = {}/{} = {}.",
          number(row.split.share[dropped]), number(row.drop_variance / row.design_effect),
          number(row.design_effect), row.drop_variance > 0 ? "min(F(1-F)/Var, entered)" : "mature",
          number(row.design_effect), number(row.n_eff)));
      break;
    case Signal::negative_feedback:
      list.push_back(fmt::format(
          "{} of {} answers are negative; customers with several answers make them worth "
          "n_eff = {}.",
          grouped(row.feedback.negative.x), grouped(row.feedback.negative.n), number(judgement.sample.n)));
      break;
    case Signal::broken_promise:
      list.push_back(
          fmt::format("{} of {} promises due were broken, late by {} on average; customers with several "
                      "make them worth n_eff = {}.",
                      grouped(row.past_promise.x), grouped(row.past_promise.n),
                      describe_duration(row.mean_lateness), number(judgement.sample.n)));
      break;
    case Signal::escalation:
      list.push_back(
          fmt::format("F_escalated(h) = {} by Aalen-Johansen, escalation, progress and drop-off competing; "
                      "n_eff = {}.",
                      number(judgement.rate), number(judgement.sample.n)));
      break;
    case Signal::forced_hop:
    case Signal::repeat:
    case Signal::lost_context: {
      const Proportion& share = explanation.finding.signal == Signal::forced_hop ? row.forced
                                : explanation.finding.signal == Signal::repeat   ? row.repeated
                                                                                 : row.lost_context;
      list.push_back(fmt::format("{} of {} stays; customers with several make them worth n_eff = {}.",
                                 grouped(share.x), grouped(share.n), number(judgement.sample.n)));
      break;
    }
  }
  list.push_back(fmt::format("Rate {}, 95 % [{}, {}] (Wilson at n_eff).", number(judgement.rate),
                             number(judgement.interval.low), number(judgement.interval.high)));
  return list;
}

std::string baseline_sentence(const Explanation& explanation) {
  const Judgement& judgement = judged(explanation);
  switch (judgement.source) {
    case BaselineSource::target:
      return fmt::format("The target that the file declares: {}.", number(judgement.baseline));
    case BaselineSource::history:
      return fmt::format("The same cell, entered from {} to before {}: {}.",
                         format_instant(*explanation.report.history_from),
                         format_instant(*explanation.report.from), number(judgement.baseline));
    case BaselineSource::peers:
      return fmt::format(
          "The empirical-Bayes mean of the {} cells below (DerSimonian-Laird): {}. Drawn to it, the rate "
          "is {}.",
          explanation.peers.size(), number(judgement.baseline), number(judgement.shrunk));
    case BaselineSource::pooled_peers:
      return fmt::format("The pooled rate of the {} below (fewer than five): {}.",
                         count_of(explanation.peers.size(), "cell"), number(judgement.baseline));
    case BaselineSource::none:
      return "There is nothing to compare it with, so there is no verdict.";
  }
  LOTSE_ASSERT(false);
}

/// Empty where nothing was compared.
std::vector<std::string> test_sentences(const Explanation& explanation) {
  const Judgement& judgement = judged(explanation);
  std::vector<std::string> list;
  if (judgement.source == BaselineSource::none) return list;
  list.push_back(
      fmt::format("Excess {}, 95 % [{}, {}] (Newcombe). Material from {} on: max(0.01, baseline/10).",
                  number(judgement.rate - judgement.baseline), number(judgement.excess.low),
                  number(judgement.excess.high), number(judgement.margin)));
  if (!judgement.tested) {
    list.push_back(
        fmt::format("Not tested: n_eff is under 20. Needs {} more.", grouped(judgement.more_needed)));
    return list;
  }
  const auto summary =
      std::ranges::find(explanation.report.signals, explanation.finding.signal, &SignalSummary::signal);
  LOTSE_ASSERT(summary != explanation.report.signals.end());
  list.push_back(fmt::format("Plain: p = {} ({} mid-p, one-sided), adjusted over m = {}: {}.",
                             number(judgement.p_plain_alone),
                             judgement.source == BaselineSource::target ? "binomial" : "Fisher",
                             summary->tested, number(judgement.p_plain)));
  list.push_back(fmt::format("Material: p = {} (z beyond the margin), adjusted: {}.",
                             number(judgement.p_material_alone), number(judgement.p_material)));
  list.push_back(
      fmt::format("At q = {}: {}. Confirmed where both are at most q, suspected where only the plain one is.",
                  number(explanation.report.q), name(judgement.verdict)));
  for (const ExplainedPart& part : explanation.report.explained) {
    const Finding& finding = explanation.finding;
    const bool own = part.scope == finding.scope && part.row == finding.row && part.signal == finding.signal;
    if (own) list.push_back(explained_sentence(explanation.report, part) + ", whatever the tests say.");
  }
  list.push_back(
      fmt::format("N · max(0, rate - baseline) · R = {} affected, R = {}; at the lower end of the excess {}.",
                  number(judgement.affected), number(judgement.reach), number(judgement.affected_low)));
  return list;
}

std::string_view name_of(const CaseNames& names, const Case& found) {
  return found.customer < names.customers.size() ? std::string_view(names.customers[found.customer])
                                                 : std::string_view();
}

TextTable curve_table(const Explanation& explanation) {
  TextTable table;
  for (const char* head :
       {"until", "at risk", "left", "dropped", "last seen open", "F_dropped %", "still there %"})
    table.column(head, TextTable::Align::right);
  for (const IncidencePoint& point : explanation.curve) {
    table.row({describe_duration(point.at), grouped(point.at_risk), grouped(point.left), grouped(point.cases),
               grouped(point.open), percent_figure(point.share), percent_figure(point.remaining)});
  }
  return table;
}

TextTable peer_table(const Explanation& explanation) {
  TextTable table;
  table.column("cell", TextTable::Align::left, 40);
  for (const char* head : {"x", "n_eff", "rate %"}) table.column(head, TextTable::Align::right);
  for (const PeerCell& peer : explanation.peers) {
    table.row(
        {peer.label, estimated(peer.sample.x), estimated(peer.sample.n), percent_figure(peer.sample.rate())});
  }
  return table;
}

TextTable case_table(const Explanation& explanation, const CaseNames& names) {
  TextTable table;
  table.column("when", TextTable::Align::left);
  table.column("customer", TextTable::Align::left);
  std::uint64_t listed = 0;
  for (const Case& found : explanation.cases) {
    if (listed++ == names.most) break;
    table.row({format_instant(found.at), std::string(name_of(names, found))});
  }
  return table;
}

std::string cases_head(const Explanation& explanation, const CaseNames& names) {
  const std::uint64_t all = explanation.matching;
  if (all == 0) return "CASES: none";
  if (names.customers.empty()) return fmt::format("CASES: {}, whose customers you may not see", grouped(all));
  const std::size_t shown = std::min(explanation.cases.size(), names.most);
  return all > shown ? fmt::format("CASES: the first {} of {}", grouped(shown), grouped(all))
                     : fmt::format("CASES: {}", grouped(all));
}

std::string title_of(const Explanation& explanation) {
  const FrictionReport& report = explanation.report;
  return fmt::format("{}: {}, {}", finding_id(report, explanation.finding), name(judged(explanation).verdict),
                     subject_of(report, explanation.finding));
}

}  // namespace

std::string explanation_table(const Explanation& explanation, const CaseNames& names,
                              const TextStyle& style) {
  const auto head = [&](std::string_view text) {
    return style.color ? fmt::format("\x1b[1m{}\x1b[0m\n", text) : fmt::format("{}\n", text);
  };
  std::string out = head(wrapped(title_of(explanation), style.width));
  out += wrapped(population_sentence(explanation.report), style.width) + "\n";
  for (const std::string& state : state_sentences(explanation.report, explanation.finding))
    out += wrapped(state + ".", style.width) + "\n";
  const auto lines = [&](std::string_view title, const std::vector<std::string>& sentences) {
    if (sentences.empty()) return;
    out += "\n" + head(title);
    for (const std::string& sentence : sentences) out += wrapped(sentence, style.width) + "\n";
  };
  const auto table = [&](const TextTable& rows) {
    if (!rows.empty()) out += "\n" + rows.text(style.width);
  };
  lines("COUNTED", counted_sentences(explanation));
  table(curve_table(explanation));
  lines("AGAINST", {baseline_sentence(explanation)});
  table(peer_table(explanation));
  lines("TESTED", test_sentences(explanation));
  out += "\n" + head(cases_head(explanation, names));
  if (!names.customers.empty()) out += case_table(explanation, names).text(style.width);
  return out;
}

std::string explanation_markdown(const Explanation& explanation, const CaseNames& names) {
  std::string out = fmt::format("# {}\n\n{}\n", markdown_escaped(title_of(explanation)),
                                markdown_escaped(population_sentence(explanation.report)));
  for (const std::string& state : state_sentences(explanation.report, explanation.finding))
    out += fmt::format("\n{}.\n", markdown_escaped(state));
  const auto lines = [&](std::string_view title, const std::vector<std::string>& sentences) {
    if (sentences.empty()) return;
    out += fmt::format("\n## {}\n\n", title);
    for (const std::string& sentence : sentences) out += fmt::format("- {}\n", markdown_escaped(sentence));
  };
  const auto table = [&](const TextTable& rows) {
    if (!rows.empty()) out += "\n" + rows.markdown();
  };
  lines("Counted", counted_sentences(explanation));
  table(curve_table(explanation));
  lines("Against", {baseline_sentence(explanation)});
  table(peer_table(explanation));
  lines("Tested", test_sentences(explanation));
  out += fmt::format("\n## {}\n", cases_head(explanation, names));
  if (!names.customers.empty()) table(case_table(explanation, names));
  return out;
}

std::string explanation_csv(const Explanation& explanation, const CaseNames& names) {
  Csv csv;
  for (const char* head : {"finding", "when", "customer"}) csv.text(head);
  csv.end_row();
  for (const Case& found : explanation.cases) {
    csv.text(finding_id(explanation.report, explanation.finding)).text(format_instant(found.at));
    names.customers.empty() ? csv.empty() : csv.text(name_of(names, found));
    csv.end_row();
  }
  return csv.str();
}

std::string explanation_json(const Explanation& explanation, const CaseNames& names) {
  const FrictionReport& report = explanation.report;
  const Judgement& judgement = judged(explanation);
  JsonWriter json;
  json.begin_object();
  json.field("report", "explanation").field("format", std::uint64_t{1});
  json.field("journey", report.journey).field("as_of", format_instant(report.as_of));
  json.field("id", finding_id(report, explanation.finding)).field("verdict", name(judgement.verdict));
  json.field("subject", subject_of(report, explanation.finding));
  json.field("population", population_sentence(report));
  write_state(json, state_of(report, explanation.finding));
  const auto sentences = [&](std::string_view key, const std::vector<std::string>& list) {
    json.key(key).begin_array();
    for (const std::string& sentence : list) json.value(sentence);
    json.end_array();
  };
  sentences("counted", counted_sentences(explanation));
  json.field("baseline", baseline_sentence(explanation));
  sentences("tested", test_sentences(explanation));
  write_figures(json.key("figures"), explanation);
  json.key("curve").begin_array();
  for (const IncidencePoint& point : explanation.curve) {
    json.begin_object().field("until_seconds", static_cast<double>(point.at.count()) / 1000);
    json.field("at_risk", point.at_risk).field("left", point.left).field("cases", point.cases);
    json.field("open", point.open).field("share", point.share);
    json.key("interval")
        .raw(fmt::format("[{}, {}]", number(point.interval.low), number(point.interval.high)));
    json.field("remaining", point.remaining);
    json.end_object();
  }
  json.end_array().key("peers").begin_array();
  for (const PeerCell& peer : explanation.peers) {
    json.begin_object().field("cell", peer.label).field("x", peer.sample.x).field("n_eff", peer.sample.n);
    json.end_object();
  }
  json.end_array().field("matching", explanation.matching).key("cases").begin_array();
  for (const Case& found : explanation.cases) {
    json.begin_object().field("when", format_instant(found.at)).key("customer");
    names.customers.empty() ? json.null() : json.value(name_of(names, found));
    json.end_object();
  }
  json.end_array().end_object();
  return std::move(json).str();
}

std::string explanation_in(std::string_view format, const Explanation& explanation, const CaseNames& names,
                           const TextStyle& style) {
  if (format == "json") return explanation_json(explanation, names);
  if (format == "csv") return explanation_csv(explanation, names);
  if (format == "md") return explanation_markdown(explanation, names);
  return explanation_table(explanation, names, style);
}

}  // namespace lotse
