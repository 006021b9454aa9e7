#pragma once

#include "engine/friction/explanation.hpp"
#include "engine/report/json.hpp"

namespace lotse {

/// What the explanation's sentences are made of, as one object: for who says them in other words, or in
/// another language. Shares are 0 to 1, durations seconds; null is what does not apply to the finding.
void write_figures(JsonWriter& json, const Explanation& explanation);

}  // namespace lotse
