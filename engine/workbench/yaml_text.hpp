#pragma once

#include <string>
#include <string_view>

namespace lotse {

/// Text as a YAML scalar: plain where every YAML reader takes it as the same text, else quoted.
[[nodiscard]] std::string yaml_scalar(std::string_view text);

}  // namespace lotse
