#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "channels/http/message.hpp"

namespace lotse::http {

/// A file of dashboard/dist, as it was when this was built.
struct PageFile {
  std::string_view name;
  std::string_view text;
};
[[nodiscard]] std::span<const PageFile> page_files();
/// schemas/journey.schema.json, from which the author's desk completes.
[[nodiscard]] const PageFile& journey_schema();

/// GET / and what the page at it is made of: open to all, for it asks the API with the token that its reader
/// gives it. Nothing in it, and nothing that it may load, is anybody else's (Content-Security-Policy).
[[nodiscard]] std::vector<Route> page_routes();

}  // namespace lotse::http
