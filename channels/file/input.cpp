#include "channels/file/input.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <vector>

#include "engine/base/assert.hpp"

namespace lotse::file {
namespace {

constexpr std::size_t buffer_bytes = std::size_t{256} << 10U;

std::string reason(int error) { return std::generic_category().message(error); }

/// A file descriptor that closes itself, but for standard input.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ > STDIN_FILENO) ::close(number_);
  }
  [[nodiscard]] int number() const { return number_; }

 private:
  int number_;
};

/// zlib's inflater for gzip (RFC 1952).
class Inflater {
 public:
  Inflater() {
    constexpr int gzip_window_bits = 15 + 16;
    LOTSE_ASSERT(inflateInit2(&stream_, gzip_window_bits) == Z_OK);
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  ~Inflater() { inflateEnd(&stream_); }
  z_stream& stream() { return stream_; }

 private:
  z_stream stream_{};
};

}  // namespace

struct Input::Rep {
  Rep(std::string given_name, int descriptor)
      : name(std::move(given_name)), file(descriptor), buffer(buffer_bytes) {}

  Result<void> fill() {
    ssize_t got = 0;
    do {
      got = ::read(file.number(), buffer.data(), buffer.size());
    } while (got < 0 && errno == EINTR);
    if (got < 0) return fail(ErrorCode::storage, fmt::format("{}: cannot be read: {}", name, reason(errno)));
    at = 0;
    end = static_cast<std::size_t>(got);
    read += end;
    file_ended = got == 0;
    return {};
  }

  /// Fills until the first two bytes are there (a pipe may give one), to tell gzip from text.
  Result<void> sniff() {
    LOTSE_CHECK(fill());
    while (end == 1 && !file_ended) {
      const char first = buffer[0];
      LOTSE_CHECK(fill());
      LOTSE_ASSERT(end < buffer.size());
      std::memmove(buffer.data() + 1, buffer.data(), end);
      buffer[0] = first;
      ++end;
    }
    if (end >= 2 && buffer[0] == '\x1f' && buffer[1] == '\x8b') inflater = std::make_unique<Inflater>();
    return {};
  }

  Result<std::size_t> copy(char* to, std::size_t size) {
    std::size_t done = 0;
    while (done < size) {
      if (at == end) {
        if (file_ended) break;
        LOTSE_CHECK(fill());
        continue;
      }
      const std::size_t part = std::min(size - done, end - at);
      std::memcpy(to + done, buffer.data() + at, part);
      at += part;
      done += part;
    }
    return done;
  }

  Result<std::size_t> inflate_some(char* to, std::size_t size) {
    z_stream& stream = inflater->stream();
    stream.next_out = reinterpret_cast<Bytef*>(to);
    stream.avail_out = static_cast<uInt>(size);
    while (stream.avail_out > 0) {
      if (at == end && !file_ended) LOTSE_CHECK(fill());
      if (at == end && between_members) break;
      const bool some = stream.avail_out < size;  // hand it out first; the error comes again
      if (at == end && some) break;
      if (at == end) return fail(ErrorCode::bad_input, fmt::format("{}: the gzip data ends early", name));
      stream.next_in = reinterpret_cast<Bytef*>(buffer.data() + at);
      stream.avail_in = static_cast<uInt>(end - at);
      if (between_members && inflateReset(&stream) != Z_OK) LOTSE_ASSERT(false);
      between_members = false;
      const int status = inflate(&stream, Z_NO_FLUSH);
      at = end - stream.avail_in;
      if (status == Z_STREAM_END) {
        between_members = true;
      } else if (status != Z_OK && status != Z_BUF_ERROR) {
        if (stream.avail_out < size) break;
        return fail(ErrorCode::bad_input,
                    fmt::format("{}: the gzip data is damaged near byte {}: {}", name, read - (end - at),
                                stream.msg == nullptr ? "?" : stream.msg));
      }
    }
    return size - stream.avail_out;
  }

  std::string name;
  Descriptor file;
  std::optional<std::uint64_t> total;
  std::uint64_t read = 0;
  std::vector<char> buffer;
  std::size_t at = 0;
  std::size_t end = 0;
  bool file_ended = false;
  std::unique_ptr<Inflater> inflater;
  bool between_members = false;
};

Input::Input(std::unique_ptr<Rep> rep) : rep_(std::move(rep)) {}
Input::Input(Input&&) noexcept = default;
Input& Input::operator=(Input&&) noexcept = default;
Input::~Input() = default;

Result<Input> Input::open(const std::filesystem::path& path) {
  const bool standard = path == "-";
  const std::string name = standard ? "standard input" : path.string();
  const int number = standard ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (number < 0) {
    const ErrorCode code = errno == ENOENT ? ErrorCode::not_found : ErrorCode::storage;
    return fail(code, fmt::format("{}: cannot be opened: {}", name, reason(errno)));
  }
  auto rep = std::make_unique<Rep>(name, number);
  struct stat status{};
  if (::fstat(number, &status) == 0 && S_ISREG(status.st_mode))
    rep->total = static_cast<std::uint64_t>(status.st_size);
  if (S_ISDIR(status.st_mode)) return fail(ErrorCode::storage, fmt::format("{}: is a folder", name));
  LOTSE_CHECK(rep->sniff());
  return Input(std::move(rep));
}

Result<std::size_t> Input::read(char* to, std::size_t size) {
  return rep_->inflater ? rep_->inflate_some(to, size) : rep_->copy(to, size);
}

const std::string& Input::name() const { return rep_->name; }
std::uint64_t Input::bytes_read() const { return rep_->read - (rep_->end - rep_->at); }
std::optional<std::uint64_t> Input::bytes_total() const { return rep_->total; }

/// Reads until `size` bytes are there, or the file ends, or fails.
std::size_t Window::read(char* to, std::size_t size) {
  std::size_t done = 0;
  while (done < size && !at_end_ && !failure_) {
    auto got = input_.read(to + done, size - done);
    if (!got) {
      failure_ = std::move(got).error();
    } else {
      done += *got;
      at_end_ = *got == 0;
    }
  }
  return done;
}

Result<std::string_view> Window::peek(std::size_t size) {
  const std::size_t had = rest_.size();
  if (had < size) {
    rest_.resize(size);
    rest_.resize(had + read(rest_.data() + had, size - had));
  }
  if (rest_.empty() && failure_) return tl::make_unexpected(*failure_);
  return std::string_view(rest_).substr(0, size);
}

void Window::skip(std::size_t size) { rest_.erase(0, size); }

Result<std::string_view> Window::next(std::string& text) {
  const std::size_t room = std::max(piece_bytes_, 2 * rest_.size());
  text.resize(room + padding);
  std::ranges::copy(rest_, text.begin());
  std::size_t size = rest_.size();
  const std::size_t got = read(text.data() + size, room - size);
  if (got == 0 && failure_) return tl::make_unexpected(*failure_);
  rest_.clear();
  size += got;
  std::fill_n(text.begin() + static_cast<std::ptrdiff_t>(size), padding, ' ');
  return std::string_view(text).substr(0, size);
}

}  // namespace lotse::file
