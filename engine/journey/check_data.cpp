#include <fmt/format.h>

#include <algorithm>

#include "engine/journey/checks.hpp"
#include "engine/journey/expressions.hpp"

namespace lotse {
namespace {

/// Why `event` may have no value on reaching a touchpoint: the transition by which it is reached without one.
/// Nothing where each way there has an event.
using NoEvent = std::vector<std::optional<Location>>;

NoEvent reached_without_event(const Draft& draft) {
  const Journey& journey = draft.journey;
  NoEvent without(journey.touchpoints.size());
  for (std::size_t i = 0; i < without.size(); ++i) {
    const Touchpoint& touchpoint = journey.touchpoints[i];
    if (touchpoint.kind == TouchpointKind::milestone) without[i] = touchpoint.where;
  }
  bool changed = true;
  const auto follow = [&](const Transition& transition, bool carrier_without) {
    if (!transition.to) return;
    const bool timed =
        transition.trigger == TransitionTrigger::elapsed || transition.trigger == TransitionTrigger::calendar;
    const bool passed_on = transition.trigger == TransitionTrigger::at_once && carrier_without;
    auto& target = without[transition.to->value()];
    if (target || (!timed && !passed_on)) return;
    target = transition.where;
    changed = true;
  };
  while (changed) {  // each round settles at least one touchpoint
    changed = false;
    for (std::size_t i = 0; i < without.size(); ++i) {
      for (const Transition& transition : journey.touchpoints[i].next)
        follow(transition, without[i].has_value());
    }
    const bool some_milestone =
        std::any_of(journey.touchpoints.begin(), journey.touchpoints.end(),
                    [](const Touchpoint& t) { return t.kind == TouchpointKind::milestone; });
    for (const Transition& transition : journey.anywhere) follow(transition, some_milestone);
  }
  return without;
}

/// Messages and tasks that a delay may lead to have no event; neither has what follows them at once.
void check_events(Findings& findings, const Draft& draft) {
  const Journey& journey = draft.journey;
  const NoEvent without = reached_without_event(draft);
  for (std::size_t i = 0; i < journey.touchpoints.size(); ++i) {
    if (!without[i]) continue;
    const Touchpoint& touchpoint = journey.touchpoints[i];
    const std::string why =
        fmt::format("`{}` can be reached without an event (line {})", touchpoint.id, without[i]->line);
    const Absent absent{.event = true, .why = why};
    const TouchpointSource& source = draft.touchpoints[i];
    if (touchpoint.kind !=
        TouchpointKind::milestone) {  // a milestone's own were looked at when they were read
      for (const PlacedExpression& value : source.capture)
        refuse_absent(findings, value, "this capture", absent);
      for (const PlacedExpression& value : source.with) refuse_absent(findings, value, "this value", absent);
    }
    for (std::size_t next = 0; next < touchpoint.next.size(); ++next) {
      const bool at_once = touchpoint.next[next].trigger == TransitionTrigger::at_once;
      const bool to_milestone =
          touchpoint.next[next].to &&
          at(journey.touchpoints, *touchpoint.next[next].to).kind == TouchpointKind::milestone;
      if (at_once && !to_milestone && source.next[next].when) {
        refuse_absent(findings, *source.next[next].when, "`when`", absent);
      }
    }
  }
}

/// Which touchpoints write a context field, by their captures.
class ContextFlow {
 public:
  ContextFlow(Findings& findings, const Draft& draft)
      : findings_(findings),
        draft_(draft),
        journey_(draft.journey),
        facts_(journey_.graph),
        always_(journey_.context.size()),
        writers_(journey_.context.size()) {
    for (std::size_t field = 0; field < always_.size(); ++field) {
      always_[field] = journey_.context[field].initial.has_value();
    }
    for (const RememberRule& rule : journey_.remember) {
      for (const Capture& capture : rule.capture) always_[capture.field.value()] = true;
    }
    for (std::uint32_t i = 0; i < journey_.touchpoints.size(); ++i) {
      for (const Capture& capture : journey_.touchpoints[i].capture)
        writers_[capture.field.value()].push_back(i);
    }
  }

  void check() {
    for (std::uint32_t i = 0; i < journey_.touchpoints.size(); ++i) check_touchpoint(i);
    for (const TransitionSource& source : draft_.anywhere) {
      check_reads(source.when, [](std::uint32_t) { return true; });
      check_reads(source.from, [](std::uint32_t) { return true; });
    }
    for (const PlacedExpression& expression : draft_.elsewhere) {
      check_reads(expression, [](std::uint32_t) { return true; });
    }
  }

 private:
  void check_touchpoint(std::uint32_t here) {
    const Touchpoint& touchpoint = journey_.touchpoints[here];
    const TouchpointSource& source = draft_.touchpoints[here];
    const auto comes_before = [&](std::uint32_t writer) { return bool{facts_.reaches[writer][here]}; };
    const auto here_or_before = [&](std::uint32_t writer) { return writer == here || comes_before(writer); };
    // While the customer stays, messages and tasks are reached beside, and they may capture as well.
    const auto during_stay = [&](std::uint32_t writer) {
      const TouchpointKind kind = journey_.touchpoints[writer].kind;
      const bool beside = kind == TouchpointKind::outbound || kind == TouchpointKind::handover;
      return here_or_before(writer) || (beside && facts_.reaches[here][writer]);
    };
    check_reads(source.when, comes_before);
    for (const PlacedExpression& value : source.capture) check_reads(value, here_or_before);
    for (const PlacedExpression& value : source.with) check_reads(value, here_or_before);
    check_reads(source.promise, here_or_before);
    for (const TransitionSource& next : source.next) {
      check_reads(next.when, during_stay);
      check_reads(next.from, during_stay);
    }
    for (std::size_t i = 0; i < touchpoint.needs.size(); ++i) {
      const std::uint32_t field = touchpoint.needs[i].value();
      if (always_[field] || !writers_[field].empty()) continue;
      const yaml::Node& needs = *source.node->find("needs");
      never_written(needs.kind == yaml::Kind::sequence ? needs.items[i]->mark : needs.mark, field);
    }
  }

  template <class Counts>
  void check_reads(const std::optional<PlacedExpression>& expression, Counts counts) {
    if (expression) check_reads(*expression, counts);
  }

  /// `counts(writer)`: whether what this touchpoint writes can be there when the expression is read.
  template <class Counts>
  void check_reads(const PlacedExpression& expression, Counts counts) {
    for (const Expression::Reference& reference : expression.expression.references()) {
      if (reference.variable != static_cast<std::uint32_t>(Variable::context) || !reference.field) continue;
      const std::uint32_t field = *reference.field;
      if (always_[field]) continue;
      const Mark at = expression.site.place(findings_, reference.offset);
      const auto& writers = writers_[field];
      if (writers.empty()) {
        never_written(at, field);
      } else if (!reference.only_asked && std::none_of(writers.begin(), writers.end(), counts)) {
        const Touchpoint& writer = journey_.touchpoints[writers.front()];
        findings_
            .warning("J052", at,
                     fmt::format("no path has written `{}` when this is read", journey_.context[field].name),
                     "give it a `default`, or ask `has(context.…)` first")
            .notes.push_back(
                {writer.where,
                 fmt::format("`{}` writes it, and no path leads from there to here", writer.id)});
      }
    }
  }

  void never_written(const Mark& at, std::uint32_t field) {
    findings_.error("J051", at, fmt::format("nothing ever writes `{}`", journey_.context[field].name),
                    "`capture` it at a touchpoint or under `remember`, or give it a `default`");
  }

  Findings& findings_;
  const Draft& draft_;
  const Journey& journey_;
  const GraphFacts& facts_;
  std::vector<bool> always_;  ///< by a default or a remembered fact
  std::vector<std::vector<std::uint32_t>> writers_;
};

}  // namespace

void check_data(Findings& findings, const Draft& draft) {
  check_events(findings, draft);
  ContextFlow(findings, draft).check();
}

}  // namespace lotse
