#include <fmt/format.h>

#include <array>

#include "engine/base/assert.hpp"
#include "engine/report/friction_details.hpp"
#include "engine/report/friction_text.hpp"

namespace lotse {
namespace {

std::string baseline_words(const Judgement& judgement) {
  switch (judgement.source) {
    case BaselineSource::target:
      return fmt::format("target {}", percent(judgement.baseline));
    case BaselineSource::history:
      return fmt::format("{} before", percent(judgement.baseline));
    case BaselineSource::peers:
      return fmt::format("its peers {}", percent(judgement.baseline));
    case BaselineSource::pooled_peers:
      return fmt::format("the others together {}", percent(judgement.baseline));
    case BaselineSource::none:
      return "nothing to compare with";
  }
  LOTSE_ASSERT(false);
}

std::string sample_words(const FrictionRow& row, Signal signal) {
  switch (signal) {
    case Signal::drop_off:
      return fmt::format("{} entered, worth {}", grouped(row.entered), estimated(row.n_eff));
    case Signal::negative_feedback:
      return count_of(row.feedback.negative.n, "answer");
    case Signal::broken_promise:
      return row.mean_lateness > Duration{0}
                 ? fmt::format("{} due, late by {} on average", grouped(row.past_promise.n),
                               dwell_text(row.mean_lateness))
                 : fmt::format("{} due", grouped(row.past_promise.n));
    case Signal::escalation:
      return fmt::format("{} entered, worth {}", grouped(row.entered),
                         estimated(row.containment->escalated_sample.n));
    case Signal::forced_hop:
      return row.hops.assist_pull > 0 ? fmt::format("{} entered, {} pulled to a person", grouped(row.entered),
                                                    grouped(row.hops.assist_pull))
                                      : fmt::format("{} entered", grouped(row.entered));
    case Signal::repeat:
    case Signal::lost_context:
      return fmt::format("{} entered", grouped(row.entered));
  }
  LOTSE_ASSERT(false);
}

}  // namespace

std::string_view words_of(Signal signal) {
  switch (signal) {
    case Signal::drop_off:
      return "drop-off";
    case Signal::negative_feedback:
      return "negative feedback";
    case Signal::broken_promise:
      return "promise broken";
    case Signal::escalation:
      return "handed over to a person";
    case Signal::forced_hop:
      return "made to change channel";
    case Signal::repeat:
      return "back again";
    case Signal::lost_context:
      return "lost context";
  }
  LOTSE_ASSERT(false);
}

std::string subject_of(const FrictionReport& report, const Finding& finding) {
  const FrictionRow& row = row_of(report, finding);
  std::string subject = finding.scope == Scope::overall ? std::string("all touchpoints") : row.label;
  if (row.part) subject += fmt::format(", {} {}", report.by, *row.part);
  return subject;
}

std::string explained_sentence(const FrictionReport& report, const ExplainedPart& part) {
  return fmt::format("{}: {} looks worse than in the others ({}), but with {} held fixed {}: no finding",
                     subject_of(report, {.scope = part.scope, .row = part.row, .signal = part.signal}),
                     words_of(part.signal), odds_words(part.crude), part.segment, odds_words(part.adjusted));
}

std::string evidence_sentence(const FrictionReport& report, const Finding& finding) {
  const Judgement& judgement = judgement_of(report, finding);
  const FrictionRow& row = row_of(report, finding);
  return fmt::format("{} {} {} ({}), against {}", words_of(finding.signal), percent(judgement.rate),
                     percent_interval(judgement.interval), sample_words(row, finding.signal),
                     baseline_words(judgement));
}

std::string consequence_sentence(const FrictionReport& report, const Finding& finding) {
  const Judgement& judgement = judgement_of(report, finding);
  if (judgement.verdict == Verdict::inconclusive) {
    const std::string_view noun = finding.signal == Signal::negative_feedback ? "answer"
                                  : finding.signal == Signal::broken_promise  ? "promise"
                                                                              : "stay";
    std::string text = fmt::format("too few to say: needs {} more {}{}", grouped(judgement.more_needed), noun,
                                   judgement.more_needed == 1 ? "" : "s");
    text += finding.ready ? fmt::format(", there about {} at today's traffic",
                                        format_instant(*finding.ready).substr(0, 10))
                          : std::string(", and none is coming in");
    return text;
  }
  const auto beyond = [&](std::string_view what) {
    return fmt::format("about {} {} beyond it (lower 95 % bound {})", estimated(judgement.affected), what,
                       estimated(judgement.affected_low));
  };
  std::string text;
  switch (finding.signal) {
    case Signal::drop_off:
      text = beyond("lost");
      if (judgement.reach < 0.995) {
        text += fmt::format("; {} of those who go on from here achieve", percent(judgement.reach));
      }
      if (finding.what_if)
        text += fmt::format("; +{} achieved if this alone were mended", estimated(*finding.what_if));
      break;
    case Signal::negative_feedback:
      text = beyond("unhappy");
      break;
    case Signal::broken_promise:
      text = beyond("let down");
      break;
    case Signal::escalation:
      text = beyond("handed over");
      break;
    case Signal::forced_hop:
      text = beyond("made to change channel");
      break;
    case Signal::repeat:
      text = beyond("back again");
      break;
    case Signal::lost_context:
      text = beyond("made to tell it again, or not known by then");
      break;
  }
  if (finding.hours >= 0.5) text += fmt::format("; {} hours of customers' time", estimated(finding.hours));
  if (finding.value_at_stake > 0)
    text += fmt::format("; value at stake {}", estimated(finding.value_at_stake));
  return text;
}

std::string cost_sentence(const FrictionReport& report) {
  const Currencies& sums = report.currencies;
  std::vector<std::string> parts;
  if (sums.customers_lost >= 0.5) {
    parts.push_back(fmt::format("about {} customers lost (bounds added up: {})",
                                estimated(sums.customers_lost), estimated(sums.customers_lost_low)));
  }
  if (sums.unhappy >= 0.5) {
    parts.push_back(
        fmt::format("{} unhappy (bounds: {})", estimated(sums.unhappy), estimated(sums.unhappy_low)));
  }
  if (sums.hours >= 0.5) parts.push_back(fmt::format("{} hours of customers' time", estimated(sums.hours)));
  if (sums.value > 0) parts.push_back(fmt::format("value at stake in those lost {}", estimated(sums.value)));
  if (parts.empty()) return {};
  return fmt::format("Beyond the baselines: {}.", fmt::join(parts, "; "));
}

std::string verdict_counts(const FrictionReport& report) {
  std::array<std::size_t, 3> counts{};
  for (const Finding& finding : report.findings) {
    ++counts[static_cast<std::size_t>(judgement_of(report, finding).verdict)];
  }
  return fmt::format("{} confirmed, {} suspected, {} inconclusive, {} fine", counts[0], counts[1], counts[2],
                     report.judged_fine);
}

std::string_view why_none(const FrictionReport& report) {
  if (report.stays == 0) return "no stay fits what was asked for";
  if (report.judged_fine == 0)
    return "nothing could be judged yet, for want of customers or of something to compare with";
  return "nothing is worse than its baseline beyond chance";
}

std::string population_sentence(const FrictionReport& report) {
  std::string text = fmt::format("{}, {}, {}", count_of(report.customers, "customer"),
                                 count_of(report.instances, "journey"), count_of(report.stays, "stay"));
  if (report.from) text += fmt::format(" entered from {}", format_instant(*report.from));
  if (report.to)
    text += fmt::format("{} before {}", report.from ? "" : " entered", format_instant(*report.to));
  if (!report.where.empty()) text += fmt::format(" where {}", report.where);
  if (report.achieved_observed && report.stays > 0) {
    text += fmt::format("; {} of the journeys that had time to reach their goal did",
                        percent(*report.achieved_observed));
  }
  return text + ".";
}

std::vector<std::string> assumptions(const FrictionReport& report) {
  std::vector<std::string> list;
  list.push_back(
      fmt::format("As of {}: stays not left by then are open, not lost. Who is still there counts as "
                  "neither good nor bad: shares are Aalen-Johansen estimates at the horizon (twice the "
                  "silence that counts as leaving), and rest on customers being cut off by the date alone "
                  "(administrative censoring).",
                  format_instant(report.as_of)));
  list.push_back(
      "Intervals are 95 % Wilson at the sample that the share is worth (n_eff); customers with several stays "
      "count "
      "as one unit.");
  std::string tests =
      fmt::format("Verdicts at a false discovery rate of q = {:g} (Benjamini-Hochberg)", report.q);
  for (const SignalSummary& summary : report.signals) {
    if (summary.tested == 0) continue;
    tests += fmt::format("; {}: {} tested", words_of(summary.signal), summary.tested);
    if (summary.shown > 0) {
      tests += fmt::format(", {} shown, at most {:.1f} of them expected to be false", summary.shown,
                           summary.expected_false);
    }
  }
  list.push_back(tests + ".");
  if (report.history_from) {
    list.push_back(fmt::format("`Before` is the same cell, entered from {} to before {}.",
                               format_instant(*report.history_from), format_instant(*report.from)));
  }
  if (report.achieved_predicted && report.achieved_observed && report.history_matters) {
    list.push_back(fmt::format(
        "The steps alone predict {} achieved, {} are seen: where customers come from matters here, "
        "and what-if figures are rough.",
        percent(*report.achieved_predicted), percent(*report.achieved_observed)));
  }
  if (report.unattributed_feedback > 0) {
    list.push_back(fmt::format("{} found no stay and {} in no row.",
                               count_of(report.unattributed_feedback, "answer"),
                               report.unattributed_feedback == 1 ? "is" : "are"));
  }
  if (report.starts_without_key > 0) {
    list.push_back(
        fmt::format("{} without a key opened no journey.", count_of(report.starts_without_key, "start")));
  }
  if (report.parts_left_out > 0) {
    list.push_back(fmt::format("{} of `{}` beyond the most frequent are counted together as `(other)`.",
                               count_of(report.parts_left_out, "value"), report.by));
  }
  if (report.by == "promise") {
    list.push_back(
        "A stay counts under the promises' state when it was entered, an answer under that when it was "
        "given.");
  }
  for (const FrictionRow& row : report.rows) {
    if (!row.feedback.bounds) continue;
    list.push_back(
        fmt::format("{}: {} of the stays were answered for; if the silent were all content, or all unhappy, "
                    "its negative share would be {} to {}.",
                    row.label, percent(row.feedback.answered.rate()), percent(row.feedback.bounds->low),
                    percent(row.feedback.bounds->high)));
  }
  return list;
}

}  // namespace lotse
