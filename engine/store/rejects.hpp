#pragma once

#include <cstdint>
#include <string>

#include "engine/base/time.hpp"

namespace lotse {

/// What gave no event, for the engineer of the system that sent it.
struct Reject {
  std::uint64_t number = 0;  ///< ascending; set by the store
  Instant arrived{};
  std::string sender{};   ///< name of the token
  std::string dialect{};  ///< `native`, `segment`, `cloudevents`
  std::string reason{};
  std::string detail{};
  std::string place{};
  std::string text{};  ///< what was sent, cut to 2 KiB; may be personal
  friend bool operator==(const Reject&, const Reject&) = default;
};

}  // namespace lotse
