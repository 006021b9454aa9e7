#pragma once

#include <functional>
#include <optional>
#include <string>

namespace lotse::transfer {

/// The value of a variable of the environment; nothing where it is not set or empty.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

}  // namespace lotse::transfer
