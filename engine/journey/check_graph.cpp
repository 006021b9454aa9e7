#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <map>

#include "engine/journey/checks.hpp"
#include "engine/journey/graph.hpp"

namespace lotse {
namespace {

std::vector<std::uint32_t> starts_of(const Journey& journey) {
  std::vector<std::uint32_t> starts;
  for (std::uint32_t i = 0; i < journey.touchpoints.size(); ++i) {
    if (journey.touchpoints[i].start) starts.push_back(i);
  }
  return starts;
}

void check_reached(Findings& findings, const Draft& draft) {
  const Journey& journey = draft.journey;
  const auto starts = starts_of(journey);
  if (starts.empty()) {
    findings.error("J040", draft.root->find_entry("touchpoints")->key->mark,
                   "no touchpoint starts the journey", "add `start: true` to the one where it begins");
    return;
  }
  const auto reached = reachable(journey.touchpoints.size(), edges_of(journey), starts);
  for (std::uint32_t i = 0; i < journey.touchpoints.size(); ++i) {
    const Touchpoint& touchpoint = journey.touchpoints[i];
    const Mark& at = draft.touchpoints[i].key->mark;
    if (!reached[i]) {
      findings.error("J041", at, fmt::format("no path leads from a start to `{}`", touchpoint.id),
                     "add it to the `next` of the touchpoint before it, or to `anywhere`");
    } else if (can_be_position(touchpoint) && !touchpoint.goal && !touchpoint.ends &&
               !has_way_on(journey, i)) {
      findings.error(
          "J042", at,
          fmt::format("`{}` is a dead end: who gets here can only fall silent and count as dropped",
                      touchpoint.id),
          "add a `next`, or say `goal: true` or `ends: OUTCOME`");
    }
  }
}

/// A shortest way round inside one strongly connected part, from its first touchpoint back to it.
std::vector<std::uint32_t> way_round(const std::vector<std::uint32_t>& part, const std::vector<Edge>& edges) {
  const auto inside = [&](std::uint32_t i) { return std::binary_search(part.begin(), part.end(), i); };
  std::map<std::uint32_t, std::uint32_t> came_from;
  std::deque<std::uint32_t> open{part.front()};
  while (!open.empty()) {
    const std::uint32_t at = open.front();
    open.pop_front();
    for (const auto& [from, to] : edges) {
      if (from != at || !inside(to) || !came_from.emplace(to, at).second) continue;
      open.push_back(to);
    }
  }
  std::vector<std::uint32_t> way{part.front()};
  do {
    way.push_back(came_from.at(way.back()));
  } while (way.back() != part.front());
  std::reverse(way.begin(), way.end());
  return way;
}

std::string describe_way(const Journey& journey, const std::vector<std::uint32_t>& way) {
  std::vector<std::string> names;
  for (const std::uint32_t i : way) names.push_back(fmt::format("`{}`", journey.touchpoints[i].id));
  return fmt::format("{}", fmt::join(names, " → "));
}

void check_cycles(Findings& findings, const Draft& draft) {
  const Journey& journey = draft.journey;
  std::vector<Edge> at_once;
  std::vector<Edge> unasked;  // by time as well: all that needs no event
  for (std::uint32_t from = 0; from < journey.touchpoints.size(); ++from) {
    for (const Transition& transition : journey.touchpoints[from].next) {
      if (!transition.to || transition.trigger == TransitionTrigger::event) continue;
      unasked.emplace_back(from, transition.to->value());
      if (transition.trigger == TransitionTrigger::at_once) at_once.push_back(unasked.back());
    }
  }
  const std::size_t count = journey.touchpoints.size();
  const auto endless = cyclic_parts(count, at_once);
  for (const auto& part : endless) {
    findings.error("J046", draft.touchpoints[part.front()].key->mark,
                   fmt::format("{} goes round without an event or a delay",
                               describe_way(journey, way_round(part, at_once))),
                   "break it by a delay (`after`), an event (`on`), or leave one transition out");
  }
  for (const auto& part : cyclic_parts(count, unasked)) {
    const bool said =
        std::any_of(endless.begin(), endless.end(), [&](const std::vector<std::uint32_t>& other) {
          return std::includes(part.begin(), part.end(), other.begin(), other.end());
        });
    if (said) continue;
    findings.warning("J047", draft.touchpoints[part.front()].key->mark,
                     fmt::format("{} repeats for ever while the customer is silent",
                                 describe_way(journey, way_round(part, unasked))),
                     "who is still to be reminded never counts as dropped; end the round somewhere");
  }
}

bool same_condition(const std::optional<Expression>& a, const std::optional<Expression>& b) {
  return a && b && a->source() == b->source();
}

/// Whether whatever the later condition lets through, the earlier lets through as well.
bool covers(const std::optional<Expression>& earlier, const std::optional<Expression>& later) {
  return !earlier || same_condition(earlier, later);
}

template <class T>
bool is_subset(std::vector<T> part, std::vector<T> whole) {
  std::sort(part.begin(), part.end());
  std::sort(whole.begin(), whole.end());
  return std::includes(whole.begin(), whole.end(), part.begin(), part.end());
}

/// Of two transitions in one list that move the position: the earlier always wins.
bool shadows(const Journey& journey, const Transition& earlier, const Transition& later) {
  if (!earlier.to || !later.to || earlier.split || earlier.trigger != later.trigger) return false;
  const Touchpoint& first = at(journey.touchpoints, *earlier.to);
  const Touchpoint& second = at(journey.touchpoints, *later.to);
  if (first.kind != second.kind || !can_be_position(first) || !covers(earlier.when, later.when)) return false;
  if (earlier.to == later.to)
    return earlier.trigger != TransitionTrigger::elapsed && earlier.trigger != TransitionTrigger::calendar;
  if (first.kind == TouchpointKind::milestone) {
    return earlier.trigger == TransitionTrigger::at_once && same_condition(first.when, second.when);
  }
  const bool channels =
      first.channels.empty() || (!second.channels.empty() && is_subset(second.channels, first.channels));
  return channels && is_subset(second.on, first.on) && covers(first.when, second.when);
}

void check_shadows(Findings& findings, const Journey& journey, const std::vector<Transition>& transitions,
                   const std::vector<TransitionSource>& sources) {
  for (std::size_t later = 1; later < transitions.size(); ++later) {
    for (std::size_t earlier = 0; earlier < later; ++earlier) {
      if (!shadows(journey, transitions[earlier], transitions[later])) continue;
      const auto name = [&](const Transition& transition) {
        return at(journey.touchpoints, *transition.to).id;
      };
      findings
          .error("J043", sources[later].node->mark,
                 fmt::format(
                     "this transition to `{}` never happens: the one to `{}` above it always comes first",
                     name(transitions[later]), name(transitions[earlier])),
                 "put the narrower one first, or tell them apart by `when`")
          .notes.push_back({findings.location(sources[earlier].node->mark), "it comes first"});
      break;
    }
  }
}

void check_ends(Findings& findings, const Draft& draft) {
  const Journey& journey = draft.journey;
  for (std::size_t i = 0; i < journey.touchpoints.size(); ++i) {
    const Touchpoint& touchpoint = journey.touchpoints[i];
    if (!touchpoint.ends || touchpoint.next.empty()) continue;
    findings.error("J045", draft.touchpoints[i].node->find_entry("next")->key->mark,
                   fmt::format("`{}` ends the instance, so nothing comes next", touchpoint.id),
                   "leave `next` out, or `ends`");
  }
}

void check_stages(Findings& findings, const Draft& draft) {
  const Journey& journey = draft.journey;
  for (std::uint32_t i = 0; i < journey.stages.size(); ++i) {
    const auto here = [&](const Touchpoint& touchpoint) { return touchpoint.stage == StageIndex(i); };
    if (std::any_of(journey.touchpoints.begin(), journey.touchpoints.end(), here)) continue;
    findings.warning("J058", draft.root->find("stages")->items[i]->mark,
                     fmt::format("no touchpoint is in the stage `{}`", journey.stages[i]),
                     fmt::format("add `stage: {}` to one, or leave it out", journey.stages[i]));
  }
}

void check_promises(Findings& findings, const Draft& draft, const GraphFacts& facts) {
  const Journey& journey = draft.journey;
  for (std::size_t i = 0; i < journey.promises.size(); ++i) {
    const JourneyPromise& promise = journey.promises[i];
    if (at(facts.reaches[promise.from.value()], promise.until)) continue;
    const yaml::Node* node = draft.root->find("promises")->items[i];
    findings.error(
        "J057", node->find("until")->mark,
        fmt::format("no path leads from `{}` to `{}`, so this promise cannot be kept",
                    at(journey.touchpoints, promise.from).id, at(journey.touchpoints, promise.until).id),
        "are `from` and `until` the wrong way round?");
  }
}

}  // namespace

bool can_be_position(const Touchpoint& touchpoint) {
  return touchpoint.kind == TouchpointKind::inbound || touchpoint.kind == TouchpointKind::milestone;
}

bool has_way_on(const Journey& journey, std::uint32_t at) {
  std::vector<bool> seen(journey.touchpoints.size());
  std::deque<std::uint32_t> open{at};
  seen[at] = true;
  const auto leads_on = [&](const Transition& transition) {
    if (!transition.to) return false;
    const std::uint32_t to = transition.to->value();
    const Touchpoint& target = journey.touchpoints[to];
    if (to != at && (can_be_position(target) || target.ends)) return true;
    if (!seen[to] && !can_be_position(target)) open.push_back(to);
    seen[to] = true;
    return false;
  };
  if (std::any_of(journey.anywhere.begin(), journey.anywhere.end(), leads_on)) return true;
  while (!open.empty()) {  // each touchpoint enters once
    const Touchpoint& carrier = journey.touchpoints[open.front()];
    open.pop_front();
    if (std::any_of(carrier.next.begin(), carrier.next.end(), leads_on)) return true;
  }
  return false;
}

void check_graph(Findings& findings, const Draft& draft) {
  const Journey& journey = draft.journey;
  check_reached(findings, draft);
  check_cycles(findings, draft);
  if (draft.expressions_read) {
    for (std::size_t i = 0; i < journey.touchpoints.size(); ++i) {
      check_shadows(findings, journey, journey.touchpoints[i].next, draft.touchpoints[i].next);
    }
    check_shadows(findings, journey, journey.anywhere, draft.anywhere);
  }
  check_ends(findings, draft);
  check_stages(findings, draft);
  check_promises(findings, draft, journey.graph);
}

}  // namespace lotse
