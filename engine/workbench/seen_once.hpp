#pragma once

#include <boost/unordered/unordered_flat_set.hpp>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engine/base/hash.hpp"

namespace lotse {

/// Tells duplicates as the store does, at intake: of events with one (source, id) the first in the log
/// counts, whatever the others say. About 25 bytes an event.
class SeenOnce {
 public:
  /// Whether no event with this source and id was there before.
  bool first(std::string_view source, std::string_view id) {
    constexpr std::uint64_t other_seed = 0x9E3779B97F4A7C15ULL;
    return seen_
        .insert(
            {.high = fast_hash(id, fast_hash(source, other_seed)), .low = fast_hash(id, fast_hash(source))})
        .second;
  }
  /// Gives the memory back; everything is new again.
  void clear() { seen_ = {}; }

 private:
  /// 128 bits stand for (source, id): among ten billion events two would be taken for one another once in
  /// 10^18 logs.
  struct Fingerprint {
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    friend bool operator==(const Fingerprint&, const Fingerprint&) = default;
  };
  struct Hash {
    using is_avalanching = void;
    std::size_t operator()(const Fingerprint& fingerprint) const noexcept { return fingerprint.low; }
  };
  boost::unordered_flat_set<Fingerprint, Hash> seen_;
};

}  // namespace lotse
