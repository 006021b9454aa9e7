#pragma once

#include <array>
#include <string_view>

#include "engine/tracking/event.hpp"

namespace lotse {

/// Types of events that tell what became of one message or task, named by its key.
inline constexpr std::array<std::string_view, 8> effect_records{
    event_type::handed_out,       event_type::message_deferred,  event_type::message_blocked,
    event_type::message_rerouted, event_type::message_withdrawn, event_type::task_claimed,
    event_type::task_released,    event_type::task_overdue};

}  // namespace lotse
