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
  static EVP_MD* const algorithm =
      EVP_MD_fetch(nullptr, "SHA256", nullptr);  // EVP_sha256() looks it up each time
  Digest digest{};
  unsigned int length = 0;
  const int done = EVP_Digest(bytes.data(), bytes.size(), digest.data(), &length, algorithm, nullptr);
  LOTSE_ASSERT(done == 1 && length == digest.size());
  return digest;
}

std::string hex(const Digest& digest) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  text.reserve(2 * digest.size());
  for (const std::uint8_t byte : digest) {
    text += digits[byte >> 4U];
    text += digits[byte & 0xFU];
  }
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
