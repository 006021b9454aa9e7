#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "engine/journey/workspace.hpp"

namespace lotse {

/// What is wrong with a store, and what to do.
struct StoreFinding {
  enum class Severity : std::uint8_t { warning, error } severity{};
  std::string found;
  std::string advice;
  friend bool operator==(const StoreFinding&, const StoreFinding&) = default;
};

struct DoctorOptions {
  std::size_t customers = 500;  ///< whose states are compared with a derivation anew; spread evenly
};

struct StoreExamination {
  std::vector<std::string> looked_at;  ///< what was checked, in words: "12,000 events of 900 customers"
  std::vector<StoreFinding> findings;  ///< in the order of the checks
};

/// Looks at a store as a reader, beside a writer too: the file, SQLite's structure, the log's numbers,
/// chains, texts and fingerprints, the journeys, the check-point, and a sample of customers against their
/// events. Never writes.
[[nodiscard]] StoreExamination examine_store(const Workspace& workspace, const std::filesystem::path& store,
                                             const DoctorOptions& options = {});

}  // namespace lotse
