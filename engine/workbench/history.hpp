#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/time.hpp"
#include "engine/identity/identity.hpp"
#include "engine/tracking/event.hpp"
#include "engine/tracking/tracker.hpp"

namespace lotse {

/// Recorded events of many customers, packed in memory (about 100 bytes an event), for replays: a back-test
/// derives every customer from them. Who is who is found as at intake (docs/identity.md).
///
/// Filled by one thread; after close() any number of threads may read.
class History {
 public:
  struct Options {
    IdentitySettings identity;
    Instant latest = Instant::max();  ///< events that claim a later time are left out
  };
  /// Keeps what the trackers' journeys hear. Of an event that none of them hears nothing is kept but its
  /// identifiers, its traits and its time: it changes no state.
  History(Options options, std::span<const Tracker* const> trackers);
  ~History();
  History(History&&) noexcept;
  History& operator=(History&&) noexcept;

  enum class Taken : std::uint8_t {
    kept,
    duplicate,    ///< its (source, id) was there before: the first counts
    from_future,  ///< later than Options::latest
    nobody,       ///< none of its identifiers names a customer
  };
  Taken add(const Event& event);
  /// Has the memory fetched that add() will want, some events ahead, so that it is there in time.
  void prefetch(const Event& event) const;
  /// All of them, in order; `taken` hears of each.
  template <class Each>
  void add(std::span<const Event> events, Each&& taken) {
    constexpr std::size_t ahead = 8;
    for (std::size_t i = 0; i < events.size(); ++i) {
      if (i + ahead < events.size()) prefetch(events[i + ahead]);
      taken(add(events[i]));
    }
  }
  /// No more events follow: puts them in the order of their customers and times.
  void close();

  [[nodiscard]] std::uint64_t events() const;     ///< kept, those included that nobody hears
  [[nodiscard]] std::uint64_t customers() const;  ///< all, those included whose events nobody hears
  [[nodiscard]] std::optional<Instant> first_event_time() const;
  [[nodiscard]] std::optional<Instant> last_event_time() const;
  [[nodiscard]] std::size_t bytes() const;  ///< of memory held

  /// A customer's events by EventKey, without their identifiers, which say nothing to a tracker. They may be
  /// added to; they are there until the next call of the visitor.
  using Visit =
      std::function<void(std::uint32_t thread, const std::string& customer, std::vector<Event>& events)>;
  /// Calls `visit` for every customer with events that somebody hears, on `threads` threads, each of which
  /// has a run of customers of its own: read one behind the other, their runs are always in the same order.
  /// `on_progress(done)`, with the number of events, comes on the calling thread now and then. Requires
  /// close().
  void for_each_customer(std::uint32_t threads, const Visit& visit,
                         const std::function<void(std::uint64_t)>& on_progress = nullptr) const;

 private:
  struct Rep;
  std::unique_ptr<Rep> rep_;
};

}  // namespace lotse
