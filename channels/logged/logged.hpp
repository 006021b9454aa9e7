#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "engine/runtime/channel_adapter.hpp"

namespace lotse::logged {

/// Takes one line, without a line break; any thread.
using Sink = std::function<void(std::string_view line)>;

/// Tells what would leave, for trying out; always delivered. The line names the customer by namespace and
/// first character only (`user_id:4…`) and has neither address nor content, for logs are read by many.
[[nodiscard]] std::shared_ptr<ChannelAdapter> make_adapter(Sink sink);

}  // namespace lotse::logged
