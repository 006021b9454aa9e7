#include "engine/report/explanation_figures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>

#include "engine/base/assert.hpp"

namespace lotse {
namespace {

double seconds(Duration duration) { return static_cast<double>(duration.count()) / 1000; }

std::optional<std::string> text_of(const std::optional<Instant>& instant) {
  return instant ? std::optional(format_instant(*instant)) : std::nullopt;
}

void write(JsonWriter& json, std::string_view key, const Interval& interval) {
  json.key(key).raw(fmt::format("[{}, {}]", json_number(interval.low), json_number(interval.high)));
}

class Figures {
 public:
  Figures(JsonWriter& json, const Explanation& explanation)
      : json_(json),
        report_(explanation.report),
        finding_(explanation.finding),
        row_(row_of(report_, finding_)),
        judgement_(judgement_of(report_, finding_)),
        peers_(explanation.peers.size()) {}

  void write_all() {
    json_.begin_object();
    population();
    stays();
    estimate();
    baseline();
    test();
    json_.end_object();
  }

 private:
  void population() {
    json_.key("population").begin_object();
    json_.field("customers", report_.customers).field("instances", report_.instances);
    json_.field("stays", report_.stays).field("from", text_of(report_.from)).field("to", text_of(report_.to));
    json_.field("where", report_.where.empty() ? std::nullopt : std::optional(report_.where));
    json_.field("achieved_observed", report_.stays > 0 ? report_.achieved_observed : std::nullopt);
    json_.end_object();
  }

  /// Of all touchpoints together none are counted.
  void stays() {
    json_.key("stays");
    if (finding_.scope == Scope::overall) {
      json_.null();
      return;
    }
    json_.begin_object().field("entered", row_.entered).field("customers", row_.customers);
    json_.field("resolved", row_.resolved).field("open", row_.open).field("mature", row_.mature);
    json_.field("horizon_seconds", seconds(row_.horizon)).end_object();
  }

  /// What was counted one by one; nothing where the rate is an estimate under censoring.
  [[nodiscard]] const Proportion* counted() const {
    switch (finding_.signal) {
      case Signal::drop_off:
      case Signal::escalation:
        return nullptr;
      case Signal::negative_feedback:
        return &row_.feedback.negative;
      case Signal::broken_promise:
        return &row_.past_promise;
      case Signal::forced_hop:
        return &row_.forced;
      case Signal::repeat:
        return &row_.repeated;
      case Signal::lost_context:
        return &row_.lost_context;
    }
    LOTSE_ASSERT(false);
  }

  void estimate() {
    const Proportion* counts = counted();
    const bool drops = finding_.signal == Signal::drop_off;
    const bool late = finding_.signal == Signal::broken_promise;
    const auto count = [&](std::uint64_t Proportion::* member) {
      return counts == nullptr ? std::nullopt : std::optional(counts->*member);
    };
    json_.key("estimate").begin_object();
    json_.field("x", count(&Proportion::x)).field("n", count(&Proportion::n));
    // The row's variance has the design effect in it.
    json_.field("variance", drops ? std::optional(row_.drop_variance / row_.design_effect) : std::nullopt);
    json_.field("design_effect", drops ? std::optional(row_.design_effect) : std::nullopt);
    json_.field("mean_lateness_seconds", late ? std::optional(seconds(row_.mean_lateness)) : std::nullopt);
    json_.field("n_eff", judgement_.sample.n).field("rate", judgement_.rate);
    write(json_, "interval", judgement_.interval);
    json_.end_object();
  }

  void baseline() {
    const bool compared = judgement_.source != BaselineSource::none;
    const bool history = judgement_.source == BaselineSource::history;
    json_.key("baseline").begin_object().field("source", name(judgement_.source));
    json_.field("rate", compared ? std::optional(judgement_.baseline) : std::nullopt);
    json_.field("cells", std::uint64_t{peers_}).field("shrunk", judgement_.shrunk);
    json_.field("from", history ? text_of(report_.history_from) : std::nullopt);
    json_.field("to", history ? text_of(report_.from) : std::nullopt).end_object();
  }

  void test() {
    json_.key("test");
    if (judgement_.source == BaselineSource::none) {
      json_.null();
      return;
    }
    json_.begin_object().field("excess", judgement_.rate - judgement_.baseline);
    write(json_, "excess_interval", judgement_.excess);
    json_.field("margin", judgement_.margin).field("tested", judgement_.tested);
    json_.field("more_needed", judgement_.more_needed);
    probabilities();
    explained();
    json_.field("affected", judgement_.affected).field("affected_low", judgement_.affected_low);
    json_.field("reach", judgement_.reach).end_object();
  }

  void probabilities() {
    const auto summary = std::ranges::find(report_.signals, finding_.signal, &SignalSummary::signal);
    LOTSE_ASSERT(summary != report_.signals.end());
    const auto of_tested = [&](double p) { return judgement_.tested ? std::optional(p) : std::nullopt; };
    json_.field("q", report_.q).field("m", std::uint64_t{summary->tested});
    json_.field("p_plain_alone", of_tested(judgement_.p_plain_alone));
    json_.field("p_plain", of_tested(judgement_.p_plain));
    json_.field("p_material_alone", of_tested(judgement_.p_material_alone));
    json_.field("p_material", of_tested(judgement_.p_material));
  }

  void explained() {
    const auto own = std::ranges::find_if(report_.explained, [&](const ExplainedPart& part) {
      return part.scope == finding_.scope && part.row == finding_.row && part.signal == finding_.signal;
    });
    json_.key("explained");
    if (own == report_.explained.end()) {
      json_.null();
      return;
    }
    json_.begin_object().field("segment", own->segment).field("odds_ratio", own->crude.ratio);
    write(json_, "odds_ratio_interval", own->crude.interval);
    json_.field("adjusted", own->adjusted.ratio);
    write(json_, "adjusted_interval", own->adjusted.interval);
    json_.end_object();
  }

  JsonWriter& json_;
  const FrictionReport& report_;
  const Finding& finding_;
  const FrictionRow& row_;
  const Judgement& judgement_;
  std::size_t peers_;
};

}  // namespace

void write_figures(JsonWriter& json, const Explanation& explanation) {
  Figures(json, explanation).write_all();
}

}  // namespace lotse
