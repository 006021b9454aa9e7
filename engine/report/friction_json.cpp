#include <fmt/format.h>

#include <array>

#include "engine/friction/finding_states.hpp"
#include "engine/report/finding_states_text.hpp"
#include "engine/report/friction_details.hpp"
#include "engine/report/friction_text.hpp"
#include "engine/report/journey_words.hpp"
#include "engine/report/json.hpp"
#include "engine/tracking/words.hpp"

namespace lotse {
namespace {

std::string_view name_of(Scope scope) {
  constexpr std::string_view names[] = {"touchpoint", "part", "overall"};
  return names[static_cast<std::size_t>(scope)];
}

std::string interval_text(const Interval& interval) {
  return fmt::format("[{}, {}]", json_number(interval.low), json_number(interval.high));
}

std::optional<std::string> instant_text(const std::optional<Instant>& instant) {
  return instant ? std::optional(format_instant(*instant)) : std::nullopt;
}

/// Durations are seconds.
double seconds(Duration duration) { return static_cast<double>(duration.count()) / 1000; }
std::optional<double> seconds(const std::optional<Duration>& duration) {
  return duration ? std::optional(seconds(*duration)) : std::nullopt;
}

std::optional<std::string> text_or_null(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

void write(JsonWriter& json, const Proportion& proportion) {
  json.begin_object();
  json.field("x", proportion.x).field("n", proportion.n).field("rate", proportion.rate());
  json.key("interval").raw(interval_text(proportion.interval)).end_object();
}

void write(JsonWriter& json, std::string_view key, const Proportion& proportion) {
  write(json.key(key), proportion);
}

void write(JsonWriter& json, const Judgement& judgement) {
  json.begin_object();
  json.field("verdict", name(judgement.verdict))
      .field("rate", judgement.rate)
      .field("shrunk", judgement.shrunk);
  json.key("interval").raw(interval_text(judgement.interval));
  json.field("n_eff", judgement.sample.n).field("baseline_source", name(judgement.source));
  const bool compared = judgement.source != BaselineSource::none;
  json.key("baseline");
  compared ? json.value(judgement.baseline) : json.null();
  json.field("margin", judgement.margin);
  json.key("excess").raw(compared ? interval_text(judgement.excess) : "null");
  json.field("tested", judgement.tested)
      .field("p_plain", judgement.p_plain)
      .field("p_material", judgement.p_material)
      .field("p_plain_alone", judgement.p_plain_alone)
      .field("p_material_alone", judgement.p_material_alone);
  json.field("affected", judgement.affected).field("affected_low", judgement.affected_low);
  json.field("reach", judgement.reach).field("more_needed", judgement.more_needed);
  json.end_object();
}

void write(JsonWriter& json, const FeedbackSummary& feedback) {
  json.key("feedback").begin_object();
  write(json, "negative", feedback.negative);
  write(json, "answered", feedback.answered);
  json.key("non_response_bounds").raw(feedback.bounds ? interval_text(*feedback.bounds) : "null");
  json.key("scales").begin_array();
  for (const ScaleSummary& scale : feedback.scales) {
    json.begin_object();
    json.field("scale", name(scale.scale))
        .field("responses", scale.responses)
        .field("negative", scale.negative);
    json.field("mean", scale.mean).field("standard_error", scale.standard_error);
    json.field("nps", scale.nps).field("nps_standard_error", scale.nps_standard_error);
    json.end_object();
  }
  json.end_array().end_object();
}

void write_judged(JsonWriter& json, const FrictionRow& row) {
  json.key("judged").begin_object();
  for (const Signal signal : all_signals) {
    json.key(name(signal));
    const auto& judgement = row.judged[static_cast<std::size_t>(signal)];
    judgement ? write(json, *judgement) : static_cast<void>(json.null());
  }
  json.end_object();
}

void write(JsonWriter& json, const FrictionRow& row) {
  json.begin_object();
  json.field("touchpoint", row.touchpoint).field("label", row.label).field("part", row.part);
  json.field("title", row.title)
      .field("stage", text_or_null(row.stage))
      .field("owner", text_or_null(row.owner));
  json.field("kind", name_of(row.kind))
      .field("turn", name_of(row.turn))
      .field("moment_of_truth", row.moment_of_truth);
  std::string versions;
  for (const std::uint32_t version : row.versions)
    versions += fmt::format("{}{}", versions.empty() ? "" : ", ", version);
  json.key("versions").raw("[" + versions + "]");
  json.field("entered", row.entered).field("resolved", row.resolved).field("open", row.open);
  json.field("mature", row.mature).field("customers", row.customers).field("n_eff", row.n_eff);
  json.field("window_seconds", seconds(row.window)).field("horizon_seconds", seconds(row.horizon));
  json.field("design_effect", row.design_effect);
  json.key("split").begin_object();
  for (std::size_t cause = 0; cause < cause_count; ++cause) {
    json.key(name(static_cast<Cause>(cause))).begin_object();
    json.field("share", row.split.share[cause]).key("interval").raw(interval_text(row.split.interval[cause]));
    json.end_object();
  }
  json.end_object();
  json.key("containment");
  if (row.containment) {
    const Containment& own = *row.containment;
    json.begin_object();
    json.field("contained", own.contained).field("escalated", own.escalated).field("dropped", own.dropped);
    json.field("other", own.other).field("open", own.open);
    json.key("escalated_interval").raw(interval_text(own.escalated_interval)).end_object();
  } else {
    json.null();
  }
  json.key("dwell").begin_object();
  json.field("median_seconds", seconds(row.dwell.median)).field("p90_seconds", seconds(row.dwell.p90));
  json.field("restricted_mean_seconds", seconds(row.dwell.restricted_mean)).end_object();
  write(json, "past_promise", row.past_promise);
  json.field("mean_lateness_seconds", seconds(row.mean_lateness));
  write(json, "forced", row.forced);
  write(json, "repeated", row.repeated);
  json.key("lost_context");
  if (row.keeps_context) {
    write(json, row.lost_context);
  } else {
    json.null();
  }
  json.field("deviations", row.deviations);
  json.key("waste").begin_object();
  json.field("repeats", row.waste.repeats).field("hops", row.waste.hops).field("returns", row.waste.returns);
  json.field("stays", row.waste.stays).field("hours", seconds(row.waste.time) / 3600).end_object();
  json.key("hops").begin_object();
  json.field("designed", row.hops.designed).field("forced", row.hops.forced);
  json.field("assist_pull", row.hops.assist_pull).key("pairs").begin_array();
  for (const HopPair& pair : row.hops.pairs) {
    json.begin_object().field("from", pair.from).field("to", pair.to);
    json.field("forced", pair.forced).field("designed", pair.designed).end_object();
  }
  json.end_array().end_object();
  write(json, row.feedback);
  json.field("value_entered", row.value_entered)
      .field("value_dropped", row.value_dropped)
      .field("daily", row.daily);
  write_timers(json, row.timers);
  write_judged(json, row);
  json.end_object();
}

/// Of all touchpoints together only this is counted.
void write_overall(JsonWriter& json, const FrictionRow& row) {
  json.begin_object().field("part", row.part).field("entered", row.entered);
  write(json, row.feedback);
  write_judged(json, row);
  json.end_object();
}

void write(JsonWriter& json, const FrictionReport& report, const Finding& finding) {
  const FrictionRow& row = row_of(report, finding);
  json.begin_object();
  json.field("id", finding_id(report, finding));
  json.field("verdict", name(judgement_of(report, finding).verdict)).field("signal", name(finding.signal));
  json.field("scope", name_of(finding.scope)).field("touchpoint", text_or_null(row.touchpoint));
  json.field("label", text_or_null(row.label))
      .field("part", row.part)
      .field("owner", text_or_null(row.owner));
  write_state(json, state_of(report, finding));
  json.field("evidence", evidence_sentence(report, finding));
  json.field("consequence", consequence_sentence(report, finding));
  json.field("hours", finding.hours);
  json.field("value_at_stake", finding.value_at_stake).field("what_if_achieved", finding.what_if);
  json.field("ready", instant_text(finding.ready));
  json.key("judgement");
  write(json, judgement_of(report, finding));
  json.key("details").begin_array();
  for (const std::string& sentence : detail_sentences(finding)) json.value(sentence);
  json.end_array();
  write_details(json, finding.details);
  json.end_object();
}

void write(JsonWriter& json, const FrictionReport& report, const ExplainedPart& part) {
  const Finding cell{.scope = part.scope, .row = part.row, .signal = part.signal};
  json.begin_object().field("id", finding_id(report, cell)).field("segment", part.segment);
  json.field("odds_ratio", part.crude.ratio);
  json.key("odds_ratio_interval").raw(interval_text(part.crude.interval));
  json.field("adjusted", part.adjusted.ratio);
  json.key("adjusted_interval").raw(interval_text(part.adjusted.interval));
  json.end_object();
}

}  // namespace

std::string friction_json(const FrictionReport& report) {
  JsonWriter json;
  json.begin_object();
  json.field("report", "friction").field("format", std::uint64_t{1});
  json.field("journey", report.journey)
      .field("title", report.title)
      .field("as_of", format_instant(report.as_of));
  json.field("from", instant_text(report.from)).field("to", instant_text(report.to));
  json.field("history_from", instant_text(report.history_from));
  json.field("by", text_or_null(report.by)).field("where", text_or_null(report.where)).field("q", report.q);
  json.field("customers", report.customers).field("instances", report.instances).field("stays", report.stays);
  json.field("achieved", report.achieved).field("achieved_predicted", report.achieved_predicted);
  json.field("achieved_observed", report.achieved_observed).field("history_matters", report.history_matters);
  json.field("starts_without_key", std::uint64_t{report.starts_without_key});
  json.field("unattributed_feedback", std::uint64_t{report.unattributed_feedback});
  json.field("parts_left_out", std::uint64_t{report.parts_left_out});
  json.field("judged_fine", std::uint64_t{report.judged_fine});
  const Currencies& currencies = report.currencies;
  json.key("currencies").begin_object();
  json.field("customers_lost", currencies.customers_lost)
      .field("customers_lost_low", currencies.customers_lost_low)
      .field("unhappy", currencies.unhappy)
      .field("unhappy_low", currencies.unhappy_low)
      .field("hours", currencies.hours)
      .field("value", currencies.value)
      .field("hours_wasted", currencies.hours_wasted)
      .field("hours_late", currencies.hours_late)
      .end_object();
  json.key("signals").begin_array();
  for (const SignalSummary& summary : report.signals) {
    json.begin_object().field("signal", name(summary.signal)).field("tested", std::uint64_t{summary.tested});
    json.field("shown", std::uint64_t{summary.shown})
        .field("expected_false", summary.expected_false)
        .end_object();
  }
  json.end_array().key("findings").begin_array();
  for (const Finding& finding : report.findings) write(json, report, finding);
  json.end_array().key("states").begin_array();
  write_states(json, report);
  json.end_array().key("explained").begin_array();
  for (const ExplainedPart& part : report.explained) write(json, report, part);
  json.end_array().key("touchpoints").begin_array();
  for (const FrictionRow& row : report.rows) write(json, row);
  json.end_array().key("parts").begin_array();
  for (const FrictionRow& row : report.parts) write(json, row);
  json.end_array().key("overall").begin_array();
  for (const FrictionRow& row : report.overall) write_overall(json, row);
  json.end_array().key("moves").begin_array();
  for (const ObservedMove& move : report.moves) {
    json.begin_object().field("from", report.rows[move.from].label).field("to", report.rows[move.to].label);
    json.field("advanced", move.advanced).field("went_back", move.went_back);
    json.field("deviation", move.deviation).end_object();
  }
  json.end_array().key("promises").begin_array();
  for (const PromiseSummary& promise : report.promises) {
    json.begin_object().field("name", promise.name).field("task", promise.task).field("made", promise.made);
    write(json, "broken", promise.broken);
    json.end_object();
  }
  json.end_array().key("lost_context").begin_array();
  for (const LostItem& item : report.lost) {
    json.begin_object().field("touchpoint", item.touchpoint).field("field", item.field);
    json.field("what", word(item.what)).field("stays", item.stays).end_object();
  }
  json.end_array().key("assumptions").begin_array();
  for (const std::string& sentence : assumptions(report)) json.value(sentence);
  json.end_array().end_object();
  return std::move(json).str();
}

std::string friction_csv(const FrictionReport& report) {
  Csv csv;
  for (const char* head : {"scope",
                           "touchpoint",
                           "label",
                           "part",
                           "stage",
                           "owner",
                           "turn",
                           "entered",
                           "resolved",
                           "open",
                           "mature",
                           "customers",
                           "n_eff",
                           "share_open",
                           "share_advanced",
                           "share_hopped",
                           "share_went_back",
                           "share_dropped",
                           "share_exited",
                           "share_achieved",
                           "dropped_low",
                           "dropped_high",
                           "escalated",
                           "median_seconds",
                           "p90_seconds",
                           "promises_due",
                           "promises_broken",
                           "repeats",
                           "returns",
                           "same_again",
                           "wasted_hours",
                           "hops_designed",
                           "hops_forced",
                           "assist_pull",
                           "answers",
                           "negative",
                           "negative_low",
                           "negative_high",
                           "answered",
                           "nps",
                           "drop_off_verdict",
                           "drop_off_baseline",
                           "customers_lost",
                           "customers_lost_low",
                           "negative_feedback_verdict",
                           "broken_promise_verdict",
                           "escalation_verdict",
                           "forced_hop_verdict",
                           "repeat_verdict",
                           "lost_context_verdict",
                           "stays_repeated",
                           "stays_lost_context",
                           "mean_lateness_seconds"}) {
    csv.text(head);
  }
  csv.end_row();
  const auto maybe = [&](const std::optional<double>& number) { number ? csv.number(*number) : csv.empty(); };
  const auto verdict = [&](const std::optional<Judgement>& judgement) {
    judgement ? csv.text(name(judgement->verdict)) : csv.empty();
  };
  const auto add = [&](Scope scope, const FrictionRow& row) {
    const bool stays = scope != Scope::overall;
    const auto count = [&](std::uint64_t number) { stays ? csv.number(number) : csv.empty(); };
    csv.text(name_of(scope)).text(row.touchpoint).text(row.label).text(row.part.value_or(""));
    csv.text(row.stage)
        .text(row.owner)
        .text(stays ? name_of(row.turn) : std::string_view())
        .number(row.entered);
    for (const std::uint64_t number : {row.resolved, row.open, row.mature, row.customers}) count(number);
    maybe(stays ? std::optional(row.n_eff) : std::nullopt);
    for (const double share : row.split.share) maybe(stays ? std::optional(share) : std::nullopt);
    const Interval& dropped = row.split.interval[static_cast<std::size_t>(Cause::dropped)];
    maybe(stays ? std::optional(dropped.low) : std::nullopt);
    maybe(stays ? std::optional(dropped.high) : std::nullopt);
    maybe(row.containment ? std::optional(row.containment->escalated) : std::nullopt);
    maybe(seconds(row.dwell.median));
    maybe(seconds(row.dwell.p90));
    for (const std::uint64_t number :
         {row.past_promise.n, row.past_promise.x, row.waste.repeats, row.waste.returns, row.waste.hops}) {
      count(number);
    }
    maybe(stays ? std::optional(seconds(row.waste.time) / 3600) : std::nullopt);
    for (const std::uint64_t number : {row.hops.designed, row.hops.forced, row.hops.assist_pull})
      count(number);
    const Proportion& negative = row.feedback.negative;
    csv.number(negative.n).number(negative.x);
    maybe(negative.n > 0 ? std::optional(negative.interval.low) : std::nullopt);
    maybe(negative.n > 0 ? std::optional(negative.interval.high) : std::nullopt);
    csv.number(row.feedback.answered.x);
    std::optional<double> nps;
    for (const ScaleSummary& scale : row.feedback.scales) {
      if (scale.nps) nps = scale.nps;
    }
    maybe(nps);
    const auto& drop_off = row.judged[static_cast<std::size_t>(Signal::drop_off)];
    verdict(drop_off);
    const bool compared = drop_off && drop_off->source != BaselineSource::none;
    maybe(compared ? std::optional(drop_off->baseline) : std::nullopt);
    maybe(compared ? std::optional(drop_off->affected) : std::nullopt);
    maybe(compared ? std::optional(drop_off->affected_low) : std::nullopt);
    verdict(row.judged[static_cast<std::size_t>(Signal::negative_feedback)]);
    for (const Signal signal : {Signal::broken_promise, Signal::escalation, Signal::forced_hop,
                                Signal::repeat, Signal::lost_context}) {
      verdict(row.judged[static_cast<std::size_t>(signal)]);
    }
    count(row.repeated.x);
    row.keeps_context&& stays ? csv.number(row.lost_context.x) : csv.empty();
    maybe(row.past_promise.x > 0 ? std::optional(seconds(row.mean_lateness)) : std::nullopt);
    csv.end_row();
  };
  for (const FrictionRow& row : report.rows) add(Scope::touchpoint, row);
  for (const FrictionRow& row : report.parts) add(Scope::part, row);
  for (const FrictionRow& row : report.overall) add(Scope::overall, row);
  return csv.str();
}

}  // namespace lotse
