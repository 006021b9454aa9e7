#pragma once

#include <string>
#include <string_view>

#include "channels/http/message.hpp"

namespace lotse::http {

/// What the connection adds to an answer.
struct Framing {
  bool http_1_1 = true;
  bool keep_alive = true;
  bool length = true;       ///< false: the answer ends with the connection
  std::string_view date{};  ///< IMF-fixdate (RFC 9110, section 5.6.7)
  std::string_view cors{};  ///< header lines, each with its line end
};

/// The status line, the header lines and the empty line. Lines of `response` that hold a line end are left
/// out; so are those that the framing decides.
void append_head(std::string& out, const Response& response, const Framing& framing);

/// Whether the client has this answer already (RFC 9110, section 13.1.2): `if_none_match` names its entity
/// tag.
[[nodiscard]] bool is_known(std::string_view if_none_match, std::string_view etag);

/// The first under `name`; empty where there is none.
[[nodiscard]] std::string_view header(const Response& response, std::string_view name);

}  // namespace lotse::http
