#include "channels/segment/segment.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "channels/segment/browser.hpp"
#include "channels/segment/message.hpp"
#include "engine/base/base64.hpp"
#include "engine/base/quoted.hpp"
#include "engine/runtime/json_event.hpp"
#include "engine/runtime/json_outline.hpp"
#include "engine/runtime/spares.hpp"

namespace lotse::segment {
namespace {

static_assert(Post::padding >= json_padding);

struct Path {
  std::string_view path;
  std::string_view call;  ///< of the one message; empty: a batch
};
constexpr std::array paths{
    Path{"/v1/track", "track"},   Path{"/v1/t", "track"},     Path{"/v1/identify", "identify"},
    Path{"/v1/i", "identify"},    Path{"/v1/page", "page"},   Path{"/v1/p", "page"},
    Path{"/v1/screen", "screen"}, Path{"/v1/s", "screen"},    Path{"/v1/group", "group"},
    Path{"/v1/g", "group"},       Path{"/v1/alias", "alias"}, Path{"/v1/a", "alias"},
    Path{"/v1/batch", {}},        Path{"/v1/b", {}},          Path{"/beacon/v1/batch", {}}};
constexpr std::string_view metrics_path = "/v1/m";

std::optional<std::string> basic_user(const PostFields& headers) {
  constexpr std::string_view scheme = "basic ";
  const auto header = headers.find("authorization");
  if (!header || header->size() < scheme.size()) return std::nullopt;
  const auto same = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b; };
  if (!std::ranges::equal(header->substr(0, scheme.size()), scheme, same)) return std::nullopt;
  auto pair = decode_base64(json::trimmed(header->substr(scheme.size())));
  if (pair) pair->resize(std::min(pair->find(':'), pair->size()));
  return pair;
}

Fault unclear(const json::Unclear& why, std::string_view part, std::string_view body) {
  return {.status = 400,
          .reason = "the body cannot be told into messages",
          .detail = why.detail,
          .place = fmt::format("byte {}", static_cast<std::size_t>(part.data() - body.data()) + why.at)};
}

/// What a request says of all its messages, and they themselves.
struct Messages {
  std::vector<std::string_view> texts;
  std::string_view sent;  ///< JSON; empty: not said
  bool batch = false;
};

class Segment final : public Dialect {
 public:
  explicit Segment(const Options& options)
      : options_(options), readers_([depth = options.event.depth + beside_properties] {
          return std::make_unique<JsonValueReader>(depth);
        }) {}

  std::string_view name() const override { return "segment"; }
  std::size_t request_bytes_max() const override { return options_.request_bytes; }

  std::vector<Endpoint> endpoints() const override {
    std::vector<Endpoint> out;
    for (const Path& path : paths) out.push_back({.method = "POST", .path = std::string(path.path)});
    out.push_back({.method = "POST", .path = std::string(metrics_path), .keyed = false});
    out.push_back({.method = "GET", .path = "/v1/projects/{key}/settings", .keyed = false});
    out.push_back({.method = "GET", .path = "/sourceConfig", .keyed = false});
    out.push_back({.method = "GET", .path = "/sourceConfig/", .keyed = false});
    return out;
  }

  std::vector<std::string> keys(const Post& post) const override {
    std::vector<std::string> out;
    const auto add = [&](std::optional<std::string> key) {
      if (key && !key->empty()) out.push_back(*std::move(key));
    };
    const auto text = [](std::optional<std::string_view> found) {
      return found ? std::optional<std::string>(*found) : std::nullopt;
    };
    add(basic_user(*post.headers));
    add(bearer_token(*post.headers));
    add(text(post.headers->find("x-write-key")));
    add(text(post.query->find("writeKey")));
    if (out.empty()) add(key_in_body(post));
    return out;
  }

  bool looks_for_key_in_body() const override { return true; }

  std::optional<Reply> answer(const Post& post) const override {
    if (post.method == "GET" || post.method == "HEAD") {
      return post.path.starts_with("/sourceConfig") ? source_config(post) : settings(post, options_.https);
    }
    if (post.path == metrics_path) return Reply{.status = 204, .content_type = {}, .body = {}};
    return std::nullopt;
  }

  tl::expected<Understood, Fault> read(const Post& post, const Sender& sender) const override {
    const auto path = std::ranges::find(paths, post.path, &Path::path);
    const std::string_view call = path == paths.end() ? std::string_view{} : path->call;
    const auto messages = split(post, call.empty());
    if (!messages) return tl::make_unexpected(messages.error());
    if (messages->texts.size() > options_.events) {
      return tl::make_unexpected(Fault{.status = 413,
                                       .reason = "too many messages",
                                       .detail = fmt::format("a batch may have {}", options_.events),
                                       .place = fmt::format("/batch/{}", options_.events)});
    }
    const auto reader = readers_.lend();
    const Envelope envelope{
        .received = post.received, .sent = moment(*reader, messages->sent), .sender = &sender};
    Understood out;
    for (std::size_t index = 0; index < messages->texts.size(); ++index) {
      const std::string_view text = messages->texts[index];
      auto event = read_message(*reader, text, call, envelope);
      if (event) {
        out.events.push_back(*std::move(event));
        out.index.push_back(index);
        out.text.push_back(text);
        continue;
      }
      if (!messages->batch && (event.error().broken || text.size() > options_.event.bytes)) {
        return tl::make_unexpected(whole(event.error(), text, post.body));
      }
      const std::string pointer = messages->batch ? fmt::format("/batch/{}", index) : std::string{};
      out.refused.push_back(refusal(event.error(), index, text, pointer, post.body));
    }
    return out;
  }

  /// What was rejected is for the engineer's list: a client would only drop what it has.
  Reply taken(const Post& /*post*/, const Taken& /*taken*/) const override {
    return {.body = "{\"success\":true}\n"};
  }

  Reply refused(const Post& /*post*/, const Fault& fault) const override {
    Reply reply{.status = status_for(fault.status), .body = R"({"success":false,"message":)"};
    std::string message = fault.reason;
    if (!fault.detail.empty()) message += ": " + fault.detail;
    if (!fault.place.empty()) message += " (" + fault.place + ")";
    append_quoted(reply.body, refused_text(message));
    reply.body += "}\n";
    return reply;
  }

 private:
  /// A message holds its properties one level down, and `context.traits` lies two.
  static constexpr std::uint32_t beside_properties = 2;

  /// The ones that clients know what to do with: 400 is dropped, 429 is tried again.
  static unsigned status_for(unsigned status) {
    if (status == 401 || status == 403) return 401;
    return status >= 500 || status == 429 ? 429 : 400;
  }

  static Fault whole(const Mistake& mistake, std::string_view text, std::string_view body) {
    RefusedPart refused = refusal(mistake, 0, text, {}, body);
    return {.status = 400,
            .reason = std::move(refused.reason),
            .detail = std::move(refused.detail),
            .place = std::move(refused.place)};
  }

  static std::optional<std::string> key_in_body(const Post& post) {
    const auto value = json::member(json::trimmed(post.body), "writeKey");
    if (!value || value->size() < 2 || value->front() != '"' || value->back() != '"') return std::nullopt;
    return std::string(value->substr(1, value->size() - 2));
  }

  [[nodiscard]] tl::expected<Messages, Fault> split(const Post& post, bool batch) const {
    const std::string_view body = json::trimmed(post.body);
    const auto members = json::members(body);
    if (!members) return tl::make_unexpected(unclear(members.error(), body, post.body));
    const auto find = [&](std::string_view key) {
      const auto found = std::ranges::find(*members, key, &json::Member::key);
      return found == members->end() ? std::string_view{} : found->value;
    };
    Messages out{.texts = {}, .sent = find("sentAt"), .batch = batch};
    if (!batch) {
      out.texts = {body};
      return out;
    }
    const std::string_view list = find("batch");
    if (list.empty()) {
      return tl::make_unexpected(
          Fault{.status = 400, .reason = "`batch` is missing", .detail = {}, .place = {}});
    }
    auto elements = json::elements(list, options_.events);
    if (!elements) return tl::make_unexpected(unclear(elements.error(), list, post.body));
    out.texts = *std::move(elements);
    return out;
  }

  static std::optional<Instant> moment(JsonValueReader& reader, std::string_view json) {
    Value value;
    if (json.empty() || reader.read(json, value)) return std::nullopt;
    return value.string() == nullptr ? std::nullopt : parse_instant(*value.string(), true);
  }

  tl::expected<Event, Mistake> read_message(JsonValueReader& reader, std::string_view text,
                                            std::string_view call, const Envelope& envelope) const {
    if (text.size() > options_.event.bytes) return tl::make_unexpected(too_long(options_.event, text.size()));
    Value message;
    if (auto mistake = reader.read(text, message)) return tl::make_unexpected(*std::move(mistake));
    if (!call.empty()) return event_of(message, text, call, envelope);
    const Value* const type = message.find("type");
    if (type == nullptr || type->string() == nullptr) {
      return tl::make_unexpected(Mistake{.reason = "`type` is missing", .detail = {}});
    }
    return event_of(message, text, *type->string(), envelope);
  }

  Options options_;
  mutable Spares<JsonValueReader> readers_;  ///< safe from several threads
};

}  // namespace

std::shared_ptr<const Dialect> dialect(const Options& options) { return std::make_shared<Segment>(options); }

}  // namespace lotse::segment
