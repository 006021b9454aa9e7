#pragma once

#include <string_view>

#include "engine/base/result.hpp"
#include "engine/base/time.hpp"

namespace lotse {

/// A point in time as people ask for it: RFC 3339 (`2024-03-01T09:00:00+01:00`), a day (`2024-03-01`: its
/// first instant in `zone`), a local time (`2024-03-01T09:00` in `zone`), `now`, or a duration before now
/// (`-7d`). bad_input for anything else.
[[nodiscard]] Result<Instant> read_instant(std::string_view text, const Zone& zone, Instant now);

}  // namespace lotse
