#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "channels/http/message.hpp"
#include "channels/http/tokens.hpp"
#include "engine/runtime/dialect.hpp"
#include "engine/runtime/live.hpp"

namespace lotse::http {

using Authenticate = std::function<std::optional<Principal>(std::string_view token)>;

/// Hears what became of each request's events, for counting; a request of which nothing could be read is one
/// refusal.
using Counted = std::function<void(std::string_view dialect, const Taken& taken)>;

/// The routes by which channel systems post events in these dialects. They find the key themselves, for it
/// may stand elsewhere than in `Authorization`, and are answered when the events are on disk. `live` must
/// outlive them.
[[nodiscard]] std::vector<Route> intake_routes(Live& live,
                                               std::vector<std::shared_ptr<const Dialect>> dialects,
                                               Authenticate authenticate, Counted counted = {});

}  // namespace lotse::http
