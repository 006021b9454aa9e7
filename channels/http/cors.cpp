#include "channels/http/cors.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "channels/http/text.hpp"

namespace lotse::http {
namespace {

// What the channel systems' clients in browsers send, beside what needs no leave.
constexpr std::string_view headers_allowed =
    "authorization,content-type,content-encoding,x-retry-count,x-write-key,anonymousid,sentat,idempotency-"
    "key,traceparent";

bool is_token(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z') || c == '-' || c == '_';
  });
}

/// CloudEvents in binary mode name their attributes by headers, extensions included; RudderStack's client
/// tells of its retries by headers, and a retry that a preflight turns away is never sent.
std::string headers_by_prefix(std::string_view asked) {
  constexpr std::array prefixes{std::string_view{"ce-"}, std::string_view{"rsa-"}};
  std::string named;
  for_each_element(asked, [&](std::string_view name) {
    const auto begins = [&](std::string_view prefix) {
      return name.size() > prefix.size() && same(name.substr(0, prefix.size()), prefix);
    };
    if (std::ranges::any_of(prefixes, begins) && is_token(name)) named.append(",").append(name);
  });
  return named;
}

}  // namespace

std::string cors_lines(const PostFields& headers, std::span<const std::string> origins) {
  const auto origin = headers.find("origin");
  if (!origin || origins.empty()) return {};
  constexpr std::string_view exposed = "Access-Control-Expose-Headers: Retry-After\r\n";
  if (std::ranges::find(origins, "*") != origins.end()) {
    return fmt::format("Access-Control-Allow-Origin: *\r\n{}", exposed);
  }
  if (std::ranges::find(origins, *origin) == origins.end()) return "Vary: Origin\r\n";
  return fmt::format("Access-Control-Allow-Origin: {}\r\nVary: Origin\r\n{}", *origin, exposed);
}

bool is_preflight(std::string_view method, const PostFields& headers) {
  return method == "OPTIONS" && headers.find("origin") && headers.find("access-control-request-method");
}

std::vector<std::pair<std::string, std::string>> preflight_headers(const PostFields& headers,
                                                                   std::string_view methods) {
  const auto asked = headers.find("access-control-request-headers").value_or("");
  return {{"Access-Control-Allow-Methods", std::string(methods)},
          {"Access-Control-Allow-Headers", std::string(headers_allowed) + headers_by_prefix(asked)},
          {"Access-Control-Max-Age", "7200"}};
}

}  // namespace lotse::http
