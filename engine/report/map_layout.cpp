#include "engine/report/map_layout.hpp"

#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lotse::map {

namespace {

constexpr double kMargin = 20;
constexpr double kHeader = 76;  // title and caption
constexpr double kStageHeading = 40;
constexpr double kLaneTitle = 96;
constexpr double kLanePadding = 16;
constexpr double kSlotGap = 26;  // a corridor for curves
constexpr double kTitleLine = 18;
constexpr double kSmallLine = 16;
constexpr std::size_t kNone = static_cast<std::size_t>(-1);

bool is_beside(const Touchpoint& touchpoint) {
  return touchpoint.kind == TouchpointKind::outbound || touchpoint.kind == TouchpointKind::handover;
}

std::size_t count_of(const Journey& journey) { return journey.touchpoints.size(); }

/// Successors of each touchpoint by `next`, each once, in the order of the file. `anywhere` is no edge of the
/// picture.
std::vector<std::vector<std::size_t>> successors(const Journey& journey) {
  std::vector<std::vector<std::size_t>> next(count_of(journey));
  for (std::size_t from = 0; from < next.size(); ++from) {
    for (const Transition& transition : journey.touchpoints[from].next) {
      if (!transition.to) continue;
      const std::size_t to = transition.to->value();
      if (std::ranges::find(next[from], to) == next[from].end()) next[from].push_back(to);
    }
  }
  return next;
}

/// The stage of each touchpoint: its own, else that of the nearest touchpoint before it that has one, else
/// after it.
std::vector<std::size_t> stages_of(const Journey& journey,
                                   const std::vector<std::vector<std::size_t>>& next) {
  std::vector<std::size_t> stage(count_of(journey), kNone);
  for (std::size_t index = 0; index < stage.size(); ++index) {
    if (const auto own = journey.touchpoints[index].stage) stage[index] = own->value();
  }
  if (journey.stages.empty()) {
    std::ranges::fill(stage, 0);
    return stage;
  }
  for (const bool forward : {true, false}) {
    // Breadth first from all that have a stage: each round gives its neighbours theirs.
    for (bool changed = true; changed;) {
      changed = false;
      const std::vector<std::size_t> before = stage;
      for (std::size_t from = 0; from < stage.size(); ++from) {
        for (const std::size_t to : next[from]) {
          const std::size_t giver = forward ? from : to;
          const std::size_t taker = forward ? to : from;
          if (before[giver] == kNone || stage[taker] != kNone) continue;
          stage[taker] = before[giver];
          changed = true;
        }
      }
    }
  }
  std::ranges::replace(stage, kNone, journey.stages.size());  // "any time": reached from anywhere only
  return stage;
}

/// Position → position edges, with messages and tasks between them left out.
std::vector<std::vector<std::size_t>> position_graph(const Journey& journey,
                                                     const std::vector<std::vector<std::size_t>>& next) {
  std::vector<std::vector<std::size_t>> graph(next.size());
  for (std::size_t from = 0; from < next.size(); ++from) {
    if (is_beside(journey.touchpoints[from])) continue;
    std::vector<bool> seen(next.size(), false);
    std::vector<std::size_t> queue = next[from];
    for (std::size_t head = 0; head < queue.size(); ++head) {
      const std::size_t to = queue[head];
      if (seen[to]) continue;
      seen[to] = true;
      if (is_beside(journey.touchpoints[to])) {
        queue.insert(queue.end(), next[to].begin(), next[to].end());
      } else if (to != from) {
        graph[from].push_back(to);
      }
    }
  }
  return graph;
}

/// Drops the edges that close a cycle, found depth first from the starts in the order of the file.
class ForwardEdges {
 public:
  ForwardEdges(const Journey& journey, std::vector<std::vector<std::size_t>> graph)
      : graph_(std::move(graph)), state_(graph_.size(), State::unseen) {
    for (const bool starts : {true, false}) {
      for (std::size_t node = 0; node < graph_.size(); ++node) {
        if (journey.touchpoints[node].start == starts) visit(node);
      }
    }
    std::ranges::reverse(order_);
  }

  /// Of each node, how many steps after the first node of its group; edges between groups do not count.
  [[nodiscard]] std::vector<std::size_t> ranks(const std::vector<std::size_t>& group) const {
    std::vector<std::size_t> rank(graph_.size(), 0);
    for (const std::size_t from : order_) {
      for (const std::size_t to : graph_[from]) {
        if (group[from] == group[to]) rank[to] = std::max(rank[to], rank[from] + 1);
      }
    }
    return rank;
  }

 private:
  enum class State : std::uint8_t { unseen, open, done };

  /// Depth is bounded by the number of touchpoints, which the loader limits to 1,000.
  void visit(std::size_t node) {
    if (state_[node] != State::unseen) return;
    state_[node] = State::open;
    std::erase_if(graph_[node], [&](std::size_t to) {
      visit(to);
      return state_[to] == State::open;
    });
    state_[node] = State::done;
    order_.push_back(node);
  }

  std::vector<std::vector<std::size_t>> graph_;
  std::vector<State> state_;
  std::vector<std::size_t> order_;  // topological once reversed
};

/// A message or task stands in the column of the position that leads to it.
void rank_beside(const Journey& journey, const std::vector<std::vector<std::size_t>>& next,
                 const std::vector<std::size_t>& stage, std::vector<std::size_t>& rank) {
  std::vector<bool> placed(next.size());
  for (std::size_t index = 0; index < next.size(); ++index)
    placed[index] = !is_beside(journey.touchpoints[index]);
  for (bool changed = true; changed;) {
    changed = false;
    for (std::size_t from = 0; from < next.size(); ++from) {
      if (!placed[from]) continue;
      for (const std::size_t to : next[from]) {
        if (placed[to]) continue;
        rank[to] = stage[from] == stage[to] ? rank[from] : 0;
        placed[to] = true;
        changed = true;
      }
    }
  }
}

struct Columns {
  std::vector<std::size_t> of;           // column of each touchpoint
  std::vector<std::size_t> stage_width;  // in columns, by stage; 0: a stage without touchpoints
};

/// Ranks become columns; where there are too many, the widest stage is folded: two ranks share a column.
Columns columns_of(const std::vector<std::size_t>& stage, const std::vector<std::size_t>& rank,
                   std::size_t stages) {
  std::vector<std::size_t> ranks(stages, 0);
  for (std::size_t index = 0; index < stage.size(); ++index) {
    ranks[stage[index]] = std::max(ranks[stage[index]], rank[index] + 1);
  }
  Columns columns{.of = std::vector<std::size_t>(stage.size()), .stage_width = ranks};
  std::size_t total = 0;
  for (const std::size_t width : ranks) total += width;
  for (; total > kColumnBudget; --total) {
    const auto widest = std::ranges::max_element(columns.stage_width);
    if (*widest <= 1) break;
    --*widest;
  }
  for (std::size_t index = 0; index < stage.size(); ++index) {
    const std::size_t own = stage[index];
    std::size_t first = 0;
    for (std::size_t before = 0; before < own; ++before) first += columns.stage_width[before];
    columns.of[index] = first + rank[index] * columns.stage_width[own] / ranks[own];
  }
  return columns;
}

std::string title_of(const MapInput& input, std::string_view channel) {
  for (const auto& [id, title] : input.channel_titles) {
    if (id == channel && !title.empty()) return title;
  }
  return std::string(channel);
}

/// The lane of each touchpoint is its first channel; lanes in the order of channels.yaml, used ones only.
std::vector<Lane> lanes_of(const MapInput& input, std::vector<Card>& cards) {
  const Journey& journey = *input.journey;
  const std::size_t any = journey.channels.size();
  std::vector<std::size_t> channel(cards.size(), any);
  std::set<std::size_t> used;
  for (std::size_t index = 0; index < cards.size(); ++index) {
    const Touchpoint& touchpoint = journey.touchpoints[index];
    if (!touchpoint.channels.empty()) channel[index] = touchpoint.channels.front().value();
    used.insert(channel[index]);
  }
  std::vector<Lane> lanes;
  std::map<std::size_t, std::size_t> lane_of;
  for (const std::size_t index : used) {
    lane_of[index] = lanes.size();
    lanes.push_back({.title = index == any ? "any channel" : title_of(input, journey.channels[index])});
  }
  for (std::size_t index = 0; index < cards.size(); ++index) cards[index].lane = lane_of[channel[index]];
  return lanes;
}

/// Whether there is a transition to `to` (nothing: a hold) among `listed` that no test took.
bool is_missing(const MapCoverage& coverage, const std::vector<Transition>& listed,
                std::optional<TouchpointIndex> to) {
  return std::ranges::any_of(listed, [&](const Transition& transition) {
    return transition.to == to && !coverage.taken[transition.ordinal];
  });
}

/// Of all transitions between the two touchpoints.
Taken taken(const Journey& journey, const MapCoverage& coverage, std::size_t from, std::size_t to) {
  bool any = false;
  bool all = true;
  for (const Transition& transition : journey.touchpoints[from].next) {
    if (!transition.to || transition.to->value() != to) continue;
    const bool was_taken = coverage.taken[transition.ordinal];
    any = any || was_taken;
    all = all && was_taken;
  }
  return !any ? Taken::none : all ? Taken::all : Taken::some;
}

void fill_texts(const MapInput& input, Card& card) {
  const Touchpoint& touchpoint = at(input.journey->touchpoints, card.touchpoint);
  const double inner = kCardWidth - 2 * kCardPadding;
  const double marks = 18.0 * ((touchpoint.moment_of_truth ? 1 : 0) + (card.beside ? 1 : 0));
  const std::string& text = touchpoint.title.empty() ? touchpoint.id : touchpoint.title;
  card.title = wrap_text(text, inner - marks, 2, card.beside ? kTitleSize - 1 : kTitleSize, !card.beside);
  std::string channels;
  for (const ChannelIndex channel : touchpoint.channels) {
    if (!channels.empty()) channels += card.beside ? " › " : " · ";
    channels += title_of(input, at(input.journey->channels, channel));
  }
  // The lane says it already where there is only one.
  if (touchpoint.channels.size() > 1) card.notes = wrap_text(channels, inner, 1, kNoteSize);
  if (card.anywhere) card.notes.emplace_back("from anywhere");
  if (input.coverage) {
    if (is_missing(*input.coverage, input.journey->anywhere, card.touchpoint))
      card.missing.emplace_back("from anywhere: never");
    if (is_missing(*input.coverage, touchpoint.next, std::nullopt)) card.missing.emplace_back("hold: never");
  }
  const bool counts = !input.touchpoints.empty();
  const double lines = static_cast<double>(card.title.size()) * kTitleLine +
                       static_cast<double>(card.notes.size() + card.missing.size()) * kSmallLine +
                       (counts ? kSmallLine : 0) + (counts && !card.beside ? kSmallLine + 4 : 0);
  card.box.width = kCardWidth;
  card.box.height = 2 * kCardPadding - 4 + lines;
}

/// The order within each cell by the barycentre of the neighbours (Sugiyama et al. 1981), four sweeps.
void order_cells(const std::vector<std::vector<std::size_t>>& next, std::vector<Card>& cards) {
  std::map<std::pair<std::size_t, std::size_t>, std::vector<std::size_t>> cells;  // (lane, column) → cards
  for (std::size_t index = 0; index < cards.size(); ++index) {
    cells[{cards[index].lane, cards[index].column}].push_back(index);
  }
  for (auto& [place, members] : cells) {
    std::ranges::stable_sort(members, {}, [&](std::size_t index) { return cards[index].beside; });
    for (std::size_t slot = 0; slot < members.size(); ++slot) cards[members[slot]].slot = slot;
  }
  std::vector<std::vector<std::size_t>> neighbours = next;
  for (std::size_t from = 0; from < next.size(); ++from) {
    for (const std::size_t to : next[from]) neighbours[to].push_back(from);
  }
  const auto height = [&](std::size_t index) {
    constexpr double lane_step = 100;  // more than a lane ever has slots
    return lane_step * static_cast<double>(cards[index].lane) + static_cast<double>(cards[index].slot);
  };
  const auto barycentre = [&](std::size_t index) {
    double sum = 0;
    for (const std::size_t neighbour : neighbours[index]) sum += height(neighbour);
    return neighbours[index].empty() ? height(index) : sum / static_cast<double>(neighbours[index].size());
  };
  constexpr int sweeps = 4;
  for (int sweep = 0; sweep < sweeps; ++sweep) {
    for (auto& [place, members] : cells) {
      std::vector<std::pair<double, std::size_t>> keyed;
      for (const std::size_t index : members) keyed.emplace_back(barycentre(index), index);
      std::ranges::sort(keyed);
      for (std::size_t slot = 0; slot < keyed.size(); ++slot) {
        members[slot] = keyed[slot].second;
        cards[members[slot]].slot = slot;
      }
    }
  }
}

/// Heights of slots and lanes, then the place of every card in the middle of its slot.
void place(Layout& layout, std::size_t columns) {
  const double left = kMargin + kLaneTitle;
  layout.grid_left = left;
  layout.grid_top = kHeader + (layout.stages.empty() ? 0 : kStageHeading);
  double top = layout.grid_top;
  for (std::size_t lane = 0; lane < layout.lanes.size(); ++lane) {
    std::vector<double> slots;
    for (const Card& card : layout.cards) {
      if (card.lane != lane) continue;
      slots.resize(std::max(slots.size(), card.slot + 1), 0);
      slots[card.slot] = std::max(slots[card.slot], card.box.height);
    }
    Lane& row = layout.lanes[lane];
    row.top = top;
    double slot_top = top + kLanePadding;
    row.corridors.push_back(top + kLanePadding / 2);
    for (std::size_t slot = 0; slot < slots.size(); ++slot) {
      for (Card& card : layout.cards) {
        if (card.lane != lane || card.slot != slot) continue;
        card.box.y = slot_top + (slots[slot] - card.box.height) / 2;
        card.box.x = left + kGutter / 2 + static_cast<double>(card.column) * (kCardWidth + kGutter);
      }
      slot_top += slots[slot] + (slot + 1 < slots.size() ? kSlotGap : 0);
      if (slot + 1 < slots.size()) row.corridors.push_back(slot_top - kSlotGap / 2);
    }
    row.height = slot_top + kLanePadding - top;
    row.corridors.push_back(top + row.height - kLanePadding / 2);
    top += row.height;
  }
  layout.grid_bottom = top;
  constexpr double least_width = 720;  // the legend's
  layout.width =
      std::max(least_width, left + static_cast<double>(columns) * (kCardWidth + kGutter) + kMargin);
}

std::vector<StageBand> bands_of(const Journey& journey, const Columns& columns, double left) {
  std::vector<StageBand> bands;
  if (journey.stages.empty()) return bands;
  double x = left;
  for (std::size_t stage = 0; stage < columns.stage_width.size(); ++stage) {
    const double width = static_cast<double>(columns.stage_width[stage]) * (kCardWidth + kGutter);
    if (width > 0) {
      bands.push_back({.title = stage < journey.stages.size() ? journey.stages[stage] : "any time",
                       .left = x,
                       .right = x + width});
    }
    x += width;
  }
  return bands;
}

/// All curves to draw, without their shapes: declared pairs, and flows that no transition declares.
std::vector<Edge> edges_of(const MapInput& input, const std::vector<std::vector<std::size_t>>& next) {
  const Journey& journey = *input.journey;
  std::map<std::pair<std::size_t, std::size_t>, Edge> edges;
  for (std::size_t from = 0; from < next.size(); ++from) {
    for (const std::size_t to : next[from]) {
      if (from == to) continue;
      const bool beside = is_beside(journey.touchpoints[from]) || is_beside(journey.touchpoints[to]);
      edges[{from, to}] = {.from = from, .to = to, .kind = beside ? EdgeKind::beside : EdgeKind::flow};
    }
  }
  std::uint64_t most = 1;
  for (const MapFlow& flow : input.flows) {
    const std::size_t from = flow.from.value();
    const std::size_t to = flow.to.value();
    if (from == to || flow.count == 0) continue;
    const auto found = edges.find({from, to});
    if (found == edges.end()) {
      if (flow.off_path && !input.deviations) continue;
      // From anywhere, or by way of a message: a transition all the same.
      const EdgeKind kind = flow.off_path ? EdgeKind::deviation : EdgeKind::flow;
      edges[{from, to}] = {.from = from, .to = to, .kind = kind, .count = flow.count};
    } else {
      found->second.count += flow.count;
    }
    most = std::max(most, edges[{from, to}].count);
  }
  std::vector<Edge> list;
  for (auto& [ends, edge] : edges) {
    constexpr double thinnest = 1.4;
    edge.width =
        std::max(thinnest, kMostFlowWidth * static_cast<double>(edge.count) / static_cast<double>(most));
    if (edge.kind != EdgeKind::flow) edge.width = std::min(edge.width, kMostFlowWidth / 2);
    if (input.coverage) {
      constexpr double plain = 2.2;  // of one width: a colour has to be told apart
      edge.taken = taken(journey, *input.coverage, edge.from, edge.to);
      edge.width = plain;
    }
    list.push_back(std::move(edge));
  }
  return list;
}

}  // namespace

Layout lay_out(const MapInput& input) {
  const Journey& journey = *input.journey;
  const auto next = successors(journey);
  const std::vector<std::size_t> stage = stages_of(journey, next);
  const ForwardEdges forward(journey, position_graph(journey, next));
  std::vector<std::size_t> rank = forward.ranks(stage);
  rank_beside(journey, next, stage, rank);
  const Columns columns = columns_of(stage, rank, std::max<std::size_t>(1, journey.stages.size() + 1));

  Layout layout;
  layout.cards.resize(count_of(journey));
  for (std::size_t index = 0; index < layout.cards.size(); ++index) {
    Card& card = layout.cards[index];
    card.touchpoint = TouchpointIndex{static_cast<std::uint32_t>(index)};
    card.column = columns.of[index];
    card.beside = is_beside(journey.touchpoints[index]);
    card.anywhere = std::ranges::any_of(
        journey.anywhere, [&](const Transition& transition) { return transition.to == card.touchpoint; });
    fill_texts(input, card);
  }
  layout.lanes = lanes_of(input, layout.cards);
  order_cells(next, layout.cards);
  std::size_t total = 0;
  for (const std::size_t width : columns.stage_width) total += width;
  layout.stages = bands_of(journey, columns, kMargin + kLaneTitle);
  place(layout, total);
  layout.edges = edges_of(input, next);
  route(layout);
  return layout;
}

}  // namespace lotse::map
