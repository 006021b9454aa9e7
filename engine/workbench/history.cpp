#include "engine/workbench/history.hpp"

#include <algorithm>
#include <atomic>
#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>
#include <chrono>
#include <cstring>
#include <thread>
#include <tuple>
#include <utility>

#include "engine/base/assert.hpp"
#include "engine/base/hash.hpp"
#include "engine/runtime/projection.hpp"
#include "engine/tracking/archive.hpp"
#include "engine/tracking/effect_records.hpp"
#include "engine/workbench/seen_once.hpp"

namespace lotse {
namespace {

/// Texts that come again and again, by number.
class Texts {
 public:
  std::uint32_t number(std::string_view text) {
    const auto known = numbers_.find(text);
    if (known != numbers_.end()) return known->second;
    const auto fresh = static_cast<std::uint32_t>(texts_.size());
    texts_.emplace_back(text);
    numbers_.emplace(std::string(text), fresh);
    return fresh;
  }
  [[nodiscard]] const std::string& operator[](std::uint32_t number) const { return texts_[number]; }

 private:
  struct Hash {
    using is_transparent = void;
    using is_avalanching = void;
    std::size_t operator()(std::string_view text) const noexcept { return fast_hash(text); }
  };
  std::vector<std::string> texts_;
  boost::unordered_flat_map<std::string, std::uint32_t, Hash, std::equal_to<>> numbers_;
};

bool has_entries(const Value& value) { return value.map() != nullptr && !value.map()->empty(); }

}  // namespace

struct History::Rep {
  /// Where one event lies: chunk and offset in it.
  struct Place {
    std::uint32_t chunk = 0;
    std::uint32_t offset = 0;
  };
  struct Entry {
    Instant time;
    Place place;
    NodeIndex node;
  };
  struct Chunk {
    std::unique_ptr<char[]> bytes;
    std::uint32_t used = 0;
    std::uint32_t capacity = 0;
  };
  static constexpr std::uint32_t chunk_bytes = 4U << 20U;

  explicit Rep(Options&& given) : options(std::move(given)), identities(options.identity) {}

  Taken add(const Event& event) {
    if (event.time > options.latest) return Taken::from_future;
    if (!seen.first(event.source, event.id)) return Taken::duplicate;
    key.time = event.time;
    key.id = event.id;
    key.source = event.source;
    const IdentityOutcome outcome = identities.add(key, link_kind(event.type), event.ids);
    if (!outcome.primary) return Taken::nobody;
    ++count;
    first = std::min(first, event.time);
    last = std::max(last, event.time);
    const bool is_heard = heard.contains(event.type);
    if (is_heard || has_entries(event.traits)) {
      pack(event, is_heard);
      entries.push_back({.time = event.time, .place = put(), .node = *outcome.primary});
    }
    return Taken::kept;
  }

  void pack(const Event& event, bool is_heard) {
    packed::Writer writer(buffer);
    writer.number(texts.number(event.source));
    writer.number(texts.number(event.type));
    writer.number(texts.number(event.channel));
    writer.text(event.id);
    packed::write(writer, is_heard ? event.properties : nothing);
    packed::write(writer, event.traits);
    writer.finish();
  }

  Place put() {
    if (chunks.empty() || chunks.back().capacity - chunks.back().used < buffer.size()) {
      const auto capacity = static_cast<std::uint32_t>(std::max<std::size_t>(chunk_bytes, buffer.size()));
      chunks.push_back(
          {.bytes = std::unique_ptr<char[]>(new char[capacity]), .used = 0, .capacity = capacity});
    }
    Chunk& chunk = chunks.back();
    const Place place{.chunk = static_cast<std::uint32_t>(chunks.size() - 1), .offset = chunk.used};
    std::memcpy(chunk.bytes.get() + chunk.used, buffer.data(), buffer.size());
    chunk.used += static_cast<std::uint32_t>(buffer.size());
    return place;
  }

  [[nodiscard]] packed::Reader reader(Place place, TextPool* pool = nullptr) const {
    const Chunk& chunk = chunks[place.chunk];
    return packed::Reader({chunk.bytes.get() + place.offset, chunk.used - place.offset}, pool);
  }

  void unpack(const Entry& entry, TextPool& pool, Event& event) const {
    packed::Reader reader = this->reader(entry.place, &pool);
    std::uint32_t source = 0;
    std::uint32_t type = 0;
    std::uint32_t channel = 0;
    reader.number(source);
    reader.number(type);
    reader.number(channel);
    reader.text(event.id);
    event.source = texts[source];
    event.type = texts[type];
    event.channel = texts[channel];
    event.time = entry.time;
    event.properties = packed::read_value(reader);
    event.traits = packed::read_value(reader);
  }

  /// What follows the time in the order of events; read only where two have the same time.
  [[nodiscard]] std::pair<std::string, std::string_view> rest_of_key(const Entry& entry) const {
    packed::Reader reader = this->reader(entry.place);
    std::uint32_t source = 0;
    std::uint32_t unused = 0;
    reader.number(source);
    reader.number(unused);
    reader.number(unused);
    std::pair<std::string, std::string_view> rest{{}, texts[source]};
    reader.text(rest.first);
    return rest;
  }

  /// By customer in the order of their numbers, then by EventKey.
  void sort() {
    constexpr std::uint32_t none = ~0U;
    std::vector<std::uint32_t> begin(identities.size() + 1, 0);  // by customer number, which is a node's
    for (const Entry& entry : entries) ++begin[identities.customer_of(entry.node).value() + 1];
    for (std::size_t i = 1; i < begin.size(); ++i) begin[i] += begin[i - 1];
    std::vector<Entry> sorted(entries.size());
    std::vector<std::uint32_t> next(begin.begin(), begin.end() - 1);
    for (const Entry& entry : entries) sorted[next[identities.customer_of(entry.node).value()]++] = entry;
    entries = std::move(sorted);
    const auto is_before = [this](const Entry& a, const Entry& b) {
      return a.time != b.time ? a.time < b.time : rest_of_key(a) < rest_of_key(b);
    };
    for (std::uint32_t number = 0; number < identities.size(); ++number) {
      if (begin[number] == begin[number + 1]) continue;
      const std::span<Entry> own(entries.data() + begin[number], entries.data() + begin[number + 1]);
      if (!std::ranges::is_sorted(own, is_before)) std::ranges::sort(own, is_before);
      numbers.emplace_back(number);
      begins.push_back(begin[number]);
    }
    LOTSE_ASSERT(entries.size() < none);
    begins.push_back(static_cast<std::uint32_t>(entries.size()));
  }

  /// The first customer of each thread's run, and the end: runs of about the same number of events.
  [[nodiscard]] std::vector<std::size_t> runs(std::uint32_t threads) const {
    std::vector<std::size_t> bounds{0};
    for (std::uint32_t thread = 1; thread < threads; ++thread) {
      const auto target = static_cast<std::uint32_t>(entries.size() * thread / threads);
      const auto at = std::ranges::lower_bound(begins, target);
      bounds.push_back(std::min(numbers.size(), static_cast<std::size_t>(at - begins.begin())));
    }
    bounds.push_back(numbers.size());
    return bounds;
  }

  void visit_run(std::uint32_t thread, std::size_t from, std::size_t to, const Visit& visit,
                 std::atomic<std::uint64_t>& done) const {
    const auto pool = std::make_unique<TextPool>();
    std::vector<Event> spare;  // the memory of events that no customer has had as many of
    std::vector<Event> events;
    for (std::size_t customer = from; customer < to; ++customer) {
      const std::span<const Entry> own(entries.data() + begins[customer],
                                       entries.data() + begins[customer + 1]);
      while (events.size() > own.size()) {
        spare.push_back(std::move(events.back()));
        events.pop_back();
      }
      while (events.size() < own.size()) {
        events.push_back(spare.empty() ? Event() : std::move(spare.back()));
        if (!spare.empty()) spare.pop_back();
      }
      for (std::size_t i = 0; i < own.size(); ++i) unpack(own[i], *pool, events[i]);
      visit(thread, identities.name_of(numbers[customer]), events);
      done.fetch_add(own.size(), std::memory_order_relaxed);
    }
  }

  Options options;
  Identities identities;
  Texts texts;
  boost::unordered_flat_set<std::string, std::hash<std::string>, std::equal_to<>> heard;
  SeenOnce seen;
  std::vector<Entry> entries;
  std::vector<Chunk> chunks;
  std::string buffer;  ///< memory for pack()
  EventKey key;        ///< memory for add()
  const Value nothing{Map{}};
  std::uint64_t count = 0;
  Instant first = Instant::max();
  Instant last = Instant::min();
  bool closed = false;
  std::vector<CustomerNumber> numbers;  ///< of customers that have entries, ascending
  std::vector<std::uint32_t> begins;    ///< of their entries, and the end
};

History::History(Options options, std::span<const Tracker* const> trackers)
    : rep_(std::make_unique<Rep>(std::move(options))) {
  rep_->heard.insert(std::string(event_type::task_done));
  for (const std::string_view type : effect_records) rep_->heard.emplace(type);
  for (const Tracker* tracker : trackers) {
    for (const JourneyVersions& versions : tracker->journeys()) {
      for (const auto& journey : versions.versions)
        rep_->heard.insert(journey->event_types.begin(), journey->event_types.end());
    }
  }
}
History::~History() = default;
History::History(History&&) noexcept = default;
History& History::operator=(History&&) noexcept = default;

History::Taken History::add(const Event& event) {
  LOTSE_ASSERT(!rep_->closed);
  return rep_->add(event);
}

void History::prefetch(const Event& event) const {
  if (!event.ids.empty()) rep_->identities.prefetch(event.ids.front());
}

void History::close() {
  LOTSE_ASSERT(!rep_->closed);
  rep_->closed = true;
  rep_->seen.clear();
  rep_->sort();
}

std::uint64_t History::events() const { return rep_->count; }
std::uint64_t History::customers() const { return rep_->identities.statistics().customers; }

std::optional<Instant> History::first_event_time() const {
  return rep_->count == 0 ? std::nullopt : std::optional(rep_->first);
}
std::optional<Instant> History::last_event_time() const {
  return rep_->count == 0 ? std::nullopt : std::optional(rep_->last);
}

std::size_t History::bytes() const {
  std::size_t bytes = rep_->entries.capacity() * sizeof(Rep::Entry) + rep_->identities.statistics().bytes;
  for (const Rep::Chunk& chunk : rep_->chunks) bytes += chunk.capacity;
  return bytes;
}

void History::for_each_customer(std::uint32_t threads, const Visit& visit,
                                const std::function<void(std::uint64_t)>& on_progress) const {
  LOTSE_ASSERT(rep_->closed && threads > 0);
  constexpr auto interval = std::chrono::milliseconds(10);
  const std::vector<std::size_t> bounds = rep_->runs(threads);
  std::atomic<std::uint64_t> done = 0;
  std::atomic<std::uint32_t> working = threads;
  std::vector<std::jthread> workers;
  for (std::uint32_t thread = 0; thread < threads; ++thread) {
    workers.emplace_back([&, thread] {
      rep_->visit_run(thread, bounds[thread], bounds[thread + 1], visit, done);
      working.fetch_sub(1);
    });
  }
  while (on_progress && working.load() > 0) {
    on_progress(done.load(std::memory_order_relaxed));
    std::this_thread::sleep_for(interval);
  }
}

}  // namespace lotse
