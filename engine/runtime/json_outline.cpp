#include "engine/runtime/json_outline.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

namespace lotse::json {
namespace {

constexpr auto npos = std::string_view::npos;

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

std::size_t skip_space(std::string_view text, std::size_t at) {
  while (at < text.size() && is_space(text[at])) ++at;
  return at;
}

/// What a byte outside of strings means for the outline.
enum class Mark : std::uint8_t { none, quote, open, close, comma };
constexpr std::array<Mark, 256> marks = [] {
  std::array<Mark, 256> out{};
  out['"'] = Mark::quote;
  out['{'] = out['['] = Mark::open;
  out['}'] = out[']'] = Mark::close;
  out[','] = Mark::comma;
  return out;
}();

/// The byte behind the string whose quote is at `at`; npos if it goes on behind the text.
std::size_t end_of_string(std::string_view text, std::size_t at) {
  for (++at; at < text.size(); ++at) {
    if (text[at] == '"') return at + 1;
    if (text[at] == '\\') ++at;
  }
  return npos;
}

std::string shown(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte > 0x20 && byte < 0x7F ? fmt::format("\"{}\"", c) : fmt::format("byte 0x{:02X}", byte);
}

Unclear unclear(std::string_view text, std::size_t at, std::string_view wanted) {
  return {.at = std::min(at, text.size()),
          .detail = fmt::format("{} where {}", at < text.size() ? shown(text[at]) : "the end", wanted)};
}

void append_token(std::string& pointer, std::string_view key) {
  pointer += '/';
  for (const char c : key) {
    if (c == '~') {
      pointer += "~0";
    } else if (c == '/') {
      pointer += "~1";
    } else {
      pointer += c;
    }
  }
}

}  // namespace

std::size_t end_of_value(std::string_view text, std::size_t at) {
  std::size_t depth = 0;
  while (at < text.size()) {
    switch (marks[static_cast<unsigned char>(text[at])]) {
      case Mark::none:
        ++at;
        break;
      case Mark::quote:
        at = end_of_string(text, at);
        if (at == npos) return npos;
        break;
      case Mark::open:
        ++depth;
        ++at;
        break;
      case Mark::close:
        if (depth == 0) return at;  // the end of what is around it
        ++at;
        if (--depth == 0) return at;
        break;
      case Mark::comma:
        if (depth == 0) return at;
        ++at;
        break;
    }
  }
  return npos;
}

std::string_view trimmed(std::string_view text) {
  text.remove_prefix(skip_space(text, 0));
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

tl::expected<std::vector<std::string_view>, Unclear> elements(std::string_view text, std::size_t most) {
  const auto lost = [&](std::size_t at, std::string_view wanted) {
    return tl::make_unexpected(unclear(text, at, wanted));
  };
  std::vector<std::string_view> out;
  std::size_t at = skip_space(text, 0);
  if (at == text.size() || text[at] != '[') return lost(at, "a list begins");
  at = skip_space(text, at + 1);
  bool more = at < text.size() && text[at] != ']';
  while (more) {
    if (at == text.size() || text[at] == ']' || text[at] == ',') return lost(at, "the list has a value");
    const std::size_t end = end_of_value(text, at);
    if (end == npos) return lost(text.size(), "the list goes on");
    if (end == at) return lost(at, "the list has a value");
    out.push_back(trimmed(text.substr(at, end - at)));
    if (out.size() > most) return out;
    at = skip_space(text, end);
    if (at == text.size() || (text[at] != ',' && text[at] != ']'))
      return lost(at, "the list has a comma or ends");
    more = text[at] == ',';
    if (more) at = skip_space(text, at + 1);
  }
  if (at == text.size()) return lost(at, "the list goes on");
  at = skip_space(text, at + 1);
  if (at != text.size()) return lost(at, "the list has ended");
  return out;
}

tl::expected<std::vector<Member>, Unclear> members(std::string_view text, std::size_t most) {
  const auto lost = [&](std::size_t at, std::string_view wanted) {
    return tl::make_unexpected(unclear(text, at, wanted));
  };
  std::vector<Member> out;
  std::size_t at = skip_space(text, 0);
  if (at == text.size() || text[at] != '{') return lost(at, "an object begins");
  at = skip_space(text, at + 1);
  bool more = at < text.size() && text[at] != '}';
  while (more) {
    if (at == text.size() || text[at] != '"') return lost(at, "the object has a key");
    const std::size_t key = at + 1;
    at = end_of_string(text, at);
    if (at == npos) return lost(text.size(), "a key goes on");
    Member member{.key = text.substr(key, at - 1 - key), .value = {}};
    at = skip_space(text, at);
    if (at == text.size() || text[at] != ':') return lost(at, "a colon follows the key");
    at = skip_space(text, at + 1);
    const std::size_t end = end_of_value(text, at);
    if (end == npos) return lost(text.size(), "the object goes on");
    if (end == at) return lost(at, "the object has a value");
    if (out.size() == most) return lost(key - 1, fmt::format("the object ends, after {} members", most));
    member.value = trimmed(text.substr(at, end - at));
    out.push_back(member);
    at = skip_space(text, end);
    if (at == text.size() || (text[at] != ',' && text[at] != '}')) {
      return lost(at, "the object has a comma or ends");
    }
    more = text[at] == ',';
    if (more) at = skip_space(text, at + 1);
  }
  if (at == text.size()) return lost(at, "the object goes on");
  at = skip_space(text, at + 1);
  if (at != text.size()) return lost(at, "the object has ended");
  return out;
}

std::optional<std::string_view> member(std::string_view text, std::string_view key) {
  const auto all = members(text);
  if (!all) return std::nullopt;
  const auto found = std::ranges::find(*all, key, &Member::key);
  return found == all->end() ? std::nullopt : std::optional(found->value);
}

std::string pointer_at(std::string_view text, std::size_t place) {
  struct Level {
    bool object = false;
    bool in_value = false;  ///< of an object: its key has been read
    std::string_view key;
    std::size_t index = 0;
  };
  std::vector<Level> levels;
  std::size_t at = 0;
  while (at < text.size() && at < place) {
    const char c = text[at];
    Level* const level = levels.empty() ? nullptr : &levels.back();
    if (c == '"') {
      const std::size_t end = std::min(end_of_string(text, at), text.size());
      if (level != nullptr && level->object && !level->in_value) {
        level->key = text.substr(at + 1, end - std::min(end, at + 2));
      }
      at = end;
      continue;
    }
    if (c == '{' || c == '[') {
      if (levels.size() == pointer_depth_max) break;
      levels.push_back({.object = c == '{', .in_value = c == '[', .key = {}, .index = 0});
    } else if ((c == '}' || c == ']') && level != nullptr) {
      levels.pop_back();
    } else if (c == ':' && level != nullptr) {
      level->in_value = true;
    } else if (c == ',' && level != nullptr) {
      ++level->index;
      level->in_value = !level->object;
      level->key = {};
    }
    ++at;
  }
  // A place at a key itself means its value.
  if (at == place && at < text.size() && text[at] == '"' && !levels.empty() && levels.back().object &&
      !levels.back().in_value) {
    const std::size_t end = std::min(end_of_string(text, at), text.size());
    levels.back().key = text.substr(at + 1, end - std::min(end, at + 2));
    levels.back().in_value = true;
  }
  std::string pointer;
  for (const Level& level : levels) {
    if (!level.in_value) break;  // between members: the object itself
    append_token(pointer, level.object ? level.key : std::to_string(level.index));
  }
  return pointer;
}

}  // namespace lotse::json
