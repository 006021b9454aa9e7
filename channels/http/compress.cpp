#include "channels/http/compress.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <string_view>

#include "channels/http/response_text.hpp"
#include "channels/http/text.hpp"

namespace lotse::http {
namespace {

constexpr std::size_t worth_it = std::size_t{4} << 10U;
constexpr int level = 4;                     // of 9: most of the gain for a quarter of the time
constexpr int gzip_window = 16 + MAX_WBITS;  // zlib.h: 16 means gzip
constexpr int memory_level = 8;              // zlib's own

bool is_text(std::string_view type) {
  static constexpr std::array parts = {"text/", "json", "xml", "javascript", "csv", "yaml"};
  return std::ranges::any_of(
      parts, [&](std::string_view part) { return type.find(part) != std::string_view::npos; });
}

/// Empty where zlib has no memory.
std::string gzipped(std::string_view text) {
  z_stream zlib{};
  if (deflateInit2(&zlib, level, Z_DEFLATED, gzip_window, memory_level, Z_DEFAULT_STRATEGY) != Z_OK)
    return {};
  std::string out(deflateBound(&zlib, text.size()), '\0');
  zlib.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(text.data()));  // NOLINT: zlib reads only
  zlib.avail_in = static_cast<uInt>(text.size());
  zlib.next_out = reinterpret_cast<Bytef*>(out.data());  // NOLINT
  zlib.avail_out = static_cast<uInt>(out.size());
  const bool done = deflate(&zlib, Z_FINISH) == Z_STREAM_END;
  out.resize(done ? zlib.total_out : 0);
  deflateEnd(&zlib);
  return out;
}

}  // namespace

bool accepts_gzip(const PostFields& headers) {
  bool accepts = false;
  for_each_element(headers.find("accept-encoding").value_or(""), [&](std::string_view element) {
    const std::size_t semicolon = std::min(element.find(';'), element.size());
    const std::string_view coding = trimmed(element.substr(0, semicolon));
    const std::string_view weight = element.substr(semicolon);
    const bool refused = weight.find("q=0") != std::string_view::npos &&
                         weight.find_first_of("123456789") == std::string_view::npos;
    if (same(coding, "gzip")) accepts = !refused;
  });
  return accepts;
}

void compress(Response& response) {
  if (response.body.size() <= worth_it || response.body.size() > std::numeric_limits<uInt>::max() / 2) return;
  if (!is_text(response.content_type) || !header(response, "content-encoding").empty()) return;
  std::string body = gzipped(response.body);
  if (body.empty()) return;
  response.body = std::move(body);
  for (auto& [name, value] : response.headers) {
    if (same(name, "etag") && !value.starts_with("W/")) value.insert(0, "W/");
  }
  response.headers.emplace_back("Content-Encoding", "gzip");
  response.headers.emplace_back("Vary", "Accept-Encoding");
}

}  // namespace lotse::http
