#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "channels/http/message.hpp"
#include "engine/base/result.hpp"
#include "engine/expression/value.hpp"

namespace lotse::http {

/// The request's body as a JSON object that has none but these members; nested no deeper than `depth_max`. An
/// empty body says nothing, as `{}` does.
/// Errors: bad_input that names the mistake, and the member that may have been meant.
[[nodiscard]] Result<Value> read_object(const Request& request, std::span<const std::string_view> members,
                                        std::uint32_t depth_max = 4);

/// A member's text, no longer than `bytes_max`; empty where it is left out. bad_input for anything else.
[[nodiscard]] Result<std::string> text_member(const Value& object, std::string_view name,
                                              std::size_t bytes_max);

}  // namespace lotse::http
