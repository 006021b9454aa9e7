#pragma once

#include <string>

#include "engine/runtime/channel_adapter.hpp"

namespace lotse::webhook {

/// The structured CloudEvent 1.0 (JSON) of what leaves; equal for equal arguments.
[[nodiscard]] std::string cloudevent(const Outgoing& outgoing);

}  // namespace lotse::webhook
