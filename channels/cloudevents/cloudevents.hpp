#pragma once

#include <cstddef>
#include <memory>

#include "engine/runtime/dialect.hpp"
#include "engine/runtime/engine.hpp"

namespace lotse::cloudevents {

struct Limits {
  EventLimits event{};
  std::size_t events = 10'000;  ///< of a batch
  std::size_t request_bytes = std::size_t{4} << 20U;
};

/// `POST /v1/cloudevents`: CloudEvents 1.0 over HTTP, binary, structured and batched, and the handshake of
/// its web hooks. docs/cloudevents.md.
[[nodiscard]] std::shared_ptr<const Dialect> dialect(const Limits& limits = {});

}  // namespace lotse::cloudevents
