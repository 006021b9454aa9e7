#include "channels/http/inflater.hpp"

#include <zlib.h>

#include <algorithm>
#include <limits>

#include "engine/base/assert.hpp"

namespace lotse::http {
namespace {

constexpr std::size_t first_reservation = std::size_t{64} << 10U;
constexpr int gzip_window = 16 + MAX_WBITS;  // zlib.h: 16 means gzip, and nothing else

}  // namespace

struct Inflater::Stream {
  z_stream zlib{};
};

Inflater::Inflater() : stream_(std::make_unique<Stream>()) {
  LOTSE_ASSERT(inflateInit2(&stream_->zlib, gzip_window) == Z_OK);
}

Inflater::~Inflater() { inflateEnd(&stream_->zlib); }

Inflater::Outcome Inflater::inflate(std::string_view compressed, Buffer& body, std::size_t bytes_max) {
  LOTSE_ASSERT(compressed.size() <= std::numeric_limits<uInt>::max());
  z_stream& zlib = stream_->zlib;
  inflateReset(&zlib);
  // zlib reads only; its interface is older than const.
  zlib.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(compressed.data()));  // NOLINT
  zlib.avail_in = static_cast<uInt>(compressed.size());
  body.reserve(std::min(std::max(first_reservation, 4 * compressed.size()), bytes_max + 1));
  for (;;) {
    if (body.room() == 0) body.reserve(std::min(2 * body.capacity(), bytes_max + 1));
    const auto room = static_cast<uInt>(std::min<std::size_t>(body.room(), std::numeric_limits<uInt>::max()));
    zlib.next_out = reinterpret_cast<Bytef*>(body.end());  // NOLINT
    zlib.avail_out = room;
    const int outcome = ::inflate(&zlib, Z_NO_FLUSH);
    body.grown(room - zlib.avail_out);
    if (body.size() > bytes_max) return Outcome::too_large;
    if (outcome == Z_STREAM_END) {
      if (zlib.avail_in == 0) return Outcome::done;
      inflateReset(&zlib);  // another member follows
      continue;
    }
    const bool starved = zlib.avail_in == 0 && zlib.avail_out > 0;
    if ((outcome != Z_OK && outcome != Z_BUF_ERROR) || starved) return Outcome::malformed;
  }
}

}  // namespace lotse::http
