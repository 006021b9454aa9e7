#include <fmt/format.h>

#include <algorithm>

#include "engine/expression/functions.hpp"
#include "engine/expression/operators.hpp"
#include "engine/expression/text.hpp"
#include "engine/expression/types.hpp"

/// CEL's extension `strings`: https://github.com/google/cel-go/tree/master/ext#strings. Positions count code
/// points.
namespace lotse::cel {
namespace {

using Args = const Value* const*;

const std::int64_t* as_int(const Value& value) { return std::get_if<std::int64_t>(&value.rep()); }

bool out_of_range(Run& run, std::int64_t index) {
  return run.fail([&] { return fmt::format("index out of range: {}", index); });
}

/// Byte offset of position `index`, up to the text's end.
std::optional<std::size_t> offset_of(const std::string& text, std::int64_t index) {
  if (index < 0) return std::nullopt;
  return code_point_offset(text, static_cast<std::size_t>(index));
}

Value position(std::string_view text, std::size_t byte) {
  if (byte == std::string_view::npos) return Value(std::int64_t{-1});
  return Value(static_cast<std::int64_t>(code_points(text.substr(0, byte))));
}

bool char_at(Run& run, Args args, std::size_t count, Value& out) {
  const std::string* text = args[0]->string();
  const std::int64_t* index = as_int(*args[1]);
  if (text == nullptr || index == nullptr) return no_overload(run, "charAt", args, count);
  if (!run.budget().take(text->size() / 16)) return false;
  const auto offset = offset_of(*text, *index);
  if (!offset) return out_of_range(run, *index);
  const std::string_view rest = std::string_view(*text).substr(*offset);
  out = Value(rest.substr(0, code_point_bytes(rest)));
  return true;
}

template <bool last>
bool index_of(Run& run, Args args, std::size_t count, Value& out) {
  const std::string* text = args[0]->string();
  const std::string* part = args[1]->string();
  const std::int64_t* from = count == 3 ? as_int(*args[2]) : nullptr;
  if (text == nullptr || part == nullptr || (count == 3 && from == nullptr)) {
    return no_overload(run, last ? "lastIndexOf" : "indexOf", args, count);
  }
  if (!run.budget().take(text->size() + part->size())) return false;
  const auto offset = from == nullptr ? std::optional(last ? text->size() : 0) : offset_of(*text, *from);
  if (!offset) return out_of_range(run, *from);
  out = position(*text, last ? text->rfind(*part, *offset) : text->find(*part, *offset));
  return true;
}

bool substring(Run& run, Args args, std::size_t count, Value& out) {
  const std::string* text = args[0]->string();
  const std::int64_t* start = as_int(*args[1]);
  const std::int64_t* end = count == 3 ? as_int(*args[2]) : nullptr;
  if (text == nullptr || start == nullptr || (count == 3 && end == nullptr)) {
    return no_overload(run, "substring", args, count);
  }
  if (!run.budget().take(text->size())) return false;
  const auto from = offset_of(*text, *start);
  if (!from) return out_of_range(run, *start);
  const auto to = end == nullptr ? std::optional(text->size()) : offset_of(*text, *end);
  if (!to) return out_of_range(run, *end);
  if (*to < *from) {
    return run.fail([&] { return fmt::format("invalid range of substring: {} to {}", *start, *end); });
  }
  out = Value(text->substr(*from, *to - *from));
  return true;
}

template <char first, char last, int shift>
bool change_case(Run& run, Args args, std::size_t count, Value& out) {
  const std::string* text = args[0]->string();
  if (text == nullptr) return no_overload(run, shift > 0 ? "lowerAscii" : "upperAscii", args, count);
  if (!run.budget().take(text->size())) return false;
  std::string changed = *text;
  for (char& c : changed) {
    if (c >= first && c <= last) c = static_cast<char>(c + shift);
  }
  out = Value(std::move(changed));
  return true;
}

/// A limit of a function that may be left out: negative for all.
std::optional<std::int64_t> limit_of(Args args, std::size_t count, std::size_t at) {
  if (count <= at) return -1;
  const std::int64_t* limit = as_int(*args[at]);
  return limit == nullptr ? std::nullopt : std::optional(*limit);
}

bool replace(Run& run, Args args, std::size_t count, Value& out) {
  const std::string* text = args[0]->string();
  const std::string* old = args[1]->string();
  const std::string* fresh = args[2]->string();
  auto limit = limit_of(args, count, 3);
  if (text == nullptr || old == nullptr || fresh == nullptr || !limit)
    return no_overload(run, "replace", args, count);
  if (!run.budget().take(text->size())) return false;

  std::string changed;
  std::size_t at = 0;
  while (*limit != 0) {
    const std::size_t found = old->empty() ? at : text->find(*old, at);
    if (found == std::string::npos) break;
    if (!run.budget().take(fresh->size() + 1)) return false;
    changed.append(*text, at, found - at);
    changed += *fresh;
    at = found + old->size();
    --*limit;
    if (old->empty()) {  // between all characters, and at both ends
      const std::size_t length = code_point_bytes(std::string_view(*text).substr(at));
      if (length == 0) break;
      changed.append(*text, at, length);
      at += length;
    }
  }
  changed.append(*text, at);
  out = Value(std::move(changed));
  return true;
}

bool split(Run& run, Args args, std::size_t count, Value& out) {
  const std::string* text = args[0]->string();
  const std::string* separator = args[1]->string();
  auto limit = limit_of(args, count, 2);
  if (text == nullptr || separator == nullptr || !limit) return no_overload(run, "split", args, count);
  if (!run.budget().take(2 * text->size() + 1)) return false;

  List parts;
  std::string_view rest = *text;
  while (*limit != 0 && *limit != 1) {
    const std::size_t end = separator->empty() ? code_point_bytes(rest) : rest.find(*separator);
    if (end == std::string_view::npos || (separator->empty() && end >= rest.size())) break;
    parts.emplace_back(rest.substr(0, end));
    rest.remove_prefix(end + separator->size());
    --*limit;
  }
  if (*limit != 0 && !(separator->empty() && rest.empty())) parts.emplace_back(rest);
  out = Value(std::move(parts));
  return true;
}

bool join(Run& run, Args args, std::size_t count, Value& out) {
  const List* parts = args[0]->list();
  const std::string* separator = count == 2 ? args[1]->string() : nullptr;
  if (parts == nullptr || (count == 2 && separator == nullptr)) return no_overload(run, "join", args, count);
  std::string joined;
  for (std::size_t i = 0; i < parts->size(); ++i) {
    const std::string* part = (*parts)[i].string();
    if (part == nullptr) return run.fail("join: not all elements are strings");
    if (!run.budget().take(part->size() + 1 + (separator == nullptr ? 0 : separator->size()))) return false;
    if (i > 0 && separator != nullptr) joined += *separator;
    joined += *part;
  }
  out = Value(std::move(joined));
  return true;
}

/// Unicode's White_Space.
bool is_space(std::uint32_t c) {
  return (c >= 0x09 && c <= 0x0D) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
         c == 0x3000;
}

bool trim(Run& run, Args args, std::size_t count, Value& out) {
  const std::string* text = args[0]->string();
  if (text == nullptr) return no_overload(run, "trim", args, count);
  if (!run.budget().take(text->size())) return false;
  std::size_t start = text->size();
  std::size_t end = 0;
  for (std::size_t at = 0; at < text->size();) {
    const std::string_view rest = std::string_view(*text).substr(at);
    const std::size_t length = code_point_bytes(rest);
    if (!is_space(first_code_point(rest))) {
      start = std::min(start, at);
      end = at + length;
    }
    at += length;
  }
  out = end == 0 ? Value("") : Value(text->substr(start, end - start));
  return true;
}

bool reverse(Run& run, Args args, std::size_t count, Value& out) {
  const std::string* text = args[0]->string();
  if (text == nullptr) return no_overload(run, "reverse", args, count);
  if (!run.budget().take(text->size())) return false;
  std::string reversed(text->size(), '\0');
  for (std::size_t at = 0; at < text->size();) {
    const std::size_t length = code_point_bytes(std::string_view(*text).substr(at));
    text->copy(reversed.data() + (text->size() - at - length), length, at);
    at += length;
  }
  out = Value(std::move(reversed));
  return true;
}

bool quote(Run& run, Args args, std::size_t count, Value& out) {
  static constexpr std::string_view specials = "\a\b\f\n\r\t\v\\\"";
  static constexpr std::string_view letters = "abfnrtv\\\"";
  const std::string* text = args[0]->string();
  if (text == nullptr) return no_overload(run, "strings.quote", args, count);
  if (!run.budget().take(2 * text->size())) return false;
  std::string quoted = "\"";
  for (const char c : *text) {
    const std::size_t special = specials.find(c);
    if (special != std::string_view::npos) quoted += '\\';
    quoted += special == std::string_view::npos ? c : letters[special];
  }
  out = Value(quoted + "\"");
  return true;
}

}  // namespace

void append_string_functions(std::vector<Overload>& all) {
  const Type integer = type_of(TypeKind::integer);
  const Type string = type_of(TypeKind::string);
  const Type strings = list_of(string);

  all.push_back({"charAt", true, {string, integer}, string, char_at});
  all.push_back({"indexOf", true, {string, string}, integer, index_of<false>});
  all.push_back({"indexOf", true, {string, string, integer}, integer, index_of<false>});
  all.push_back({"lastIndexOf", true, {string, string}, integer, index_of<true>});
  all.push_back({"lastIndexOf", true, {string, string, integer}, integer, index_of<true>});
  all.push_back({"substring", true, {string, integer}, string, substring});
  all.push_back({"substring", true, {string, integer, integer}, string, substring});
  all.push_back({"lowerAscii", true, {string}, string, change_case<'A', 'Z', 'a' - 'A'>});
  all.push_back({"upperAscii", true, {string}, string, change_case<'a', 'z', 'A' - 'a'>});
  all.push_back({"replace", true, {string, string, string}, string, replace});
  all.push_back({"replace", true, {string, string, string, integer}, string, replace});
  all.push_back({"split", true, {string, string}, strings, split});
  all.push_back({"split", true, {string, string, integer}, strings, split});
  all.push_back({"join", true, {strings}, string, join});
  all.push_back({"join", true, {strings, string}, string, join});
  all.push_back({"trim", true, {string}, string, trim});
  all.push_back({"reverse", true, {string}, string, reverse});
  all.push_back({"strings.quote", false, {string}, string, quote});
  all.push_back({"format", true, {string, list_of(dynamic())}, string, format_text});
}

}  // namespace lotse::cel
