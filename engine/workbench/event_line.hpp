#pragma once

#include <string>

#include "engine/tracking/event.hpp"

namespace lotse {

/// Appends the event as a line of the native format (schemas/event.schema.json), with its line break.
void append_event_line(std::string& out, const Event& event);

}  // namespace lotse
