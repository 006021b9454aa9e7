#pragma once

#include <cstddef>
#include <memory>

#include "engine/runtime/dialect.hpp"
#include "engine/runtime/engine.hpp"

namespace lotse::segment {

struct Options {
  EventLimits event{};
  std::size_t events = 10'000;  ///< of a batch
  std::size_t request_bytes = std::size_t{4} << 20U;
  bool https = false;  ///< browsers are told to send by https; a proxy's `X-Forwarded-Proto` says otherwise
};

/// Segment's HTTP tracking API, as its clients and RudderStack's speak it. docs/segment.md.
[[nodiscard]] std::shared_ptr<const Dialect> dialect(const Options& options = {});

}  // namespace lotse::segment
