#include "engine/friction/incidents.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "engine/base/assert.hpp"
#include "engine/base/hash.hpp"
#include "engine/friction/detector.hpp"
#include "engine/friction/silence.hpp"

namespace lotse {
namespace {

constexpr double months_between = 10;
/// A is never less, however few stays there are.
constexpr double least_threshold = 1'000;
/// Of the mirrored detector: a false end is no false alert.
constexpr double closing_threshold = 1'000;
/// An incident without any stay scored for so long is closed.
constexpr Duration unheard_of = std::chrono::days(28);

double threshold_for(double stays_a_month) {
  return std::max(least_threshold, months_between * stays_a_month);
}

std::string id_of(const Incident& incident, std::uint32_t first_version) {
  return fmt::format("{:016x}", fast_hash(fmt::format("{}\n{}\n{}\n{}\n{}", incident.journey,
                                                      incident.touchpoint, first_version, name(incident.kind),
                                                      incident.opened.time_since_epoch().count())));
}

/// One stream at one place.
struct Stream {
  const WeekCounts* counts;
  std::optional<Reference> reference{};  ///< nothing: not watched
  Instant last{};                        ///< when a stay was scored last
  Detector rise{LikelihoodRatios{}};
  std::optional<Detector::Alarm> raised{};  ///< in the open incident
};

/// Scores the stays of one place in order, and tells its incidents.
class PlaceWatch {
 public:
  PlaceWatch(const StayTable& table, std::size_t place, const Streams& layout, const WatchLoad& load,
             const ScoredPlace& scored)
      : table_(table), place_(table.places[place]), layout_(layout), load_(load) {
    choose_streams(scored);
  }

  void run(const std::vector<ScoredStay>& stays) {
    for (std::size_t i = 0; i < stays.size();) {
      const Instant now = stays[i].at;
      expire(now);
      begin(week_of(now));
      std::vector<Raise> raises;
      for (; i < stays.size() && stays[i].at == now; ++i) score(stays[i], raises);
      settle(now, std::move(raises));
    }
    expire(table_.as_of);
    begin(week_of(table_.as_of));
    if (open_) finish();
  }

  [[nodiscard]] std::vector<Incident> take() { return std::move(incidents_); }

  [[nodiscard]] WatchedPlace summary() const {
    WatchedPlace place;
    place.label = place_.label;
    place.title = place_.title;
    for (const Stream& stream : streams_) place.streams += stream.reference ? 1U : 0U;
    const std::optional<Reference>& whole = streams_.front().reference;
    if (whole) {
      place.by_target = place_.target.has_value();
      place.reference = baseline(streams_.front(), whole_index);
      return place;
    }
    const WeekCounts& counts = *streams_.front().counts;
    if (place_.target) {
      if (!counts.empty()) place.from = week_start(counts.first_week() + target_watched_after);
    } else if (const auto from = counts.watched_from(week_, left_out_)) {
      place.from = week_start(*from);
    } else {
      const Reference so_far = counts.reference_for(week_ + 2, left_out_);
      place.needed = least_reference - std::min(least_reference, so_far.scored);
    }
    return place;
  }

 private:
  static constexpr std::uint32_t whole_index = 0;          ///< into streams_
  static constexpr std::int64_t target_watched_after = 2;  ///< weeks
  static constexpr std::uint32_t unwatched = std::numeric_limits<std::uint32_t>::max();
  struct Raise {
    std::uint32_t stream;
    Detector::Alarm alarm;
  };

  /// Only what has stays enough for a baseline can ever be watched: a segment may have very many values.
  void choose_streams(const ScoredPlace& scored) {
    index_.assign(layout_.size(), unwatched);
    for (std::size_t s = 0; s < layout_.size(); ++s) {
      if (s != Streams::whole && scored.scored[s] < least_reference) continue;
      index_[s] = static_cast<std::uint32_t>(streams_.size());
      names_.push_back(layout_.name(s));
      streams_.push_back({.counts = &scored.counts[s]});
    }
  }

  [[nodiscard]] bool by_target(std::uint32_t stream) const {
    return stream == whole_index && place_.target.has_value();
  }

  /// The share before; of a target it is known.
  [[nodiscard]] Share baseline(const Stream& stream, std::uint32_t index) const {
    if (by_target(index)) return {*place_.target, std::numeric_limits<double>::infinity()};
    return stream.reference->share();
  }
  [[nodiscard]] double before(std::uint32_t index) const {
    return by_target(index) ? *place_.target : streams_[index].reference->share().rate();
  }

  /// Baselines are taken anew at the start of a week, but not during an incident.
  void begin(std::int64_t week) {
    if (week == week_) return;
    week_ = week;
    threshold_ = threshold_for(load_.stays_a_month(week));
    if (open_) left_out_.push_back(week);
    for (std::uint32_t s = 0; s < streams_.size(); ++s) {
      Stream& stream = streams_[s];
      if (open_ && stream.reference) continue;
      aim(stream, s);
    }
  }

  void aim(Stream& stream, std::uint32_t index) {
    stream.reference.reset();
    if (by_target(index)) {
      // The first week may be a part of one, and says nothing about the load.
      if (stream.counts->empty() || week_ < stream.counts->first_week() + target_watched_after) return;
      stream.reference = Reference{.upper = *place_.target};
    } else {
      const Reference reference = stream.counts->reference_for(week_, left_out_);
      if (reference.scored < least_reference) return;
      stream.reference = reference;
    }
    stream.rise.aim(rise_above(stream.reference->upper));
  }

  void score(const ScoredStay& scored, std::vector<Raise>& raises) {
    layout_.each(scored, [&](std::size_t s) {
      const std::uint32_t index = index_[s];
      if (index == unwatched) return;
      Stream& stream = streams_[index];
      stream.last = scored.at;
      if (!stream.reference) return;
      if (open_ && index == lead_ && !fallen_) {
        aim_at_end();
        fallen_ = fall_->add(scored.dropped, scored.at, closing_threshold);
      }
      const auto alarm = stream.rise.add(scored.dropped, scored.at, threshold_);
      if (alarm && !stream.raised) raises.push_back({index, *alarm});
    });
  }

  /// At the end of an instant, when the order of its stays can matter no more.
  void settle(Instant now, std::vector<Raise> raises) {
    if (fallen_) {
      open_->recovered = fallen_->since;
      return close(now);
    }
    if (raises.empty()) return open_ ? look_whether_doubled(now) : void();
    // The whole first, then by evidence.
    std::sort(raises.begin(), raises.end(), [](const Raise& a, const Raise& b) {
      if ((a.stream == whole_index) != (b.stream == whole_index)) return a.stream == whole_index;
      return a.alarm.evidence != b.alarm.evidence ? a.alarm.evidence > b.alarm.evidence : a.stream < b.stream;
    });
    const bool opens = !open_;
    if (opens) open(now, raises.front());
    for (const Raise& raise : raises) join(raise, now);
    if (!opens) update(now);
    told_ = std::max(1.0, lost());
  }

  void open(Instant now, const Raise& raise) {
    open_.emplace();
    open_->journey = table_.journey;
    open_->touchpoint = place_.id;
    open_->label = place_.label;
    open_->title = place_.title;
    open_->owner = place_.owner;
    open_->opened = open_->updated = now;
    open_->threshold = threshold_;
    open_->watched = load_.of(week_).streams;
    open_->id = id_of(*open_, place_.versions.front());
    for (std::int64_t week = week_of(raise.alarm.since); week <= week_; ++week) left_out_.push_back(week);
    lead(raise);
  }

  /// The stream that the incident's figures are about.
  void lead(const Raise& raise) {
    const Stream& stream = streams_[raise.stream];
    lead_ = raise.stream;
    open_->started = raise.alarm.since;
    open_->whole = raise.stream == whole_index;
    open_->by_target = by_target(raise.stream);
    open_->before = before(raise.stream);
    seen_at_lead_ = stream.rise.seen();
    fall_.emplace(LikelihoodRatios{});
  }

  /// Over for certain is what is no longer half as bad as it has been so far. How bad is learned as it goes
  /// on: an alarm comes where chance has made it look worse than it is.
  void aim_at_end() {
    const double before = open_->before;
    const auto n = static_cast<double>(scored());
    const double since =
        std::max(static_cast<double>(dropped()) / n, std::min(1.15 * before, (1 + before) / 2));
    fall_->aim(fall_below((before + since) / 2, before));
  }

  void join(const Raise& raise, Instant now) {
    Stream& stream = streams_[raise.stream];
    stream.raised = raise.alarm;
    if (raise.stream == whole_index) {
      if (!open_->whole) lead(raise);
      return;
    }
    open_->parts.push_back({.cut = names_[raise.stream].cut,
                            .value = names_[raise.stream].value,
                            .joined = now,
                            .before = before(raise.stream),
                            .scored = stream.rise.seen() - raise.alarm.before,
                            .dropped = stream.rise.dropped() - raise.alarm.dropped_before});
  }

  void update(Instant now) {
    open_->updated = now;
    ++open_->changes;
  }

  [[nodiscard]] std::uint64_t scored() const {
    const Stream& stream = streams_[lead_];
    const std::uint64_t until = fallen_ ? seen_at_lead_ + fallen_->before : stream.rise.seen();
    return until - stream.raised->before;
  }
  [[nodiscard]] std::uint64_t dropped() const {
    const Stream& stream = streams_[lead_];
    const std::uint64_t all = stream.rise.dropped() - stream.raised->dropped_before;
    return fallen_ ? all - (fall_->dropped() - fallen_->dropped_before) : all;
  }
  [[nodiscard]] double lost() const {
    return static_cast<double>(dropped()) - static_cast<double>(scored()) * open_->before;
  }

  void look_whether_doubled(Instant now) {
    if (lost() < 2 * told_) return;
    told_ = lost();
    update(now);
  }

  /// Where nobody comes any more (a version that has been replaced, say) no more can be known.
  void expire(Instant now) {
    if (!open_ || now - streams_[lead_].last < unheard_of) return;
    close(streams_[lead_].last + unheard_of);
  }

  void close(Instant at) {
    open_->closed = open_->updated = at;
    ++open_->changes;
    finish();
    open_.reset();
    fall_.reset();
    fallen_.reset();
    for (Stream& stream : streams_) {
      stream.raised.reset();
      stream.rise.restart();
    }
  }

  /// The figures as of now.
  void finish() {
    open_->scored = scored();
    open_->dropped = dropped();
    open_->lost = lost();
    const auto n = static_cast<double>(open_->scored);
    const Interval excess =
        newcombe_difference({static_cast<double>(open_->dropped), n}, baseline(streams_[lead_], lead_));
    open_->lost_interval = {n * excess.low, n * excess.high};
    incidents_.push_back(*open_);
  }

  const StayTable& table_;
  const Place& place_;
  const Streams& layout_;
  const WatchLoad& load_;
  std::vector<std::uint32_t> index_;  ///< by stream of the layout
  std::vector<Streams::Name> names_;
  std::vector<Stream> streams_;
  std::int64_t week_ = std::numeric_limits<std::int64_t>::min();
  double threshold_ = 0;
  std::vector<std::int64_t> left_out_;  ///< weeks in which there was an incident
  std::vector<Incident> incidents_;

  std::optional<Incident> open_;
  std::uint32_t lead_ = whole_index;
  std::uint64_t seen_at_lead_ = 0;
  std::optional<Detector> fall_;
  std::optional<Detector::Alarm> fallen_;
  double told_ = 0;  ///< customers lost as of the last update
};

std::vector<Incident> silences_of(const StayTable& table, const WatchLoad& load) {
  const std::vector<std::string> touchpoints = touchpoints_of_newest(table);
  const std::vector<std::vector<Instant>> entries = entries_of(table, touchpoints);
  const auto entries_a_month = [&load](Instant at) { return load.entries_a_month(week_of(at)); };
  std::vector<Incident> incidents;
  for (std::size_t t = 0; t < touchpoints.size(); ++t) {
    const auto place = std::find_if(table.places.begin(), table.places.end(),
                                    [&](const Place& one) { return one.id == touchpoints[t]; });
    for (const Silence& silence : silences(entries[t], table.as_of, entries_a_month)) {
      Incident& incident = incidents.emplace_back();
      incident.kind = IncidentKind::silence;
      incident.journey = table.journey;
      incident.touchpoint = incident.label = touchpoints[t];
      incident.title = place->title;
      incident.owner = place->owner;
      incident.started = silence.last_entry;
      incident.opened = incident.updated = silence.opened;
      incident.closed = incident.recovered = silence.closed;
      if (silence.closed) {
        incident.updated = *silence.closed;
        ++incident.changes;
      }
      incident.whole = true;
      incident.expected = silence.expected;
      incident.dispersion = silence.dispersion;
      incident.threshold = silence.limit;
      incident.watched = load.of(week_of(silence.opened)).touchpoints;
      incident.id = id_of(incident, 0);
    }
  }
  return incidents;
}

}  // namespace

Incidents watch(const StayTable& table, const WatchSettings& settings) {
  const std::vector<ScoredPlace> scored = scored_places(table);
  return watch(table, scored, settings.load ? *settings.load : load_of(table, scored));
}

Incidents watch(const StayTable& table, const std::vector<ScoredPlace>& scored, const WatchLoad& load) {
  Incidents result;
  result.journey = table.journey;
  result.title = table.title;
  result.as_of = table.as_of;
  const WatchLoad::Week now = load.of(week_of(table.as_of));
  result.streams = now.streams;
  result.touchpoints = now.touchpoints;
  result.incidents = silences_of(table, load);
  const Streams layout(table);
  for (std::size_t place = 0; place < table.places.size(); ++place) {
    if (!window_of(table.places[place])) continue;
    PlaceWatch watch(table, place, layout, load, scored[place]);
    watch.run(scored[place].stays);
    result.places.push_back(watch.summary());
    for (Incident& incident : watch.take()) result.incidents.push_back(std::move(incident));
  }
  std::sort(result.incidents.begin(), result.incidents.end(), [](const Incident& a, const Incident& b) {
    if (a.closed.has_value() != b.closed.has_value()) return !a.closed;
    return a.opened != b.opened ? a.opened > b.opened : a.id < b.id;
  });
  return result;
}

std::string_view name(IncidentKind kind) {
  switch (kind) {
    case IncidentKind::drop_off:
      return "drop_off";
    case IncidentKind::silence:
      return "silence";
  }
  LOTSE_ASSERT(false);
}

}  // namespace lotse
