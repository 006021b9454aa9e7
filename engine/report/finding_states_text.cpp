#include "engine/report/finding_states_text.hpp"

#include <fmt/format.h>

#include "engine/base/assert.hpp"
#include "engine/friction/compared_rates.hpp"
#include "engine/friction/finding_states.hpp"
#include "engine/report/friction_text.hpp"

namespace lotse {
namespace {

std::string_view words_of(FindingState state) {
  return state == FindingState::in_progress ? std::string_view("in progress") : name(state);
}

std::string_view words_of(MendedVerdict verdict) {
  switch (verdict) {
    case MendedVerdict::better:
      return "better";
    case MendedVerdict::no_difference:
      return "not better";
    case MendedVerdict::worse:
      return "worse";
    case MendedVerdict::inconclusive:
      return "not known yet";
  }
  LOTSE_ASSERT(false);
}

std::string_view counted_words(Signal signal) {
  switch (signal) {
    case Signal::negative_feedback:
      return "answer";
    case Signal::broken_promise:
      return "promise";
    case Signal::drop_off:
    case Signal::escalation:
    case Signal::forced_hop:
    case Signal::repeat:
    case Signal::lost_context:
      return "stay";
  }
  LOTSE_ASSERT(false);
}

std::string rate_words(const std::optional<ComparedRate>& rate, Signal signal) {
  if (!rate) return fmt::format("no {}s", counted_words(signal));
  return fmt::format("{} {} of {}", percent(rate->rate), percent_interval(wilson(rate->sample)),
                     count_of(rate->n, counted_words(signal)));
}

/// Why it is not known, and what is missing.
std::string needs_words(const SinceMended& found) {
  const std::string_view counted = counted_words(found.change.signal);
  switch (*found.unsettled) {
    case Unsettled::too_early:
      return found.ready ? fmt::format("too early to say before {}", format_instant(*found.ready))
                         : "too early to say: nobody since has been watched to the horizon";
    case Unsettled::few_since:
      return fmt::format("not known yet: needs about {} more", count_of(*found.more_needed, counted));
    case Unsettled::few_before:
      return fmt::format("not known yet: too few {}s before to tell a difference of {:.1f} points", counted,
                         100 * found.change.margin);
    case Unsettled::near_margin:
      return fmt::format(
          "not known: enough {}s, and a difference too near the margin of {:.1f} points to tell", counted,
          100 * found.change.margin);
  }
  LOTSE_ASSERT(false);
}

/// Why the report does not judge a claim.
std::string not_judged_words(const StandingState& standing) {
  switch (standing.not_judged.value_or(NotJudged::not_counted)) {
    case NotJudged::other_cut:
      return "it is of a part, and this report is not cut by that";
    case NotJudged::beyond_most:
      return fmt::format("not judged: only the latest {} claims are", mended_judged_max);
    case NotJudged::not_counted:
      return "this report counts no stays there";
  }
  LOTSE_ASSERT(false);
}

std::string verdict_words(const SinceMended& found) {
  if (found.verdict == MendedVerdict::inconclusive) return needs_words(found);
  // What was noticed for being bad is less bad the next time even where nothing was done.
  const bool caveat = found.verdict == MendedVerdict::better;
  return fmt::format("{}{}", words_of(found.verdict),
                     caveat ? ", in part perhaps a return to the usual" : "");
}

std::string interval_json(const Interval& interval) {
  return fmt::format("[{}, {}]", json_number(interval.low), json_number(interval.high));
}

std::optional<std::string> instant_or_null(const std::optional<Instant>& at) {
  return at ? std::optional(format_instant(*at)) : std::nullopt;
}

void write_rate(JsonWriter& json, std::string_view key, const std::optional<ComparedRate>& rate) {
  json.key(key);
  if (!rate) {
    json.null();
    return;
  }
  json.begin_object().field("rate", rate->rate).field("n", rate->n).field("n_eff", rate->sample.n);
  json.key("interval").raw(interval_json(wilson(rate->sample))).end_object();
}

void write_since(JsonWriter& json, const StandingState& standing) {
  const SinceMended& found = *standing.since_mended;
  const SignalChange& change = found.change;
  json.begin_object().field("verdict", name(found.verdict)).field("since", format_instant(found.since));
  json.field("before_from", format_instant(found.before_from));
  write_rate(json, "before", change.before);
  write_rate(json, "now", change.now);
  json.field("difference", change.difference());
  json.key("interval").raw(change.difference() ? interval_json(change.interval) : "null");
  json.field("margin", change.margin);
  json.field("unsettled",
             found.unsettled ? std::optional(std::string(name(*found.unsettled))) : std::nullopt);
  json.field("more_needed", found.more_needed).field("ready", instant_or_null(found.ready));
  json.field("sentence", mended_sentence(standing)).end_object();
}

void write_fields(JsonWriter& json, const FindingChange& change) {
  json.field("at", format_instant(change.at)).field("by", change.by).field("note", change.note);
  json.field("since", instant_or_null(change.since));
}

}  // namespace

std::string state_words(const StandingState& standing) {
  if (standing.change.state != FindingState::mended) return std::string(words_of(standing.change.state));
  if (!standing.since_mended) return "claimed mended";
  return fmt::format("claimed mended, {}", words_of(standing.since_mended->verdict));
}

std::string state_sentence(const StandingState& standing) {
  const FindingChange& change = standing.change;
  const std::string note = change.note.empty() ? std::string() : fmt::format(": {}", change.note);
  return fmt::format("State: {} ({}, {}){}", state_words(standing), change.by, format_instant(change.at),
                     note);
}

std::string mended_sentence(const StandingState& standing) {
  const std::string since = format_instant(*standing.change.since);
  if (!standing.since_mended)
    return fmt::format("claimed mended since {}; {}", since, not_judged_words(standing));
  const SinceMended& found = *standing.since_mended;
  const SignalChange& change = found.change;
  std::string text =
      fmt::format("{} since {}: {}; before: {}", words_of(change.signal), since,
                  rate_words(change.now, change.signal), rate_words(change.before, change.signal));
  if (const auto difference = change.difference(); difference && found.unsettled != Unsettled::too_early)
    text += fmt::format("; {} points {} at every look", signed_points(*difference),
                        points_interval(change.interval));
  return text + ": " + verdict_words(found);
}

std::vector<std::string> state_sentences(const FrictionReport& report, const Finding& finding) {
  const StandingState* const standing = state_of(report, finding);
  if (standing == nullptr) return {};
  std::vector<std::string> sentences{state_sentence(*standing)};
  if (standing->change.state == FindingState::mended) {
    std::string mended = mended_sentence(*standing);
    mended.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(mended.front())));
    sentences.push_back(std::move(mended));
  }
  return sentences;
}

std::vector<std::string> mended_sentences(const FrictionReport& report) {
  std::vector<std::string> sentences;
  for (const StandingState& standing : report.states) {
    if (standing.change.state != FindingState::mended) continue;
    sentences.push_back(fmt::format("{}: {}", standing.change.finding, mended_sentence(standing)));
  }
  return sentences;
}

void write_state(JsonWriter& json, const StandingState* standing) {
  json.key("state").begin_object();
  if (standing == nullptr) {
    json.field("state", name(FindingState::open));
    for (const char* member : {"at", "by", "note", "since"}) json.key(member).null();
  } else {
    json.field("state", name(standing->change.state));
    write_fields(json, standing->change);
  }
  json.end_object().key("since_mended");
  if (standing == nullptr || !standing->since_mended) {
    json.null();
  } else {
    write_since(json, *standing);
  }
  const bool told = standing != nullptr && standing->not_judged;
  json.field("not_judged", told ? std::optional(std::string(name(*standing->not_judged))) : std::nullopt);
}

void write_states(JsonWriter& json, const FrictionReport& report) {
  for (const StandingState& standing : report.states) {
    json.begin_object().field("finding", standing.change.finding);
    write_state(json, &standing);
    json.end_object();
  }
}

void write_change(JsonWriter& json, const FindingChange& change) {
  json.begin_object().field("journey", change.journey).field("finding", change.finding);
  json.field("number", change.number).field("state", name(change.state));
  write_fields(json, change);
  json.end_object();
}

std::string finding_history_table(std::string_view finding, std::span<const FindingChange> changes,
                                  const TextStyle& style) {
  if (changes.empty()) return fmt::format("{}: open; nobody has said anything about it\n", finding);
  const FindingChange& last = changes.back();
  TextTable table;
  table.column("number", TextTable::Align::right);
  for (const char* head : {"at", "state", "by", "note"}) table.column(head, TextTable::Align::left);
  for (const FindingChange& change : changes) {
    const std::string since =
        change.since && *change.since != change.at
            ? fmt::format("{} since {}", words_of(change.state), format_instant(*change.since))
            : std::string(words_of(change.state));
    table.row({std::to_string(change.number), format_instant(change.at), since, change.by, change.note});
  }
  return fmt::format("{}: {}\n\n{}", finding, words_of(last.state), table.text(style.width));
}

std::string finding_history_json(std::string_view journey, std::string_view finding,
                                 std::span<const FindingChange> changes) {
  JsonWriter json;
  json.begin_object().field("journey", journey).field("finding", finding);
  json.field("state", name(changes.empty() ? FindingState::open : changes.back().state));
  json.key("changes").begin_array();
  for (const FindingChange& change : changes) write_change(json, change);
  json.end_array().end_object();
  return std::move(json).str();
}

}  // namespace lotse
