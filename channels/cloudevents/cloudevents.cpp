#include "channels/cloudevents/cloudevents.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "channels/cloudevents/attributes.hpp"
#include "engine/base/base64.hpp"
#include "engine/runtime/json_event.hpp"
#include "engine/runtime/json_outline.hpp"
#include "engine/runtime/spares.hpp"

namespace lotse::cloudevents {
namespace {

static_assert(Post::padding >= json_padding);

/// A media type without its parameters, in small letters.
std::string media_type(std::string_view header) {
  std::string out(json::trimmed(header.substr(0, header.find(';'))));
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

bool is_json(std::string_view type) {
  return type.empty() || type == "application/json" || type == "text/json" || type.ends_with("+json");
}

enum class Form : std::uint8_t { binary, structured, batched, unknown };

Form form_of(const Post& post) {
  const std::string type = media_type(post.headers->find("content-type").value_or(""));
  if (type == "application/cloudevents+json") return Form::structured;
  if (type == "application/cloudevents-batch+json") return Form::batched;
  if (type.starts_with("application/cloudevents")) return Form::unknown;
  return post.headers->find("ce-specversion") ? Form::binary : Form::unknown;
}

Fault fault_of(const RefusedPart& refused) {
  return {.status = 400, .reason = refused.reason, .detail = refused.detail, .place = refused.place};
}

class CloudEvents final : public Dialect {
 public:
  explicit CloudEvents(const Limits& limits)
      : limits_(limits), readers_([depth = limits.event.depth + beside_properties] {
          return std::make_unique<JsonValueReader>(depth);
        }) {}

  std::string_view name() const override { return "cloudevents"; }
  std::size_t request_bytes_max() const override { return limits_.request_bytes; }
  std::vector<Endpoint> endpoints() const override {
    return {{.method = "POST", .path = "/v1/cloudevents"},
            {.method = "OPTIONS", .path = "/v1/cloudevents", .keyed = false}};
  }

  std::vector<std::string> keys(const Post& post) const override {
    auto token = bearer_token(*post.headers);
    return token ? std::vector<std::string>{*std::move(token)} : std::vector<std::string>{};
  }

  /// HTTP 1.1 Web Hooks for Event Delivery, section 4: whoever asks may send, for a token says who it is.
  std::optional<Reply> answer(const Post& post) const override {
    if (post.method != "OPTIONS") return std::nullopt;
    Reply reply{.status = 200, .content_type = {}, .body = {}};
    reply.headers.emplace_back("Allow", "POST, OPTIONS");
    if (const auto origin = post.headers->find("webhook-request-origin")) {
      reply.headers.emplace_back("WebHook-Allowed-Origin", "*");
      reply.headers.emplace_back("WebHook-Allowed-Rate", "*");
    }
    return reply;
  }

  tl::expected<Understood, Fault> read(const Post& post, const Sender& sender) const override {
    const auto reader = readers_.lend();
    switch (form_of(post)) {
      case Form::binary:
        return single(post, read_binary(*reader, post), post.body, sender);
      case Form::structured:
        return single(post, read_structured(*reader, json::trimmed(post.body)), json::trimmed(post.body),
                      sender);
      case Form::batched:
        return batch(*reader, post, sender);
      case Form::unknown:
        break;
    }
    return tl::make_unexpected(Fault{
        .status = 415,
        .reason = "no form of CloudEvents that is known",
        .detail =
            "send `application/cloudevents+json`, `application/cloudevents-batch+json`, or `ce-` headers",
        .place = {}});
  }

  Reply taken(const Post& post, const Taken& taken) const override {
    const bool alone = form_of(post) != Form::batched;
    if (alone && !taken.refused.empty()) return problem_reply(fault_of(taken.refused.front()));
    return counts_reply(taken);
  }
  Reply refused(const Post& /*post*/, const Fault& fault) const override { return problem_reply(fault); }

 private:
  /// Data lie one level down in a structured event, and properties may be one below that.
  static constexpr std::uint32_t beside_properties = 2;

  using Read = tl::expected<CloudEvent, Mistake>;

  /// Of a request that is one event: what is wrong with it is wrong with the request.
  static tl::expected<Understood, Fault> single(const Post& post, const Read& read, std::string_view text,
                                                const Sender& sender) {
    auto event = read ? event_of(*read, post.received, sender) : tl::make_unexpected(read.error());
    if (!event) return tl::make_unexpected(fault_of(refusal(event.error(), 0, text, {}, post.body)));
    Understood out;
    out.events.push_back(*std::move(event));
    out.index.push_back(0);
    out.text.push_back(text);
    return out;
  }

  tl::expected<Understood, Fault> batch(JsonValueReader& reader, const Post& post,
                                        const Sender& sender) const {
    const auto texts = json::elements(post.body, limits_.events);
    if (!texts) {
      return tl::make_unexpected(Fault{.status = 400,
                                       .reason = "the body cannot be told into events",
                                       .detail = texts.error().detail,
                                       .place = fmt::format("byte {}", texts.error().at)});
    }
    if (texts->size() > limits_.events) {
      return tl::make_unexpected(Fault{.status = 413,
                                       .reason = "too many events",
                                       .detail = fmt::format("a batch may have {}", limits_.events),
                                       .place = fmt::format("/{}", limits_.events)});
    }
    Understood out;
    for (std::size_t index = 0; index < texts->size(); ++index) {
      const std::string_view text = (*texts)[index];
      const Read read = read_structured(reader, text);
      auto event = read ? event_of(*read, post.received, sender) : tl::make_unexpected(read.error());
      if (!event) {
        out.refused.push_back(refusal(event.error(), index, text, fmt::format("/{}", index), post.body));
        continue;
      }
      out.events.push_back(*std::move(event));
      out.index.push_back(index);
      out.text.push_back(text);
    }
    return out;
  }

  Read read_binary(JsonValueReader& reader, const Post& post) const {
    CloudEvent out;
    constexpr std::string_view prefix = "ce-";
    for (const auto& [name, raw] : post.headers->with_prefix(prefix)) {
      auto value = header_value(raw);
      if (!value) {
        return tl::make_unexpected(
            Mistake{.reason = "a header is not UTF-8", .detail = fmt::format("`{}`", name)});
      }
      out.attributes.emplace_back(name.substr(prefix.size()), *std::move(value));
    }
    if (json::trimmed(post.body).empty()) return out;
    const std::string type = media_type(post.headers->find("content-type").value_or(""));
    return with_data(reader, std::move(out), type, post.body);
  }

  Read with_data(JsonValueReader& reader, CloudEvent event, std::string_view type,
                 std::string_view data) const {
    if (data.size() > limits_.event.bytes) return tl::make_unexpected(too_long(limits_.event, data.size()));
    event.data.emplace();
    if (is_json(type)) {
      if (auto mistake = reader.read(data, *event.data)) return tl::make_unexpected(*std::move(mistake));
    } else if (find_bad_utf8(data)) {
      return tl::make_unexpected(
          Mistake{.reason = "the data are neither JSON nor text", .detail = std::string(type)});
    } else {
      event.data = Value(data);
    }
    return event;
  }

  Read read_structured(JsonValueReader& reader, std::string_view text) const {
    if (text.size() > limits_.event.bytes) return tl::make_unexpected(too_long(limits_.event, text.size()));
    Value json;
    if (auto mistake = reader.read(text, json)) return tl::make_unexpected(*std::move(mistake));
    if (json.map() == nullptr) return tl::make_unexpected(Mistake{.reason = "not an object", .detail = {}});
    CloudEvent out;
    const Value* encoded = nullptr;
    for (const auto& [key, value] : *json.map()) {
      const std::string& name = *key.string();
      if (name == "data") {
        out.data = value;
      } else if (name == "data_base64") {
        encoded = &value;
      } else if (value.map() != nullptr || value.list() != nullptr) {
        Mistake mistake{.reason = "an attribute must be text, a number or a truth value",
                        .detail = fmt::format("`{}`", name)};
        if (const auto at = json::member(text, name))
          mistake.at = static_cast<std::size_t>(at->data() - text.data());
        return tl::make_unexpected(std::move(mistake));
      } else if (!value.is_null()) {
        out.attributes.emplace_back(name, value.string() != nullptr ? *value.string() : to_json(value));
      }
    }
    if (encoded == nullptr) return out;
    return with_base64(reader, std::move(out), *encoded);
  }

  Read with_base64(JsonValueReader& reader, CloudEvent event, const Value& encoded) const {
    auto data = encoded.string() == nullptr ? std::nullopt : decode_base64(*encoded.string());
    if (!data) return tl::make_unexpected(Mistake{.reason = "`data_base64` is not base64", .detail = {}});
    const std::size_t size = data->size();
    data->append(json_padding, ' ');
    const std::string type = media_type(event.get("datacontenttype"));
    auto read = with_data(reader, std::move(event), type, std::string_view(*data).substr(0, size));
    if (!read) read.error().at = Mistake::whole;  // a place in what was decoded is none in the request
    return read;
  }

  Limits limits_;
  mutable Spares<JsonValueReader> readers_;  ///< safe from several threads
};

}  // namespace

std::shared_ptr<const Dialect> dialect(const Limits& limits) { return std::make_shared<CloudEvents>(limits); }

}  // namespace lotse::cloudevents
