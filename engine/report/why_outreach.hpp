#pragma once

#include <vector>

#include "engine/report/why.hpp"
#include "engine/report/why_story.hpp"

namespace lotse::why_parts {

/// What events say of the touchpoint's messages and tasks once they were due, and of consent for its purpose:
/// into the story and, as links of the chain, to `items`.
void gather_outreach(Story& story, std::vector<WhyItem>& items);

}  // namespace lotse::why_parts
