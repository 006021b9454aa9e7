#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "channels/http/buffer.hpp"
#include "channels/http/fields.hpp"

namespace lotse::http {

/// Why the server itself does not take a request.
struct Refusal {
  unsigned status = 400;
  std::string_view title;  ///< a literal
  std::string detail;      ///< never holds what may be a secret
};

/// What the request line and the header lines say.
struct Head {
  std::size_t bytes = 0;  ///< with the empty line at its end, and those in front
  Piece method, path, query;
  bool http_1_1 = true;
  bool keep_alive = true;
  bool expects_continue = false;
  bool chunked = false;
  std::uint64_t content_length = 0;
  HeaderFields fields;

  [[nodiscard]] bool has_body() const { return chunked || content_length > 0; }
};

/// Reads one request after the other off a connection's bytes (RFC 9112), strictly: whatever two readers
/// might take for requests of different lengths is refused.
class RequestParser {
 public:
  static constexpr std::size_t target_bytes_max = 8192;  ///< RFC 9112, section 3, asks for 8000 at least

  explicit RequestParser(std::size_t head_bytes_max);
  ~RequestParser();
  RequestParser(const RequestParser&) = delete;
  RequestParser& operator=(const RequestParser&) = delete;

  enum class Progress : std::uint8_t { needs_more, done, refused };

  /// Forgets the last request.
  void begin();
  /// `bytes`: all that have come since the request's begin; they may have moved in memory since the last
  /// call.
  [[nodiscard]] Progress read_head(std::string_view bytes);
  [[nodiscard]] const Head& head() const { return head_; }
  [[nodiscard]] Head& head() { return head_; }

  /// Takes a chunked body off `raw` from `at` on, and appends what it holds to `body`, `body_bytes_max` at
  /// most.
  [[nodiscard]] Progress read_chunks(Buffer& raw, std::size_t at, Buffer& body, std::size_t body_bytes_max);

  [[nodiscard]] const Refusal& refusal() const { return refusal_; }

 private:
  struct Beast;

  [[nodiscard]] Progress find_end(std::string_view bytes);
  [[nodiscard]] Progress target_too_long();
  [[nodiscard]] Progress head_too_large();
  [[nodiscard]] Progress refuse(unsigned status, std::string_view title, std::string detail);

  std::size_t head_bytes_max_;
  std::size_t line_begin_ = 0;  ///< of the line whose end is looked for
  std::size_t looked_at_ = 0;   ///< no end of it before
  std::size_t begin_ = 0;       ///< behind empty lines in front of the request line
  std::unique_ptr<Beast> beast_;
  Head head_;
  Refusal refusal_;
};

}  // namespace lotse::http
