#include "channels/http/mistakes.hpp"

#include <cstdint>
#include <utility>

#include "engine/report/findings_json.hpp"
#include "engine/report/json.hpp"

namespace lotse::http {

Response mistakes(std::string_view title, std::string_view detail, std::span<const Diagnostic> findings) {
  constexpr unsigned status = 422;
  Response response = problem(status, title, detail);
  JsonWriter json;
  json.begin_object()
      .field("type", "about:blank")
      .field("title", title)
      .field("status", std::uint64_t{status})
      .field("detail", detail);
  json.key("findings");
  write_findings(json, findings);
  response.body = std::move(json.end_object()).str();
  return response;
}

}  // namespace lotse::http
