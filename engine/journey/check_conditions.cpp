#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "engine/expression/outcomes.hpp"
#include "engine/journey/checks.hpp"

namespace lotse {
namespace {

/// Something that holds of a path where one condition stands, beside what holds of it everywhere.
struct KnownHere {
  std::string path;
  KnownValue value;
  std::string why;  ///< the hint, where the condition never holds for this alone
};

/// Properties and traits are JSON, which has no NaN; so have fields that are captured from them as they are.
bool is_plain_path(const Expression& value) {
  const std::string& text = value.source();
  constexpr std::string_view of_paths = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.";
  return (text.starts_with("event.") || text.starts_with("customer.")) &&
         text.find_first_not_of(of_paths) == std::string::npos;
}

class ConditionCheck {
 public:
  ConditionCheck(Findings& findings, const Draft& draft)
      : findings_(findings), draft_(draft), journey_(draft.journey) {
    known_["event"].finite = true;
    known_["customer"].finite = true;
    known_["now"] = {.kind = TypeKind::timestamp, .there = true};
    for (const Touchpoint& touchpoint : journey_.touchpoints) {
      known_["visits." + touchpoint.id] = {.kind = TypeKind::integer, .there = true, .least = 0};
    }
    for (const ContextField& field : journey_.context) {
      known_["context." + field.name] = {
          .kind = field.type.kind, .there = field.initial.has_value(), .finite = true};
    }
    const auto learn = [&](const std::vector<Capture>& captures) {
      for (const Capture& capture : captures) learn_from(capture);
    };
    for (const Touchpoint& touchpoint : journey_.touchpoints) learn(touchpoint.capture);
    for (const RememberRule& rule : journey_.remember) learn(rule.capture);
  }

  void check() {
    for (std::size_t i = 0; i < journey_.touchpoints.size(); ++i) {
      const Touchpoint& touchpoint = journey_.touchpoints[i];
      if (draft_.touchpoints[i].when) check_own(touchpoint, *draft_.touchpoints[i].when);
      for (std::size_t k = 0; k < touchpoint.next.size(); ++k) {
        const auto& when = draft_.touchpoints[i].next[k].when;
        if (when) check_on_the_way(touchpoint, touchpoint.next[k], *when);
      }
    }
    for (const TransitionSource& source : draft_.anywhere) {
      if (source.when) check(*source.when, {}, always_hint);
    }
    for (const PlacedExpression& condition : draft_.rule_conditions) check(condition, {}, always_hint);
  }

 private:
  static constexpr std::string_view always_hint = "leave `when` out";

  /// A null clears its field; what is no property as it came may be the result of a division.
  void learn_from(const Capture& capture) {
    KnownValue& field = known_["context." + at(journey_.context, capture.field).name];
    const TypeKind gives = capture.value.type().kind;
    if (gives == TypeKind::dyn || gives == TypeKind::null) field.there = false;
    if (!is_plain_path(capture.value) && !capture.value.constant()) field.finite = false;
  }

  void check_own(const Touchpoint& touchpoint, const PlacedExpression& when) {
    auto here = told_by_event(touchpoint);
    if (!journey_.migrate) {
      const KnownValue none{.kind = TypeKind::integer, .there = true, .least = 0, .most = 0};
      here.push_back(
          {"visits." + touchpoint.id, none,
           fmt::format("`visits.{0}` is 0 until this holds for the first time: `{0}` is counted when "
                       "it is reached",
                       touchpoint.id)});
    }
    if (touchpoint.kind != TouchpointKind::milestone) return check(when, here, always_hint);
    if (is_reached_late(touchpoint) && holds_always(when.expression)) return;
    check(when, here, "it is reached at once: let it ask for something, or reach it by a delay (`after`)");
  }

  void check_on_the_way(const Touchpoint& carrier, const Transition& transition,
                        const PlacedExpression& when) {
    std::vector<KnownHere> here;
    if (transition.trigger == TransitionTrigger::event && transition.on.empty() && transition.to) {
      here = told_by_event(at(journey_.touchpoints, *transition.to));
    }
    if (!journey_.migrate) {
      const KnownValue once{.kind = TypeKind::integer, .there = true, .least = 1};
      here.push_back({"visits." + carrier.id, once,
                      fmt::format("`visits.{0}` is at least 1 here: `{0}` has been reached", carrier.id)});
    }
    check(when, here, always_hint);
  }

  /// An event reaches an inbound touchpoint only in its channels and with one of its types.
  [[nodiscard]] std::vector<KnownHere> told_by_event(const Touchpoint& inbound) const {
    std::vector<KnownHere> here;
    const auto tell = [&](const char* path, const auto& indices, const auto& names, const char* key) {
      KnownValue known{.kind = TypeKind::string, .there = true};
      for (const auto index : indices) known.one_of.emplace_back(at(names, index));
      if (known.one_of.empty()) return;
      here.push_back({path, std::move(known), fmt::format("see the `{}` of `{}`", key, inbound.id)});
    };
    tell("channel", inbound.channels, journey_.channels, "channels");
    tell("event.meta.channel", inbound.channels, journey_.channels, "channels");
    tell("event.meta.type", inbound.on, journey_.event_types, "on");
    return here;
  }

  /// Whether a milestone that always holds is of use: some way there waits, or asks for something itself.
  [[nodiscard]] bool is_reached_late(const Touchpoint& milestone) const {
    const auto leads_there_late = [&](const Transition& transition) {
      return transition.to && &at(journey_.touchpoints, *transition.to) == &milestone &&
             (is_timed(transition) || transition.when);
    };
    return std::ranges::any_of(journey_.anywhere, leads_there_late) ||
           std::ranges::any_of(journey_.touchpoints, [&](const Touchpoint& touchpoint) {
             return std::ranges::any_of(touchpoint.next, leads_there_late);
           });
  }

  void check(const PlacedExpression& condition, const std::vector<KnownHere>& here,
             std::string_view hint_where_always) {
    const Mark at = condition.site.place(findings_, 0);
    const Expression& expression = condition.expression;
    if (const auto& constant = expression.constant()) {
      if (constant->boolean() == nullptr) return;
      if (*constant->boolean()) {
        findings_.warning("J050", at, "this condition always holds", std::string(hint_where_always));
      } else {
        findings_.error("J050", at, "this condition never holds", "leave out what it belongs to");
      }
      return;
    }
    const Outcomes possible = outcomes(expression, here);
    if (!possible.holds) {
      findings_.warning("J050", at, "this condition never holds", why_never(expression, here));
    } else if (!outcomes(expression, lasting(here)).refuses) {
      findings_.warning("J050", at,
                        possible.fails ? "this condition is never false: it holds, or something is not there"
                                       : "this condition always holds",
                        possible.fails ? "ask `has(…)` if that is meant" : std::string(hint_where_always));
    }
  }

  /// What holds only until the touchpoint is reached first says nothing about always.
  static std::vector<KnownHere> lasting(std::vector<KnownHere> here) {
    std::erase_if(here, [](const KnownHere& known) { return known.value.most.has_value(); });
    return here;
  }

  [[nodiscard]] std::string why_never(const Expression& expression, const std::vector<KnownHere>& here) {
    if (!possible_outcomes(expression).holds) return "its parts contradict each other";
    if (!outcomes(expression, {}).holds)
      return "see what its fields can be: their types, counts from 0, no `null`";
    for (const KnownHere& known : here) {
      if (!outcomes(expression, {known}).holds) return known.why;
    }
    return "see what its fields can be where it stands";
  }

  /// With what is known everywhere and `here`.
  [[nodiscard]] Outcomes outcomes(const Expression& expression, const std::vector<KnownHere>& here) {
    KnownValues replaced;
    std::vector<std::string> added;
    for (const KnownHere& known : here) {
      const auto [found, is_new] = known_.try_emplace(known.path, known.value);
      if (is_new) {
        added.push_back(known.path);
      } else {
        replaced.emplace(known.path, std::exchange(found->second, known.value));
      }
    }
    const Outcomes possible = possible_outcomes(expression, known_);
    for (auto& [path, value] : replaced) known_[path] = std::move(value);
    for (const std::string& path : added) known_.erase(path);
    return possible;
  }

  Findings& findings_;
  const Draft& draft_;
  const Journey& journey_;
  KnownValues known_;  ///< everywhere in the journey
};

}  // namespace

void check_conditions(Findings& findings, const Draft& draft) { ConditionCheck(findings, draft).check(); }

}  // namespace lotse
