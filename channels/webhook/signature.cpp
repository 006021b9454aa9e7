#include "channels/webhook/signature.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <chrono>

#include "engine/base/assert.hpp"
#include "engine/base/base64.hpp"

namespace lotse::webhook {
namespace {

std::string hmac_sha256(std::string_view key, std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  LOTSE_ASSERT(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes, text.size(), digest.data(),
                    &size) != nullptr);
  return {digest.begin(), digest.begin() + size};
}

}  // namespace

std::optional<std::string> key_of_secret(std::string_view secret) {
  constexpr std::string_view prefix = "whsec_";
  constexpr std::size_t bytes_min = 24;
  constexpr std::size_t bytes_max = 64;
  if (!secret.starts_with(prefix)) return std::nullopt;
  auto key = decode_base64(secret.substr(prefix.size()));
  if (!key || key->size() < bytes_min || key->size() > bytes_max) return std::nullopt;
  return key;
}

std::string signature(const std::vector<std::string>& keys, std::string_view id, Instant at,
                      std::string_view body) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count();
  const std::string content = fmt::format("{}.{}.{}", id, seconds, body);
  std::string all;
  for (const std::string& key : keys) {
    if (!all.empty()) all += ' ';
    all += "v1," + encode_base64(hmac_sha256(key, content));
  }
  return all;
}

}  // namespace lotse::webhook
