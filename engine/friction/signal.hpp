#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace lotse {

/// The signals that get verdicts, in the order in which findings are shown (docs/decisions/0062).
enum class Signal : std::uint8_t {
  drop_off,
  negative_feedback,
  broken_promise,
  escalation,    ///< a task was opened before the customer moved on or dropped
  forced_hop,    ///< left for another channel where nothing was designed to cross
  repeat,        ///< came back against the graph, or went on at the same touchpoint in another channel
  lost_context,  ///< asked again for what is known, or without what had been told
};
inline constexpr std::array all_signals = {Signal::drop_off,       Signal::negative_feedback,
                                           Signal::broken_promise, Signal::escalation,
                                           Signal::forced_hop,     Signal::repeat,
                                           Signal::lost_context};
inline constexpr std::size_t signal_count = all_signals.size();

[[nodiscard]] std::string_view name(Signal signal);

}  // namespace lotse
