// Compact bytes of a state: variable-length numbers, instants as differences from the one before, flags for
// what is mostly absent. Each struct is described once, for writing and for reading. The layout holds within
// one build; what is stored notes which build wrote it.
#include <algorithm>
#include <bit>
#include <cstring>
#include <initializer_list>
#include <type_traits>

#include "engine/base/assert.hpp"
#include "engine/expression/text_pool.hpp"
#include "engine/tracking/state.hpp"

namespace lotse {
namespace {

constexpr std::int64_t instant_limit = std::int64_t{1} << 60;

std::uint64_t zigzag(std::int64_t value) {
  return (static_cast<std::uint64_t>(value) << 1U) ^ static_cast<std::uint64_t>(value >> 63U);
}
std::int64_t from_zigzag(std::uint64_t value) {
  return static_cast<std::int64_t>(value >> 1U) ^ -static_cast<std::int64_t>(value & 1U);
}

class Writer {
 public:
  static constexpr bool reads = false;
  /// Over what `bytes` holds; cut to the length at the end, so that one buffer serves many states.
  explicit Writer(std::string& bytes) : bytes_(bytes) {
    bytes_.resize(bytes_.capacity());
    at_ = bytes_.data();
    end_ = at_ + bytes_.size();
  }
  void finish() { bytes_.resize(static_cast<std::size_t>(at_ - bytes_.data())); }

  template <class T>
  void number(const T& value) {
    constexpr std::size_t longest = 10;
    make_room(longest);
    auto rest = static_cast<std::uint64_t>(value);
    while (rest >= 0x80) {
      *at_++ = static_cast<char>(static_cast<std::uint8_t>(rest) | 0x80U);
      rest >>= 7U;
    }
    *at_++ = static_cast<char>(rest);
  }
  void integer(const std::int64_t& value) { number(zigzag(value)); }
  void fixed(const std::uint64_t& value) { raw(&value, sizeof value); }
  void text(const std::string& value) {
    number(value.size());
    raw(value.data(), value.size());
  }
  /// Two low bits tell the unit of the difference: seconds, milliseconds, or one of the two ends of time.
  void instant(const Instant& value) {
    if (value == Instant::min()) return number(2U);
    if (value == Instant::max()) return number(6U);
    const std::int64_t now = value.time_since_epoch().count();
    LOTSE_ASSERT(-instant_limit < now && now < instant_limit);
    const std::int64_t distance = now - last_;
    last_ = now;
    if (distance % 1000 == 0) {
      number(zigzag(distance / 1000) << 2U);
    } else {
      number((zigzag(distance) << 2U) | 1U);
    }
  }
  std::uint32_t flags(std::initializer_list<bool> bits) {
    std::uint32_t flags = 0;
    std::uint32_t bit = 1;
    for (const bool set : bits) {
      if (set) flags |= bit;
      bit <<= 1U;
    }
    number(flags);
    return flags;
  }
  template <class T, class Each>
  void list(const std::vector<T>& values, Each&& each) {
    number(values.size());
    for (const T& value : values) each(value);
  }
  template <class T, class Each>
  void list_if(bool is_present, const std::vector<T>& values, Each&& each) {
    if (is_present) list(values, each);
  }
  template <class T, class Each>
  void present(bool is_present, const std::optional<T>& value, Each&& each) {
    if (is_present) each(*value);
  }

 private:
  void raw(const void* from, std::size_t count) {
    make_room(count);
    std::memcpy(at_, from, count);
    at_ += count;
  }
  void make_room(std::size_t count) {
    if (static_cast<std::size_t>(end_ - at_) < count) grow(count);
  }
  void grow(std::size_t count) {
    const auto used = static_cast<std::size_t>(at_ - bytes_.data());
    bytes_.resize(std::max<std::size_t>(used + count, 2 * bytes_.size()));
    at_ = bytes_.data() + used;
    end_ = bytes_.data() + bytes_.size();
  }

  std::string& bytes_;
  char* at_;
  char* end_;
  std::int64_t last_ = 0;
};

class Reader {
 public:
  static constexpr bool reads = true;
  explicit Reader(std::string_view bytes, TextPool* pool = nullptr) : bytes_(bytes), pool_(pool) {}

  template <class T>
  void number(T& value) {
    std::uint64_t result = 0;
    for (unsigned shift = 0;; shift += 7) {
      LOTSE_ASSERT(at_ < bytes_.size() && shift < 64);
      const auto byte = static_cast<std::uint8_t>(bytes_[at_++]);
      result |= static_cast<std::uint64_t>(byte & 0x7FU) << shift;
      if (byte < 0x80) break;
    }
    value = static_cast<T>(result);
  }
  void integer(std::int64_t& value) {
    std::uint64_t raw = 0;
    number(raw);
    value = from_zigzag(raw);
  }
  void fixed(std::uint64_t& value) {
    LOTSE_ASSERT(bytes_.size() - at_ >= sizeof value);
    std::memcpy(&value, bytes_.data() + at_, sizeof value);
    at_ += sizeof value;
  }
  void text(std::string& value) {
    const std::size_t length = size();
    value.assign(bytes_.substr(at_, length));
    at_ += length;
  }
  Value text_value() {
    const std::size_t length = size();
    const std::string_view text = bytes_.substr(at_, length);
    at_ += length;
    return pool_ == nullptr ? Value(text) : pool_->value(text);
  }
  void instant(Instant& value) {
    std::uint64_t raw = 0;
    number(raw);
    if ((raw & 3U) == 2) {
      value = raw == 2 ? Instant::min() : Instant::max();
      return;
    }
    last_ += from_zigzag(raw >> 2U) * ((raw & 1U) == 0 ? 1000 : 1);
    value = Instant(Duration(last_));
  }
  std::uint32_t flags(std::initializer_list<bool> /*ours*/) {
    std::uint32_t flags = 0;
    number(flags);
    return flags;
  }
  template <class T, class Each>
  void list(std::vector<T>& values, Each&& each) {
    values.resize(size());
    for (T& value : values) each(value);
  }
  template <class T, class Each>
  void list_if(bool is_present, std::vector<T>& values, Each&& each) {
    if (is_present) return list(values, each);
    values.clear();
  }
  template <class T, class Each>
  void present(bool is_present, std::optional<T>& value, Each&& each) {
    if (is_present) {
      each(value ? *value : value.emplace());
    } else {
      value.reset();
    }
  }
  [[nodiscard]] bool at_end() const { return at_ == bytes_.size(); }

 private:
  /// Of a text or a list; an element takes at least one byte.
  std::size_t size() {
    std::size_t result = 0;
    number(result);
    LOTSE_ASSERT(result <= bytes_.size() - at_);
    return result;
  }
  std::string_view bytes_;
  std::size_t at_ = 0;
  std::int64_t last_ = 0;
  TextPool* pool_;
};

/// What is read may have been another state before: as new, but with the memory that its lists hold, whose
/// content each reader below replaces.
void renew(Stay& used) {
  Stay stay;
  stay.feedback.swap(used.feedback);
  used = std::move(stay);
}
void renew(Effect& used) {
  Effect effect{};
  effect.with.swap(used.with);
  used = std::move(effect);
}
void renew(Instance& used) {
  Instance instance{};
  instance.context.swap(used.context);
  instance.visits.swap(used.visits);
  instance.stays.swap(used.stays);
  instance.beside.swap(used.beside);
  instance.pending.swap(used.pending);
  instance.promises.swap(used.promises);
  instance.segment_sets.swap(used.segment_sets);
  used = std::move(instance);
}

template <class Archive, class T>
void code_index(Archive& archive, T& index) {
  std::uint32_t raw = index.value();
  archive.number(raw);
  if constexpr (Archive::reads) index = std::remove_const_t<T>(raw);
}

template <class Archive, class T>
void code_real(Archive& archive, T& real) {
  auto raw = std::bit_cast<std::uint64_t>(real);
  archive.fixed(raw);
  if constexpr (Archive::reads) real = std::bit_cast<double>(raw);
}

/// Whole scores and amounts, which most are, take a byte or two.
template <class Archive, class T>
void code_amount(Archive& archive, T& real) {
  constexpr double small = 1e9;
  const bool whole = -small < real && real < small &&
                     std::bit_cast<std::uint64_t>(static_cast<double>(static_cast<std::int64_t>(real))) ==
                         std::bit_cast<std::uint64_t>(static_cast<double>(real));
  if (archive.flags({whole}) != 0) {
    auto raw = static_cast<std::int64_t>(whole ? real : 0);
    archive.integer(raw);
    if constexpr (Archive::reads) real = static_cast<double>(raw);
  } else {
    code_real(archive, real);
  }
}

// Values: a tag, then the content.

void write(Writer& writer, const Value& value);

struct ValueWriter {
  Writer& writer;
  void operator()(Value::Null) const {}
  void operator()(bool value) const { writer.number(value ? 1U : 0U); }
  void operator()(std::int64_t value) const { writer.integer(value); }
  void operator()(std::uint64_t value) const { writer.number(value); }
  void operator()(double value) const { code_real(writer, value); }
  void operator()(const Value::Shared<std::string>& value) const { writer.text(*value); }
  void operator()(const Value::Shared<Bytes>& value) const { writer.text(value->data); }
  void operator()(const Timestamp& value) const {
    writer.integer(value.seconds);
    writer.integer(value.nanos);
  }
  void operator()(const CelDuration& value) const {
    writer.integer(value.seconds);
    writer.integer(value.nanos);
  }
  void operator()(const Value::Shared<List>& value) const {
    writer.list(*value, [&](const Value& element) { write(writer, element); });
  }
  void operator()(const Value::Shared<Map>& value) const {
    writer.list(*value, [&](const auto& entry) {
      write(writer, entry.first);
      write(writer, entry.second);
    });
  }
  void operator()(const Value::Shared<TypeName>& value) const { writer.text(value->name); }
};

void write(Writer& writer, const Value& value) {
  writer.number(value.rep().index());
  std::visit(ValueWriter{writer}, value.rep());
}

Value read_value(Reader& reader);

template <class T>
Value read_pair(Reader& reader) {
  T value;
  std::int64_t nanos = 0;
  reader.integer(value.seconds);
  reader.integer(nanos);
  value.nanos = static_cast<std::int32_t>(nanos);
  return Value(value);
}

std::string read_text(Reader& reader) {
  std::string text;
  reader.text(text);
  return text;
}

Value read_list(Reader& reader) {
  List list;
  reader.list(list, [&](Value& element) { element = read_value(reader); });
  return Value(std::move(list));
}

Value read_map(Reader& reader) {
  Map map;
  reader.list(map, [&](auto& entry) {
    entry.first = read_value(reader);
    entry.second = read_value(reader);
  });
  return Value(std::move(map));
}

/// The tags are the places in Value::Rep.
Value read_value(Reader& reader) {
  std::uint32_t tag = 0;
  reader.number(tag);
  std::uint64_t raw = 0;
  std::int64_t whole = 0;
  double real = 0;
  switch (tag) {
    case 0:
      return {};
    case 1:
      reader.number(raw);
      return Value(raw != 0);
    case 2:
      reader.integer(whole);
      return Value(whole);
    case 3:
      reader.number(raw);
      return Value(raw);
    case 4:
      code_real(reader, real);
      return Value(real);
    case 5:
      return reader.text_value();
    case 6:
      return Value(Bytes{read_text(reader)});
    case 7:
      return read_pair<Timestamp>(reader);
    case 8:
      return read_pair<CelDuration>(reader);
    case 9:
      return read_list(reader);
    case 10:
      return read_map(reader);
    case 11:
      return Value(TypeName{read_text(reader)});
    default:
      break;
  }
  LOTSE_ASSERT(tag < std::variant_size_v<Value::Rep>);
  return {};
}

void code(Writer& writer, const Value& value) { write(writer, value); }
void code(Reader& reader, Value& value) { value = read_value(reader); }

template <class Archive, class T>
void code_optional_value(Archive& archive, T& value) {
  const bool has = archive.flags({value.has_value()}) != 0;
  archive.present(has, value, [&](auto& inner) { code(archive, inner); });
}

// The structs, in the order of state.hpp. `T` is const where it is written.

template <class Archive, class T>
void code_feedback(Archive& archive, T& feedback) {
  if constexpr (Archive::reads) feedback = {};
  const auto flags = archive.flags({feedback.segments.has_value(), !feedback.comment.empty()});
  archive.number(feedback.scale);
  code_amount(archive, feedback.score);
  archive.instant(feedback.at);
  archive.present((flags & 1U) != 0, feedback.segments, [&](auto& segments) { archive.number(segments); });
  if ((flags & 2U) != 0) archive.text(feedback.comment);
}

template <class Archive, class T>
void code_stay(Archive& archive, T& stay) {
  if constexpr (Archive::reads) renew(stay);
  const auto index = [&](auto& value) { code_index(archive, value); };
  const auto instant = [&](auto& value) { archive.instant(value); };
  const auto flags = archive.flags(
      {stay.channel.has_value(), stay.cause != Cause::open, stay.to.has_value(),
       stay.last_activity != stay.entered, stay.segments != 0, stay.deadline.has_value(),
       stay.promised.has_value(), !stay.feedback.empty(), stay.escalated.has_value(), stay.repeats != 0,
       stay.forced_hop, stay.blocked != 0, stay.deviations != 0, stay.revived, stay.outcome.has_value(),
       stay.recovered.has_value(), stay.awaits.has_value(), stay.left != Instant{}});
  const auto has = [&](std::uint32_t bit) { return (flags >> bit & 1U) != 0; };
  index(stay.at);
  archive.number(stay.entry);
  archive.instant(stay.entered);
  archive.present(has(0), stay.channel, index);
  archive.present(has(2), stay.to, index);
  if (has(3)) {
    archive.instant(stay.last_activity);
  } else if constexpr (Archive::reads) {
    stay.last_activity = stay.entered;
  }
  if (has(4)) archive.number(stay.segments);
  archive.present(has(5), stay.deadline, instant);
  archive.present(has(6), stay.promised, instant);
  archive.list_if(has(7), stay.feedback, [&](auto& feedback) { code_feedback(archive, feedback); });
  archive.present(has(8), stay.escalated, instant);
  if (has(9)) archive.number(stay.repeats);
  if (has(11)) archive.number(stay.blocked);
  if (has(12)) archive.number(stay.deviations);
  archive.present(has(14), stay.outcome, index);
  archive.present(has(15), stay.recovered, instant);
  archive.present(has(16), stay.awaits, index);
  // Last, because the next stay begins where this one ends.
  if (has(1)) archive.number(stay.cause);
  if (has(17)) archive.instant(stay.left);
  if constexpr (Archive::reads) {
    stay.forced_hop = has(10);
    stay.revived = has(13);
  }
}

template <class Archive, class T>
void code_key(Archive& archive, T& key) {
  archive.fixed(key.high);
  archive.fixed(key.low);
}

template <class Archive, class T>
void code_effect(Archive& archive, T& effect) {
  if constexpr (Archive::reads) renew(effect);
  const auto index = [&](auto& value) { code_index(archive, value); };
  const auto instant = [&](auto& value) { archive.instant(value); };
  const auto flags =
      archive.flags({effect.handed_out.has_value(), effect.ended.has_value(), effect.task != TaskStatus::none,
                     !effect.with.empty(), effect.channel.has_value(), effect.deadline.has_value(),
                     effect.handed_out_as.has_value()});
  const auto has = [&](std::uint32_t bit) { return (flags >> bit & 1U) != 0; };
  code_key(archive, effect.key);
  index(effect.touchpoint);
  index(effect.instance);
  index(effect.stay);
  archive.number(effect.transition);
  archive.instant(effect.due);
  archive.instant(effect.stale_at);
  archive.present(has(0), effect.handed_out, instant);
  archive.present(has(1), effect.ended, instant);
  if (has(2)) archive.number(effect.task);
  archive.list_if(has(3), effect.with, [&](auto& value) { code(archive, value); });
  archive.present(has(4), effect.channel, index);
  archive.present(has(5), effect.deadline, instant);
  archive.present(has(6), effect.handed_out_as, [&](auto& as) {
    code_key(archive, as.key);
    archive.instant(as.due);
  });
}

template <class Archive, class T>
void code_hand_out(Archive& archive, T& record) {
  archive.text(record.touchpoint);
  code_key(archive, record.key);
  archive.instant(record.due);
  archive.instant(record.at);
  archive.text(record.channel);
}

template <class Archive, class T>
void code_promise(Archive& archive, T& promise) {
  const auto flags = archive.flags({promise.reached.has_value()});
  archive.number(promise.promise);
  archive.instant(promise.made);
  archive.instant(promise.deadline);
  archive.present(flags != 0, promise.reached, [&](auto& reached) { archive.instant(reached); });
}

template <class Archive, class T>
void code_pending(Archive& archive, T& pending) {
  const auto flags = archive.flags({pending.carrier.has_value()});
  archive.present(flags != 0, pending.carrier, [&](auto& carrier) { code_index(archive, carrier); });
  archive.number(pending.transition);
  archive.instant(pending.due);
}

template <class Archive, class T>
void code_instance(Archive& archive, T& instance) {
  if constexpr (Archive::reads) renew(instance);
  const auto flags = archive.flags({instance.key.has_value(), instance.ended, instance.achieved.has_value(),
                                    instance.value.has_value(), instance.outcome.has_value(),
                                    !instance.pending.empty(), !instance.beside.empty(), instance.restarted,
                                    instance.open_tasks != 0, !instance.promises.empty(),
                                    instance.expression_errors != 0, instance.ended_at != Instant{}});
  const auto has = [&](std::uint32_t bit) { return (flags >> bit & 1U) != 0; };
  code_index(archive, instance.version);
  archive.present(has(0), instance.key, [&](auto& key) { code(archive, key); });
  archive.instant(instance.opened);
  archive.list(instance.stays, [&](auto& stay) { code_stay(archive, stay); });
  if (has(11)) archive.instant(instance.ended_at);
  archive.present(has(4), instance.outcome, [&](auto& outcome) { code_index(archive, outcome); });
  archive.present(has(2), instance.achieved, [&](auto& achieved) { archive.instant(achieved); });
  archive.list(instance.context, [&](auto& field) { code_optional_value(archive, field); });
  archive.list(instance.visits, [&](auto& count) { archive.number(count); });
  archive.list_if(has(6), instance.beside, [&](auto& beside) {
    code_index(archive, beside.touchpoint);
    archive.instant(beside.reached);
  });
  archive.list_if(has(5), instance.pending, [&](auto& pending) { code_pending(archive, pending); });
  if (has(8)) archive.number(instance.open_tasks);
  archive.list_if(has(9), instance.promises, [&](auto& promise) { code_promise(archive, promise); });
  archive.list(instance.segment_sets,
               [&](auto& set) { archive.list(set, [&](auto& value) { code(archive, value); }); });
  archive.present(has(3), instance.value, [&](auto& value) { code_amount(archive, value); });
  if (has(10)) archive.number(instance.expression_errors);
  if constexpr (Archive::reads) {
    instance.ended = has(1);
    instance.restarted = has(7);
  }
}

template <class Archive, class T>
void code_journey(Archive& archive, T& journey) {
  const auto flags =
      archive.flags({!journey.instances.empty(), !journey.effects.empty(), !journey.disproved.empty(),
                     journey.starts_without_key != 0, journey.unattributed_feedback != 0});
  const auto has = [&](std::uint32_t bit) { return (flags >> bit & 1U) != 0; };
  if constexpr (Archive::reads) journey.starts_without_key = journey.unattributed_feedback = 0;
  archive.list_if(has(0), journey.instances, [&](auto& instance) { code_instance(archive, instance); });
  archive.list_if(has(1), journey.effects, [&](auto& effect) { code_effect(archive, effect); });
  archive.list_if(has(2), journey.disproved, [&](auto& record) { code_hand_out(archive, record); });
  if (has(3)) archive.number(journey.starts_without_key);
  if (has(4)) archive.number(journey.unattributed_feedback);
}

template <class Archive, class T>
void code_customer(Archive& archive, T& state) {
  const auto flags = archive.flags({state.last_event.has_value()});
  archive.instant(state.next_timer);  // first: next_timer() reads no further
  archive.text(state.customer);
  archive.present(flags != 0, state.last_event, [&](auto& key) {
    archive.instant(key.time);
    archive.text(key.id);
    archive.text(key.source);
  });
  archive.instant(state.clock);
  archive.instant(state.last_timer);
  archive.number(state.events);
  code(archive, state.traits);
  archive.list(state.journeys, [&](auto& journey) { code_journey(archive, journey); });
}

}  // namespace

void encode(const CustomerState& state, std::string& to) {
  Writer writer(to);
  code_customer(writer, state);
  writer.finish();
}

std::string encode(const CustomerState& state) {
  std::string bytes;
  encode(state, bytes);
  return bytes;
}

CustomerState decode(std::string_view bytes) {
  Reader reader(bytes);
  CustomerState state;
  code_customer(reader, state);
  LOTSE_ASSERT(reader.at_end());
  return state;
}

struct StateDecoder::Rep {
  CustomerState state;
  TextPool texts;
};

StateDecoder::StateDecoder() : rep_(std::make_unique<Rep>()) {}
StateDecoder::~StateDecoder() = default;
StateDecoder::StateDecoder(StateDecoder&&) noexcept = default;
StateDecoder& StateDecoder::operator=(StateDecoder&&) noexcept = default;

CustomerState& StateDecoder::decode(std::string_view bytes) {
  Reader reader(bytes, &rep_->texts);
  code_customer(reader, rep_->state);
  LOTSE_ASSERT(reader.at_end());
  return rep_->state;
}

Instant next_timer(std::string_view bytes) {
  Reader reader(bytes);
  (void)reader.flags({});
  Instant next{};
  reader.instant(next);
  return next;
}

}  // namespace lotse
