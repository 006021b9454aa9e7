#pragma once

#include "engine/runtime/dialect.hpp"

namespace lotse::segment {

/// `GET /v1/projects/{key}/settings`: what analytics.js loads before it sends, so that it sends here.
[[nodiscard]] Reply settings(const Post& post, bool https);
/// `GET /sourceConfig/`: the same for RudderStack's.
[[nodiscard]] Reply source_config(const Post& post);

}  // namespace lotse::segment
