#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "channels/http/message.hpp"
#include "engine/base/result.hpp"
#include "engine/runtime/live.hpp"

namespace lotse::http {

/// What an answer made of a snapshot depends on, as an ETag: the events, erasures, the journeys, the
/// workspace's channels and settings, whether sensitive fields may be seen, and `query`. Equal answers of one
/// process have equal tags; another process has others.
[[nodiscard]] std::string tag_of(const Snapshot& snapshot, const Request& request, std::string_view query);

/// The answer with its tag, or 304 where the asker has it already: then `make` is not called. Without a tag
/// nobody is to keep the answer.
[[nodiscard]] Result<Response> tagged(const Request& request, const std::optional<std::string>& etag,
                                      const std::function<Result<Response>()>& make);

}  // namespace lotse::http
