#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "channels/http/tokens.hpp"
#include "engine/base/result.hpp"
#include "engine/base/time.hpp"
#include "engine/runtime/dialect.hpp"

namespace lotse::http {

/// One request, read whole: what handlers see. Lives until it has been answered.
struct Request {
  Post post;                                                   ///< method, path, headers, query, body
  std::map<std::string, std::string, std::less<>> parameters;  ///< of the route's pattern, percent-decoded
  std::optional<Principal> who;  ///< whose token it carries; nothing on open routes
};

struct Response {
  unsigned status = 200;
  std::string content_type = "application/json";
  std::string body{};
  std::vector<std::pair<std::string, std::string>> headers{};
  std::string cause{};  ///< of a 5xx, for whoever operates the server: goes to the log, never to the client
};

/// RFC 9457, `application/problem+json`. `title` is the same for the same kind of problem; `detail` says what
/// was found and what to do.
[[nodiscard]] Response problem(unsigned status, std::string_view title, std::string_view detail);

/// A problem that a client may try again a second later: 429, too much is asked; 503, nothing can be
/// answered.
[[nodiscard]] Response try_later(unsigned status, std::string_view title, std::string_view detail);

/// 503 for what the world did to the engine. `cause` may name files and is for the log only.
[[nodiscard]] Response unavailable(std::string cause);

/// To be called from any thread; what comes after the first call is ignored. All of its copies gone without a
/// call: 500.
using Answer = std::function<void(Response)>;

/// Server-sent events (WHATWG HTML, section 9.2) to one client. Any thread. Destroying it ends the stream.
class EventStream {
 public:
  virtual ~EventStream() = default;
  /// False: the client is gone, or too slow; nothing more will be sent.
  virtual bool send(std::string_view event, std::string_view data) = 0;
  [[nodiscard]] virtual bool closed() const = 0;
};

/// Where a handler runs.
enum class Work : std::uint8_t {
  io,      ///< on the thread that read the request: handlers that only compute, or hand on
  reader,  ///< on a pool for reads that wait for the disk and little else
  report,  ///< on another pool: handlers that go through all customers, or write; no read waits for them
};

/// Who sends a request; nothing where only its body can tell; or the answer that refuses it.
using Admission = tl::expected<std::optional<Principal>, Response>;

struct Route {
  /// `GET`, which answers HEAD too. An `OPTIONS` comes before the server's own, but for CORS preflights.
  std::string method;
  std::string pattern;                     ///< `/v1/customers/{id}`
  std::string operation{};                 ///< the operationId in schemas/openapi.yaml
  std::optional<Permission> permission{};  ///< what the token in `Authorization` must allow
  bool any_token = false;                  ///< in place of `permission`: a valid token of whatever role
  /// In place of `permission`, for keys that stand elsewhere too. Called with the head, before anything is
  /// read of the body, and, where that does not tell, again when the request is `whole`: then it must.
  /// None of this, `permission` and `any_token`: open to all.
  std::function<Admission(const Post&, bool whole)> admit{};
  Work work = Work::reader;
  bool browsers = false;  ///< for web pages of other origins too: CORS, as ServerOptions::cors_origins has it
  std::optional<std::size_t> body_bytes_max{};  ///< less than the server's, before and after inflation
  /// The route's own form of a body that the server does not take: too large, not to be inflated. Nothing: a
  /// problem.
  std::function<Response(const Request&, const Fault&)> refuse{};
  std::function<void(std::shared_ptr<const Request>, Answer)> handle{};
  /// In place of `handle`: an endless answer.
  std::function<void(std::shared_ptr<const Request>, std::shared_ptr<EventStream>)> stream{};
};

}  // namespace lotse::http
