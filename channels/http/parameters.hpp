#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "channels/http/message.hpp"
#include "engine/base/result.hpp"

namespace lotse::http {

/// The query parameter's text; empty where it is left out.
[[nodiscard]] std::string parameter(const Request& request, std::string_view name);

/// bad_input for a parameter that is none of `known`, with the nearest of them, and for one that is given
/// twice: what is misspelt must not be taken for left out.
[[nodiscard]] Result<void> check_parameters(const Request& request,
                                            std::initializer_list<std::string_view> known);

/// A whole number from `least` to `most`; `otherwise` where it is left out. bad_input for any other.
[[nodiscard]] Result<std::uint64_t> number_parameter(const Request& request, std::string_view name,
                                                     std::uint64_t otherwise, std::uint64_t least,
                                                     std::uint64_t most);

/// One of `choices`, the first where it is left out. bad_input for any other.
[[nodiscard]] Result<std::string> choice_parameter(const Request& request, std::string_view name,
                                                   std::span<const std::string_view> choices);

/// What failed, as RFC 9457 says it: bad_input is 400, not_found 404, conflict 409, the rest 503.
[[nodiscard]] Response problem(const Error& error);

/// A handler that computes its answer in one go; an Error becomes its problem().
using Compute = std::function<Result<Response>(const Request& request)>;
[[nodiscard]] Route get(std::string pattern, std::string operation, std::optional<Permission> permission,
                        Compute compute, Work work = Work::reader);

/// True if the request's If-None-Match (RFC 9110, section 13.1.2) names `etag`: its holder has the answer
/// already.
[[nodiscard]] bool has_answer(const Request& request, std::string_view etag);

}  // namespace lotse::http
