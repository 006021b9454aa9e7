#pragma once

#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/diagnostic.hpp"
#include "engine/base/result.hpp"
#include "engine/runtime/live.hpp"

namespace lotse::http {

/// What came of reading the workspace again.
struct Reload {
  std::string changed;               ///< for people; empty: nothing
  std::vector<Diagnostic> findings;  ///< in its files
  std::optional<Error> error;        ///< why the engine did not take it over
  /// False: everything is as it was.
  [[nodiscard]] bool done() const { return !error && !has_errors(findings); }
};

/// Reads the workspace's files again and hands them to the running engine. A file with mistakes, or one that
/// the engine refuses, leaves the engine as it is.
class Reloader {
 public:
  using Told = std::function<void(const Reload&)>;
  /// `told` hears of every reload, on its thread. `live` must outlive this.
  Reloader(Live& live, std::filesystem::path root, Told told);
  /// One after the other; any thread. May take as long as deriving all states.
  Reload reload();

 private:
  Live& live_;
  std::filesystem::path root_;
  Told told_;
  std::mutex mutex_;
};

}  // namespace lotse::http
