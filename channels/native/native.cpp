#include "channels/native/native.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "engine/runtime/json_event.hpp"
#include "engine/runtime/json_outline.hpp"
#include "engine/runtime/spares.hpp"

namespace lotse::native {
namespace {

static_assert(Post::padding >= json_padding);

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

/// The parts of a body that are to be events, and what JSON pointers to them begin with.
struct Parts {
  std::vector<std::string_view> texts;
  bool listed = true;  ///< false: one event, which is the whole
};

std::size_t next_line(std::string_view text, std::size_t at) {
  const std::size_t newline = text.find('\n', at);
  return newline == std::string_view::npos ? text.size() : newline + 1;
}

Parts lines_of(std::string_view text, std::size_t most) {
  Parts parts;
  for (std::size_t at = 0; at < text.size() && parts.texts.size() <= most;) {
    const std::size_t next = next_line(text, at);
    const std::string_view line = json::trimmed(text.substr(at, next - at));
    if (!line.empty()) parts.texts.push_back(line);
    at = next;
  }
  return parts;
}

/// A line behind the first one begins an object in its first column, which nobody's layout of a single one
/// does.
bool has_several_objects(std::string_view text) {
  for (std::size_t at = next_line(text, 0); at < text.size(); at = next_line(text, at)) {
    if (text[at] == '{') return true;
  }
  return false;
}

bool says_lines(const Post& post) {
  const auto type = post.headers->find("content-type");
  return type &&
         (type->find("ndjson") != std::string_view::npos || type->find("jsonl") != std::string_view::npos ||
          type->find("json-lines") != std::string_view::npos);
}

class Native final : public Dialect {
 public:
  explicit Native(const Limits& limits)
      : limits_(limits),
        readers_([event = limits.event] { return std::make_unique<JsonEventReader>(event); }) {}

  std::string_view name() const override { return "native"; }
  std::vector<Endpoint> endpoints() const override { return {{.method = "POST", .path = "/v1/events"}}; }
  std::size_t request_bytes_max() const override { return limits_.request_bytes; }

  std::vector<std::string> keys(const Post& post) const override {
    auto token = bearer_token(*post.headers);
    return token ? std::vector<std::string>{*std::move(token)} : std::vector<std::string>{};
  }

  std::optional<Reply> answer(const Post& /*post*/) const override { return std::nullopt; }

  tl::expected<Understood, Fault> read(const Post& post, const Sender& sender) const override {
    const auto parts = split(post);
    if (!parts) return tl::make_unexpected(parts.error());
    if (parts->texts.size() > limits_.events) {
      return tl::make_unexpected(Fault{.status = 413,
                                       .reason = "too many events",
                                       .detail = fmt::format("a request may have {}", limits_.events),
                                       .place = fmt::format("/{}", limits_.events)});
    }
    Understood out;
    out.events.reserve(parts->texts.size());
    out.index.reserve(parts->texts.size());
    out.text.reserve(parts->texts.size());
    const auto reader = readers_.lend();
    Event event;
    for (std::size_t index = 0; index < parts->texts.size(); ++index) {
      const std::string_view text = parts->texts[index];
      if (const auto mistake = read_event(*reader, text, sender, event)) {
        const std::string pointer = parts->listed ? fmt::format("/{}", index) : std::string{};
        out.refused.push_back(refusal(*mistake, index, text, pointer, post.body));
        continue;
      }
      out.events.push_back(std::move(event));
      out.index.push_back(index);
      out.text.push_back(text);
    }
    return out;
  }

  Reply taken(const Post& /*post*/, const Taken& taken) const override { return counts_reply(taken); }
  Reply refused(const Post& /*post*/, const Fault& fault) const override { return problem_reply(fault); }

 private:
  tl::expected<Parts, Fault> split(const Post& post) const {
    std::string_view text = post.body;
    if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
    text = json::trimmed(text);
    const auto unclear = [&](std::size_t at, std::string detail) {
      const std::size_t begin = static_cast<std::size_t>(text.data() - post.body.data());
      return tl::make_unexpected(Fault{.status = 400,
                                       .reason = "the body cannot be told into events",
                                       .detail = std::move(detail),
                                       .place = fmt::format("byte {}", begin + at)});
    };
    if (text.empty()) return unclear(0, "it is empty");
    if (says_lines(post)) return lines_of(text, limits_.events);
    if (text.front() == '[') {
      auto elements = json::elements(text, limits_.events);
      if (!elements) return unclear(elements.error().at, std::move(elements.error().detail));
      return Parts{.texts = *std::move(elements)};
    }
    if (text.front() != '{') return unclear(0, "neither an object, a list nor NDJSON begins here");
    const std::size_t end = json::end_of_value(text, 0);
    if (end == text.size()) return Parts{.texts = {text}, .listed = false};
    if (has_several_objects(text)) return lines_of(text, limits_.events);
    if (end == std::string_view::npos) return unclear(text.size(), "the end where the object goes on");
    return unclear(end, "text behind the event; several are a list, or one a line");
  }

  std::optional<Mistake> read_event(JsonEventReader& reader, std::string_view text, const Sender& sender,
                                    Event& event) const {
    if (text.size() > limits_.event.bytes) return too_long(limits_.event, text.size());
    if (auto mistake = reader.read(text, event)) return mistake;
    if (event.id.empty()) {
      return Mistake{.reason = "`id` is missing",
                     .detail = "with `source` it tells an event that is sent again"};
    }
    if (event.source.empty()) event.source = sender.source;
    const auto channel = channel_of(event.channel, sender);
    if (!channel) return other_channel(text, event, sender);
    if (event.channel.empty()) event.channel = *channel;
    return std::nullopt;
  }

  static Mistake other_channel(std::string_view text, const Event& event, const Sender& sender) {
    Mistake mistake{.reason = "`channel` is not the token's",
                    .detail = fmt::format("{}; this token posts as {}", in_quotes(event.channel),
                                          fmt::join(sender.channels, ", "))};
    const auto named = json::member(text, "channel");
    if (named) mistake.at = static_cast<std::size_t>(named->data() - text.data());
    return mistake;
  }

  Limits limits_;
  mutable Spares<JsonEventReader> readers_;  ///< safe from several threads
};

}  // namespace

std::shared_ptr<const Dialect> dialect(const Limits& limits) { return std::make_shared<Native>(limits); }

}  // namespace lotse::native
