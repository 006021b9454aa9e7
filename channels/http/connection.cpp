#include "channels/http/connection.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <exception>
#include <utility>

#include "channels/http/compress.hpp"
#include "channels/http/cors.hpp"
#include "channels/http/credentials.hpp"
#include "channels/http/response_text.hpp"
#include "channels/http/text.hpp"

namespace lotse::http {
namespace {

constexpr std::size_t buffer_begin = std::size_t{8} << 10U;  // of an idle connection
constexpr std::size_t body_step = std::size_t{256}
                                  << 10U;  // a body's first reservation, whatever it says it has
constexpr std::size_t chunked_step = std::size_t{64} << 10U;  // that is read of a chunked body at once
constexpr std::size_t drop_max = std::size_t{64} << 10U;  // of a refused request's body, to go on behind it
constexpr std::size_t write_step = std::size_t{256} << 10U;  // ServerOptions::write_timeout counts by these
constexpr std::size_t small_body = std::size_t{4} << 10U;    // is copied behind its head
constexpr auto linger_time = std::chrono::seconds(1);

SteadyTime in(Duration duration) { return std::chrono::steady_clock::now() + duration; }

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

Response overloaded(unsigned status, std::string_view detail) {
  Response response = problem(status, "Overloaded", detail);
  response.headers.emplace_back("Retry-After", "1");
  return response;
}

}  // namespace

Connection::Connection(std::shared_ptr<Lane> lane)
    : lane_(std::move(lane)),
      deadline_(in(lane_->shared().options.header_timeout)),
      parser_(lane_->shared().options.header_bytes_max) {
  ++lane_->shared().connections;
}

Connection::~Connection() {
  lane_->shared().buffered -= charged_;
  --lane_->shared().connections;
}

// Reading

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
      if (raw_.size() == 0) deadline_ = in(lane_->shared().options.header_timeout);
      [[fallthrough]];
    case Phase::body:
      raw_.grown(bytes);
      return proceed();
    case Phase::lingering:
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
  request_.post.method = piece(head.method);
  request_.post.path = piece(head.path);
  refused_ = judge();
  if (refused_ && (head.chunked || head.expects_continue || head.content_length > drop_max)) {
    return refuse_and_close(*std::exchange(refused_, std::nullopt));
  }
  if (!head.has_body()) return dispatch();

  phase_ = Phase::body;
  deadline_ = in(lane_->shared().options.body_timeout);
  if (head.expects_continue && raw_.size() == head.bytes) {
    writing_continue_ = true;
    return start_write("HTTP/1.1 100 Continue\r\n\r\n", {});
  }
  read_body();
}

void Connection::read_body() {
  const Head& head = parser_.head();
  if (head.chunked) {
    raw_.reserve(chunked_step);
    unchunked_.reserve(buffer_begin);  // a body of no bytes has padding too
    const auto progress = parser_.read_chunks(raw_, head.bytes, unchunked_, body_bytes_max());
    if (progress == RequestParser::Progress::refused) return refuse(parser_.refusal());
    if (!account()) return;
    return progress == RequestParser::Progress::done ? dispatch() : read_more();
  }
  const std::size_t whole = head.bytes + head.content_length;
  if (raw_.size() >= whole) return dispatch();
  // Not all at once, so that a client that only announces much holds little.
  raw_.reserve(std::min(whole, std::max(4 * raw_.size(), head.bytes + body_step)));
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
  refuse_and_close(overloaded(429, "too many large requests at once"));
  return false;
}

// Judging a request by its head

std::size_t Connection::body_bytes_max() const {
  const std::size_t general = lane_->shared().options.body_bytes_max;
  return route_ == nullptr ? general : std::min(route_->body_bytes_max.value_or(general), general);
}

bool Connection::is_head_request() const { return piece(parser_.head().method) == "HEAD"; }

std::optional<Response> Connection::judge() {
  const Head& head = parser_.head();
  const Router::Found found =
      lane_->shared().router.find(request_.post.method, request_.post.path, request_.parameters);
  route_ = found.route;
  if (auto refused = judge_method(found)) return refused;
  if (auto refused = judge_sender()) return refused;
  if (head.content_length > body_bytes_max()) {
    return problem(413, "Body too large",
                   fmt::format("{} bytes; at most {} are taken", head.content_length, body_bytes_max()));
  }
  const std::string_view coding = head.fields.find("content-encoding").value_or("identity");
  if (!same(coding, "gzip") && !same(coding, "x-gzip") && !same(coding, "identity")) {
    return problem(415, "Unknown content encoding", "of content encodings, only 'gzip' is known");
  }
  return {};
}

std::optional<Response> Connection::judge_method(const Router::Found& found) {
  const bool preflight = is_preflight(request_.post.method, parser_.head().fields);
  if (request_.post.method == "OPTIONS" && (preflight || found.route == nullptr) &&
      (found.path_known || request_.post.path == "*")) {
    return answer_options(preflight);
  }
  if (!found.path_known) return problem(404, "Not found", "there is nothing at this path");
  if (found.route == nullptr) {
    Response response = problem(405, "Method not allowed", "");
    response.headers.emplace_back("Allow", lane_->shared().router.allowed(request_.post.path));
    return response;
  }
  if (found.bad_escape) return problem(400, "Malformed path", "expected percent-encoded UTF-8");
  return {};
}

Response Connection::answer_options(bool preflight) {
  Response response{.status = 204, .content_type = {}};
  const Shared& shared = lane_->shared();
  const std::string methods = shared.router.allowed(request_.post.path);
  response.headers.emplace_back("Allow", methods);
  if (!preflight) return response;
  const HeaderFields& fields = parser_.head().fields;
  Parameters unused;
  route_ =
      shared.router.find(*fields.find("access-control-request-method"), request_.post.path, unused).route;
  if (route_ == nullptr || !route_->browsers) return response;
  for (auto& line : preflight_headers(fields, methods)) response.headers.push_back(std::move(line));
  return response;
}

std::optional<Response> Connection::judge_sender() {
  request_.who.reset();
  if (!route_->permission) return {};
  const auto token = credential(parser_.head().fields);
  if (token) request_.who = lane_->shared().hooks.authenticate(*token);
  if (!request_.who) {
    Response response = problem(401, "Unauthorized",
                                token ? "the token is unknown or has expired"
                                      : "a token is expected, as in 'Authorization: Bearer lotse_…'");
    response.headers.emplace_back("WWW-Authenticate", token ? R"(Bearer realm="lotse", error="invalid_token")"
                                                            : R"(Bearer realm="lotse")");
    return response;
  }
  if (!allows(request_.who->role, *route_->permission)) {
    return problem(403, "Forbidden", "the token's role does not allow this");
  }
  return {};
}

// Answering

void Connection::dispatch() {
  const Head& head = parser_.head();
  bytes_in_ = raw_.size();
  if (refused_) return write_answer(*std::exchange(refused_, std::nullopt));

  raw_.reserve(raw_.size() + 1);  // what comes during an event stream is written behind, and moves nothing
  parser_.head().fields.lie_at(raw_.view().data());
  Post& post = request_.post;
  post.method = piece(head.method);
  post.path = piece(head.path);
  post.headers = &head.fields;
  query_.parse(piece(head.query));
  post.query = &query_;
  post.body = head.chunked ? unchunked_.view() : raw_.view().substr(head.bytes, head.content_length);
  if (auto refused = inflate_body()) return write_answer(std::move(*refused));
  hand_over();
}

/// Compressed bodies are told by what they begin with too: some clients do not say so.
std::optional<Response> Connection::inflate_body() {
  std::string_view& body = request_.post.body;
  const bool said = !same(parser_.head().fields.find("content-encoding").value_or("identity"), "identity");
  if (body.empty() || !(said || Inflater::looks_compressed(body))) return {};
  const auto outcome = lane_->inflater().inflate(body, inflated_, body_bytes_max());
  (void)account();
  body = inflated_.view();
  switch (outcome) {
    case Inflater::Outcome::done:
      return {};
    case Inflater::Outcome::too_large:
      return problem(413, "Body too large",
                     fmt::format("at most {} bytes are taken, inflated", body_bytes_max()));
    case Inflater::Outcome::malformed:
      return problem(400, "Malformed body", "the body is no whole gzip");
  }
  return {};
}

void Connection::hand_over() {
  deadline_ = SteadyTime::max();
  if (route_->stream) return begin_stream();
  phase_ = Phase::waiting;
  const auto pending = std::make_shared<Pending>(
      shared_from_this(), route_->work == Work::reader && accepts_gzip(parser_.head().fields));
  const Answer answer = [pending](Response response) { pending->answer(std::move(response)); };
  std::shared_ptr<const Request> request(shared_from_this(), &request_);
  if (route_->work == Work::io) return run(*route_, std::move(request), answer);
  auto job = [route = route_, request = std::move(request), answer] { run(*route, request, answer); };
  if (!lane_->shared().readers.submit(std::move(job)))
    answer(overloaded(503, "too many requests wait to be answered"));
}

void Connection::send_answer(Response response) {
  if (lane_->is_this_thread()) return answer(std::move(response));
  lane_->send(shared_from_this(), std::move(response));
}

void Connection::answer(Response response) {
  if (phase_ == Phase::waiting) write_answer(std::move(response));
}

// Event streams

void Connection::begin_stream() {
  phase_ = Phase::streaming;
  close_after_ = true;  // the stream's end is the connection's
  status_ = 200;
  stream_ = std::make_shared<StreamQueue>(lane_->shared().options.stream_bytes_max);
  out_.clear();
  append_head(
      out_, {.content_type = "text/event-stream"},
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
  if (!lane_->shared().readers.submit(std::move(job))) close();
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
  deadline_ = in(lane_->shared().options.write_timeout);
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
  deadline_ = in(lane_->shared().options.write_timeout);
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
    deadline_ = in(lane_->shared().options.stream_keep_alive);
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
       .who = request_.who ? std::string_view(request_.who->name) : std::string_view()});
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
  deadline_ = in(raw_.size() > 0 ? options.header_timeout : options.idle_timeout);
  if (raw_.size() > 0) return proceed();
  read_more();
}

/// Buffers stay as large as the last request needed, for the next one of its kind, while there is room for
/// all.
void Connection::give_back() {
  std::string().swap(out_body_);
  const std::size_t keep = lane_->shared().buffered > lane_->shared().options.buffered_bytes_max / 2
                               ? buffer_begin
                               : 2 * body_step;
  for (Buffer* buffer : {&raw_, &unchunked_, &inflated_}) buffer->shrink(keep);
  (void)account();
}

// The end

void Connection::linger() {
  phase_ = Phase::lingering;
  deadline_ = std::chrono::steady_clock::now() + linger_time;
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
