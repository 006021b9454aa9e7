#pragma once

#include <string_view>

#include "engine/workbench/try_session.hpp"

namespace lotse::trial {

/// A word that a line may begin with; for the session's own files.
struct Session::Command {
  std::string_view name;
  std::string_view usage;
  std::string_view what;
  Result<Reply> (Session::*run)(Words);
};

}  // namespace lotse::trial
