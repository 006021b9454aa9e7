#pragma once

#include <cstddef>
#include <memory>

#include "engine/runtime/dialect.hpp"
#include "engine/runtime/engine.hpp"

namespace lotse::native {

struct Limits {
  EventLimits event{};
  std::size_t events = 10'000;  ///< of a request
  std::size_t request_bytes = std::size_t{4} << 20U;
};

/// `POST /v1/events`: one event as JSON, a JSON array of them, or NDJSON; told by what the body is.
/// docs/events.md.
[[nodiscard]] std::shared_ptr<const Dialect> dialect(const Limits& limits = {});

}  // namespace lotse::native
