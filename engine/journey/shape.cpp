#include "engine/journey/shape.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <system_error>

namespace lotse::shape {

using yaml::Kind;
using yaml::Node;
using yaml::ScalarType;

namespace {

constexpr std::size_t name_bytes_max = 200;

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string_view rule(NameStyle style) {
  switch (style) {
    case NameStyle::identifier:
    case NameStyle::variable:
      return "letters, digits and `_`, no digit first";
    case NameStyle::slug:
      return "letters, digits, `_`, `-` and `.`";
    case NameStyle::free:
      return "text without blanks around it, up to 200 bytes";
  }
  return {};
}

constexpr std::string_view longest_duration = "36500d";  // of parse_duration

/// Whether small numbers in the place of its own make a duration of it.
bool is_too_long(std::string_view text) {
  std::string small;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!is_digit(text[i]))
      small += text[i];
    else if (i == 0 || !is_digit(text[i - 1]))
      small += '1';
  }
  return parse_duration(small).has_value();
}

/// "3 months", "2 days": what the author may have meant, as a hint.
std::string duration_hint(std::string_view text) {
  const auto has = [&](std::string_view word) { return text.find(word) != std::string_view::npos; };
  const auto time_part = text.find('T');
  const bool iso_months =
      text.starts_with('P') && text.substr(0, time_part).find_first_of("MY") != std::string_view::npos;
  if (has("month") || has("year") || has("mo") || text.ends_with('y') || text.ends_with('M') || iso_months) {
    return "months and years are no elapsed time: count days (`30d`), or use calendar time: `at: {days: 30}`";
  }
  return "write `3d`, `2h30m`, `45s`, `250ms`, `2w` or ISO `P3DT2H`";
}

}  // namespace

std::string_view kind_of(const Node& node) {
  switch (node.kind) {
    case Kind::null:
      return "nothing";
    case Kind::sequence:
      return "a list";
    case Kind::mapping:
      return "a mapping";
    case Kind::scalar:
      break;
  }
  switch (node.scalar_type()) {
    case ScalarType::text:
      return "text";
    case ScalarType::integer:
      return "a whole number";
    case ScalarType::number:
      return "a number";
    case ScalarType::boolean:
      return "true or false";
  }
  return {};
}

bool fits(std::string_view text, NameStyle style) {
  if (text.empty() || text.size() > name_bytes_max) return false;
  const auto word = [](char c) { return is_letter(c) || is_digit(c) || c == '_'; };
  switch (style) {
    case NameStyle::identifier:
    case NameStyle::variable:
      return !is_digit(text[0]) && std::all_of(text.begin(), text.end(), word);
    case NameStyle::slug:
      return word(text[0]) &&
             std::all_of(text.begin(), text.end(), [&](char c) { return word(c) || c == '-' || c == '.'; });
    case NameStyle::free: {
      const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; };
      return !blank(text.front()) && !blank(text.back());
    }
  }
  return false;
}

void wrong_type(Findings& findings, const Node& node, std::string_view name, std::string_view wanted,
                std::string hint) {
  findings.error("J012", node.mark, fmt::format("{} must be {}; this is {}", name, wanted, kind_of(node)),
                 std::move(hint));
}

bool is_text(Findings& findings, const Node& node, std::string_view name) {
  if (node.kind != Kind::scalar || node.scalar_type() != ScalarType::text) {
    std::string hint;
    if (node.kind == Kind::scalar) hint = fmt::format("quote it if it is meant as text: \"{}\"", node.text);
    wrong_type(findings, node, name, "text", std::move(hint));
    return false;
  }
  if (node.text.empty()) {
    findings.error("J014", node.mark, fmt::format("{} is empty", name));
    return false;
  }
  return true;
}

bool is_name(Findings& findings, const Node& node, std::string_view name, NameStyle style) {
  if (!is_text(findings, node, name)) return false;
  if (fits(node.text, style)) return true;
  if (style == NameStyle::variable) {
    findings
        .error("J014", node.mark, fmt::format("what stands under {} is no name of a variable", name),
               "put a secret into a variable of the environment, and its name here")
        .source_line.clear();
    return false;
  }
  findings.error("J014", node.mark, fmt::format("`{}` is no name for {}", node.text, name),
                 fmt::format("use {}", rule(style)));
  return false;
}

std::optional<double> to_double(const Node& node) {
  if (const auto integer = to_integer(node)) return static_cast<double>(*integer);
  std::string_view text = node.text;
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::optional<std::int64_t> to_integer(const Node& node) {
  if (node.scalar_type() == ScalarType::number) {  // 3.0 is a whole number for JSON Schema, hence here
    std::string_view text = node.text;
    if (text.starts_with('+')) text.remove_prefix(1);
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    constexpr double exact_max = 9007199254740992.0;  // 2^53
    if (error != std::errc{} || !(std::abs(value) <= exact_max) || std::trunc(value) != value)
      return std::nullopt;
    return static_cast<std::int64_t>(value);
  }
  std::string_view text = node.text;
  int base = 10;
  if (text.starts_with("0o") || text.starts_with("0x")) {
    base = text[1] == 'o' ? 8 : 16;
    text.remove_prefix(2);
  } else if (text.starts_with('+')) {
    text.remove_prefix(1);
  }
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<std::int64_t> read_integer(Findings& findings, const Node& node, std::string_view name,
                                         std::int64_t min, std::int64_t max) {
  const bool numeric = node.kind == Kind::scalar && (node.scalar_type() == ScalarType::integer ||
                                                     node.scalar_type() == ScalarType::number);
  if (!numeric) {
    std::string hint;
    if (node.kind == Kind::scalar && !node.plain) hint = "write it without quotes";
    wrong_type(findings, node, name, "a whole number", std::move(hint));
    return std::nullopt;
  }
  const auto value = to_integer(node);
  if (!value && node.scalar_type() == ScalarType::number) {
    wrong_type(findings, node, name, "a whole number");
    return std::nullopt;
  }
  if (value && *value >= min && *value <= max) return value;
  constexpr std::int64_t no_bound = 1'000'000;  // from here on the upper bound is ours, not the author's
  const std::string bounds =
      max >= no_bound ? fmt::format("be at least {}", min) : fmt::format("lie from {} to {}", min, max);
  findings.error("J016", node.mark, fmt::format("{} must {}; this is {}", name, bounds, node.text));
  return std::nullopt;
}

std::optional<Duration> read_duration(Findings& findings, const Node& node, std::string_view name) {
  std::string hint;
  if (node.kind == Kind::scalar && node.scalar_type() == ScalarType::integer) {
    hint = fmt::format("say the unit: `{0}d`, `{0}h`, `{0}m`, `{0}s`", node.text);
  }
  if (node.kind != Kind::scalar || node.scalar_type() != ScalarType::text) {
    wrong_type(findings, node, name, "a duration", std::move(hint));
    return std::nullopt;
  }
  const auto duration = parse_duration(node.text);
  if (!duration && is_too_long(node.text)) {
    findings.error("J015", node.mark, fmt::format("`{}` is too long for a duration", node.text),
                   fmt::format("the longest is `{}`, about a hundred years", longest_duration));
  } else if (!duration) {
    findings.error("J015", node.mark, fmt::format("`{}` is no duration", node.text),
                   duration_hint(node.text));
  }
  return duration;
}

void refuse_repetitions(Findings& findings, const std::vector<const Node*>& names, std::string_view name) {
  std::map<std::string_view, const Node*> seen;
  for (const Node* node : names) {
    const auto [first, is_new] = seen.emplace(node->text, node);
    if (is_new) continue;
    findings.error("J017", node->mark, fmt::format("`{}` stands twice in {}", node->text, name))
        .notes.push_back({findings.location(first->second->mark), "first written here"});
  }
}

Section::Section(Findings& findings, const Node& node, std::string what)
    : findings_(findings), node_(node), what_(std::move(what)), is_mapping_(node.kind == Kind::mapping) {
  if (!is_mapping_) wrong_type(findings_, node_, what_, "a mapping");
}

void Section::allow(std::span<const std::string_view> keys) {
  for (const yaml::Entry& entry : node_.entries) {
    if (std::find(keys.begin(), keys.end(), entry.key->text) != keys.end()) continue;
    const std::vector<std::string_view> candidates(keys.begin(), keys.end());
    std::string hint = did_you_mean_or_list(entry.key->text, candidates);
    if (node_.flow && entry.value->kind == Kind::null && !entry.value->written) {
      hint = "if it belongs to the value before, quote that value: inside braces a comma ends it";
    }
    findings_.error("J010", entry.key->mark, fmt::format("`{}` is no key of {}", entry.key->text, what_),
                    std::move(hint));
  }
}

void Section::refuse(std::string_view key, std::string_view why) {
  if (const yaml::Entry* entry = node_.find_entry(key))
    findings_.error("J019", entry->key->mark, std::string(why));
}

const Node* Section::require(std::string_view key) {
  const Node* value = find(key);
  if (value == nullptr) {
    findings_.error("J011", node_.mark, fmt::format("{} has no `{}`", what_, key),
                    fmt::format("add `{}: …`", key));
  }
  return value;
}

std::optional<std::string> Section::text(std::string_view key) {
  const Node* node = find(key);
  if (node == nullptr || !is_text(findings_, *node, fmt::format("`{}`", key))) return std::nullopt;
  return node->text;
}

std::optional<std::string> Section::name(std::string_view key, NameStyle style) {
  const Node* node = find(key);
  if (node == nullptr || !is_name(findings_, *node, fmt::format("`{}`", key), style)) return std::nullopt;
  return node->text;
}

std::optional<bool> Section::boolean(std::string_view key) {
  const Node* node = find(key);
  if (node == nullptr) return std::nullopt;
  if (node->kind != Kind::scalar || node->scalar_type() != ScalarType::boolean) {
    const bool word = node->kind == Kind::scalar && node->plain;
    wrong_type(findings_, *node, fmt::format("`{}`", key), "true or false",
               word ? fmt::format("write `{}: true` or `{}: false`", key, key) : "");
    return std::nullopt;
  }
  return node->text[0] == 't' || node->text[0] == 'T';
}

std::optional<std::int64_t> Section::integer(std::string_view key, std::int64_t min, std::int64_t max) {
  const Node* node = find(key);
  if (node == nullptr) return std::nullopt;
  return read_integer(findings_, *node, fmt::format("`{}`", key), min, max);
}

std::optional<double> Section::number(std::string_view key, double min, double max) {
  const Node* node = find(key);
  if (node == nullptr) return std::nullopt;
  const bool numeric = node->kind == Kind::scalar && (node->scalar_type() == ScalarType::integer ||
                                                      node->scalar_type() == ScalarType::number);
  if (!numeric) {
    wrong_type(findings_, *node, fmt::format("`{}`", key), "a number");
    return std::nullopt;
  }
  const auto value = to_double(*node);
  if (value && *value >= min && *value <= max) return value;
  findings_.error("J016", node->mark,
                  fmt::format("`{}` must lie from {} to {}; this is {}", key, min, max, node->text));
  return std::nullopt;
}

std::optional<Duration> Section::duration(std::string_view key) {
  const Node* node = find(key);
  return node == nullptr ? std::nullopt : read_duration(findings_, *node, fmt::format("`{}`", key));
}

std::optional<LocalTime> Section::local_time(std::string_view key) {
  const Node* node = find(key);
  if (node == nullptr || !is_text(findings_, *node, fmt::format("`{}`", key))) return std::nullopt;
  const auto time = parse_local_time(node->text);
  if (!time) {
    findings_.error("J014", node->mark, fmt::format("`{}` is no time of day", node->text),
                    "write hours and minutes, two digits each: \"09:00\", \"18:30\"");
  }
  return time;
}

std::optional<std::size_t> Section::choice(std::string_view key, std::span<const std::string_view> words) {
  const Node* node = find(key);
  if (node == nullptr || !is_text(findings_, *node, fmt::format("`{}`", key))) return std::nullopt;
  const auto found = std::find(words.begin(), words.end(), node->text);
  if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
  const std::vector<std::string_view> candidates(words.begin(), words.end());
  findings_.error("J013", node->mark, fmt::format("`{}` cannot be `{}`", key, node->text),
                  did_you_mean_or_list(node->text, candidates));
  return std::nullopt;
}

std::vector<const Node*> Section::names(std::string_view key, NameStyle style) {
  const Node* node = find(key);
  if (node == nullptr) return {};
  if (node->kind == Kind::sequence) return name_list(key, style);
  if (node->kind == Kind::mapping || node->kind == Kind::null) {
    wrong_type(findings_, *node, fmt::format("`{}`", key), "a name or a list of names");
    return {};
  }
  if (!is_name(findings_, *node, fmt::format("`{}`", key), style)) return {};
  return {node};
}

std::vector<const Node*> Section::name_list(std::string_view key, NameStyle style) {
  const Node* node = find(key);
  if (node == nullptr) return {};
  if (node->kind != Kind::sequence) {
    wrong_type(findings_, *node, fmt::format("`{}`", key), "a list of names");
    return {};
  }
  if (node->items.empty()) findings_.error("J017", node->mark, fmt::format("`{}` is an empty list", key));
  std::vector<const Node*> names;
  for (const Node* item : node->items) {
    if (is_name(findings_, *item, fmt::format("an item of `{}`", key), style)) names.push_back(item);
  }
  refuse_repetitions(findings_, names, fmt::format("`{}`", key));
  return names;
}

std::vector<yaml::Entry> Section::entries(std::string_view key, NameStyle style) {
  const Node* node = find(key);
  if (node == nullptr) return {};
  if (node->kind != Kind::mapping) {
    wrong_type(findings_, *node, fmt::format("`{}`", key), "a mapping");
    return {};
  }
  if (node->entries.empty()) findings_.error("J017", node->mark, fmt::format("`{}` is empty", key));
  std::vector<yaml::Entry> named;
  for (const yaml::Entry& entry : node->entries) {
    if (fits(entry.key->text, style)) {
      named.push_back(entry);
    } else {
      findings_.error("J014", entry.key->mark,
                      fmt::format("`{}` is no name for an entry of `{}`", entry.key->text, key),
                      fmt::format("use {}", rule(style)));
    }
  }
  return named;
}

std::vector<const Node*> Section::items(std::string_view key) {
  const Node* node = find(key);
  if (node == nullptr) return {};
  if (node->kind != Kind::sequence) {
    wrong_type(findings_, *node, fmt::format("`{}`", key), "a list");
    return {};
  }
  return node->items;
}

Value to_value(const Node& node) {
  switch (node.kind) {
    case Kind::null:
      return {};
    case Kind::sequence: {
      List list;
      for (const Node* item : node.items) list.push_back(to_value(*item));
      return Value(std::move(list));
    }
    case Kind::mapping: {
      Map map;
      for (const yaml::Entry& entry : node.entries)
        map.emplace_back(Value(entry.key->text), to_value(*entry.value));
      return Value(std::move(map));
    }
    case Kind::scalar:
      break;
  }
  switch (node.scalar_type()) {
    case ScalarType::boolean:
      return Value(node.text[0] == 't' || node.text[0] == 'T');
    case ScalarType::integer:
      if (const auto value = to_integer(node)) return Value(*value);
      break;
    case ScalarType::number:
      if (const auto value = to_double(node)) return Value(*value);
      break;
    case ScalarType::text:
      break;
  }
  return Value(node.text);
}

}  // namespace lotse::shape
