#include "channels/http/connection.hpp"

#include <algorithm>
#include <utility>

#include "channels/http/response_text.hpp"

namespace lotse::http {
namespace {

constexpr std::size_t buffer_begin = std::size_t{8} << 10U;   // of an idle connection
constexpr std::size_t buffer_keep = std::size_t{512} << 10U;  // of one that has taken large bodies
constexpr std::size_t read_step = std::size_t{64} << 10U;     // of a chunked body
constexpr std::size_t drop_max = std::size_t{64} << 10U;  // of a refused request's body, to go on behind it
constexpr auto linger_time = std::chrono::seconds(1);

}  // namespace

Connection::Connection(std::shared_ptr<Lane> lane)
    : lane_(std::move(lane)),
      deadline_(deadline_in(lane_->shared().options.header_timeout)),
      parser_(lane_->shared().options.header_bytes_max) {
  ++lane_->shared().connections;
}

Connection::~Connection() {
  lane_->shared().buffered -= charged_;
  --lane_->shared().connections;
}

void Connection::opened() {
  phase_ = Phase::head;
  raw_.reserve(buffer_begin);
  read_more();
}

void Connection::read_more() {
  if (reading_ || phase_ == Phase::closed) return;
  if (raw_.room() == 0) raw_.reserve(2 * raw_.capacity());
  reading_ = true;
  start_read(raw_.end(), raw_.room());
}

void Connection::on_read(std::size_t bytes) {
  reading_ = false;
  if (bytes == 0) return close();
  switch (phase_) {
    case Phase::head:
      if (raw_.size() == 0) deadline_ = deadline_in(lane_->shared().options.header_timeout);
      [[fallthrough]];
    case Phase::body:
      raw_.grown(bytes);
      return proceed();
    case Phase::lingering:
      deadline_ = std::min(std::chrono::steady_clock::now() + linger_time, linger_until_);
      return read_more();
    case Phase::streaming:
      return read_more();
    case Phase::opening:
    case Phase::waiting:
    case Phase::writing:
    case Phase::closed:
      return;
  }
}

void Connection::proceed() {
  if (phase_ == Phase::body) return read_body();
  switch (parser_.read_head(raw_.view())) {
    case RequestParser::Progress::needs_more:
      return read_more();
    case RequestParser::Progress::refused:
      return refuse(parser_.refusal());
    case RequestParser::Progress::done:
      return head_done();
  }
}

void Connection::head_done() {
  const Head& head = parser_.head();
  begun_ = std::chrono::steady_clock::now();
  request_.post.received = std::chrono::floor<Duration>(std::chrono::system_clock::now());
  request_.post.body = {};
  query_.parse(piece(head.query));
  show_head();
  refused_ = judge();
  if (refused_ && (head.chunked || head.expects_continue || head.content_length > drop_max)) {
    return refuse_and_close(*std::exchange(refused_, std::nullopt));
  }
  if (!head.has_body()) return dispatch();

  phase_ = Phase::body;
  deadline_ = deadline_in(lane_->shared().options.body_timeout);
  if (head.expects_continue && raw_.size() == head.bytes) {
    writing_continue_ = true;
    return start_write("HTTP/1.1 100 Continue\r\n\r\n", {});
  }
  read_body();
}

void Connection::read_body() {
  const Head& head = parser_.head();
  if (head.chunked) {
    raw_.reserve(read_step);
    unchunked_.reserve(buffer_begin);  // a body of no bytes has padding too
    const auto progress = parser_.read_chunks(raw_, head.bytes, unchunked_, body_bytes_max());
    if (progress == RequestParser::Progress::refused) {
      const Refusal& why = parser_.refusal();
      return refuse_and_close(body_refused(why.status, why.title, why.detail));
    }
    if (!account()) return;
    return progress == RequestParser::Progress::done ? dispatch() : read_more();
  }
  const std::size_t whole = head.bytes + head.content_length;
  if (raw_.size() >= whole) return dispatch();
  // Not all at once, so that a client that only announces much holds little.
  raw_.reserve(std::min(whole, std::max(4 * raw_.size(), head.bytes + read_step / 4)));
  if (account()) read_more();
}

bool Connection::account() {
  const auto beyond = [](const Buffer& buffer) {
    return buffer.capacity() - std::min(buffer.capacity(), buffer_begin);
  };
  const std::size_t now = beyond(raw_) + beyond(unchunked_) + beyond(inflated_) + out_body_.size();
  if (now == charged_) return true;
  Shared& shared = lane_->shared();
  const std::size_t all = shared.buffered += now - charged_;  // modulo 2^64
  const bool grown = now > charged_;
  charged_ = now;
  if (!grown || all <= shared.options.buffered_bytes_max || phase_ != Phase::body) return true;
  refuse_and_close(try_later(429, "Overloaded", "too many large requests at once"));
  return false;
}

void Connection::next_request() {
  const Head& head = parser_.head();
  raw_.consume(head.bytes + (head.chunked ? 0 : head.content_length));
  unchunked_.clear();
  inflated_.clear();
  give_back();
  parser_.begin();
  route_ = nullptr;
  request_.who.reset();
  phase_ = Phase::head;
  const ServerOptions& options = lane_->shared().options;
  deadline_ = deadline_in(raw_.size() > 0 ? options.header_timeout : options.idle_timeout);
  if (raw_.size() > 0) return proceed();
  read_more();
}

/// Buffers stay as large as the last request needed, for the next one of its kind, while there is room for
/// all.
void Connection::give_back() {
  std::string().swap(out_body_);
  const std::size_t keep =
      lane_->shared().buffered > lane_->shared().options.buffered_bytes_max / 2 ? buffer_begin : buffer_keep;
  for (Buffer* buffer : {&raw_, &unchunked_, &inflated_}) buffer->shrink(keep);
  (void)account();
}

void Connection::linger() {
  phase_ = Phase::lingering;
  deadline_ = std::chrono::steady_clock::now() + linger_time;
  linger_until_ = deadline_in(lane_->shared().options.body_timeout);
  if (!reading_) {
    raw_.clear();
    give_back();
  }
  send_end();
  read_more();
}

void Connection::close() {
  if (phase_ == Phase::closed) return;
  if (phase_ == Phase::writing || phase_ == Phase::streaming) finish();
  if (stream_) stream_->close();
  phase_ = Phase::closed;
  close_socket();
  lane_->leave(*this);
}

void Connection::drain() {
  if (phase_ == Phase::streaming) {
    (void)stream_->end();
    return stream_changed();
  }
  if (phase_ == Phase::opening || phase_ == Phase::lingering || (phase_ == Phase::head && raw_.size() == 0))
    close();
}

void Connection::look_at_clock(SteadyTime now) {
  if (now < deadline_) return;
  if (phase_ == Phase::streaming && !writing_events_) {
    out_ = ":\n\n";  // a comment: whoever stands between sees that the connection lives
    return write_events();
  }
  const bool slow = (phase_ == Phase::head && raw_.size() > 0) || phase_ == Phase::body;
  if (slow && !writing_continue_) {
    return refuse(
        {.status = 408, .title = "Request timeout", .detail = "the request did not come whole in time"});
  }
  close();
}

}  // namespace lotse::http
