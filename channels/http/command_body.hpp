#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "engine/base/result.hpp"
#include "engine/expression/value.hpp"

namespace lotse::http {

/// The JSON object that a command's body is; an empty body says nothing more, and is an empty one. bad_input
/// for what is none, and for a member that is none of `known`, with the nearest of them. Requires
/// Post::padding readable bytes behind `text`.
[[nodiscard]] Result<Value> command_body(std::string_view text, std::span<const std::string_view> known);

/// The member's text; empty where it is left out. bad_input for another kind, and for more than `bytes_max`.
[[nodiscard]] Result<std::string> text_member(const Value& body, std::string_view name,
                                              std::size_t bytes_max);

}  // namespace lotse::http
