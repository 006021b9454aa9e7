#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "engine/tracking/event.hpp"

namespace lotse::test {

/// What looks like friction and is none, at the touchpoint `decoy` of a journey whose `appointment` truly
/// loses a third of its customers, the other touchpoints a tenth.
enum class Decoy : std::uint8_t {
  declared,  ///< loses four in ten, as its file declares
  tiny,      ///< loses most of those who come, who are few
  simpson,   ///< one channel seems worse, because more of a hard plan's customers use it; in each plan it is
             ///< better
  slow,      ///< takes a week, and loses no more than the others
  structural,  ///< the end for those who are refused: nobody ever goes on from there
  timer,       ///< customers wait before it until our own delay has run out
};
inline constexpr Decoy all_decoys[] = {Decoy::declared, Decoy::tiny,       Decoy::simpson,
                                       Decoy::slow,     Decoy::structural, Decoy::timer};
[[nodiscard]] std::string_view name(Decoy decoy);

/// A workspace with the journey `broadband`.
void write_decoy_workspace(const std::filesystem::path& workspace, Decoy decoy);

/// The events of `customers`, in the order of their times: they repeat themselves, change channels, fall
/// silent and rate. All chance from one seed.
[[nodiscard]] std::vector<Event> decoy_events(Decoy decoy, std::size_t customers);

/// An event as a line of NDJSON.
[[nodiscard]] std::string line_of(const Event& event);

}  // namespace lotse::test
