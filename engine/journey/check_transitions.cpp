#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "engine/journey/checks.hpp"

namespace lotse {
namespace {

constexpr std::uint32_t whole = 10'000;  // of a split, in hundredths of a per cent

std::string percent(std::uint32_t share) { return fmt::format("{:g}", static_cast<double>(share) / 100); }

/// The shares of each split of one list make a whole.
void check_splits(Findings& findings, const Journey& journey, const std::vector<Transition>& transitions,
                  const std::vector<TransitionSource>& sources) {
  for (std::uint32_t split = 0; split < journey.splits.size(); ++split) {
    const yaml::Node* first = nullptr;
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < transitions.size(); ++i) {
      if (transitions[i].split != SplitIndex(split)) continue;
      if (first == nullptr) first = sources[i].node->find("split");
      const std::uint32_t share = transitions[i].share_to - transitions[i].share_from;
      sum += share;
      if (share == 0) {
        findings.error("J044", sources[i].node->find("share")->mark, "an arm with no share gets nobody",
                       "give it at least 0.01, or leave it out");
      }
    }
    if (first == nullptr || sum == whole) continue;
    findings.error(
        "J044", first->mark,
        fmt::format("the shares of `{}` add up to {}, not to 100", journey.splits[split], percent(sum)),
        sum < whole
            ? fmt::format("give the missing {} to an arm, or add `{{hold: true, split: {}, share: {}}}`",
                          percent(whole - sum), journey.splits[split], percent(whole - sum))
            : "");
  }
}

/// A milestone of the list that is reached the moment the list is looked at.
std::optional<TouchpointIndex> always_next(const Journey& journey,
                                           const std::vector<Transition>& transitions) {
  for (const Transition& transition : transitions) {
    if (!transition.to || transition.trigger != TransitionTrigger::at_once || transition.split) continue;
    const Touchpoint& target = at(journey.touchpoints, *transition.to);
    const bool milestone = target.kind == TouchpointKind::milestone;
    if (milestone && holds_always(transition.when) && target.when && holds_always(target.when))
      return transition.to;
  }
  return std::nullopt;
}

void check_delays(Findings& findings, const Draft& draft, const std::vector<Transition>& transitions,
                  const std::vector<TransitionSource>& sources) {
  const auto leaves_at_once = always_next(draft.journey, transitions);
  for (std::size_t i = 0; i < transitions.size(); ++i) {
    const Transition& transition = transitions[i];
    if (!is_timed(transition)) continue;
    const yaml::Node& node = *sources[i].node;
    if (leaves_at_once) {
      findings.error(
          "J049", node.mark,
          fmt::format("this delay never runs out: `{}` always holds, so the customer moves on at once",
                      at(draft.journey.touchpoints, *leaves_at_once).id));
    }
    if (transition.trigger == TransitionTrigger::calendar && !transition.at.from && transition.at.days < 0) {
      findings.error("J049", node.find("at")->find("days")->mark,
                     transition.at.skip_if_past
                         ? "days before the touchpoint was reached are always past, so this never happens"
                         : "days before the touchpoint was reached are always past, so this is no delay",
                     "count from an instant: `from: context.FIELD`");
    }
  }
}

}  // namespace

bool is_timed(const Transition& transition) {
  return transition.trigger == TransitionTrigger::elapsed ||
         transition.trigger == TransitionTrigger::calendar;
}

bool holds_always(const std::optional<Expression>& condition) {
  if (!condition) return true;
  const auto& constant = condition->constant();
  return constant && constant->boolean() != nullptr && *constant->boolean();
}

void check_transitions(Findings& findings, const Draft& draft) {
  const Journey& journey = draft.journey;
  const auto check_list = [&](const std::vector<Transition>& transitions,
                              const std::vector<TransitionSource>& sources) {
    check_splits(findings, journey, transitions, sources);
    check_delays(findings, draft, transitions, sources);
  };
  for (std::size_t i = 0; i < journey.touchpoints.size(); ++i) {
    check_list(journey.touchpoints[i].next, draft.touchpoints[i].next);
  }
  check_list(journey.anywhere, draft.anywhere);
}

}  // namespace lotse
