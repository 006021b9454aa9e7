#include "channels/http/message.hpp"

#include <fmt/core.h>

#include <utility>

#include "engine/base/quoted.hpp"

namespace lotse::http {

Response problem(unsigned status, std::string_view title, std::string_view detail) {
  Response response{.status = status, .content_type = "application/problem+json"};
  response.body = R"({"type":"about:blank","title":)";
  append_quoted(response.body, title);
  response.body += fmt::format(R"(,"status":{})", status);
  if (!detail.empty()) {
    response.body += R"(,"detail":)";
    append_quoted(response.body, detail);
  }
  response.body += "}\n";
  return response;
}

Response try_later(unsigned status, std::string_view title, std::string_view detail) {
  Response response = problem(status, title, detail);
  response.headers.emplace_back("Retry-After", "1");
  return response;
}

Response unavailable(std::string cause) {
  Response response = try_later(503, "Unavailable", "the engine cannot answer now; its log says why");
  response.cause = std::move(cause);
  return response;
}

}  // namespace lotse::http
