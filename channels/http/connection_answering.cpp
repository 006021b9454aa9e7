#include <algorithm>
#include <array>
#include <atomic>
#include <exception>
#include <utility>

#include "channels/http/compress.hpp"
#include "channels/http/connection.hpp"
#include "channels/http/cors.hpp"
#include "channels/http/response_text.hpp"

/// From a whole request to its answer's last byte.
namespace lotse::http {
namespace {

constexpr std::size_t write_step = std::size_t{256} << 10U;  // ServerOptions::write_timeout counts by these
constexpr const char* event_stream_type = "text/event-stream";
constexpr std::size_t small_body = std::size_t{4} << 10U;  // is copied behind its head

/// A request that waits for its answer, which is given once. The answer is compressed by whoever gives it: a
/// reader thread has the time, an I/O thread and the writer have not.
class Pending {
 public:
  Pending(std::shared_ptr<Connection> connection, bool compresses)
      : connection_(std::move(connection)), compresses_(compresses) {}
  ~Pending() { answer(problem(500, "Internal error", "the request was dropped without an answer")); }
  Pending(const Pending&) = delete;
  Pending& operator=(const Pending&) = delete;

  void answer(Response response) {
    if (answered_.exchange(true)) return;
    if (compresses_) compress(response);
    connection_->send_answer(std::move(response));
  }

 private:
  std::shared_ptr<Connection> connection_;
  const bool compresses_;
  std::atomic<bool> answered_ = false;
};

/// A handler that throws has met a fault of ours: the client learns only that.
void run(const Route& route, std::shared_ptr<const Request> request, const Answer& answer) {
  try {
    route.handle(std::move(request), answer);
  } catch (const std::exception&) {
    answer(problem(500, "Internal error", ""));
  }
}

void run_stream(const Route& route, const std::shared_ptr<const Request>& request,
                const std::shared_ptr<EventStream>& stream) {
  try {
    route.stream(request, stream);
  } catch (const std::exception&) {
    return;  // the stream ends with its last owner
  }
}

std::string_view known_method(std::string_view method) {
  static constexpr std::array known = {"GET",    "HEAD",    "POST",    "PUT",  "PATCH",
                                       "DELETE", "OPTIONS", "CONNECT", "TRACE"};
  const auto* found = std::ranges::find(known, method);
  return found == known.end() ? "other" : *found;
}

}  // namespace

void Connection::dispatch() {
  const Head& head = parser_.head();
  bytes_in_ = raw_.size();
  if (refused_) return write_answer(*std::exchange(refused_, std::nullopt));

  raw_.reserve(raw_.size() + 1);  // what comes during an event stream is written behind, and moves nothing
  show_head();
  request_.post.body = head.chunked ? unchunked_.view() : raw_.view().substr(head.bytes, head.content_length);
  if (auto refused = inflate_body()) return write_answer(std::move(*refused));
  if (phase_ == Phase::writing) return;  // there was no room for what came out
  if (route_->admit && !request_.who) {
    if (auto refused = admit(true)) return write_answer(std::move(*refused));
  }
  hand_over();
}

/// To handlers, wherever its bytes lie by now.
void Connection::show_head() {
  Head& head = parser_.head();
  head.fields.lie_at(raw_.view().data());
  request_.post.method = piece(head.method);
  request_.post.path = piece(head.path);
  request_.post.headers = &head.fields;
  request_.post.query = &query_;
}

void Connection::hand_over() {
  deadline_ = SteadyTime::max();
  if (route_->stream)
    return is_head_request() ? write_answer({.content_type = event_stream_type}) : begin_stream();
  phase_ = Phase::waiting;
  const auto pending = std::make_shared<Pending>(
      shared_from_this(), route_->work != Work::io && accepts_gzip(parser_.head().fields));
  const Answer answer = [pending](Response response) { pending->answer(std::move(response)); };
  std::shared_ptr<const Request> request(shared_from_this(), &request_);
  if (route_->work == Work::io) return run(*route_, std::move(request), answer);
  auto job = [route = route_, request = std::move(request), answer] { run(*route, request, answer); };
  if (!lane_->shared().pool(route_->work).submit(std::move(job)))
    answer(try_later(429, "Overloaded", "too many requests wait to be answered"));
}

void Connection::send_answer(Response response) {
  if (lane_->is_this_thread()) return answer(std::move(response));
  lane_->send(shared_from_this(), std::move(response));
}

void Connection::answer(Response response) {
  if (phase_ == Phase::waiting) write_answer(std::move(response));
}

void Connection::begin_stream() {
  phase_ = Phase::streaming;
  close_after_ = true;  // the stream's end is the connection's
  status_ = 200;
  cause_.clear();
  stream_ = std::make_shared<StreamQueue>(lane_->shared().options.stream_bytes_max);
  out_.clear();
  append_head(
      out_,
      {.content_type = event_stream_type, .headers = {{"X-Accel-Buffering", "no"}}},  // nginx would hold them
      {.http_1_1 = parser_.head().http_1_1, .keep_alive = false, .length = false, .date = lane_->date()});
  bytes_out_ = 0;
  write_events();
  read_more();  // so that the client's end is seen

  std::shared_ptr<const Request> request(shared_from_this(), &request_);
  auto job = [route = route_, request = std::move(request),
              stream = std::make_shared<ClientStream>(shared_from_this(), stream_)] {
    run_stream(*route, request, stream);
  };
  if (route_->work == Work::io) return job();
  if (!lane_->shared().pool(route_->work).submit(std::move(job))) close();
}

void Connection::tell_of_stream() {
  if (lane_->is_this_thread()) return stream_changed();
  lane_->send(shared_from_this(), std::nullopt);
}

void Connection::stream_changed() {
  if (phase_ != Phase::streaming) return;
  if (stream_->closed()) return close();
  if (writing_events_) return;
  StreamQueue::Taken taken = stream_->take();
  if (taken.text.empty()) {
    if (!taken.ended) return;
    finish();
    return linger();
  }
  out_ = std::move(taken.text);
  write_events();
}

void Connection::write_events() {
  writing_events_ = true;
  deadline_ = deadline_in(lane_->shared().options.write_timeout);
  bytes_out_ += out_.size();
  start_write(out_, {});
}

void Connection::refuse(const Refusal& refusal) {
  if (phase_ == Phase::head) begun_ = std::chrono::steady_clock::now();
  refuse_and_close(problem(refusal.status, refusal.title, refusal.detail));
}

void Connection::refuse_and_close(Response response) {
  close_after_ = true;
  bytes_in_ = raw_.size();
  write_answer(std::move(response));
}

void Connection::write_answer(Response response) {
  phase_ = Phase::writing;
  const Head& head = parser_.head();
  parser_.head().fields.lie_at(raw_.view().data());
  Shared& shared = lane_->shared();
  close_after_ |= !head.keep_alive || shared.draining;
  if (const auto known = head.fields.find("if-none-match");
      known && response.status == 200 && is_known(*known, header(response, "etag"))) {
    response.status = 304;
  }
  if (response.status == 204 || response.status == 304) response.body.clear();
  status_ = response.status;
  cause_ = std::move(response.cause);
  std::string cors;
  if (route_ != nullptr && route_->browsers) cors = cors_lines(head.fields, shared.options.cors_origins);

  out_.clear();
  append_head(out_, response,
              {.http_1_1 = head.http_1_1, .keep_alive = !close_after_, .date = lane_->date(), .cors = cors});
  if (is_head_request()) response.body.clear();
  out_body_.clear();
  if (response.body.size() <= small_body) {
    out_ += response.body;
  } else {
    out_body_ = std::move(response.body);
    (void)account();
  }
  written_ = 0;
  bytes_out_ = out_.size() + out_body_.size();
  write_piece();
}

void Connection::write_piece() {
  deadline_ = deadline_in(lane_->shared().options.write_timeout);
  const std::string_view body = std::string_view(out_body_).substr(written_, write_step);
  const std::string_view head = written_ == 0 ? std::string_view(out_) : std::string_view();
  written_ += body.size();
  start_write(head, body);
}

void Connection::on_written(bool all) {
  if (phase_ == Phase::closed) return;
  if (!all) return close();
  if (std::exchange(writing_continue_, false)) {
    if (phase_ == Phase::body) read_body();
    return;
  }
  if (std::exchange(writing_events_, false)) {
    deadline_ = deadline_in(lane_->shared().options.stream_keep_alive);
    return stream_changed();
  }
  if (written_ < out_body_.size()) return write_piece();
  finish();
  if (close_after_) return linger();
  next_request();
}

/// Tells the hook what the request came to.
void Connection::finish() {
  if (!lane_->shared().hooks.finished) return;
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun_;
  lane_->shared().hooks.finished(
      {.method = known_method(piece(parser_.head().method)),
       .route = route_ == nullptr ? std::string_view() : std::string_view(route_->pattern),
       .status = status_,
       .bytes_in = bytes_in_,
       .bytes_out = bytes_out_,
       .seconds = took.count(),
       .who = request_.who ? std::string_view(request_.who->name) : std::string_view(),
       .cause = cause_});
}

}  // namespace lotse::http
