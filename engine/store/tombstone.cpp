#include "engine/store/tombstone.hpp"

#include <fmt/format.h>

#include <charconv>

#include "engine/base/assert.hpp"
#include "engine/base/hash.hpp"

namespace lotse {
namespace {

constexpr std::size_t kMarkDigits = 32;
constexpr std::size_t kFingerprintDigits = 16;
constexpr std::size_t kMarkBegin = 2;                                    // behind `["`
constexpr std::size_t kFingerprintBegin = kMarkBegin + kMarkDigits + 3;  // behind `","`

}  // namespace

std::string tombstone(std::string_view mark, std::uint64_t fingerprint) {
  LOTSE_ASSERT(mark.size() == kMarkDigits);
  return fmt::format("[\"{}\",\"{:016x}\"]", mark, fingerprint);
}

std::string tombstone_mark(std::string_view salt, std::string_view key) {
  std::string text(salt);
  text += key;
  return hex(sha256(text)).substr(0, kMarkDigits);
}

std::string_view mark_of(std::string_view tombstone) {
  LOTSE_ASSERT(is_tombstone(tombstone) && tombstone.size() >= kFingerprintBegin + kFingerprintDigits);
  return tombstone.substr(kMarkBegin, kMarkDigits);
}

std::uint64_t fingerprint_of(std::string_view tombstone) {
  LOTSE_ASSERT(is_tombstone(tombstone) && tombstone.size() >= kFingerprintBegin + kFingerprintDigits);
  const std::string_view digits = tombstone.substr(kFingerprintBegin, kFingerprintDigits);
  std::uint64_t fingerprint = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), fingerprint, 16);
  return fingerprint;
}

}  // namespace lotse
