#include "engine/runtime/dialect.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "engine/base/quoted.hpp"
#include "engine/runtime/json_outline.hpp"

namespace lotse {
namespace {

constexpr std::size_t refused_text_max = std::size_t{2} << 10U;
constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD

bool continues(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; }

/// Not through the middle of a character.
std::string_view cut(std::string_view text) {
  std::size_t size = std::min(text.size(), refused_text_max);
  while (size > 0 && size < text.size() && continues(text[size])) --size;
  return text.substr(0, size);
}

std::string in_utf8(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t good = find_bad_utf8(text).value_or(text.size());
    out += text.substr(0, good);
    text.remove_prefix(good);
    if (text.empty()) break;
    out += replacement;
    text.remove_prefix(1);
    while (!text.empty() && continues(text.front())) text.remove_prefix(1);
  }
  return out;
}

void append_member(std::string& out, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  fmt::format_to(std::back_inserter(out), ",\"{}\":", name);
  append_quoted(out, value);
}

}  // namespace

/// Keys travel in bodies too; what is kept for engineers must not hold one.
std::string without_tokens(std::string text) {
  constexpr std::string_view begin = "lotse_";
  const auto in_token = [](char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
           byte == '_' || byte == '-';
  };
  for (std::size_t at = text.find(begin); at != std::string::npos; at = text.find(begin, at + begin.size())) {
    std::size_t end = at + begin.size();
    while (end < text.size() && in_token(text[end])) ++end;
    text.replace(at + begin.size(), end - at - begin.size(), "…");
  }
  return text;
}

std::string refused_text(std::string_view text) {
  return std::string(cut(without_tokens(in_utf8(cut(text)))));
}

RefusedPart refusal(const Mistake& mistake, std::size_t index, std::string_view text,
                    std::string_view pointer, std::string_view body) {
  RefusedPart out{.index = index,
                  .reason = mistake.reason,
                  .detail = in_utf8(mistake.detail),
                  .place = std::string(pointer),
                  .text = refused_text(text)};
  if (mistake.broken) {
    const std::size_t at = mistake.at == Mistake::whole ? 0 : mistake.at;
    out.place = fmt::format("byte {}", static_cast<std::size_t>(text.data() - body.data()) + at);
  } else if (mistake.at != Mistake::whole) {
    out.place += in_utf8(json::pointer_at(text, mistake.at));
  }
  return out;
}

Reply counts_reply(const Taken& taken) {
  Reply reply;
  reply.body = fmt::format(R"({{"accepted":{},"duplicate":{},"conflict":{},"from_future":{},"rejected":[)",
                           taken.accepted, taken.duplicate, taken.conflict, taken.from_future);
  for (const RefusedPart& refused : taken.refused) {
    if (reply.body.back() != '[') reply.body += ',';
    fmt::format_to(std::back_inserter(reply.body), R"({{"index":{})", refused.index);
    append_member(reply.body, "reason", refused.reason);
    append_member(reply.body, "detail", refused.detail);
    append_member(reply.body, "place", refused.place);
    reply.body += '}';
  }
  reply.body += "]}\n";
  return reply;
}

Reply problem_reply(const Fault& fault) {
  Reply reply{.status = fault.status, .content_type = "application/problem+json", .body = {}};
  reply.body = R"({"type":"about:blank")";
  append_member(reply.body, "title", fault.reason);
  fmt::format_to(std::back_inserter(reply.body), R"(,"status":{})", fault.status);
  append_member(reply.body, "detail", in_utf8(fault.detail));
  append_member(reply.body, "place", fault.place);
  reply.body += "}\n";
  return reply;
}

std::optional<std::string> bearer_token(const PostFields& headers) {
  constexpr std::string_view scheme = "bearer ";
  const auto header = headers.find("authorization");
  if (!header || header->size() < scheme.size()) return std::nullopt;
  const auto same = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b; };
  if (!std::ranges::equal(header->substr(0, scheme.size()), scheme, same)) return std::nullopt;
  return std::string(json::trimmed(header->substr(scheme.size())));
}

std::optional<std::string_view> channel_of(std::string_view named, const Sender& sender) {
  if (sender.channels.empty()) return named;
  if (named.empty()) return sender.channels.front();
  const auto found = std::ranges::find(sender.channels, named);
  return found == sender.channels.end() ? std::nullopt : std::optional<std::string_view>(*found);
}

}  // namespace lotse
