#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/workbench/scenario.hpp"

/// What became of tests, as other programs read it.
namespace lotse::scenario {

struct TimedOutcome {
  Outcome outcome;
  double seconds = 0;
};

/// One test file.
struct FileOutcomes {
  std::string file;
  std::vector<TimedOutcome> tests;
  std::string mistakes;  ///< as printed: why no test of the file could run; empty: they did
};

/// What went wrong in a failed test, as `lotse test` prints it: each expectation that failed with its place,
/// then what happened instead. Ends with a newline; empty for a test that passed.
[[nodiscard]] std::string failure_text(const Outcome& outcome);

/// TAP version 14 (https://testanything.org/tap-version-14-specification.html): a line a test, in the order
/// of the files; under a failed one a YAML block with its place and failure_text(). A file with mistakes is
/// one failed test. `comments`, one a line, stand at the end.
[[nodiscard]] std::string tap_text(std::span<const FileOutcomes> files, std::string_view comments = {});

/// JUnit's XML as CI servers read it (https://github.com/testmoapp/junitxml): a `testsuite` a file, a
/// `testcase` a test; a file with mistakes is a `testcase` with an `error`.
[[nodiscard]] std::string junit_text(std::span<const FileOutcomes> files);

}  // namespace lotse::scenario
