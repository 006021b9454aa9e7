#pragma once

#include <string>

#include "engine/friction/stay_table.hpp"

namespace lotse {

/// `{"segments": [{"name": "plan", "values": ["fibre", "cable"], "more": 0}]}`: the values that stays had,
/// those of most stays first, at most 100 of each segment; `more` are not listed. What is sensitive is to be
/// masked in the table before.
[[nodiscard]] std::string segments_json(const StayTable& table);

}  // namespace lotse
