#include "engine/base/traceparent.hpp"

#include <algorithm>
#include <cstddef>

namespace lotse {
namespace {

bool is_hex(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_id(std::string_view text) { return is_hex(text) && text.find_first_not_of('0') != text.npos; }

}  // namespace

bool is_traceparent(std::string_view text) {
  constexpr std::size_t trace_at = 3;
  constexpr std::size_t trace_size = 32;
  constexpr std::size_t parent_at = 36;
  constexpr std::size_t parent_size = 16;
  constexpr std::size_t flags_at = 53;
  constexpr std::size_t size = 55;
  return text.size() == size && text.starts_with("00-") && text[parent_at - 1] == '-' &&
         text[flags_at - 1] == '-' && is_id(text.substr(trace_at, trace_size)) &&
         is_id(text.substr(parent_at, parent_size)) && is_hex(text.substr(flags_at));
}

}  // namespace lotse
