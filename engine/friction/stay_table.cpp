#include "engine/friction/stay_table.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <tuple>

#include "engine/base/assert.hpp"
#include "engine/friction/places.hpp"

namespace lotse {
namespace {

constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();
const std::string no_text = "(none)";

std::string text_of(const Value& value) {
  if (value.is_null()) return no_text;
  if (const std::string* text = value.string()) return text->empty() ? no_text : *text;
  return to_json(value);
}

/// Ten-thousandths, to the nearest; what does not fit an event's money is held at ±9e13.
std::int64_t fixed(double value) {
  if (!std::isfinite(value)) return 0;
  return std::llround(std::clamp(value, -9e13, 9e13) * static_cast<double>(fixed_point));
}

template <class T>
void join(std::vector<T>& all, std::vector<T>&& more) {
  all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  more.clear();
}

template <class T>
std::uint32_t index_of(std::vector<T>& names, const T& name) {
  const auto index = static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin());
  if (index == names.size()) names.push_back(name);
  return static_cast<std::uint32_t>(index);
}

bool has_left(const Stay& stay, Instant as_of) { return stay.cause != Cause::open && stay.left <= as_of; }

}  // namespace

const std::string& StayTable::segment_value(std::uint32_t set, std::size_t segment) const {
  return segment_values[segment][segment_sets[set * segments.size() + segment]];
}

std::optional<std::size_t> StayTable::find_segment(std::string_view name) const {
  const auto found = std::find(segments.begin(), segments.end(), name);
  if (found == segments.end()) return std::nullopt;
  return static_cast<std::size_t>(found - segments.begin());
}

StayTableBuilder::StayTableBuilder(const JourneyVersions& versions, const Channels& channels, Instant as_of,
                                   Names names)
    : names_(names) {
  LOTSE_ASSERT(!versions.versions.empty());
  const Journey& newest = *versions.versions.back();
  table_.journey = newest.id;
  table_.title = newest.title;
  table_.as_of = as_of;
  table_.abandon_after = newest.abandon_after;
  for (const Channel& channel : channels.channels) {
    table_.channels.push_back(channel.id);
    table_.human.push_back(channel.human);
  }
  std::vector<std::vector<std::uint16_t>> place_of;
  table_.places = places_of(versions, place_of);
  table_.edges = timed_edges(versions);
  table_.timers = declared_timers(versions, place_of, table_.places.size());
  table_.leads_to = leads_to(versions, place_of, table_.places.size());
  for (std::size_t v = versions.versions.size(); v-- > 0;) {
    for (const Segment& segment : versions.versions[v]->segments) index_of(table_.segments, segment.name);
  }
  for (std::size_t v = 0; v < versions.versions.size(); ++v) {
    const Journey& journey = *versions.versions[v];
    VersionMap map{.journey = &journey,
                   .place = place_of[v],
                   .channel = {},
                   .promise = {},
                   .task = {},
                   .wanted = {},
                   .message = {},
                   .segment = {}};
    for (const std::string& channel : journey.channels) {
      map.channel.push_back(static_cast<std::uint16_t>(index_of(table_.channels, channel)));
      table_.human.resize(table_.channels.size());
    }
    for (const JourneyPromise& promise : journey.promises) {
      map.promise.push_back(index_of(table_.promise_names, promise.name));
    }
    for (const Touchpoint& touchpoint : journey.touchpoints) {
      const bool task = touchpoint.kind == TouchpointKind::handover;
      map.task.push_back(task ? index_of(table_.task_places, touchpoint.id) : none);
      const bool message = touchpoint.kind == TouchpointKind::outbound;
      map.message.push_back(message ? index_of(table_.message_places, touchpoint.id) : none);
    }
    for (std::uint32_t t = 0; t < journey.touchpoints.size(); ++t) {
      const Touchpoint& touchpoint = journey.touchpoints[t];
      const auto want = [&](const std::vector<FieldIndex>& fields, LostContext::What what) {
        for (const FieldIndex field : fields) {
          const StayTable::Wanted wanted{touchpoint.id, at(journey.context, field).name, what};
          map.wanted[{TouchpointIndex{t}, field}][static_cast<std::size_t>(what)] =
              index_of(table_.wanted, wanted);
        }
      };
      want(touchpoint.asks, LostContext::What::asked_again);
      want(touchpoint.needs, LostContext::What::missing);
    }
    for (const std::string& segment : table_.segments) {
      const auto found = std::find_if(journey.segments.begin(), journey.segments.end(),
                                      [&](const Segment& own) { return own.name == segment; });
      map.segment.push_back(found == journey.segments.end()
                                ? none
                                : static_cast<std::uint32_t>(found - journey.segments.begin()));
    }
    versions_.push_back(std::move(map));
  }
  LOTSE_ASSERT(table_.channels.size() < no_index);
  codes_.resize(table_.segments.size());
  table_.segment_values.resize(table_.segments.size());
}

std::uint32_t StayTableBuilder::intern(std::vector<std::uint32_t> codes) {
  const auto [found, is_new] = sets_.try_emplace(std::move(codes), static_cast<std::uint32_t>(sets_.size()));
  if (is_new) table_.segment_sets.insert(table_.segment_sets.end(), found->first.begin(), found->first.end());
  return found->second;
}

std::uint32_t StayTableBuilder::segment_set(const Instance& instance, std::uint32_t set) {
  const VersionMap& version = at(versions_, instance.version);
  std::vector<std::uint32_t> codes;
  for (std::size_t segment = 0; segment < table_.segments.size(); ++segment) {
    const std::uint32_t own = version.segment[segment];
    const bool known = set < instance.segment_sets.size() && own < instance.segment_sets[set].size();
    const std::string text = known ? text_of(instance.segment_sets[set][own]) : no_text;
    auto found = codes_[segment].find(text);
    if (found == codes_[segment].end()) {
      found = codes_[segment].emplace(text, static_cast<std::uint32_t>(codes_[segment].size())).first;
      table_.segment_values[segment].push_back(text);
    }
    codes.push_back(found->second);
  }
  return intern(std::move(codes));
}

/// Who he is, and what of his journeys is sensitive wherever else it would be shown.
KnownTexts StayTableBuilder::known_texts() const {
  KnownTexts known = who_ == nullptr ? KnownTexts() : KnownTexts(*who_);
  for (const Instance& instance : customer_->instances) {
    const std::vector<ContextField>& fields = at(versions_, instance.version).journey->context;
    for (std::size_t field = 0; field < std::min(fields.size(), instance.context.size()); ++field) {
      if (fields[field].sensitive && instance.context[field]) known.add_value(*instance.context[field]);
    }
  }
  return known;
}

std::uint32_t StayTableBuilder::add_comment(std::string_view comment) {
  if (comment.empty()) return no_comment;
  if (!known_) known_ = known_texts();
  std::string masked = mask_personal_data(comment, *known_);
  if (masked.empty()) return no_comment;
  table_.comments.push_back(std::move(masked));
  return static_cast<std::uint32_t>(table_.comments.size() - 1);
}

void StayTableBuilder::add(const JourneyState& customer, const CustomerState* who) {
  who_ = who;
  customer_ = &customer;
  known_.reset();
  table_.starts_without_key += customer.starts_without_key;
  table_.unattributed_feedback += customer.unattributed_feedback;
  const auto first_instance = static_cast<std::uint32_t>(table_.instances.size());
  row_of_instance_.clear();
  for (const Instance& instance : customer.instances) {
    const bool there = !instance.stays.empty() && instance.stays.front().entered <= table_.as_of;
    row_of_instance_.push_back(there ? static_cast<std::uint32_t>(table_.instances.size()) : none);
    if (there) add_instance(instance);
  }
  if (table_.instances.size() == first_instance) return;
  if (names_ == Names::kept) table_.names.push_back(who == nullptr ? std::string() : who->customer);
  add_tasks(customer, first_instance);
  add_messages(customer);
  ++table_.customers;
}

void StayTableBuilder::add_instance(const Instance& instance) {
  const VersionMap& version = at(versions_, instance.version);
  const Instant as_of = table_.as_of;
  const auto row = static_cast<std::uint32_t>(table_.instances.size());
  StayTable::InstanceRow& own = table_.instances.emplace_back();
  own.customer = table_.customers;
  own.first_stay = static_cast<std::uint32_t>(table_.size());
  own.version = version.journey->version;
  own.opened = instance.opened;
  own.last_activity = instance.opened;
  if (instance.achieved && *instance.achieved <= as_of) own.achieved = *instance.achieved;
  if (instance.ended && instance.ended_at <= as_of) own.ended = instance.ended_at;
  if (instance.value) own.value = fixed(*instance.value);

  std::vector<std::uint32_t> sets(instance.segment_sets.size(), none);
  const auto set_of = [&](std::uint32_t set) {
    if (set >= sets.size()) return segment_set(instance, set);
    if (sets[set] == none) sets[set] = segment_set(instance, set);
    return sets[set];
  };
  const auto channel_of = [&](const Stay& stay) {
    return stay.channel ? at(version.channel, *stay.channel) : no_index;
  };

  Cause last_cause = Cause::open;
  for (std::size_t s = 0; s < instance.stays.size() && instance.stays[s].entered <= as_of; ++s) {
    const Stay& stay = instance.stays[s];
    const auto number = static_cast<std::uint32_t>(table_.size());
    const bool left = has_left(stay, as_of);
    last_cause = left ? stay.cause : Cause::open;
    const std::uint16_t channel = channel_of(stay);
    std::uint8_t flags = stay.entered > own.achieved ? StayTable::after_goal : 0;
    if (stay.promised)
      flags |= stay.entered <= *stay.promised ? StayTable::promise_kept : StayTable::promise_broken;
    if (stay.recovered && *stay.recovered <= as_of) flags |= StayTable::recovered;
    const bool moved_on = left && stay.cause != Cause::dropped && s + 1 < instance.stays.size() &&
                          instance.stays[s + 1].entered <= as_of;
    if (moved_on) {
      const Stay& next = instance.stays[s + 1];
      const std::uint16_t to = channel_of(next);
      if (channel != no_index && to != no_index && channel != to) {
        flags |= next.forced_hop ? StayTable::hop_forced : StayTable::hop_designed;
        if (table_.human[to] && !table_.human[channel]) flags |= StayTable::assist_pull;
      }
    }
    table_.entered.push_back(stay.entered);
    table_.left.push_back(left ? stay.left : never);
    table_.deadline.push_back(stay.deadline.value_or(never));
    table_.instance.push_back(row);
    table_.segment_set.push_back(set_of(stay.segments));
    table_.place.push_back(at(version.place, stay.at));
    table_.to.push_back(left && stay.to ? at(version.place, *stay.to) : no_index);
    table_.awaits.push_back(stay.awaits ? at(version.place, *stay.awaits) : no_index);
    table_.channel.push_back(channel);
    table_.repeats.push_back(static_cast<std::uint16_t>(std::min<std::uint32_t>(stay.repeats, no_index)));
    table_.cause.push_back(last_cause);
    table_.entry.push_back(stay.entry);
    table_.flags.push_back(flags);
    own.last_activity = std::max(own.last_activity, std::min(stay.last_activity, as_of));
    if (stay.escalated && *stay.escalated <= as_of) table_.escalations.push_back({number, *stay.escalated});
    for (const LostContext& lost : stay.lost) {
      if (lost.when > as_of) continue;
      const auto& which = version.wanted.at({lost.at, lost.field});
      table_.lost.push_back({.stay = number, .which = which[static_cast<std::size_t>(lost.what)]});
    }
    for (const Feedback& feedback : stay.feedback) {
      if (feedback.at > as_of) continue;
      table_.feedback.push_back({.stay = number,
                                 .scale = feedback.scale,
                                 .at = feedback.at,
                                 .segments = set_of(feedback.segments.value_or(stay.segments)),
                                 .comment = add_comment(feedback.comment),
                                 .score = fixed(feedback.score)});
      own.last_activity = std::max(own.last_activity, feedback.at);
    }
  }
  own.status = own.achieved != never                                                      ? Status::achieved
               : own.ended == never                                                       ? Status::active
               : last_cause == Cause::dropped && !instance.outcome && !instance.restarted ? Status::dropped
                                                                                          : Status::exited;

  for (const PromiseRecord& promise : instance.promises) {
    if (promise.made > as_of) continue;
    const bool met = promise.reached && *promise.reached <= as_of;
    // Who leaves the journey for good before it is due is owed nothing any more.
    const bool lapsed = !met && own.status == Status::exited && own.ended < promise.deadline;
    table_.promises.push_back({.instance = row,
                               .which = version.promise[promise.promise],
                               .made = promise.made,
                               .deadline = lapsed ? never : promise.deadline,
                               .met = met ? *promise.reached : never});
  }
}

void StayTableBuilder::add_tasks(const JourneyState& customer, std::uint32_t first_instance) {
  const std::size_t before = table_.tasks.size();
  for (const Effect& effect : customer.effects) {
    const std::uint32_t instance = row_of_instance_[effect.instance.value()];
    if (effect.task == TaskStatus::none || effect.due > table_.as_of || instance == none) continue;
    const VersionMap& version = versions_[at(customer.instances, effect.instance).version.value()];
    const bool ended = effect.ended && *effect.ended <= table_.as_of;
    const bool done = ended && effect.task == TaskStatus::done;
    const Instant deadline = effect.deadline.value_or(never);
    const bool lapsed = ended && effect.task == TaskStatus::withdrawn && *effect.ended <= deadline;
    table_.tasks.push_back({.instance = instance,
                            .which = at(version.task, effect.touchpoint),
                            .made = effect.due,
                            .deadline = lapsed ? never : deadline,
                            .met = done ? *effect.ended : never});
  }
  LOTSE_ASSERT(first_instance <= table_.instances.size());
  std::stable_sort(table_.tasks.begin() + static_cast<std::ptrdiff_t>(before), table_.tasks.end(),
                   [](const auto& a, const auto& b) { return a.instance < b.instance; });
}

/// What was handed out, with the stay during which it came to be due.
void StayTableBuilder::add_messages(const JourneyState& customer) {
  const std::size_t before = table_.messages.size();
  const auto stays = static_cast<std::uint32_t>(table_.size());
  for (const Effect& effect : customer.effects) {
    const std::uint32_t instance = row_of_instance_[effect.instance.value()];
    const bool is_message = effect.task == TaskStatus::none;
    if (!is_message || !effect.handed_out || *effect.handed_out > table_.as_of || instance == none) continue;
    const std::uint32_t end =
        instance + 1 < table_.instances.size() ? table_.instances[instance + 1].first_stay : stays;
    const std::uint32_t stay = table_.instances[instance].first_stay + effect.stay.value();
    if (stay >= end) continue;  // handed out before events that were late made it due, in a stay after as_of
    const VersionMap& version = versions_[at(customer.instances, effect.instance).version.value()];
    table_.messages.push_back(
        {.stay = stay, .which = at(version.message, effect.touchpoint), .at = *effect.handed_out});
  }
  std::sort(table_.messages.begin() + static_cast<std::ptrdiff_t>(before), table_.messages.end(),
            [](const auto& a, const auto& b) {
              return std::tie(a.stay, a.at, a.which) < std::tie(b.stay, b.at, b.which);
            });
}

void StayTableBuilder::append(StayTableBuilder&& other) {
  StayTable& more = other.table_;
  LOTSE_ASSERT(more.journey == table_.journey && more.as_of == table_.as_of && more.places == table_.places);
  const auto stays = static_cast<std::uint32_t>(table_.size());
  const auto instances = static_cast<std::uint32_t>(table_.instances.size());
  const auto comments = static_cast<std::uint32_t>(table_.comments.size());

  const std::size_t width = table_.segments.size();
  std::vector<std::uint32_t> set_here;
  for (std::size_t set = 0; set < other.sets_.size(); ++set) {
    std::vector<std::uint32_t> codes;
    for (std::size_t segment = 0; segment < width; ++segment) {
      const std::string& text = more.segment_value(static_cast<std::uint32_t>(set), segment);
      const auto [found, is_new] =
          codes_[segment].try_emplace(text, static_cast<std::uint32_t>(codes_[segment].size()));
      if (is_new) table_.segment_values[segment].push_back(text);
      codes.push_back(found->second);
    }
    set_here.push_back(intern(std::move(codes)));
  }
  for (std::uint32_t& set : more.segment_set) set = set_here[set];
  for (StayTable::FeedbackRow& row : more.feedback) {
    row.segments = set_here[row.segments];
    row.stay += stays;
    if (row.comment != no_comment) row.comment += comments;
  }
  for (StayTable::At& row : more.escalations) row.stay += stays;
  for (StayTable::LostRow& row : more.lost) row.stay += stays;
  for (StayTable::MessageRow& row : more.messages) row.stay += stays;
  for (StayTable::PromiseRow& row : more.promises) row.instance += instances;
  for (StayTable::PromiseRow& row : more.tasks) row.instance += instances;
  for (std::uint32_t& instance : more.instance) instance += instances;
  for (StayTable::InstanceRow& row : more.instances) {
    row.first_stay += stays;
    row.customer += table_.customers;
  }

  table_.customers += more.customers;
  table_.starts_without_key += more.starts_without_key;
  table_.unattributed_feedback += more.unattributed_feedback;
  join(table_.entered, std::move(more.entered));
  join(table_.left, std::move(more.left));
  join(table_.deadline, std::move(more.deadline));
  join(table_.instance, std::move(more.instance));
  join(table_.segment_set, std::move(more.segment_set));
  join(table_.place, std::move(more.place));
  join(table_.to, std::move(more.to));
  join(table_.awaits, std::move(more.awaits));
  join(table_.channel, std::move(more.channel));
  join(table_.repeats, std::move(more.repeats));
  join(table_.cause, std::move(more.cause));
  join(table_.entry, std::move(more.entry));
  join(table_.flags, std::move(more.flags));
  join(table_.instances, std::move(more.instances));
  join(table_.escalations, std::move(more.escalations));
  join(table_.feedback, std::move(more.feedback));
  join(table_.lost, std::move(more.lost));
  join(table_.messages, std::move(more.messages));
  join(table_.comments, std::move(more.comments));
  join(table_.names, std::move(more.names));
  join(table_.promises, std::move(more.promises));
  join(table_.tasks, std::move(more.tasks));
}

StayTable StayTableBuilder::finish() && {
  const std::size_t width = table_.segments.size();
  for (std::size_t segment = 0; segment < width; ++segment) {
    std::vector<std::string>& values = table_.segment_values[segment];
    std::vector<std::uint32_t> order(values.size());
    std::iota(order.begin(), order.end(), 0U);
    std::sort(order.begin(), order.end(),
              [&](std::uint32_t a, std::uint32_t b) { return values[a] < values[b]; });
    std::vector<std::uint32_t> code(values.size());
    std::vector<std::string> sorted;
    for (std::uint32_t rank = 0; rank < order.size(); ++rank) {
      code[order[rank]] = rank;
      sorted.push_back(std::move(values[order[rank]]));
    }
    values = std::move(sorted);
    for (std::size_t i = segment; i < table_.segment_sets.size(); i += width) {
      table_.segment_sets[i] = code[table_.segment_sets[i]];
    }
  }
  return std::move(table_);
}

}  // namespace lotse
