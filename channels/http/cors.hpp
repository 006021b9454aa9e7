#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/runtime/dialect.hpp"

namespace lotse::http {

/// Header lines that let a page of another origin read an answer (WHATWG Fetch); empty where it may not, or
/// none asks.
[[nodiscard]] std::string cors_lines(const PostFields& headers, std::span<const std::string> origins);

[[nodiscard]] bool is_preflight(std::string_view method, const PostFields& headers);

/// The headers of a preflight's answer that go with cors_lines(): methods, headers, for how long.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> preflight_headers(const PostFields& headers,
                                                                                 std::string_view methods);

}  // namespace lotse::http
