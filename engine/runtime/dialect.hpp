#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/time.hpp"
#include "engine/runtime/engine.hpp"
#include "engine/runtime/mistake.hpp"
#include "engine/tracking/event.hpp"

namespace lotse {

/// Header lines or query parameters of a request, as whoever carries it keeps them.
class PostFields {
 public:
  virtual ~PostFields() = default;
  /// The first value under `name` (headers: without ASCII case); nothing where there is none.
  [[nodiscard]] virtual std::optional<std::string_view> find(std::string_view name) const = 0;
  /// All headers whose name begins with `prefix` (lower case; so are the names given).
  [[nodiscard]] virtual std::vector<std::pair<std::string, std::string_view>> with_prefix(
      std::string_view prefix) const = 0;
};

/// A request of a channel system, read whole and within the limits of bytes.
struct Post {
  /// Readable bytes behind `body`.
  static constexpr std::size_t padding = 64;

  std::string_view method;  ///< `POST`
  std::string_view path;    ///< without the query, as sent
  const PostFields* headers = nullptr;
  const PostFields* query = nullptr;  ///< percent-decoded
  std::string_view body;              ///< inflated
  Instant received{};
};

/// Who sent it, once its key has been recognised.
struct Sender {
  std::string source;  ///< of events that name none: the token's name
  std::vector<std::string>
      channels;  ///< it may post as these; the first for events that name none; empty: as any
};

/// One thing of a request that is no event.
struct RefusedPart {
  std::size_t index = 0;  ///< of the thing in the request, from 0
  std::string reason;     ///< the same text for the same kind of mistake, so that it can be counted
  std::string detail;     ///< what was found; may be empty
  std::string place;      ///< where: a JSON pointer (`/3/properties/price`) or `byte 17`; may be empty
  std::string text;       ///< what was sent, cut to 2 KiB
};

/// What a request says: its events, in order, and what was none. Both keep their place in the request.
struct Understood {
  std::vector<Event> events;
  std::vector<std::size_t> index;      ///< of each event in the request
  std::vector<std::string_view> text;  ///< of each event in the request's body, for the list of rejects
  std::vector<RefusedPart> refused;
};

/// Why a request as a whole is not taken.
struct Fault {
  unsigned status = 400;  ///< of HTTP: 400 unparsable, 413 too large, 415 unknown format, 422
  std::string reason;
  std::string detail{};
  std::string place{};
};

/// What became of a request.
struct Taken {
  std::uint64_t accepted = 0;
  std::uint64_t duplicate = 0;
  std::uint64_t conflict = 0;
  std::uint64_t from_future = 0;
  std::vector<RefusedPart> refused;  ///< by index; those that the engine rejected included
};

struct Reply {
  unsigned status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers{};
};

/// One way in which channel systems put events over HTTP: native, Segment's, CloudEvents. Holds no state of a
/// request; safe from several threads. Whoever carries the requests looks after limits of bytes, inflation,
/// CORS, overload and tokens.
class Dialect {
 public:
  struct Endpoint {
    std::string method;
    std::string path;   ///< `/v1/projects/{key}/settings`
    bool keyed = true;  ///< false: needs no key, and answer() says all
  };
  virtual ~Dialect() = default;
  [[nodiscard]] virtual std::string_view name()
      const = 0;  ///< `segment`: for metrics and the list of rejects
  [[nodiscard]] virtual std::vector<Endpoint> endpoints() const = 0;

  /// Bytes of one event and of one request, before and after inflation; nothing beyond is given to read().
  [[nodiscard]] virtual std::size_t request_bytes_max() const = 0;

  /// The keys that the request carries, those to be tried first in front; the body is looked at last, and not
  /// where another place has one. Also asked before the body has come, which is empty then.
  [[nodiscard]] virtual std::vector<std::string> keys(const Post& post) const = 0;
  /// False: a request whose head has no key has none.
  [[nodiscard]] virtual bool looks_for_key_in_body() const { return false; }

  /// The answer to a request that carries no events (settings, a webhook's handshake); nothing for others.
  [[nodiscard]] virtual std::optional<Reply> answer(const Post& post) const = 0;

  [[nodiscard]] virtual tl::expected<Understood, Fault> read(const Post& post,
                                                             const Sender& sender) const = 0;

  [[nodiscard]] virtual Reply taken(const Post& post, const Taken& taken) const = 0;
  /// Nothing has been taken: the dialect's form of a Fault (a bad key is one of status 401, overload of 429,
  /// an engine that cannot store of 503).
  [[nodiscard]] virtual Reply refused(const Post& post, const Fault& fault) const = 0;
};

/// What was sent, for RefusedPart::text: at most 2 KiB, in UTF-8 whatever it was, and without the tokens in
/// it.
[[nodiscard]] std::string refused_text(std::string_view text);

/// A thing of `body` that gave no event: `text` is the part of the body in which the mistake is, and
/// `pointer` the JSON pointer to that part in the body.
[[nodiscard]] RefusedPart refusal(const Mistake& mistake, std::size_t index, std::string_view text,
                                  std::string_view pointer, std::string_view body);

/// `{"accepted": 1, "duplicate": 0, "conflict": 0, "from_future": 0, "rejected": [{index, reason, detail,
/// place}]}`.
[[nodiscard]] Reply counts_reply(const Taken& taken);
/// RFC 9457, with the fault's place beside it.
[[nodiscard]] Reply problem_reply(const Fault& fault);

/// Of the `Authorization` header: what follows the scheme, which is matched without case; nothing for another
/// scheme.
[[nodiscard]] std::optional<std::string> bearer_token(const PostFields& headers);

/// The channel of an event that names `named`, perhaps none. Nothing: the sender may not post as that one.
[[nodiscard]] std::optional<std::string_view> channel_of(std::string_view named, const Sender& sender);

}  // namespace lotse
