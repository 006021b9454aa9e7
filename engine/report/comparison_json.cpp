#include <fmt/format.h>

#include <optional>
#include <string>
#include <utility>

#include "engine/report/comparison_text.hpp"
#include "engine/report/json.hpp"

namespace lotse {
namespace {

std::optional<std::string> text_of(const std::optional<Instant>& instant) {
  return instant ? std::optional(format_instant(*instant)) : std::nullopt;
}

std::optional<std::string> text_or_null(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

double seconds(Duration duration) { return static_cast<double>(duration.count()) / 1000; }

std::string interval_of(const Interval& interval) {
  return fmt::format("[{}, {}]", json_number(interval.low), json_number(interval.high));
}

void write(JsonWriter& json, std::string_view key, const ComparedSide& side) {
  json.key(key).begin_object();
  json.key("version");
  side.version ? json.value(std::uint64_t{*side.version}) : json.null();
  json.field("from", text_of(side.from)).field("to", text_of(side.to));
  json.field("customers", side.customers).field("instances", side.instances).field("stays", side.stays);
  json.field("at_risk", side.at_risk).field("mature", side.mature).end_object();
}

void write(JsonWriter& json, std::string_view key, const std::optional<ComparedRate>& side) {
  json.key(key);
  if (!side) {
    json.null();
    return;
  }
  json.begin_object().field("rate", side->rate).key("interval").raw(interval_of(wilson(side->sample)));
  json.field("n", side->n).field("n_eff", side->sample.n).end_object();
}

void write(JsonWriter& json, const Decomposition& split) {
  json.begin_object().field("cut", split.cut).field("before", split.before).field("now", split.now);
  json.field("difference", split.difference()).field("mix", split.mix).field("rate", split.rate);
  json.field("residual", split.residual).field("reversal", split.reversal);
  json.key("parts").begin_array();
  for (const PartChange& part : split.parts) {
    json.begin_object().field("part", part.part);
    json.field("share_before", part.share_before).field("share_now", part.share_now);
    write(json, "before", part.before);
    write(json, "now", part.now);
    json.field("mix", part.effect.mix).field("rate", part.effect.rate).field("large", part.large);
    json.end_object();
  }
  json.end_array().end_object();
}

void write(JsonWriter& json, const SignalChange& change) {
  const bool both = change.difference().has_value();
  const auto figure = [&](double number) { return both ? std::optional(number) : std::nullopt; };
  json.begin_object().field("signal", name(change.signal)).field("verdict", name(change.verdict));
  json.field("sentence", change_sentence(change));
  write(json, "before", change.before);
  write(json, "now", change.now);
  json.field("difference", change.difference());
  json.key("interval").raw(both ? interval_of(change.interval) : "null");
  json.field("margin", figure(change.margin)).field("tested", change.tested);
  json.field("p", figure(change.p)).field("p_adjusted", figure(change.p_adjusted));
  const bool timed = change.signal == Signal::drop_off;
  const auto within = [&](Duration own) { return timed ? std::optional(seconds(own)) : std::nullopt; };
  json.field("within_before_seconds", within(change.within_before));
  json.field("within_now_seconds", within(change.within_now)).field("cut_short", change.cut_short);
  json.key("splits").begin_array();
  for (const Decomposition& split : change.splits) write(json, split);
  json.end_array().end_object();
}

void write(JsonWriter& json, const TouchpointChange& row) {
  json.begin_object().field("touchpoint", row.touchpoint);
  json.field("label_before", row.label_before).field("label_now", row.label_now);
  json.field("changed", row.changed).field("title", row.title);
  json.field("stage", text_or_null(row.stage)).field("owner", text_or_null(row.owner));
  json.field("entered_before", row.entered_before).field("entered_now", row.entered_now);
  json.field("mature_before", row.mature_before).field("mature_now", row.mature_now);
  json.key("dwell");
  if (row.dwell) {
    json.begin_object().field("within_seconds", seconds(row.dwell->within));
    json.field("before_hours", row.dwell->before_hours).field("now_hours", row.dwell->now_hours).end_object();
  } else {
    json.null();
  }
  json.key("signals").begin_array();
  for (const SignalChange& change : row.signals) write(json, change);
  json.end_array().end_object();
}

void write(JsonWriter& json, std::string_view key, const std::optional<ScaleSummary>& score) {
  json.key(key);
  if (!score) {
    json.null();
    return;
  }
  json.begin_object().field("responses", score->responses).field("mean", score->mean);
  json.field("standard_error", score->standard_error).field("nps", score->nps);
  json.field("nps_standard_error", score->nps_standard_error).end_object();
}

/// Rows of the CSV; what a row has not is empty.
class Rows {
 public:
  Rows() {
    for (const char* head : {"level",     "touchpoint", "label_before", "label_now",  "figure",
                             "cut",       "part",       "before",       "n_before",   "n_eff_before",
                             "now",       "n_now",      "n_eff_now",    "difference", "low",
                             "high",      "p",          "p_adjusted",   "verdict",    "share_before",
                             "share_now", "mix",        "rate",         "residual",   "reversal"}) {
      csv_.text(head);
    }
    csv_.end_row();
  }

  void add(const TouchpointChange& row) {
    for (const SignalChange& change : row.signals) {
      const bool both = change.difference().has_value();
      start("signal", &row, name(change.signal), "", "");
      sides(change.before, change.now);
      numbers({change.difference(), if_(both, change.interval.low), if_(both, change.interval.high),
               if_(change.tested, change.p), if_(change.tested, change.p_adjusted)});
      csv_.text(name(change.verdict));
      finish(6);
      for (const Decomposition& split : change.splits) add(&row, name(change.signal), split);
    }
    if (!row.dwell) return;
    start("touchpoint", &row, "dwell_hours", "", "");
    plain(row.dwell->before_hours, row.entered_before, row.dwell->now_hours, row.entered_now);
  }

  void add(const TouchpointChange* row, std::string_view figure, const Decomposition& split) {
    start("split", row, figure, split.cut, "");
    numbers({split.before, {}, {}, split.now, {}, {}, split.difference(), {}, {}, {}, {}});
    csv_.empty();
    numbers({{}, {}, split.mix, split.rate, split.residual});
    csv_.text(split.reversal ? "true" : "false").end_row();
    for (const PartChange& part : split.parts) {
      start("part", row, figure, split.cut, part.part);
      sides(part.before, part.now);
      const bool both = part.before && part.now;
      numbers({if_(both, both ? part.now->rate - part.before->rate : 0), {}, {}, {}, {}});
      csv_.empty();
      numbers({part.share_before, part.share_now, part.effect.mix, part.effect.rate});
      finish(2);
    }
  }

  void add(const AchievedChange& achieved) {
    start("journey", nullptr, "achieved", "", "");
    sides(achieved.before, achieved.now);
    numbers({achieved.now.rate - achieved.before.rate, achieved.interval.low, achieved.interval.high});
    finish(9);
  }

  void add(const ScoreChange& change) {
    const auto value = [](const std::optional<ScaleSummary>& score) -> std::optional<double> {
      if (!score) return std::nullopt;
      return score->nps ? *score->nps : score->mean;
    };
    const bool nps = change.scale == Scale::nps;
    start("journey", nullptr,
          nps ? std::string(name(change.scale)) : fmt::format("{}_mean", name(change.scale)), "", "");
    plain(value(change.before), change.before ? change.before->responses : 0, value(change.now),
          change.now ? change.now->responses : 0);
  }

  [[nodiscard]] const std::string& str() const { return csv_.str(); }

 private:
  static std::optional<double> if_(bool there, double number) {
    return there ? std::optional(number) : std::nullopt;
  }
  void start(std::string_view level, const TouchpointChange* row, std::string_view figure,
             std::string_view cut, std::string_view part) {
    csv_.text(level).text(row == nullptr ? "" : row->touchpoint);
    csv_.text(row == nullptr ? "" : row->label_before).text(row == nullptr ? "" : row->label_now);
    csv_.text(figure).text(cut).text(part);
  }
  void numbers(std::initializer_list<std::optional<double>> list) {
    for (const std::optional<double>& number : list) number ? csv_.number(*number) : csv_.empty();
  }
  void sides(const std::optional<ComparedRate>& before, const std::optional<ComparedRate>& now) {
    for (const auto* side : {&before, &now}) {
      if (*side) {
        csv_.number((*side)->rate).number((*side)->n).number((*side)->sample.n);
      } else {
        csv_.empty().empty().empty();
      }
    }
  }
  void plain(const std::optional<double>& before, std::uint64_t n_before, const std::optional<double>& now,
             std::uint64_t n_now) {
    numbers({before});
    csv_.number(n_before).empty();
    numbers({now});
    csv_.number(n_now).empty();
    numbers({if_(before && now, now.value_or(0) - before.value_or(0))});
    finish(11);
  }
  /// So many empty cells to the end.
  void finish(int cells) {
    for (; cells > 0; --cells) csv_.empty();
    csv_.end_row();
  }

  Csv csv_;
};

}  // namespace

std::string comparison_json(const ComparisonReport& report) {
  JsonWriter json;
  json.begin_object().field("report", "comparison").field("format", std::uint64_t{1});
  json.field("journey", report.journey).field("title", report.title);
  json.field("as_of", format_instant(report.as_of));
  json.field("compared", report.now.version ? "versions" : "periods").field("q", report.q);
  write(json, "before", report.before);
  write(json, "now", report.now);
  json.key("signals").begin_array();
  for (const SignalTests& tests : report.tests) {
    json.begin_object().field("signal", name(tests.signal)).field("tested", std::uint64_t{tests.tested});
    json.field("beyond_chance", std::uint64_t{tests.beyond_chance});
    json.field("expected_false", tests.expected_false).end_object();
  }
  json.end_array().key("touchpoints").begin_array();
  for (const TouchpointChange& row : report.touchpoints) write(json, row);
  json.end_array().key("journey_drop_off");
  report.journey_drop_off ? write(json, *report.journey_drop_off) : static_cast<void>(json.null());
  json.key("achieved");
  if (report.achieved) {
    json.begin_object().field("within_seconds", seconds(report.achieved->within));
    write(json, "before", report.achieved->before);
    write(json, "now", report.achieved->now);
    json.field("difference", report.achieved->now.rate - report.achieved->before.rate);
    json.key("interval").raw(interval_of(report.achieved->interval)).end_object();
  } else {
    json.null();
  }
  json.key("scores").begin_array();
  for (const ScoreChange& change : report.scores) {
    json.begin_object().field("scale", name(change.scale));
    write(json, "before", change.before);
    write(json, "now", change.now);
    json.end_object();
  }
  json.end_array().key("assumptions").begin_array();
  for (const std::string& sentence : assumptions(report)) json.value(sentence);
  json.end_array().end_object();
  return std::move(json).str();
}

std::string comparison_csv(const ComparisonReport& report) {
  Rows rows;
  for (const TouchpointChange& row : report.touchpoints) rows.add(row);
  if (report.journey_drop_off) rows.add(nullptr, name(Signal::drop_off), *report.journey_drop_off);
  if (report.achieved) rows.add(*report.achieved);
  for (const ScoreChange& change : report.scores) rows.add(change);
  return rows.str();
}

}  // namespace lotse
