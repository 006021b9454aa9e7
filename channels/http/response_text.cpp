#include "channels/http/response_text.hpp"

#include <fmt/compile.h>
#include <fmt/core.h>

#include <iterator>

#include "channels/http/text.hpp"

namespace lotse::http {
namespace {

/// RFC 9110, section 15; others need no phrase (RFC 9112, section 4).
std::string_view reason_phrase(unsigned status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 422:
      return "Unprocessable Content";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 503:
      return "Service Unavailable";
    default:
      return "";
  }
}

bool decided_by_framing(std::string_view name) {
  return same(name, "content-length") || same(name, "transfer-encoding") || same(name, "connection") ||
         same(name, "date");
}

bool one_line(std::string_view text) { return text.find_first_of("\r\n") == std::string_view::npos; }

/// Answers are nobody's to keep, but that one with an entity tag may be asked about again.
std::string_view cache_control(const Response& response) {
  if (!header(response, "cache-control").empty()) return {};
  return header(response, "etag").empty() ? "Cache-Control: no-store\r\n"
                                          : "Cache-Control: private, no-cache\r\n";
}

void append_given(std::string& out, const Response& response) {
  for (const auto& [name, value] : response.headers) {
    if (decided_by_framing(name) || !one_line(name) || !one_line(value)) continue;
    out.append(name).append(": ").append(value).append("\r\n");
  }
}

/// Without the mark of a weak tag: If-None-Match compares weakly.
std::string_view opaque(std::string_view tag) { return tag.starts_with("W/") ? tag.substr(2) : tag; }

}  // namespace

void append_head(std::string& out, const Response& response, const Framing& framing) {
  const bool no_content = response.status == 204 || response.status == 304;
  fmt::format_to(std::back_inserter(out), FMT_COMPILE("HTTP/1.1 {} {}\r\nDate: {}\r\n"), response.status,
                 reason_phrase(response.status), framing.date);
  if (!no_content && one_line(response.content_type)) {
    out.append("Content-Type: ")
        .append(response.content_type)
        .append("\r\nX-Content-Type-Options: nosniff\r\n");
  }
  if (!no_content && framing.length) {
    fmt::format_to(std::back_inserter(out), FMT_COMPILE("Content-Length: {}\r\n"), response.body.size());
  }
  out.append(cache_control(response));
  if (!framing.keep_alive) {
    out.append("Connection: close\r\n");
  } else if (!framing.http_1_1) {
    out.append("Connection: keep-alive\r\n");
  }
  out.append(framing.cors);
  append_given(out, response);
  out.append("\r\n");
}

bool is_known(std::string_view if_none_match, std::string_view etag) {
  if (etag.empty()) return false;
  bool known = false;
  for_each_element(if_none_match,
                   [&](std::string_view tag) { known |= tag == "*" || opaque(tag) == opaque(etag); });
  return known;
}

std::string_view header(const Response& response, std::string_view name) {
  for (const auto& [key, value] : response.headers) {
    if (same(key, name)) return value;
  }
  return {};
}

}  // namespace lotse::http
