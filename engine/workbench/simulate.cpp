#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <queue>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/overloaded.hpp"
#include "engine/workbench/simulation.hpp"

namespace lotse {

namespace {

/// Draws that are the same on every machine.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}

  /// In [0, 1), a multiple of 2^-53.
  double unit() {
    constexpr unsigned low_bits = 11;
    constexpr double step = 0x1p-53;
    return static_cast<double>(engine_() >> low_bits) * step;
  }
  bool chance(double share) { return share > 0 && unit() < share; }
  Duration delay(const Delay& delay) {
    const double u = unit();
    return delay.from +
           Duration(static_cast<std::int64_t>(static_cast<double>((delay.to - delay.from).count()) * u * u));
  }
  /// An index by weight; 0 where all are 0.
  template <class Items, class Weight>
  std::size_t pick(const Items& items, Weight&& weight) {
    double total = 0;
    for (const auto& item : items) total += weight(item);
    double left = unit() * total;
    for (std::size_t index = 0; index + 1 < items.size(); ++index) {
      left -= weight(items[index]);
      if (left < 0) return index;
    }
    return items.empty() ? 0 : items.size() - 1;
  }

 private:
  std::mt19937_64 engine_;
};

/// One round of SplitMix64 (Steele, Lea & Flood 2014): far apart seeds for neighbouring customers.
std::uint64_t mixed(std::uint64_t seed, std::uint64_t index) {
  std::uint64_t z = seed + (index + 1) * 0x9e3779b97f4a7c15ULL;
  z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27U)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31U);
}

/// The plain text of a drawn value, for tables.
std::string plain(const Value& value) {
  return value.string() != nullptr ? *value.string() : describe(value);
}

/// Names of values of one instance, as slots; and how to make them.
class Names {
 public:
  std::size_t slot(const std::string& name) {
    const auto found = std::ranges::find(names_, name);
    if (found != names_.end()) return static_cast<std::size_t>(found - names_.begin());
    names_.push_back(name);
    return names_.size() - 1;
  }
  [[nodiscard]] std::size_t size() const { return names_.size(); }

 private:
  std::vector<std::string> names_{"key", "customer"};
};
constexpr std::size_t kKeySlot = 0;
constexpr std::size_t kCustomerSlot = 1;

/// A property ready to be drawn: its name as a shared Value, its references as slots.
struct Maker {
  Value name;
  const ValueSource* source = nullptr;
  std::size_t reads = 0;              ///< of a reference
  std::optional<std::size_t> writes;  ///< where the value is remembered
};
using Makers = std::vector<Maker>;

struct Side {
  const SideEvent* event = nullptr;
  Makers properties;
};

struct Touch {
  const TouchpointSimulation* spec = nullptr;
  Makers properties;
  std::vector<Side> also;
  std::vector<Side> feedback;
  std::vector<Side> exit;                           ///< none or one
  std::vector<std::optional<std::size_t>> step_at;  ///< slot, by step
  std::vector<std::size_t> planted;                 ///< into Simulation::friction
};

/// A drawn name or trait with weights: the truth is counted by its values.
struct Cut {
  std::string name;
  std::size_t slot = 0;
  std::vector<Value> values;
};

struct Arriving {
  Instant arrived{};
  std::uint64_t number = 0;  ///< ties in the order of making
  Event event;
};
struct ArrivesLater {
  bool operator()(const Arriving& a, const Arriving& b) const {
    return std::pair(a.arrived, a.number) > std::pair(b.arrived, b.number);
  }
};

class Simulator {
 public:
  Simulator(const Journey& journey, const Simulation& simulation, const SimulationOptions& options,
            const EventSink& sink)
      : journey_(journey), simulation_(simulation), options_(options), sink_(sink) {
    traits_ = makers(simulation.traits);
    draws_ = makers(simulation.draw);
    for (const ValueSources* sources : {&simulation.draw, &simulation.traits}) {
      for (const auto& [name, source] : *sources) {
        const auto* weights = std::get_if<Weights>(&source.how);
        if (weights == nullptr) continue;
        Cut cut{.name = name, .slot = names_.slot(name), .values = {}};
        for (const auto& [value, weight] : weights->items) cut.values.push_back(value);
        cuts_.push_back(std::move(cut));
      }
    }
    for (const TouchpointSimulation& spec : simulation.touchpoints) touches_.push_back(touch(spec));
    for (std::size_t index = 0; index < simulation.friction.size(); ++index) {
      touches_[simulation.friction[index].at.value()].planted.push_back(index);
      for (const auto& [name, values] : simulation.friction[index].where) names_.slot(name);
      truth_.planted.push_back({.name = simulation.friction[index].name});
    }
    for (std::size_t index = 0; index < journey.touchpoints.size(); ++index) {
      const Touchpoint& touchpoint = journey.touchpoints[index];
      if (touchpoint.start) starts_.push_back(index);
    }
    const std::size_t channels = journey.channels.size() + 1;
    totals_.resize(journey.touchpoints.size() * channels);
    for (const Cut& cut : cuts_) by_cut_.emplace_back(totals_.size() * cut.values.size());
  }

  SimulationTruth run() {
    truth_.customers = options_.customers;
    for (std::uint64_t index = 0; index < options_.customers; ++index) {
      Dice dice(mixed(options_.seed, index));
      const double place =
          (static_cast<double>(index) + dice.unit()) / static_cast<double>(options_.customers);
      const Instant start =
          options_.from +
          Duration(static_cast<std::int64_t>(place * static_cast<double>(options_.span.count())));
      release(start);
      walk(index, start, dice);
    }
    release(Instant::max());
    fill_rows();
    return std::move(truth_);
  }

 private:
  Makers makers(const ValueSources& sources) {
    Makers made;
    for (const auto& [name, source] : sources) {
      Maker maker{.name = Value(name), .source = &source, .reads = 0, .writes = std::nullopt};
      if (const auto* reference = std::get_if<NameReference>(&source.how))
        maker.reads = names_.slot(reference->name);
      if (!source.as.empty()) maker.writes = names_.slot(source.as);
      made.push_back(std::move(maker));
    }
    return made;
  }

  std::vector<Side> sides(const std::vector<SideEvent>& events) {
    std::vector<Side> made;
    for (const SideEvent& event : events)
      made.push_back({.event = &event, .properties = makers(event.properties)});
    return made;
  }

  Touch touch(const TouchpointSimulation& spec) {
    Touch made{.spec = &spec,
               .properties = makers(spec.properties),
               .also = sides(spec.also),
               .feedback = sides(spec.feedback),
               .exit = {},
               .step_at = {},
               .planted = {}};
    if (spec.exit) made.exit.push_back({.event = &*spec.exit, .properties = makers(spec.exit->properties)});
    for (const NextStep& step : spec.next) {
      made.step_at.push_back(step.at.empty() ? std::nullopt : std::optional(names_.slot(step.at)));
    }
    return made;
  }

  /// One customer under way.
  struct Walk {
    std::string number;                 ///< `000042`
    std::vector<Value> values;          ///< by slot
    std::optional<Instant> known_from;  ///< until then an anonymous id only; nothing: known from the start
    Instant now{};
    std::uint32_t events = 0;
    bool traits_said = false;
  };

  /// What holds for this stay once planted friction is looked at.
  struct Chances {
    double drop = 0;
    double hop = 0;
    const Delay* after = nullptr;
    const Weights* score = nullptr;
  };

  void walk(std::uint64_t index, Instant start, Dice& dice) {
    Walk walk;
    walk.number = fmt::format("{:06}", index);
    walk.values.resize(names_.size());
    walk.values[kKeySlot] = Value("o" + walk.number);
    walk.values[kCustomerSlot] = Value("u" + walk.number);
    walk.now = start;
    for (const Makers* made : {&traits_, &draws_}) {
      for (const Maker& maker : *made) walk.values[slot_of(maker)] = draw(maker, walk, start, dice);
    }
    if (starts_.empty()) return;
    std::size_t here = starts_[dice.pick(starts_, [](std::size_t) { return 1.0; })];
    std::optional<ChannelIndex> channel = channel_at(here, std::nullopt, dice);
    if (dice.chance(simulation_.anonymous)) identify_later(walk, dice);
    bool achieved = false;
    bool delayed = false;
    constexpr int most_stays = 60;  // a cycle with no way out ends here
    for (int stay = 0; stay < most_stays; ++stay) {
      achieved = achieved || journey_.touchpoints[here].goal;
      const auto next = live_through(walk, here, channel, delayed, dice);
      if (!next) break;
      walk.now = next->at;
      delayed = next->delayed;
      channel = next->hop ? next->hop : channel_at(next->to, channel, dice);
      here = next->to;
    }
    truth_.achieved += achieved ? 1 : 0;
  }

  /// Reaching it ends the instance, whatever the simulation file has after it.
  static bool is_last(const Touchpoint& touchpoint) {
    return touchpoint.ends.has_value() || (touchpoint.goal && touchpoint.next.empty());
  }

  struct Onward {
    std::size_t to = 0;
    Instant at{};
    std::optional<ChannelIndex> hop;
    bool delayed = false;
  };

  /// One stay with all its events; where the customer goes then, if anywhere.
  std::optional<Onward> live_through(Walk& walk, std::size_t here, std::optional<ChannelIndex> channel,
                                     bool delayed, Dice& dice) {
    const Touch& touch = touches_[here];
    const TouchpointSimulation& spec = *touch.spec;
    emit_entry(walk, here, channel, walk.now, dice);
    const std::vector<std::size_t> planted = planted_here(walk, touch, channel, delayed, dice);
    const Chances chances = chances_of(spec, planted);
    count(walk, here, channel, [](StayCount& stays) { ++stays.entered; });
    for (const std::size_t index : planted) ++truth_.planted[index].stays;

    std::optional<Onward> next;
    if (const Touchpoint& touchpoint = journey_.touchpoints[here]; is_last(touchpoint)) {
      // It ends as soon as it is reached: at a goal as achieved, else as exited with its outcome.
      if (!touchpoint.goal) count(walk, here, channel, [](StayCount& stays) { ++stays.exited; });
      beside(walk, touch, channel, std::nullopt, chances, dice);
      return std::nullopt;
    }
    if (spec.exit && dice.chance(spec.exit->share)) {
      const Instant at = walk.now + dice.delay(spec.exit->after);
      beside(walk, touch, channel, at, chances, dice);
      emit_side(walk, touch.exit.front(), channel, at, nullptr, dice);
      count(walk, here, channel, [](StayCount& stays) { ++stays.exited; });
      return std::nullopt;
    }
    if (spec.hop_to && spec.hop_to != channel && dice.chance(chances.hop)) {
      constexpr Delay soon{.from = std::chrono::minutes(10), .to = std::chrono::hours(24)};
      next = Onward{.to = here, .at = walk.now + dice.delay(soon), .hop = spec.hop_to, .delayed = delayed};
      count(walk, here, channel, [](StayCount& stays) { ++stays.hopped; });
    } else if (!spec.next.empty() && !dice.chance(chances.drop)) {
      next = step(walk, touch, chances, dice);
    } else if (!spec.next.empty()) {
      count(walk, here, channel, [](StayCount& stays) { ++stays.dropped; });
      for (const std::size_t index : planted) ++truth_.planted[index].dropped;
    }
    beside(walk, touch, channel, next ? std::optional(next->at) : std::nullopt, chances, dice);
    if (const Instant until = next ? next->at : Instant::max(); dice.chance(spec.repeat)) {
      constexpr Delay again{.from = std::chrono::minutes(2), .to = std::chrono::hours(6)};
      const Instant at = walk.now + dice.delay(again);
      if (at < until) emit_entry(walk, here, channel, at, dice);
    }
    return next;
  }

  [[nodiscard]] std::vector<std::size_t> planted_here(const Walk& walk, const Touch& touch,
                                                      std::optional<ChannelIndex> channel, bool delayed,
                                                      Dice& dice) {
    std::vector<std::size_t> found;
    for (const std::size_t index : touch.planted) {
      const PlantedFriction& planted = simulation_.friction[index];
      const bool fits = std::ranges::all_of(planted.where, [&](const auto& condition) {
        return holds(walk, condition.first, condition.second, channel, delayed);
      });
      if (fits && dice.chance(planted.share)) found.push_back(index);
    }
    return found;
  }

  bool holds(const Walk& walk, const std::string& name, const std::vector<Value>& wanted,
             std::optional<ChannelIndex> channel, bool delayed) {
    Value found;
    if (name == "channel") {
      found = channel ? Value(at(journey_.channels, *channel)) : Value();
    } else if (name == "delayed") {
      found = Value(delayed);
    } else {
      found = walk.values[names_.slot(name)];
    }
    return std::ranges::any_of(wanted, [&](const Value& value) { return value.identical(found); });
  }

  [[nodiscard]] Chances chances_of(const TouchpointSimulation& spec,
                                   const std::vector<std::size_t>& planted) const {
    Chances chances{.drop = spec.drop, .hop = spec.hop};
    for (const std::size_t index : planted) {
      const PlantedFriction& friction = simulation_.friction[index];
      chances.drop = friction.drop.value_or(chances.drop);
      chances.hop = friction.hop.value_or(chances.hop);
      if (friction.after) chances.after = &*friction.after;
      if (friction.score) chances.score = &*friction.score;
    }
    return chances;
  }

  Onward step(const Walk& walk, const Touch& touch, const Chances& chances, Dice& dice) {
    const std::size_t taken = dice.pick(touch.spec->next, [](const NextStep& next) { return next.share; });
    const NextStep& next = touch.spec->next[taken];
    Instant base = walk.now;
    if (const auto slot = touch.step_at[taken]) base = walk.values[*slot].instant().value_or(base);
    constexpr Duration least = std::chrono::seconds(1);
    const Instant at =
        std::max(base + dice.delay(chances.after != nullptr ? *chances.after : next.after), walk.now + least);
    return {.to = next.to.value(), .at = at, .hop = std::nullopt, .delayed = chances.after != nullptr};
  }

  /// Facts while the stay lasts (for ever where the customer falls silent) and feedback, always before it
  /// ends.
  void beside(Walk& walk, const Touch& touch, std::optional<ChannelIndex> channel,
              std::optional<Instant> until, const Chances& chances, Dice& dice) {
    for (const Side& side : touch.also) {
      if (!dice.chance(side.event->share)) continue;
      const Instant at = walk.now + dice.delay(side.event->after);
      if (!until || at < *until) emit_side(walk, side, channel, at, nullptr, dice);
    }
    for (const Side& side : touch.feedback) {
      if (!dice.chance(side.event->share)) continue;
      Instant at = walk.now + dice.delay(side.event->after);
      if (until) at = std::min(at, walk.now + (*until - walk.now) / 2);
      emit_side(walk, side, channel, at, chances.score, dice);
    }
  }

  std::optional<ChannelIndex> channel_at(std::size_t here, std::optional<ChannelIndex> current, Dice& dice) {
    const auto& channels = touches_[here].spec->channels;
    if (channels.empty()) return std::nullopt;
    // Half of those who can stay in their channel do, whatever the weights.
    constexpr double faithful = 0.5;
    const bool listed =
        current && std::ranges::any_of(channels, [&](const auto& own) { return own.first == *current; });
    if (listed && dice.chance(faithful)) return current;
    return channels[dice.pick(channels, [](const auto& own) { return own.second; })].first;
  }

  std::size_t slot_of(const Maker& maker) { return names_.slot(*maker.name.string()); }

  Value draw(const Maker& maker, Walk& walk, Instant at, Dice& dice) {
    Value value = std::visit(
        Overloaded{[](const Value& literal) { return literal; },
                   [&](const Weights& weights) {
                     return weights
                         .items[dice.pick(weights.items, [](const auto& item) { return item.second; })]
                         .first;
                   },
                   [&](const Between& between) {
                     const double drawn =
                         between.from + (between.to - between.from + (between.whole ? 1 : 0)) * dice.unit();
                     if (!between.whole) return Value(drawn);
                     return Value(static_cast<std::int64_t>(std::floor(drawn)));
                   },
                   [&](const Delay& delay) { return Value(format_instant(at + dice.delay(delay))); },
                   [&](const NameReference&) { return walk.values[maker.reads]; }},
        maker.source->how);
    if (maker.writes) walk.values[*maker.writes] = value;
    return value;
  }

  Value properties(const Makers& made, Walk& walk, Instant at, Dice& dice) {
    Map map;
    map.reserve(made.size());
    for (const Maker& maker : made) map.emplace_back(maker.name, draw(maker, walk, at, dice));
    return Value(std::move(map));
  }

  void emit_entry(Walk& walk, std::size_t here, std::optional<ChannelIndex> channel, Instant at, Dice& dice) {
    const Touch& touch = touches_[here];
    Event event = start_event(walk, channel ? lotse::at(journey_.channels, *channel) : std::string(),
                              touch.spec->ids, at);
    event.type = touch.spec->event;
    event.properties = properties(touch.properties, walk, at, dice);
    send(std::move(event), dice);
  }

  void emit_side(Walk& walk, const Side& side, std::optional<ChannelIndex> channel, Instant at,
                 const Weights* score, Dice& dice) {
    const std::string by =
        side.event->channel.empty() && channel ? lotse::at(journey_.channels, *channel) : side.event->channel;
    Event event = start_event(walk, by, {}, at);
    event.type = side.event->type;
    Map map;
    for (const Maker& maker : side.properties) {
      const bool scored = score != nullptr && std::holds_alternative<Weights>(maker.source->how);
      map.emplace_back(
          maker.name,
          scored ? score->items[dice.pick(score->items, [](const auto& item) { return item.second; })].first
                 : draw(maker, walk, at, dice));
    }
    event.properties = Value(std::move(map));
    send(std::move(event), dice);
  }

  /// Logs in some minutes after the first event, before anything else that the customer does.
  void identify_later(Walk& walk, Dice& dice) {
    constexpr Delay soon{.from = std::chrono::seconds(30), .to = std::chrono::minutes(2)};
    walk.known_from = walk.now + dice.delay(soon);
    Event event = start_event(walk, "web", {}, *walk.known_from);
    event.type = event_type::identify;
    event.ids = {{.name_space = "user_id", .value = "u" + walk.number},
                 {.name_space = "anonymous_id", .value = "a" + walk.number},
                 {.name_space = "email", .value = "u" + walk.number + "@example.com"},
                 {.name_space = "phone", .value = "+49555" + walk.number}};
    send(std::move(event), dice);
  }

  Event start_event(Walk& walk, const std::string& channel, const std::vector<std::string>& names,
                    Instant at) {
    Event event;
    event.id = fmt::format("{}-{}", walk.number, ++walk.events);
    event.source = channel.empty() ? "simulation" : channel;
    event.channel = channel;
    event.time = at;
    event.arrived = at;
    event.ids = ids(walk, channel, names, at);
    if (!walk.traits_said) {
      Map traits;
      for (const Maker& maker : traits_) traits.emplace_back(maker.name, walk.values[slot_of(maker)]);
      event.traits = Value(std::move(traits));
      walk.traits_said = true;
    }
    return event;
  }

  [[nodiscard]] std::vector<Identifier> ids(const Walk& walk, const std::string& channel,
                                            const std::vector<std::string>& names, Instant at) const {
    if (walk.known_from && at < *walk.known_from)
      return {{.name_space = "anonymous_id", .value = "a" + walk.number}};
    const std::vector<std::string>* chosen = &names;
    if (names.empty()) {
      for (const auto& [own, its] : simulation_.ids) {
        if (own == channel) chosen = &its;
      }
    }
    std::vector<Identifier> made;
    for (const std::string& name : *chosen) {
      std::string value = "u" + walk.number;
      if (name == "email") value += "@example.com";
      if (name == "phone") value = "+49555" + walk.number;
      if (name == "loyalty_id") value = "l" + walk.number;
      if (name == "anonymous_id") value = "a" + walk.number;
      made.push_back({.name_space = name, .value = std::move(value)});
    }
    if (made.empty()) made.push_back({.name_space = "user_id", .value = "u" + walk.number});
    return made;
  }

  void send(Event event, Dice& dice) {
    ++truth_.events;
    if (dice.chance(simulation_.late)) {
      ++truth_.late;
      event.arrived += dice.delay({.from = Duration{0}, .to = simulation_.late_by});
    }
    if (dice.chance(simulation_.duplicates)) {
      ++truth_.duplicates;
      Event again = event;
      again.arrived += dice.delay({.from = std::chrono::seconds(1), .to = std::chrono::hours(24)});
      on_its_way_.push({.arrived = again.arrived, .number = made_++, .event = std::move(again)});
    }
    const Instant arrived = event.arrived;
    on_its_way_.push({.arrived = arrived, .number = made_++, .event = std::move(event)});
  }

  /// Hands out what arrives before `until`: nobody who starts later can come before it.
  void release(Instant until) {
    while (!on_its_way_.empty() && on_its_way_.top().arrived < until) {
      sink_(on_its_way_.top().event);
      on_its_way_.pop();
    }
  }

  template <class Change>
  void count(const Walk& walk, std::size_t here, std::optional<ChannelIndex> channel, Change&& change) {
    const std::size_t channels = journey_.channels.size() + 1;
    const std::size_t place = here * channels + (channel ? channel->value() : journey_.channels.size());
    change(totals_[place]);
    for (std::size_t index = 0; index < cuts_.size(); ++index) {
      const Cut& cut = cuts_[index];
      const auto found = std::ranges::find_if(
          cut.values, [&](const Value& value) { return value.identical(walk.values[cut.slot]); });
      if (found == cut.values.end()) continue;
      change(
          by_cut_[index][place * cut.values.size() + static_cast<std::size_t>(found - cut.values.begin())]);
    }
  }

  static void add(StayCount& sum, const StayCount& part) {
    sum.entered += part.entered;
    sum.dropped += part.dropped;
    sum.hopped += part.hopped;
    sum.exited += part.exited;
  }

  void fill_rows() {
    const std::size_t channels = journey_.channels.size() + 1;
    const auto push = [&](std::size_t here, std::string cut, std::string value, std::string channel,
                          const StayCount& count) {
      if (count.entered == 0) return;
      truth_.rows.push_back({.touchpoint = journey_.touchpoints[here].id,
                             .cut = std::move(cut),
                             .value = std::move(value),
                             .channel = std::move(channel),
                             .count = count});
    };
    const auto channel_name = [&](std::size_t channel) {
      return channel < journey_.channels.size() ? journey_.channels[channel] : std::string();
    };
    for (std::size_t here = 0; here < journey_.touchpoints.size(); ++here) {
      StayCount all;
      for (std::size_t channel = 0; channel < channels; ++channel)
        add(all, totals_[here * channels + channel]);
      push(here, "", "", "", all);
      for (std::size_t channel = 0; channel < channels; ++channel) {
        push(here, "channel", channel_name(channel), "", totals_[here * channels + channel]);
      }
      for (std::size_t index = 0; index < cuts_.size(); ++index) {
        const Cut& cut = cuts_[index];
        for (std::size_t value = 0; value < cut.values.size(); ++value) {
          StayCount whole;
          for (std::size_t channel = 0; channel < channels; ++channel) {
            add(whole, by_cut_[index][(here * channels + channel) * cut.values.size() + value]);
          }
          push(here, cut.name, plain(cut.values[value]), "", whole);
          for (std::size_t channel = 0; channel < channels; ++channel) {
            push(here, cut.name, plain(cut.values[value]), channel_name(channel),
                 by_cut_[index][(here * channels + channel) * cut.values.size() + value]);
          }
        }
      }
    }
  }

  const Journey& journey_;
  const Simulation& simulation_;
  const SimulationOptions& options_;
  const EventSink& sink_;
  Names names_;
  Makers traits_;
  Makers draws_;
  std::vector<Cut> cuts_;
  std::vector<Touch> touches_;
  std::vector<std::size_t> starts_;
  std::vector<StayCount> totals_;               ///< [touchpoint][channel]
  std::vector<std::vector<StayCount>> by_cut_;  ///< [cut][touchpoint][channel][value]
  std::priority_queue<Arriving, std::vector<Arriving>, ArrivesLater> on_its_way_;
  std::uint64_t made_ = 0;
  SimulationTruth truth_;
};

}  // namespace

SimulationTruth simulate(const Journey& journey, const Simulation& simulation,
                         const SimulationOptions& options, const EventSink& sink) {
  return Simulator(journey, simulation, options, sink).run();
}

}  // namespace lotse
