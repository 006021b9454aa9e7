#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace lotse {

/// XXH3, 64 bits: for tables in memory and fingerprints that are verified against the text. Not for
/// adversaries.
[[nodiscard]] std::uint64_t fast_hash(std::string_view bytes, std::uint64_t seed = 0) noexcept;

/// SHA-256 (FIPS 180-4): for content hashes and everything that others recompute.
using Digest = std::array<std::uint8_t, 32>;
[[nodiscard]] Digest sha256(std::string_view bytes);
[[nodiscard]] std::string hex(const Digest& digest);

/// The published hash that assigns splits: the first 8 bytes, big-endian, of SHA-256(customer + "\n" +
/// split), as a fraction of 2^64 in [0, 1). docs/decisions/0004-split-hash.md.
[[nodiscard]] double split_fraction(std::string_view customer, std::string_view split);

}  // namespace lotse
