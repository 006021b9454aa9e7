#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/runtime/live.hpp"

namespace lotse {

/// As Engine::record_risks(), and from after the last timer that has fired. Errors: storage; unavailable
/// where the engine has ended.
[[nodiscard]] Result<std::vector<std::string>> record_risks(Live& live, std::span<const JourneyRisk> risks);

/// That of the last commit; waits for nothing, unlike a snapshot.
[[nodiscard]] std::shared_ptr<const Tracker> tracker_of(Live& live);

}  // namespace lotse
