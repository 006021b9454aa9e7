#pragma once

#include <string_view>

namespace lotse::http {

/// schemas/openapi.yaml, as it was when this was built: every operation of the HTTP API (OpenAPI 3.1).
[[nodiscard]] std::string_view openapi_yaml();

}  // namespace lotse::http
