#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/base/time.hpp"
#include "engine/journey/journey.hpp"
#include "engine/tracking/event.hpp"

/// `lotse try`: events and time on a virtual clock, line by line. docs/try.md.
namespace lotse::trial {

/// A word of a line, without its quotes: `text="too late"`.
struct Word {
  std::string text;
  std::size_t from = 0;  ///< its first byte in the line
  bool quoted = false;   ///< a part of it stood in quotes: text, whatever it looks like
};

/// The words between spaces; what stands in `"` or `'` is kept together, `\"` and `\\` in `"` stand for
/// themselves. An Error where a quote has no end.
[[nodiscard]] Result<std::vector<Word>> split_words(std::string_view line);

/// `message; hint`, or the message alone where there is no hint.
[[nodiscard]] std::string with_hint(std::string message, const std::string& hint);

/// An event as it was typed, without time, id and customer.
struct TypedEvent {
  Event event;
  std::vector<std::string> notes;  ///< what may have been meant otherwise
};

/// `order_placed amount=49.90 channel=web`: the type, then properties. `channel` is the event's, left out it
/// is the only one in which the journey waits for it; `none`: it has none. `event.NAME` is a property
/// whatever its name, `customer.NAME` a trait. Values are read as the context field that keeps them wants it,
/// else as YAML 1.2 has it; times without offset are on `zone`'s clock.
[[nodiscard]] Result<TypedEvent> read_event(const Journey& journey, const Zone& zone,
                                            std::span<const Word> words);

}  // namespace lotse::trial
