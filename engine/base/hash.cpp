#include "engine/base/hash.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <xxhash.h>

#include <cmath>

#include "engine/base/assert.hpp"

namespace lotse {

std::uint64_t fast_hash(std::string_view bytes, std::uint64_t seed) noexcept {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

Digest sha256(std::string_view bytes) {
  Digest digest{};
  unsigned int length = 0;
  const int done = EVP_Digest(bytes.data(), bytes.size(), digest.data(), &length, EVP_sha256(), nullptr);
  LOTSE_ASSERT(done == 1 && length == digest.size());
  return digest;
}

std::string hex(const Digest& digest) {
  std::string text;
  for (const std::uint8_t byte : digest) text += fmt::format("{:02x}", byte);
  return text;
}

double split_fraction(std::string_view customer, std::string_view split) {
  std::string text(customer);
  text += '\n';
  text += split;
  const Digest digest = sha256(text);
  std::uint64_t head = 0;
  for (std::size_t i = 0; i < 8; ++i) head = head << 8 | digest[i];
  // 53 bits are what a double holds; more would round 2^64 - 1 up to 1.
  return std::ldexp(static_cast<double>(head >> 11), -53);
}

}  // namespace lotse
