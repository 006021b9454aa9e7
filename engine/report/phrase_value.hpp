#pragma once

#include "engine/base/phrase.hpp"
#include "engine/expression/value.hpp"

namespace lotse {

/// A phrase as JSON has it: a text as a string, an instant as `{"at": "2024-03-01T09:00:00Z"}`, all others as
/// `{"say": "{} needs {}", "with": ["order", "plan"]}`, where what stands in a blank is a phrase again.
[[nodiscard]] Value phrase_value(const Phrase& phrase);

}  // namespace lotse
