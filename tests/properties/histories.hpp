#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/time.hpp"
#include "engine/tracking/event.hpp"
#include "engine/tracking/state.hpp"
#include "engine/tracking/tracker.hpp"

namespace lotse::test {

/// Random numbers from a list of bytes that rapidcheck draws, and shrinks towards all zero.
class Dice {
 public:
  explicit Dice(std::vector<std::uint8_t> bytes) : bytes_(std::move(bytes)) {}
  /// 0 to sides - 1.
  std::uint32_t roll(std::uint32_t sides);
  bool one_in(std::uint32_t sides) { return roll(sides) == sides - 1; }

 private:
  std::vector<std::uint8_t> bytes_;
  std::size_t next_ = 0;
};
/// Drawn inside a property.
[[nodiscard]] Dice draw_dice();

/// A journey with any of the language's features, as its author would write it.
[[nodiscard]] std::string draw_journey(Dice& dice);
/// Loads it; a finding that is an error fails the property with the text of both.
[[nodiscard]] Tracker tracker_of(const std::string& journey);
/// The same with a second version, in force from some time on.
[[nodiscard]] Tracker tracker_of(const std::string& first, const std::string& second);

/// Events of one customer that such a journey may meet: on and off its paths, at equal times, tasks done,
/// messages failed, hand-outs of what was never derived. Distinct by (source, id); in no order.
[[nodiscard]] std::vector<Event> draw_history(Dice& dice, std::uint32_t most = 14);
/// Adds a hand-out for some of the effects that these events derive.
void draw_hand_outs(Dice& dice, const Tracker& tracker, std::vector<Event>& events);
[[nodiscard]] Event hand_out_of(const Tracker& tracker, const CustomerState& state, const Effect& effect,
                                Instant at);
void shuffle(Dice& dice, std::vector<Event>& events);

inline constexpr std::string_view some_customer = "user_id:ada";
[[nodiscard]] Instant some_time(Dice& dice);
/// After all that can happen to these customers.
[[nodiscard]] Instant the_end();

/// Where an engine would keep a customer: an event in order takes the state one further, any other derives it
/// anew, and so does a version that replays.
class Keeper {
 public:
  Keeper(const Tracker& tracker, std::string customer) : tracker_(tracker), state_(tracker.fresh(customer)) {}
  void take(const Event& event);
  void wait(Instant now);
  [[nodiscard]] const CustomerState& state() const { return state_; }
  [[nodiscard]] const std::vector<Event>& events() const { return events_; }

 private:
  const Tracker& tracker_;
  CustomerState state_;
  std::vector<Event> events_;
};

}  // namespace lotse::test
