#include "engine/workbench/update.hpp"

#include <algorithm>
#include <functional>
#include <set>
#include <tuple>

#include "engine/runtime/projection.hpp"
#include "engine/tracking/tracker.hpp"
#include "engine/workbench/case_log.hpp"
#include "engine/workbench/coverage.hpp"
#include "engine/workbench/proposal.hpp"

namespace lotse {
namespace {

/// A touchpoint by its index; behind them what the log has and the file does not hear.
using Node = std::uint32_t;

constexpr std::size_t examples_max = 3;
constexpr std::size_t enough = 20;  ///< fewer waits or stays tell no window and no end
constexpr double mostly = 0.5;

double ratio(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

/// An event type, or a type in one channel, that the file does not hear.
struct Unheard {
  std::string type;
  std::optional<std::string> channel;         ///< where the type is heard in others
  std::optional<TouchpointIndex> touchpoint;  ///< that hears it in others
  std::map<std::string, std::uint64_t> channels;
  std::uint64_t events = 0;
  std::uint64_t customers = 0;
  std::vector<std::string> examples;
};

/// What the tracker said of one event, and which transitions it took of all.
class Watch : public scenario::Coverage::Steps {
 public:
  void add(Item item) override {
    if (item.kind == Kind::event) {
      kinds_ = 0;
      placed_.reset();
    }
    kinds_ |= 1U << static_cast<unsigned>(item.kind);
    const bool places = item.kind == Kind::opened || item.kind == Kind::moved || item.kind == Kind::repeated;
    if (places && !placed_) placed_ = item.instance;
    Steps::add(std::move(item));
  }
  /// The instance that the last event opened, moved, or found where it stands.
  [[nodiscard]] std::optional<InstanceIndex> placed() const { return placed_; }
  /// Whether the last event counted as a fact.
  [[nodiscard]] bool is_fact() const {
    unsigned facts = 0;
    for (const Kind kind : {Kind::captured, Kind::feedback, Kind::exited, Kind::message, Kind::task,
                            Kind::hold, Kind::withdrawn}) {
      facts |= 1U << static_cast<unsigned>(kind);
    }
    return (kinds_ & facts) != 0;
  }

 private:
  unsigned kinds_ = 0;
  std::optional<InstanceIndex> placed_;
};

bool is_deviation(Entry entry) {
  return entry == Entry::went_back || entry == Entry::skipped || entry == Entry::elsewhere;
}

std::vector<const Event*> in_order(const std::vector<Event>& events) {
  std::vector<const Event*> order;
  order.reserve(events.size());
  for (const Event& event : events) order.push_back(&event);
  const auto key = [](const Event* event) { return std::tie(event->time, event->id, event->source); };
  std::ranges::sort(order, {}, key);
  return order;
}

UpdateFinding::Counts falling(const std::map<std::string, std::uint64_t>& counts) {
  UpdateFinding::Counts list(counts.begin(), counts.end());
  std::ranges::stable_sort(list, std::greater{}, [](const auto& each) { return each.second; });
  return list;
}

/// What the log has and the file does not hear.
class Hearing {
 public:
  Hearing(const Journey& journey, const EventsByCustomer& log, double noise) : journey_(journey) {
    mark_facts();
    std::map<std::string, std::uint64_t> events_of_type;
    for (const auto& [who, events] : log) count(who, events, events_of_type);
    std::erase_if(unheard_, [&](const auto& entry) {
      const Unheard& unheard = entry.second;
      if (!unheard.channel)
        return ratio(unheard.customers, log.size()) < noise || !proposal::can_be_named(unheard.type);
      return ratio(unheard.events, events_of_type[unheard.type]) < noise;
    });
    for (const auto& [name, unheard] : unheard_) {
      index_.emplace(name, list_.size());
      list_.push_back(unheard);
    }
  }

  [[nodiscard]] const std::vector<Unheard>& list() const { return list_; }
  /// The event's index in list().
  [[nodiscard]] std::optional<std::size_t> find(const Event& event) const {
    const auto [heard, name] = look_up(event);
    if (heard) return std::nullopt;
    const auto found = index_.find(name);
    return found == index_.end() ? std::nullopt : std::optional(found->second);
  }
  /// The first touchpoint that hears it.
  [[nodiscard]] std::optional<TouchpointIndex> touchpoint_of(const Event& event) const {
    const auto type = journey_.find_event_type(event.type);
    if (!type) return std::nullopt;
    const auto channel = journey_.find_channel(event.channel);
    for (std::uint32_t i = 0; i < journey_.touchpoints.size(); ++i) {
      if (names(journey_.touchpoints[i], *type) && hears(journey_.touchpoints[i], channel))
        return TouchpointIndex(i);
    }
    return std::nullopt;
  }

 private:
  using Name = std::pair<std::string, std::optional<std::string>>;

  static bool names(const Touchpoint& touchpoint, EventTypeIndex type) {
    return std::ranges::find(touchpoint.on, type) != touchpoint.on.end();
  }
  static bool hears(const Touchpoint& touchpoint, const std::optional<ChannelIndex>& channel) {
    if (touchpoint.channels.empty()) return true;
    return channel && std::ranges::find(touchpoint.channels, *channel) != touchpoint.channels.end();
  }

  /// Types that mean something wherever they happen: facts, exits, feedback, triggers.
  void mark_facts() {
    facts_.assign(journey_.event_types.size(), false);
    const auto mark = [&](const std::vector<EventTypeIndex>& on) {
      for (const EventTypeIndex type : on) facts_[type.value()] = true;
    };
    for (const RememberRule& rule : journey_.remember) mark(rule.on);
    for (const ExitRule& rule : journey_.exit_when) mark(rule.on);
    for (const FeedbackRule& rule : journey_.feedback) mark(rule.on);
    for (const Transition& transition : journey_.anywhere) mark(transition.on);
    for (const Touchpoint& touchpoint : journey_.touchpoints) {
      for (const Transition& transition : touchpoint.next) mark(transition.on);
    }
  }

  [[nodiscard]] std::pair<bool, Name> look_up(const Event& event) const {
    const auto type = journey_.find_event_type(event.type);
    if (!type) return {false, {event.type, std::nullopt}};
    const bool heard = facts_[type->value()] || touchpoint_of(event) || !any_names(*type);
    return {heard, {event.type, event.channel}};
  }
  [[nodiscard]] bool any_names(EventTypeIndex type) const {
    return std::ranges::any_of(journey_.touchpoints,
                               [&](const Touchpoint& each) { return names(each, type); });
  }

  void count(const std::string& who, const std::vector<Event>& events,
             std::map<std::string, std::uint64_t>& events_of_type) {
    std::set<Name> seen;
    for (const Event* event : in_order(events)) {
      if (is_own_type(event->type)) continue;
      ++events_of_type[event->type];
      const auto [heard, name] = look_up(*event);
      if (heard) continue;
      Unheard& unheard = unheard_[name];
      if (unheard.events++ == 0) describe(unheard, name);
      ++unheard.channels[event->channel];
      if (!seen.insert(name).second) continue;
      ++unheard.customers;
      if (unheard.examples.size() < examples_max) unheard.examples.push_back(who);
    }
  }
  void describe(Unheard& unheard, const Name& name) const {
    std::tie(unheard.type, unheard.channel) = name;
    const auto type = journey_.find_event_type(name.first);
    for (std::uint32_t i = 0; type && i < journey_.touchpoints.size(); ++i) {
      if (names(journey_.touchpoints[i], *type)) {
        unheard.touchpoint = TouchpointIndex(i);
        return;
      }
    }
  }

  const Journey& journey_;
  std::vector<bool> facts_;  ///< by EventTypeIndex
  std::map<Name, Unheard> unheard_;
  std::map<Name, std::size_t> index_;
  std::vector<Unheard> list_;
};

class Comparison {
 public:
  Comparison(const std::shared_ptr<const Journey>& journey, const WorkspaceSettings& settings,
             const EventsByCustomer& log, const UpdateOptions& options)
      : options_(options),
        journey_(*journey),
        log_(log),
        hearing_(*journey, log, options.noise),
        workspace_{
            .root = {}, .settings = settings, .channels = {}, .journeys = {{{journey}, {Instant::min()}}}},
        tracker_(workspace_.journeys, settings),
        coverage_(workspace_),
        visits_(journey->touchpoints.size()),
        silent_(journey->touchpoints.size()),
        returned_(journey->touchpoints.size()),
        waits_(journey->touchpoints.size()),
        starts_(journey->touchpoints.size()),
        beside_(hearing_.list().size()) {
    update_.journey = journey;
    update_.customers = log.size();
  }

  JourneyUpdate compare() {
    for (const auto& [who, events] : log_) {
      for (const Event& event : events) end_ = std::max(end_, event.time);
    }
    for (const auto& [who, events] : log_) track(who, events);
    find_unheard();
    find_transitions();
    find_starts();
    find_ends();
    find_windows();
    find_unused();
    const auto half = [](const UpdateFinding& finding) { return finding.kind >= UpdateKind::unreached; };
    std::ranges::stable_sort(update_.findings, [&](const UpdateFinding& a, const UpdateFinding& b) {
      return half(a) != half(b) ? half(b) : a.count > b.count;
    });
    return std::move(update_);
  }

 private:
  struct Way {
    std::uint64_t count = 0;
    std::uint64_t undeclared = 0;
    std::vector<std::string> examples;  ///< of undeclared
  };
  struct Beginning {
    std::uint64_t count = 0;
    std::vector<std::string> examples;
  };
  /// Where a customer's events have led so far.
  struct Path {
    std::optional<Node> last;
    std::uint64_t number = 0;              ///< of the event
    std::uint64_t last_unheard = 0;        ///< its number
    std::vector<std::uint64_t> last_of{};  ///< by instance: the number of its last event
    bool begun = false;
    std::string_view step{};                  ///< type of the last event that is no fact
    std::optional<std::size_t> step_unheard;  ///< it, where the file does not hear it
  };
  /// How often an unheard event had any other right before it and behind it, noise included.
  struct Beside {
    std::uint64_t before = 0;
    std::uint64_t after = 0;
  };

  static void note(std::vector<std::string>& examples, const std::string& who) {
    if (examples.size() < examples_max && (examples.empty() || examples.back() != who))
      examples.push_back(who);
  }
  [[nodiscard]] Node node_of(std::size_t unheard) const {
    return static_cast<Node>(journey_.touchpoints.size() + unheard);
  }
  [[nodiscard]] std::string name_of(Node node) const {
    const std::size_t touchpoints = journey_.touchpoints.size();
    return node < touchpoints ? journey_.touchpoints[node].id : hearing_.list()[node - touchpoints].type;
  }

  void track(const std::string& who, const std::vector<Event>& events) {
    CustomerState state = tracker_.fresh(who);
    const std::vector<Instance>& instances = state.journeys.front().instances;
    Watch watch;
    Path path;
    for (const Event* event : in_order(events)) {
      tracker_.advance_to(state, event->time - Duration(1), &watch);  // so that only the event moves below
      std::vector<std::size_t> stays;
      for (const Instance& instance : instances) stays.push_back(instance.stays.size());
      tracker_.advance(state, *event, &watch);
      if (is_own_type(event->type)) continue;
      ++update_.events;
      ++path.number;
      const auto unheard = hearing_.find(*event);
      if (unheard || watch.placed() || !watch.is_fact()) step(path, event->type, unheard);
      if (unheard) {
        walk(path, node_of(*unheard));
        path.last_unheard = path.number;
      } else if (watch.placed()) {
        place(who, instances[watch.placed()->value()], watch.placed()->value(), stays, path);
      } else if (watch.is_fact()) {
        ++update_.following;
      } else if (instances.empty() && !path.begun) {
        begin(who, *event, path);
      }
    }
    tracker_.advance_to(state, end_, &watch);
    coverage_.add(0, state.journeys.front(), watch);
    for (const Instance& instance : instances) measure(instance);
  }

  void step(Path& path, std::string_view type, std::optional<std::size_t> unheard) {
    if (!path.step.empty() && path.step != type) {
      if (unheard) ++beside_[*unheard].before;
      if (path.step_unheard) ++beside_[*path.step_unheard].after;
    }
    path.step = type;
    path.step_unheard = unheard;
  }

  void walk(Path& path, Node to) {
    if (path.last) ++ways_[{*path.last, to}].count;
    path.last = to;
  }

  /// An event that opened `instance`, moved it, or found it where it stands.
  void place(const std::string& who, const Instance& instance, std::size_t index,
             const std::vector<std::size_t>& stays_before, Path& path) {
    path.begun = true;
    path.last_of.resize(std::max(path.last_of.size(), index + 1));
    const std::size_t before = index < stays_before.size() ? stays_before[index] : 0;
    const bool moved = instance.stays.size() > before;
    const Stay& stay = moved ? instance.stays[before] : instance.stays.back();
    const bool deviates = moved && is_deviation(stay.entry);
    if (!deviates) ++update_.following;
    const bool gap = path.last_unheard > path.last_of[index];
    if (gap && path.last && *path.last >= journey_.touchpoints.size()) {
      walk(path, stay.at.value());
    } else if (!gap && moved && before > 0) {
      Way& way = ways_[{instance.stays[before - 1].at.value(), stay.at.value()}];
      ++way.count;
      if (deviates) {
        ++way.undeclared;
        note(way.examples, who);
      }
    }
    path.last = instance.stays.back().at.value();
    path.last_of[index] = path.number;
  }

  /// The customer's first event that a touchpoint hears, where it opened nothing.
  void begin(const std::string& who, const Event& event, Path& path) {
    const auto touchpoint = hearing_.touchpoint_of(event);
    if (!touchpoint) return;
    path.begun = true;
    if (at(journey_.touchpoints, *touchpoint).start) return;
    Beginning& beginning = starts_[touchpoint->value()];
    ++beginning.count;
    note(beginning.examples, who);
  }

  void measure(const Instance& instance) {
    for (std::size_t i = 0; i < instance.stays.size(); ++i) {
      const Stay& stay = instance.stays[i];
      const std::uint32_t here = stay.at.value();
      visits_[here] += 1 + stay.repeats;
      const bool last = i + 1 == instance.stays.size();
      if (stay.cause == Cause::dropped && stay.recovered) {
        ++returned_[here];
        waits_[here].push_back(*stay.recovered - stay.last_activity);
      } else if (stay.cause == Cause::dropped) {
        ++silent_[here];
      } else if (!last && instance.stays[i + 1].entry != Entry::milestone) {
        waits_[here].push_back(instance.stays[i + 1].entered - stay.last_activity);
      }
    }
  }

  /// The count of the way, falling; only what is no noise beside `whole`.
  UpdateFinding::Counts neighbours(Node node, bool before, std::uint64_t events) const {
    std::map<std::string, std::uint64_t> counts;
    for (const auto& [ends, way] : ways_) {
      const auto& [from, to] = ends;
      if ((before ? to : from) != node || from == to) continue;
      if (ratio(way.count, events) >= options_.noise) counts[name_of(before ? from : to)] += way.count;
    }
    return falling(counts);
  }

  void find_unheard() {
    for (std::size_t i = 0; i < hearing_.list().size(); ++i) {
      const Unheard& unheard = hearing_.list()[i];
      UpdateFinding finding;
      finding.touchpoint = unheard.type;
      finding.count = unheard.events;
      finding.customers = unheard.customers;
      finding.examples = unheard.examples;
      if (unheard.channel) {
        const Touchpoint& touchpoint = at(journey_.touchpoints, *unheard.touchpoint);
        finding.kind = UpdateKind::channel;
        finding.touchpoint = touchpoint.id;
        finding.to = *unheard.channel;
        finding.share = ratio(unheard.events, unheard.events + visits_[unheard.touchpoint->value()]);
        finding.where = touchpoint.where;
      } else {
        finding.kind = UpdateKind::event_type;
        finding.share = ratio(unheard.customers, update_.customers);
        finding.channels = falling(unheard.channels);
        finding.before = neighbours(node_of(i), true, unheard.events);
        finding.after = neighbours(node_of(i), false, unheard.events);
        finding.before_all = beside_[i].before;
        finding.after_all = beside_[i].after;
      }
      update_.findings.push_back(std::move(finding));
    }
  }

  [[nodiscard]] double dependency(Node from, Node to) const {
    const auto count = [&](Node a, Node b) {
      const auto found = ways_.find({a, b});
      return found == ways_.end() ? 0.0 : static_cast<double>(found->second.count);
    };
    return (count(from, to) - count(to, from)) / (count(from, to) + count(to, from) + 1);
  }

  void find_transitions() {
    constexpr std::uint64_t count_min = 2;  // what happened once is no path
    for (const auto& [ends, way] : ways_) {
      const auto& [from, to] = ends;
      if (way.undeclared < count_min || ratio(way.undeclared, visits_[from]) < options_.noise) continue;
      const double measure = dependency(from, to);
      if (measure <= -options_.dependency) continue;  // nearly always the other way round
      UpdateFinding finding;
      finding.kind = UpdateKind::transition;
      finding.touchpoint = name_of(from);
      finding.to = name_of(to);
      finding.count = way.undeclared;
      finding.share = ratio(way.undeclared, visits_[from]);
      finding.dependency = measure;
      finding.examples = way.examples;
      finding.where = journey_.touchpoints[from].where;
      update_.findings.push_back(std::move(finding));
    }
  }

  void find_starts() {
    for (std::size_t i = 0; i < starts_.size(); ++i) {
      if (starts_[i].count < 2 || ratio(starts_[i].count, update_.customers) < options_.noise) continue;
      UpdateFinding finding;
      finding.kind = UpdateKind::start;
      finding.touchpoint = journey_.touchpoints[i].id;
      finding.count = starts_[i].count;
      finding.share = ratio(starts_[i].count, update_.customers);
      finding.examples = starts_[i].examples;
      finding.where = journey_.touchpoints[i].where;
      update_.findings.push_back(std::move(finding));
    }
  }

  void find_ends() {
    for (std::size_t i = 0; i < silent_.size(); ++i) {
      const Touchpoint& touchpoint = journey_.touchpoints[i];
      if (touchpoint.goal || touchpoint.ends || silent_[i] < enough) continue;
      const double share = ratio(silent_[i], silent_[i] + waits_[i].size());
      if (share < mostly) continue;
      UpdateFinding finding;
      finding.kind = UpdateKind::end;
      finding.touchpoint = touchpoint.id;
      finding.count = silent_[i];
      finding.share = share;
      finding.where = touchpoint.where;
      update_.findings.push_back(std::move(finding));
    }
  }

  void find_windows() {
    constexpr double long_enough = 0.99;
    constexpr std::int64_t far = 10;
    std::vector<Duration> all;
    for (std::size_t i = 0; i < waits_.size(); ++i) {
      all.insert(all.end(), waits_[i].begin(), waits_[i].end());
      const double share = ratio(returned_[i], waits_[i].size());
      if (returned_[i] < enough || share < options_.noise) continue;
      UpdateFinding finding;
      finding.kind = UpdateKind::window;
      finding.touchpoint = journey_.touchpoints[i].id;
      finding.count = returned_[i];
      finding.share = share;
      finding.wait = proposal::quantile(waits_[i], long_enough);
      finding.window = proposal::window_of(*finding.wait);
      finding.where = journey_.touchpoints[i].where;
      update_.findings.push_back(std::move(finding));
    }
    const auto* window = std::get_if<Duration>(&journey_.abandon_after);
    if (window == nullptr || all.size() < enough) return;
    UpdateFinding finding;
    finding.kind = UpdateKind::long_window;
    finding.count = all.size();
    finding.wait = proposal::quantile(all, long_enough);
    finding.window = proposal::window_of(*finding.wait);
    if (*finding.window * far <= *window) update_.findings.push_back(std::move(finding));
  }

  void find_unused() {
    const scenario::JourneyCoverage coverage = coverage_.journeys().front();
    for (std::size_t i = 0; i < journey_.touchpoints.size(); ++i) {
      const Touchpoint& touchpoint = journey_.touchpoints[i];
      if (coverage.reached[i]) {
        find_untaken(coverage, touchpoint.id, touchpoint.next);
        continue;
      }
      UpdateFinding finding;
      finding.kind = UpdateKind::unreached;
      finding.touchpoint = touchpoint.id;
      finding.where = touchpoint.where;
      update_.findings.push_back(std::move(finding));
    }
    find_untaken(coverage, "", journey_.anywhere);
  }

  /// Between what is reached; the others have no news.
  void find_untaken(const scenario::JourneyCoverage& coverage, const std::string& from,
                    const std::vector<Transition>& listed) {
    for (const Transition& transition : listed) {
      if (coverage.taken[transition.ordinal]) continue;
      if (transition.to && !coverage.reached[transition.to->value()]) continue;
      UpdateFinding finding;
      finding.kind = UpdateKind::untaken;
      finding.touchpoint = from;
      finding.to = transition.to ? at(journey_.touchpoints, *transition.to).id : "hold";
      finding.where = transition.where;
      update_.findings.push_back(std::move(finding));
    }
  }

  const UpdateOptions options_;
  const Journey& journey_;
  const EventsByCustomer& log_;
  const Hearing hearing_;
  const Workspace workspace_;
  const Tracker tracker_;
  scenario::Coverage coverage_;
  Instant end_ = Instant::min();

  std::map<std::pair<Node, Node>, Way> ways_;
  std::vector<std::uint64_t> visits_;    ///< by touchpoint: stays and repeats
  std::vector<std::uint64_t> silent_;    ///< stays that silence ended
  std::vector<std::uint64_t> returned_;  ///< stays that silence ended, and after which a customer came back
  std::vector<std::vector<Duration>> waits_;  ///< of those who went on, or came back
  std::vector<Beginning> starts_;
  std::vector<Beside> beside_;  ///< by Hearing::list()
  JourneyUpdate update_;
};

}  // namespace

CustomerLog::CustomerLog(const WorkspaceSettings& settings)
    : identities_({.namespace_rank = settings.namespace_rank,
                   .limits = settings.identity_limits,
                   .never = settings.identity_never}) {}

void CustomerLog::add(Event event) {
  if (!seen_.first(event.source, event.id)) return;
  const IdentityOutcome outcome = identities_.add(event.key(), link_kind(event.type), event.ids);
  if (outcome.primary) {
    events_.emplace_back(*outcome.primary, std::move(event));
  } else {
    ++without_customer_;
  }
}

EventsByCustomer CustomerLog::take() {
  EventsByCustomer log;
  std::map<CustomerNumber, std::vector<Event>*> customers;
  for (auto& [node, event] : events_) {
    std::vector<Event>*& own = customers[identities_.customer_of(node)];
    if (own == nullptr) own = &log[identities_.name_of(identities_.customer_of(node))];
    own->push_back(std::move(event));
  }
  events_.clear();
  return log;
}

double JourneyUpdate::fitness() const { return ratio(following, events); }

JourneyUpdate compare_with_log(const std::shared_ptr<const Journey>& journey,
                               const WorkspaceSettings& settings, const EventsByCustomer& log,
                               const UpdateOptions& options) {
  return Comparison(journey, settings, log, options).compare();
}

}  // namespace lotse
