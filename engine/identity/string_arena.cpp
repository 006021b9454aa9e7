#include "engine/identity/string_arena.hpp"

#include <algorithm>
#include <cstring>
#include <optional>

#include "engine/base/assert.hpp"

namespace lotse {
namespace {

// The first byte says what follows: up to `plain_max` a text of that many bytes, else one of these forms.
constexpr unsigned char plain_max = 252;
constexpr unsigned char hex_form = 253;   // 16 bytes, written as 32 digits
constexpr unsigned char long_form = 254;  // a length of 2 bytes, low one first, and the text
constexpr unsigned char uuid_form = 255;  // 16 bytes, written as 8-4-4-4-12 digits (RFC 9562, section 4)
constexpr std::size_t packed_bytes = 16;
constexpr std::array<std::size_t, 4> uuid_hyphens = {8, 13, 18, 23};

std::optional<unsigned char> digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned char>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned char>(c - 'a' + 10);
  return std::nullopt;
}

bool is_hyphen(std::size_t position) {
  return std::ranges::find(uuid_hyphens, position) != uuid_hyphens.end();
}

/// The form in which `text` is stored, and for the packed ones its bytes.
struct Encoded {
  unsigned char form;
  std::array<char, packed_bytes> packed{};
};

Encoded encode(std::string_view text) {
  const Encoded plain{.form = text.size() <= plain_max ? static_cast<unsigned char>(text.size()) : long_form};
  const bool uuid = text.size() == 36;
  if (!uuid && text.size() != 32) return plain;
  Encoded out{.form = uuid ? uuid_form : hex_form};
  std::size_t digits = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (uuid && is_hyphen(i)) {
      if (text[i] != '-') return plain;
      continue;
    }
    const auto value = digit(text[i]);
    if (!value) return plain;
    const unsigned shift = digits % 2 == 0 ? 4U : 0U;
    out.packed[digits / 2] =
        static_cast<char>(static_cast<unsigned char>(out.packed[digits / 2]) | (*value << shift));
    ++digits;
  }
  return out;
}

std::size_t stored_bytes(const Encoded& encoded, std::string_view text) {
  if (encoded.form == hex_form || encoded.form == uuid_form) return 1 + packed_bytes;
  return (encoded.form == long_form ? 3 : 1) + text.size();
}

void store(const Encoded& encoded, std::string_view text, char* to) {
  *to++ = static_cast<char>(encoded.form);
  if (encoded.form == hex_form || encoded.form == uuid_form) {
    std::memcpy(to, encoded.packed.data(), packed_bytes);
    return;
  }
  if (encoded.form == long_form) {
    *to++ = static_cast<char>(text.size() & 0xFFU);
    *to++ = static_cast<char>(text.size() >> 8U);
  }
  if (!text.empty()) std::memcpy(to, text.data(), text.size());
}

std::size_t long_length(const char* at) {
  return static_cast<unsigned char>(at[1]) |
         (static_cast<std::size_t>(static_cast<unsigned char>(at[2])) << 8U);
}

constexpr std::size_t round_up(std::size_t bytes, std::size_t unit) {
  return (bytes + unit - 1) / unit * unit;
}

}  // namespace

StringArena::Ref StringArena::add(std::string_view text) {
  LOTSE_ASSERT(text.size() <= length_max);
  const Encoded encoded = encode(text);
  const std::size_t needed = round_up(stored_bytes(encoded, text), unit);
  if (chunks_.empty() || chunks_.back().used + needed > chunk_bytes) {
    LOTSE_ASSERT(chunks_.size() < chunk_units);
    chunks_.push_back({.data = std::make_unique<char[]>(chunk_bytes)});
  }
  Chunk& chunk = chunks_.back();
  const std::size_t ref = (chunks_.size() - 1) * chunk_units + chunk.used / unit;
  store(encoded, text, chunk.data.get() + chunk.used);
  chunk.used += needed;
  return static_cast<Ref>(ref);
}

std::size_t StringArena::room(Ref ref) const {
  Scratch scratch;
  const std::string_view old = text(ref, scratch);
  return round_up(stored_bytes(encode(old), old), unit);
}

void StringArena::wipe(Ref ref) { std::memset(at(ref), 0, room(ref)); }

StringArena::Ref StringArena::replace(Ref ref, std::string_view text) {
  LOTSE_ASSERT(text.size() <= length_max);
  const std::size_t room = this->room(ref);
  wipe(ref);
  const Encoded encoded = encode(text);
  if (stored_bytes(encoded, text) > room) return add(text);
  store(encoded, text, at(ref));
  return ref;
}

std::string_view StringArena::text(Ref ref, Scratch& scratch) const {
  static constexpr std::string_view digits = "0123456789abcdef";
  const char* stored = at(ref);
  const auto form = static_cast<unsigned char>(*stored);
  if (form <= plain_max) return {stored + 1, form};
  if (form == long_form) return {stored + 3, long_length(stored)};
  const bool uuid = form == uuid_form;
  std::size_t to = 0;
  for (std::size_t i = 0; i < packed_bytes; ++i) {
    if (uuid && is_hyphen(to)) scratch[to++] = '-';
    const auto byte = static_cast<unsigned char>(stored[1 + i]);
    scratch[to++] = digits[byte >> 4U];
    scratch[to++] = digits[byte & 0xFU];
  }
  return {scratch.data(), to};
}

bool StringArena::equals(Ref ref, std::string_view other) const {
  const char* stored = at(ref);
  const auto form = static_cast<unsigned char>(*stored);
  if (form <= plain_max) return other == std::string_view{stored + 1, form};
  Scratch scratch;
  return other == text(ref, scratch);
}

std::size_t StringArena::bytes() const {
  return chunks_.size() * chunk_bytes + chunks_.capacity() * sizeof(Chunk);
}

std::vector<std::string_view> StringArena::chunks() const {
  std::vector<std::string_view> out;
  out.reserve(chunks_.size());
  for (const Chunk& chunk : chunks_) out.emplace_back(chunk.data.get(), chunk.used);
  return out;
}

bool StringArena::restore(std::string_view used) {
  if (used.size() > chunk_bytes || chunks_.size() >= chunk_units) return false;
  Chunk chunk{.data = std::make_unique<char[]>(chunk_bytes), .used = used.size()};
  if (!used.empty()) std::memcpy(chunk.data.get(), used.data(), used.size());
  chunks_.push_back(std::move(chunk));
  return true;
}

}  // namespace lotse
