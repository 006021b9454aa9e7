#include "channels/http/request_parser.hpp"

#include <fmt/core.h>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <charconv>
#include <utility>

#include "channels/http/text.hpp"
#include "engine/base/assert.hpp"

namespace lotse::http {
namespace {

namespace beast_http = boost::beast::http;
using boost::beast::error_code;

constexpr std::size_t chunk_line_bytes_max = std::size_t{8} << 10U;  // of a chunk's head, and of all trailers

std::string_view view(boost::beast::string_view text) { return {text.data(), text.size()}; }

/// What Beast finds in a head, as pieces of it, and what it overlooks.
class Collector : public beast_http::basic_parser<true> {
 public:
  explicit Collector(Head& head) : head_(&head) {
    eager(true);
    header_limit(UINT32_MAX);  // the head's end has been found, within our limit
    body_limit(boost::none);   // as the route has it
  }

  void lie_at(const char* base) { base_ = base; }
  void decode_into(Buffer& body, std::size_t limit) {
    body_ = &body;
    body_limit_ = limit;
  }
  [[nodiscard]] const std::optional<Refusal>& refusal() const { return refusal_; }
  [[nodiscard]] bool too_large() const { return too_large_; }

  void judge_framing() {
    const bool chunked = transfer_encodings_ > 0;
    if (hosts_ != 1 && head_->http_1_1) refuse("exactly one Host header is expected (RFC 9112, section 3.2)");
    if (hosts_ > 1) refuse("more than one Host header");
    if (chunked && content_lengths_ > 0) refuse("both Content-Length and Transfer-Encoding");
    if (content_lengths_ > 1) refuse("more than one Content-Length");
    if (transfer_encodings_ > 1) refuse("more than one Transfer-Encoding");
    if (chunked && !head_->http_1_1) refuse("Transfer-Encoding in HTTP/1.0");
    if (expectation_failed_)
      refusal_ = Refusal{417, "Expectation failed", "only 'Expect: 100-continue' is known"};
    head_->chunked = chunked;
    head_->keep_alive = keep_alive();
    head_->expects_continue &= head_->http_1_1;
  }

 private:
  void on_request_impl(beast_http::verb /*known*/, boost::beast::string_view method,
                       boost::beast::string_view target, int version, error_code& error) override {
    error = {};
    head_->method = piece(view(method));
    head_->http_1_1 = version == 11;
    take_target(view(method), view(target));
  }

  void on_field_impl(beast_http::field name, boost::beast::string_view name_text,
                     boost::beast::string_view value, error_code& error) override {
    error = {};
    if (body_ != nullptr) return;  // trailers are dropped: they have passed no check
    head_->fields.add(piece(view(name_text)), piece(view(value)));
    if (name == beast_http::field::content_length) take_length(view(value));
    if (name == beast_http::field::transfer_encoding) take_coding(view(value));
    if (name == beast_http::field::host) ++hosts_;
    if (name == beast_http::field::expect) take_expectation(view(value));
  }

  void on_header_impl(error_code& error) override { error = {}; }
  void on_body_init_impl(const boost::optional<std::uint64_t>& /*length*/, error_code& error) override {
    error = {};
  }
  std::size_t on_body_impl(boost::beast::string_view /*body*/, error_code& error) override {
    error = {};
    return 0;
  }
  void on_chunk_header_impl(std::uint64_t size, boost::beast::string_view /*extensions*/,
                            error_code& error) override {
    error = {};
    if (size <= body_limit_ - body_->size()) return;
    too_large_ = true;
    error = beast_http::error::body_limit;
  }
  std::size_t on_chunk_body_impl(std::uint64_t /*left*/, boost::beast::string_view body,
                                 error_code& error) override {
    error = {};
    body_->append(view(body));
    return body.size();
  }
  void on_finish_impl(error_code& error) override { error = {}; }
  // Beast asks for these of a response's parser only.
  void on_response_impl(int /*status*/, boost::beast::string_view /*reason*/, int /*version*/,
                        error_code& error) override {
    error = {};
  }

  /// Origin form, or the absolute form that RFC 9112, section 3.2.2, asks servers to accept; `*` of OPTIONS.
  void take_target(std::string_view method, std::string_view target) {
    if (const auto scheme = target.find("://");
        !target.starts_with('/') && scheme != std::string_view::npos) {
      const auto path = target.find_first_of("/?", scheme + 3);
      target = path == std::string_view::npos ? target.substr(target.size()) : target.substr(path);
      if (!target.starts_with('/')) return refuse("the request target has no path");
    }
    if (!target.starts_with('/') && !(target == "*" && method == "OPTIONS")) {
      return refuse("the request target is no path (RFC 9112, section 3.2)");
    }
    const std::size_t question = std::min(target.find('?'), target.size());
    head_->path = piece(target.substr(0, question));
    head_->query = piece(target.substr(std::min(question + 1, target.size())));
  }

  void take_length(std::string_view value) {
    ++content_lengths_;
    const auto [end, error] =
        std::from_chars(value.data(), value.data() + value.size(), head_->content_length);
    if (error != std::errc{} || end != value.data() + value.size()) refuse("Content-Length is no number");
  }

  void take_coding(std::string_view value) {
    ++transfer_encodings_;
    if (!same(value, "chunked")) refuse("of transfer codings, only 'chunked' is known");
  }

  void take_expectation(std::string_view value) {
    if (same(value, "100-continue")) {
      head_->expects_continue = true;
    } else {
      expectation_failed_ = true;
    }
  }

  void refuse(std::string_view what) {
    if (!refusal_) refusal_ = Refusal{400, "Malformed request", std::string(what)};
  }

  [[nodiscard]] Piece piece(std::string_view text) const {
    return {static_cast<std::uint32_t>(text.data() - base_), static_cast<std::uint32_t>(text.size())};
  }

  Head* head_;
  const char* base_ = nullptr;
  Buffer* body_ = nullptr;
  std::size_t body_limit_ = 0;
  bool too_large_ = false;
  bool expectation_failed_ = false;
  unsigned hosts_ = 0, content_lengths_ = 0, transfer_encodings_ = 0;
  std::optional<Refusal> refusal_;
};

/// What is wrong, in words that hold nothing of what was sent.
std::string describe(const error_code& error) {
  using Error = beast_http::error;
  if (error == Error::bad_method) return "the method is no token";
  if (error == Error::bad_target) return "the request target holds a space or a control character";
  if (error == Error::bad_version) return "HTTP/1.1 or HTTP/1.0 is expected behind the request target";
  if (error == Error::bad_field) return "a header's name is no token, or has a space behind it";
  if (error == Error::bad_value) return "a header's value holds a control character";
  if (error == Error::bad_content_length) return "Content-Length is no number";
  if (error == Error::multiple_content_length) return "more than one Content-Length";
  if (error == Error::bad_transfer_encoding) return "Transfer-Encoding beside another one or Content-Length";
  if (error == Error::bad_chunk || error == Error::bad_chunk_extension) return "a chunk's head is malformed";
  return "a line is malformed";
}

}  // namespace

struct RequestParser::Beast {
  std::optional<Collector> collector;
};

RequestParser::RequestParser(std::size_t head_bytes_max)
    : head_bytes_max_(head_bytes_max), beast_(std::make_unique<Beast>()) {}
RequestParser::~RequestParser() = default;

void RequestParser::begin() {
  line_begin_ = looked_at_ = begin_ = 0;
  HeaderFields fields = std::move(head_.fields);  // with its memory
  fields.clear();
  head_ = Head{};
  head_.fields = std::move(fields);
}

RequestParser::Progress RequestParser::refuse(unsigned status, std::string_view title, std::string detail) {
  refusal_ = {.status = status, .title = title, .detail = std::move(detail)};
  return Progress::refused;
}

RequestParser::Progress RequestParser::target_too_long() {
  return refuse(414, "Request target too long", fmt::format("at most {} bytes are taken", target_bytes_max));
}

RequestParser::Progress RequestParser::head_too_large() {
  if (line_begin_ == begin_) return target_too_long();
  return refuse(431, "Headers too large", fmt::format("at most {} bytes are taken", head_bytes_max_));
}

/// Line by line, so that a bare LF or a folded line is seen, which Beast waits behind or unfolds.
RequestParser::Progress RequestParser::find_end(std::string_view bytes) {
  for (;;) {
    const auto end = bytes.substr(0, head_bytes_max_).find('\n', looked_at_);
    if (end == std::string_view::npos) {
      looked_at_ = std::min(bytes.size(), head_bytes_max_);
      return bytes.size() >= head_bytes_max_ ? head_too_large() : Progress::needs_more;
    }
    if (end == line_begin_ || bytes[end - 1] != '\r') {
      return refuse(400, "Malformed request", "a line ends in a bare line feed");
    }
    const bool empty = end == line_begin_ + 1;
    if (!empty && line_begin_ > begin_ && (bytes[line_begin_] == ' ' || bytes[line_begin_] == '\t')) {
      return refuse(400, "Malformed request", "a header line is folded (RFC 9112, section 5.2)");
    }
    if (empty && line_begin_ > begin_) {
      head_.bytes = end + 1;
      return Progress::done;
    }
    line_begin_ = looked_at_ = end + 1;
    if (empty) begin_ = end + 1;  // RFC 9112, section 2.2: empty lines in front are skipped
  }
}

RequestParser::Progress RequestParser::read_head(std::string_view bytes) {
  if (bytes.size() > begin_ && static_cast<unsigned char>(bytes[begin_]) < ' ' && bytes[begin_] != '\r' &&
      bytes[begin_] != '\n') {
    return refuse(400, "Malformed request", "this is no HTTP; does the client speak TLS to a port without?");
  }
  if (const Progress end = find_end(bytes); end != Progress::done) return end;

  Collector& collector = beast_->collector.emplace(head_);
  collector.lie_at(bytes.data());
  head_.fields.lie_at(bytes.data());
  error_code error;
  collector.put(boost::asio::buffer(bytes.data() + begin_, head_.bytes - begin_), error);
  if (error) return refuse(400, "Malformed request", describe(error));
  LOTSE_ASSERT(collector.is_header_done());
  collector.judge_framing();
  if (collector.refusal()) {
    refusal_ = *collector.refusal();
    return Progress::refused;
  }
  if (head_.path.size + head_.query.size > target_bytes_max) return target_too_long();
  return Progress::done;
}

RequestParser::Progress RequestParser::read_chunks(Buffer& raw, std::size_t at, Buffer& body,
                                                   std::size_t body_bytes_max) {
  Collector& collector = *beast_->collector;
  collector.decode_into(body, body_bytes_max);
  while (!collector.is_done() && raw.size() > at) {
    error_code error;
    const std::size_t taken = collector.put(boost::asio::buffer(raw.view().substr(at)), error);
    raw.erase(at, taken);
    if (collector.too_large()) {
      return refuse(413, "Body too large", fmt::format("at most {} bytes are taken", body_bytes_max));
    }
    if (error == beast_http::error::need_more) break;
    if (error) return refuse(400, "Malformed request", describe(error));
  }
  if (collector.is_done()) return Progress::done;
  if (raw.size() - at > chunk_line_bytes_max) {
    return refuse(431, "Headers too large", "a chunk's head or the trailers are too long");
  }
  return Progress::needs_more;
}

}  // namespace lotse::http
