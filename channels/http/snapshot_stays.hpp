#pragma once

#include <cstdint>
#include <optional>

#include "engine/base/result.hpp"
#include "engine/friction/collect_stays.hpp"
#include "engine/runtime/live.hpp"

namespace lotse::http {

/// How collect_stays() is to read a snapshot, which must outlive it.
struct SnapshotStays {
  Instant as_of{};
  std::uint32_t threads = 1;
  EachState each;

  /// As of the latest event where `as_of` says nothing. not_found while there are no events.
  [[nodiscard]] static Result<SnapshotStays> of(const Snapshot& snapshot, std::optional<Instant> as_of);
};

}  // namespace lotse::http
