#include "engine/report/friction_details.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "engine/base/assert.hpp"
#include "engine/report/text.hpp"

namespace lotse {
namespace {

std::string condition_words(const NamedCondition& condition) {
  switch (condition.kind) {
    case AttributeKind::segment:
    case AttributeKind::channel:
      return fmt::format("{} {}", condition.attribute, condition.value);
    case AttributeKind::promise:
      return condition.value == promise_state::kept     ? "a promise kept before"
             : condition.value == promise_state::broken ? "a promise broken before"
                                                        : "no promise due yet";
    case AttributeKind::forced_hop:
      return condition.value == "yes" ? "who were made to change channel"
                                      : "who were not made to change channel";
    case AttributeKind::visit:
      return condition.value == "first" ? "a first stay here" : "a repeated stay here";
  }
  LOTSE_ASSERT(false);
}

/// Goes before "held fixed".
std::string attribute_words(const Adjusted& adjusted) {
  switch (adjusted.kind) {
    case AttributeKind::segment:
    case AttributeKind::channel:
      return adjusted.attribute;
    case AttributeKind::promise:
      return "what became of promises";
    case AttributeKind::forced_hop:
      return "changes of channel";
    case AttributeKind::visit:
      return "first and repeated stays";
  }
  LOTSE_ASSERT(false);
}

std::string where_words(const Concentration& found) {
  std::string words;
  for (const NamedCondition& condition : found.conditions)
    words += (words.empty() ? "" : " and ") + condition_words(condition);
  return words;
}

std::string concentration_sentence(const Concentration& found) {
  std::string text = fmt::format(
      "Concentrates in {}: {} of them against {} elsewhere; {} of all, but {} of the cases, about {} more "
      "than "
      "elsewhere (p = {:.2g})",
      where_words(found), percent(found.rate()), percent(found.rate_outside()), percent(found.n_share),
      percent(found.x_share), estimated(found.excess), found.p);
  if (!found.adjusted) return text + ".";
  const Adjusted& adjusted = *found.adjusted;
  if (found.proxy) {
    return text + fmt::format(". But most of that goes with {}: with it held fixed {}.",
                              attribute_words(adjusted), odds_words(adjusted.odds));
  }
  return text +
         fmt::format("; with {} held fixed still {}.", attribute_words(adjusted), odds_words(adjusted.odds));
}

std::string points(double difference) { return fmt::format("{:+.1f} points", 100 * difference); }

/// At the landmark at which it is surest.
std::string driver_sentence(const Drivers& drivers, const Driver& driver) {
  std::size_t best = 0;
  for (std::size_t i = 1; i < driver.at.size(); ++i) {
    const bool better =
        driver.at[i].tested && (!driver.at[best].tested || driver.at[i].p < driver.at[best].p);
    if (better) best = i;
  }
  const DriverAt& at = driver.at[best];
  const auto rate = [](std::uint64_t x, std::uint64_t n) {
    return percent(static_cast<double>(x) / static_cast<double>(std::max<std::uint64_t>(n, 1)));
  };
  std::string text = fmt::format(
      "Goes together with it: of those still here after {}, customers who {} dropped in {}, the others in {} "
      "({} "
      "[{:+.1f}, {:+.1f}])",
      describe_duration(drivers.landmarks[best].after), describe(driver), rate(at.dropped_with, at.with),
      rate(at.dropped_without, at.without), points(at.difference), 100 * at.interval.low,
      100 * at.interval.high);
  if (driver.sign_changes) text += "; at another time it is the other way round";
  return text + ". That is no cause yet.";
}

std::string words_sentence(const CommentWords& words) {
  if (words.too_few) {
    return fmt::format("{} with it: too few to tell what sets them apart.",
                       count_of(words.comments, "comment"));
  }
  if (words.words.empty()) {
    return fmt::format("No word sets its {} apart from the others.", count_of(words.comments, "comment"));
  }
  std::string text;
  for (const CommentWord& word : words.words) {
    text += fmt::format("{}\"{}\" ({} against {})", text.empty() ? "" : ", ", word.text, grouped(word.inside),
                        grouped(word.outside));
  }
  return fmt::format("Words of its {} more than of others', by customers: {}.",
                     count_of(words.comments, "comment"), text);
}

std::string_view name(DriverKind kind) {
  constexpr std::string_view names[] = {"task",           "negative_feedback", "other_feedback",
                                        "channel_change", "deviation",         "forced_hop",
                                        "after_drop_off", "message",           "visited"};
  return names[static_cast<std::size_t>(kind)];
}

std::string interval_text(const Interval& interval) {
  return fmt::format("[{}, {}]", json_number(interval.low), json_number(interval.high));
}

double seconds(Duration duration) { return static_cast<double>(duration.count()) / 1000; }

void write(JsonWriter& json, std::string_view key, const OddsRatio& odds) {
  json.key(key).begin_object().field("ratio", odds.ratio).key("interval").raw(interval_text(odds.interval));
  json.end_object();
}

void write(JsonWriter& json, const Concentration& found) {
  json.begin_object().key("conditions").begin_array();
  for (const NamedCondition& condition : found.conditions) {
    json.begin_object().field("attribute", condition.attribute).field("value", condition.value).end_object();
  }
  json.end_array();
  json.field("n", found.n)
      .field("x", found.x)
      .field("n_share", found.n_share)
      .field("x_share", found.x_share);
  json.field("rate", found.rate()).key("interval").raw(interval_text(found.inside));
  json.field("rate_elsewhere", found.rate_outside())
      .key("interval_elsewhere")
      .raw(interval_text(found.outside));
  json.field("excess", found.excess).field("log_likelihood_ratio", found.log_likelihood_ratio);
  json.field("p", found.p);
  if (found.odds) {
    write(json, "odds_ratio", *found.odds);
  } else {
    json.key("odds_ratio").null();
  }
  json.key("adjusted");
  if (found.adjusted) {
    json.begin_object().field("attribute", found.adjusted->attribute);
    write(json, "odds_ratio", found.adjusted->odds);
    json.end_object();
  } else {
    json.null();
  }
  json.field("proxy", found.proxy).end_object();
}

void write(JsonWriter& json, const Concentrations& where) {
  json.begin_object().field("n", where.n).field("x", where.x).field("design_effect", where.design_effect);
  json.field("tried", where.tried).key("found").begin_array();
  for (const Concentration& found : where.found) write(json, found);
  json.end_array().end_object();
}

void write(JsonWriter& json, const Drivers& drivers) {
  json.begin_object().field("tested", std::uint64_t{drivers.tested}).key("landmarks").begin_array();
  for (const Landmark& landmark : drivers.landmarks) {
    json.begin_object().field("after_seconds", seconds(landmark.after)).field("there", landmark.there);
    json.field("dropped", landmark.dropped).field("design_effect", landmark.design_effect).end_object();
  }
  json.end_array().key("found").begin_array();
  for (const Driver& driver : drivers.found) {
    json.begin_object().field("what", name(driver.kind)).key("touchpoint");
    driver.touchpoint.empty() ? json.null() : json.value(driver.touchpoint);
    json.field("words", describe(driver)).field("sign_changes", driver.sign_changes);
    json.key("at").begin_array();
    for (const DriverAt& at : driver.at) {
      json.begin_object().field("with", at.with).field("dropped_with", at.dropped_with);
      json.field("without", at.without)
          .field("dropped_without", at.dropped_without)
          .field("tested", at.tested);
      json.field("difference", at.difference).key("interval").raw(interval_text(at.interval));
      json.field("p", at.p).end_object();
    }
    json.end_array().end_object();
  }
  json.end_array().end_object();
}

void write(JsonWriter& json, const CommentWords& words) {
  json.begin_object().field("comments", words.comments).field("customers", words.customers);
  json.field("other_comments", words.other_comments).field("other_customers", words.other_customers);
  json.field("too_few", words.too_few)
      .field("tested", std::uint64_t{words.tested})
      .key("words")
      .begin_array();
  for (const CommentWord& word : words.words) {
    json.begin_object().field("text", word.text).field("customers", word.inside);
    json.field("other_customers", word.outside).field("log_odds_ratio", word.log_odds_ratio);
    json.field("z", word.z).field("p", word.p).end_object();
  }
  json.end_array().key("examples").begin_array();
  for (const std::string& example : words.examples) json.value(example);
  json.end_array().end_object();
}

template <class T>
void write_optional(JsonWriter& json, std::string_view key, const std::optional<T>& maybe) {
  json.key(key);
  maybe ? write(json, *maybe) : static_cast<void>(json.null());
}

}  // namespace

std::string odds_words(const OddsRatio& odds) {
  return fmt::format("{:.1f} times the odds [{:.1f}, {:.1f}]", odds.ratio, odds.interval.low,
                     odds.interval.high);
}

std::vector<std::string> detail_sentences(const Finding& finding) {
  std::vector<std::string> list;
  const FindingDetails& details = finding.details;
  if (details.where) {
    for (const Concentration& found : details.where->found) list.push_back(concentration_sentence(found));
  }
  if (details.drivers) {
    for (const Driver& driver : details.drivers->found)
      list.push_back(driver_sentence(*details.drivers, driver));
  }
  if (details.words) {
    list.push_back(words_sentence(*details.words));
    for (const std::string& example : details.words->examples) list.push_back(fmt::format("\"{}\"", example));
  }
  return list;
}

std::vector<std::string> timer_sentences(const FrictionReport& report) {
  std::vector<std::string> list;
  for (const FrictionRow& row : report.rows) {
    for (const NamedTimer& timer : row.timers) {
      if (timer.silence) continue;  // the horizon of every share, and no surprise
      list.push_back(fmt::format(
          "{}: {} left within {} {} of their stay, {} of those still there ({} around it). {}", row.label,
          count_of(timer.events, "stay"), timer.unit == TimerUnit::day ? "day" : "hour", timer.index,
          percent(timer.hazard), percent(timer.neighbours),
          timer.declared ? fmt::format("That goes with {}: our date rather than theirs.", describe(timer))
                         : fmt::format("That looks like {}, or like a date that most of them met then.",
                                       describe(timer))));
    }
  }
  return list;
}

void write_details(JsonWriter& json, const FindingDetails& details) {
  write_optional(json, "concentrates", details.where);
  write_optional(json, "drivers", details.drivers);
  write_optional(json, "words", details.words);
}

void write_timers(JsonWriter& json, const std::vector<NamedTimer>& timers) {
  json.key("timers").begin_array();
  for (const NamedTimer& timer : timers) {
    json.begin_object().field("words", describe(timer));
    json.field("unit", timer.unit == TimerUnit::day ? "day" : "hour")
        .field("index", std::uint64_t{timer.index});
    json.field("silence", timer.silence).field("events", timer.events).field("hazard", timer.hazard);
    json.field("neighbours", timer.neighbours).field("ratio", timer.ratio).key("declared");
    timer.declared ? json.value(timer.declared->name) : json.null();
    json.end_object();
  }
  json.end_array();
}

}  // namespace lotse
