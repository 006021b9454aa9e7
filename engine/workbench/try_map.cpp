#include "engine/workbench/try_map.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/report/customer.hpp"
#include "engine/report/customer_words.hpp"
#include "engine/workbench/scenario_checks.hpp"

namespace lotse::trial {

namespace {

/// A line of a column; `code` colours it.
struct Cell {
  std::string text;
  std::string_view code{};
};
struct Column {
  std::string head;
  std::vector<Cell> cells;

  [[nodiscard]] std::size_t width() const {
    std::size_t widest = display_width(head);
    for (const Cell& cell : cells) widest = std::max(widest, display_width(cell.text));
    return widest;
  }
};

constexpr std::string_view here_code = "1;32";
constexpr std::string_view been_code = "32";
constexpr std::string_view next_code = "36";
constexpr std::string_view idle_code = "2";

class MapWriter {
 public:
  MapWriter(const Journey& journey, const JourneyState& state, const Instance* instance, const Zone& zone)
      : journey_(journey), state_(state), instance_(instance), zone_(zone) {
    if (instance != nullptr) open_ = open_transitions(journey, *instance);
    placed_.assign(journey.touchpoints.size(), false);
  }

  std::vector<Column> columns() {
    for (const std::string& stage : journey_.stages) columns_.push_back({.head = stage, .cells = {}});
    columns_.push_back({.head = journey_.stages.empty() ? journey_.id : "any stage", .cells = {}});
    for (std::uint32_t i = 0; i < journey_.touchpoints.size(); ++i) {
      const Touchpoint& touchpoint = journey_.touchpoints[i];
      if (is_beside(touchpoint)) continue;
      Column& column = touchpoint.stage ? columns_[touchpoint.stage->value()] : columns_.back();
      column.cells.push_back(position(TouchpointIndex{i}));
      add_beside(column, touchpoint.next);
    }
    add_beside(columns_.back(), journey_.anywhere);
    std::erase_if(columns_, [](const Column& column) { return column.cells.empty(); });
    return std::move(columns_);
  }

 private:
  static bool is_beside(const Touchpoint& touchpoint) {
    return touchpoint.kind == TouchpointKind::outbound || touchpoint.kind == TouchpointKind::handover;
  }

  [[nodiscard]] Cell position(TouchpointIndex index) const {
    const Touchpoint& touchpoint = at(journey_.touchpoints, index);
    if (instance_ == nullptr)
      return {.text = (touchpoint.start ? "→ " : "· ") + touchpoint.id,
              .code = touchpoint.start ? next_code : idle_code};
    const bool last = instance_->stays.back().at == index;
    if (last && !instance_->ended) return {.text = "▶ " + touchpoint.id, .code = here_code};
    if (last)
      return {.text = fmt::format("■ {} ({})", touchpoint.id, customer::word(instance_->status())),
              .code = here_code};
    const bool next =
        std::ranges::any_of(open_, [&](const OpenTransition& open) { return open.transition->to == index; });
    if (next) return {.text = "→ " + touchpoint.id, .code = next_code};
    if (at(instance_->visits, index) > 0) return {.text = "✓ " + touchpoint.id, .code = been_code};
    return {.text = "· " + touchpoint.id, .code = idle_code};
  }

  /// The messages and tasks that a list of transitions leads to, and those that follow them.
  void add_beside(Column& column, const std::vector<Transition>& listed) {
    for (const Transition& transition : listed) {
      if (!transition.to || placed_[transition.to->value()]) continue;
      const Touchpoint& touchpoint = at(journey_.touchpoints, *transition.to);
      if (!is_beside(touchpoint)) continue;
      placed_[transition.to->value()] = true;
      column.cells.push_back(beside(*transition.to));
      add_beside(column, touchpoint.next);
    }
  }

  [[nodiscard]] Cell beside(TouchpointIndex index) const {
    const std::string id = "  ↳ " + at(journey_.touchpoints, index).id;
    if (const Effect* effect = last_effect(index)) {
      const bool task = effect->task != TaskStatus::none;
      return {.text = fmt::format("{} {} {}", id, task ? customer::word(effect->task) : "sent",
                                  short_time(effect->due)),
              .code = been_code};
    }
    for (const OpenTransition& open : open_) {
      if (open.transition->to != index || open.due == Instant::max()) continue;
      return {.text = fmt::format("{} due {}", id, short_time(open.due)), .code = next_code};
    }
    return {.text = id, .code = idle_code};
  }

  [[nodiscard]] const Effect* last_effect(TouchpointIndex index) const {
    const Effect* last = nullptr;
    for (const Effect& effect : state_.effects) {
      const bool own = instance_ == &at(state_.instances, effect.instance);
      if (own && effect.touchpoint == index) last = &effect;
    }
    return last;
  }

  /// `01-17 09:00`: the year goes without saying.
  [[nodiscard]] std::string short_time(Instant instant) const {
    constexpr std::size_t year = 5;
    return scenario::local_text(instant, zone_).substr(year);
  }

  const Journey& journey_;
  const JourneyState& state_;
  const Instance* instance_;
  const Zone& zone_;
  std::vector<OpenTransition> open_;
  std::vector<bool> placed_;  ///< by TouchpointIndex: messages and tasks that stand on the map
  std::vector<Column> columns_;
};

void append_cell(std::string& line, const Cell& cell, std::size_t width, bool color) {
  const std::size_t gap = width - std::min(width, display_width(cell.text));
  line += color && !cell.code.empty() ? fmt::format("\x1b[{}m{}\x1b[0m", cell.code, cell.text) : cell.text;
  line.append(gap, ' ');
}

void append_line(std::string& out, std::string line) {
  while (line.ends_with(' ')) line.pop_back();
  out += "  " + line + '\n';
}

/// Columns [first, last) beside each other.
void append_band(std::string& out, const std::vector<Column>& columns, std::size_t first, std::size_t last,
                 bool color) {
  constexpr std::size_t gap = 3;
  std::size_t rows = 0;
  std::string heads;
  for (std::size_t i = first; i < last; ++i) {
    append_cell(heads, {.text = columns[i].head, .code = "1"}, columns[i].width() + gap, color);
    rows = std::max(rows, columns[i].cells.size());
  }
  append_line(out, heads);
  for (std::size_t row = 0; row < rows; ++row) {
    std::string line;
    for (std::size_t i = first; i < last; ++i) {
      const bool there = row < columns[i].cells.size();
      append_cell(line, there ? columns[i].cells[row] : Cell{}, columns[i].width() + gap, color);
    }
    append_line(out, line);
  }
}

}  // namespace

std::string map_text(const Journey& journey, const JourneyState& state, const Instance* instance,
                     const Zone& zone, const TextStyle& style) {
  const std::vector<Column> columns = MapWriter(journey, state, instance, zone).columns();
  constexpr std::size_t gap = 3;
  std::string out;
  for (std::size_t first = 0; first < columns.size();) {
    std::size_t last = first + 1;
    std::size_t width = 2 + columns[first].width();
    while (last < columns.size() && width + gap + columns[last].width() <= style.width) {
      width += gap + columns[last++].width();
    }
    if (first > 0) out += '\n';
    append_band(out, columns, first, last, style.color);
    first = last;
  }
  out += '\n';
  append_line(out, "▶ here   ✓ was here   → may come next   · not yet   ↳ message or task beside it");
  return out;
}

}  // namespace lotse::trial
