#include "engine/runtime/remains.hpp"

#include <algorithm>
#include <utility>

#include "engine/store/event_text.hpp"

namespace lotse {
namespace {

bool reads_sensitive(const Journey& journey, const Segment& segment) {
  return std::ranges::any_of(segment.value.references(), [&](const Expression::Reference& reference) {
    if (reference.variable != static_cast<std::uint32_t>(Variable::context)) return false;
    if (reference.field) return journey.context[*reference.field].sensitive;
    return std::ranges::any_of(journey.context, &ContextField::sensitive);  // used whole
  });
}

void strip(const Journey& journey, Instance& instance, Instant erased) {
  if (!instance.ended) {
    instance.stays.back().cause = Cause::exited;
    instance.stays.back().left = erased;
    instance.ended = true;
    instance.ended_at = erased;
  }
  instance.key.reset();
  instance.context.clear();
  instance.collected.clear();
  instance.visits.clear();
  instance.beside.clear();
  instance.pending.clear();
  instance.open_tasks = 0;
  instance.expression_errors = 0;
  for (Stay& stay : instance.stays) {
    for (Feedback& feedback : stay.feedback) feedback.comment.clear();
  }
  for (std::size_t i = 0; i < journey.segments.size(); ++i) {
    if (!reads_sensitive(journey, journey.segments[i])) continue;
    for (std::vector<Value>& set : instance.segment_sets) {
      if (i < set.size()) set[i] = Value();
    }
  }
}

void strip(Effect& effect, Instant erased) {
  effect.key = {};
  effect.transition = 0;
  effect.handed_out_as.reset();
  effect.with.clear();
  if (effect.ended) return;
  effect.ended = erased;
  if (effect.task == TaskStatus::open) effect.task = TaskStatus::withdrawn;
}

}  // namespace

CustomerState remains_of(const Tracker& tracker, const CustomerState& state, Instant erased) {
  CustomerState remains = tracker.fresh("");
  remains.clock = erased;
  for (std::uint32_t journey = 0; journey < state.journeys.size(); ++journey) {
    JourneyState& kept = remains.journeys[journey] = state.journeys[journey];
    for (Instance& instance : kept.instances) {
      strip(tracker.version(journey, instance.version), instance, erased);
    }
    for (Effect& effect : kept.effects) strip(effect, erased);
    kept.disproved.clear();
  }
  return remains;
}

Result<Remains> Remains::load(Store& store, const Tracker& tracker) {
  Remains remains;
  std::vector<CustomerState> states;
  std::string padded;
  LOTSE_CHECK(store.for_each_remains([&](const Store::Remains& stored) -> Result<void> {
    padded = stored.remains;
    padded.append(EventReader::padding, '\0');
    LOTSE_TRY(CustomerState state,
              read_remains(tracker, std::string_view(padded).substr(0, stored.remains.size())));
    states.push_back(std::move(state));
    remains.last_event_ = std::max(remains.last_event_, stored.last_event);
    return {};
  }));
  remains.add(states, remains.last_event_);
  return remains;
}

void Remains::add(const std::vector<CustomerState>& erased, Instant last_event) {
  if (erased.empty()) return;
  Batch batch;
  batch.reserve(erased.size());
  for (const CustomerState& state : erased) batch.push_back(encode(state));
  batches_.push_back(std::make_shared<const Batch>(std::move(batch)));
  size_ += erased.size();
  last_event_ = std::max(last_event_, last_event);
}

void Remains::visit(const Tracker& tracker, Instant as_of, std::uint32_t partition, std::uint32_t partitions,
                    const std::function<void(std::uint32_t, const CustomerState&)>& visit) const {
  std::size_t number = 0;
  for (const auto& batch : batches_) {
    for (const std::string& bytes : *batch) {
      if (number++ % partitions != partition) continue;
      CustomerState state = decode(bytes);
      tracker.advance_to(state, as_of);
      visit(partition, state);
    }
  }
}

}  // namespace lotse
