#include "engine/runtime/customer_facts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <string_view>
#include <type_traits>
#include <vector>

#include "engine/base/assert.hpp"
#include "engine/store/event_text.hpp"

namespace lotse {
namespace {

/// Writes JSON arrays from values in turn; null for what is not there.
class Writer {
 public:
  template <class... Items>
  void array(const Items&... items) {
    open('[');
    (item(items), ...);
    close(']');
  }
  template <class Range, class Each>
  void list(const Range& range, Each each) {
    open('[');
    for (const auto& one : range) each(one);
    close(']');
  }
  void open(char bracket) {
    separate();
    text_ += bracket;
    fresh_ = true;
  }
  void close(char bracket) {
    text_ += bracket;
    fresh_ = false;
  }
  void key(std::string_view name) {
    item(name);
    text_ += ':';
    fresh_ = true;
  }

  void item(const Value& value) {
    separate();
    append_json(text_, value);
  }
  void item(std::string_view text) {
    separate();
    append_json_string(text_, text);
  }
  void item(const std::string& text) { item(std::string_view(text)); }
  void item(double number) { item(Value(number)); }
  void item(Instant instant) { item(instant.time_since_epoch().count()); }
  template <class Integer>
    requires std::is_integral_v<Integer>
  void item(Integer number) {
    separate();
    fmt::format_to(std::back_inserter(text_), "{}", static_cast<std::int64_t>(number));
  }
  template <class Enum>
    requires std::is_enum_v<Enum>
  void item(Enum number) {
    item(static_cast<std::int64_t>(number));
  }
  template <class Tag>
  void item(Index<Tag> index) {
    item(index.value());
  }
  template <class T>
  void item(const std::optional<T>& maybe) {
    if (maybe) {
      item(*maybe);
    } else {
      separate();
      text_ += "null";
    }
  }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  void separate() {
    if (!fresh_) text_ += ',';
    fresh_ = false;
  }
  std::string text_;
  bool fresh_ = true;
};

void write(Writer& out, const Feedback& feedback) {
  out.array(feedback.at, feedback.scale, feedback.score, feedback.comment, feedback.segments);
}

void write(Writer& out, const Stay& stay) {
  out.open('[');
  out.item(stay.at);
  out.item(stay.channel);
  out.item(stay.entry);
  out.item(stay.entered);
  out.item(stay.cause);
  out.item(stay.cause == Cause::open ? std::optional<Instant>() : stay.left);
  out.item(stay.to);
  out.item(stay.outcome);
  out.item(stay.recovered);
  out.item(stay.last_activity);
  out.item(stay.repeats);
  out.item(stay.blocked);
  out.item(stay.deviations);
  out.item(stay.escalated);
  out.item(stay.promised);
  out.item(stay.deadline);
  out.item(stay.revived);
  out.item(stay.forced_hop);
  out.item(stay.segments);
  out.list(stay.feedback, [&](const Feedback& feedback) { write(out, feedback); });
  out.close(']');
}

void write_context(Writer& out, const Journey& journey, const Instance& instance) {
  out.open('{');
  for (std::size_t field = 0; field < instance.context.size(); ++field) {
    if (!instance.context[field]) continue;
    out.key(journey.context[field].name);
    out.item(*instance.context[field]);
  }
  out.close('}');
}

/// 1 restarted, 2 stopped, 3 moved, as the view `instances` has them.
std::uint32_t ended_by(const Instance& instance) {
  if (instance.restarted) return 1;
  if (instance.version_end == VersionEnd::stopped) return 2;
  return instance.version_end == VersionEnd::moved ? 3 : 0;
}

void write(Writer& out, const Journey& journey, const Instance& instance) {
  out.open('[');
  out.item(journey.version);
  out.item(instance.key);
  out.item(instance.opened);
  out.item(instance.status());
  out.item(instance.ended ? std::optional(instance.ended_at) : std::nullopt);
  out.item(instance.outcome);
  out.item(ended_by(instance));
  out.item(instance.achieved);
  out.item(instance.value);
  write_context(out, journey, instance);
  out.list(instance.stays, [&](const Stay& stay) { write(out, stay); });
  out.list(instance.promises, [&](const PromiseRecord& promise) {
    out.array(promise.promise, promise.made, promise.deadline, promise.reached);
  });
  out.list(instance.segment_sets, [&](const std::vector<Value>& values) {
    out.list(values, [&](const Value& value) { out.item(value); });
  });
  out.close(']');
}

/// The view says whether it is pending or stale: that depends on the moment of the check-point, not on that
/// of the customer's last event.
void write(Writer& out, const Effect& effect) {
  out.array(hex(effect.key), effect.touchpoint, effect.instance, effect.stay, effect.due, effect.stale_at,
            effect.handed_out, effect.channel, effect.ended, effect.task, effect.deadline, effect.blocked,
            effect.deferred_until, effect.claimed_by);
}

}  // namespace

std::string customer_facts(const Tracker& tracker, const Identities& identities, CustomerNumber customer,
                           const CustomerState& state) {
  std::vector<Identifier> ids;
  for (const NodeIndex node : identities.members(customer)) ids.push_back(identities.identifier(node));
  std::ranges::sort(ids);
  return customer_facts(tracker, ids, state);
}

std::string customer_facts(const Tracker& tracker, std::span<const Identifier> ids,
                           const CustomerState& state) {
  LOTSE_ASSERT(state.journeys.size() == tracker.journeys().size());
  Writer out;
  out.open('[');
  out.item(state.customer);
  out.item(state.events);
  out.item(state.last_event ? std::optional(state.last_event->time) : std::nullopt);
  out.item(state.traits);
  out.list(ids, [&](const Identifier& id) { out.array(id.name_space, id.value); });
  out.open('[');
  for (std::uint32_t journey = 0; journey < state.journeys.size(); ++journey) {
    const JourneyState& in = state.journeys[journey];
    if (in == JourneyState{}) continue;
    out.open('[');
    out.item(tracker.journeys()[journey].versions.front()->id);
    out.item(in.starts_without_key);
    out.item(in.unattributed_feedback);
    out.list(in.instances, [&](const Instance& instance) {
      write(out, tracker.version(journey, instance.version), instance);
    });
    out.list(in.effects, [&](const Effect& effect) { write(out, effect); });
    out.close(']');
  }
  out.close(']');
  out.close(']');
  return out.take();
}

}  // namespace lotse
