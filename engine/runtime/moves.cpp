#include "engine/runtime/moves.hpp"

#include <array>
#include <utility>

namespace lotse {
namespace {

std::string cause_name(Cause cause) {
  constexpr std::array<std::string_view, 7> names = {"open",    "advanced", "hopped",  "went_back",
                                                     "dropped", "exited",   "achieved"};
  return std::string(names.at(static_cast<std::size_t>(cause)));
}

/// One instance's changes from its stay `first` on, of which `known` stays were there before.
class InstanceMoves {
 public:
  InstanceMoves(const Journey& journey, const Instance& instance, Change common)
      : journey_(journey), instance_(instance), common_(std::move(common)) {}

  void add(std::size_t first, std::size_t known, std::vector<Change>& to) const {
    for (std::size_t index = first; index < instance_.stays.size(); ++index) {
      if (index >= known && begins_anew(index)) to.push_back(entry(index));
      if (instance_.stays[index].cause != Cause::open) to.push_back(leaving(index));
    }
  }

 private:
  /// Opened, or revived: not by leaving another stay.
  [[nodiscard]] bool begins_anew(std::size_t index) const {
    return index == 0 || instance_.stays[index - 1].cause == Cause::dropped;
  }
  [[nodiscard]] Change entry(std::size_t index) const {
    Change change = common_;
    change.cause = index == 0 ? "opened" : "revived";
    reach(change, index);
    return change;
  }
  [[nodiscard]] Change leaving(std::size_t index) const {
    const Stay& stay = instance_.stays[index];
    Change change = common_;
    change.from = at(journey_.touchpoints, stay.at).id;
    change.cause = cause_name(stay.cause);
    const bool moves_on = index + 1 < instance_.stays.size() && !begins_anew(index + 1);
    if (moves_on) reach(change, index + 1);
    change.at = stay.left;
    return change;
  }
  void reach(Change& change, std::size_t index) const {
    const Stay& stay = instance_.stays[index];
    change.at = stay.entered;
    change.to = at(journey_.touchpoints, stay.at).id;
    if (stay.channel) change.channel = at(journey_.channels, *stay.channel);
  }

  const Journey& journey_;
  const Instance& instance_;
  Change common_;
};

}  // namespace

void Moves::before(const CustomerState& state) {
  marks_.resize(state.journeys.size());
  for (std::size_t j = 0; j < state.journeys.size(); ++j) {
    marks_[j].clear();
    for (const Instance& instance : state.journeys[j].instances) {
      marks_[j].push_back({.stays = instance.stays.size(),
                           .open = !instance.stays.empty() && instance.stays.back().cause == Cause::open,
                           .left_behind = instance.version_end == VersionEnd::moved});
    }
  }
}

void Moves::after(const Tracker& tracker, const CustomerState& state) {
  for (std::uint32_t j = 0; j < state.journeys.size(); ++j) {
    const std::vector<Instance>& instances = state.journeys[j].instances;
    std::size_t known = 0;
    std::size_t taken_over = 0;  // stays of the instance before that were this one's
    for (std::uint32_t i = 0; i < instances.size(); ++i) {
      Mark mark = j < marks_.size() && known < marks_[j].size() ? marks_[j][known] : Mark{};
      if (instances[i].version_end == VersionEnd::moved && !mark.left_behind) {
        taken_over = instances[i].stays.size();  // its open stay goes on in the next: nobody moved
        continue;
      }
      ++known;
      mark.stays -= std::exchange(taken_over, 0);
      const Journey& journey = tracker.version(j, instances[i].version);
      const InstanceMoves moves(
          journey, instances[i],
          {.journey = journey.id, .version = journey.version, .customer = state.customer, .instance = i});
      moves.add(mark.open ? mark.stays - 1 : mark.stays, mark.stays, changes_);
    }
  }
}

}  // namespace lotse
