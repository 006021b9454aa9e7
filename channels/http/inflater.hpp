#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "channels/http/buffer.hpp"

namespace lotse::http {

/// gzip (RFC 1952), of one member or several. Keeps its memory from one body to the next.
class Inflater {
 public:
  Inflater();
  ~Inflater();
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  enum class Outcome : std::uint8_t { done, too_large, malformed };
  /// Into `body`, `bytes_max` at most; nothing of what lies behind them is inflated.
  [[nodiscard]] Outcome inflate(std::string_view compressed, Buffer& body, std::size_t bytes_max);

  [[nodiscard]] static bool looks_compressed(std::string_view body) { return body.starts_with("\x1f\x8b"); }

 private:
  struct Stream;
  std::unique_ptr<Stream> stream_;
};

}  // namespace lotse::http
